/* SPDX-License-Identifier: MIT */
/*
 * Large inputs: the time grows with the bytes whatever their shape, and the
 * memory does not grow at all.  The bound on CPU time is fifty times what is
 * needed with sanitizers; a quadratic step needs hours.
 */
#include "json/json.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define MEGABYTE    (1024u * 1024u)
#define CPU_BOUND_S 5

static uint8_t text[MEGABYTE + 1024];
static jsmntok_t tok[MEGABYTE];
static uint8_t out[ELEMENT_MAX_BYTES];

/* `head`, `each` until the text has 1 MiB, `tail` */
static struct span
fill(const char *head, const char *each, const char *tail)
{
	struct buf b = BUF_OVER(text);

	buf_put_str(&b, head);
	while (b.n + strlen(each) <= MEGABYTE)
		buf_put_str(&b, each);
	buf_put_str(&b, tail);
	cr_assert(!b.cut);
	return span_of(&b);
}

static const struct {
	const char *head, *each, *tail, *why;
} SHAPES[] = {
	{ "[[]", ",[]", "]", "empty arrays (jsmn without parent links)" },
	{ "[{}", ",{}", "]", "empty objects" },
	{ "[1", ",1", "]", "small numbers" },
	{ "[\"\"", ",\"\"", "]", "empty strings" },
	{ "{\"\":0", ",\"\":0", "}", "members" },
	{ "{\"name\":0", ",\"name\":0", "}", "the same wanted member" },
	{ "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":[[[[[[[[0",
	    ",1", "]]]]]]]]}}}}}}}}", "many elements deep inside" },
	{ "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[0",
	    ",[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
	    "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", "deep again and again" },
	{ "[0", ",{\"a\":{\"b\":{\"c\":[{\"d\":0}]}}}", "]", "both kinds" },
	{ "[\"", "a", "\"]", "one long string" },
	{ "[\"", "\\\\", "\"]", "one string of backslashes" },
	{ "[\"", "\\ud800", "\"]", "one string of surrogates" },
	{ "[\"", "\xf0\x9f\x98\x80", "\"]", "one string of characters" },
	{ "{\"", "k", "\":0}", "one long key" },
	{ "[1", "1", "]", "one long number" },
	{ "[1.", "0", "e1]", "one long fraction" },
	{ "[", "\n", "]", "white space" },
};

static enum st
count(void *ctx, const struct json_element *e)
{
	(void)e;
	(*(unsigned *)ctx)++;
	return ST_OK;
}

/* In small pieces, everything wanted that can be. */
static void
project(struct span json)
{
	static const struct json_want W[] = {
		{ NULL, 0, JSON_ARRAY | JSON_OBJECT | JSON_EMIT, 65535 },
		{ "*", 0, JSON_STRING | JSON_NUMBER | JSON_OBJECT | JSON_ARRAY,
		    65535 },
		{ "name", 0, JSON_NUMBER, 65535 },
		{ "a", 1, JSON_OBJECT, 0 },
		{ "b", 3, JSON_OBJECT, 0 },
	};
	struct json_project jp;
	unsigned n = 0;

	json_project_init(&jp, W, 5, BUF_OVER(out), count, &n);
	for (size_t i = 0; i < json.n; i += 100)
		cr_assert_eq(
		    json_project_push(&jp, span_sub(json, i, 100)), ST_OK);
	cr_assert_eq(json_project_finish(&jp), ST_OK);
	cr_assert_eq(n, 1u);
}

/* Every container from its first to its last. */
static unsigned
walk(const struct json_doc *doc)
{
	unsigned n = 0;

	for (int t = 0; t < doc->n; t++)
		for (int e = json_first(doc, t); e >= 0; e = json_next(doc, e))
			n++;
	return n;
}

Test(json, a_megabyte_of_any_shape_takes_linear_time)
{
	for (size_t i = 0; i < sizeof SHAPES / sizeof *SHAPES; i++) {
		struct span json = fill(
		    SHAPES[i].head, SHAPES[i].each, SHAPES[i].tail);
		clock_t start = clock();
		struct json_doc doc;
		size_t offset;

		cr_assert_eq(
		    json_check(json, &offset), ST_OK, "%s", SHAPES[i].why);
		project(json);
		cr_assert_eq(json_doc_parse(&doc, json, tok, MEGABYTE), ST_OK,
		    "%s", SHAPES[i].why);
		(void)walk(&doc);
		cr_expect_lt(clock() - start, CPU_BOUND_S * CLOCKS_PER_SEC,
		    "%s took %ld s", SHAPES[i].why,
		    (long)((clock() - start) / CLOCKS_PER_SEC));
	}
}

/* ---- a page of 1,000 incidents ----------------------------------------- */

enum { PAGE_COUNT = 1000, TITLE_MAX = 256, DESCRIPTION_MAX = 8192 };

static const struct json_want PAGE[] = {
	{ NULL, 0, JSON_OBJECT, 0 },
	{ "value", 0, JSON_ARRAY, 0 },
	{ "*", 1, JSON_OBJECT | JSON_EMIT, 0 },
	{ "name", 2, JSON_STRING, 64 },
	{ "properties", 2, JSON_OBJECT, 0 },
	{ "incidentNumber", 4, JSON_NUMBER, 20 },
	{ "title", 4, JSON_STRING, TITLE_MAX },
	{ "description", 4, JSON_STRING, DESCRIPTION_MAX },
	{ "labels", 4, JSON_ARRAY, 8 },
	{ "*", 8, JSON_OBJECT, 0 },
	{ "labelName", 9, JSON_STRING, 32 },
	{ "nextLink", 0, JSON_STRING | JSON_EMIT, NEXT_LINK_MAX_BYTES },
};
enum { IN_ITEM = 2, IN_DESCRIPTION = 7, IN_LABELS = 8, IN_NEXT = 11 };

struct page_check {
	unsigned items, cut_descriptions, cut_labels, links;
};

static enum st
check_item(void *ctx, const struct json_element *e)
{
	static jsmntok_t few[64];
	struct page_check *c = ctx;
	struct json_doc doc;
	size_t offset;
	int64_t number;

	cr_assert_eq(e->flags, 0u);
	cr_assert_eq(json_check(e->text, &offset), ST_OK);
	if (e->want == IN_NEXT) {
		c->links++;
		return ST_OK;
	}
	cr_assert_eq(json_doc_parse(&doc, e->text, few, 64), ST_OK);
	cr_assert_eq(
	    json_int(
		&doc, json_path(&doc, 0, "properties.incidentNumber"), &number),
	    ST_OK);
	cr_assert_eq(number, (int64_t)c->items);
	c->items++;
	c->cut_descriptions += (e->cut >> IN_DESCRIPTION & 1) != 0;
	c->cut_labels += (e->cut >> IN_LABELS & 1) != 0;
	cr_assert_leq(e->text.n, (size_t)ELEMENT_MAX_BYTES);
	return ST_OK;
}

/* Every 100th incident has a description of 300 KB, every 10th 20 labels, and
 * each something unwanted. */
static void
push_incident(struct json_project *jp, unsigned i)
{
	struct buf b = BUF_OVER(text);

	buf_put_str(&b, i == 0 ? "{\"value\":[" : ",");
	buf_put_str(&b,
	    "{\"etag\":\"\\\"0\\\"\",\"name\":\"n\",\"properties\":{"
	    "\"additionalData\":{\"x\":[1,2,{\"y\":\"z\"}]},"
	    "\"description\":\"");
	for (unsigned k = 0; k < (i % 100 == 0 ? 50000u : 100u); k++)
		buf_put_str(&b, "\\u00e9\xe3\x81\x82 ");
	buf_put_str(&b, "\",\"labels\":[{\"labelName\":\"a\"}");
	for (unsigned k = 0; i % 10 == 0 && k < 20; k++)
		buf_put_str(
		    &b, ",{\"labelType\":\"User\",\"labelName\":\"b\"}");
	buf_put_str(&b, "],\"title\":\"t\",\"incidentNumber\":");
	buf_put_u64(&b, i);
	buf_put_str(&b, "}}");
	cr_assert(!b.cut);
	cr_assert_eq(json_project_push(jp, span_of(&b)), ST_OK);
}

Test(json, a_page_of_1000_incidents_passes_through_one_element_buffer)
{
	struct page_check c = { 0, 0, 0, 0 };
	struct json_project jp;

	json_project_init(&jp, PAGE, sizeof PAGE / sizeof *PAGE, BUF_OVER(out),
	    check_item, &c);
	for (unsigned i = 0; i < PAGE_COUNT; i++)
		push_incident(&jp, i);
	cr_assert_eq(
	    json_project_push(
		&jp, SPAN_LIT("],\"nextLink\":\"https://x/?$skipToken=a b\"}")),
	    ST_OK);
	cr_assert_eq(json_project_finish(&jp), ST_OK);
	cr_assert_eq(c.items, (unsigned)PAGE_COUNT);
	cr_assert_eq(c.cut_descriptions, PAGE_COUNT / 100u);
	cr_assert_eq(c.cut_labels, PAGE_COUNT / 10u);
	cr_assert_eq(c.links, 1u);
	cr_assert_lt(sizeof jp, 1024u, "the state stays small");
}
