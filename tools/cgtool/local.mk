bin_PROGRAMS += %D%/cgtool
%C%_cgtool_CPPFLAGS = $(CG_TOOLS_CPPFLAGS)
%C%_cgtool_LDADD = tools/libcommon.la libcg/libcg.la $(JSON_LIBS)
%C%_cgtool_SOURCES = \
	%D%/cgtool.c %D%/cgtool.h \
	%D%/cmd-caps.c \
	%D%/cmd-create.c \
	%D%/cmd-doctor.c \
	%D%/doctor.h \
	%D%/doctor-foreign.c \
	%D%/doctor-host.c \
	%D%/doctor-left.c \
	%D%/doctor-state.c %D%/doctor-state.h \
	%D%/doctor-user.c \
	%D%/cmd-freeze.c \
	%D%/cmd-info.c \
	%D%/cmd-kill.c \
	%D%/cmd-procs.c \
	%D%/cmd-run.c \
	%D%/cmd-set.c \
	%D%/cmd-watch.c \
	%D%/report.c \
	%D%/target.c \
	%D%/tool.c
