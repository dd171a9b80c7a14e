# Everything but main() is a convenience library, so that tests can reach it.
if RUNTIME
noinst_LTLIBRARIES += %D%/libcgrun.la
%C%_libcgrun_la_CPPFLAGS = $(CG_TOOLS_CPPFLAGS)
%C%_libcgrun_la_LIBADD = tools/libcommon.la $(JSON_LIBS) $(CAP_LIBS) $(MNL_LIBS) $(SECCOMP_LIBS)
%C%_libcgrun_la_SOURCES = \
	%D%/app.c \
	%D%/caps.c \
	%D%/cgmount.c \
	%D%/cgrun.h \
	%D%/chan.c \
	%D%/cmd-create.c \
	%D%/cmd-events.c \
	%D%/cmd-exec.c \
	%D%/cmd-kill.c \
	%D%/cmd-pause.c \
	%D%/cmd-ps.c \
	%D%/cmd-spec.c \
	%D%/cmd-state.c \
	%D%/cmd-update.c \
	%D%/console.c \
	%D%/container.c \
	%D%/copyup.c \
	%D%/create.c \
	%D%/device-rules.c \
	%D%/device.c \
	%D%/exec-process.c \
	%D%/exec-process.h \
	%D%/exec.c \
	%D%/fds.c \
	%D%/features.c \
	%D%/fifo.c \
	%D%/filter-load.c \
	%D%/filter-prefix.c \
	%D%/filter.c \
	%D%/filter.h \
	%D%/finish.c \
	%D%/foreground.c \
	%D%/hooks.c \
	%D%/hooks.h \
	%D%/hold.c \
	%D%/identify.c \
	%D%/idmap.c \
	%D%/init.c \
	%D%/init.h \
	%D%/inroot.c \
	%D%/inroot.h \
	%D%/json-text.c \
	%D%/kept.c \
	%D%/kept.h \
	%D%/label.c \
	%D%/launch.c \
	%D%/launch.h \
	%D%/log.c \
	%D%/log.h \
	%D%/mask.c \
	%D%/mnt.c \
	%D%/mnt.h \
	%D%/mount-idmap.c \
	%D%/mount.c \
	%D%/netlo.c \
	%D%/node.c \
	%D%/notify.c \
	%D%/node.h \
	%D%/ns.c \
	%D%/pidfile.c \
	%D%/process.c \
	%D%/resources-lists.c \
	%D%/resources.c \
	%D%/resources.h \
	%D%/rootfs.c \
	%D%/sched.c \
	%D%/seal.c \
	%D%/spec-default.c \
	%D%/spec-linux.c \
	%D%/spec-mount.c \
	%D%/spec-ns.c \
	%D%/spec-parts.h \
	%D%/spec-process.c \
	%D%/spec-sched.c \
	%D%/spec-sysctl.c \
	%D%/spec-unbuilt.c \
	%D%/spec.c \
	%D%/spec.h \
	%D%/stage.c \
	%D%/state-json.c \
	%D%/state.c \
	%D%/state.h \
	%D%/stats.c \
	%D%/sys.c \
	%D%/sys.h \
	%D%/tty.c \
	%D%/walk.c

bin_PROGRAMS += %D%/cgrun
%C%_cgrun_CPPFLAGS = $(CG_TOOLS_CPPFLAGS)
%C%_cgrun_LDADD = %D%/libcgrun.la libcg/libcg.la
%C%_cgrun_SOURCES = %D%/cgrun.c
endif
