# A new driver is added here and in the table of drivers.c.
libcg_libcg_core_la_SOURCES +=
