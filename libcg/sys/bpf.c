/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Device programs of cgroup v2 by bpf(2); linux/bpf.h has the words. */
#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf.h"

#define MAX_PROGS	64	/* attached to one group, by the kernel's own limit */

static int call(int cmd, union bpf_attr *attr)
{
	long rc = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return rc < 0 ? -errno : (int)rc;
}

int cgi_sys_prog_load(void *k, const char *name, const struct bpf_insn *v, size_t n)
{
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_CGROUP_DEVICE };

	(void)k;
	attr.insns = (uintptr_t)v;
	attr.insn_cnt = (uint32_t)n;
	attr.license = (uintptr_t)"LGPL-2.1-or-later";
	snprintf(attr.prog_name, sizeof(attr.prog_name), "%s", name);
	return call(BPF_PROG_LOAD, &attr);
}

static int is_named(int prog, const char *name)
{
	struct bpf_prog_info info = { 0 };
	union bpf_attr attr = { .info = { .bpf_fd = (uint32_t)prog, .info_len = sizeof(info) } };
	int rc;

	attr.info.info = (uintptr_t)&info;
	rc = call(BPF_OBJ_GET_INFO_BY_FD, &attr);
	return rc < 0 ? rc : !strncmp(info.name, name, sizeof(info.name));
}

int cgi_sys_prog_find(void *k, int dirfd, const char *name)
{
	uint32_t ids[MAX_PROGS] = { 0 };
	union bpf_attr attr = { .query = { .target_fd = (uint32_t)dirfd,
		.attach_type = BPF_CGROUP_DEVICE, .prog_cnt = MAX_PROGS } };
	int rc, fd;
	uint32_t n;

	(void)k;
	attr.query.prog_ids = (uintptr_t)ids;
	rc = call(BPF_PROG_QUERY, &attr);
	if (rc < 0)
		return rc;
	n = attr.query.prog_cnt;
	for (uint32_t i = 0; i < n && i < MAX_PROGS; i++) {
		union bpf_attr get = { .prog_id = ids[i] };

		fd = call(BPF_PROG_GET_FD_BY_ID, &get);
		if (fd == -ENOENT)
			continue;		/* detached meanwhile */
		rc = fd < 0 ? fd : is_named(fd, name);
		if (rc > 0)
			return fd;
		if (fd >= 0)
			close(fd);
		if (rc < 0)
			return rc;
	}
	return -ENOENT;
}

/* Before Linux 5.6 nothing replaces: both are asked until the old one is gone. */
int cgi_sys_prog_attach(void *k, int dirfd, int prog, int old)
{
	union bpf_attr attr = { .target_fd = (uint32_t)dirfd };
	int rc;

	(void)k;
	attr.attach_bpf_fd = (uint32_t)prog;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	if (old >= 0) {
		attr.attach_flags |= BPF_F_REPLACE;
		attr.replace_bpf_fd = (uint32_t)old;
	}
	rc = call(BPF_PROG_ATTACH, &attr);
	if (rc != -EINVAL || old < 0)
		return rc < 0 ? rc : 0;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	attr.replace_bpf_fd = 0;
	rc = call(BPF_PROG_ATTACH, &attr);
	if (rc < 0)
		return rc;
	attr.attach_bpf_fd = (uint32_t)old;
	attr.attach_flags = 0;
	rc = call(BPF_PROG_DETACH, &attr);
	return rc < 0 ? rc : 0;
}
