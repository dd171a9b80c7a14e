bin_PROGRAMS += %D%/cgtool
%C%_cgtool_CPPFLAGS = $(CG_TOOLS_CPPFLAGS) $(CURSES_CFLAGS)
%C%_cgtool_LDADD = tools/libcommon.la libcg/libcg.la $(JSON_LIBS) $(CURSES_LIBS)
%C%_cgtool_SOURCES = \
	%D%/cgtool.c %D%/cgtool.h \
	%D%/cmd-caps.c \
	%D%/cmd-create.c \
	%D%/cmd-doctor.c \
	%D%/cmd-exec.c \
	%D%/doctor.h \
	%D%/doctor-foreign.c \
	%D%/doctor-host.c \
	%D%/doctor-left.c \
	%D%/doctor-state.c %D%/doctor-state.h \
	%D%/doctor-user.c \
	%D%/cmd-freeze.c \
	%D%/cmd-info.c \
	%D%/cmd-kill.c \
	%D%/cmd-ls.c \
	%D%/cmd-procs.c \
	%D%/cmd-run.c \
	%D%/cmd-set.c \
	%D%/cmd-stat.c \
	%D%/cmd-top.c \
	%D%/cmd-tree.c \
	%D%/cmd-watch.c \
	%D%/cmd-which.c \
	%D%/container.c %D%/container.h \
	%D%/dry.c %D%/dry.h \
	%D%/forest.c %D%/forest.h \
	%D%/paint.c %D%/paint.h \
	%D%/proc.c %D%/proc.h \
	%D%/remedy.c %D%/remedy.h \
	%D%/report.c \
	%D%/run-tell.c %D%/run-tell.h \
	%D%/sample.c %D%/sample.h \
	%D%/stats.c %D%/stats.h \
	%D%/target.c \
	%D%/tool.c \
	%D%/top.h %D%/top-data.c %D%/top-screen.c \
	%D%/units.c %D%/units.h
