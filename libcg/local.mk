# All objects once, for the library and for the tests that look inside.
noinst_LTLIBRARIES += %D%/libcg-core.la
%C%_libcg_core_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/libcg -I$(top_srcdir)/drivers $(MNL_CFLAGS) $(SYSTEMD_CFLAGS)
%C%_libcg_core_la_LIBADD = $(MNL_LIBS)
%C%_libcg_core_la_SOURCES = \
	%D%/attach.c \
	%D%/base/base.h \
	%D%/base/caps.c \
	%D%/base/cleanup.h \
	%D%/base/clock.c \
	%D%/base/err.c \
	%D%/base/process.c \
	%D%/base/read.c \
	%D%/caps.c \
	%D%/core.h \
	%D%/ctx.c \
	%D%/delete.c \
	%D%/freeze.c \
	%D%/freezer.c \
	%D%/group.c \
	%D%/info.c \
	%D%/kill.c \
	%D%/list.c \
	%D%/look.c \
	%D%/members.c \
	%D%/resource.c \
	%D%/round.c \
	%D%/save.c \
	%D%/signal.c \
	%D%/state.c \
	%D%/sys/bpf.c \
	%D%/sys/bpf.h \
	%D%/sys/bus.c \
	%D%/sys/bus.h \
	%D%/sys/counts.c \
	%D%/sys/counts.h \
	%D%/sys/sys.c \
	%D%/sys/sys.h \
	%D%/sys/watch.c \
	%D%/sys/watch.h \
	%D%/text/buf.c \
	%D%/text/parse.c \
	%D%/text/path.c \
	%D%/text/pids.c \
	%D%/text/text.h \
	%D%/watch.c \
	%D%/watch.h \
	%D%/where.c

# libtool's rules for current:revision:age of a release:
#   code changed at all:            revision + 1
#   functions added or changed:     current + 1, revision = 0
#   functions added only:           age + 1 as well
#   functions removed or changed:   age = 0 as well (and with it the soname)
lib_LTLIBRARIES += %D%/libcg.la
%C%_libcg_la_SOURCES =
%C%_libcg_la_LIBADD = %D%/libcg-core.la
%C%_libcg_la_LDFLAGS = $(AM_LDFLAGS) -version-info 0:0:0 \
	-Wl,--version-script=$(top_srcdir)/%D%/libcg.map
%C%_libcg_la_DEPENDENCIES = %D%/libcg-core.la %D%/libcg.map
if PLAIN
%C%_libcg_la_LDFLAGS += -Wl,-z,defs
endif

pkgconfig_DATA += %D%/libcg.pc
EXTRA_DIST += %D%/libcg.map
