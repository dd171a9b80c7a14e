dist_noinst_SCRIPTS += %D%/run
