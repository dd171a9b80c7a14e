#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The directory in which a container finds the socket of its manager: what the container does there
# reaches no file of the host, and is no hindrance to its end.
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

setup
helper attack
situation root

# A manager's socket: whoever writes to it is not waited for.
python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
s.settimeout(120)
f = open(sys.argv[2], "a", buffering=1)
while True:
    f.write(s.recv(4096).decode().replace("\n", " ") + "\n")
' "$W/manager" "$W/heard" 7>&- 8>&- &
MANAGER=$!
for _ in $(seq 100); do [ ! -S "$W/manager" ] || break; sleep 0.05; done
ENTER=(env "CGT=$RUN.call" "NOTIFY_SOCKET=$W/manager")

bundle sec . sh -c 'cd /run/notify || exit 1
	echo begun
	/bin/attack nest . 3000
	: >planted && echo planted
	rm -f notify.sock && echo removed
	echo ended; sleep 60'
cp "$W/bin/attack" "$W/rootfs/bin/attack"
MOUNTS=$(count_mounts)
(OUT=$W/filler; rt run --detach --bundle "$SDIR/sec" "$RUN-sec") &
JOB=$!
for _ in $(seq 300); do ! grep -qs ended "$W/filler.out" || break; sleep 0.02; done
grep -qx begun "$W/filler.out" || blame "it did not run: $(cat "$W/filler.out" "$W/filler.err")"
# Nothing that start or run looks up there by name is the container's to exchange.
! grep -E 'planted|removed' "$W/filler.out" || blame "the container may change it: $(tr '\n' ' ' <"$W/filler.out")"
LIMIT=10 rt delete --force "$RUN-sec"
wait $JOB
[ "$RC" = 0 ] || blame "delete: exit $RC: $(said)"
nothing_left sec
verdict "a notify directory belongs to the runtime, and is removed"

# One that says that it is ready is heard, whichever its user.
for uid in 0 1000; do
	: >"$W/heard"
	printf '%s\n' 'import os, socket' \
		's = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)' \
		's.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])' >"$W/ready.py"
	bundle sec ".process.user = { uid: $uid, gid: $uid } | .mounts += [\"/usr\", \"/lib\", \"/lib64\" | { destination: .,
			type: \"bind\", source: ., options: [\"rbind\", \"ro\"] }]
		| .mounts += [{ destination: \"/ready.py\", type: \"bind\", source: \"$W/ready.py\", options: [\"bind\", \"ro\"] }]" \
		sh -c '/usr/bin/python3 /ready.py; sleep 60'
	rt_ok run --detach --bundle "$SDIR/sec" "$RUN-sec"
	for _ in $(seq 100); do [ ! -s "$W/heard" ] || break; sleep 0.05; done
	grep -q 'READY=1' "$W/heard" || blame "the manager heard: $(cat "$W/heard")"
	rt_ok delete --force "$RUN-sec"
	verdict "uid $uid of the container is heard"
done
kill "$MANAGER"
wait "$MANAGER" 2>"$W/why"

tap_done
