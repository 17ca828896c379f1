/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "control/control_request.h"

#define END "\r\n\r\n"
#define GET "GET / HTTP/1.1\r\nHost: x"

static unsigned
parse(const char *text, struct control_request *r)
{
	struct span s = span_str(text);

	cr_assert_eq(control_request_head(s, 0), s.n, "%s", text);
	return control_request_parse(s, r);
}

static void
is(struct span s, const char *text)
{
	cr_assert(span_eq(s, span_str(text)), "%.*s is not %s", (int)s.n,
	    (const char *)s.p, text);
}

/* ---- the head ----------------------------------------------------------- */

Test(control_request, head_ends_at_the_first_empty_line_wherever_it_is_cut)
{
	struct span s = SPAN_LIT(GET END "body" END);
	size_t n = sizeof(GET END) - 1;

	for (size_t i = 0; i <= s.n; i++)
		for (size_t seen = 0; seen <= i && seen < n; seen++)
			cr_assert_eq(
			    control_request_head(span_sub(s, 0, i), seen),
			    i < n ? 0 : n, "%zu seen of %zu", seen, i);
}

Test(control_request, all_parts_are_read)
{
	struct control_request r;

	cr_assert_eq(parse("PUT /v1/config?a=1&b HTTP/1.1\r\n"
			   "HOST:localhost\r\n"
			   "if-Match: \t\"abc\" \r\n"
			   "X-Remote-User:admin\r\n"
			   "Content-Length: 65536\r\n"
			   "Expect: 100-Continue\r\n"
			   "X-Empty:\r\n"
			   "X-Latin: \xe9" END,
			 &r),
	    200);
	cr_assert_eq(r.method, CONTROL_PUT);
	is(r.path, "/v1/config");
	is(r.query, "a=1&b");
	is(r.if_match, "\"abc\"");
	is(r.user, "admin");
	cr_assert_eq(r.body_bytes, 65536);
	cr_assert(r.wants_continue);
}

Test(control_request, what_is_absent_is_absent)
{
	struct control_request r;

	cr_assert_eq(parse(GET END, &r), 200);
	cr_assert_eq(r.method, CONTROL_GET);
	is(r.path, "/");
	cr_assert_null(r.query.p);
	cr_assert_null(r.if_match.p);
	cr_assert_null(r.user.p);
	cr_assert_eq(r.body_bytes, 0);
	cr_assert(!r.wants_continue);
}

Test(control_request, an_empty_field_is_not_an_absent_one)
{
	struct control_request r;

	cr_assert_eq(
	    parse(GET "\r\nX-Remote-User:\r\nIf-Match: " END, &r), 200);
	cr_assert(r.user.p != NULL && r.user.n == 0);
	cr_assert(r.if_match.p != NULL && r.if_match.n == 0);
}

Test(control_request, each_method_is_known_and_others_are_not)
{
	static const char *const HEAD[] = {
		"GET / HTTP/1.1\r\nHost:" END,
		"PUT / HTTP/1.1\r\nHost:" END,
		"POST / HTTP/1.1\r\nHost:" END,
		"DELETE / HTTP/1.1\r\nHost:" END,
	};
	struct control_request r;

	for (unsigned i = 0; i < CONTROL_METHOD_COUNT; i++) {
		cr_assert_eq(parse(HEAD[i], &r), 200);
		cr_assert_eq(r.method, i);
	}
	cr_assert_eq(parse("get / HTTP/1.1\r\nHost:" END, &r), 501);
	cr_assert_eq(parse("HEAD / HTTP/1.1\r\nHost:" END, &r), 501);
	cr_assert_eq(parse("GETS / HTTP/1.1\r\nHost:" END, &r), 501);
}

/* ---- what is refused ---------------------------------------------------- */

Test(control_request, request_lines_that_are_none)
{
	static const char *const HEAD[] = {
		END,
		"GET" END,
		"GET /" END,
		"GET / " END,
		" GET / HTTP/1.1" END,
		"GET  / HTTP/1.1" END,
		"GET /  HTTP/1.1" END,
		"GET / HTTP/1.1 " END,
		"GET / HTTP/1.1x" END,
		"GET / http/1.1" END,
		"GET / ICAP/1.1" END,
		"GET / HTTP/" END,
		"GET v1 HTTP/1.1" END,
		"GET http://x/ HTTP/1.1" END,
		"GET * HTTP/1.1" END,
		"GET /\x7f HTTP/1.1" END,
		"GET /\xc3\xa9 HTTP/1.1" END,
		"GET /\t HTTP/1.1" END,
		"GE(T / HTTP/1.1" END,
		"G\x01T / HTTP/1.1" END,
		"GET\t/ HTTP/1.1" END,
		"GET /\r HTTP/1.1" END,
		"\r\nGET / HTTP/1.1\r\nHost: x" END,
		"GET / HTTP/1.1\nHost: x" END,
	};
	struct control_request r;

	for (size_t i = 0; i < sizeof HEAD / sizeof HEAD[0]; i++) {
		struct span s = span_str(HEAD[i]);

		cr_assert_eq(control_request_parse(s, &r), 400, "%s", HEAD[i]);
	}
	cr_assert_eq(parse("GET / HTTP/1.0\r\nHost: x" END, &r), 505);
	cr_assert_eq(parse("GET / HTTP/2.0\r\nHost: x" END, &r), 505);
}

Test(control_request, fields_that_are_none)
{
	static const char *const HEAD[] = {
		"GET / HTTP/1.1" END,
		GET "\r\nA" END,
		GET "\r\n:" END,
		GET "\r\nA : b" END,
		GET "\r\n A: b" END,
		GET "\r\n\tA: b" END,
		GET "\r\nA: b\r\n c" END,
		GET "\r\nA\x80: b" END,
		GET "\r\nA: \x01" END,
		GET "\r\nA: \x7f" END,
		GET "\r\nA: b\rc" END,
		GET "\r\nA: b\nB: c" END,
		GET "\r\nA: b\r\r" END,
		GET "\r\nA b: c" END,
	};
	struct control_request r;

	for (size_t i = 0; i < sizeof HEAD / sizeof HEAD[0]; i++)
		cr_assert_eq(parse(HEAD[i], &r), 400, "%s", HEAD[i]);
}

Test(control_request, a_nul_is_refused_everywhere)
{
	char head[] = "GET /a HTTP/1.1\r\nHost: x\r\nA: b" END;
	size_t n = sizeof head - 1;
	struct control_request r;

	for (size_t i = 0; i < n; i++) {
		char was = head[i];

		head[i] = '\0';
		cr_assert(control_request_parse(
			      (struct span){ (uint8_t *)head, n }, &r) != 200,
		    "%zu", i);
		head[i] = was;
	}
}

Test(control_request, what_matters_stands_once)
{
	static const char *const FIELD[] = { "Host: x", "Content-Length: 0",
		"If-Match: a", "X-Remote-User: a", "Expect: 100-continue" };
	struct control_request r;
	char head[256];

	for (size_t i = 0; i < 5; i++) {
		snprintf(head, sizeof head, "PUT / HTTP/1.1\r\n%s%s%s" END,
		    i == 0 ? "" : "Host: x\r\n", FIELD[i], "");
		cr_assert_eq(parse(head, &r), 200, "%s", head);
		snprintf(head, sizeof head, "PUT / HTTP/1.1\r\n%s%s\r\n%s" END,
		    i == 0 ? "" : "Host: x\r\n", FIELD[i], FIELD[i]);
		cr_assert_eq(parse(head, &r), 400, "%s", head);
	}
}

Test(control_request, lengths)
{
	static const struct {
		const char *head;
		unsigned status;
	} CASE[] = {
		{ "PUT / HTTP/1.1\r\nHost:\r\nContent-Length: 65537" END, 413 },
		{ "PUT / HTTP/1.1\r\nHost:\r\nContent-Length: -1" END, 400 },
		{ "PUT / HTTP/1.1\r\nHost:\r\nContent-Length: +1" END, 400 },
		{ "PUT / HTTP/1.1\r\nHost:\r\nContent-Length: 0x1" END, 400 },
		{ "PUT / HTTP/1.1\r\nHost:\r\nContent-Length: 1, 1" END, 400 },
		{ "PUT / HTTP/1.1\r\nHost:\r\nContent-Length: " END, 400 },
		{ "PUT / HTTP/1.1\r\nHost:\r\nContent-Length: "
		  "18446744073709551616" END,
		    400 },
		{ "PUT / HTTP/1.1\r\nHost:\r\nContent-Length: "
		  "18446744073709551615" END,
		    413 },
		{ "PUT / HTTP/1.1\r\nHost:\r\nTransfer-Encoding: chunked" END,
		    501 },
		{ "GET / HTTP/1.1\r\nHost:\r\nTransfer-Encoding: identity" END,
		    501 },
		{ "GET / HTTP/1.1\r\nHost:\r\nContent-Length: 1" END, 400 },
		{ "DELETE / HTTP/1.1\r\nHost:\r\nContent-Length: 1" END, 400 },
		{ "GET / HTTP/1.1\r\nHost:\r\nContent-Length: 0" END, 200 },
		{ "POST / HTTP/1.1\r\nHost:" END, 200 },
		{ "PUT / HTTP/1.1\r\nHost:\r\nExpect: tea" END, 417 },
	};
	struct control_request r;

	for (size_t i = 0; i < sizeof CASE / sizeof CASE[0]; i++)
		cr_assert_eq(parse(CASE[i].head, &r), CASE[i].status, "%s",
		    CASE[i].head);
}

Test(control_request, more_fields_than_allowed)
{
	char head[CONTROL_HEAD_MAX_BYTES];
	struct control_request r;

	for (unsigned n = CONTROL_FIELD_MAX_COUNT - 1;
	     n <= CONTROL_FIELD_MAX_COUNT; n++) {
		strcpy(head, GET);
		for (unsigned i = 0; i < n; i++)
			strcat(head, "\r\nA: b");
		strcat(head, END);
		cr_assert_eq(
		    parse(head, &r), n < CONTROL_FIELD_MAX_COUNT ? 200 : 431);
	}
}

/* ---- path and query ----------------------------------------------------- */

Test(control_request, segments_are_decoded_one_by_one)
{
	struct span path = SPAN_LIT("/v1/secrets/sink%3Afile/a%2db");
	static const char *const PART[] = { "v1", "secrets", "sink:file",
		"a-b" };
	char room[32];

	for (size_t i = 0; i < 4; i++) {
		struct buf text = BUF_OVER(room);

		cr_assert(control_request_segment(&path, &text));
		is(span_of(&text), PART[i]);
	}
	struct buf text = BUF_OVER(room);
	cr_assert(!control_request_segment(&path, &text));
	cr_assert_eq(path.n, 0);
}

Test(control_request, segments_that_are_none)
{
	static const char *const PATH[] = { "", "a", "/", "//a", "/%", "/%4",
		"/%4g", "/%g4", "/a%00", "/%2f", "/%2F", "/%0a", "/%7F",
		"/0123456789abcdefX" };
	char room[16];

	for (size_t i = 0; i < sizeof PATH / sizeof PATH[0]; i++) {
		struct span path = span_str(PATH[i]);
		struct buf text = BUF_OVER(room);

		cr_assert(
		    !control_request_segment(&path, &text), "%s", PATH[i]);
	}
}

Test(control_request, numbers_of_a_query)
{
	static const struct {
		const char *query;
		enum st st;
		uint64_t value;
	} CASE[] = {
		{ "", ST_OK, 7 },
		{ "limit=5", ST_OK, 5 },
		{ "a=1&limit=0&b", ST_OK, 0 },
		{ "Limit=5", ST_OK, 7 },
		{ "xlimit=5", ST_OK, 7 },
		{ "limit=", ST_MALFORM, 0 },
		{ "limit", ST_MALFORM, 0 },
		{ "limit=-1", ST_MALFORM, 0 },
		{ "limit=1&limit=1", ST_MALFORM, 0 },
		{ "limit=99999999999999999999", ST_MALFORM, 0 },
	};
	uint64_t value;

	for (size_t i = 0; i < sizeof CASE / sizeof CASE[0]; i++) {
		enum st st = control_request_number(
		    span_str(CASE[i].query), SPAN_LIT("limit"), 7, &value);

		cr_assert_eq(st, CASE[i].st, "%s", CASE[i].query);
		if (st == ST_OK)
			cr_assert_eq(value, CASE[i].value);
	}
	cr_assert_eq(
	    control_request_number(SPAN_NONE, SPAN_LIT("limit"), 7, &value),
	    ST_OK);
	cr_assert_eq(value, 7);
}
