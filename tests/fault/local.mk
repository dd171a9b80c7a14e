# Every kernel verb of every operation fails once; and how many there are.
if CMOCKA
check_programs += %D%/test-sweep %D%/test-ways %D%/test-counts
endif
%C%_test_sweep_CPPFLAGS = $(contract_cppflags)
%C%_test_sweep_LDADD = $(contract_fake)
%C%_test_ways_CPPFLAGS = $(contract_cppflags)
%C%_test_ways_LDADD = $(contract_fake)
%C%_test_counts_CPPFLAGS = $(contract_cppflags)
%C%_test_counts_LDADD = $(contract_fake)
