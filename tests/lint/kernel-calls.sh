#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Who enters the kernel, seen in the objects: of the library only libcg/sys*.c, and the
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
	tools/cgrun/state.c:unlinkat | tools/cgrun/sys.c:syscall) return 0 ;;
	esac
	return 1
}

# undefined OBJECT: the functions it takes from elsewhere, fortified names made plain
undefined()
{
	nm -u "$1" | awk '{ print $2 }' | sed 's/^__\(.*\)_chk$/\1/; s/^stack$/__stack_chk_fail/'
}

unbuilt=
impure=
calls=
for file in $(sources libcg drivers tools); do
	case $file in
	tools/cgrun/*) [ "$CG_RUNTIME" = 1 ] || continue ;;
	esac
	objs=$(objects "$file")
	[ -n "$objs" ] || unbuilt+="$file"$'\n'
	for obj in $objs; do
		case $file in
		libcg/sys.c | libcg/sys-*.c) continue ;;
		libcg/* | drivers/*)
			impure+=$(undefined "$obj" | grep -vxE "$pure|cgi?_[a-z0-9_]+" |
				sed "s|^|$file calls |")$'\n'
			continue
			;;
		esac
		for symbol in $(undefined "$obj" | grep -xE "$banned"); do
			excepted "$file" "$symbol" || calls+="$file calls $symbol"$'\n'
		done
	done
done
# A lint that looks at nothing finds nothing.
verdict "every source file has an object to look at" "$(printf %s "$unbuilt")"
if [ "$CG_PLAIN" = 1 ]; then
	verdict "only sys.c enters the kernel in the library" "$(printf %s "$impure" | grep .)"
else
	skip "only sys.c enters the kernel in the library" "a sanitizer adds calls of its own"
fi
verdict "programs signal and remove through libcg" "$(printf %s "$calls" | grep .)"

names=
sys=tools/cgrun/sys.c
if [ -e "$CG_SRC/$sys" ]; then
	names=$(code "$sys" | grep -E \
		'(SYS|__NR)_(kill|tkill|tgkill|rt_t?g?sigqueueinfo|pidfd_send_signal|rmdir|unlinkat|ptrace)\b')
	names+=$(code "$sys" | grep -E '\bsyscall\(' | grep -vE '\bsyscall\((SYS|__NR)_[a-z0-9_]+')
fi
verdict "cgrun's sys.c makes no forbidden system call" "$names"
tap_done
