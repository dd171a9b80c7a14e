check_scripts +=
