# To be switched on together with cgtool.c:
# bin_PROGRAMS += %D%/cgtool
# %C%_cgtool_CPPFLAGS = $(CG_TOOLS_CPPFLAGS)
# %C%_cgtool_LDADD = tools/libcommon.la libcg/libcg.la $(JSON_LIBS)
# %C%_cgtool_SOURCES =
