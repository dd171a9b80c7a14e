/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * systemd, asked through libsystemd, which is loaded when somebody first asks: a host
 * without it loses this, not the library. No call is made that could wait for longer than it
 * is told: connecting is driven from here, since sd_bus_call() would wait 90 seconds for a bus
 * that accepts and then says nothing.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <systemd/sd-bus.h>

#include "base/cleanup.h"
#include "bus.h"

#define LIBRARY		"libsystemd.so.0"
#define SYSTEMD		"org.freedesktop.systemd1"
#define MANAGER		"org.freedesktop.systemd1.Manager"
#define MANAGER_PATH	"/org/freedesktop/systemd1"
#define SCOPE		"org.freedesktop.systemd1.Scope"
#define SLICE		"org.freedesktop.systemd1.Slice"
#define UNIT		"org.freedesktop.systemd1.Unit"

/* Tells packagers what is loaded at run time (the ELF note of systemd's "dlopen metadata"). */
#define NOTE	"[{\"feature\":\"systemd\",\"description\":\"groups that systemd delegates\"," \
		"\"priority\":\"suggested\",\"soname\":[\"" LIBRARY "\"]}]"
static const struct {
	uint32_t namesz, descsz, type;
	char name[4];
	char desc[(sizeof(NOTE) + 3) & ~3UL];
} dlopen_note __attribute__((used, section(".note.dlopen"), aligned(4))) = {
	.namesz = 4, .descsz = sizeof(NOTE), .type = 0x407c0c0a, .name = "FDO", .desc = NOTE,
};

#define CALLS(X) \
	X(sd_bus_new) X(sd_bus_set_address) X(sd_bus_set_bus_client) X(sd_bus_negotiate_fds) \
	X(sd_bus_start) X(sd_bus_is_ready) X(sd_bus_process) X(sd_bus_wait) X(sd_bus_call) \
	X(sd_bus_close) X(sd_bus_unref) X(sd_bus_match_signal_async) \
	X(sd_bus_message_new_method_call) X(sd_bus_message_append) \
	X(sd_bus_message_append_array) \
	X(sd_bus_message_open_container) X(sd_bus_message_close_container) \
	X(sd_bus_message_read) X(sd_bus_message_unref) X(sd_bus_error_free)

struct cgi_bus {
	void *library;
	sd_bus *bus;
	char why[200];
	char job[128];			/* the job that is waited for */
	char result[32];		/* how it ended, "" so far */
	bool no_pidfds;			/* this manager does not know them: systemd before 253 */
#define X(f) __typeof__(&f) f;
	CALLS(X)
#undef X
};

static uint64_t now_usec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static int load(struct cgi_bus *b)
{
	static const struct {
		const char *name;
		size_t at;
	} calls[] = {
#define X(f) { #f, offsetof(struct cgi_bus, f) },
		CALLS(X)
#undef X
	};

	b->library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!b->library) {
		snprintf(b->why, sizeof(b->why), LIBRARY " cannot be loaded");
		return -ENODEV;
	}
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		void *f = dlsym(b->library, calls[i].name);

		if (!f) {
			snprintf(b->why, sizeof(b->why), LIBRARY " has no %s", calls[i].name);
			return -ENODEV;
		}
		memcpy((char *)b + calls[i].at, &f, sizeof(f));
	}
	return 0;
}

static void bus_close(struct cgi_bus *b)
{
	if (!b)
		return;
	if (b->bus) {
		b->sd_bus_close(b->bus);
		b->sd_bus_unref(b->bus);
	}
	if (b->library)
		dlclose(b->library);
	free(b);
}

/* Lets messages come and go until `done` or the deadline. */
static int run_until(struct cgi_bus *b, int (*done)(struct cgi_bus *b), uint64_t deadline)
{
	uint64_t now;
	int rc;

	for (;;) {
		rc = done(b);
		if (rc)
			return rc < 0 ? rc : 0;
		rc = b->sd_bus_process(b->bus, NULL);
		if (rc < 0)
			return rc;
		if (rc > 0)
			continue;
		now = now_usec();
		if (now >= deadline)
			return -ETIMEDOUT;
		rc = b->sd_bus_wait(b->bus, deadline - now);
		if (rc < 0 && rc != -EINTR)
			return rc;
	}
}

static int is_ready(struct cgi_bus *b)
{
	return b->sd_bus_is_ready(b->bus);
}

static int has_ended(struct cgi_bus *b)
{
	return b->result[0] != '\0';
}

static int on_job_removed(sd_bus_message *m, void *data, sd_bus_error *error)
{
	struct cgi_bus *b = data;
	const char *path, *unit, *result;
	uint32_t id;

	(void)error;
	if (b->sd_bus_message_read(m, "uoss", &id, &path, &unit, &result) >= 0 &&
	    !strcmp(path, b->job))
		snprintf(b->result, sizeof(b->result), "%s", result);
	return 0;
}

static int bus_connect(struct cgi_bus *b, const char *address, uint64_t deadline)
{
	int rc = b->sd_bus_new(&b->bus);

	rc = rc < 0 ? rc : b->sd_bus_set_address(b->bus, address);
	rc = rc < 0 ? rc : b->sd_bus_set_bus_client(b->bus, 1);
	rc = rc < 0 ? rc : b->sd_bus_negotiate_fds(b->bus, 1);
	rc = rc < 0 ? rc : b->sd_bus_start(b->bus);
	rc = rc < 0 ? rc : run_until(b, is_ready, deadline);
	/* Asked for before any job, so that the end of none is missed. */
	rc = rc < 0 ? rc : b->sd_bus_match_signal_async(b->bus, NULL, NULL, MANAGER_PATH, MANAGER,
							"JobRemoved", on_job_removed, NULL, b);
	if (rc >= 0)
		return 0;
	snprintf(b->why, sizeof(b->why), "the message bus %.100s %s", address,
		 rc == -ETIMEDOUT ? "does not answer" : "cannot be reached");
	return -ENODEV;
}

static int bus_open(const char *address, uint64_t deadline, struct cgi_bus **ret, char *why,
		    size_t size)
{
	struct cgi_bus *b = calloc(1, sizeof(*b));
	int rc;

	if (!b)
		return -ENOMEM;
	rc = load(b);
	rc = rc ? rc : bus_connect(b, address, deadline);
	if (!rc) {
		*ret = b;
		return 0;
	}
	snprintf(why, size, "%s", b->why);
	bus_close(b);
	return rc;
}

static const char *bus_why(const struct cgi_bus *b)
{
	return b->why;
}

static bool is_lost(int rc)
{
	return rc == -ENOTCONN || rc == -ECONNRESET || rc == -EPIPE;
}

static int bus_error(struct cgi_bus *b, int rc, const sd_bus_error *e)
{
	static const struct {
		const char *name;
		int rc;
	} known[] = {
		{ SYSTEMD ".UnitExists", -EEXIST },
		{ SYSTEMD ".NoSuchUnit", -ENOENT },
		{ "org.freedesktop.DBus.Error.AccessDenied", -EPERM },
		{ "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", -EPERM },
		{ "org.freedesktop.DBus.Error.UnknownObject", -ENOENT },
		{ "org.freedesktop.DBus.Error.PropertyReadOnly", -EOPNOTSUPP },
		/* The bus is there, and systemd not (yet) on it: it is being executed anew. */
		{ "org.freedesktop.DBus.Error.ServiceUnknown", -ENOTCONN },
		{ "org.freedesktop.DBus.Error.NameHasNoOwner", -ENOTCONN },
		{ "org.freedesktop.DBus.Error.NoReply", -ENOTCONN },
		{ "org.freedesktop.DBus.Error.Disconnected", -ENOTCONN },
	};

	snprintf(b->why, sizeof(b->why), "%s", rc == -ETIMEDOUT ?
		 "systemd does not answer in time" : is_lost(rc) ? "the message bus was lost" :
		 e->message ? e->message : "no answer");
	for (size_t i = 0; e->name && i < ARRAY_SIZE(known); i++)
		if (!strcmp(e->name, known[i].name))
			return known[i].rc;
	if (is_lost(rc))
		return -ENOTCONN;
	return rc == -ETIMEDOUT || rc == -EOPNOTSUPP || rc == -ENOMEM || rc == -EMFILE ? rc : -EIO;
}

/* Takes the message; rc < 0: it could not even be made. */
static int call(struct cgi_bus *b, sd_bus_message *m, int rc, uint64_t deadline,
		sd_bus_message **reply)
{
	sd_bus_error e = SD_BUS_ERROR_NULL;
	uint64_t now = now_usec();

	if (rc >= 0)
		rc = now < deadline ? b->sd_bus_call(b->bus, m, deadline - now, &e, reply) :
				      -ETIMEDOUT;
	b->sd_bus_message_unref(m);
	rc = rc < 0 ? bus_error(b, rc, &e) : 0;
	b->sd_bus_error_free(&e);
	return rc;
}

static int message(struct cgi_bus *b, const char *method, sd_bus_message **m)
{
	*m = NULL;
	return b->sd_bus_message_new_method_call(b->bus, m, SYSTEMD, MANAGER_PATH, MANAGER, method);
}

/* Makes the call that starts a job and waits for the job's end. */
static int run_job(struct cgi_bus *b, sd_bus_message *m, int rc, uint64_t deadline)
{
	sd_bus_message *reply = NULL;
	const char *path;

	b->job[0] = b->result[0] = '\0';
	rc = call(b, m, rc, deadline, &reply);
	if (rc)
		return rc;
	rc = b->sd_bus_message_read(reply, "o", &path);
	if (rc >= 0)
		snprintf(b->job, sizeof(b->job), "%s", path);
	b->sd_bus_message_unref(reply);
	rc = rc < 0 ? rc : run_until(b, has_ended, deadline);
	if (rc < 0) {
		snprintf(b->why, sizeof(b->why), "systemd does not end the job in time");
		return is_lost(rc) ? -ENOTCONN : rc == -ETIMEDOUT ? rc : -EIO;
	}
	if (!strcmp(b->result, "done"))
		return 0;
	snprintf(b->why, sizeof(b->why), "systemd's job ended with \"%s\"", b->result);
	return -EIO;
}

static int start_once(struct cgi_bus *b, const struct cgi_scope *s, pid_t pid, int pidfd,
		      uint64_t deadline)
{
	sd_bus_message *m;
	int rc = message(b, "StartTransientUnit", &m);

	rc = rc < 0 ? rc : b->sd_bus_message_append(m, "ss", s->unit, "fail");
	rc = rc < 0 ? rc : b->sd_bus_message_open_container(m, 'a', "(sv)");
	rc = rc < 0 ? rc : b->sd_bus_message_append(m, "(sv)", "Description", "s", s->description);
	rc = rc < 0 ? rc : b->sd_bus_message_append(m, "(sv)", "Delegate", "b", 1);
	rc = rc < 0 ? rc : b->sd_bus_message_append(m, "(sv)", "CollectMode", "s",
						    "inactive-or-failed");
	if (rc >= 0 && *s->slice)
		rc = b->sd_bus_message_append(m, "(sv)", "Slice", "s", s->slice);
	if (rc >= 0 && pidfd >= 0)
		rc = b->sd_bus_message_append(m, "(sv)", "PIDFDs", "ah", 1, pidfd);
	else if (rc >= 0)
		rc = b->sd_bus_message_append(m, "(sv)", "PIDs", "au", 1, (uint32_t)pid);
	rc = rc < 0 ? rc : b->sd_bus_message_close_container(m);
	rc = rc < 0 ? rc : b->sd_bus_message_append(m, "a(sa(sv))", 0);
	return run_job(b, m, rc, deadline);
}

/* A call that is answered without a job. */
static int run(struct cgi_bus *b, sd_bus_message *m, int rc, uint64_t deadline)
{
	sd_bus_message *reply = NULL;

	rc = call(b, m, rc, deadline, &reply);
	b->sd_bus_message_unref(reply);
	return rc;
}

/* A pidfd cannot become another process; systemd knows them since 253. */
static int start_by_any(struct cgi_bus *b, const struct cgi_scope *s, pid_t pid, int pidfd,
			uint64_t deadline)
{
	int rc = -EOPNOTSUPP;

	if (pidfd >= 0 && !b->no_pidfds)
		rc = start_once(b, s, pid, pidfd, deadline);
	if (rc != -EOPNOTSUPP)
		return rc;
	b->no_pidfds = true;
	return start_once(b, s, pid, -1, deadline);
}

static int bus_start(struct cgi_bus *b, const struct cgi_scope *s, pid_t pid, int pidfd,
		     uint64_t deadline)
{
	sd_bus_message *m;
	int rc = start_by_any(b, s, pid, pidfd, deadline);

	if (rc != -EEXIST)
		return rc;
	/* A unit of that name that has failed is in the way until it is forgotten. */
	rc = message(b, "ResetFailedUnit", &m);
	rc = rc < 0 ? rc : b->sd_bus_message_append(m, "s", s->unit);
	rc = run(b, m, rc, deadline);
	if (rc == -ETIMEDOUT || rc == -ENOTCONN)
		return rc;
	return start_by_any(b, s, pid, pidfd, deadline);
}

static int bus_attach(struct cgi_bus *b, const char *unit, const char *below, pid_t pid,
		      uint64_t deadline)
{
	sd_bus_message *m;
	int rc = message(b, "AttachProcessesToUnit", &m);

	rc = rc < 0 ? rc : b->sd_bus_message_append(m, "ssau", unit, below, 1, (uint32_t)pid);
	return run(b, m, rc, deadline);
}

static int append_property(struct cgi_bus *b, sd_bus_message *m, const struct cgi_property *v)
{
	int rc;

	if (!v->bits)
		return b->sd_bus_message_append(m, "(sv)", v->name, "t", v->value);
	rc = b->sd_bus_message_open_container(m, 'r', "sv");
	rc = rc < 0 ? rc : b->sd_bus_message_append(m, "s", v->name);
	rc = rc < 0 ? rc : b->sd_bus_message_open_container(m, 'v', "ay");
	rc = rc < 0 ? rc : b->sd_bus_message_append_array(m, 'y', v->bits, v->n);
	rc = rc < 0 ? rc : b->sd_bus_message_close_container(m);
	return rc < 0 ? rc : b->sd_bus_message_close_container(m);
}

static int bus_set(struct cgi_bus *b, const char *unit, const struct cgi_property *v, size_t n,
		   uint64_t deadline)
{
	sd_bus_message *m;
	int rc = message(b, "SetUnitProperties", &m);

	rc = rc < 0 ? rc : b->sd_bus_message_append(m, "sb", unit, 1);
	rc = rc < 0 ? rc : b->sd_bus_message_open_container(m, 'a', "(sv)");
	for (size_t i = 0; rc >= 0 && i < n; i++)
		rc = append_property(b, m, &v[i]);
	rc = rc < 0 ? rc : b->sd_bus_message_close_container(m);
	return run(b, m, rc, deadline);
}

static int bus_get(struct cgi_bus *b, const char *unit, const char *property, char *buf,
		   size_t size, uint64_t deadline)
{
	size_t len = strlen(unit);
	bool slice = len > 6 && !strcmp(unit + len - 6, ".slice");
	const char *of = strcmp(property, "ControlGroup") ? UNIT : slice ? SLICE : SCOPE;
	sd_bus_message *m, *reply = NULL, *value = NULL;
	const char *path, *text = "";
	int rc = message(b, "GetUnit", &m);

	rc = rc < 0 ? rc : b->sd_bus_message_append(m, "s", unit);
	rc = call(b, m, rc, deadline, &reply);
	if (rc)
		return rc;
	rc = b->sd_bus_message_read(reply, "o", &path);
	m = NULL;
	rc = rc < 0 ? rc : b->sd_bus_message_new_method_call(b->bus, &m, SYSTEMD, path,
							     "org.freedesktop.DBus.Properties",
							     "Get");
	rc = rc < 0 ? rc : b->sd_bus_message_append(m, "ss", of, property);
	rc = call(b, m, rc, deadline, &value);
	if (!rc && b->sd_bus_message_read(value, "v", "s", &text) < 0)
		rc = -EIO;
	if (!rc && snprintf(buf, size, "%s", text) >= (int)size)
		rc = -EIO;
	b->sd_bus_message_unref(value);
	b->sd_bus_message_unref(reply);
	return rc;
}

static int bus_stop(struct cgi_bus *b, const char *unit, uint64_t deadline)
{
	sd_bus_message *m;
	int rc = message(b, "StopUnit", &m);

	rc = rc < 0 ? rc : b->sd_bus_message_append(m, "ss", unit, "replace");
	rc = run_job(b, m, rc, deadline);
	return rc == -ENOENT ? 0 : rc;
}

const struct cgi_bus_verbs cgi_bus_real = {
	.open = bus_open,
	.close = bus_close,
	.why = bus_why,
	.start = bus_start,
	.attach = bus_attach,
	.get = bus_get,
	.set = bus_set,
	.end = bus_stop,
};
