# The runtime on a real kernel, as root and as an ordinary user.
root_scripts += %D%/test-cgtool.sh
if RUNTIME
root_scripts += \
	%D%/test-story.sh \
	%D%/test-shim.sh \
	%D%/test-strings.sh \
	%D%/test-badinput.sh
endif
EXTRA_DIST += %D%/lib.sh
