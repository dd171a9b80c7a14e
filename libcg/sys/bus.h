/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What libcg asks of systemd, over its message bus. Every verb ends by its deadline
 * (monotonic microseconds). -ETIMEDOUT, -ENOENT (no such unit), -EEXIST, -EPERM,
 * -EOPNOTSUPP (this systemd has no such property), -ENOTCONN (the connection, or the manager
 * behind it, was lost: what was asked for may have been done), -EIO; what systemd said is in
 * why().
 */
#ifndef CGI_SYS_BUS_H
#define CGI_SYS_BUS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct cgi_bus;

struct cgi_scope {
	const char *unit;		/* "x.scope" */
	const char *slice;		/* "" for the manager's default */
	const char *description;	/* tells ours from others' of the same name */
};

struct cgi_property {
	const char *name;		/* "MemoryMax" */
	uint64_t value;
	const uint8_t *bits;		/* instead of a value; NULL */
	size_t n;			/* bytes of bits */
};

struct cgi_bus_verbs {
	/* -ENODEV: libsystemd cannot be loaded, or nobody listens at the address. */
	int (*open)(const char *address, uint64_t deadline, struct cgi_bus **ret, char *why,
		    size_t size);
	void (*close)(struct cgi_bus *b);
	const char *(*why)(const struct cgi_bus *b);
	/* A delegated scope around this process; ends when systemd has done it. pidfd: or -1 */
	int (*start)(struct cgi_bus *b, const struct cgi_scope *s, pid_t pid, int pidfd,
		     uint64_t deadline);
	/* Moves a process to the group `below` of a scope, "/x". */
	int (*attach)(struct cgi_bus *b, const char *unit, const char *below, pid_t pid,
		      uint64_t deadline);
	/* A text property of a scope: "ControlGroup" or "Description". */
	int (*get)(struct cgi_bus *b, const char *unit, const char *property, char *buf,
		   size_t size, uint64_t deadline);
	/* Properties of a scope, until it ends. */
	int (*set)(struct cgi_bus *b, const char *unit, const struct cgi_property *v, size_t n,
		   uint64_t deadline);
	int (*end)(struct cgi_bus *b, const char *unit, uint64_t deadline);
};

extern const struct cgi_bus_verbs cgi_bus_real;

#endif
