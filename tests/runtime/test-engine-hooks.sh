#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The six kinds of hooks: in which order and where they run, what they are told, and what
# becomes of the container if one fails, hangs or does not listen.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

POINTS="prestart createRuntime createContainer startContainer poststart poststop"

# Says where it runs, and the state it reads; of the image for startContainer, else of the host.
make_hook()
{
	# shellcheck disable=SC2016
	printf '%s\n' "#!$1" 'point=$1 out=$2' \
		'ns=$(readlink /proc/self/ns/mnt) name=$(hostname)' \
		'echo "$point $3 $ns $name $(cat)" >>"$out"' >"$2"
	chmod 755 "$2"
}

setup
make_hook /bin/sh "$W/hook"
make_hook /bin/sh "$W/rootfs/bin/hook"
printf '#!/bin/sh\necho "very sorry" >&2\nexit 3\n' >"$W/sorry"
printf '#!/bin/sh\nexec sleep 60\n' >"$W/sleeper"
printf '#!/bin/sh\nexit 0\n' >"$W/deaf"
cp "$W/sorry" "$W/rootfs/bin/sorry"
chmod 755 "$W/sorry" "$W/sleeper" "$W/deaf" "$W/rootfs/bin/sorry"
mkdir -m 1777 "$W/trace"

all_hooks()
{
	local p path out

	for p in $POINTS; do
		path=$W/hook out=$W/trace/$SIT
		[ "$p" != startContainer ] || { path=/bin/hook; out=/trace/$SIT; }
		echo "$p: [{ path: \"$path\", args: [\"hook\", \"$p\", \"$out\"], env: [\"PATH=/bin:/usr/bin\"] },
			{ path: \"$path\", args: [\"hook\", \"$p\", \"$out\", \"second\"], env: [\"PATH=/bin:/usr/bin\", \"X=1\"] }],"
	done
}

for s in root engine; do
	situation $s || { skip "hooks, ${TITLE[$s]}" "$WHY_NOT"; continue; }
	bundle hk ".annotations = { k: \"v\" } | .hooks = { $(all_hooks) }
		| .mounts += [{ destination: \"/trace\", type: \"bind\", source: \"$W/trace\", options: [\"bind\"] }]" \
		/bin/inmate tick
	if up hk 1; then
		T=$W/trace/$s
		inside=$(readlink "/proc/$PID/ns/mnt")
		rt_ok kill "$RUN-hk" KILL
		[ "$(grep -c . "$T")" = 10 ] || blame "before delete: $(cat "$T")"
		rt_ok delete "$RUN-hk"
		want=
		for p in $POINTS; do want+="$p $p "; done
		[ "$(cut -d' ' -f1 "$T" | tr '\n' ' ')" = "$want" ] || blame "order: $(cut -d' ' -f1 "$T" | tr '\n' ' ')"
		while read -r p rest; do
			case $p in
			createContainer | startContainer) [[ $rest == *"$inside"* ]] || blame "$p is outside: $rest" ;;
			*) [[ $rest != *"$inside"* ]] || blame "$p is inside: $rest" ;;
			esac
		done <"$T"
		while read -r p json; do
			case $p in
			poststop) want=stopped ;; poststart) want=running ;; *) want=created ;;
			esac
			case $p in
			createContainer | startContainer) pid=1 ;; poststop) pid=0 ;; *) pid=$PID ;;
			esac
			jq -e --arg s "$want" --argjson pid "$pid" --arg id "$RUN-hk" --arg b "$SDIR/hk" '.status == $s and .pid == $pid
				and .id == $id and .bundle == $b and .annotations.k == "v" and .ociVersion' \
				<<<"$json" >"$W/jq" || blame "$p is told: $json"
		done < <(sed 's/^\([a-zA-Z]*\) [^{]*/\1 /' "$T")
	fi
	rt delete --force "$RUN-hk"
	verdict "the six points, in order, where they belong, ${TITLE[$s]}"
	[ "$s" = root ] || leave
done

situation root
for p in prestart createRuntime createContainer; do
	MOUNTS=$(count_mounts)
	rm -f "$W/trace/end"
	bundle hk ".hooks.$p = [{ path: \"$W/sorry\" }] | .hooks.poststop = [{ path: \"$W/hook\",
		args: [\"hook\", \"poststop\", \"$W/trace/end\"], env: [\"PATH=/bin\"] }]" /bin/inmate tick
	rt create --bundle "$SDIR/hk" "$RUN-hk"
	[ "$RC" = 1 ] || blame "exit $RC"
	[[ $(said) == "error running $p hook #0: hooks.$p[0]: error running hook $W/sorry: exit status 3: very sorry"* ]] || blame "says: $(said)"
	[ "$(grep -c poststop "$W/trace/end")" = 1 ] || blame "poststop was not run once"
	nothing_left hk
	obs count "$RUN.hk"
	[ "$REPLY" = 0 ] || blame "$REPLY processes are left"
	verdict "$p fails: nothing is left"
done
bundle hk '.hooks.startContainer = [{ path: "/bin/mkdir", args: ["mkdir", "/tmp/x"] }]
	| .process.rlimits = [{ type: "RLIMIT_CORE", soft: 0, hard: 0 }] | .linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW",
		syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_KILL" }] }' true
rt run --bundle "$SDIR/hk" "$RUN-hk"
[ "$RC" = 1 ] && [[ $(said) == *"startContainer hook #0"*"ended by signal 31 (bad system call)"* ]] || blame "exit $RC, says: $(said)"
verdict "a hook that a signal ends: its number and its name"

for p in startContainer poststart; do
	path=$W/sorry
	[ $p = poststart ] || path=/bin/sorry
	rm -f "$W/trace/end"
	bundle hk ".hooks.$p = [{ path: \"$path\" }] | .hooks.poststop = [{ path: \"$W/hook\",
		args: [\"hook\", \"poststop\", \"$W/trace/end\"] }]" /bin/inmate tick
	rt_ok create --bundle "$SDIR/hk" "$RUN-hk"
	rt start "$RUN-hk"
	[ "$RC" = 1 ] || blame "exit $RC"
	[[ $(said) == *"hooks.$p[0]: error running hook $path: exit status 3: very sorry"* ]] || blame "says: $(said)"
	rt state "$RUN-hk"
	[ "$RC" = 1 ] || blame "state: $(cat "$W/rt.out")"
	[ "$(grep -c poststop "$W/trace/end")" = 1 ] || blame "poststop was not run once"
	nothing_left hk
	obs count "$RUN.hk"
	[ "$REPLY" = 0 ] || blame "$REPLY processes are left"
	verdict "$p fails: the container is destroyed"
done
rm -f "$W/trace/end"
bundle hk ".hooks.poststop = [{ path: \"$W/sorry\" }, { path: \"$W/hook\",
	args: [\"hook\", \"poststop\", \"$W/trace/end\"] }]" true
rt_ok create --bundle "$SDIR/hk" "$RUN-hk"
: >"$LOG"
rt_ok delete "$RUN-hk"
grep -q 'hooks.poststop.*very sorry' "$LOG" || blame "no word in the log: $(cat "$LOG")"
[ "$(grep -c poststop "$W/trace/end")" = 1 ] || blame "the second was not run"
verdict "poststop fails: a warning, and the others run"

# Without "env": the runtime's own for those outside, the process's for startContainer.
rm -f "$W/trace/env"*
bundle hk ".process.env += [\"OF=process\"]
	| .hooks = ({ createRuntime: \"1\", createContainer: \"2\", poststart: \"3\", poststop: \"4\" }
		| map_values([{ path: \"/bin/sh\", args: [\"sh\", \"-c\", \"env >$W/trace/env\" + .] }]))
	| .hooks.startContainer = [{ path: \"/bin/sh\", args: [\"sh\", \"-c\", \"env >/trace/env5\"] }]
	| .mounts += [{ destination: \"/trace\", type: \"bind\", source: \"$W/trace\", options: [\"bind\"] }]" true
OF=runtime rt_ok run --bundle "$SDIR/hk" "$RUN-hk"
for i in 1 2 3 4; do grep -qx OF=runtime "$W/trace/env$i" || blame "hook $i: $(cat "$W/trace/env$i")"; done
grep -qx OF=process "$W/trace/env5" || blame "startContainer: $(cat "$W/trace/env5")"
verdict "hooks without an environment"

# The filter and the limit of the program: the first holds for its hook, the second is not in its way.
for nnp in true false; do
	bundle hk ".process.noNewPrivileges = $nnp | .process.rlimits = [{ type: \"RLIMIT_FSIZE\", soft: 10, hard: 10 }]
		| .annotations.long = (\"x\" * 5000)
		| .linux.seccomp = { defaultAction: \"SCMP_ACT_ALLOW\", syscalls: [{ names: [\"mkdir\", \"mkdirat\"], action: \"SCMP_ACT_ERRNO\" }] }
		| .hooks.startContainer = [{ path: \"/bin/sh\", args: [\"sh\", \"-c\",
			\"mkdir /tmp/made 2>/dev/null && exit 4; cat; cat /proc/self/status; exit 0\"] }]" sh -c 'ulimit -f; ulimit -H -f'
	rt_ok run --bundle "$SDIR/hk" "$RUN-hk"
	[ "$(sort -u "$W/rt.out")" = 0 ] || blame "the program's limit: $(cat "$W/rt.out")"
	verdict "startContainer: under the filter (noNewPrivileges $nnp), whatever the size of files may be"
done

for p in createRuntime createContainer; do
	bundle hk ".hooks.$p = [{ path: \"$W/sleeper\", timeout: 1, env: [\"CGT=$RUN.hk\", \"PATH=/bin\"] }]" true
	rt create --bundle "$SDIR/hk" "$RUN-hk"
	[ "$RC" = 1 ] || blame "exit $RC"
	[[ $(said) == *"hooks.$p[0]: $W/sleeper has not ended after 1 s"* ]] || blame "says: $(said)"
	[ "$MS" -lt 10000 ] || blame "it took $MS ms"
	obs await "$RUN.hk" 0 2000
	obs count "$RUN.hk"
	[ "$REPLY" = 0 ] || blame "the hook goes on"
	nothing_left hk
	verdict "$p hangs: its time is up"
done

# More than a pipe would hold, to one that does not read.
bundle hk ".annotations.long = (\"x\" * 200000) | .hooks.createRuntime = [{ path: \"$W/deaf\" }]
	| .hooks.createContainer = .hooks.createRuntime" true
rt_ok run --bundle "$SDIR/hk" "$RUN-hk"
verdict "a hook that does not read"
bundle hk ".hooks.createRuntime = [{ path: \"/no/such/hook\" }]" true
rt create --bundle "$SDIR/hk" "$RUN-hk"
[ "$RC" = 1 ] || blame "exit $RC"
[[ $(said) == *"hooks.createRuntime[0]: error running hook /no/such/hook"*"not found"* ]] || blame "says: $(said)"
verdict "a hook that is not there"
rt features
[ "$(jq -r '.hooks | join(" ")' "$W/rt.out")" = "$POINTS" ] || blame "features: $(jq -c .hooks "$W/rt.out")"
verdict "features"
tap_done
