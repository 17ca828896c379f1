/* SPDX-License-Identifier: MIT */
/*
 * json_run.h - run the projector in a test.
 *
 * Each document is pushed whole and in pieces of several lengths, and what
 * comes out must be the same.  In documents and expectations ' stands for ",
 * and an element is written as
 *
 *	entry:text[ cut=entry[,entry...]][ dup][ over]
 */
#ifndef JSON_RUN_H
#define JSON_RUN_H

#include "json/json.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define COUNT(a) ((unsigned)(sizeof(a) / sizeof *(a)))

/* What the pages of the API look like, with small limits. */
/* clang-format off */
enum {
	W_ROOT, W_VALUE, W_ITEM, W_NAME, W_LABELS, W_LABEL, W_LABEL_NAME,
	W_COUNT, W_OK, W_NEXT, W_TAGS, W_TAG, W_GRID, W_ROW, W_CELL, W_PROPS,
	W_TITLE,
};
/* clang-format on */
static const struct json_want PAGE[] = {
	[W_ROOT] = { NULL, 0, JSON_OBJECT, 0 },
	[W_VALUE] = { "value", W_ROOT, JSON_ARRAY, 0 },
	[W_ITEM] = { "*", W_VALUE, JSON_OBJECT | JSON_EMIT, 0 },
	[W_NAME] = { "name", W_ITEM, JSON_STRING, 8 },
	[W_LABELS] = { "labels", W_ITEM, JSON_ARRAY, 2 },
	[W_LABEL] = { "*", W_LABELS, JSON_OBJECT, 0 },
	[W_LABEL_NAME] = { "labelName", W_LABEL, JSON_STRING, 4 },
	[W_COUNT] = { "count", W_ITEM, JSON_NUMBER, 3 },
	[W_OK] = { "ok", W_ITEM, JSON_BOOL, 0 },
	[W_NEXT] = { "nextLink", W_ROOT, JSON_STRING | JSON_EMIT, 16 },
	[W_TAGS] = { "tags", W_ITEM, JSON_ARRAY, 2 },
	[W_TAG] = { "*", W_TAGS, JSON_STRING, 5 },
	[W_GRID] = { "grid", W_ITEM, JSON_ARRAY, 2 },
	[W_ROW] = { "*", W_GRID, JSON_ARRAY, 2 },
	[W_CELL] = { "*", W_ROW, JSON_NUMBER, 2 },
	[W_PROPS] = { "properties", W_ITEM, JSON_OBJECT, 0 },
	[W_TITLE] = { "title", W_PROPS, JSON_STRING, 16 },
};

struct table {
	const struct json_want *wants;
	unsigned n;
};

#define PAGE_TABLE ((struct table){ PAGE, COUNT(PAGE) })

struct outcome {
	enum st st;
	struct json_project jp;
	struct buf log;
	char text[4096];
};

static inline enum st
record(void *ctx, const struct json_element *e)
{
	struct buf *log = ctx;
	const char *sep = " cut=";
	size_t offset;

	if ((e->flags & JSON_FLAG_OVERFLOW) == 0)
		cr_assert_eq(json_check(e->text, &offset), ST_OK);
	buf_put_u64(log, e->want);
	buf_put_byte(log, ':');
	buf_put(log, e->text);
	for (unsigned i = 0; i < 64; i++)
		if ((e->cut >> i & 1) != 0) {
			buf_put_str(log, sep);
			buf_put_u64(log, i);
			sep = ",";
		}
	if ((e->flags & JSON_FLAG_DUPLICATE) != 0)
		buf_put_str(log, " dup");
	if ((e->flags & JSON_FLAG_OVERFLOW) != 0)
		buf_put_str(log, " over");
	buf_put_byte(log, '\n');
	return ST_OK;
}

/* Run one document in pieces of `piece` bytes over `cap` bytes of output. */
static inline void
run(struct outcome *o, struct table t, struct span json, size_t piece,
    size_t cap)
{
	static uint8_t out[2048];

	cr_assert_leq(cap, sizeof out);
	memset(out, '#', sizeof out);
	o->log = BUF_OVER(o->text);
	json_project_init(&o->jp, t.wants, t.n,
	    (struct buf){ out, 0, cap, false }, record, &o->log);
	o->st = ST_OK;
	for (size_t i = 0; i < json.n && o->st == ST_OK; i += piece)
		o->st = json_project_push(&o->jp, span_sub(json, i, piece));
	if (o->st == ST_OK)
		o->st = json_project_finish(&o->jp);
	cr_assert(!o->log.cut);
	for (size_t i = cap; i < sizeof out; i++)
		cr_assert_eq(out[i], '#', "written behind the buffer");
	(void)buf_str(&o->log);
}

/* Run one document whole and in pieces; all must agree. */
static inline void
run_all(struct outcome *o, struct table t, struct span json, size_t cap)
{
	static const size_t PIECES[] = { 1, 2, 3, 5, 7, 13, 64 };
	static struct outcome other;

	run(o, t, json, json.n + 1, cap);
	for (size_t i = 0; i < COUNT(PIECES); i++) {
		run(&other, t, json, PIECES[i], cap);
		cr_assert_eq(other.st, o->st, "piece %zu", PIECES[i]);
		cr_assert_eq(
		    other.jp.offset, o->jp.offset, "piece %zu", PIECES[i]);
		cr_assert_eq(other.jp.outer_cut, o->jp.outer_cut);
		cr_assert_eq(other.jp.outer_flags, o->jp.outer_flags);
		cr_assert_str_eq(other.text, o->text, "piece %zu", PIECES[i]);
	}
}

/* ' for " */
static inline struct span
quoted(char *to, const char *from)
{
	size_t n = strlen(from);

	for (size_t i = 0; i <= n; i++)
		to[i] = from[i] == '\'' ? '"' : from[i];
	return (struct span){ (const uint8_t *)to, n };
}

/* The document comes to its end, and these elements come out. */
static inline void
expect(struct table t, const char *json, const char *elements)
{
	static struct outcome o;
	static char in[4096], want[4096];

	run_all(&o, t, quoted(in, json), 2048);
	quoted(want, elements);
	cr_expect_eq(
	    o.st, ST_OK, "%s: wrong at %u", json, (unsigned)o.jp.offset);
	cr_expect_str_eq(
	    o.text, want, "%s\n gave %s\n  not %s", json, o.text, want);
}

#endif
