/* SPDX-License-Identifier: MIT */
/*
 * control_run.h - a control with routes of its own, a peer, and a loop that
 * takes one turn at a time by a clock of its own.  Include it once.
 */
#ifndef CONTROL_RUN_H
#define CONTROL_RUN_H

#include "control/control.h"

#include <assert.h>
#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "scratch.h"

#define GET(path)  "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"
#define LONG_BYTES (1024u * 1024u)

static struct scratch at;
static struct control control;
static int64_t now_ms;
static char control_path[256], status_path[256];

/* ---- routes ------------------------------------------------------------- */

static unsigned
on_hello(void *ctx, struct control_call *call)
{
	cr_assert_eq(ctx, &now_ms);
	buf_put_str(call->out, "hello");
	call->type = "text/plain";
	return 200;
}

static unsigned
on_echo(void *ctx, struct control_call *call)
{
	(void)ctx;
	buf_put_str(call->out, call->arg[0]);
	buf_put_byte(call->out, '|');
	buf_put_str(call->out, call->arg[1]);
	buf_put_byte(call->out, '|');
	buf_put(call->out, span_sub(call->body, 0, 4000));
	buf_put_byte(call->out, '|');
	buf_put_u64(call->out, call->body.n);
	return 201;
}

static enum control_more
more_of_it(void *ctx, uint64_t *state, struct buf *out)
{
	(void)ctx;
	if (*state >= LONG_BYTES)
		return CONTROL_END;
	while (out->n < out->cap && *state < LONG_BYTES)
		buf_put_byte(out, (uint8_t)('a' + (*state)++ % 26));
	return CONTROL_PIECE;
}

static unsigned
on_long(void *ctx, struct control_call *call)
{
	(void)ctx;
	call->more = more_of_it;
	return 200;
}

static unsigned
on_too_much(void *ctx, struct control_call *call)
{
	(void)ctx;
	for (unsigned i = 0; i <= CONTROL_PIECE_MAX_BYTES; i++)
		buf_put_byte(call->out, 'x');
	return 200;
}

/* Says a number whenever there is one to say. */
static int news, ended;
static bool floods; /* there is always more */

static enum control_more
more_news(void *ctx, uint64_t *state, struct buf *out)
{
	(void)ctx;
	while (floods && out->n < out->cap)
		buf_put_byte(out, 'x');
	if (floods)
		return CONTROL_PIECE;
	if (news == 0)
		return CONTROL_LATER;
	if (news < 0)
		return CONTROL_END;
	*state += (uint64_t)news;
	buf_put_u64(out, *state);
	news = 0;
	return CONTROL_PIECE;
}

static void
on_end(void *ctx, uint64_t state)
{
	(void)ctx;
	ended += (int)state;
}

static unsigned
on_news(void *ctx, struct control_call *call)
{
	(void)ctx;
	call->more = more_news;
	call->state = 100;
	call->ended = on_end;
	strcpy(call->etag, "\"7\"");
	return 200;
}

static const struct control_route ROUTES[] = {
	{ CONTROL_GET, true, "/news", on_news },
	{ CONTROL_GET, true, "/hello", on_hello },
	{ CONTROL_GET, true, "/", on_hello },
	{ CONTROL_GET, false, "/long", on_long },
	{ CONTROL_GET, false, "/too/much", on_too_much },
	{ CONTROL_PUT, false, "/echo/*/to/*", on_echo },
	{ CONTROL_POST, false, "/hello", on_echo },
};

/* ---- a peer ------------------------------------------------------------- */

static enum st
open_control(void)
{
	struct control_settings settings = {
		.path = control_path,
		.status_path = status_path,
		.routes = ROUTES,
		.route_count = sizeof ROUTES / sizeof ROUTES[0],
		.ctx = &now_ms,
	};

	return control_open(&control, &settings);
}

static void
begin(void)
{
	scratch_make(&at);
	snprintf(control_path, sizeof control_path, "%s/run/control", at.dir);
	snprintf(status_path, sizeof status_path, "%s/run/status", at.dir);
	now_ms = 1000000;
	cr_assert_eq(open_control(), ST_OK);
}

static void
finish(void)
{
	control_close(&control);
	scratch_remove(&at);
}

static int
dial(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert(fd >= 0 && strlen(path) < sizeof address.sun_path);
	strcpy(address.sun_path, path);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	close(fd);
	return -1;
}

/* One turn of the loop, without waiting. */
static void
turn(void)
{
	struct watch_list w = { .n = 0 };
	struct pollfd p[WATCH_MAX_COUNT];

	control_watch(&control, &w);
	for (size_t i = 0; i < w.n; i++)
		p[i] = (struct pollfd){ w.at[i].fd,
			w.at[i].write ? POLLOUT : POLLIN, 0 };
	cr_assert(poll(p, w.n, 0) >= 0);
	for (size_t i = 0; i < w.n; i++)
		w.at[i].ready = p[i].revents != 0;
	control_step(&control, &w, now_ms);
}

static void
say(int fd, const char *text)
{
	cr_assert_eq(
	    send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* All of an answer, until the connection is closed. */
static const char *
hear(int fd)
{
	static char text[2 * LONG_BYTES];
	size_t n = 0;

	for (int i = 0; i < 5000; i++) {
		ssize_t got = recv(fd, text + n, sizeof text - 1 - n, 0);

		if (got == 0 || (got < 0 && errno != EAGAIN))
			break;
		n += got > 0 ? (size_t)got : 0;
		turn();
	}
	text[n] = '\0';
	close(fd);
	return text;
}

static const char *
ask(const char *path, const char *request)
{
	int fd = dial(path);

	cr_assert(fd >= 0);
	say(fd, request);
	return hear(fd);
}

static void
has(const char *answer, const char *begins, const char *ends)
{
	size_t n = strlen(answer), m = strlen(ends);

	cr_assert(strncmp(answer, begins, strlen(begins)) == 0 && n >= m &&
		strcmp(answer + n - m, ends) == 0,
	    "%s", answer);
}

static unsigned
open_connections(void)
{
	unsigned n = 0;

	for (size_t i = 0; i < CONTROL_CONNECTION_MAX_COUNT; i++)
		n += control.connection[i].state != CONTROL_FREE;
	return n;
}

#endif
