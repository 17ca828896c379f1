/* SPDX-License-Identifier: MIT */
/*
 * Which handler, and how its answer looks on the wire: in chunks (RFC 9112,
 * 7.1), since a long one is made while it is sent, and each connection is
 * closed behind it.
 */
#include <assert.h>

#include "control/control_priv.h"
#include "json/json.h"

static const struct {
	unsigned status;
	const char *text;
} REASONS[] = {
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 400, "Bad Request" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 412, "Precondition Failed" },
	{ 413, "Content Too Large" },
	{ 415, "Unsupported Media Type" },
	{ 417, "Expectation Failed" },
	{ 422, "Unprocessable Content" },
	{ 428, "Precondition Required" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 503, "Service Unavailable" },
	{ 505, "HTTP Version Not Supported" },
};

static const char *
reason_of(unsigned status)
{
	for (size_t i = 0; i < sizeof REASONS / sizeof REASONS[0]; i++)
		if (REASONS[i].status == status)
			return REASONS[i].text;
	return "Unknown";
}

void
control_answer_head(
    struct buf *b, unsigned status, const struct control_call *call)
{
	buf_put_str(b, "HTTP/1.1 ");
	buf_put_u64(b, status);
	buf_put_byte(b, ' ');
	buf_put_str(b, reason_of(status));
	buf_put_str(b, "\r\nContent-Type: ");
	buf_put_str(b, call->type == NULL ? "application/json" : call->type);
	if (call->etag[0] != '\0') {
		buf_put_str(b, "\r\nETag: ");
		buf_put_str(b, call->etag);
	}
	buf_put_str(b,
	    "\r\nTransfer-Encoding: chunked\r\nConnection: close"
	    "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff"
	    "\r\n\r\n");
}

void
control_answer_chunk(struct buf *b, struct span data)
{
	static const char DIGITS[] = "0123456789abcdef";

	for (int shift = 12; shift >= 0 && data.n != 0; shift -= 4)
		buf_put_byte(b, (uint8_t)DIGITS[data.n >> shift & 15]);
	if (data.n == 0)
		buf_put_byte(b, '0');
	buf_put_str(b, "\r\n");
	buf_put(b, data);
	buf_put_str(b, "\r\n");
}

unsigned
control_error(struct control_call *call, unsigned status, const char *code,
    const char *message, const char *setting)
{
	struct json_out o = { .b = call->out };

	buf_reset(call->out);
	call->more = NULL;
	call->ended = NULL;
	call->type = NULL;
	json_put_open(&o, '{');
	json_put_key(&o, "error");
	json_put_open(&o, '{');
	json_put_key(&o, "code");
	json_put_string(&o, span_str(code));
	json_put_key(&o, "message");
	json_put_string(&o, span_str(message));
	json_put_key(&o, "setting");
	json_put_string(&o, span_str(setting));
	json_put_close(&o, '}');
	json_put_close(&o, '}');
	return status;
}

/* ---- routes ------------------------------------------------------------- */

/* Does `path` match the pattern?  Its "*" go to call->arg. */
static bool
is_match(const char *pattern, struct span path, struct control_call *call)
{
	struct span rest = span_str(pattern), part;
	size_t args = 0;

	(void)span_take(&rest, 1, &part); /* the first "/" */
	while (span_split(&rest, '/', &part)) {
		char room[CONTROL_ARG_MAX_BYTES];
		struct buf text = BUF_OVER(room);

		if (!control_request_segment(&path, &text))
			return part.n == 0 && span_eq(path, SPAN_LIT("/"));
		if (!span_eq(part, SPAN_LIT("*"))) {
			if (!span_eq(part, span_of(&text)))
				return false;
			continue;
		}
		assert(args < CONTROL_ARG_MAX_COUNT);
		if (span_to_str(span_of(&text), call->arg[args++],
			CONTROL_ARG_MAX_BYTES) != ST_OK)
			return false;
	}
	return path.n == 0;
}

unsigned
control_answer_route(struct control *c, const struct control_connection *conn,
    struct control_call *call)
{
	const struct control_settings *s = &c->settings;
	bool known = false;
	unsigned refused = 0;

	if (!conn->is_public && s->admit != NULL)
		refused = s->admit(s->ctx, call);
	if (refused != 0)
		return refused;
	for (size_t i = 0; i < s->route_count; i++) {
		const struct control_route *route = &s->routes[i];

		if ((conn->is_public && !route->is_public) ||
		    !is_match(route->path, call->request->path, call))
			continue;
		if (route->method == call->request->method)
			return route->handler(s->ctx, call);
		known = true;
	}
	if (known)
		return control_error(call, 405, "method_not_allowed",
		    "This path has no such method.", "");
	return control_error(
	    call, 404, "not_found", "There is nothing at this path.", "");
}
