# A model of the kernel for the other tests, and its own test.
check_LTLIBRARIES += %D%/libfake.la
%C%_libfake_la_SOURCES = %D%/kernel.c %D%/kernel.h %D%/fk.h %D%/vfs.c %D%/mount.c %D%/cgroup.c %D%/control.c %D%/limits.c \
	%D%/procfs.c %D%/task.c %D%/ns.c %D%/wait.c %D%/event.c %D%/device.c %D%/bus.c %D%/fault.c %D%/fault.h
%C%_libfake_la_CPPFLAGS = $(CG_TEST_CPPFLAGS) -I$(top_srcdir)

if CMOCKA
check_programs += %D%/test-kernel %D%/test-unkind
endif
%C%_test_kernel_CPPFLAGS = $(CG_TEST_CPPFLAGS) -I$(top_srcdir)
%C%_test_kernel_LDADD = %D%/libfake.la $(CG_TEST_LIBS)
%C%_test_unkind_CPPFLAGS = $(CG_TEST_CPPFLAGS) -I$(top_srcdir)
%C%_test_unkind_LDADD = %D%/libfake.la $(CG_TEST_LIBS)
