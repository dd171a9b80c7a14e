# A test prints TAP (doc/hacking.md, "Tests"). Compiled ones go to *_programs, scripts to
# *_scripts: "check" is for everybody, "root" needs root on a machine that can be spared.
check_programs =
check_scripts =
root_programs =
root_scripts =
vm_scripts =
client_scripts =
crash_scripts =

check_PROGRAMS += $(check_programs) $(root_programs)
EXTRA_DIST += $(check_scripts) $(root_scripts) $(vm_scripts) $(client_scripts) \
	$(crash_scripts)
dist_noinst_SCRIPTS += %D%/run

HARNESS_JOBS = 2
CG_RESULTS = $(abs_top_builddir)/%D%/results
CG_HARNESS = CG_SRC=$(abs_top_srcdir) CG_BUILD=$(abs_top_builddir) \
	CG_BIN=$(abs_top_builddir)/%D%/bin CG_PLAIN=$(CG_PLAIN) CG_RUNTIME=$(CG_RUNTIME) \
	CC="$(CC)" HARNESS_JOBS=$(HARNESS_JOBS) $(top_srcdir)/%D%/lib/harness

# Promise x stack, and whether each test that doc/semantics.md names did run.
if CMOCKA
CG_REPORT = CG_SRC=$(abs_top_srcdir) CG_RUNTIME=$(CG_RUNTIME) $(top_srcdir)/%D%/contract/report.sh $(CG_RESULTS)
else
CG_REPORT = :
endif

check-local: $(check_PROGRAMS) $(tests_bin)
	@rc=0; \
	$(CG_HARNESS) check $(CG_RESULTS) $(check_scripts) $(check_programs:=$(EXEEXT)) || rc=1; \
	$(CG_REPORT) check || rc=1; exit $$rc

# One at a time: these measure, freeze and kill.
check-root: HARNESS_JOBS = 1
check-root: all-am $(check_PROGRAMS) $(tests_bin)
	@test "$$(id -u)" = 0 || { echo "make check-root: needs root" >&2; exit 1; }
	@rc=0; \
	$(CG_HARNESS) check-root $(CG_RESULTS) $(root_programs:=$(EXEEXT)) $(root_scripts) || rc=1; \
	$(CG_REPORT) check-root || rc=1; exit $$rc

check-vm: HARNESS_JOBS = 1
check-vm: all-am $(check_PROGRAMS) $(tests_bin)
	@$(CG_HARNESS) check-vm $(CG_RESULTS) $(vm_scripts)

# Also the rows that hardly differ from one of those.
check-vm-all: HARNESS_JOBS = 1
check-vm-all: all-am $(check_PROGRAMS) $(tests_bin)
	@VM_ALL=1 $(CG_HARNESS) check-vm-all $(CG_RESULTS) $(vm_scripts)

# Every step of every verb of cgrun.
check-crash: HARNESS_JOBS = 1
check-crash: all-am $(check_PROGRAMS) $(tests_bin)
	@rc=0; \
	$(CG_HARNESS) check-crash $(CG_RESULTS) $(crash_scripts) || rc=1; \
	$(CG_REPORT) check-crash || rc=1; exit $$rc

check-clients: HARNESS_JOBS = 1
check-clients: all-am $(check_PROGRAMS) $(tests_bin)
	@$(CG_HARNESS) check-clients $(CG_RESULTS) $(client_scripts)

# The engines of every release, each in a root of that release.
check-clients-all: HARNESS_JOBS = 1
check-clients-all: all-am $(check_PROGRAMS) $(tests_bin)
	@rc=0; for s in bullseye bookworm trixie sid; do \
		SUITE=$$s $(CG_HARNESS) check-clients-$$s $(CG_RESULTS) $(client_scripts) || rc=1; \
	done; exit $$rc

# The compiled tests by themselves, for the two below: they watch what the memory is used for.
CG_GROUP = check-programs
check-programs: $(check_programs)
	@$(CG_HARNESS) $(CG_GROUP) $(CG_RESULTS) $(check_programs:=$(EXEEXT))

CG_VALGRIND = valgrind -q --leak-check=full --errors-for-leak-kinds=definite --error-exitcode=9
# Left out: one judges times, the other makes 30,000 worlds; both run under ASan.
CG_VALGRIND_NOT = tests/contract/test-bounds tests/fault/test-sweep
check-valgrind:
	@HARNESS_UNDER='$(CG_VALGRIND)' $(MAKE) $(AM_MAKEFLAGS) check-programs CG_GROUP=check-valgrind \
		check_programs='$(filter-out $(CG_VALGRIND_NOT),$(check_programs))'

# A build of its own, by as many as test afterwards.
check-sanitized:
	@$(MKDIR_P) sanitized
	@test -e sanitized/Makefile || { cd sanitized && \
	  $(abs_top_srcdir)/configure -q --enable-werror --enable-asan --enable-ubsan CC="$(CC)"; }
	@$(MAKE) $(AM_MAKEFLAGS) -j$(HARNESS_JOBS) -C sanitized check-programs CG_GROUP=check-sanitized \
		CG_RESULTS=$(CG_RESULTS)

# For tests/run, in this order.
list-groups:
	@echo check check-sanitized check-planted check-dist mutants check-root check-crash

# What tests/run names as not run: it takes too long, or follows the library later.
list-later:
	@echo check-valgrind check-clients check-packages check-vm check-builds check-clients-all check-readme check-vm-all

# The programs once more, never behind libtool's wrapper scripts: for tests that run them.
tests_bin = %D%/bin/cgtool
%D%/bin/cgtool: $(tools_cgtool_cgtool_OBJECTS) $(tools_cgtool_cgtool_DEPENDENCIES)
	@$(MKDIR_P) %D%/bin
	$(AM_V_CCLD)$(LINK) -no-install $(tools_cgtool_cgtool_OBJECTS) $(tools_cgtool_cgtool_LDADD) $(LIBS)
if RUNTIME
tests_bin += %D%/bin/cgrun
%D%/bin/cgrun: $(tools_cgrun_cgrun_OBJECTS) $(tools_cgrun_cgrun_DEPENDENCIES)
	@$(MKDIR_P) %D%/bin
	$(AM_V_CCLD)$(LINK) -no-install $(tools_cgrun_cgrun_OBJECTS) $(tools_cgrun_cgrun_LDADD) $(LIBS)
endif

clean-local:
	rm -rf %D%/results %D%/bin sanitized

# For tests of the inside: the public header, the core and its headers.
CG_TEST_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/libcg -I$(top_srcdir)/drivers -I$(top_srcdir)/%D%/lib $(CMOCKA_CFLAGS)
CG_TEST_LIBS = libcg/libcg-core.la $(CMOCKA_LIBS)

# What takes longest begins first: it does under valgrind.
include tests/fault/local.mk
include tests/lib/local.mk
include tests/fake/local.mk
include tests/lint/local.mk
include tests/fuzz/local.mk
include tests/unit/local.mk
include tests/contract/local.mk
include tests/mutants/local.mk
include tests/runtime/local.mk
include tests/runtime/security/local.mk
include tests/bench/local.mk
include tests/vm/local.mk
include tests/packages/local.mk
include tests/clients/local.mk

.PHONY: check-programs check-valgrind check-sanitized check-root check-crash check-vm check-vm-all \
	check-clients check-clients-all \
	list-groups list-later
