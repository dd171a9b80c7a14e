# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# podman, without a daemon.
. "$HERE/likedocker.sh"

OPS_podman="${LIKEDOCKER/cap-drop/cap-drop userns} pod"

for u in root user; do
	REFUSES["podman $u story-stop-x"]='has active exec sessions, refusing to clean up'
done
PODMAN3=$(podman --version | grep ' 3\.')
if [ -n "$PODMAN3" ]; then
	REFUSES["podman root update"]='unknown flag: --memory' REFUSES["podman user update"]='unknown flag: --memory'
fi
# An ordinary user on a host where the controllers are in v1.
if [ -n "${CGMNT[memory]:-}" ]; then
	for op in pause story-paused; do
		REFUSES["podman user $op"]='can not pause containers on rootless containers|pause is not supported for cgroupv1 rootless'
	done
	[ -n "$PODMAN3" ] || for op in memory pids cpus; do
		REFUSES["podman user $op"]='Resource limits are not supported and ignored'
	done
	REFUSES["podman user stats"]='stats is not supported in rootless mode without cgroups v2'
fi

open_podman()
{
	CLI_NAME=podman EXEC_MISSING=127
	RM=(rm -f -t 0)
	# Before version 4 rm has no -t, and waits as long as it was said when the container was made.
	[ -z "$PODMAN3" ] || RM=(rm -f) UPOPTS=(--stop-timeout 0)
	[ -z "$PODMAN3" ] || [ "$1" = root ] ||
		UNHELD="$W/home/.local/share/containers/storage/*-containers/*/userdata/oci-log"
	CLI=("${WHO[@]}" podman)
	[ "$1" = user ] || CLI+=(--root "$W/p/root" --runroot "$W/p/run" --tmpdir "$W/p/tmp")
	RUNOPTS=(--network none)
	[ "$1" = user ] || RUNOPTS+=(--cgroup-parent "/$RUN")
	cd "$HOMEDIR" || return 1
	want 0 info --format '{{.Host.OCIRuntime.Path}}' && says /usr/local/bin/cgrun
	want 0 import -q "$W/image/image.tar" bb
}

close_podman()
{
	want 0 rm -f -a
	[ "$COL" != 'podman user' ] || e system migrate	# ends the process that holds its namespaces
	cd /
}

op_userns()
{
	once 0 --uidmap 0:1000:500 --gidmap 0:1000:500 -- cat /proc/self/uid_map &&
		[[ $SAID =~ 0\ +[0-9]+\ +500 ]] || blame "the map is $SAID"
	[[ $COL != *user ]] || { once 0 --userns keep-id -- id -u && says "$USER_ID"; }
}

op_pod()
{
	want 0 pod create --name pod "${RUNOPTS[@]}" --infra-image bb \
		--infra-command '/bin/inmate reaper' --share ipc,uts,net,pid || return
	want 0 run -d --pod pod --name a "${RUNOPTS[@]:2}" -e "CGT=$RUN.pod" bb /bin/inmate family
	want 0 run -d --pod pod --name b "${RUNOPTS[@]:2}" -e "CGT=$RUN.pod" bb /bin/inmate family
	live pod 14
	want 0 pod stop -t 1 pod
	want 0 pod start pod
	live pod 14
	want 0 pod rm -f pod
	dead pod
}

op_health()
{
	up_ health --health-cmd 'test -e /tmp/well' --health-interval disable -- \
		/bin/inmate tick || return
	want 1 healthcheck run health
	want 0 exec health touch /tmp/well
	want 0 healthcheck run health
	drop health
}
