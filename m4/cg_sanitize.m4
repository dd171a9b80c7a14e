# CG_SANITIZE: flags of --enable-{asan,ubsan,fuzz,coverage}, in CG_SANITIZE_FLAGS for
# compiling and linking. The symbols of a sanitizer come from the program, so that
# a library made with one cannot be linked with -z defs.
AC_DEFUN([CG_SANITIZE], [
	cg_sanitizers=
	AS_IF([test "$enable_asan" = yes], [cg_sanitizers="$cg_sanitizers,address"])
	AS_IF([test "$enable_ubsan" = yes], [cg_sanitizers="$cg_sanitizers,undefined"])
	AS_IF([test "$enable_fuzz" = yes], [cg_sanitizers="$cg_sanitizers,fuzzer-no-link"])
	cg_sanitizers=${cg_sanitizers#,}
	CG_SANITIZE_FLAGS=
	AS_IF([test -n "$cg_sanitizers"],
		[CG_SANITIZE_FLAGS="-fsanitize=$cg_sanitizers -fno-sanitize-recover=all -fno-omit-frame-pointer"])
	AS_IF([test "$enable_coverage" = yes],
		[CG_SANITIZE_FLAGS="$CG_SANITIZE_FLAGS --coverage -O0 -fprofile-update=atomic"])
	AC_SUBST([CG_SANITIZE_FLAGS])
	AM_CONDITIONAL([PLAIN], [test -z "$CG_SANITIZE_FLAGS"])
])
