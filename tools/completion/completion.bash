# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# bash completion of cgtool and cgrun. The programs themselves say what may follow.

# Names come from processes and may hold anything: they are compared, never evaluated.
_libcg()
{
	local answer word

	COMPREPLY=()
	mapfile -t answer < <("$1" complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
	case ${answer[0]:-} in
	:ID) mapfile -t answer < <(cgrun list --quiet 2>/dev/null) ;;
	:GROUP) mapfile -t answer < <(cgrun list --quiet 2>/dev/null; "$1" ls --quiet 2>/dev/null) ;;
	:PID) mapfile -t COMPREPLY < <(cd /proc && compgen -G "$2[0-9]*"); return ;;
	:COMMAND | :PROGRAM) mapfile -t COMPREPLY < <(compgen -c -- "$2"); return ;;
	:*) return ;;
	esac
	for word in "${answer[@]%%$'\t'*}"; do
		[[ $word != "$2"* ]] || COMPREPLY+=("$(printf %q "$word")")
	done
}
complete -o default -F _libcg cgtool cgrun
