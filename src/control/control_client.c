/* SPDX-License-Identifier: MIT */
/*
 * The answer goes through one buffer: its head is read as a whole, then each
 * line of a chunk's length, then the chunk as it arrives.
 */
#include "control/control_client.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

struct reader {
	int fd;
	uint8_t bytes[CONTROL_CLIENT_BUFFER_BYTES];
	size_t from, to; /* what has arrived and is not used yet */
};

/* How the body ends; a peer for whom there is no place gets none. */
enum framing { UNKNOWN, CHUNKED, EMPTY };

/* ---- the question ------------------------------------------------------- */

/* A connected socket whose calls give up in time. */
static enum st
dial(const char *path, uint32_t wait_ms, int *fd)
{
	struct timeval wait = {
		.tv_sec = wait_ms / 1000,
		.tv_usec = (suseconds_t)(wait_ms % 1000) * 1000,
	};
	struct sockaddr_un address;

	memset(&address, 0, sizeof address);
	address.sun_family = AF_UNIX;
	if (span_to_str(span_str(path), address.sun_path,
		sizeof address.sun_path) != ST_OK)
		return ST_NOT_FOUND;
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		return ST_IO;
	if (setsockopt(*fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == 0 &&
	    setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) == 0 &&
	    connect(*fd, (const struct sockaddr *)&address, sizeof address) ==
		0)
		return ST_OK;
	close(*fd);
	if (errno == EACCES)
		return ST_DENIED;
	return errno == ENOENT || errno == ECONNREFUSED ? ST_NOT_FOUND : ST_IO;
}

static enum st
send_all(int fd, struct span rest)
{
	struct span sent;

	while (rest.n != 0) {
		ssize_t n = send(fd, rest.p, rest.n, MSG_NOSIGNAL);

		if (n <= 0 || !span_take(&rest, (size_t)n, &sent))
			return ST_IO;
	}
	return ST_OK;
}

/* A daemon that refuses the body answers and closes before it has all of it:
 * what it says is still there to be read. */
static enum st
send_question(int fd, const struct control_question *q)
{
	char text[512];
	struct buf b = BUF_OVER(text);
	enum st st;

	buf_put_str(&b, q->method);
	buf_put_byte(&b, ' ');
	buf_put_str(&b, q->target);
	buf_put_str(&b, " HTTP/1.1\r\nHost: localhost\r\n");
	if (q->if_match != NULL) {
		buf_put_str(&b, "If-Match: ");
		buf_put_str(&b, q->if_match);
		buf_put_str(&b, "\r\n");
	}
	if (q->body.n != 0) {
		buf_put_str(&b, "Content-Length: ");
		buf_put_u64(&b, q->body.n);
		buf_put_str(&b, "\r\n");
	}
	buf_put_str(&b, "\r\n");
	if (b.cut)
		return ST_FULL;
	st = send_all(fd, span_of(&b));
	if (st == ST_OK && send_all(fd, q->body) != ST_OK && errno != EPIPE)
		st = ST_IO;
	return st;
}

/* ---- the answer --------------------------------------------------------- */

/* More bytes behind those that are there.  ST_NOT_FOUND: that was all. */
static enum st
receive(struct reader *r)
{
	ssize_t n;

	if (r->from != 0) {
		memmove(r->bytes, r->bytes + r->from, r->to - r->from);
		r->to -= r->from;
		r->from = 0;
	}
	if (r->to == sizeof r->bytes)
		return ST_MALFORM; /* a line that has no end */
	n = recv(r->fd, r->bytes + r->to, sizeof r->bytes - r->to, 0);
	if (n == 0)
		return ST_NOT_FOUND;
	if (n < 0)
		return errno == EAGAIN ? ST_TIMEOUT : ST_IO;
	r->to += (size_t)n;
	return ST_OK;
}

/* The next line, without its end; valid until the next call. */
static enum st
take_line(struct reader *r, struct span *line)
{
	for (;;) {
		struct span have = { r->bytes + r->from, r->to - r->from };
		size_t n = span_find_byte(have, '\n');
		enum st st;

		if (n != SIZE_MAX) {
			r->from += n + 1;
			*line = span_sub(have, 0, n);
			if (n == 0 || line->p[--line->n] != '\r')
				return ST_MALFORM;
			return ST_OK;
		}
		st = receive(r);
		if (st != ST_OK)
			return st == ST_NOT_FOUND ? ST_MALFORM : st;
	}
}

static enum st
take_status(struct reader *r, struct control_reply *reply)
{
	struct span line, part;
	uint64_t code;
	enum st st = take_line(r, &line);

	if (st != ST_OK)
		return st;
	if (!span_take(&line, sizeof "HTTP/1.1 " - 1, &part) ||
	    !span_eq(part, SPAN_LIT("HTTP/1.1 ")) ||
	    !span_take(&line, 3, &part) || span_to_u64(part, &code) != ST_OK)
		return ST_MALFORM;
	reply->status = (unsigned)code;
	return ST_OK;
}

/* "HTTP/1.1 200 OK", fields, empty line. */
static enum st
take_head(struct reader *r, struct control_reply *reply, enum framing *framing)
{
	struct span line;
	enum st st = take_status(r, reply);

	*framing = UNKNOWN;
	reply->etag[0] = '\0';
	while (st == ST_OK) {
		st = take_line(r, &line);
		if (st != ST_OK || line.n == 0)
			break;
		if (span_eq(line, SPAN_LIT("Transfer-Encoding: chunked")))
			*framing = CHUNKED;
		if (span_eq(line, SPAN_LIT("Content-Length: 0")))
			*framing = EMPTY;
		if (span_has_prefix(line, SPAN_LIT("ETag: ")))
			st = span_to_str(span_sub(line, 6, SIZE_MAX),
			    reply->etag, sizeof reply->etag);
	}
	return st;
}

/* The length of a chunk: hexadecimal, at most four digits. */
static enum st
take_size(struct reader *r, size_t *size)
{
	struct span line;
	enum st st = take_line(r, &line);

	*size = 0;
	if (st != ST_OK)
		return st;
	if (line.n < 1 || line.n > 4)
		return ST_MALFORM;
	for (size_t i = 0; i < line.n; i++) {
		size_t digit = span_find_byte(
		    SPAN_LIT("0123456789abcdef"), line.p[i]);

		if (digit == SIZE_MAX)
			return ST_MALFORM;
		*size = *size * 16 + digit;
	}
	return ST_OK;
}

static enum st
take_chunk(struct reader *r, size_t size, const struct control_question *q,
    unsigned status)
{
	while (size != 0) {
		struct span have = { r->bytes + r->from, r->to - r->from };
		enum st st;

		have = span_sub(have, 0, size);
		if (have.n != 0) {
			r->from += have.n;
			size -= have.n;
			if (q->take != NULL && !q->take(q->ctx, status, have))
				return ST_AGAIN;
			continue;
		}
		st = receive(r);
		if (st != ST_OK)
			return st == ST_NOT_FOUND ? ST_MALFORM : st;
	}
	return ST_OK;
}

static enum st
take_body(struct reader *r, const struct control_question *q, unsigned status)
{
	size_t size = 1;
	enum st st = ST_OK;

	while (st == ST_OK && size != 0) {
		struct span line;

		st = take_size(r, &size);
		if (st == ST_OK)
			st = take_chunk(r, size, q, status);
		if (st == ST_OK)
			st = take_line(r, &line);
		if (st == ST_OK && line.n != 0)
			st = ST_MALFORM;
	}
	return st;
}

enum st
control_client_ask(const char *path, const struct control_question *q,
    struct control_reply *reply)
{
	struct reader r = { .from = 0, .to = 0 };
	enum framing framing = UNKNOWN;
	enum st st = dial(
	    path, q->wait_ms != 0 ? q->wait_ms : CONTROL_CLIENT_WAIT_MS, &r.fd);

	if (st != ST_OK)
		return st;
	st = send_question(r.fd, q);
	if (st == ST_OK)
		st = take_head(&r, reply, &framing);
	if (st == ST_OK && framing == UNKNOWN)
		st = ST_MALFORM;
	if (st == ST_OK && framing == CHUNKED)
		st = take_body(&r, q, reply->status);
	close(r.fd);
	return st;
}

/* ---- into a buffer ------------------------------------------------------ */

static bool
append(void *ctx, unsigned status, struct span piece)
{
	struct buf *b = ctx;

	(void)status;
	buf_put(b, piece);
	return !b->cut;
}

enum st
control_client_get(
    const char *path, const char *target, struct buf *body, unsigned *status)
{
	size_t start = body->n;
	bool was_cut = body->cut;
	struct control_reply reply = { .status = 0 };
	struct control_question q = {
		.method = "GET",
		.target = target,
		.take = append,
		.ctx = body,
	};
	enum st st = control_client_ask(path, &q, &reply);

	*status = reply.status;
	if (st == ST_AGAIN)
		st = ST_FULL;
	if (st != ST_OK) {
		buf_rewind(body, start);
		body->cut = was_cut;
	}
	return st;
}
