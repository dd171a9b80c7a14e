/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A profile was written when certain system calls existed. The C library tries newer ones
 * and falls back on ENOSYS, but not on the EPERM that most profiles give by default. So
 * each call with a number above all that the profile names is answered with ENOSYS, in a
 * few instructions in front of libseccomp's; for it has no rule for unknown numbers.
 */
#include <errno.h>
#include <stddef.h>

#include <linux/seccomp.h>
#include <seccomp.h>

#include "program/program.h"
#include "banned.h"

#define X32	0x40000000	/* in the number of a call of that ABI of x86_64 */

#define INSN(c, v, t, f) \
	((struct sock_filter){ .code = (c), .jt = (t), .jf = (f), .k = (uint32_t)(v) })
#define LOAD(field) \
	INSN(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field), 0, 0)

static size_t above(int64_t newest, struct sock_filter *out)
{
	out[0] = INSN(BPF_JMP | BPF_JGT | BPF_K, newest, 0, 1);
	out[1] = INSN(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS, 0, 0);
	return 2;
}

static int64_t newest_of(const struct filter_arch *arch, size_t n, uint32_t token)
{
	for (size_t i = 0; i < n; i++)
		if (arch[i].token == token)
			return arch[i].newest;
	return -1;
}

/* Both ABIs of x86_64 have one number of architecture. */
static size_t test_x86_64(int64_t newest, int64_t newest_x32, struct sock_filter *out)
{
	size_t n = 0;

	out[n++] = INSN(BPF_JMP | BPF_JGE | BPF_K, X32, 2, 0);
	n += above(newest, out + n);
	if (newest_x32 < 0)
		return n;
	out[n++] = INSN(BPF_JMP | BPF_JGE | BPF_K, X32, 0, 2);
	return n + above(newest_x32, out + n);
}

size_t filter_prefix(const struct filter_arch *arch, size_t n_arch, struct sock_filter *out)
{
	int64_t x32 = newest_of(arch, n_arch, SCMP_ARCH_X32);
	size_t n = 0;

	for (size_t i = 0; i < n_arch; i++) {
		size_t test = n + 1;

		if (arch[i].newest < 0 || arch[i].token == SCMP_ARCH_X32)
			continue;
		if (!n) {
			out[n++] = LOAD(arch);
			test++;
		}
		n++;
		out[n++] = LOAD(nr);
		if (arch[i].token == SCMP_ARCH_X86_64)
			n += test_x86_64(arch[i].newest, x32, out + n);
		else
			n += above(arch[i].newest, out + n);
		out[n++] = LOAD(arch);
		out[test - 1] = INSN(BPF_JMP | BPF_JEQ | BPF_K, arch[i].token, 0, n - test);
	}
	return n;
}
