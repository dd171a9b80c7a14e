# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# docker: its daemon, a containerd of the daemon's own, and the client.
. "$HERE/likedocker.sh"

OPS_docker=$LIKEDOCKER

# On v1 its daemon takes all limits of an ordinary user's containers out of what it asks for.
if [ -n "${CGMNT[memory]:-}" ]; then
	for op in memory pids cpus; do
		REFUSES["docker user $op"]='Running in rootless-mode without cgroups'
	done
fi

open_docker()
{
	local d=$W/docker-$1 rootless=()

	CLI_NAME=docker EXEC_MISSING=126
	RM=(rm -f)
	mkdir -p "$d"
	chmod 711 "$d"
	RUNOPTS=(--network none)
	if [ "$1" = user ]; then
		chown "$USER_ID:$GROUP_ID" "$d"
		rootless=(--rootless)
	else
		RUNOPTS+=(--cgroup-parent "/$RUN")
	fi
	CLI=("${WHO[@]}" docker --host "unix://$d/sock")
	cp "$SRC/doc/engines/daemon.json" "$d/daemon.json"
	cd / || return 1
	daemon_in "$d" dockerd "${rootless[@]}" --config-file "$d/daemon.json" \
		--data-root "$d/data" --exec-root "$d/exec" --pidfile "$d/pid" \
		--host "unix://$d/sock" --iptables=false --bridge=none
	await_daemon "$d" || return
	want 0 info -f '{{.DefaultRuntime}}' && says cgrun
	want 0 import "$W/image/image.tar" bb
}

close_docker()
{
	e ps -aq
	# shellcheck disable=SC2086
	[ -z "$SAID" ] || e rm -f $SAID
	end_daemon "$W/docker-$1"
}

op_health()
{
	up_ health --health-cmd 'test -e /tmp/well' --health-interval 1s --health-retries 1 -- \
		/bin/inmate tick || return
	await_health unhealthy
	want 0 exec health touch /tmp/well
	await_health healthy
	drop health
}

await_health()
{
	for _ in $(seq 100); do
		e inspect -f '{{.State.Health.Status}}' health
		[ "$SAID" != "$1" ] || return 0
		sleep 0.1
	done
	blame "it is $SAID, not $1"
}
