# A new driver is added here and in the table of drivers.c.
libcg_libcg_core_la_SOURCES += \
	%D%/devices.c \
	%D%/devices.h \
	%D%/dir.c \
	%D%/drivers.c \
	%D%/proc-caps.c \
	%D%/proc-look.c \
	%D%/proc-scan.c \
	%D%/proc.c \
	%D%/proc.h \
	%D%/systemd.c \
	%D%/tree.c \
	%D%/tree.h \
	%D%/v1-counters.c \
	%D%/v1-devices.c \
	%D%/v1-io.c \
	%D%/v1-keys.c \
	%D%/v1-track.c \
	%D%/v1-translate.c \
	%D%/v1.c \
	%D%/v1.h \
	%D%/v2-devices.c \
	%D%/v2-enable.c \
	%D%/v2-keys.c \
	%D%/v2.c \
	%D%/v2.h
