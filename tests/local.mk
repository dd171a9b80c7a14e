# A test prints TAP (doc/hacking.md, "Tests"). Compiled ones go to *_programs, scripts to
# *_scripts; "check" is for everybody, "root" needs root on a machine of its own.
check_programs =
check_scripts =
root_programs =
root_scripts =

check_PROGRAMS += $(check_programs) $(root_programs)
EXTRA_DIST += $(check_scripts) $(root_scripts)
dist_noinst_SCRIPTS += %D%/lib/harness %D%/run
EXTRA_DIST += %D%/lib/tap.sh

# The programs, but never behind a libtool wrapper: for tests that run them.
CG_TEST_ENV = CG_SRC=$(abs_top_srcdir) CG_BUILD=$(abs_top_builddir) CC="$(CC)" \
	CG_BIN=$(abs_top_builddir)/tests/bin CG_PLAIN=$(CG_PLAIN) CG_RUNTIME=$(CG_RUNTIME)
HARNESS_JOBS = 2
CG_RESULTS = $(abs_top_builddir)/tests/results
CG_HARNESS = $(CG_TEST_ENV) $(top_srcdir)/%D%/lib/harness

check-local: all
	@HARNESS_JOBS=$(HARNESS_JOBS) $(CG_HARNESS) check $(CG_RESULTS) \
		$(check_programs:=$(EXEEXT)) $(check_scripts)

check-root: all $(check_PROGRAMS)
	@test "$$(id -u)" = 0 || { echo "make check-root: needs root" >&2; exit 1; }
	@$(CG_HARNESS) check-root $(CG_RESULTS) $(root_programs:=$(EXEEXT)) $(root_scripts)

clean-local:
	rm -rf tests/results

# For tests of the inside: the public header, the core and its headers.
CG_TEST_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/libcg -I$(top_srcdir)/%D%/lib $(CMOCKA_CFLAGS)
CG_TEST_LIBS = libcg/libcg-core.la $(CMOCKA_LIBS)

include tests/lint/local.mk

.PHONY: check-root
