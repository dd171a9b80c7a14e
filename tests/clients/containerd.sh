# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# containerd, by ctr: its own shim, and cgrun for runc.

OPS_containerd='run exit exec exec-t run-t logs stop kill restart pause top stats memory pids
	cpus device device-rule read-only cap-drop seccomp user userns init volume tmpfs parallel
	story-rm story-stop story-kill story-paused story-dead story-end'

# nerdctl too enters the namespaces of a user's containerd, and names no cgroup there.
open_containerd()
{
	local d=$W/containerd-$1

	CLI_NAME=containerd
	mkdir -p "$d"
	chmod 711 "$d"
	{
		cat "$SRC/doc/engines/containerd.toml"
		printf '\n[plugins."%s".cni]\n  conf_dir = "%s/cni"\n' \
			io.containerd.grpc.v1.cri "$d"
	} >"$d/config.toml"		# the second part: CRI may find no network to set up
	[ "$1" = root ] || chown "$USER_ID:$GROUP_ID" "$d"
	daemon_in "$d" containerd --config "$d/config.toml" --root "$d/root" --state "$d/state" \
		--address "$d/sock"
	await_file "$d/sock"
	CLI=("${WHO[@]}")
	[ "$1" = root ] || CLI+=(nsenter -U -m --preserve-credentials -t "$(cat "$d/rk/child_pid")")
	CLI+=(ctr --address "$d/sock")
	RUNOPTS=(--runc-binary /usr/local/bin/cgrun)
	await_daemon "$d" || return
	[ -e "$W/image/oci.tar" ] || make_oci_image
	want 0 image import --base-name bb "$W/image/oci.tar" && want 0 image ls -q &&
		IMAGE=${SAID%%$'\n'*}
	want 0 container create "$IMAGE" base && want 0 container info base &&
		SPEC=$(jq .Spec <<<"$SAID") && want 0 container rm base
}

cgroup_of()
{
	CGROUP=/$RUN/$1
	[[ $COL != *user ]] || CGROUP=''
}

# Puts a file among the blobs; its digest.
blob()
{
	local h

	h=$(sha256sum "$1" | cut -d' ' -f1)
	cp "$1" "$W/oci/blobs/sha256/$h"
	echo "$h"
}

# ctr imports images of the OCI format alone: one layer, a configuration, a manifest, an index.
make_oci_image()
{
	local d=$W/oci layer config manifest

	mkdir -p "$d/blobs/sha256"
	layer=$(blob "$W/image/image.tar")
	jq -n --arg l "sha256:$layer" '{
		architecture: "amd64", os: "linux", config: { Env: ["PATH=/bin"] },
		rootfs: { type: "layers", diff_ids: [$l] } }' >"$W/json"
	config=$(blob "$W/json")
	jq -n --arg l "sha256:$layer" --arg c "sha256:$config" \
		--argjson n "$(stat -c %s "$W/image/image.tar")" \
		--argjson m "$(stat -c %s "$W/json")" '{ schemaVersion: 2,
		config: { mediaType: "application/vnd.oci.image.config.v1+json",
			digest: $c, size: $m },
		layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar",
			digest: $l, size: $n }] }' >"$W/json"
	manifest=$(blob "$W/json")
	jq -n --arg m "sha256:$manifest" --argjson n "$(stat -c %s "$W/json")" '{
		schemaVersion: 2, manifests: [
		{ mediaType: "application/vnd.oci.image.manifest.v1+json", digest: $m, size: $n,
		  annotations: { "org.opencontainers.image.ref.name": "latest" } }] }' \
		>"$d/index.json"
	echo '{"imageLayoutVersion":"1.0.0"}' >"$d/oci-layout"
	tar -C "$d" -cf "$W/image/oci.tar" .
}

close_containerd()
{
	local id

	e task ls -q
	for id in $SAID; do e task rm -f "$id"; done
	e container ls -q
	for id in $SAID; do e container rm "$id"; done
	end_daemon "$W/containerd-$1"
}

up_()
{
	local name=$1 opts=()

	shift
	while [ "$1" != -- ]; do opts+=("$1"); shift; done
	shift
	cgroup_of "$name"
	want 0 run -d "${RUNOPTS[@]}" --cgroup "$CGROUP" --env "CGT=$RUN.$name" "${opts[@]}" \
		"$IMAGE" "$name" "$@"
}

once()
{
	local rc=$1 opts=()

	shift
	while [ "$1" != -- ]; do opts+=("$1"); shift; done
	shift
	cgroup_of once
	want "$rc" run --rm "${RUNOPTS[@]}" --cgroup "$CGROUP" "${opts[@]}" \
		"$IMAGE" "once$((N_ONCE += 1))" "$@"
}

# by_spec NAME FILTER COMMAND...: what ctr has no option for is put into the configuration, as
# nerdctl does. FILTER is jq's.
by_spec()
{
	local name=$1 filter=$2

	shift 2
	cgroup_of "$name"
	jq --arg rootfs "$W/rootfs" --arg tag "CGT=$RUN.$name" --arg cgroup "$CGROUP" \
		".root.path = \$rootfs | .process.env += [\$tag] | .process.args = \$ARGS.positional
		| .linux.cgroupsPath = \$cgroup | $filter" --args -- "$@" \
		<<<"$SPEC" >"$W/$name.json" || { blame "no configuration"; return 1; }
	SPECOPTS=("${RUNOPTS[@]}" --config "$W/$name.json")
}

drop()
{
	want 0 task rm -f "$1"
	dead "$1"
	want 0 container rm "$1"
}

# ctr's own exit status is 1 where the runtime refuses.
op_run()
{
	once 0 --env A=word -- sh -c 'echo $A; echo err >&2' &&
		{ says word; [[ $ERR == *err* ]] || blame "nothing came from its stderr"; }
	want 0 container ls -q && [ -z "$SAID" ] || blame "it is still listed: $SAID"
}

op_exit()
{
	local id

	once 0 -- true
	once 37 -- sh -c 'exit 37'
	once 1 -- /etc/passwd && [[ $ERR == *'permission denied'* ]] || blame "it says: $ERR"
	once 1 -- /nosuch && [[ $ERR == *'no such file'* ]] || blame "it says: $ERR"
	e container ls -q	# ctr leaves those that did not start
	for id in $SAID; do e container rm "$id"; done
}

op_exec()
{
	up_ exec -- /bin/inmate reaper || return
	want 0 task exec --exec-id 1 exec sh -c 'echo in $(cat /proc/1/comm)' && says 'in inmate'
	want 37 task exec --exec-id 2 exec sh -c 'exit 37'
	want 1 task exec --exec-id 3 exec /nosuch
	e task exec --help
	if [[ $SAID == *--user* ]]; then	# since 1.5
		want 0 task exec --exec-id 4 --user 1000:1000 --cwd /tmp exec sh -c 'id -u; pwd' &&
			{ says 1000; says /tmp; }
	fi
	drop exec
}

op_exec-t()
{
	up_ exec-t -- /bin/inmate reaper || return
	tty_call task exec -t --exec-id 1 exec-t sh -c 'tty; exit 37'
	[ "$RC" = 37 ] || blame "exit $RC, not 37: $ERR"
	says /dev/
	drop exec-t
}

op_run-t()
{
	tty_call run --rm -t "${RUNOPTS[@]}" --cgroup "/$RUN/once" "$IMAGE" run-t \
		sh -c 'tty; exit 37'
	[ "$RC" = 37 ] || blame "exit $RC, not 37: $ERR"
	says /dev/
}

op_logs()
{
	up_ logs --log-uri "file://$HOMEDIR/logged" -- \
		sh -c 'echo one; echo two >&2; exec /bin/inmate tick' || return
	live logs 1
	SAID=$(cat "$HOMEDIR/logged")
	says one
	says two
	drop logs
}

# rm_task NAME: on a busy machine containerd hears of the end later than we see it.
rm_task()
{
	for _ in $(seq 100); do
		e task rm "$1"
		[[ $RC != 0 && $ERR == *'must be stopped'* ]] || break
		sleep 0.1
	done
	[ "$RC" = 0 ] || blame "task rm: exit $RC: $ERR"
}

# ended_with STATUS NAME: its init is dead, with that exit status
ended_with()
{
	dead "$2"
	rm_task "$2"
	[[ $ERR == *"exit code $1"* ]] || blame "it ended otherwise than with $1: $ERR"
}

op_stop()
{
	up_ stop -- /bin/inmate reaper || return
	live stop 2
	want 0 task kill -s SIGTERM stop
	ended_with 143 stop
	want 0 container rm stop
	up_ stop -- /bin/inmate tick || return	# PID 1 without a handler: deaf to TERM
	live stop 1
	want 0 task kill -s SIGTERM stop
	live stop 1
	want 0 task kill -s SIGKILL stop
	ended_with 137 stop
	want 0 container rm stop
}

op_restart()
{
	up_ restart -- /bin/inmate reaper || return
	live restart 2
	want 0 task kill -s SIGKILL restart
	ended_with 137 restart
	want 0 task start -d restart
	live restart 2
	drop restart
}

op_kill()
{
	up_ kill -- /bin/inmate family || return
	live kill 7
	want 0 task kill -s SIGKILL kill
	dead kill
	drop kill
}

op_pause()
{
	up_ pause -- /bin/inmate reaper || return
	live pause 2
	want 0 task pause pause
	want 0 task ls && [[ $SAID == *PAUSED* ]] || blame "the list is: $SAID"
	obs watch pause "$RUN.pause"
	obs harmed pause
	[[ $REPLY == 2* ]] || blame "of 2 paused these stand: $REPLY"
	want 0 task resume pause
	obs harmed pause
	[ "$REPLY" = 0 ] || blame "resumed, but: $REPLY"
	obs forget pause
	drop pause
}

op_top()
{
	up_ top -- /bin/inmate family || return
	live top 7
	want 0 task ps top && [ "$(wc -l <<<"$SAID")" = 8 ] || blame "it shows: $SAID"
	drop top
}

op_stats()
{
	up_ stats -- /bin/inmate tick || return
	want 0 task metrics stats && says memory
	drop stats
}

# ctr drops no limit where there is no cgroup; nerdctl does.
ctr_limited()
{
	[[ $COL == *user && -n "${CGMNT[memory]:-}" ]] || { limited "${@:2}"; return; }
	warned "$W/containerd-user/state/io.containerd.runtime.v2.task/default/$1/log.json"
}

op_memory()
{
	up_ memory --memory-limit 67108864 -- /bin/inmate tick || return
	limit_of memory memory memory.limit_in_bytes memory.max
	ctr_limited memory 67108864
	drop memory
}

op_pids()
{
	by_spec pids '.linux.resources.pids.limit = 50' /bin/inmate tick || return
	want 0 run -d "${SPECOPTS[@]}" pids || return
	limit_of pids pids pids.max pids.max
	ctr_limited pids 50
	drop pids
}

op_cpus()
{
	up_ cpus --cpus 0.5 -- /bin/inmate tick || return
	limit_of cpus cpu cpu.cfs_quota_us cpu.max
	ctr_limited cpus 50000 '50000 100000'
	drop cpus
}

op_device() { once 0 --device /dev/fuse -- ls -l /dev/fuse && says '10, 229'; }

# An ordinary user can make no device anyway: that there is no rule in force shows nowhere.
op_device-rule()
{
	local make='mknod /dev/other c 10 229 && : </dev/other'

	[[ $COL != *user ]] || { once 1 -- mknod /dev/other c 1 11; return; }
	once 0 --device /dev/fuse -- sh -c "$make"
	once 1 -- sh -c "$make" && [[ $ERR == *'not permitted'* ]] ||
		blame "the device was not refused: $ERR"
}

op_read-only()
{
	once 1 --read-only -- touch /x && [[ $ERR == *Read-only* ]] || blame "not refused: $ERR"
}

op_cap-drop()
{
	by_spec cap-drop '.process.capabilities |= map_values(map(select(. != "CAP_CHOWN")))' chown 1 /bin
	want 1 run --rm "${SPECOPTS[@]}" cap-drop && [[ $ERR == *'not permitted'* ]] ||
		blame "not refused: $ERR"
}

op_seccomp()
{
	once 0 -- /bin/inmate personality
	once 1 --seccomp -- /bin/inmate personality && [[ $ERR == *personality* ]] ||
		blame "not refused: $ERR"
}

op_user()
{
	by_spec user '.process.user = { uid: 1000, gid: 1001, additionalGids: [1002] }' id
	want 0 run --rm "${SPECOPTS[@]}" user && [[ $SAID == *uid=1000*gid=1001*1002* ]] ||
		blame "it is $SAID"
}

# ctr forgets --runc-binary where it is given --uidmap, and calls runc.
op_userns()
{
	by_spec userns '.linux.namespaces += [{ type: "user" }]
		| .linux.uidMappings = [{ containerID: 0, hostID: 1000, size: 500 }]
		| .linux.gidMappings = .linux.uidMappings' cat /proc/self/uid_map
	want 0 run --rm "${SPECOPTS[@]}" userns && [[ $SAID =~ 0\ +1000\ +500 ]] ||
		blame "the map is $SAID"
}

# As nerdctl does it: the init is bound into the container, and runs the command.
op_init()
{
	local bind='type=bind,src=/usr/bin/docker-init,dst=/sbin/init,options=rbind:ro'

	once 0 --mount "$bind" -- /sbin/init -- cat /proc/1/comm && says init
	once 37 --mount "$bind" -- /sbin/init -- sh -c 'exit 37'
}

op_volume()
{
	local mount="type=bind,src=$HOMEDIR/vol,dst=/data,options=rbind"

	mkdir -p "$HOMEDIR/vol"
	echo before >"$HOMEDIR/vol/a"
	chmod 777 "$HOMEDIR/vol"
	once 0 --mount "$mount:rw" -- sh -c 'cat /data/a; echo after >/data/b' && says before
	[ "$(cat "$HOMEDIR/vol/b" 2>/dev/null)" = after ] || blame "nothing was written"
	once 1 --mount "$mount:ro" -- touch /data/c
}

op_tmpfs()
{
	by_spec tmpfs '.mounts += [{ destination: "/scratch", type: "tmpfs", source: "tmpfs", options: ["size=1m"] }]' \
		grep scratch /proc/mounts
	want 0 run --rm "${SPECOPTS[@]}" tmpfs && says 'size=1024k'
}

ENDING=('task kill -s SIGKILL' 'task rm -f' 'container rm')
drop_all()
{
	for i in $(seq "$PARALLEL"); do
		e task rm -f "p$i-parallel"
		e container rm "p$i-parallel"
	done
}

# ---- the story ----------------------------------------------------------------

bring_both()
{
	obs count "$RUN.foo"
	if [ "$REPLY" = 0 ]; then
		up_ foo -- /bin/inmate reaper || return
		live foo 2 || return
		obs watch "$COL" "$RUN.foo"
	fi
	want 0 task ls || return
	FOO=$(awk '$1 == "foo" { print $2 }' <<<"$SAID")
	up_ bar --with-ns "pid:/proc/$FOO/ns/pid" -- /bin/inmate family || return
	live bar 7 || return
	want 0 task exec -d --exec-id x bar /bin/inmate tick
	live bar "$TICKS" || return
	obs watch bar "$RUN.bar"
	want 0 task ls
	BAR=$(awk '$1 == "bar" { print $2 }' <<<"$SAID")
}

list_names() { want 0 task ls -q; }
forget_bar() { e task rm -f bar; e container rm bar; }

op_story-rm()
{
	bring_both || return
	want 0 task rm -f bar
	judge_bar
}

op_story-stop()
{
	bring_both || return
	want 0 task kill -s SIGTERM bar
	dead bar
	rm_task bar
	judge_bar
}

op_story-kill()
{
	bring_both || return
	want 0 task kill -s SIGKILL bar
	dead bar
	rm_task bar
	judge_bar
}

op_story-paused()
{
	bring_both || return
	want 0 task pause bar
	want 0 task rm -f bar
	judge_bar
}

op_story-dead()
{
	bring_both || return
	kill -KILL "$BAR"
	want 0 task rm -f bar
	judge_bar
}

op_story-end()
{
	drop foo
	want 0 container ls -q && [ -z "$SAID" ] || blame "still listed: $SAID"
	obs forget "$COL"
}
