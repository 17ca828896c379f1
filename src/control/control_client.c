/* SPDX-License-Identifier: MIT */
/*
 * The whole answer is read, up to the end of the connection, into the caller's
 * buffer, and then its chunks are moved together in place.
 */
#include "control/control_client.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/limits.h"

/* A connected socket whose calls give up in time. */
static enum st
dial(const char *path, int *fd)
{
	static const struct timeval WAIT = {
		.tv_sec = CONTROL_CLIENT_WAIT_MS / 1000,
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
	if (setsockopt(*fd, SOL_SOCKET, SO_RCVTIMEO, &WAIT, sizeof WAIT) == 0 &&
	    setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO, &WAIT, sizeof WAIT) == 0 &&
	    connect(*fd, (const struct sockaddr *)&address, sizeof address) ==
		0)
		return ST_OK;
	close(*fd);
	if (errno == EACCES)
		return ST_DENIED;
	return errno == ENOENT || errno == ECONNREFUSED ? ST_NOT_FOUND : ST_IO;
}

static enum st
send_request(int fd, const char *target)
{
	char text[256];
	struct buf b = BUF_OVER(text);
	struct span rest, sent;

	buf_put_str(&b, "GET ");
	buf_put_str(&b, target);
	buf_put_str(&b, " HTTP/1.1\r\nHost: localhost\r\n\r\n");
	rest = span_of(&b);
	while (rest.n != 0 && !b.cut) {
		ssize_t n = send(fd, rest.p, rest.n, MSG_NOSIGNAL);

		if (n <= 0 || !span_take(&rest, (size_t)n, &sent))
			return ST_IO;
	}
	return b.cut ? ST_FULL : ST_OK;
}

static enum st
receive_all(int fd, struct buf *b)
{
	for (;;) {
		ssize_t n = recv(fd, b->p + b->n, b->cap - b->n, 0);

		if (n == 0)
			return b->n < b->cap ? ST_OK : ST_FULL;
		if (n < 0)
			return errno == EAGAIN ? ST_TIMEOUT : ST_IO;
		b->n += (size_t)n;
	}
}

/* ---- the answer --------------------------------------------------------- */

static bool
take_line(struct span *rest, struct span *line)
{
	if (!span_split(rest, '\n', line) || rest->p == NULL || line->n == 0 ||
	    line->p[line->n - 1] != '\r')
		return false;
	line->n--;
	return true;
}

/* "HTTP/1.1 200 OK", fields, empty line. */
static bool
take_head(struct span *rest, unsigned *status)
{
	struct span line, number;
	uint64_t code;

	if (!take_line(rest, &line) ||
	    !span_take(&line, sizeof "HTTP/1.1 " - 1, &number) ||
	    !span_eq(number, SPAN_LIT("HTTP/1.1 ")) ||
	    !span_take(&line, 3, &number) ||
	    span_to_u64(number, &code) != ST_OK)
		return false;
	*status = (unsigned)code;
	while (take_line(rest, &line))
		if (line.n == 0)
			return true;
	return false;
}

static bool
take_size(struct span *rest, size_t *size)
{
	struct span line;

	*size = 0;
	if (!take_line(rest, &line) || line.n < 1 || line.n > 4)
		return false;
	for (size_t i = 0; i < line.n; i++) {
		size_t digit = span_find_byte(
		    SPAN_LIT("0123456789abcdef"), line.p[i]);

		if (digit == SIZE_MAX)
			return false;
		*size = *size * 16 + digit;
	}
	return true;
}

/* Moves the chunks of `rest`, which lies in b, to b->p[start...]. */
static bool
join_chunks(struct buf *b, size_t start, struct span rest)
{
	struct span chunk, end;
	size_t size;

	buf_rewind(b, start);
	while (take_size(&rest, &size)) {
		if (!span_take(&rest, size, &chunk) ||
		    !span_take(&rest, 2, &end))
			return false;
		if (size == 0)
			return rest.n == 0;
		memmove(b->p + b->n, chunk.p, chunk.n);
		b->n += chunk.n;
	}
	return false;
}

enum st
control_client_get(
    const char *path, const char *target, struct buf *body, unsigned *status)
{
	size_t start = body->n;
	struct span rest;
	int fd;
	enum st st = dial(path, &fd);

	if (st != ST_OK)
		return st;
	st = send_request(fd, target);
	if (st == ST_OK)
		st = receive_all(fd, body);
	close(fd);
	rest = span_sub(span_of(body), start, SIZE_MAX);
	if (st == ST_OK &&
	    (!take_head(&rest, status) || !join_chunks(body, start, rest)))
		st = ST_MALFORM;
	if (st != ST_OK)
		buf_rewind(body, start);
	return st;
}
