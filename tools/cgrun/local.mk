# Everything but main() is a convenience library, so that tests can reach it. One folder is one
# room: tests/lint/rooms.sh checks what each may include.
if RUNTIME
noinst_LTLIBRARIES += %D%/libcgrun.la
CG_CGRUN_CPPFLAGS = $(CG_TOOLS_CPPFLAGS) -I$(top_srcdir)/%D%
%C%_libcgrun_la_CPPFLAGS = $(CG_CGRUN_CPPFLAGS)
%C%_libcgrun_la_LIBADD = tools/libcommon.la $(JSON_LIBS) $(CAP_LIBS) $(MNL_LIBS) $(SECCOMP_LIBS)
%C%_libcgrun_la_SOURCES = \
	%D%/base/base.h \
	%D%/base/child.c \
	%D%/base/console.c \
	%D%/base/error.c \
	%D%/base/file.c \
	%D%/base/hooks.c \
	%D%/base/json-text.c \
	%D%/base/log.c \
	%D%/base/node.c \
	%D%/base/pidfile.c \
	%D%/base/sys.c \
	%D%/birth/birth.h \
	%D%/birth/channel.c \
	%D%/birth/fds.c \
	%D%/birth/fifo.c \
	%D%/birth/init.c \
	%D%/birth/launch.c \
	%D%/birth/netdev.c \
	%D%/birth/netlo.c \
	%D%/birth/ns.c \
	%D%/birth/seal.c \
	%D%/birth/stage.c \
	%D%/birth/tag.c \
	%D%/config/config.h \
	%D%/config/default.c \
	%D%/config/linux.c \
	%D%/config/mempolicy.c \
	%D%/config/mount.c \
	%D%/config/netdev.c \
	%D%/config/ns.c \
	%D%/config/process.c \
	%D%/config/sched.c \
	%D%/config/spec.c \
	%D%/config/sysctl.c \
	%D%/config/unbuilt.c \
	%D%/container/app.c \
	%D%/container/caps.c \
	%D%/container/container.c \
	%D%/container/container.h \
	%D%/container/create.c \
	%D%/container/device-rules.c \
	%D%/container/finish.c \
	%D%/container/foreground.c \
	%D%/container/hold.c \
	%D%/container/owner.c \
	%D%/container/identify.c \
	%D%/container/notify.c \
	%D%/container/resources-lists.c \
	%D%/container/resources.c \
	%D%/container/share.c \
	%D%/container/stats.c \
	%D%/program/exec.c \
	%D%/program/filter-load.c \
	%D%/program/filter-prefix.c \
	%D%/program/filter.c \
	%D%/program/identity.c \
	%D%/program/label.c \
	%D%/program/program.h \
	%D%/program/sched.c \
	%D%/root/cgmount.c \
	%D%/root/copyup.c \
	%D%/root/device-outside.c \
	%D%/root/device.c \
	%D%/root/idmap.c \
	%D%/root/mask.c \
	%D%/root/mnt.c \
	%D%/root/mount-idmap.c \
	%D%/root/move.c \
	%D%/root/mount.c \
	%D%/root/path.c \
	%D%/root/root.h \
	%D%/root/rootfs.c \
	%D%/root/tty.c \
	%D%/root/walk.c \
	%D%/state/json.c \
	%D%/state/kept.c \
	%D%/state/state.c \
	%D%/state/state.h \
	%D%/verb/checkpoint.c \
	%D%/verb/create.c \
	%D%/verb/events.c \
	%D%/verb/exec-cgroup.c \
	%D%/verb/exec-options.c \
	%D%/verb/exec.c \
	%D%/verb/features.c \
	%D%/verb/kill.c \
	%D%/verb/pause.c \
	%D%/verb/ps.c \
	%D%/verb/spec.c \
	%D%/verb/state.c \
	%D%/verb/update.c \
	%D%/verb/verb.h

bin_PROGRAMS += %D%/cgrun
%C%_cgrun_CPPFLAGS = $(CG_CGRUN_CPPFLAGS)
%C%_cgrun_LDADD = %D%/libcgrun.la libcg/libcg.la
%C%_cgrun_SOURCES = %D%/verb/main.c
endif
