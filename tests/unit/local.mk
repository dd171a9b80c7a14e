if CMOCKA
if RUNTIME
check_programs += %D%/test-state
%C%_test_state_CPPFLAGS = $(CG_TOOLS_CPPFLAGS) -I$(top_srcdir)/tools/cgrun $(CMOCKA_CFLAGS)
%C%_test_state_LDADD = tools/cgrun/libcgrun.la libcg/libcg.la $(CMOCKA_LIBS)
endif
endif
