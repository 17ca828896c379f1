/* SPDX-License-Identifier: MIT */
/*
 * workunit_run.h - map an incident in a test.
 *
 * Elements always come out of the real projector, which gets the whole reply.
 * In texts given to run_… ' stands for ".  Every record is checked to be JSON
 * and small enough; with WF_WORKUNIT_RECORDS set it is also appended to that
 * file, for tests/system/test_workunit_schema.py.
 */
#ifndef WORKUNIT_RUN_H
#define WORKUNIT_RUN_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* O_CLOEXEC */
#endif

#include "base/ticks.h"
#include "workunit/workunit.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

#define FILE_MAX_BYTES (256u * 1024u)
#define GUARD_BYTES    64u

#define UNIT_BASE                                                      \
	"/subscriptions/d0cfe6b2-9ac0-4464-9919-dccaee2e48c0"          \
	"/resourceGroups/myRg/providers/Microsoft.OperationalInsights" \
	"/workspaces/myWorkspace/providers/Microsoft.SecurityInsights"

static const struct workunit_origin UNIT_ORIGIN = {
	SPAN_LIT("unit"),
	SPAN_LIT("00000000-0000-4000-8000-000000000001"),
	SPAN_LIT("d0cfe6b2-9ac0-4464-9919-dccaee2e48c0"),
	SPAN_LIT("myRg"),
	SPAN_LIT("myWorkspace"),
	SPAN_LIT(UNIT_BASE),
};

/* Everything that one test maps with. */
struct run {
	struct workunit w;
	struct workunit_context context;
	uint8_t pruned[ELEMENT_MAX_BYTES];
	size_t pruned_n;
	uint64_t cut;
	uint8_t record[RECORD_MAX_BYTES + GUARD_BYTES];
	struct uuid id;
	const char *reason;
	/* how the projector gets its input */
	size_t piece;
	enum workunit_part part;
	unsigned want;
	unsigned links;
};

static inline void
run_init(struct run *r)
{
	memset(r, 0, sizeof *r);
	/* What was there before must not matter. */
	memset(&r->w, 0xa5, sizeof r->w);
	r->piece = SIZE_MAX;
	r->context.origin = &UNIT_ORIGIN;
	for (unsigned i = 0; i < WORKUNIT_PART_COUNT; i++)
		r->context.enrichment[i] = WORKUNIT_COMPLETE;
}

/* ---- texts and files ------------------------------------------------ */

/* ' for "; into one of four buffers in turn. */
static inline struct span
quoted(const char *text)
{
	static uint8_t room[4][8192];
	static unsigned turn;
	uint8_t *to = room[turn++ % 4];
	size_t n = strlen(text);

	cr_assert_lt(n, sizeof room[0]);
	for (size_t i = 0; i < n; i++)
		to[i] = text[i] == '\'' ? '"' : (uint8_t)text[i];
	return (struct span){ to, n };
}

static inline struct span
read_file(const char *path)
{
	static uint8_t room[4][FILE_MAX_BYTES];
	static unsigned turn;
	uint8_t *to = room[turn++ % 4];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	cr_assert(fd >= 0, "%s cannot be opened", path);
	n = read(fd, to, FILE_MAX_BYTES);
	close(fd);
	cr_assert(n > 0 && n < (ssize_t)FILE_MAX_BYTES, "%s", path);
	return (struct span){ to, (size_t)n };
}

static inline struct span
read_vector(const char *name)
{
	char path[256];

	snprintf(path, sizeof path, "tests/vectors/workunit/%s", name);
	return read_file(path);
}

/* A file of the shared data, or the end of this test. */
static inline struct span
read_shared(const char *name)
{
	const char *shared = getenv("WF_SHARED");
	char path[1024];

	cr_assert_lt((size_t)snprintf(path, sizeof path, "%s/%s",
			 shared != NULL ? shared : "../shared", name),
	    sizeof path);
	if (access(path, R_OK) != 0)
		cr_skip_test("%s is not there", path);
	return read_file(path);
}

#define OFFICIAL                                                         \
	"data/specification/securityinsights/resource-manager/"          \
	"Microsoft.SecurityInsights/SecurityInsights/stable/2025-09-01/" \
	"examples/incidents/"

/* The value at a path of a JSON text, as it is written there. */
static inline struct span
pick(struct span json, const char *path)
{
	static jsmntok_t tok[8192];
	struct json_doc doc;
	size_t offset;

	cr_assert_eq(json_check(json, &offset), ST_OK);
	cr_assert_eq(json_doc_parse(&doc, json, tok, COUNT(tok)), ST_OK);
	return json_raw(&doc, json_path(&doc, 0, path));
}

/* ---- mapping -------------------------------------------------------- */

static inline enum st
run_take(void *ctx, const struct json_element *e)
{
	struct run *r = ctx;

	if (e->want != r->want) {
		r->links++;
		return ST_OK;
	}
	if (r->part == WORKUNIT_PART_COUNT) {
		cr_assert_eq(e->flags & JSON_FLAG_OVERFLOW, 0);
		memcpy(r->pruned, e->text.p, e->text.n);
		r->pruned_n = e->text.n;
		r->cut = e->cut;
	} else
		workunit_add(&r->w, r->part, e);
	return ST_OK;
}

static inline enum st
run_project(struct run *r, enum workunit_reply reply, struct span json)
{
	static uint8_t element[ELEMENT_MAX_BYTES];
	const struct workunit_wants *wants = workunit_wants(reply);
	struct json_project jp;
	enum st st = ST_OK;

	r->want = wants->element;
	json_project_init(
	    &jp, wants->wants, wants->count, BUF_OVER(element), run_take, r);
	while (st == ST_OK && json.n != 0) {
		st = json_project_push(&jp, span_sub(json, 0, r->piece));
		json = span_sub(json, r->piece, json.n);
	}
	return st == ST_OK ? json_project_finish(&jp) : st;
}

/* Begin with an incident by itself.  The version is its modification time. */
static inline enum st
run_begin(struct run *r, struct span incident)
{
	enum st st;

	r->part = WORKUNIT_PART_COUNT;
	cr_assert_eq(run_project(r, WORKUNIT_INCIDENT, incident), ST_OK);
	st = workunit_begin(
	    &r->w, (struct span){ r->pruned, r->pruned_n }, r->cut, &r->reason);
	if (st == ST_OK)
		r->context.version = (uint64_t)r->w.inc.modified;
	return st;
}

static inline void
run_add(struct run *r, enum workunit_part part, struct span json)
{
	static const enum workunit_reply REPLY[] = {
		[WORKUNIT_PART_ALERTS] = WORKUNIT_ALERTS,
		[WORKUNIT_PART_ENTITIES] = WORKUNIT_ENTITIES,
		[WORKUNIT_PART_COMMENTS] = WORKUNIT_COMMENTS,
	};

	r->part = part;
	cr_assert_eq(run_project(r, REPLY[part], json), ST_OK);
}

static inline void
run_keep(struct span record)
{
	const char *path = getenv("WF_WORKUNIT_RECORDS");
	static uint8_t line[RECORD_MAX_BYTES + 1];
	int fd;

	if (path == NULL)
		return;
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	cr_assert(fd >= 0, "%s", path);
	memcpy(line, record.p, record.n);
	line[record.n] = '\n';
	cr_assert_eq(write(fd, line, record.n + 1), (ssize_t)record.n + 1);
	close(fd);
}

static inline struct span
run_write(struct run *r)
{
	struct buf out = { r->record, 0, RECORD_MAX_BYTES, false };
	struct uuid id;
	size_t offset;

	memset(r->record, '#', sizeof r->record);
	cr_assert_eq(workunit_write(&r->w, &r->context, &out, &r->id), ST_OK);
	cr_assert_eq(
	    json_check(span_of(&out), &offset), ST_OK, "at %zu", offset);
	cr_assert_eq(span_find_byte(span_of(&out), '\n'), SIZE_MAX);
	for (size_t i = 0; i < GUARD_BYTES; i++)
		cr_assert_eq(r->record[RECORD_MAX_BYTES + i], '#');
	workunit_id(UNIT_ORIGIN.base_path, r->w.inc.name, &id);
	cr_assert(r->context.origin != &UNIT_ORIGIN ||
	    memcmp(&id, &r->id, sizeof id) == 0);
	run_keep(span_of(&out));
	return span_of(&out);
}

/* ---- looking at records --------------------------------------------- */

/* Without white space outside of strings. */
static inline struct span
minified(struct span json)
{
	static uint8_t room[FILE_MAX_BYTES];
	bool inside = false;
	size_t n = 0;

	for (size_t i = 0; i < json.n; i++) {
		uint8_t c = json.p[i];

		if (!inside && (c == ' ' || c == '\n' || c == '\t'))
			continue;
		if (c == '"')
			inside = !inside;
		room[n++] = c;
		if (inside && c == '\\')
			room[n++] = json.p[++i];
	}
	return (struct span){ room, n };
}

static inline void
expect_same(struct span got, struct span want, const char *what)
{
	size_t i = 0, from;

	while (i < got.n && i < want.n && got.p[i] == want.p[i])
		i++;
	from = i < 40 ? 0 : i - 40;
	cr_expect(got.n == want.n && i == got.n,
	    "%s: differs at byte %zu\n got  %.*s\n want %.*s", what, i,
	    (int)span_sub(got, from, 120).n, got.p + from,
	    (int)span_sub(want, from, 120).n, want.p + from);
}

/* The record as it was written out by hand. */
static inline void
expect_vector(struct run *r, const char *name)
{
	expect_same(run_write(r), minified(read_vector(name)), name);
}

/* The value at a path of the record, without white space and with ' for ". */
static inline void
expect_at(struct span record, const char *path, const char *want)
{
	struct span got = pick(record, path);
	struct span value = quoted(want);

	cr_expect(span_eq(got, value), "%s is %.*s, not %s", path, (int)got.n,
	    got.p == NULL ? (const uint8_t *)"" : got.p, want);
}

/* A value that is not there. */
static inline void
expect_absent(struct span record, const char *path)
{
	cr_expect_null(pick(record, path).p, "%s is there", path);
}

/* How many elements an array has. */
static inline size_t
length_at(struct span record, const char *path)
{
	static jsmntok_t tok[65536];
	struct json_doc doc;
	size_t n = 0;

	cr_assert_eq(json_doc_parse(&doc, record, tok, COUNT(tok)), ST_OK);
	for (int i = json_first(&doc, json_path(&doc, 0, path)); i >= 0;
	     i = json_next(&doc, i))
		n++;
	return n;
}

#endif
