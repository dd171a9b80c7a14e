# The programs see the public header and libcg.so, never the inside of the library.
CG_TOOLS_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/%D% -I$(top_srcdir)/%D%/common \
	$(JSON_CFLAGS) $(CAP_CFLAGS) $(MNL_CFLAGS) $(SECCOMP_CFLAGS)

# The same file for each program: they are packaged apart.
EXTRA_DIST += %D%/completion/completion.bash %D%/completion/completion.zsh %D%/completion/completion.fish
bashcompletiondir = $(datadir)/bash-completion/completions
zshcompletiondir = $(datadir)/zsh/site-functions
fishcompletiondir = $(datadir)/fish/vendor_completions.d
install-completions:
	for p in $(bin_PROGRAMS); do \
		$(INSTALL) -D -m 644 $(srcdir)/%D%/completion/completion.bash "$(DESTDIR)$(bashcompletiondir)/$${p##*/}" && \
		$(INSTALL) -D -m 644 $(srcdir)/%D%/completion/completion.zsh "$(DESTDIR)$(zshcompletiondir)/_$${p##*/}" && \
		$(INSTALL) -D -m 644 $(srcdir)/%D%/completion/completion.fish "$(DESTDIR)$(fishcompletiondir)/$${p##*/}.fish" || \
			exit 1; \
	done
uninstall-completions:
	for p in $(bin_PROGRAMS); do \
		rm -f "$(DESTDIR)$(bashcompletiondir)/$${p##*/}" "$(DESTDIR)$(zshcompletiondir)/_$${p##*/}" \
			"$(DESTDIR)$(fishcompletiondir)/$${p##*/}.fish"; \
	done
.PHONY: install-completions uninstall-completions

dist_noinst_SCRIPTS += %D%/install-deps %D%/quickstart
noinst_LTLIBRARIES += %D%/libcommon.la
%C%_libcommon_la_CPPFLAGS = $(CG_TOOLS_CPPFLAGS)
%C%_libcommon_la_LIBADD = $(JSON_LIBS)
%C%_libcommon_la_SOURCES = \
	%D%/banned.h \
	%D%/common/bus.c %D%/common/bus.h \
	%D%/common/cmd.c %D%/common/cmd.h \
	%D%/common/err.c %D%/common/err.h \
	%D%/common/mark.c %D%/common/mark-groups.c %D%/common/mark.h \
	%D%/common/nearest.c %D%/common/nearest.h \
	%D%/common/num.c %D%/common/num.h \
	%D%/common/out.c %D%/common/out.h \
	%D%/common/rtstate.c %D%/common/rtstate.h \
	%D%/common/sig.c %D%/common/sig.h

include tools/cgtool/local.mk
include tools/cgrun/local.mk
