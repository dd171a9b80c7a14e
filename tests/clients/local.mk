# Real engines with cgrun as their runtime.
if RUNTIME
client_scripts += %D%/run %D%/cluster
endif
EXTRA_DIST += %D%/lib.sh %D%/likedocker.sh %D%/podman.sh %D%/containerd.sh \
	%D%/docker.sh %D%/buildah.sh
dist_noinst_SCRIPTS += %D%/suite
