# Attacks on cgrun, one area a script: what a container, its image or another user may try.
if RUNTIME
root_scripts += \
	%D%/cgroups.sh
endif
EXTRA_DIST += %D%/lib.sh
