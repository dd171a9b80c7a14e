# Everything but main() is a convenience library, so that tests can reach it.
if RUNTIME
noinst_LTLIBRARIES += %D%/libcgrun.la
%C%_libcgrun_la_CPPFLAGS = $(CG_TOOLS_CPPFLAGS)
%C%_libcgrun_la_LIBADD = tools/libcommon.la $(JSON_LIBS) $(CAP_LIBS) $(MNL_LIBS)
%C%_libcgrun_la_SOURCES = \
	%D%/launch.h \
	%D%/spec.h \
	%D%/state-json.c %D%/state.c %D%/state.h

# To be switched on together with cgrun.c:
# bin_PROGRAMS += %D%/cgrun
# %C%_cgrun_CPPFLAGS = $(CG_TOOLS_CPPFLAGS)
# %C%_cgrun_LDADD = %D%/libcgrun.la libcg/libcg.la
# %C%_cgrun_SOURCES = %D%/cgrun.c
endif
