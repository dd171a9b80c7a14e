dist_noinst_SCRIPTS += %D%/harness
EXTRA_DIST += %D%/tap.sh
