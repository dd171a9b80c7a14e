#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 600 s
#
# The third fence: whatever the runtime's source looks like, at run time every signal
# to a container and every removal of a cgroup comes from libcg.so. strace shows the
# stack of each such call; its first frame outside of libc has to be in libcg.so. Files
# may also be unlinked below the state directory, which is the runtime's own.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

CALLS=kill,tkill,tgkill,pidfd_send_signal,rt_sigqueueinfo,rmdir,unlink,unlinkat

# A verb under strace; all that it did is added to $W/trace. The tracer is a daemon (-D),
# for it follows the container's processes as well, and so outlives the verb.
traced()
{
	rm -f "$SDIR/trace"
	LIMIT=60 there strace -D -f -k -y -s 300 -o "$SDIR/trace" -e "trace=$CALLS" -e signal=none \
		"$RUNTIME" --root "$STATE" --log "$LOG" "$@" >"$W/rt.out" 2>"$W/rt.err"
	RC=$?
	[ "$RC" = 0 ] || blame "$1: exit $RC: $(said)"
	first=$(head -n 1 "$SDIR/trace" | cut -d ' ' -f 1)
	for _ in $(seq 200); do
		grep -q "^$first .*exited with" "$SDIR/trace" && break
		sleep 0.02
	done
	sed "s/^[0-9][0-9]*  */$1 /" "$SDIR/trace" >>"$W/trace"
}

# Prints one line for each call: ok or BAD, the verb, the call and where it came from.
judge()
{
	awk -v state="$STATE" '
	function flush() {
		if (call == "")
			return
		good = from ~ /\/libcg\.so/
		# sealed, the program is a file without a name
		own = call ~ /unlink/ && index(call, state) && (from ~ /\/cgrun\(/ || from == "/()")
		print (good || own ? "ok" : "BAD") " " call " from " (from == "" ? "nowhere" : from)
		call = ""
	}
	/^ > / {
		if (from == "" && $2 !~ /\/(libc|ld-linux[^\/]*|libpthread)[.-][^\/]*so/)
			from = $2
		next
	}
	/^[a-z]+ (kill|tkill|tgkill|pidfd_send_signal|rt_sigqueueinfo|rmdir|unlink|unlinkat)\(/ { flush(); call = $0; from = "" }
	END { flush() }' "$W/trace"
}

play()
{
	local id=$RUN-bar first

	: >"$W/trace"
	bring_foo || return
	bundle bar "$JOIN" /bin/inmate tick
	: >"$LOG"
	[ "$SIT" = root ] || chown "$USER_ID" "$LOG"
	traced create --bundle "$SDIR/bar" "$id"
	traced start "$id"
	traced exec --detach "$id" /bin/inmate tick
	traced pause "$id"
	traced resume "$id"
	traced ps "$id"
	traced kill "$id" CONT
	traced kill "$id" KILL
	traced kill --all "$id" KILL
	traced delete "$id"
	traced create --bundle "$SDIR/bar" "$id"
	traced delete --force "$id"
	traced run --detach --bundle "$SDIR/bar" "$id"
	traced pause "$id"
	traced delete --force "$id"
	rt_ok delete --force "$RUN-foo"
	verdict "$SIT: every verb succeeds under strace"
	judge >"$W/verdicts"
	sort "$W/verdicts" | sed 's/[0-9a-fx]*)$//' | cut -c1-160 | uniq -c | sort -rn | head -n 12 | sed 's/^/# /'
	! grep '^BAD' "$W/verdicts" >"$W/bad" || blame "$(wc -l <"$W/bad") calls, first: $(head -n 1 "$W/bad" | cut -c1-300)"
	verdict "$SIT: signals and removals come from libcg alone"
	# A trace that shows nothing would find nothing.
	grep -qE "^ok (kill|delete) $1\(" "$W/verdicts" || blame "no $1 was seen"
	verdict "$SIT: and there were some"
	sweep bar
}

command -v strace >/dev/null || skip_all "strace is not installed"
setup
strace -f -k -e trace=none true 2>"$W/strace" || skip_all "strace cannot show stacks: $(head -n 1 "$W/strace")"
situation root && play '(rmdir|unlinkat)'
leave
if situation engine; then
	play pidfd_send_signal
	leave
else
	skip engine "$WHY_NOT"
fi
tap_done
