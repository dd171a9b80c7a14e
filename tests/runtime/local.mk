# The runtime on a real kernel, as root and as an ordinary user. Its helpers are static,
# for they run in any root file system and any virtual machine; and never instrumented.
check_PROGRAMS += tests/lib/inmate tests/lib/observer tests/lib/recvtty tests/lib/shim \
	tests/lib/older tests/lib/crash tests/lib/escape
tests_lib_inmate_CFLAGS = $(CG_CFLAGS)
tests_lib_inmate_LDFLAGS = -all-static
tests_lib_observer_CFLAGS = $(CG_CFLAGS)
tests_lib_observer_LDFLAGS = -all-static
tests_lib_recvtty_CFLAGS = $(CG_CFLAGS)
tests_lib_recvtty_LDFLAGS = -all-static
tests_lib_crash_CFLAGS = $(CG_CFLAGS)
tests_lib_crash_LDFLAGS = -all-static
tests_lib_escape_CFLAGS = $(CG_CFLAGS)
tests_lib_escape_LDFLAGS = -all-static
tests_lib_older_CFLAGS = $(CG_CFLAGS)
tests_lib_older_LDFLAGS = -all-static
tests_lib_shim_CFLAGS = $(CG_CFLAGS)
tests_lib_shim_LDFLAGS = -all-static

root_scripts += %D%/test-cgtool.sh %D%/test-cgtool-run.sh %D%/test-cgtool-jobs.sh %D%/test-cgtool-look.sh %D%/test-cgtool-top.sh
if RUNTIME
root_scripts += \
	%D%/test-engine-hooks.sh \
	%D%/test-engine-resources.sh \
	%D%/test-engine-seccomp.sh \
	%D%/test-doctor.sh \
	%D%/test-story.sh \
	%D%/test-shim.sh \
	%D%/test-strings.sh \
	%D%/test-badinput.sh \
	%D%/test-callers.sh \
	%D%/test-calls.sh \
	%D%/test-cgroupspath.sh \
	%D%/test-require.sh \
	%D%/test-rough.sh \
	%D%/test-tag.sh \
	%D%/test-hold.sh \
	%D%/test-oci.sh \
	%D%/only-libcg.sh \
	%D%/test-quickstart.sh \
	%D%/test-launch.sh \
	%D%/test-mounts.sh \
	%D%/test-spec-all.sh \
	%D%/test-spec-parts.sh \
	%D%/test-verbs.sh \
	%D%/test-launch-escape.sh
endif
if RUNTIME
crash_scripts += %D%/test-crash.sh
# Its root file system is that of the machines in tests/vm.
vm_scripts += %D%/test-systemd.sh
endif
EXTRA_DIST += %D%/calls.table %D%/cgtool-lib.sh %D%/lib.sh %D%/wreck.sh
