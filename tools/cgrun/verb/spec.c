/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spec and features: texts that need no container. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "verb/verb.h"
#include "banned.h"

int cmd_spec(const struct cmd_args *a, struct err *e)
{
	const char *bundle = cmd_value(a, "bundle");
	char *path, *text = spec_default(cmd_value(a, "rootless"));
	int rc = 0;
	FILE *f;
	int fd;

	if (!text || asprintf(&path, "%s/config.json", bundle ? bundle : ".") < 0) {
		free(text);
		return err_set(e, -ENOMEM, "out of memory");
	}
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	f = fd < 0 ? NULL : fdopen(fd, "w");
	if (!f && errno == EEXIST)
		rc = err_set(e, -EEXIST, "%s exists; it is not overwritten", path);
	else if (!f)
		rc = err_set(e, -errno, "cannot make %s: %s", path, strerror(errno));
	else if ((fputs(text, f) < 0) | fclose(f))
		rc = err_set(e, -EIO, "cannot write %s: %s", path, strerror(errno));
	free(path);
	free(text);
	return rc;
}

int cmd_features(const struct cmd_args *a, struct err *e)
{
	char *text = features_json();

	(void)a;
	if (!text)
		return err_set(e, -ENOMEM, "out of memory");
	fputs(text, stdout);
	free(text);
	return 0;
}
