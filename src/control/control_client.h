/* SPDX-License-Identifier: MIT */
/*
 * control_client.h - ask a daemon one question over a Unix socket.
 *
 * For commands: it waits.  The answer is one that control.c gives, and is
 * handed on while it arrives, so that it may have any length.
 */
#ifndef CONTROL_CONTROL_CLIENT_H
#define CONTROL_CONTROL_CLIENT_H

#include "base/limits.h"
#include "base/span.h"

/* What is asked, and what is done with the answer. */
struct control_question {
	const char *method;   /* "GET" */
	const char *target;   /* "/v1/status": percent-encoded */
	const char *if_match; /* NULL: none */
	struct span body;     /* with PUT and POST */
	uint32_t wait_ms;     /* longest silence; 0: CONTROL_CLIENT_WAIT_MS */
	/*
	 * Gets the body piece by piece, without the chunks around it; false:
	 * enough.  NULL: nobody wants it.
	 */
	bool (*take)(void *ctx, unsigned status, struct span piece);
	void *ctx;
};

struct control_reply {
	unsigned status;                   /* 200 … */
	char etag[CONTROL_ETAG_MAX_BYTES]; /* "" when there was none */
};

/*
 * control_client_ask - put a question and read the answer to its end.
 *
 * path     of the socket
 * reply    set as soon as the head is there, before `take` is called
 * returns  ST_OK        all of the answer was taken
 *          ST_AGAIN     `take` had enough
 *          ST_NOT_FOUND nobody listens there
 *          ST_DENIED    the socket's mode keeps us out
 *          ST_TIMEOUT   silence for wait_ms
 *          ST_MALFORM   it is no whole answer
 *          ST_FULL      the question is too long
 *          ST_IO
 *          In the last four `take` may have got a part of it.
 */
enum st control_client_ask(const char *path, const struct control_question *q,
    struct control_reply *reply) MUST_CHECK;

/*
 * control_client_get - GET a target whose answer has a known limit.
 *
 * body     what is answered is appended
 * returns  as control_client_ask; ST_FULL it is longer than `body`.  Unless
 *          ST_OK `body` is as it was.
 */
enum st control_client_get(const char *path, const char *target,
    struct buf *body, unsigned *status) MUST_CHECK;

#endif
