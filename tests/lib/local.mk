dist_noinst_SCRIPTS += %D%/harness %D%/suite
EXTRA_DIST += %D%/tap.sh
