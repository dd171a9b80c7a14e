#compdef cgtool cgrun
# SPDX-License-Identifier: GPL-2.0-or-later
# zsh completion of cgtool and cgrun. The programs themselves say what may follow.

local -a answer
answer=("${(@f)$($words[1] complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
case $answer[1] in
(:ID)
	answer=("${(@f)$(cgrun list --quiet 2>/dev/null)}")
	compadd -a answer ;;
(:GROUP)
	answer=("${(@f)$(cgrun list --quiet 2>/dev/null; $words[1] ls --quiet 2>/dev/null)}")
	compadd -a answer ;;
(:PID)
	_pids ;;
(:COMMAND|:PROGRAM)
	_command_names -e ;;
(|:*)
	_files ;;
(*)
	answer=("${(@)answer//:/\\:}")
	answer=("${(@)answer/$'\t'/:}")
	_describe candidate answer ;;
esac
