# The promises, written once against the public header. test-* runs them in the world of
# the fake kernel, for everybody; real-* the same sources on this machine's, for root.
if CMOCKA
check_LTLIBRARIES += %D%/libworldfake.la %D%/libworldreal.la
endif
%C%_libworldfake_la_SOURCES = tests/lib/contract.c tests/lib/contract.h tests/lib/world.h \
	tests/lib/world-fake.h tests/lib/world-fake.c tests/lib/world-fake-hard.c
%C%_libworldfake_la_CPPFLAGS = $(contract_cppflags)
%C%_libworldfake_la_LIBADD = tests/fake/libfake.la
%C%_libworldreal_la_SOURCES = tests/lib/contract.c tests/lib/contract.h tests/lib/world.h \
	tests/lib/world-real.h tests/lib/world-real.c tests/lib/world-real-dirs.c \
	tests/lib/world-real-hold.c tests/lib/world-real-kinds.c tests/lib/world-real-procs.c \
	tests/lib/world-real-hard.c tests/lib/world-real-event.c
%C%_libworldreal_la_CPPFLAGS = $(contract_cppflags)
%C%_libworldreal_la_LIBADD = -lpthread

contract_cppflags = $(CG_TEST_CPPFLAGS) -I$(top_srcdir) -I$(top_srcdir)/tests
contract_fake = %D%/libworldfake.la $(CG_TEST_LIBS)
contract_real = %D%/libworldreal.la $(CG_TEST_LIBS)

if CMOCKA
check_programs += %D%/test-procs %D%/test-signal %D%/test-freeze %D%/test-kill \
	%D%/test-delete %D%/test-restore %D%/test-attach %D%/test-caps %D%/test-hard \
	%D%/test-hard-kill %D%/test-hard-proc %D%/test-hard-race %D%/test-watch
root_programs += %D%/real-procs %D%/real-signal %D%/real-freeze %D%/real-kill \
	%D%/real-delete %D%/real-restore %D%/real-attach %D%/real-caps \
	%D%/real-watch
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
%C%_test_hard_proc_CPPFLAGS = $(contract_cppflags)
%C%_test_hard_proc_LDADD = $(contract_fake)
%C%_test_hard_race_CPPFLAGS = $(contract_cppflags)
%C%_test_hard_race_LDADD = $(contract_fake)
%C%_test_watch_CPPFLAGS = $(contract_cppflags)
%C%_test_watch_LDADD = $(contract_fake)
%C%_real_watch_SOURCES = %D%/test-watch.c
%C%_real_watch_CPPFLAGS = $(contract_cppflags)
%C%_real_watch_LDADD = $(contract_real)
%C%_real_procs_SOURCES = %D%/test-procs.c
%C%_real_procs_CPPFLAGS = $(contract_cppflags)
%C%_real_procs_LDADD = $(contract_real)
%C%_real_signal_SOURCES = %D%/test-signal.c
%C%_real_signal_CPPFLAGS = $(contract_cppflags)
%C%_real_signal_LDADD = $(contract_real)
%C%_real_freeze_SOURCES = %D%/test-freeze.c
%C%_real_freeze_CPPFLAGS = $(contract_cppflags)
%C%_real_freeze_LDADD = $(contract_real)
%C%_real_kill_SOURCES = %D%/test-kill.c
%C%_real_kill_CPPFLAGS = $(contract_cppflags)
%C%_real_kill_LDADD = $(contract_real)
%C%_real_delete_SOURCES = %D%/test-delete.c
%C%_real_delete_CPPFLAGS = $(contract_cppflags)
%C%_real_delete_LDADD = $(contract_real)
%C%_real_restore_SOURCES = %D%/test-restore.c
%C%_real_restore_CPPFLAGS = $(contract_cppflags)
%C%_real_restore_LDADD = $(contract_real)
%C%_real_attach_SOURCES = %D%/test-attach.c
%C%_real_attach_CPPFLAGS = $(contract_cppflags)
%C%_real_attach_LDADD = $(contract_real)
%C%_real_caps_SOURCES = %D%/test-caps.c
%C%_real_caps_CPPFLAGS = $(contract_cppflags)
%C%_real_caps_LDADD = $(contract_real)
if CMOCKA
root_programs += %D%/real-adversary %D%/real-reuse %D%/real-bystanders
endif
%C%_real_adversary_SOURCES = %D%/test-adversary.c
%C%_real_adversary_CPPFLAGS = $(contract_cppflags)
%C%_real_adversary_LDADD = $(contract_real)
%C%_real_bystanders_SOURCES = %D%/test-bystanders.c
%C%_real_bystanders_CPPFLAGS = $(contract_cppflags)
%C%_real_bystanders_LDADD = $(contract_real)
%C%_real_reuse_CPPFLAGS = $(contract_cppflags)
%C%_real_reuse_LDADD = $(contract_real)
if CMOCKA
check_programs += %D%/test-resources %D%/test-scope
root_programs += %D%/real-resources
endif
%C%_test_resources_CPPFLAGS = $(contract_cppflags)
%C%_test_resources_LDADD = $(contract_fake)
%C%_test_scope_CPPFLAGS = $(contract_cppflags)
%C%_test_scope_LDADD = $(contract_fake)
%C%_real_resources_SOURCES = %D%/test-resources.c
%C%_real_resources_CPPFLAGS = $(contract_cppflags)
%C%_real_resources_LDADD = $(contract_real)
if CMOCKA
check_programs += %D%/test-global
root_programs += %D%/real-global
endif
%C%_test_global_CPPFLAGS = $(contract_cppflags)
%C%_test_global_LDADD = $(contract_fake) -lpthread
%C%_real_global_SOURCES = %D%/test-global.c
%C%_real_global_CPPFLAGS = $(contract_cppflags)
%C%_real_global_LDADD = $(contract_real)
if CMOCKA
check_programs += %D%/test-unkind %D%/test-elsewhere %D%/test-bounds %D%/test-names
root_programs += %D%/real-unkind %D%/real-elsewhere %D%/real-bounds %D%/real-names
endif
%C%_test_unkind_CPPFLAGS = $(contract_cppflags)
%C%_test_unkind_LDADD = $(contract_fake)
%C%_real_unkind_SOURCES = %D%/test-unkind.c
%C%_real_unkind_CPPFLAGS = $(contract_cppflags)
%C%_real_unkind_LDADD = $(contract_real)
%C%_test_elsewhere_CPPFLAGS = $(contract_cppflags)
%C%_test_elsewhere_LDADD = $(contract_fake)
%C%_real_elsewhere_SOURCES = %D%/test-elsewhere.c
%C%_real_elsewhere_CPPFLAGS = $(contract_cppflags)
%C%_real_elsewhere_LDADD = $(contract_real)
%C%_test_bounds_CPPFLAGS = $(contract_cppflags)
%C%_test_bounds_LDADD = $(contract_fake)
%C%_real_bounds_SOURCES = %D%/test-bounds.c
%C%_real_bounds_CPPFLAGS = $(contract_cppflags)
%C%_real_bounds_LDADD = $(contract_real)
%C%_test_names_CPPFLAGS = $(contract_cppflags)
%C%_test_names_LDADD = $(contract_fake)
%C%_real_names_SOURCES = %D%/test-names.c
%C%_real_names_CPPFLAGS = $(contract_cppflags)
%C%_real_names_LDADD = $(contract_real)
if CMOCKA
check_programs += %D%/test-edges
%C%_test_edges_CPPFLAGS = $(contract_cppflags)
%C%_test_edges_LDADD = $(contract_fake)
check_programs += %D%/test-list
root_programs += %D%/real-list
endif
%C%_test_list_CPPFLAGS = $(contract_cppflags)
%C%_test_list_LDADD = $(contract_fake)
%C%_real_list_SOURCES = %D%/test-list.c
%C%_real_list_CPPFLAGS = $(contract_cppflags)
%C%_real_list_LDADD = $(contract_real)
dist_noinst_SCRIPTS += %D%/report.sh
