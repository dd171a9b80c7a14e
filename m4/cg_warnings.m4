# CG_WARNINGS: the warnings that this project is clean under, in CG_CFLAGS. A flag that the
# compiler does not know is left out: clang would warn about it in every file.
AC_DEFUN([CG_WARNINGS], [
	CG_CFLAGS="-std=gnu11 -fvisibility=hidden"
	cg_saved_CFLAGS=$CFLAGS
	# -Wno-format-truncation: messages are cut to the size of their buffers on purpose.
	for cg_flag in -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wformat=2 \
			-Wvla -Wwrite-strings -Wno-format-truncation; do
		AC_MSG_CHECKING([whether $CC knows $cg_flag])
		CFLAGS="$cg_saved_CFLAGS -Werror $cg_flag"
		AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
			[AC_MSG_RESULT([yes])
			CG_CFLAGS="$CG_CFLAGS $cg_flag"],
			[AC_MSG_RESULT([no])])
	done
	CFLAGS=$cg_saved_CFLAGS
	AS_IF([test "$enable_werror" = yes], [CG_CFLAGS="$CG_CFLAGS -Werror"])
	AC_SUBST([CG_CFLAGS])
])
