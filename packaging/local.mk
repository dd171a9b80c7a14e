# What distributions build from a release; tests/packages builds and installs both.
EXTRA_DIST += \
	debian/cgrun.apparmor \
	debian/cgrun.examples \
	debian/cgrun.install \
	debian/cgtool.install \
	debian/changelog \
	debian/control \
	debian/copyright \
	debian/libcg-dev.install \
	debian/libcg-doc.docs \
	debian/libcg0.install \
	debian/libcg0.symbols \
	debian/rules \
	debian/source/format \
	debian/tests/cgrun \
	debian/tests/cgtool \
	debian/tests/compile \
	debian/tests/control \
	debian/upstream/metadata \
	debian/watch \
	%D%/rpm/cgrun.cil

# rpmbuild -ta takes the specification out of the archive.
EXTRA_DIST += %D%/rpm/libcg.spec
