# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# buildah: each step of a build is one run of the runtime.

OPS_buildah='run exit run-t user cap-drop volume seccomp build build-fail'

open_buildah()
{
	CLI_NAME=buildah
	# Where bud of 1.19 looks for a runtime, whatever the configuration says.
	CLI=("${WHO[@]}" env "PATH=/usr/local/bin:$PATH" buildah)
	[ "$1" = user ] || CLI+=(--root "$W/b/root" --runroot "$W/b/run")
	# As root its steps are isolated by the runtime anyway; an ordinary user's by a mere chroot.
	# Without a network: what sets one up depends on the packages that are there, and on /dev/net/tun.
	RUNOPTS=(--network none --isolation "$([ "$1" = user ] && echo rootless || echo oci)")
	cd "$HOMEDIR" || return 1
	want 0 from --name base scratch && want 0 add base "$W/image/image.tar" / &&
	want 0 config --env PATH=/bin --env "CGT=$RUN.base" base || return 1
	want 0 commit base bb || return 1
	want 0 --log-level debug run "${RUNOPTS[@]}" base true
	grep -q /usr/local/bin/cgrun "$W/e.err" || blame "its runtime is not cgrun"
}

close_buildah()
{
	want 0 rm -a
	cd /
}

step() { want "$1" run "${RUNOPTS[@]}" "${@:2}"; }

op_run()
{
	step 0 base -- sh -c 'echo in; touch /made; [ $$ = 1 ]' && says in &&
		step 0 base -- ls /made
}

op_exit() { step 0 base -- true; step 37 base -- sh -c 'exit 37'; }

op_run-t()
{
	tty_call run -t "${RUNOPTS[@]}" base -- sh -c 'tty; exit 37'
	[ "$RC" = 37 ] || blame "exit $RC, not 37: $ERR"
	says /dev/
}

op_user()
{
	step 0 --user 1000:1001 base -- id && [[ $SAID == *uid=1000*gid=1001* ]] ||
		blame "it is $SAID"
}

op_cap-drop()
{
	step 1 --cap-drop CAP_CHOWN base -- chown 1 /bin && [[ $ERR$SAID == *'not permitted'* ]] ||
		blame "not refused: $ERR"
}

op_volume()
{
	mkdir -p "$HOMEDIR/vol"
	echo before >"$HOMEDIR/vol/a"
	chmod 777 "$HOMEDIR/vol"
	step 0 -v "$HOMEDIR/vol:/data" base -- sh -c 'cat /data/a' && says before
}

op_seccomp()
{
	step 0 base -- grep Seccomp: /proc/self/status && says $'Seccomp:\t2'
	step 1 base -- /bin/inmate personality && [[ $ERR$SAID == *personality* ]] ||
		blame "not refused: $ERR"
}

op_build()
{
	mkdir -p "$HOMEDIR/ctx"
	printf '%s\n' 'FROM localhost/bb' 'RUN echo first >/a' 'RUN cat /a && echo second >>/a' \
		>"$HOMEDIR/ctx/Containerfile"
	want 0 bud "${RUNOPTS[@]}" -t built "$HOMEDIR/ctx" || return
	want 0 from --name built built
	step 0 built -- cat /a && { says first; says second; }
	want 0 rm built
}

op_build-fail()
{
	mkdir -p "$HOMEDIR/ctx"
	printf '%s\n' 'FROM localhost/bb' 'RUN /bin/inmate family & exit 37' \
		>"$HOMEDIR/ctx/Containerfile"
	e bud "${RUNOPTS[@]}" "$HOMEDIR/ctx"
	[ "$RC" = 37 ] || blame "exit $RC, not 37: $ERR"
	dead base
}
