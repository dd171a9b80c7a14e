/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every driver has to have, and the table of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "internal.h"

static void required_operations(void **state)
{
	(void)state;
	for (int i = 0; cgi_drivers[i]; i++) {
		const struct cg_driver *d = cgi_drivers[i];

		assert_true(d->name && *d->name && !strpbrk(d->name, ", \n"));
		assert_non_null(d->probe);
		assert_non_null(d->unprobe);
		assert_non_null(d->create);
		assert_non_null(d->save);
		assert_non_null(d->restore);
		assert_non_null(d->close);
		assert_non_null(d->caps);
		assert_true(!d->kill == !d->kill_name);
		if (d->tracks) {
			assert_non_null(d->procs);
			assert_non_null(d->state);
			assert_non_null(d->attach);
			assert_non_null(d->unattach);
			assert_non_null(d->remove);
			assert_non_null(d->undo);
		}
	}
}

static void names_are_unique_and_there_is_room(void **state)
{
	int n;

	(void)state;
	for (n = 0; cgi_drivers[n]; n++)
		for (int i = 0; i < n; i++)
			assert_string_not_equal(cgi_drivers[i]->name, cgi_drivers[n]->name);
	assert_true(n <= CGI_MAX_PARTS);
	/* Without a cgroup comes last. */
	assert_false(cgi_drivers[n - 1]->tracks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(required_operations),
		cmocka_unit_test(names_are_unique_and_there_is_room),
	};

	return cmocka_run_group_tests_name("drivers", tests, NULL, NULL);
}
