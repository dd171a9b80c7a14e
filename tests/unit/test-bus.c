/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is said to systemd, and what its answers become: libcg's side is the real one, over
 * a real socket; the manager is a process of the test, which answers by the unit's name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <systemd/sd-bus.h>

#include "sys/bus.h"

#define ERROR	"org.freedesktop.systemd1."
#define DENIED	"org.freedesktop.DBus.Error.AccessDenied"
#define PID	4711

static char dir[64], address[128];
static const struct cgi_bus_verbs *const bus = &cgi_bus_real;

static uint64_t in_ms(unsigned ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000 + ms * 1000ULL;
}

/* ---- the manager ---- */

static bool reset;			/* a failed unit was forgotten */

static bool is(const char *a, const char *b)
{
	return a && !strcmp(a, b);
}

static int refuse(sd_bus_message *m, const char *name)
{
	return sd_bus_reply_method_errorf(m, name, "the manager says no");
}

static int job_removed(sd_bus_message *m, const char *path, const char *unit, const char *result)
{
	return sd_bus_emit_signal(sd_bus_message_get_bus(m), "/org/freedesktop/systemd1",
				  "org.freedesktop.systemd1.Manager", "JobRemoved", "uoss", 1U,
				  path, unit, result);
}

/* What was asked for: a delegated scope around that process, with a description. */
static bool well_asked(sd_bus_message *m, const char *unit, bool *by_fd)
{
	const char *name, *text;
	unsigned found = 0;
	uint32_t pid;
	int yes, fd;

	*by_fd = false;
	if (sd_bus_message_enter_container(m, 'a', "(sv)") < 0)
		return false;
	while (sd_bus_message_enter_container(m, 'r', "sv") > 0) {
		if (sd_bus_message_read(m, "s", &name) < 0)
			return false;
		*by_fd = *by_fd || is(name, "PIDFDs");
		if (is(name, "Delegate") && sd_bus_message_read(m, "v", "b", &yes) > 0)
			found |= yes ? 1 : 0;
		else if (is(name, "Description") && sd_bus_message_read(m, "v", "s", &text) > 0)
			found |= is(text, "mine") ? 2 : 0;
		else if (is(name, "PIDs") && sd_bus_message_read(m, "v", "au", 1, &pid) > 0)
			found |= pid == PID ? 4 : 0;
		else if (is(name, "PIDFDs") && sd_bus_message_read(m, "v", "ah", 1, &fd) > 0)
			found |= fd >= 0 ? 4 : 0;
		else if (is(name, "Slice") && sd_bus_message_read(m, "v", "s", &text) > 0)
			found |= is(text, "a.slice") ? 8 : 0;
		else if (sd_bus_message_skip(m, "v") < 0)
			return false;
		sd_bus_message_exit_container(m);
	}
	return found == (is(unit, "slice.scope") ? 15 : 7);
}

static int start_unit(sd_bus_message *m)
{
	const char *unit, *mode;
	bool by_fd;

	if (sd_bus_message_read(m, "ss", &unit, &mode) < 0 || !is(mode, "fail") ||
	    !well_asked(m, unit, &by_fd))
		return refuse(m, "org.freedesktop.DBus.Error.InvalidArgs");
	if (is(unit, "silent.scope"))
		return 1;
	if (is(unit, "dying.scope"))
		_exit(0);
	if (is(unit, "denied.scope"))
		return refuse(m, DENIED);
	if (is(unit, "taken.scope") || (is(unit, "failed-before.scope") && !reset))
		return refuse(m, ERROR "UnitExists");
	/* systemd 252; it looks at the name first */
	if (by_fd && !is(unit, "fd.scope"))
		return refuse(m, "org.freedesktop.DBus.Error.PropertyReadOnly");
	if (is(unit, "early.scope"))	/* ends before anybody knows its name */
		job_removed(m, "/job/1", unit, "done");
	job_removed(m, "/job/2", "other.scope", "failed");
	sd_bus_reply_method_return(m, "o", "/job/1");
	if (is(unit, "endless.scope") || is(unit, "early.scope"))
		return 1;
	return job_removed(m, "/job/1", unit, is(unit, "failing.scope") ? "failed" : "done");
}

static int stop_unit(sd_bus_message *m)
{
	const char *unit, *mode;

	if (sd_bus_message_read(m, "ss", &unit, &mode) < 0 || is(unit, "gone.scope"))
		return refuse(m, ERROR "NoSuchUnit");
	sd_bus_reply_method_return(m, "o", "/job/1");
	return job_removed(m, "/job/1", unit, is(unit, "failing.scope") ? "timeout" : "done");
}

static int attach(sd_bus_message *m)
{
	const char *unit, *below;
	uint32_t pid;

	if (sd_bus_message_read(m, "ssau", &unit, &below, 1, &pid) < 0 || !is(below, "/group") ||
	    pid != PID)
		return refuse(m, "org.freedesktop.DBus.Error.InvalidArgs");
	if (is(unit, "good.scope"))
		return sd_bus_reply_method_return(m, "");
	return refuse(m, is(unit, "denied.scope") ? DENIED : ERROR "NoSuchUnit");
}

static int set_properties(sd_bus_message *m)
{
	const char *unit, *name;
	const uint8_t *bits;
	uint64_t value;
	size_t n = 0;
	int runtime;

	if (sd_bus_message_read(m, "sb", &unit, &runtime) < 0 || !runtime ||
	    sd_bus_message_enter_container(m, 'a', "(sv)") < 0 ||
	    sd_bus_message_read(m, "(sv)", &name, "t", &value) < 0 || !is(name, "TasksMax") ||
	    value != 77 || sd_bus_message_enter_container(m, 'r', "sv") < 0 ||
	    sd_bus_message_read(m, "s", &name) < 0 || !is(name, "AllowedCPUs") ||
	    sd_bus_message_enter_container(m, 'v', "ay") < 0 ||
	    sd_bus_message_read_array(m, 'y', (const void **)&bits, &n) < 0 || n != 2 ||
	    bits[0] != 13 || bits[1] != 1)
		return refuse(m, "org.freedesktop.DBus.Error.InvalidArgs");
	if (is(unit, "good.scope"))
		return sd_bus_reply_method_return(m, "");
	return refuse(m, is(unit, "old.scope") ? "org.freedesktop.DBus.Error.PropertyReadOnly" :
		      "org.freedesktop.DBus.Error.NoReply");
}

static int get_property(sd_bus_message *m)
{
	const char *of, *name, *path = sd_bus_message_get_path(m);

	if (sd_bus_message_read(m, "ss", &of, &name) < 0)
		return refuse(m, "org.freedesktop.DBus.Error.InvalidArgs");
	if (is(path, "/unit/number"))
		return sd_bus_reply_method_return(m, "v", "u", 7U);
	if (is(name, "ControlGroup") && is(of, ERROR "Scope"))
		return sd_bus_reply_method_return(m, "v", "s", "/a.slice/good.scope");
	if (is(name, "Description") && is(of, ERROR "Unit"))
		return sd_bus_reply_method_return(m, "v", "s", "mine");
	return refuse(m, "org.freedesktop.DBus.Error.UnknownProperty");
}

static int on_message(sd_bus_message *m, void *data, sd_bus_error *error)
{
	const char *what = sd_bus_message_get_member(m), *unit;

	(void)data;
	(void)error;
	if (is(what, "Hello"))
		return sd_bus_reply_method_return(m, "s", ":1.1");
	if (is(what, "StartTransientUnit"))
		return start_unit(m);
	if (is(what, "StopUnit"))
		return stop_unit(m);
	if (is(what, "AttachProcessesToUnit"))
		return attach(m);
	if (is(what, "SetUnitProperties"))
		return set_properties(m);
	if (is(what, "Get"))
		return get_property(m);
	if (is(what, "ResetFailedUnit"))
		reset = true;
	if (is(what, "ResetFailedUnit") || is(what, "AddMatch"))
		return sd_bus_reply_method_return(m, "");
	if (!is(what, "GetUnit") || sd_bus_message_read(m, "s", &unit) < 0)
		return 0;
	if (is(unit, "good.scope") || is(unit, "number.scope"))
		return sd_bus_reply_method_return(m, "o", is(unit, "good.scope") ? "/unit/good" :
						  "/unit/number");
	return refuse(m, ERROR "NoSuchUnit");
}

static void serve(int fd) __attribute__((noreturn));
static void serve(int fd)
{
	sd_bus *b;
	int rc;

	if (sd_bus_new(&b) < 0 || sd_bus_set_fd(b, fd, fd) < 0 ||
	    sd_bus_negotiate_fds(b, 1) < 0 ||
	    sd_bus_set_server(b, 1, (sd_id128_t){ .bytes = { 1 } }) < 0 ||
	    sd_bus_add_filter(b, NULL, on_message, NULL) < 0 || sd_bus_start(b) < 0)
		_exit(1);
	for (;;) {
		rc = sd_bus_process(b, NULL);
		if (rc == 0)
			rc = sd_bus_wait(b, UINT64_MAX);
		if (rc < 0 && rc != -EINTR)
			_exit(0);	/* libcg has hung up */
	}
}

static int listener;

static void be_the_manager(void) __attribute__((noreturn));
static void be_the_manager(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(100);
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0 && fork() == 0)
			serve(fd);
		close(fd);
	}
}

static pid_t manager;

static int listen_at(const char *name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s/%s", dir, name);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, 8))
		return -1;
	return fd;
}

static int begin(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/libcg-bus.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(address, sizeof(address), "unix:path=%s/bus", dir);
	listener = listen_at("bus");
	if (listener < 0)
		return -1;
	fflush(stdout);
	manager = fork();
	if (manager == 0)
		be_the_manager();
	return manager < 0;
}

static int end(void **state)
{
	char name[100];

	(void)state;
	kill(manager, SIGKILL);
	waitpid(manager, NULL, 0);
	snprintf(name, sizeof(name), "%s/bus", dir);
	unlink(name);
	snprintf(name, sizeof(name), "%s/deaf", dir);
	unlink(name);
	return rmdir(dir);
}

/* ---- libcg ---- */

static struct cgi_bus *opened(void)
{
	struct cgi_bus *b = NULL;
	char why[200] = "";

	if (bus->open(address, in_ms(5000), &b, why, sizeof(why)))
		fail_msg("%s", why);
	return b;
}

static void the_end_of_the_job_is_awaited(void **state)
{
	static const struct {
		const char *unit;
		int rc;
		const char *why;
	} cases[] = {
		{ "good.scope", 0, NULL },
		{ "fd.scope", 0, "" },
		{ "slice.scope", 0, NULL },
		{ "early.scope", 0, NULL },
		{ "failed-before.scope", 0, NULL },
		{ "taken.scope", -EEXIST, "the manager says no" },
		{ "denied.scope", -EPERM, "the manager says no" },
		{ "failing.scope", -EIO, "systemd's job ended with \"failed\"" },
		{ "silent.scope", -ETIMEDOUT, "systemd does not answer in time" },
		{ "endless.scope", -ETIMEDOUT, "systemd does not end the job in time" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cgi_scope s = { .unit = cases[i].unit, .slice = "", .description = "mine" };
		struct cgi_bus *b = opened();
		int rc, pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);

		if (is(s.unit, "slice.scope"))
			s.slice = "a.slice";
		rc = bus->start(b, &s, PID, pidfd, in_ms(cases[i].rc == -ETIMEDOUT ? 200 : 5000));
		if (pidfd >= 0)
			close(pidfd);
		if (rc != cases[i].rc)
			fail_msg("%s: %d, %s", s.unit, rc, bus->why(b));
		if (cases[i].why)
			assert_string_equal(bus->why(b), cases[i].why);
		bus->close(b);
	}
}

static void what_is_refused_has_a_code(void **state)
{
	struct cgi_bus *b = opened();
	char text[64], small[4];

	(void)state;
	assert_int_equal(bus->attach(b, "good.scope", "/group", PID, in_ms(5000)), 0);
	assert_int_equal(bus->attach(b, "gone.scope", "/group", PID, in_ms(5000)), -ENOENT);
	assert_int_equal(bus->attach(b, "denied.scope", "/group", PID, in_ms(5000)), -EPERM);
	assert_int_equal(bus->attach(b, "good.scope", "/other", PID, in_ms(5000)), -EIO);
	assert_string_equal(bus->why(b), "the manager says no");
	assert_int_equal(bus->attach(b, "good.scope", "/group", PID, in_ms(0)), -ETIMEDOUT);

	assert_int_equal(bus->get(b, "good.scope", "ControlGroup", text, sizeof(text),
				  in_ms(5000)), 0);
	assert_string_equal(text, "/a.slice/good.scope");
	assert_int_equal(bus->get(b, "good.scope", "Description", text, sizeof(text),
				  in_ms(5000)), 0);
	assert_string_equal(text, "mine");
	assert_int_equal(bus->get(b, "gone.scope", "Description", text, sizeof(text),
				  in_ms(5000)), -ENOENT);
	assert_int_equal(bus->get(b, "good.scope", "Other", text, sizeof(text), in_ms(5000)), -EIO);
	assert_int_equal(bus->get(b, "good.scope", "Description", small, sizeof(small),
				  in_ms(5000)), -EIO);
	assert_int_equal(bus->get(b, "number.scope", "Description", text, sizeof(text),
				  in_ms(5000)), -EIO);

	assert_int_equal(bus->end(b, "good.scope", in_ms(5000)), 0);
	assert_int_equal(bus->end(b, "gone.scope", in_ms(5000)), 0);
	assert_int_equal(bus->end(b, "failing.scope", in_ms(5000)), -EIO);
	bus->close(b);
}

static void properties_are_set(void **state)
{
	static const uint8_t bits[] = { 13, 1 };
	static const struct cgi_property v[] = {
		{ .name = "TasksMax", .value = 77 },
		{ .name = "AllowedCPUs", .bits = bits, .n = 2 },
	};
	struct cgi_bus *b = opened();

	(void)state;
	assert_int_equal(bus->set(b, "good.scope", v, 2, in_ms(5000)), 0);
	assert_int_equal(bus->set(b, "old.scope", v, 2, in_ms(5000)), -EOPNOTSUPP);
	assert_int_equal(bus->set(b, "restarting.scope", v, 2, in_ms(5000)), -ENOTCONN);
	assert_int_equal(bus->set(b, "good.scope", v, 1, in_ms(5000)), -EIO);
	bus->close(b);
}

/* A bus that ends in the middle of a conversation is lost, not a refusal. */
static void a_bus_that_ends(void **state)
{
	struct cgi_scope s = { .unit = "dying.scope", .slice = "", .description = "mine" };
	struct cgi_bus *b = opened();

	(void)state;
	assert_int_equal(bus->start(b, &s, PID, -1, in_ms(5000)), -ENOTCONN);
	assert_int_equal(bus->end(b, "good.scope", in_ms(5000)), -ENOTCONN);
	bus->close(b);
}

/* One that accepts and says nothing would hold sd_bus_call() for 25 seconds and more. */
static void a_bus_that_is_none(void **state)
{
	struct cgi_bus *b = NULL;
	char why[200], deaf[128];
	int fd = listen_at("deaf");

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(bus->open("unix:path=/nowhere/bus", in_ms(5000), &b, why, sizeof(why)),
			 -ENODEV);
	assert_non_null(strstr(why, "cannot be reached"));
	assert_int_equal(bus->open("nonsense", in_ms(5000), &b, why, sizeof(why)), -ENODEV);
	snprintf(deaf, sizeof(deaf), "unix:path=%s/deaf", dir);
	assert_int_equal(bus->open(deaf, in_ms(200), &b, why, sizeof(why)), -ENODEV);
	assert_non_null(strstr(why, "does not answer"));
	assert_null(b);
	bus->close(NULL);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_end_of_the_job_is_awaited),
		cmocka_unit_test(what_is_refused_has_a_code),
		cmocka_unit_test(properties_are_set),
		cmocka_unit_test(a_bus_that_ends),
		cmocka_unit_test(a_bus_that_is_none),
	};

	return cmocka_run_group_tests_name("systemd's bus", tests, begin, end);
}
