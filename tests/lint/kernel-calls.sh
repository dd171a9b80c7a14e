#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Who enters the kernel, seen in the objects: of the library only libcg/sys/, and the
# programs never signal a process or remove a directory by themselves.
. "${0%/*}/lib.sh"

# All that the library's other files may call of the C library: it computes, no more.
pure='abs|bsearch|calloc|free|malloc|mem(chr|cmp|cpy|mem|move|rchr|set)|mempcpy|qsort|realloc
|reallocarray|(v)?(sn|as)printf|(__isoc[0-9]+_)?(sscanf|strto(l|ll|ul|ull|imax|umax))
|str(case|ncase|n)?cmp|str(c?spn|chr|chrnul|dup|len|ndup|nlen|pbrk|rchr|sep|str|tok_r)|stpcpy
|__ctype_b_loc|__ctype_to(lower|upper)_loc|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_'
pure=$(echo "$pure" | tr -d '\n')

# What no program may call, whatever headers it includes.
banned='kill|killpg|tgkill|raise|gsignal|sigqueue|pthread_kill|pthread_sigqueue|pidfd_send_signal
|rmdir|remove|unlinkat|syscall|system|popen|dlsym|dlvsym|nftw|nftw64|ptrace'
banned=$(echo "$banned" | tr -d '\n')

# The only exceptions, one symbol for one file.
excepted()
{
	case $1:$2 in
	tools/cgrun/state/state.c:unlinkat | tools/cgrun/base/sys.c:syscall) return 0 ;;
	esac
	return 1
}

table=$(objects libcg drivers tools)

# "SOURCE SYMBOL": the functions each takes from elsewhere, fortified names made plain
undefined=$(printf '%s\n' "$table" | cut -d' ' -f2 | xargs nm -A -u | sed 's/: *U / /' |
	awk -v table="$table" '
	BEGIN {
		n = split(table, v, "\n")
		for (i = 1; i <= n; i++) {
			split(v[i], w, " ")
			of[w[2]] = w[1]
		}
	}
	{
		if ($2 != "__stack_chk_fail" && $2 ~ /^__.*_chk$/)
			$2 = substr($2, 3, length($2) - 6)
		print of[$1], $2
	}' | LC_ALL=C sort -u)

unbuilt=$(comm -13 <(printf '%s\n' "$table" | cut -d' ' -f1 | LC_ALL=C sort -u) \
	<(sources libcg drivers tools | { [ "$CG_RUNTIME" = 1 ] && cat || grep -v '^tools/cgrun/'; } |
		LC_ALL=C sort -u))
impure=$(printf '%s\n' "$undefined" | grep -E '^(libcg|drivers)/' |
	grep -vE '^libcg/sys/' | grep -vE " ($pure|cgi?_[a-z0-9_]+)\$" | sed 's/ / calls /')
calls=$(printf '%s\n' "$undefined" | grep '^tools/' | grep -E " ($banned)\$" |
	while read -r file symbol; do
		excepted "$file" "$symbol" || echo "$file calls $symbol"
	done)

# A lint that looks at nothing finds nothing.
verdict "every source file has an object to look at" "$unbuilt"
if [ "$CG_PLAIN" = 1 ]; then
	verdict "only sys.c enters the kernel in the library" "$impure"
else
	skip "only sys.c enters the kernel in the library" "a sanitizer adds calls of its own"
fi
verdict "programs signal and remove through libcg" "$calls"

names=
sys=tools/cgrun/base/sys.c
if [ -e "$CG_SRC/$sys" ]; then
	names=$(code "$sys" | grep -E \
		'(SYS|__NR)_(kill|tkill|tgkill|rt_t?g?sigqueueinfo|pidfd_send_signal|rmdir|unlinkat|ptrace)\b')
	names+=$(code "$sys" | grep -E '\bsyscall\(' | grep -vE '\bsyscall\((SYS|__NR)_[a-z0-9_]+')
fi
verdict "cgrun's sys.c makes no forbidden system call" "$names"
tap_done
