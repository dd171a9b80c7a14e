# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# containerd, by ctr: its own shim, and cgrun for runc.

OPS_containerd='run exit exec exec-t run-t kill pause top stats memory cpus device read-only
	cap-drop seccomp userns volume tmpfs parallel story-rm story-stop story-kill story-paused
	story-dead story-end'
CONTAINERD=''

open_containerd()
{
	local d=$W/containerd

	CLI_NAME=containerd
	mkdir -p "$d"
	{
		cat "$SRC/doc/engines/containerd.toml"
		printf '\n[plugins."%s".cni]\n  conf_dir = "%s/cni"\n' \
			io.containerd.grpc.v1.cri "$d"
	} >"$d/config.toml"		# the second part: CRI may find no network to set up
	"${WHO[@]}" containerd --config "$d/config.toml" --root "$d/root" --state "$d/state" \
		--address "$d/sock" </dev/null >"$d/log" 2>&1 6>&- 7>&- 8>&- &
	CONTAINERD=$!
	CLI=("${WHO[@]}" ctr --address "$d/sock")
	RUNOPTS=(--runc-binary /usr/local/bin/cgrun)
	await_file "$d/sock"
	for _ in $(seq 100); do
		e version
		[ "$RC" != 0 ] || break
		sleep 0.1
	done
	[ "$RC" = 0 ] || { blame "containerd: $(tail -n 3 "$d/log")"; return 1; }
	make_oci_image
	want 0 image import --base-name bb "$W/image/oci.tar" && want 0 image ls -q &&
		IMAGE=${SAID%%$'\n'*}
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
	kill -TERM "$CONTAINERD" 2>/dev/null
	obs gone "$RUN.engine" 10000
	wait "$CONTAINERD" 2>/dev/null
	[ "$REPLY" = 0 ] || blame "$REPLY processes of containerd's are left"
}

up_()
{
	local name=$1 opts=()

	shift
	while [ "$1" != -- ]; do opts+=("$1"); shift; done
	shift
	want 0 run -d "${RUNOPTS[@]}" --cgroup "/$RUN/$name" --env "CGT=$RUN.$name" "${opts[@]}" \
		"$IMAGE" "$name" "$@"
}

once()
{
	local rc=$1 opts=()

	shift
	while [ "$1" != -- ]; do opts+=("$1"); shift; done
	shift
	want "$rc" run --rm "${RUNOPTS[@]}" --cgroup "/$RUN/once" "${opts[@]}" \
		"$IMAGE" "once$((N_ONCE += 1))" "$@"
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
	want 0 task exec --exec-id 4 --user 1000:1000 --cwd /tmp exec sh -c 'id -u; pwd' &&
		{ says 1000; says /tmp; }
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

op_kill()
{
	up_ kill -- /bin/inmate family || return
	live kill 7
	want 0 task kill -s KILL kill
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

op_memory()
{
	up_ memory --memory-limit 67108864 -- /bin/inmate tick || return
	limit_of memory memory memory.limit_in_bytes memory.max
	limited 67108864
	drop memory
}

op_cpus()
{
	up_ cpus --cpus 0.5 -- /bin/inmate tick || return
	limit_of cpus cpu cpu.cfs_quota_us cpu.max
	limited 50000 '50000 100000'
	drop cpus
}

op_device() { once 0 --device /dev/fuse -- ls -l /dev/fuse && says '10, 229'; }

op_read-only()
{
	once 1 --read-only -- touch /x && [[ $ERR == *Read-only* ]] || blame "not refused: $ERR"
}

op_cap-drop()
{
	once 1 --cap-drop CAP_CHOWN -- chown 1 /bin && [[ $ERR == *'not permitted'* ]] ||
		blame "not refused: $ERR"
}

op_seccomp()
{
	once 0 -- /bin/inmate personality
	once 1 --seccomp -- /bin/inmate personality && [[ $ERR == *personality* ]] ||
		blame "not refused: $ERR"
}

op_userns()
{
	once 0 --uidmap 0:100000:1000 --gidmap 0:100000:1000 -- cat /proc/self/uid_map &&
		[[ $SAID =~ 100000\ +1000 ]] || blame "the map is $SAID"
}

op_volume()
{
	local mount="type=bind,src=$HOMEDIR/vol,dst=/data,options=rbind"

	mkdir -p "$HOMEDIR/vol"
	echo before >"$HOMEDIR/vol/a"
	once 0 --mount "$mount:rw" -- sh -c 'cat /data/a; echo after >/data/b' && says before
	[ "$(cat "$HOMEDIR/vol/b" 2>/dev/null)" = after ] || blame "nothing was written"
	once 1 --mount "$mount:ro" -- touch /data/c
}

op_tmpfs()
{
	once 0 --mount type=tmpfs,src=tmpfs,dst=/scratch,options=size=1m -- \
		grep scratch /proc/mounts && says 'size=1024k'
}

op_parallel()
{
	local i n=${PARALLEL:-20} pids verb why

	for verb in run 'task kill -s KILL' 'task rm -f' 'container rm'; do
		pids=()
		for i in $(seq "$n"); do
			(
				F=$W/par$i
				case $verb in
				run) up_ "p$i-parallel" -- /bin/inmate tick ;;
				# shellcheck disable=SC2086
				*) want 0 $verb "p$i-parallel" ;;
				esac
				echo "$WHY" >"$W/par$i.why"
			) &
			pids+=($!)
		done
		wait "${pids[@]}"
		for i in $(seq "$n"); do
			read -r why <"$W/par$i.why"
			[ -z "$why" ] || blame "$verb, $i of $n: $why"
		done
		[ -z "$WHY" ] || break
	done
	obs gone "$RUN.p*" 2000
	[ "$REPLY" = 0 ] || blame "$REPLY processes are left"
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

judge_bar()
{
	local took=$MS

	dead bar
	obs left bar
	[ "$REPLY" = 0 ] || blame "$REPLY of those from before survive"
	obs forget bar
	obs harmed "$COL"
	[ "$REPLY" = 0 ] || blame "foo is harmed: $REPLY"
	[ "$took" -lt 2000 ] || blame "it took $took ms"
	want 0 task ls -q
	[[ " ${SAID//$'\n'/ } " != *' bar '* ]] ||
		{ blame "bar is still listed"; e task rm -f bar; }
	e container rm bar
	obs clear "$RUN.bar"
}

op_story-rm()
{
	bring_both || return
	want 0 task rm -f bar
	judge_bar
}

op_story-stop()
{
	bring_both || return
	want 0 task kill -s TERM bar
	dead bar
	want 0 task rm bar
	judge_bar
}

op_story-kill()
{
	bring_both || return
	want 0 task kill -s KILL bar
	dead bar
	want 0 task rm bar
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
