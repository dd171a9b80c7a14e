#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Hooks: one whose time is up ends with everything that it started; those that prepare the root file
# system may write to it although the container may not.
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

setup
situation root

# It starts children that leave its group of processes and its session, then outlives its time.
cat >"$W/family" <<'H'
#!/bin/bash
sleep 300 &
(setsid sleep 300 &)
(setsid sh -c 'sleep 300 & sleep 300' </dev/null >/dev/null 2>&1 &)
exec sleep 300
H
chmod 755 "$W/family"
cp "$W/family" "$W/rootfs/bin/family"
sed -i '1s,.*,#!/bin/sh,' "$W/rootfs/bin/family"

hook_env="env: [\"PATH=/bin:/usr/bin\", \"CGT=$RUN.hook\"]"
for point in prestart createRuntime createContainer; do
	MOUNTS=$(count_mounts)
	bundle sec ".hooks.$point = [{ path: \"$W/family\", timeout: 1, $hook_env }]" true
	rt create --bundle "$SDIR/sec" "$RUN-sec"
	refused "hooks.$point[0]"
	obs count "$RUN.hook"
	[ "$REPLY" = 0 ] || { blame "$REPLY processes of the hook are left"; obs clear "$RUN.hook"; }
	nothing_left sec
	verdict "$point: nobody outlives the time limit"
done
for point in startContainer poststart; do
	path=$W/family
	[ $point = poststart ] || path=/bin/family
	bundle sec ".hooks.$point = [{ path: \"$path\", timeout: 1, $hook_env }]" /bin/inmate tick
	rt_ok create --bundle "$SDIR/sec" "$RUN-sec"
	rt start "$RUN-sec"
	refused "hooks.$point[0]"
	obs count "$RUN.hook"
	[ "$REPLY" = 0 ] || { blame "$REPLY processes of the hook are left"; obs clear "$RUN.hook"; }
	obs count "$RUN.sec"
	[ "$REPLY" = 0 ] || blame "$REPLY processes of the container are left"
	rt_ok delete --force "$RUN-sec"
	verdict "$point: nobody outlives the time limit"
done
bundle sec ".hooks.poststop = [{ path: \"$W/family\", timeout: 1, $hook_env }]" true
rt_ok create --bundle "$SDIR/sec" "$RUN-sec"
rt_ok delete "$RUN-sec"
obs count "$RUN.hook"
[ "$REPLY" = 0 ] || { blame "$REPLY processes of the hook are left"; obs clear "$RUN.hook"; }
verdict "poststop: nobody outlives the time limit"

# What a hook leaves on purpose when it succeeds stays.
printf '#!/bin/sh\nsetsid sleep 300 </dev/null >/dev/null 2>&1 &\n' >"$W/daemon"
chmod 755 "$W/daemon"
bundle sec ".hooks.createRuntime = [{ path: \"$W/daemon\", $hook_env }]" true
rt_ok run --bundle "$SDIR/sec" "$RUN-sec"
obs count "$RUN.hook"
[ "$REPLY" = 1 ] || blame "$REPLY processes"
obs clear "$RUN.hook"
verdict "a daemon of a hook that succeeds lives on"

# ---- a root that is read-only ----

for point in prestart createRuntime createContainer; do
	image
	echo shown >"$IMG/secret"
	# prestart and createRuntime are outside: they go into the container's namespace by its number.
	case $point in
	createContainer) cmd="mkdir $IMG/made; echo hook >$IMG/tmpfs/file" ;;
	*) cmd="pid=\$(sed -n \"s/.*\\\"pid\\\": *\\([0-9]*\\).*/\\1/p\"); nsenter -t \$pid -m sh -c \"mkdir $IMG/made; echo hook >$IMG/tmpfs/file\"" ;;
	esac
	play "$USE | .root.readonly = true | .linux.maskedPaths = [\"/secret\"]
		| .mounts += [{ destination: \"/tmpfs\", type: \"tmpfs\", options: [\"ro\"] }]
		| .hooks.$point = [{ path: \"/bin/sh\", args: [\"sh\", \"-c\", $(jq -n --arg c "$cmd" '$c')], $hook_env }]" \
		sh -c '[ ! -d /made ] || echo there; cat /tmpfs/file; touch /x && echo writable; touch /tmpfs/x && echo writable; cat /secret; echo ran'
	printed ran
	printed there
	printed hook
	! grep -qxE 'writable|shown' "$W/rt.out" || blame "not sealed afterwards: $(tr '\n' ' ' <"$W/rt.out")"
	verdict "$point may prepare a root that is read-only"
done

tap_done
