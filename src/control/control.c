/* SPDX-License-Identifier: MIT */
/*
 * A connection's buffer holds the head until the handler has run, and from
 * then on what is to be sent; the body has a buffer of its own, which one
 * connection at a time may fill.
 */
#define _GNU_SOURCE /* accept4 */

#include "control/control.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/control_priv.h"

static_assert(CONTROL_BUFFER_BYTES >= CONTROL_HEAD_MAX_BYTES,
    "a head fits a connection's buffer");
static_assert(CONTROL_PIECE_MAX_BYTES <= 0xffff,
    "a chunk's length has at most four digits");

enum { ADMIN, PUBLIC };

/* ---- open and close ----------------------------------------------------- */

enum st
control_open(struct control *c, const struct control_settings *settings)
{
	struct stat about;
	enum st st = ST_OK;

	c->settings = *settings;
	c->fd[ADMIN] = c->fd[PUBLIC] = -1;
	c->body_owner = NULL;
	c->refused = 0;
	for (size_t i = 0; i < CONTROL_CONNECTION_MAX_COUNT; i++) {
		c->connection[i].state = CONTROL_FREE;
		c->connection[i].buffer = c->buffer[i];
	}
	if (settings->path != NULL)
		st = control_socket_listen(settings->path, 0660, &c->fd[ADMIN]);
	if (st == ST_OK && settings->path != NULL) {
		if (stat(settings->path, &about) == 0)
			c->gid = about.st_gid;
		else
			st = ST_IO;
	}
	if (st == ST_OK && settings->status_path != NULL)
		st = control_socket_listen(
		    settings->status_path, 0666, &c->fd[PUBLIC]);
	if (st != ST_OK)
		control_close(c);
	return st;
}

/* A body may hold a secret. */
static void
give_body(struct control *c, const struct control_connection *conn)
{
	if (c->body_owner != conn)
		return;
	wipe(c->body, c->body_n);
	c->body_owner = NULL;
}

static void
end(struct control *c, struct control_connection *conn)
{
	give_body(c, conn);
	wipe(conn->buffer, CONTROL_BUFFER_BYTES);
	close(conn->fd);
	conn->state = CONTROL_FREE;
	if (conn->ended != NULL)
		conn->ended(c->settings.ctx, conn->more_state);
}

void
control_close(struct control *c)
{
	const char *path[2] = { c->settings.path, c->settings.status_path };

	for (size_t i = 0; i < CONTROL_CONNECTION_MAX_COUNT; i++)
		if (c->connection[i].state != CONTROL_FREE)
			end(c, &c->connection[i]);
	for (size_t i = 0; i < 2; i++) {
		if (c->fd[i] < 0)
			continue;
		close(c->fd[i]);
		(void)unlink(path[i]);
		c->fd[i] = -1;
	}
}

/* ---- waiting ------------------------------------------------------------ */

void
control_watch(struct control *c, struct watch_list *w)
{
	for (size_t i = 0; i < 2; i++)
		c->watch[i] = watch_add(w, c->fd[i], false);
	for (size_t i = 0; i < CONTROL_CONNECTION_MAX_COUNT; i++) {
		struct control_connection *conn = &c->connection[i];

		conn->watch = conn->state == CONTROL_FREE ?
		    SIZE_MAX :
		    watch_add(w, conn->fd, conn->state == CONTROL_ANSWERING);
	}
}

/* When a connection has to be done. */
static int64_t
deadline_ms(const struct control_connection *conn)
{
	int64_t stalled = conn->moved_ms + CONTROL_STALL_MS;
	int64_t whole = conn->begun_ms + CONTROL_ANSWER_MS;

	if (conn->state == CONTROL_WAITING)
		return INT64_MAX;
	if (conn->state != CONTROL_ANSWERING)
		return conn->begun_ms + CONTROL_REQUEST_MS;
	return stalled < whole || conn->has_waited ? stalled : whole;
}

uint32_t
control_wait_ms(const struct control *c, int64_t now_ms, uint32_t most)
{
	for (size_t i = 0; i < CONTROL_CONNECTION_MAX_COUNT; i++) {
		const struct control_connection *conn = &c->connection[i];
		int64_t left;

		if (conn->state == CONTROL_FREE ||
		    conn->state == CONTROL_WAITING)
			continue;
		left = deadline_ms(conn) - now_ms;
		if (left >= most)
			continue;
		most = left < 0 ? 0 : (uint32_t)left;
	}
	return most;
}

/* ---- answering ---------------------------------------------------------- */

/* Send what the kernel takes.  False: the connection is over. */
static bool
flush(struct control_connection *conn, int64_t now_ms)
{
	while (conn->sent < conn->n) {
		ssize_t n = send(conn->fd, conn->buffer + conn->sent,
		    conn->n - conn->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return true;
		if (n <= 0)
			return false;
		conn->sent += (size_t)n;
		conn->moved_ms = now_ms;
	}
	return true;
}

/* The next piece into the buffer; the last one ends the body. */
static bool
refill(struct control *c, struct control_connection *conn)
{
	struct buf piece = BUF_OVER(c->piece);
	struct buf b = { conn->buffer, 0, CONTROL_BUFFER_BYTES, false };

	assert(conn->more != NULL); /* else the end was sent with the last */
	switch (conn->more(c->settings.ctx, &conn->more_state, &piece)) {
	case CONTROL_LATER:
		conn->state = CONTROL_WAITING;
		conn->has_waited = true;
		return piece.n == 0; /* else a handler of ours is wrong */
	case CONTROL_END:
		conn->more = NULL;
		buf_reset(&piece);
		break;
	case CONTROL_PIECE:
		if (piece.cut || piece.n == 0)
			return false; /* likewise: too much, or nothing */
		break;
	}
	control_answer_chunk(&b, span_of(&piece));
	conn->n = b.n;
	conn->sent = 0;
	return !b.cut;
}

/* One buffer a step: a long answer does not keep the loop. */
static void
go_on_answering(
    struct control *c, struct control_connection *conn, int64_t now_ms)
{
	bool is_empty = conn->sent == conn->n;

	if ((is_empty && !refill(c, conn)) || !flush(conn, now_ms))
		end(c, conn);
	else if (conn->sent == conn->n && conn->more == NULL)
		end(c, conn);
}

/* The time limits begin again with what it has to say.  A peer that goes, or
 * sends more than its one request, is not answered any more. */
static void
ask_again(struct control *c, struct control_connection *conn, bool is_ready,
    int64_t now_ms)
{
	if (is_ready) {
		end(c, conn);
		return;
	}
	conn->state = CONTROL_ANSWERING;
	conn->begun_ms = conn->moved_ms = now_ms;
	go_on_answering(c, conn, now_ms);
}

/* Put an answer whose first piece is in c->piece into the buffer. */
static void
begin_answer(struct control *c, struct control_connection *conn,
    const struct control_call *call, unsigned status, int64_t now_ms)
{
	struct buf b = { conn->buffer, 0, CONTROL_BUFFER_BYTES, false };

	control_answer_head(&b, status, call);
	if (call->out->n != 0)
		control_answer_chunk(&b, span_of(call->out));
	if (call->more == NULL)
		control_answer_chunk(&b, SPAN_NONE);
	conn->more = call->more;
	conn->has_waited = false;
	conn->more_state = call->state;
	conn->ended = call->more == NULL ? NULL : call->ended;
	conn->n = b.n;
	conn->sent = 0;
	conn->state = CONTROL_ANSWERING;
	conn->begun_ms = conn->moved_ms = now_ms;
	if (b.cut || call->out->cut)
		end(c, conn); /* a handler of ours made too much */
	else
		go_on_answering(c, conn, now_ms);
}

static void
refuse(struct control *c, struct control_connection *conn, unsigned status,
    const char *code, const char *message, int64_t now_ms)
{
	struct buf out = BUF_OVER(c->piece);
	struct control_call call = { .out = &out };

	/* Closing with bytes unread would reset the connection, and the answer
	 * might not be read. */
	(void)recv(conn->fd, c->piece, sizeof c->piece, MSG_DONTWAIT);
	wipe(c->piece, sizeof c->piece); /* it may have been a secret */
	status = control_error(&call, status, code, message, "");
	begin_answer(c, conn, &call, status, now_ms);
}

static void
dispatch(struct control *c, struct control_connection *conn, int64_t now_ms)
{
	struct buf out = BUF_OVER(c->piece);
	struct control_call call = {
		.request = &conn->request,
		.uid = conn->uid,
		.out = &out,
	};
	unsigned status;

	if (conn->request.body_bytes != 0)
		call.body = (struct span){ c->body, c->body_n };
	status = control_answer_route(c, conn, &call);
	give_body(c, conn);
	begin_answer(c, conn, &call, status, now_ms);
}

/* ---- reading ------------------------------------------------------------ */

static const char *
why(unsigned status)
{
	switch (status) {
	case 413:
		return "The body is longer than 64 KiB.";
	case 431:
		return "The head has too many or too long fields.";
	case 501:
		return "Unknown method, or a transfer coding.";
	case 505:
		return "Only HTTP/1.1 is spoken here.";
	default:
		return "This is not a request that is understood here.";
	}
}

/* The head is whole: what is behind it belongs to the body. */
static void
take_head(struct control *c, struct control_connection *conn, int64_t now_ms)
{
	unsigned status = control_request_parse(
	    (struct span){ conn->buffer, conn->head_n }, &conn->request);
	size_t extra = conn->n - conn->head_n;

	if (status == 200 && extra > conn->request.body_bytes)
		status = 400;
	if (status != 200) {
		refuse(c, conn, status, "bad_request", why(status), now_ms);
		return;
	}
	if (conn->request.body_bytes == 0) {
		dispatch(c, conn, now_ms);
		return;
	}
	if (c->body_owner != NULL) {
		refuse(c, conn, 503, "busy",
		    "Another request is being sent; try again.", now_ms);
		return;
	}
	c->body_owner = conn;
	c->body_n = extra;
	memcpy(c->body, conn->buffer + conn->head_n, extra);
	wipe(conn->buffer + conn->head_n, extra);
	conn->state = CONTROL_IN_BODY;
	if (extra == conn->request.body_bytes)
		dispatch(c, conn, now_ms);
	else if (conn->request.wants_continue)
		/* A peer that does not get it sends the body a little later. */
		(void)send(conn->fd, "HTTP/1.1 100 Continue\r\n\r\n", 25,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Bytes into p[0..room).  False: the connection is over. */
static bool
receive(struct control_connection *conn, uint8_t *p, size_t room, size_t *got)
{
	ssize_t n = recv(conn->fd, p, room, MSG_DONTWAIT);

	*got = n > 0 ? (size_t)n : 0;
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static void
go_on_reading(
    struct control *c, struct control_connection *conn, int64_t now_ms)
{
	bool in_head = conn->state == CONTROL_IN_HEAD;
	size_t seen = conn->n, got;
	bool open = in_head ? receive(conn, conn->buffer + conn->n,
				  CONTROL_HEAD_MAX_BYTES - conn->n, &got) :
			      receive(conn, c->body + c->body_n,
				  conn->request.body_bytes - c->body_n, &got);

	if (!open) {
		end(c, conn);
		return;
	}
	if (!in_head) {
		c->body_n += got;
		if (c->body_n == conn->request.body_bytes)
			dispatch(c, conn, now_ms);
		return;
	}
	conn->n += got;
	conn->head_n = control_request_head(
	    (struct span){ conn->buffer, conn->n }, seen);
	if (conn->head_n != 0)
		take_head(c, conn, now_ms);
	else if (conn->n == CONTROL_HEAD_MAX_BYTES)
		refuse(c, conn, 431, "bad_request", why(431), now_ms);
}

/* ---- accepting ---------------------------------------------------------- */

static struct control_connection *
free_place(struct control *c)
{
	for (size_t i = 0; i < CONTROL_CONNECTION_MAX_COUNT; i++)
		if (c->connection[i].state == CONTROL_FREE)
			return &c->connection[i];
	return NULL;
}

static const char
    FULL[] = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n"
	     "Connection: close\r\nRetry-After: 1\r\n\r\n";

static const char STRANGER[] = "HTTP/1.1 403 Forbidden\r\n"
			       "Content-Length: 0\r\nConnection: close\r\n"
			       "\r\n";

/* Nothing is read from those that cannot be served. */
static void
turn_away(int fd, const char *answer)
{
	struct span s = span_str(answer);

	(void)send(fd, s.p, s.n, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

static void
take_connection(struct control *c, int fd, bool is_public, int64_t now_ms)
{
	struct control_connection *conn = free_place(c);
	uid_t uid;
	bool is_allowed = control_socket_peer(fd, c->gid, &uid) || is_public;

	if (conn == NULL || !is_allowed) {
		turn_away(fd, is_allowed ? FULL : STRANGER);
		c->refused++;
		return;
	}
	conn->state = CONTROL_IN_HEAD;
	conn->fd = fd;
	conn->is_public = is_public;
	conn->uid = uid;
	conn->watch = SIZE_MAX;
	conn->begun_ms = conn->moved_ms = now_ms;
	conn->n = conn->head_n = conn->sent = 0;
	conn->more = NULL;
	conn->ended = NULL;
	go_on_reading(c, conn, now_ms);
}

static void
accept_some(struct control *c, size_t which, int64_t now_ms)
{
	for (unsigned i = 0; i < CONTROL_ACCEPT_MAX_COUNT; i++) {
		int fd = accept4(
		    c->fd[which], NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			return;
		take_connection(c, fd, which == PUBLIC, now_ms);
	}
}

/* ---- one step ----------------------------------------------------------- */

static void
give_up(struct control *c, struct control_connection *conn, int64_t now_ms)
{
	if (conn->state == CONTROL_ANSWERING)
		end(c, conn);
	else
		refuse(c, conn, 408, "too_slow",
		    "The request was not sent within 5 seconds.", now_ms);
}

void
control_step(struct control *c, const struct watch_list *w, int64_t now_ms)
{
	for (size_t i = 0; i < CONTROL_CONNECTION_MAX_COUNT; i++) {
		struct control_connection *conn = &c->connection[i];

		if (conn->state == CONTROL_FREE)
			continue;
		if (conn->state == CONTROL_WAITING)
			ask_again(
			    c, conn, watch_is_ready(w, conn->watch), now_ms);
		else if (deadline_ms(conn) <= now_ms)
			give_up(c, conn, now_ms);
		else if (!watch_is_ready(w, conn->watch))
			continue;
		else if (conn->state == CONTROL_ANSWERING)
			go_on_answering(c, conn, now_ms);
		else
			go_on_reading(c, conn, now_ms);
	}
	for (size_t i = 0; i < 2; i++)
		if (watch_is_ready(w, c->watch[i]))
			accept_some(c, i, now_ms);
}
