/* SPDX-License-Identifier: MIT */
/*
 * control_request.h - one HTTP/1.1 request from a Unix socket, read strictly.
 *
 * Sources: RFC 9112 (message syntax), RFC 9110 (fields, methods).  Stricter
 * than they ask for: CR LF ends each line and nothing else does, no folded
 * lines, no transfer coding, one request a connection, a body only with PUT
 * and POST.  What a browser, curl, a reverse proxy or Prometheus sends is
 * inside of that.
 *
 * Pure functions over the caller's bytes.
 */
#ifndef CONTROL_CONTROL_REQUEST_H
#define CONTROL_CONTROL_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

enum control_method {
	CONTROL_GET,
	CONTROL_PUT,
	CONTROL_POST,
	CONTROL_DELETE,
	CONTROL_METHOD_COUNT
};

/* All spans point into the head; absent fields are SPAN_NONE. */
struct control_request {
	enum control_method method;
	struct span path;  /* "/v1/status": still percent-encoded */
	struct span query; /* behind the "?" */
	struct span if_match;
	struct span user; /* X-Remote-User: set by a reverse proxy */
	uint32_t body_bytes;
	bool wants_continue; /* Expect: 100-continue */
};

/*
 * control_request_head - is the head complete?
 *
 * bytes    what has arrived
 * seen     bytes of it that were looked at before; 0 at first
 * returns  the head's length with the empty line that ends it; 0: not yet
 * cost     each byte is looked at once
 */
size_t control_request_head(struct span bytes, size_t seen);

/*
 * control_request_parse - the parts of a head.
 *
 * head     what control_request_head measured
 * returns  200, or the status to answer with, and then *r is not to be used:
 *          400  it is not a request, or says two things about its length, its
 *               host, its user or the version it matches
 *          413  the body is longer than CONTROL_BODY_MAX_BYTES
 *          417  it expects something else than 100-continue
 *          431  more than CONTROL_FIELD_MAX_COUNT fields
 *          501  an unknown method, or a transfer coding
 *          505  not HTTP/1.1
 */
unsigned control_request_parse(struct span head, struct control_request *r);

/*
 * control_request_segment - split the next segment off a path.
 *
 * path     "/v1/secrets/a%2Db"; what remains afterwards, absent at the end
 * text     empty, with room for the decoded segment
 * returns  false at the end, and for a segment that is malformed, empty, holds
 *          "/", a control byte or NUL, or does not fit.  Then *path is as it
 *          was, and text holds anything.
 */
bool control_request_segment(struct span *path, struct buf *text);

/*
 * control_request_number - the value of a query parameter.
 *
 * name     "limit", compared byte by byte
 * fallback what it is when the parameter is not there
 * returns  ST_OK; ST_MALFORM for a value that is no number, or given twice
 */
enum st control_request_number(struct span query, struct span name,
    uint64_t fallback, uint64_t *value) MUST_CHECK;

#endif
