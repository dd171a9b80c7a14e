# Every kernel verb of every operation fails once.
if CMOCKA
check_programs += %D%/test-sweep
endif
%C%_test_sweep_CPPFLAGS = $(contract_cppflags)
%C%_test_sweep_LDADD = $(contract_fake)
