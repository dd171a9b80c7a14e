# What distributions build from a release; tests/lint/packages.sh builds both.
EXTRA_DIST += \
	%D%/debian/cgrun.examples \
	%D%/debian/cgrun.install \
	%D%/debian/cgtool.install \
	%D%/debian/changelog \
	%D%/debian/control \
	%D%/debian/copyright \
	%D%/debian/libcg-dev.install \
	%D%/debian/libcg0.docs \
	%D%/debian/libcg0.install \
	%D%/debian/libcg0.symbols \
	%D%/debian/rules \
	%D%/debian/source/format
