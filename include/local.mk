libcgincludedir = $(includedir)/libcg
libcginclude_HEADERS = %D%/libcg/cg.h
