# Clean roots of Debian releases. The second takes too long for tests/run, which says so.
EXTRA_DIST += %D%/packages.sh %D%/inside %D%/rpmlint.toml %D%/builds.sh %D%/readme.sh
dist_noinst_SCRIPTS += %D%/root %D%/enter
check-packages: all
	@$(CG_HARNESS) check-packages $(CG_RESULTS) %D%/packages.sh
check-builds: all
	@$(CG_HARNESS) check-builds $(CG_RESULTS) %D%/builds.sh
check-readme: all
	@$(CG_HARNESS) check-readme $(CG_RESULTS) %D%/readme.sh
.PHONY: check-packages check-builds check-readme
