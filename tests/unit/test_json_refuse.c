/* SPDX-License-Identifier: MIT */
/* The projector: what is not JSON, or too deep. */
#include "json_run.h"

static const struct json_want NOTHING[] = { { NULL, 0, 0, 0 } };

static const struct {
	const char *text;
	size_t n; /* 0: strlen */
	size_t offset;
	const char *why;
} WRONG[] = {
	{ "", 0, 0, "nothing" },
	{ " \n", 0, 2, "only white space" },
	{ "\xef\xbb\xbf{}", 0, 0, "byte order mark" },
	{ "{}x", 0, 2, "something behind the end" },
	{ "{}\0", 3, 2, "NUL behind the end" },
	{ "\0", 1, 0, "NUL" },
	{ "[1\0]", 4, 2, "NUL behind a value" },
	{ "\"a\0b\"", 5, 2, "NUL in a string" },
	{ "\"abcdefgh\0b\"", 12, 9, "NUL at the ninth byte" },
	{ "\"a\x1f\"", 0, 2, "a control" },
	{ "{}{}", 0, 2, "two documents" },
	{ "{} ,", 0, 3, "a comma behind the end" },
	{ "1 2", 0, 2, "two numbers" },
	{ "]", 0, 0, "a bracket" },
	{ "[}", 0, 1, "another bracket" },
	{ "{]", 0, 1, "another bracket" },
	{ "[1}", 0, 2, "another bracket behind a value" },
	{ "{\"a\":1]", 0, 6, "another bracket behind a member" },
	{ "[[]x", 0, 3, "no comma behind an element" },
	{ "{\"a\":[]x", 0, 7, "no comma behind a member" },
	{ "{\"a\":1x", 0, 6, "no comma behind a number" },
	{ "[1,]", 0, 3, "a comma at the end" },
	{ "{\"a\":1,}", 0, 7, "a comma at the end" },
	{ "[,1]", 0, 1, "a comma first" },
	{ "{\"a\"}", 0, 4, "no colon" },
	{ "{\"a\"::1}", 0, 5, "two colons" },
	{ "{a:1}", 0, 1, "no quote" },
	{ "{1:1}", 0, 1, "a number as key" },
	{ "[1", 0, 2, "not at its end" },
	{ "\"abc", 0, 4, "not at its end" },
	{ "\"\\u12", 0, 5, "not at its end" },
	{ "tru", 0, 3, "not at its end" },
	{ "-", 0, 1, "not at its end" },
	{ "1.", 0, 2, "not at its end" },
	{ "1e+", 0, 3, "not at its end" },
	{ "[1", 0, 2, "a number at the end, inside" },
	{ "01", 0, 1, "a leading zero" },
	{ "-01", 0, 2, "a leading zero" },
	{ "+1", 0, 0, "a plus" },
	{ ".5", 0, 0, "a point first" },
	{ "1.e5", 0, 2, "no digit behind the point" },
	{ "1e5.5", 0, 3, "a point behind the exponent" },
	{ "truE", 0, 3, "a large letter" },
	{ "nulll", 0, 4, "one letter more" },
	{ "\"\\x\"", 0, 2, "no such escape" },
	{ "\"\\U0041\"", 0, 2, "no such escape" },
	{ "\"\\u00g0\"", 0, 5, "not a digit" },
	{ "\"\\ud800\\x\"", 0, 8, "no escape behind a surrogate" },
	{ "\"\x80\"", 0, 1, "UTF-8: continuation byte first" },
	{ "\"\xc0\xaf\"", 0, 1, "UTF-8: overlong" },
	{ "\"\xc1\xbf\"", 0, 1, "UTF-8: overlong" },
	{ "\"\xe0\x9f\xbf\"", 0, 2, "UTF-8: overlong" },
	{ "\"\xf0\x8f\xbf\xbf\"", 0, 2, "UTF-8: overlong" },
	{ "\"\xed\xa0\x80\"", 0, 2, "UTF-8: a surrogate" },
	{ "\"\xed\xbf\xbf\"", 0, 2, "UTF-8: a surrogate" },
	{ "\"\xf4\x90\x80\x80\"", 0, 2, "UTF-8: above U+10FFFF" },
	{ "\"\xf5\x80\x80\x80\"", 0, 1, "UTF-8: above U+10FFFF" },
	{ "\"\xff\"", 0, 1, "UTF-8: no such byte" },
	{ "\"\xc3\"", 0, 2, "UTF-8: broken off" },
	{ "\"\xe3\x81\"", 0, 3, "UTF-8: broken off" },
	{ "\"\xf0\x9f\x98z\"", 0, 4, "UTF-8: broken off" },
	{ "\"\xe3\x81\xc0\"", 0, 3, "UTF-8: wrong third byte" },
	{ "{\"\xc3(\":1}", 0, 3, "UTF-8: in a key" },
};

/* Inside a kept string other code runs than in a dropped one. */
Test(json, what_is_not_json_is_refused_at_the_byte_that_is_wrong)
{
	static const struct json_want ALL[] = {
		{ NULL, 0,
		    JSON_STRING | JSON_NUMBER | JSON_BOOL | JSON_OBJECT |
			JSON_ARRAY | JSON_EMIT,
		    40 },
		{ "*", 0, JSON_NUMBER, 40 },
		{ "a", 0, JSON_NUMBER, 40 },
	};
	static const struct table TABLES[] = { { NOTHING, 1 }, { ALL, 3 } };
	static struct outcome o;

	for (size_t i = 0; i < COUNT(WRONG); i++) {
		struct span text = span_str(WRONG[i].text);

		if (WRONG[i].n != 0)
			text.n = WRONG[i].n;
		for (size_t k = 0; k < COUNT(TABLES); k++) {
			run_all(&o, TABLES[k], text, 64);
			cr_expect_eq(o.st, ST_MALFORM, "%s", WRONG[i].why);
			cr_expect_eq(o.jp.offset, WRONG[i].offset,
			    "%s (%s): %u", WRONG[i].why, WRONG[i].text,
			    (unsigned)o.jp.offset);
			if (k == 0)
				cr_expect_str_eq(o.text, "");
		}
	}
}

Test(json, the_edges_of_utf8_are_accepted)
{
	static const char *const EDGES =
	    "\"\x20\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80"
	    "\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"";
	size_t offset;

	cr_assert_eq(json_check(span_str(EDGES), &offset), ST_OK);
}

Test(json, a_failure_is_sticky)
{
	struct json_project jp;

	json_project_init(&jp, NOTHING, 1, (struct buf){ 0 }, NULL, NULL);
	cr_assert_eq(json_project_push(&jp, SPAN_LIT("[1,")), ST_OK);
	cr_assert_eq(json_project_push(&jp, SPAN_LIT("}")), ST_MALFORM);
	cr_assert_eq(jp.offset, 3u);
	cr_assert_eq(json_project_push(&jp, SPAN_LIT("1]")), ST_MALFORM);
	cr_assert_eq(jp.offset, 3u);
	cr_assert_eq(json_project_finish(&jp), ST_MALFORM);
}

Test(json, elements_before_a_fault_were_handed_over)
{
	static struct outcome o;
	static char in[128];

	run_all(&o, PAGE_TABLE,
	    quoted(in, "{'value':[{'name':'a'},{'name':'b'},{'name':'c]}"), 64);
	cr_assert_eq(o.st, ST_MALFORM);
	cr_assert_str_eq(o.text, "2:{\"name\":\"a\"}\n2:{\"name\":\"b\"}\n");
}

/* It may be the beginning of a longer one. */
Test(json, a_number_that_is_broken_off_is_not_handed_over)
{
	static const struct json_want N[] = {
		{ NULL, 0, JSON_ARRAY, 0 },
		{ "*", 0, JSON_NUMBER | JSON_EMIT, 9 },
	};
	static struct outcome o;

	run_all(&o, (struct table){ N, 2 }, SPAN_LIT("[1,23"), 64);
	cr_assert_eq(o.st, ST_MALFORM);
	cr_assert_str_eq(o.text, "1:1\n");
}

Test(json, an_empty_push_changes_nothing)
{
	struct json_project jp;

	json_project_init(&jp, NOTHING, 1, (struct buf){ 0 }, NULL, NULL);
	cr_assert_eq(json_project_push(&jp, SPAN_NONE), ST_OK);
	cr_assert_eq(json_project_push(&jp, SPAN_LIT("{}")), ST_OK);
	cr_assert_eq(json_project_push(&jp, SPAN_NONE), ST_OK);
	cr_assert_eq(json_project_finish(&jp), ST_OK);
	cr_assert_eq(jp.offset, 2u);
}

/* Objects and arrays in turn, `depth` of them. */
static struct span
nested(uint8_t *text, unsigned depth)
{
	struct buf b = { text, 0, 8 * JSON_DEPTH_MAX, false };

	for (unsigned i = 0; i < depth; i++)
		buf_put_str(&b, i % 2 == 0 ? "[" : "{\"a\":");
	buf_put_byte(&b, '1');
	for (unsigned i = depth; i-- > 0;)
		buf_put_str(&b, i % 2 == 0 ? "]" : "}");
	return span_of(&b);
}

Test(json, depth_64_is_accepted_and_65_refused)
{
	uint8_t text[8 * JSON_DEPTH_MAX];
	size_t offset;

	cr_assert_eq(json_check(nested(text, JSON_DEPTH_MAX), &offset), ST_OK);
	cr_assert_eq(
	    json_check(nested(text, JSON_DEPTH_MAX + 1), &offset), ST_MALFORM);
	cr_assert_eq(offset, 32u * strlen("[{\"a\":"));
}

/* Depth is what is open, not what was. */
Test(json, many_containers_side_by_side_are_not_deep)
{
	uint8_t text[1024];
	struct buf b = BUF_OVER(text);
	size_t offset;

	buf_put_str(&b, "[[]");
	for (unsigned i = 0; i < 200; i++)
		buf_put_str(&b, ",[{}]");
	buf_put_byte(&b, ']');
	cr_assert(!b.cut);
	cr_assert_eq(json_check(span_of(&b), &offset), ST_OK);
}
