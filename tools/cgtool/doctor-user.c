/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is wrong for users: the helpers that map their subordinate ids, and, for the one
 * that asks, those ids, the runtime directory and the manager of their units.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "doctor.h"
#include "remedy.h"

#include "banned.h"

/* As many as a user has inside of a container. */
#define IDS		65536
#define FIRST_ID	100000UL

/* ---- newuidmap, newgidmap ---- */

static void helper(struct doctor *d, const char *name, const char *capability)
{
	char *file = remedy_program(name);
	struct statvfs fs;
	struct stat st;

	if (!file) {
		found(d, D_ROOT, name, say("%s is not installed: users cannot map their "
					   "subordinate ids", name),
		      say("%s", d->debian ? "apt-get install uidmap" :
			  "dnf install shadow-utils"));
		return;
	}
	if (!statvfs(file, &fs) && fs.f_flag & ST_NOSUID)
		found(d, 0, name, say("%s is on a file system mounted nosuid: it has no rights",
				      file), NULL);
	else if (!stat(file, &st) && !(st.st_mode & S_ISUID && !st.st_uid) &&
		 getxattr(file, "security.capability", NULL, 0) <= 0)
		found(d, D_ROOT, name, say("%s is neither setuid root nor has it file "
					   "capabilities", file),
		      say("setcap %s=ep %s", capability, file));
	free(file);
}

/* ---- subordinate ids ---- */

struct ranges {
	unsigned long mine;	/* the longest */
	unsigned long free;	/* the first that nobody has */
};

static int read_ranges(const struct doctor *d, const char *path, struct ranges *r)
{
	FILE *f = fopen(path, "re");
	char *line = NULL, uid[16];
	size_t size = 0;

	*r = (struct ranges){ .free = FIRST_ID };
	if (!f)
		return -errno;
	snprintf(uid, sizeof(uid), "%u", (unsigned)d->uid);
	while (getline(&line, &size, f) > 0) {
		char *numbers = strchr(line, ':');
		unsigned long first, n;

		if (!numbers || sscanf(numbers, ":%lu:%lu", &first, &n) != 2)
			continue;
		*numbers = '\0';
		if (r->free < first + n)
			r->free = first + n;
		if ((!strcmp(line, d->user) || !strcmp(line, uid)) && r->mine < n)
			r->mine = n;
	}
	free(line);
	fclose(f);
	return 0;
}

/* Where a directory service gives them, the files are not what counts. */
static bool from_files(void)
{
	FILE *f = fopen("/etc/nsswitch.conf", "re");
	char line[256], word[32];
	bool files = true;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, " subid: %31s", word) == 1)
			files = !strcmp(word, "files");
	if (f)
		fclose(f);
	return files;
}

static void subordinate(struct doctor *d, const char *id, const char *path, const char *option)
{
	struct ranges r;

	read_ranges(d, path, &r);
	if (r.mine >= IDS)
		return;
	if (!r.mine)
		found(d, D_ROOT, id, say("%s gives user %s no subordinate ids: a container has "
					 "one user only", path, d->user),
		      say("usermod --add-%s %lu-%lu %s", option, r.free, r.free + IDS - 1,
			  d->user));
	else
		found(d, D_ROOT | D_NOTE, id, say("%s gives user %s only %lu subordinate ids: "
						  "images have more", path, d->user, r.mine),
		      say("usermod --add-%s %lu-%lu %s", option, r.free, r.free + IDS - 1,
			  d->user));
}

/* ---- the session ---- */

static void runtime_dir(struct doctor *d)
{
	const char *dir = getenv("XDG_RUNTIME_DIR");
	char *usual = say("/run/user/%u", (unsigned)d->uid);
	struct stat st;
	char *text = NULL;

	if (!dir || !*dir)
		text = say("XDG_RUNTIME_DIR is not set: containers' state has no place");
	else if (*dir != '/' || stat(dir, &st) || !S_ISDIR(st.st_mode))
		text = say("XDG_RUNTIME_DIR is %s, which is no directory", dir);
	else if (st.st_uid != d->uid)
		text = say("XDG_RUNTIME_DIR is %s, which belongs to uid %u", dir,
			   (unsigned)st.st_uid);
	else if (st.st_mode & 022)
		text = say("XDG_RUNTIME_DIR is %s, which others may write", dir);
	if (!text) {
		free(usual);
		return;
	}
	if (usual && !stat(usual, &st) && st.st_uid == d->uid)
		found(d, 0, "runtime-dir", text, say("export XDG_RUNTIME_DIR=%s", usual));
	else if (d->service_manager)
		found(d, D_ROOT, "runtime-dir", text, say("loginctl enable-linger %s", d->user));
	else
		found(d, D_ROOT, "runtime-dir", text,
		      say("install -d -m 700 -o %s %s  # then: export XDG_RUNTIME_DIR=%s", d->user,
			  usual ? usual : "", usual ? usual : ""));
	free(usual);
}

bool has_manager(const struct doctor *d)
{
	char *bus = say("/run/user/%u/bus", (unsigned)d->uid);
	bool has = bus && !access(bus, F_OK);

	free(bus);
	return has;
}

static void manager(struct doctor *d)
{
	char *linger = say("/var/lib/systemd/linger/%s", d->user);

	if (!d->service_manager)
		found(d, D_NOTE, "manager", say("there is no systemd here: nobody gives users "
						"groups of their own when they log in"), NULL);
	else if (!has_manager(d))
		found(d, D_ROOT, "manager", say("user %s has no manager: /run/user/%u/bus is not "
						"there", d->user, (unsigned)d->uid),
		      say("loginctl enable-linger %s", d->user));
	else if (linger && access(linger, F_OK))
		found(d, D_NOTE, "linger", say("containers of user %s end with the last login",
					       d->user), say("loginctl enable-linger"));
	free(linger);
}

void doctor_user(struct doctor *d)
{
	if (d->in_userns) {
		found(d, D_NOTE, "inside", say("this is a user namespace: what is wrong for users "
					       "is seen outside of it"), NULL);
		return;
	}
	helper(d, "newuidmap", "cap_setuid");
	helper(d, "newgidmap", "cap_setgid");
	if (!d->uid)
		return;
	if (from_files()) {
		subordinate(d, "subuid", "/etc/subuid", "subuids");
		subordinate(d, "subgid", "/etc/subgid", "subgids");
	}
	runtime_dir(d);
	manager(d);
}
