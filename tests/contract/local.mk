# The promises, written once against the public header. test-* runs them in the world of
# the fake kernel, for everybody; real-* on this machine's own, for root.

check_LTLIBRARIES += %D%/libworldfake.la
%C%_libworldfake_la_SOURCES = tests/lib/contract.c tests/lib/contract.h tests/lib/world.h \
	tests/lib/world-fake.c
%C%_libworldfake_la_CPPFLAGS = $(CG_TEST_CPPFLAGS) -I$(top_srcdir) -I$(top_srcdir)/tests
%C%_libworldfake_la_LIBADD = tests/fake/libfake.la

contract_cppflags = $(CG_TEST_CPPFLAGS) -I$(top_srcdir) -I$(top_srcdir)/tests
contract_fake = %D%/libworldfake.la $(CG_TEST_LIBS)
if CMOCKA
check_programs += %D%/test-procs %D%/test-signal %D%/test-freeze %D%/test-kill %D%/test-delete \
	%D%/test-restore %D%/test-attach %D%/test-caps %D%/test-hard %D%/test-hard-kill \
	%D%/test-hard-race
endif
%C%_test_procs_CPPFLAGS = $(contract_cppflags)
%C%_test_procs_LDADD = $(contract_fake)
%C%_test_signal_CPPFLAGS = $(contract_cppflags)
%C%_test_signal_LDADD = $(contract_fake)
%C%_test_freeze_CPPFLAGS = $(contract_cppflags)
%C%_test_freeze_LDADD = $(contract_fake)
%C%_test_kill_CPPFLAGS = $(contract_cppflags)
%C%_test_kill_LDADD = $(contract_fake)
%C%_test_delete_CPPFLAGS = $(contract_cppflags)
%C%_test_delete_LDADD = $(contract_fake)
%C%_test_restore_CPPFLAGS = $(contract_cppflags)
%C%_test_restore_LDADD = $(contract_fake)
%C%_test_attach_CPPFLAGS = $(contract_cppflags)
%C%_test_attach_LDADD = $(contract_fake)
%C%_test_caps_CPPFLAGS = $(contract_cppflags)
%C%_test_caps_LDADD = $(contract_fake)
%C%_test_hard_CPPFLAGS = $(contract_cppflags)
%C%_test_hard_LDADD = $(contract_fake)
%C%_test_hard_kill_CPPFLAGS = $(contract_cppflags)
%C%_test_hard_kill_LDADD = $(contract_fake)
%C%_test_hard_race_CPPFLAGS = $(contract_cppflags)
%C%_test_hard_race_LDADD = $(contract_fake)
