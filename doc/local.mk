EXTRA_DIST += %D%/cgtool-jobs.md %D%/pictures/make %D%/pictures/caps.txt %D%/pictures/doctor.txt \
	%D%/pictures/stat.txt %D%/pictures/top.txt %D%/pictures/tree.txt
EXTRA_DIST += COPYING COPYING.GPL .editorconfig .clang-format .ci/run

# Installed as they lie here, so that their links lead somewhere.
dist_doc_DATA = README.md NEWS CONTRIBUTING.md SECURITY.md
docdocdir = $(docdir)/doc
dist_docdoc_DATA = \
	%D%/abi.md %D%/compatibility.md %D%/design.md %D%/drivers.md %D%/engines.md %D%/faq.md %D%/glossary.md \
	%D%/hacking.md %D%/migrating.md %D%/performance.md %D%/release.md %D%/security-runtime.md \
	%D%/semantics.md

# What engines are told of cgrun: installed with the path of the installed program.
engine_files = %D%/engines/podman.conf %D%/engines/containerd.toml %D%/engines/daemon.json %D%/engines/kubernetes.md \
	%D%/engines/runtimeclass.yaml
EXTRA_DIST += $(engine_files)
install-engine-files:
	$(MKDIR_P) "$(DESTDIR)$(docdocdir)/engines"
	for f in $(engine_files); do \
		sed 's|/usr/local/bin|$(bindir)|g' "$(srcdir)/$$f" \
			> "$(DESTDIR)$(docdocdir)/engines/$${f##*/}" || exit 1; \
	done
uninstall-engine-files:
	rm -rf "$(DESTDIR)$(docdocdir)/engines"
.PHONY: install-engine-files uninstall-engine-files

# Manual pages are sources; those of one line are aliases (.so) of another.
dist_man_MANS += \
	%D%/man/cg_attach.3 \
	%D%/man/cg_attach_pidfd.3 \
	%D%/man/cg_caps.3 \
	%D%/man/cg_close.3 \
	%D%/man/cg_create.3 \
	%D%/man/cg_ctx_driver_name.3 \
	%D%/man/cg_ctx_free.3 \
	%D%/man/cg_ctx_new.3 \
	%D%/man/cg_ctx_set_base.3 \
	%D%/man/cg_ctx_set_bus.3 \
	%D%/man/cg_ctx_set_driver.3 \
	%D%/man/cg_ctx_set_log.3 \
	%D%/man/cg_delegate.3 \
	%D%/man/cg_delete.3 \
	%D%/man/cg_driver_name.3 \
	%D%/man/cg_errmsg.3 \
	%D%/man/cg_fd.3 \
	%D%/man/cg_freeze.3 \
	%D%/man/cg_get.3 \
	%D%/man/cg_hold.3 \
	%D%/man/cg_identify.3 \
	%D%/man/cg_identify_pidfd.3 \
	%D%/man/cg_info.3 \
	%D%/man/cg_kill_all.3 \
	%D%/man/cg_level_name.3 \
	%D%/man/cg_list.3 \
	%D%/man/cg_op_name.3 \
	%D%/man/cg_open.3 \
	%D%/man/cg_open_pid.3 \
	%D%/man/cg_path.3 \
	%D%/man/cg_places.3 \
	%D%/man/cg_procs.3 \
	%D%/man/cg_ref_alive.3 \
	%D%/man/cg_ref_check.3 \
	%D%/man/cg_ref_get.3 \
	%D%/man/cg_restore.3 \
	%D%/man/cg_save.3 \
	%D%/man/cg_set.3 \
	%D%/man/cg_set_many.3 \
	%D%/man/cg_signal.3 \
	%D%/man/cg_signal_one.3 \
	%D%/man/cg_signal_pidfd.3 \
	%D%/man/cg_state.3 \
	%D%/man/cg_stats.3 \
	%D%/man/cg_thaw.3 \
	%D%/man/cg_unidentify.3 \
	%D%/man/cg_version.3 \
	%D%/man/cg_wait.3 \
	%D%/man/cg_watch_add.3 \
	%D%/man/cg_watch_fd.3 \
	%D%/man/cg_watch_free.3 \
	%D%/man/cg_watch_new.3 \
	%D%/man/cg_watch_next.3 \
	%D%/man/cg_watch_pressure.3 \
	%D%/man/cg_watch_remove.3 \
	%D%/man/cg_where.3 \
	%D%/man/cg_caps.7 \
	%D%/man/cg_errors.7 \
	%D%/man/libcg.7 \
	%D%/man/cgrun.8 \
	%D%/man/cgtool.8
