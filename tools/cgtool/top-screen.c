/* SPDX-License-Identifier: GPL-2.0-or-later */
/* top on a terminal: what is drawn, and what keys do. */
#include <errno.h>

#include "cgtool.h"
#include "top.h"

#ifdef HAVE_CURSES

#include <curses.h>
#include <ctype.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "out.h"

#include "banned.h"

#define FIRST_ROW	3
#define ACTION_MS	5000	/* the screen stands still for so long at most */

struct screen {
	struct top *top;
	size_t at, first;	/* the row that is chosen, and the first that is seen */
	char *chosen;		/* its path: the group stays chosen when its row moves */
	char message[256];
	bool help, typing, quit;
	const struct action *asked;
};

struct action {
	int key;
	const char *name;
	int (*fn)(struct screen *s, struct cg *cg);
};

static volatile sig_atomic_t ended;

static void on_signal(int sig)
{
	(void)sig;
	ended = 1;
}

/* ---- actions ---- */

static int do_freeze(struct screen *s, struct cg *cg)
{
	(void)s;
	return cg_freeze(cg, ACTION_MS);
}

static int do_thaw(struct screen *s, struct cg *cg)
{
	(void)s;
	return cg_thaw(cg, ACTION_MS);
}

static int do_kill(struct screen *s, struct cg *cg)
{
	struct cg_report r = { 0 };
	int rc = cg_kill_all(cg, ACTION_MS, &r, sizeof(r));

	snprintf(s->message, sizeof(s->message), "kill: %u ended, %u left", r.ended, r.left);
	return rc == -ETIMEDOUT ? 0 : rc;
}

static const struct action actions[] = {
	{ 'f', "freeze", do_freeze }, { 'u', "thaw", do_thaw }, { 'k', "kill", do_kill },
};

static const struct group *chosen(const struct screen *s)
{
	return s->at < s->top->n_rows ? &s->top->f.g[s->top->row[s->at]] : NULL;
}

static void act(struct screen *s)
{
	const struct action *a = s->asked;
	const struct group *g = chosen(s);
	struct cg *cg = NULL;
	int rc;

	s->asked = NULL;
	if (!g)
		return;
	snprintf(s->message, sizeof(s->message), "%s: done", a->name);
	rc = cg_open(s->top->t->ctx, g->path, CG_ADOPT, &cg);
	if (rc >= 0)
		rc = a->fn(s, cg);
	if (rc < 0)
		snprintf(s->message, sizeof(s->message), "%s", cg_errmsg(s->top->t->ctx));
	else if (rc == CG_WEAK)
		snprintf(s->message, sizeof(s->message),
			 "%s: done, but somebody may have been missed", a->name);
	cg_close(cg);
	s->top->next_list = 0;
}

/* ---- drawing ---- */

static void line(int y, int attr, const char *text)
{
	char *safe = out_escaped(text);

	attron(attr);
	mvaddnstr(y, 0, safe ? safe : "", COLS);
	if (attr & A_REVERSE)
		for (int x = (int)strlen(text); x < COLS; x++)
			mvaddch(y, x, ' ');
	attroff(attr);
	free(safe);
}

/* Cuts the beginning of a path that is too long, without splitting a character of UTF-8. */
static const char *tail(const char *path, int room)
{
	int n = 0;

	for (const char *s = path; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	for (; *path && (n > room || ((unsigned char)*path & 0xc0) == 0x80); path++)
		n -= ((unsigned char)path[1] & 0xc0) != 0x80;
	return path;
}

static void draw_name(const struct screen *s, int y, int x, const struct group *g, size_t i)
{
	char *safe = out_escaped(s->top->tree && g->depth ? g->name : g->path), notes[300];
	int room;

	if (s->top->tree && g->depth) {
		x += (int)g->depth * 2;
		mvaddch(y, x - 2 < COLS ? x - 2 : COLS - 1,
			s->top->track[i].folded ? '+' : ' ');
	}
	room = COLS - x;
	if (safe && room > 2)
		mvaddstr(y, x, tail(safe, room));
	room -= safe ? (int)strlen(safe) : 0;
	forest_words(g, notes, 100);
	if (*g->container.id)
		snprintf(notes + strlen(notes), 190, " %s %.12s", g->container.engine,
			 g->container.id);
	free(safe);
	safe = out_escaped(notes);
	if (safe && *notes && room > 3) {
		attron(A_DIM);
		addch(' ');
		addnstr(safe, room - 2);
		attroff(A_DIM);
	}
	free(safe);
}

static void draw_row(const struct screen *s, int y, size_t r)
{
	static const int wide[] = { 7, 7, 7, 6, 6, 6 };
	size_t i = s->top->row[r];
	char text[UNITS_SIZE];
	int x = 0;

	if (r == s->at)
		attron(A_REVERSE);
	mvhline(y, 0, ' ', COLS);
	for (int k = 0; k < TOP_PATH; k++) {
		top_cell(s->top, i, (enum top_key)k, text);
		mvprintw(y, x, "%*s ", wide[k], text);
		x += wide[k] + 1;
	}
	draw_name(s, y, x + 1, &s->top->f.g[i], i);
	attroff(A_REVERSE);
}

static void draw_help(void)
{
	static const char *const text[] = {
		"up, down, page up, page down, home, end   choose a group",
		"left, right, space                        fold and unfold it (in the tree)",
		"t      as a tree, or one list",
		"a      groups without processes as well, or not",
		"s      sort by the next column: cpu, memory, io, pids, pressure, procs, path",
		"c m i p w n                               by one of these",
		"/      show those only that have a text in their path",
		"f u k  freeze, thaw, kill the chosen group, after a question",
		"+ -    look less often, more often",
		"q      go",
		"",
		"CPU is of one processor; IO is what was read and written, of all devices;",
		"PRES is the worst of cpu, memory and io pressure of the last ten seconds.",
		"",
		"Any key goes back.",
	};

	for (size_t i = 0; i < ARRAY_SIZE(text); i++)
		line((int)i + 2, A_NORMAL, text[i]);
}

static void draw_status(const struct screen *s)
{
	const struct group *g = chosen(s);
	char text[512];

	if (s->asked && g)
		snprintf(text, sizeof(text), "%s %s with %llu processes? y/n", s->asked->name,
			 g->path, (unsigned long long)g->all_procs);
	else if (s->typing)
		snprintf(text, sizeof(text), "show those with: %s_", s->top->filter);
	else if (*s->message)
		snprintf(text, sizeof(text), "%s", s->message);
	else if (*s->top->filter)
		snprintf(text, sizeof(text), "those with \"%s\" only (/ changes it)",
			 s->top->filter);
	else
		*text = '\0';
	line(1, s->asked ? A_BOLD : A_NORMAL, text);
}

static void draw(struct screen *s)
{
	struct top *top = s->top;
	int rows = LINES - FIRST_ROW - 1;
	char text[256], clock[16];
	time_t now = time(NULL);
	struct tm tm;

	strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&now, &tm));
	erase();
	snprintf(text, sizeof(text), "cgtool top  %s  %zu groups, %zu shown  by %s%s  every %g s",
		 clock, top->f.n, top->n_rows, top_key_names[top->key],
		 top->tree ? ", tree" : "", top->delay_ms / 1000.0);
	line(0, A_BOLD, text);
	if (s->help) {
		draw_help();
		refresh();
		return;
	}
	draw_status(s);
	snprintf(text, sizeof(text), "%7s %7s %7s %6s %6s %6s  %s", "CPU", "MEMORY", "IO/S",
		 "PIDS", "PRES", "PROCS", "GROUP");
	line(2, A_REVERSE, text);
	if (s->at < s->first)
		s->first = s->at;
	if (rows > 0 && s->at >= s->first + (size_t)rows)
		s->first = s->at - (size_t)rows + 1;
	for (int y = 0; y < rows && s->first + (size_t)y < top->n_rows; y++)
		draw_row(s, y + FIRST_ROW, s->first + (size_t)y);
	line(LINES - 1, A_DIM, "q go  s sort  t tree  a all  / filter  space fold  f freeze "
			       "u thaw k kill h help");
	refresh();
}

/* ---- keys ---- */

static void remember(struct screen *s)
{
	const struct group *g = chosen(s);

	free(s->chosen);
	s->chosen = g ? strdup(g->path) : NULL;
}

static int arrange(struct screen *s)
{
	int rc = top_arrange(s->top);

	for (size_t r = 0; rc >= 0 && s->chosen && s->at && r < s->top->n_rows; r++)
		if (!strcmp(s->top->f.g[s->top->row[r]].path, s->chosen))
			s->at = r;
	if (s->at >= s->top->n_rows)
		s->at = s->top->n_rows ? s->top->n_rows - 1 : 0;
	remember(s);
	return rc;
}

static void type(struct screen *s, int key)
{
	size_t n = strlen(s->top->filter);

	if (key == '\n' || key == '\r' || key == KEY_ENTER) {
		s->typing = false;
	} else if (key == 27) {
		s->typing = false;
		s->top->filter[0] = '\0';
	} else if ((key == KEY_BACKSPACE || key == 127 || key == 8) && n) {
		s->top->filter[n - 1] = '\0';
	} else if (key >= ' ' && key < 256 && key != 127 && n + 1 < sizeof(s->top->filter)) {
		s->top->filter[n] = (char)key;
		s->top->filter[n + 1] = '\0';
	}
}

static bool move_to(struct screen *s, int key)
{
	size_t page = LINES > FIRST_ROW + 2 ? (size_t)(LINES - FIRST_ROW - 2) : 1;
	size_t n = s->top->n_rows, last = n ? n - 1 : 0;

	switch (key) {
	case KEY_UP: s->at -= s->at > 0; break;
	case KEY_DOWN: s->at += s->at < last; break;
	case KEY_PPAGE: s->at -= s->at < page ? s->at : page; break;
	case KEY_NPAGE: s->at = s->at + page > last ? last : s->at + page; break;
	case KEY_HOME: s->at = 0; break;
	case KEY_END: s->at = last; break;
	default: return false;
	}
	remember(s);
	return true;
}

static void fold(struct screen *s, int key)
{
	struct top_track *tr = s->at < s->top->n_rows ? &s->top->track[s->top->row[s->at]] : NULL;

	if (tr && s->top->tree)
		tr->folded = key == ' ' ? !tr->folded : key == KEY_LEFT;
}

static bool sort_by(struct screen *s, int key)
{
	static const char keys[] = "cmipwn";
	const char *found = key > 0 && key < 256 ? strchr(keys, key) : NULL;

	if (key == 's')
		s->top->key = (enum top_key)((s->top->key + 1) % TOP_KEYS);
	else if (found)
		s->top->key = (enum top_key)(found - keys);
	return key == 's' || found;
}

static void command(struct screen *s, int key)
{
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		if (key == actions[i].key && chosen(s)) {
			s->asked = &actions[i];
			return;
		}
	switch (key) {
	case 'q': case 3: s->quit = true; break;
	case 'h': case '?': s->help = true; break;
	case 't': s->top->tree = !s->top->tree; break;
	case 'a': s->top->all = !s->top->all; break;
	case '/': s->typing = true; break;
	case ' ': case KEY_LEFT: case KEY_RIGHT: fold(s, key); break;
	case '+': s->top->delay_ms += s->top->delay_ms < 60000 ? 500 : 0; break;
	case '-': s->top->delay_ms -= s->top->delay_ms > 500 ? 500 : 0; break;
	default: break;
	}
}

static void on_key(struct screen *s, int key)
{
	if (key == KEY_RESIZE)
		return;
	s->message[0] = '\0';
	if (s->help)
		s->help = false;
	else if (s->asked && (key == 'y' || key == 'Y'))
		act(s);
	else if (s->asked)
		s->asked = NULL;
	else if (s->typing)
		type(s, key);
	else if (!move_to(s, key) && !sort_by(s, key))
		command(s, key);
}

/* Until a key, a signal or the time of the next refresh, in microseconds. */
static void wait_until(long long when)
{
	long long left = when - top_now();

	(void)tool_sleep(STDIN_FILENO, left > 0 ? (left + 999) / 1000 : 0);
}

static int follow(struct screen *s)
{
	long long next = 0;
	int rc = 0, key;

	while (rc >= 0 && !s->quit && !ended) {
		if (top_now() >= next || !s->top->next_list) {
			rc = top_refresh(s->top);
			next = top_now() + s->top->delay_ms * 1000LL;
		}
		if (rc >= 0)
			rc = arrange(s);
		if (rc < 0)
			break;
		draw(s);
		wait_until(next);
		while ((key = getch()) != ERR && !s->quit)
			on_key(s, key);
		/* A terminal that hung up is always readable: the loop would not sleep. */
		if (!isatty(STDIN_FILENO))
			break;
	}
	return rc;
}

int top_screen(struct top *top)
{
	const struct sigaction sa = { .sa_handler = on_signal };
	struct screen s = { .top = top };
	SCREEN *term;
	int rc;

	setlocale(LC_CTYPE, "");
	term = newterm(NULL, stdout, stdin);
	if (!term)
		return err_set(top->t->e, -EOPNOTSUPP, "top: this terminal is unknown; --batch "
			       "prints lines");
	sigaction(SIGHUP, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGQUIT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	raw();
	noecho();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(50);
	curs_set(0);
	rc = follow(&s);
	endwin();
	delscreen(term);
	free(s.chosen);
	return rc;
}

#else

#include "banned.h"

int top_screen(struct top *top)
{
	return err_set(top->t->e, -EOPNOTSUPP,
		       "top: this cgtool was built without ncurses; --batch prints lines");
}

#endif
