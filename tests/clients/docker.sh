# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# docker: its daemon, a containerd of the daemon's own, and the client.
. "$HERE/likedocker.sh"

OPS_docker=$LIKEDOCKER
DOCKERD=''

# On v1 its daemon takes all limits of an ordinary user's containers out of what it asks for.
if [ -n "${CGMNT[memory]:-}" ]; then
	for op in memory pids cpus; do
		REFUSES["docker user $op"]='Running in rootless-mode without cgroups'
	done
fi

open_docker()
{
	local d=$W/docker-$1 daemon=(dockerd) sock

	CLI_NAME=docker EXEC_MISSING=126
	RM=(rm -f)
	mkdir -p "$d"
	chmod 711 "$d"
	sock=$d/sock
	RUNOPTS=(--network none)
	if [ "$1" = user ]; then
		chown "$USER_ID:$GROUP_ID" "$d"
		# The directories that it writes to are copies that only it sees.
		daemon=(rootlesskit --net=host --copy-up=/etc --copy-up=/run --propagation=rslave
			--state-dir "$d/rk" sh -c 'rm -f /run/docker /run/containerd; exec "$@"' -
			dockerd --rootless)
	else
		RUNOPTS+=(--cgroup-parent "/$RUN")
	fi
	CLI=("${WHO[@]}" docker --host "unix://$sock")
	cp "$SRC/doc/engines/daemon.json" "$d/daemon.json"
	cd / || return 1
	"${WHO[@]}" "${daemon[@]}" --config-file "$d/daemon.json" \
		--data-root "$d/data" --exec-root "$d/exec" --pidfile "$d/pid" \
		--host "unix://$sock" --iptables=false --bridge=none \
		</dev/null >"$d/log" 2>&1 6>&- 7>&- 8>&- &
	DOCKERD=$!
	await_file "$sock"
	for _ in $(seq 100); do
		e version
		[ "$RC" != 0 ] || break
		sleep 0.1
	done
	[ "$RC" = 0 ] || { blame "dockerd: $(tail -n 3 "$d/log" | tr '\n' ' ')"; return 1; }
	want 0 info -f '{{.DefaultRuntime}}' && says cgrun
	want 0 import "$W/image/image.tar" bb
}

close_docker()
{
	local pid

	e ps -aq
	# shellcheck disable=SC2086
	[ -z "$SAID" ] || e rm -f $SAID
	kill -TERM "$DOCKERD" 2>/dev/null
	obs gone "$RUN.engine" 10000
	wait "$DOCKERD" 2>/dev/null
	[ "$REPLY" = 0 ] || blame "$REPLY processes of docker's are left"
	[ -z "$WHY" ] || tail -n 20 "$W/docker-$1/log" | sed 's/^/# /'
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
