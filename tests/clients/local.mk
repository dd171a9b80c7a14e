# Real engines with cgrun as their runtime.
if RUNTIME
client_scripts += %D%/run
endif
EXTRA_DIST += %D%/lib.sh %D%/likedocker.sh %D%/podman.sh %D%/containerd.sh \
	%D%/docker.sh %D%/buildah.sh
