# CG_WARNINGS: the warnings that this project is clean under, in CG_CFLAGS.
AC_DEFUN([CG_WARNINGS], [
	CG_CFLAGS="-std=gnu11 -fvisibility=hidden -Wall -Wextra -Wshadow -Wmissing-prototypes"
	CG_CFLAGS="$CG_CFLAGS -Wstrict-prototypes -Wformat=2 -Wvla -Wwrite-strings"
	# Sentences are cut to their buffers on purpose.
	CG_CFLAGS="$CG_CFLAGS -Wno-format-truncation"
	AS_IF([test "$enable_werror" = yes], [CG_CFLAGS="$CG_CFLAGS -Werror"])
	AC_SUBST([CG_CFLAGS])
])
