# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# bash completion of cgtool and cgrun. The programs themselves say what may follow.

_libcg()
{
	local answer

	COMPREPLY=()
	mapfile -t answer < <("$1" complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
	case ${answer[0]:-} in
	:ID | :GROUP) mapfile -t answer < <(cgrun list --quiet 2>/dev/null) ;;
	:COMMAND | :PROGRAM) mapfile -t COMPREPLY < <(compgen -c -- "$2"); return ;;
	:*) return ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "${answer[*]%%$'\t'*}" -- "$2")
}
complete -o default -F _libcg cgtool cgrun
