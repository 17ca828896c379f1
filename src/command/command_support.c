/* SPDX-License-Identifier: MIT */
/*
 * support: a bundle for those who help, from the daemon; without one what there
 * is to see without it.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "command/command.h"
#include "command/command_hold.h"
#include "control/control_client.h"
#include "platform/file.h"

#define TARGET         "/v1/support"
#define WITH_INCIDENTS "with_incidents=1"

/* Not an exit code. */
#define NO_DAEMON (-1)

struct bundle {
	const char *path;
	bool with_incidents;
	int fd;
	enum st st; /* of writing */
};

/* ---- from the daemon ---------------------------------------------------- */

/* An error's text says no more than its status. */
static bool
take(void *ctx, unsigned status, struct span piece)
{
	struct bundle *b = ctx;

	if (status == 200)
		b->st = file_write_all(b->fd, piece);
	return b->st == ST_OK;
}

/* EXIT_DONE, NO_DAEMON, or a code; said. */
static int
ask_daemon(struct app *a, struct bundle *b)
{
	struct control_question q = {
		.method = "GET",
		.target = b->with_incidents ? TARGET "?" WITH_INCIDENTS :
					      TARGET,
		.take = take,
		.ctx = b,
	};
	struct control_reply reply = { 0 };
	enum st st = control_client_ask(a->control_path, &q, &reply);

	if (st == ST_OK && reply.status == 200)
		return EXIT_DONE;
	if (st == ST_NOT_FOUND)
		return NO_DAEMON;
	if (b->st != ST_OK) {
		app_say(b->path, ": cannot be written: ", strerror(errno));
		return EXIT_IO;
	}
	if (st == ST_DENIED || reply.status == 403) {
		app_say(a->control_path, ": only administrators may ask: ",
		    "run this as root or as the daemon's user "
		    "(control.socket)");
		return EXIT_REFUSED;
	}
	app_say(a->control_path, ": the daemon gave no bundle, try again: ",
	    st != ST_OK ? st_text(st) : "it is busy (control.socket)");
	return EXIT_TEMPORARY;
}

/* ---- without ------------------------------------------------------------ */

static const struct control_route *
find_route(const struct app *a)
{
	for (size_t i = 0; i < a->route_count; i++)
		if (strcmp(a->routes[i].path, TARGET) == 0)
			return &a->routes[i];
	return NULL;
}

/* The daemon's own handler, with what is here of its memory. */
static int
make_here(struct app *a, struct bundle *b)
{
	const struct control_route *route = find_route(a);
	struct control_request request = {
		.query = b->with_incidents ? SPAN_LIT(WITH_INCIDENTS) :
					     SPAN_NONE,
	};
	uint8_t room[CONTROL_PIECE_MAX_BYTES];
	struct buf out = BUF_OVER(room);
	struct control_call call = { .request = &request, .out = &out };
	enum st st = ST_OK;

	if (route == NULL || route->handler(a, &call) != 200)
		return EXIT_INTERNAL;
	do {
		st = file_write_all(b->fd, span_of(&out));
		buf_reset(&out);
	} while (
	    st == ST_OK && call.more(a, &call.state, &out) == CONTROL_PIECE);
	call.ended(a, call.state);
	if (st == ST_OK)
		return EXIT_DONE;
	app_say(b->path, ": cannot be written: ", strerror(errno));
	return EXIT_IO;
}

/* ---- the command -------------------------------------------------------- */

static int
fill(struct app *a, struct bundle *b)
{
	int code = command_hold(a, false);
	bool is_ours = code == EXIT_DONE;
	bool has_store = false;

	if (code == COMMAND_DAEMON)
		code = ask_daemon(a, b);
	else if (is_ours)
		code = NO_DAEMON;
	if (code != NO_DAEMON)
		return code;
	if (app_load_config(a) != EXIT_DONE)
		a->config->version = 0;
	else if (b->with_incidents)
		has_store = is_ours && app_open_store(a) == EXIT_DONE;
	code = make_here(a, b);
	if (has_store)
		store_close(&a->store);
	return code;
}

static bool
parse(const struct app *a, struct bundle *b)
{
	for (int i = 0; i < a->options.argc; i++) {
		const char *word = a->options.argv[i];

		if (strcmp(word, "--with-incidents") == 0)
			b->with_incidents = true;
		else if (b->path == NULL && word[0] != '-')
			b->path = word;
		else
			return false;
	}
	return b->path != NULL;
}

int
command_support(struct app *a)
{
	struct bundle b = { .fd = -1 };
	int code;

	if (!parse(a, &b)) {
		app_say("usage: ", "wf-sentinel support FILE ",
		    "[--with-incidents]");
		return EXIT_USAGE;
	}
	(void)uname(&a->machine);
	/* Nobody else's business, and nothing is written over. */
	b.fd = open(
	    b.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (b.fd < 0) {
		command_say_unmade(b.path);
		return EXIT_CREATE;
	}
	code = fill(a, &b);
	if (code == EXIT_DONE && fsync(b.fd) != 0) {
		app_say(b.path, ": cannot be written: ", strerror(errno));
		code = EXIT_IO;
	}
	close(b.fd);
	if (code != EXIT_DONE)
		(void)unlink(b.path);
	return code;
}
