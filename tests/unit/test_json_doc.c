/* SPDX-License-Identifier: MIT */
/* The index over jsmn, and places in a text. */
#include "json/json.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static jsmntok_t tok[4096];
static struct json_doc doc;
static char text_bytes[4096];

/* Index a text in which ' stands for ". */
static void
parse(const char *text)
{
	size_t n = strlen(text), offset;
	struct span s;

	for (size_t i = 0; i <= n; i++)
		text_bytes[i] = text[i] == '\'' ? '"' : text[i];
	s = (struct span){ (const uint8_t *)text_bytes, n };
	cr_assert_eq(json_check(s, &offset), ST_OK, "%s", text);
	cr_assert_eq(json_doc_parse(&doc, s, tok, COUNT(tok)), ST_OK);
}

static bool
is_raw(int token, const char *want)
{
	struct span s = json_raw(&doc, token);

	return s.p != NULL && span_eq(s, span_str(want));
}

Test(json, members_are_found_by_name)
{
	parse(" { 'a' : 'x' , 'b' : { 'a' : [ 1 , { 'c' : 2 } ] , 'd' : true }"
	      " , 'e' : null , 'aa' : -1.5 } ");
	cr_assert(is_raw(json_member(&doc, 0, "a"), "x"));
	cr_assert(is_raw(json_member(&doc, 0, "aa"), "-1.5"));
	cr_assert(is_raw(json_member(&doc, 0, "e"), "null"));
	cr_assert_lt(json_member(&doc, 0, "c"), 0, "it is deeper");
	cr_assert_lt(json_member(&doc, 0, "d"), 0, "it is deeper");
	cr_assert_lt(json_member(&doc, 0, "x"), 0, "it is a value");
	cr_assert_lt(json_member(&doc, 0, ""), 0);
	cr_assert(is_raw(json_path(&doc, 0, "b.d"), "true"));
	cr_assert(is_raw(json_path(&doc, 0, "a"), "x"));
	cr_assert_lt(json_path(&doc, 0, "a.b"), 0, "a is a string");
	cr_assert_lt(json_path(&doc, 0, "b.x.d"), 0);
	cr_assert_lt(json_path(&doc, 0, "b.d."), 0);
	cr_assert_eq(json_path(&doc, 0, "b"), json_member(&doc, 0, "b"));
}

Test(json, the_first_of_two_members_is_found)
{
	parse("{'a':1,'a':2}");
	cr_assert(is_raw(json_member(&doc, 0, "a"), "1"));
}

Test(json, a_value_is_not_taken_for_a_key)
{
	parse("{'a':'b','b':'c'}");
	cr_assert(is_raw(json_member(&doc, 0, "b"), "c"));
	parse("['a','b']");
	cr_assert_lt(json_member(&doc, 0, "a"), 0, "an array has no members");
}

Test(json, the_elements_of_an_array_are_walked)
{
	static const char *const WANT[] = { "1", "[]", "[2,[3,{\"a\":[4]}]]",
		"s", "{\"k\":{\"l\":5}}", "null", "{}" };
	size_t i = 0;

	parse("{'x':[9],'a':[1,[],[2,[3,{'a':[4]}]],'s',{'k':{'l':5}},null,{}],"
	      "'y':[8]}");
	for (int e = json_first(&doc, json_member(&doc, 0, "a")); e >= 0;
	     e = json_next(&doc, e)) {
		cr_assert_lt(i, COUNT(WANT));
		cr_expect(is_raw(e, WANT[i]), "element %zu", i);
		cr_expect_lt(json_value(&doc, e), 0, "it is no key");
		i++;
	}
	cr_assert_eq(i, COUNT(WANT));
}

Test(json, the_keys_of_an_object_are_walked)
{
	static const char *const KEY[] = { "a", "b", "c", "d" };
	static const char *const VALUE[] = { "{\"b\":[{\"a\":1}]}", "x",
		"[\"d\",{\"d\":2}]", "3" };
	size_t i = 0;

	parse("{'a':{'b':[{'a':1}]},'b':'x','c':['d',{'d':2}],'d':3}");
	for (int k = json_first(&doc, 0); k >= 0; k = json_next(&doc, k)) {
		cr_assert_lt(i, COUNT(KEY));
		cr_expect(span_eq(json_string(&doc, k), span_str(KEY[i])));
		cr_expect(is_raw(json_value(&doc, k), VALUE[i]), "%s", KEY[i]);
		cr_expect_lt(json_next(&doc, json_value(&doc, k)), 0,
		    "a member's value has no sibling");
		i++;
	}
	cr_assert_eq(i, COUNT(KEY));
}

Test(json, empty_containers_and_scalars_have_no_first)
{
	parse("[[],{},'s',1]");
	for (int e = json_first(&doc, 0); e >= 0; e = json_next(&doc, e))
		cr_expect_lt(json_first(&doc, e), 0);
	parse("{'k':1}");
	cr_assert_lt(json_first(&doc, 1), 0, "a key contains nothing");
	cr_assert_lt(json_next(&doc, 0), 0, "the document has no sibling");
	cr_assert_lt(json_value(&doc, 0), 0, "it is no key");
	cr_assert_lt(json_value(&doc, 2), 0, "it is no key");
}

Test(json, absent_is_taken_by_every_function)
{
	int64_t i = 7;
	bool b = true;

	parse("{'a':1}");
	for (int t = -2; t < 6; t++) {
		if (t >= 0 && t < doc.n)
			continue;
		cr_expect_lt(json_member(&doc, t, "a"), 0);
		cr_expect_lt(json_path(&doc, t, "a.b"), 0);
		cr_expect_lt(json_first(&doc, t), 0);
		cr_expect_lt(json_next(&doc, t), 0);
		cr_expect_lt(json_value(&doc, t), 0);
		cr_expect_eq(json_type(&doc, t), 0u);
		cr_expect_null(json_string(&doc, t).p);
		cr_expect_null(json_raw(&doc, t).p);
		cr_expect_eq(json_int(&doc, t, &i), ST_MALFORM);
		cr_expect_eq(json_bool(&doc, t, &b), ST_MALFORM);
	}
	cr_assert(i == 7 && b);
}

Test(json, types_are_told_apart)
{
	static const unsigned TYPE[] = { JSON_STRING, JSON_NUMBER, JSON_NUMBER,
		JSON_BOOL, JSON_BOOL, 0, JSON_OBJECT, JSON_ARRAY };
	size_t i = 0;

	parse("['true',1,-1,true,false,null,{'a':1},[1]]");
	for (int e = json_first(&doc, 0); e >= 0; e = json_next(&doc, e), i++) {
		cr_expect_eq(json_type(&doc, e), TYPE[i], "%zu", i);
		cr_expect_eq(json_string(&doc, e).p != NULL, i == 0);
	}
	cr_assert_eq(i, COUNT(TYPE));
}

Test(json, an_empty_string_is_not_absent)
{
	parse("['']");
	cr_assert_not_null(json_string(&doc, 1).p);
	cr_assert_eq(json_string(&doc, 1).n, 0u);
}

Test(json, a_scalar_can_be_a_document)
{
	static const struct {
		const char *text, *raw;
		unsigned type;
	} S[] = {
		{ " 'x' ", "x", JSON_STRING },
		{ " -1.5\n", "-1.5", JSON_NUMBER },
		{ "true", "true", JSON_BOOL },
		{ " null", "null", 0 },
		{ "7", "7", JSON_NUMBER },
	};

	for (size_t i = 0; i < COUNT(S); i++) {
		parse(S[i].text);
		cr_expect_eq(doc.n, 1);
		cr_expect_eq(json_type(&doc, 0), S[i].type);
		cr_expect(is_raw(0, S[i].raw), "%s", S[i].text);
		cr_expect_lt(json_next(&doc, 0), 0);
	}
}

Test(json, integers_are_read_when_they_fit)
{
	/* clang-format off */
	static const struct {
		const char *text;
		enum st     st;
		int64_t     value;
	} I[] = {
		{ "0", ST_OK, 0 }, { "-0", ST_OK, 0 }, { "7", ST_OK, 7 },
		{ "-7", ST_OK, -7 },
		{ "9223372036854775807", ST_OK, INT64_MAX },
		{ "9223372036854775808", ST_MALFORM, 0 },
		{ "-9223372036854775807", ST_OK, -INT64_MAX },
		{ "-9223372036854775808", ST_OK, INT64_MIN },
		{ "-9223372036854775809", ST_MALFORM, 0 },
		{ "18446744073709551616", ST_MALFORM, 0 },
		{ "99999999999999999999999", ST_MALFORM, 0 },
		{ "1.0", ST_MALFORM, 0 }, { "1e2", ST_MALFORM, 0 },
		{ "1E2", ST_MALFORM, 0 }, { "-1.5", ST_MALFORM, 0 },
		{ "'1'", ST_MALFORM, 0 }, { "true", ST_MALFORM, 0 },
		{ "null", ST_MALFORM, 0 }, { "[1]", ST_MALFORM, 0 },
	};
	/* clang-format on */

	for (size_t i = 0; i < COUNT(I); i++) {
		int64_t value = 42;

		parse(I[i].text);
		cr_expect_eq(
		    json_int(&doc, 0, &value), I[i].st, "%s", I[i].text);
		cr_expect_eq(
		    value, I[i].st == ST_OK ? I[i].value : 42, "%s", I[i].text);
	}
}

Test(json, booleans_are_read)
{
	bool b = false;

	parse("[true,false,null,'true',1]");
	cr_assert_eq(json_bool(&doc, 1, &b), ST_OK);
	cr_assert(b);
	cr_assert_eq(json_bool(&doc, 2, &b), ST_OK);
	cr_assert(!b);
	for (int t = 3; t < doc.n; t++)
		cr_assert_eq(json_bool(&doc, t, &b), ST_MALFORM);
}

Test(json, one_token_for_each_value_and_key_is_enough_and_one_less_is_not)
{
	const struct span s = SPAN_LIT("{\"a\":[1,\"x\",{}],\"b\":null}");
	const unsigned need = 8;

	cr_assert_eq(json_doc_parse(&doc, s, tok, need), ST_OK);
	cr_assert_eq(doc.n, (int)need);
	for (unsigned cap = 0; cap < need; cap++)
		cr_assert_eq(
		    json_doc_parse(&doc, s, tok, cap), ST_FULL, "%u", cap);
	cr_assert_eq(json_doc_parse(&doc, SPAN_LIT("1"), tok, 0), ST_FULL);
}

Test(json, no_token_is_written_behind_the_array)
{
	jsmntok_t few[4];

	memset(few, 0x5a, sizeof few);
	cr_assert_eq(
	    json_doc_parse(&doc, SPAN_LIT("[1,2,3,4]"), few, 3), ST_FULL);
	cr_assert_eq(few[3].start, 0x5a5a5a5a);
}

Test(json, jsmn_stops_at_a_nul_and_we_notice)
{
	cr_assert_eq(
	    json_doc_parse(&doc, SPAN_LIT("{\"a\":1}\0{\"nextLink\":\"x\"}"),
		tok, COUNT(tok)),
	    ST_MALFORM);
	cr_assert_eq(
	    json_doc_parse(&doc, SPAN_LIT(" "), tok, COUNT(tok)), ST_MALFORM);
	cr_assert_eq(
	    json_doc_parse(&doc, SPAN_NONE, tok, COUNT(tok)), ST_MALFORM);
	cr_assert_eq(doc.n, 0);
}

Test(json, a_position_is_counted_in_lines_and_bytes_from_one)
{
	/* clang-format off */
	static const struct {
		size_t   offset;
		unsigned line, column;
	} P[] = {
		{ 0, 1, 1 }, { 1, 1, 2 }, { 2, 1, 3 }, { 3, 2, 1 }, { 5, 2, 3 },
		{ 6, 3, 1 }, { 7, 4, 1 }, { 8, 4, 2 }, { 99, 4, 2 },
	};
	/* clang-format on */
	const struct span text = SPAN_LIT("{\r\n\xc3\xa9\n\n}");
	unsigned line, column;

	for (size_t i = 0; i < COUNT(P); i++) {
		json_position(text, P[i].offset, &line, &column);
		cr_expect(line == P[i].line && column == P[i].column,
		    "%zu is %u:%u", P[i].offset, line, column);
	}
	json_position(SPAN_NONE, 3, &line, &column);
	cr_expect(line == 1 && column == 1);
}

Test(json, the_place_of_a_value_is_known)
{
	unsigned line, column;

	parse("{\n  'a': 1,\n  'b': 'x'\n}");
	json_position(doc.text,
	    (size_t)(json_raw(&doc, json_member(&doc, 0, "b")).p - doc.text.p),
	    &line, &column);
	cr_assert(line == 3 && column == 9, "%u:%u", line, column);
}
