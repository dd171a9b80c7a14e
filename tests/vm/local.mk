# Hosts that this one is not, in emulated machines.
if RUNTIME
check_PROGRAMS += %D%/absent
tests_vm_absent_CPPFLAGS = $(AM_CPPFLAGS) $(SECCOMP_CFLAGS)
tests_vm_absent_LDADD = $(SECCOMP_LIBS) -lpthread
vm_scripts += %D%/run
endif
EXTRA_DIST += %D%/inside/run %D%/inside/bus.sh %D%/inside/claims.sh %D%/inside/host.sh %D%/inside/limits.sh \
	%D%/inside/remedies.sh %D%/guest/vm-init %D%/guest/vm-run %D%/guest/vm-run.service
dist_noinst_SCRIPTS += %D%/get-kernel %D%/mk-image %D%/vm-run
