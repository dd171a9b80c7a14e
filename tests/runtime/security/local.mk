# Attacks on cgrun, one area a script: what a container, its image or another user may try.
if RUNTIME
root_scripts += \
	%D%/cgroups.sh \
	%D%/devices.sh \
	%D%/files.sh \
	%D%/hooks.sh \
	%D%/neighbour.sh \
	%D%/notify.sh \
	%D%/procfs.sh \
	%D%/state.sh \
	%D%/stopped.sh
check_PROGRAMS += tests/lib/attack tests/lib/neighbour
tests_lib_attack_CFLAGS = $(CG_CFLAGS)
tests_lib_attack_LDFLAGS = -all-static
tests_lib_neighbour_CFLAGS = $(CG_CFLAGS)
tests_lib_neighbour_LDFLAGS = -all-static
endif
EXTRA_DIST += %D%/lib.sh
