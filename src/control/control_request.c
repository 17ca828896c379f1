/* SPDX-License-Identifier: MIT */
/*
 *	GET /v1/workunits?limit=5 HTTP/1.1 CR LF      request line
 *	Host: localhost CR LF                         fields
 *	CR LF                                         end of the head
 *
 * Lines are cut off at LF and must then end in CR; a CR or LF anywhere else is
 * a byte that no rule allows.  A field that matters may stand once: of two
 * lengths, hosts, users or versions a proxy might believe the other one.
 */
#include "control/control_request.h"

#include "base/limits.h"

static const struct span METHODS[CONTROL_METHOD_COUNT] = {
	[CONTROL_GET] = { (const uint8_t *)"GET", 3 },
	[CONTROL_PUT] = { (const uint8_t *)"PUT", 3 },
	[CONTROL_POST] = { (const uint8_t *)"POST", 4 },
	[CONTROL_DELETE] = { (const uint8_t *)"DELETE", 6 },
};

/* ---- bytes -------------------------------------------------------------- */

/* tchar of RFC 9110, 5.6.2. */
static bool
is_token_byte(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z') ||
	    span_find_byte(SPAN_LIT("!#$%&'*+-.^_`|~"), c) != SIZE_MAX;
}

static bool
is_token(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_token_byte(s.p[i]))
			return false;
	return s.n != 0;
}

/* field-content of RFC 9110, 5.5. */
static bool
is_field_text(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] < 0x20 && s.p[i] != '\t') || s.p[i] == 0x7f)
			return false;
	return true;
}

/* Visible ASCII: what a request target consists of. */
static bool
is_visible(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= 0x20 || s.p[i] >= 0x7f)
			return false;
	return true;
}

static int
hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* ---- the head ----------------------------------------------------------- */

size_t
control_request_head(struct span bytes, size_t seen)
{
	static const struct span END = { (const uint8_t *)"\r\n\r\n", 4 };
	size_t i = seen < END.n ? 0 : seen - END.n + 1;

	for (; i + END.n <= bytes.n; i++)
		if (span_eq(span_sub(bytes, i, END.n), END))
			return i + END.n;
	return 0;
}

/* The next line without its CR LF.  False when it does not end in them. */
static bool
take_line(struct span *head, struct span *line)
{
	size_t end = span_find_byte(*head, '\n');

	if (end == SIZE_MAX || end == 0 || head->p[end - 1] != '\r')
		return false;
	*line = span_sub(*head, 0, end - 1);
	*head = span_sub(*head, end + 1, SIZE_MAX);
	return true;
}

static unsigned
parse_request_line(struct span line, struct control_request *r)
{
	struct span method, target;
	size_t m = 0;

	if (!span_split(&line, ' ', &method) ||
	    !span_split(&line, ' ', &target) || line.p == NULL)
		return 400;
	if (!is_token(method) || target.n == 0 || target.p[0] != '/' ||
	    !is_visible(target) || line.n != sizeof "HTTP/1.1" - 1 ||
	    !span_has_prefix(line, SPAN_LIT("HTTP/")))
		return 400;
	if (!span_eq(line, SPAN_LIT("HTTP/1.1")))
		return 505;
	while (m < CONTROL_METHOD_COUNT && !span_eq(method, METHODS[m]))
		m++;
	if (m == CONTROL_METHOD_COUNT)
		return 501;
	r->method = (enum control_method)m;
	r->query = target;
	if (!span_split(&r->query, '?', &r->path))
		return 400;
	return 200;
}

/* ---- fields ------------------------------------------------------------- */

/* Fields that may stand once. */
enum field { HOST, LENGTH, MATCH, USER, EXPECT, FIELD_COUNT };

static const struct span FIELDS[FIELD_COUNT] = {
	[HOST] = { (const uint8_t *)"host", 4 },
	[LENGTH] = { (const uint8_t *)"content-length", 14 },
	[MATCH] = { (const uint8_t *)"if-match", 8 },
	[USER] = { (const uint8_t *)"x-remote-user", 13 },
	[EXPECT] = { (const uint8_t *)"expect", 6 },
};

static unsigned
keep_field(struct span name, struct span value, struct span found[FIELD_COUNT])
{
	if (span_eq_nocase(name, SPAN_LIT("transfer-encoding")))
		return 501;
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (!span_eq_nocase(name, FIELDS[i]))
			continue;
		if (found[i].p != NULL)
			return 400;
		found[i] = value;
	}
	return 200;
}

static unsigned
parse_fields(struct span head, struct span found[FIELD_COUNT])
{
	struct span line, name;
	unsigned count = 0, status = 200;

	while (status == 200) {
		if (!take_line(&head, &line))
			return 400;
		if (line.n == 0)
			return head.n == 0 ? 200 : 400;
		if (++count > CONTROL_FIELD_MAX_COUNT)
			return 431;
		if (!span_split(&line, ':', &name) || line.p == NULL ||
		    !is_token(name) || !is_field_text(line))
			return 400;
		status = keep_field(name, span_trim(line), found);
	}
	return status;
}

static unsigned
parse_length(struct span text, struct control_request *r)
{
	bool takes_body = r->method == CONTROL_PUT || r->method == CONTROL_POST;
	uint64_t n = 0;

	if (text.p != NULL && span_to_u64(text, &n) != ST_OK)
		return 400;
	if (n > CONTROL_BODY_MAX_BYTES)
		return 413;
	if (n != 0 && !takes_body)
		return 400;
	r->body_bytes = (uint32_t)n;
	return 200;
}

unsigned
control_request_parse(struct span head, struct control_request *r)
{
	struct span found[FIELD_COUNT] = { 0 };
	struct span line;
	unsigned status;

	*r = (struct control_request){ 0 };
	if (!take_line(&head, &line))
		return 400;
	status = parse_request_line(line, r);
	if (status == 200)
		status = parse_fields(head, found);
	if (status == 200 && found[HOST].p == NULL)
		status = 400;
	if (status == 200 && found[EXPECT].p != NULL &&
	    !span_eq_nocase(found[EXPECT], SPAN_LIT("100-continue")))
		status = 417;
	if (status == 200)
		status = parse_length(found[LENGTH], r);
	r->if_match = found[MATCH];
	r->user = found[USER];
	r->wants_continue = found[EXPECT].p != NULL && r->body_bytes != 0;
	return status;
}

/* ---- path and query ----------------------------------------------------- */

/* One decoded byte off *s; -1 when it is none that a name may have. */
static int
take_byte(struct span *s)
{
	struct span head;
	int high, low, c;

	if (!span_take(s, 1, &head))
		return -1;
	c = head.p[0];
	if (c == '%') {
		if (!span_take(s, 2, &head))
			return -1;
		high = hex_digit(head.p[0]);
		low = hex_digit(head.p[1]);
		c = high < 0 || low < 0 ? -1 : high * 16 + low;
	}
	return c < 0x20 || c == 0x7f || c == '/' ? -1 : c;
}

bool
control_request_segment(struct span *path, struct buf *text)
{
	struct span rest = *path, raw;
	size_t n;

	if (!span_take(&rest, 1, &raw) || raw.p[0] != '/' ||
	    !span_split(&rest, '/', &raw) || raw.n == 0)
		return false;
	n = raw.n + 1;
	while (raw.n != 0) {
		int c = take_byte(&raw);

		if (c < 0)
			return false;
		buf_put_byte(text, (uint8_t)c);
	}
	if (!text->cut)
		*path = span_sub(*path, n, SIZE_MAX);
	return !text->cut;
}

enum st
control_request_number(
    struct span query, struct span name, uint64_t fallback, uint64_t *value)
{
	struct span pair, key;
	bool found = false;

	*value = fallback;
	while (span_split(&query, '&', &pair)) {
		if (!span_split(&pair, '=', &key) || !span_eq(key, name))
			continue;
		if (found || span_to_u64(pair, value) != ST_OK)
			return ST_MALFORM;
		found = true;
	}
	return ST_OK;
}
