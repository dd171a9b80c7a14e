/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * attack: what the attacks of tests/runtime/security need beside a shell.
 *
 * swap A B [once]: exchanges two files of any kind, atomically; until it is killed, or once. The
 * mounts that a mount namespace has on them move along.
 * nest DIR N: directories in DIR, each in the one before.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int swap(const char *a, const char *b, int once)
{
	do {
		if (renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) < 0) {
			perror(a);
			return 1;
		}
		if (!once)
			usleep(150);
	} while (!once);
	return 0;
}

static int nest(const char *dir, int n)
{
	int fd = open(dir, O_PATH | O_DIRECTORY), made = 0;

	for (; fd >= 0 && made < n; made++) {
		int next = mkdirat(fd, "d", 0755) ? -1 : openat(fd, "d", O_PATH | O_DIRECTORY);

		close(fd);
		fd = next;
	}
	printf("nested %d\n", fd < 0 ? made - 1 : made);
	return fd < 0;
}

int main(int argc, char **argv)
{
	if (argc >= 4 && !strcmp(argv[1], "swap"))
		return swap(argv[2], argv[3], argc > 4);
	if (argc == 4 && !strcmp(argv[1], "nest"))
		return nest(argv[2], atoi(argv[3]));
	fprintf(stderr, "usage: attack swap A B [once] | nest DIR N\n");
	return 2;
}
