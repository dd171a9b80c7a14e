/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * main() of a fuzz target that is built without a fuzzer: each file of its corpus is one
 * test case, passed by coming back. usage: fuzz-NAME [DIRECTORY or FILE...]; without any,
 * the corpus of that NAME in the sources.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

static unsigned cases;

static int replay_file(const char *path)
{
	FILE *f = fopen(path, "r");
	uint8_t *data = NULL;
	struct stat st;
	size_t n = 0;

	if (f && !fstat(fileno(f), &st) && S_ISREG(st.st_mode)) {
		data = malloc((size_t)st.st_size + 1);
		if (data)
			n = fread(data, 1, (size_t)st.st_size, f);
	}
	if (!data || n != (size_t)st.st_size) {
		printf("not ok %u - %s cannot be read\n", ++cases, path);
	} else {
		LLVMFuzzerTestOneInput(data, n);
		printf("ok %u - %s\n", ++cases, strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
	}
	/* before the next one may end the program */
	fflush(stdout);
	n = data && n == (size_t)st.st_size;
	free(data);
	if (f)
		fclose(f);
	return n ? 0 : 1;
}

static int replay(const char *path)
{
	struct dirent **names;
	int n = scandir(path, &names, NULL, alphasort), bad = 0;

	if (n < 0)
		return replay_file(path);
	for (int i = 0; i < n; i++) {
		char *file;

		if (names[i]->d_name[0] != '.' &&
		    asprintf(&file, "%s/%s", path, names[i]->d_name) > 0) {
			bad |= replay_file(file);
			free(file);
		}
		free(names[i]);
	}
	free(names);
	return bad;
}

int main(int argc, char **argv)
{
	const char *src = getenv("CG_SRC"), *name = strstr(argv[0], "fuzz-");
	char *corpus;
	int bad = 0;

	for (int i = 1; i < argc; i++)
		bad |= replay(argv[i]);
	if (argc == 1 && name) {
		while (strstr(name + 5, "fuzz-"))
			name = strstr(name + 5, "fuzz-");
		if (asprintf(&corpus, "%s/tests/fuzz/corpus/%s", src ? src : ".", name + 5) < 0)
			return 1;
		bad = replay(corpus);
		free(corpus);
	}
	printf("1..%u\n", cases);
	return bad;
}
