# The runtime on a real kernel, as root and as an ordinary user.
root_scripts += %D%/test-cgtool.sh
if RUNTIME
root_scripts += %D%/test-story.sh
endif
EXTRA_DIST += %D%/lib.sh
