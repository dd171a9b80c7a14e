if CMOCKA
check_programs += %D%/test-parse %D%/test-path %D%/test-sys
%C%_test_sys_CPPFLAGS = $(CG_TEST_CPPFLAGS)
%C%_test_sys_LDADD = $(CG_TEST_LIBS)
%C%_test_parse_CPPFLAGS = $(CG_TEST_CPPFLAGS)
%C%_test_parse_LDADD = $(CG_TEST_LIBS)
%C%_test_path_CPPFLAGS = $(CG_TEST_CPPFLAGS)
%C%_test_path_LDADD = $(CG_TEST_LIBS)

check_programs += %D%/test-bus
%C%_test_bus_CPPFLAGS = $(CG_TEST_CPPFLAGS) $(SYSTEMD_CFLAGS)
%C%_test_bus_LDADD = $(CG_TEST_LIBS) $(SYSTEMD_LIBS)

check_programs += %D%/test-limits
%C%_test_limits_CPPFLAGS = $(CG_TEST_CPPFLAGS) -I$(top_srcdir)
%C%_test_limits_LDADD = tests/fake/libfake.la $(CG_TEST_LIBS)
check_programs += %D%/test-transaction
%C%_test_transaction_CPPFLAGS = $(CG_TEST_CPPFLAGS) -I$(top_srcdir)
%C%_test_transaction_LDADD = tests/fake/libfake.la $(CG_TEST_LIBS)

check_programs += %D%/test-common
%C%_test_common_CPPFLAGS = $(CG_TOOLS_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_common_LDADD = tools/libcommon.la $(CMOCKA_LIBS)

if RUNTIME
check_programs += %D%/test-state
%C%_test_state_CPPFLAGS = $(CG_CGRUN_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_state_LDADD = tools/cgrun/libcgrun.la libcg/libcg.la $(CMOCKA_LIBS)

check_programs += %D%/test-channel
%C%_test_channel_CPPFLAGS = $(CG_CGRUN_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_channel_LDADD = tools/cgrun/libcgrun.la libcg/libcg.la $(CMOCKA_LIBS)

check_programs += %D%/test-spec %D%/test-spec-values
%C%_test_spec_SOURCES = %D%/test-spec.c %D%/spec-bundle.h %D%/spec-cases.h
%C%_test_spec_CPPFLAGS = $(CG_CGRUN_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_spec_LDADD = tools/cgrun/libcgrun.la libcg/libcg.la $(JSON_LIBS) $(CMOCKA_LIBS)
%C%_test_spec_values_SOURCES = %D%/test-spec-values.c %D%/spec-bundle.h
%C%_test_spec_values_CPPFLAGS = $(%C%_test_spec_CPPFLAGS)
%C%_test_spec_values_LDADD = $(%C%_test_spec_LDADD)

# cgrun's code on the inside of the library, with the model of the kernel below it.
check_programs += %D%/test-resources
%C%_test_resources_CPPFLAGS = $(CG_CGRUN_CPPFLAGS) -I$(top_srcdir) $(CMOCKA_CFLAGS)
%C%_test_resources_LDADD = tools/cgrun/libcgrun.la tests/fake/libfake.la $(JSON_LIBS) \
	$(CG_TEST_LIBS)
endif
endif

EXTRA_DIST += tests/data/spec/containerd.json tests/data/spec/podman-rootless.json
