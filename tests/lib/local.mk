dist_noinst_SCRIPTS += %D%/harness
EXTRA_DIST += %D%/tap.sh

# Helpers of the runtime's tests. The inmate runs inside containers that have no libc.
check_PROGRAMS += %D%/inmate %D%/observer %D%/recvtty %D%/shim
%C%_inmate_SOURCES = %D%/inmate.c
%C%_inmate_CFLAGS = $(CG_CFLAGS)
%C%_inmate_LDFLAGS = -all-static
%C%_observer_SOURCES = %D%/observer.c
%C%_recvtty_SOURCES = %D%/recvtty.c
%C%_shim_SOURCES = %D%/shim.c
