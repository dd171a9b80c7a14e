# Hosts that this one is not, in emulated machines.
if RUNTIME
vm_scripts += %D%/run
endif
EXTRA_DIST += %D%/inside/run %D%/inside/bus.sh %D%/inside/claims.sh %D%/guest/vm-init %D%/guest/vm-run \
	%D%/guest/vm-run.service
dist_noinst_SCRIPTS += %D%/mk-image %D%/vm-run
