# Every kernel verb of every operation fails once.
if CMOCKA
check_programs += %D%/test-sweep %D%/test-ways
endif
%C%_test_sweep_CPPFLAGS = $(contract_cppflags)
%C%_test_sweep_LDADD = $(contract_fake)
%C%_test_ways_CPPFLAGS = $(contract_cppflags)
%C%_test_ways_LDADD = $(contract_fake)
