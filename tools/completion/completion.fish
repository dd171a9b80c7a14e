# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion of cgtool and cgrun. The programs themselves say what may follow.

function __libcg_complete
	set -l words (commandline -opc)
	set -l last (commandline -ct)
	set -l answer ($words[1] complete $words[2..-1] "$last" 2>/dev/null)
	switch "$answer[1]"
		case ':ID'
			cgrun list --quiet 2>/dev/null
		case ':GROUP'
			cgrun list --quiet 2>/dev/null
			$words[1] ls --quiet 2>/dev/null
		case ':PID'
			__fish_complete_pids
		case ':COMMAND' ':PROGRAM'
			__fish_complete_command
		case '' ':*'
			__fish_complete_path "$last"
		case '*'
			printf '%s\n' $answer
	end
end
complete -c cgtool -f -a '(__libcg_complete)'
complete -c cgrun -f -a '(__libcg_complete)'
