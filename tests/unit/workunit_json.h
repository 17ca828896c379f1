/* SPDX-License-Identifier: MIT */
/* workunit_json.h - inputs of any size, and what must hold of every record. */
#ifndef WORKUNIT_JSON_H
#define WORKUNIT_JSON_H

#include "workunit_run.h"

#define JSON_MAX_BYTES (8u * 1024u * 1024u)

static struct run r;
static uint8_t room[JSON_MAX_BYTES];
static struct buf json;

static inline void
begin_json(const char *text)
{
	json = BUF_OVER(room);
	buf_put(&json, quoted(text));
}

static inline void
put(const char *text)
{
	buf_put(&json, quoted(text));
}

static inline void
put_number(uint64_t n)
{
	buf_put_u64(&json, n);
}

static inline void
put_times(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_put_str(&json, text);
}

static inline struct span
end_json(const char *text)
{
	buf_put(&json, quoted(text));
	cr_assert(!json.cut);
	return span_of(&json);
}

#define HEAD "{'name':'n','properties':{'createdTimeUtc':'2026-03-25T07:31:57Z'"

static inline void
begin(void)
{
	run_init(&r);
	cr_assert_eq(run_begin(&r, quoted(HEAD "}}")), ST_OK);
}

/* Bytes of the value at a path. */
static inline size_t
size_at(struct span record, const char *path)
{
	return pick(record, path).n;
}

/* Sorted, each once, each leading somewhere. */
static inline void
check_truncated(struct span record)
{
	static jsmntok_t tok[65536];
	struct span last = SPAN_NONE;
	struct json_doc doc;

	cr_assert_eq(json_doc_parse(&doc, record, tok, COUNT(tok)), ST_OK);
	for (int i = json_first(&doc, json_path(&doc, 0, "truncated")); i >= 0;
	     i = json_next(&doc, i)) {
		struct span pointer = json_string(&doc, i);
		struct span rest = span_sub(pointer, 1, pointer.n);
		struct span part;
		int at = 0;

		cr_expect(last.p == NULL || span_compare(last, pointer) < 0,
		    "%.*s", (int)pointer.n, pointer.p);
		last = pointer;
		while (at >= 0 && span_split(&rest, '/', &part)) {
			char name[64];
			uint64_t index = 0;

			cr_assert_eq(
			    span_to_str(part, name, sizeof name), ST_OK);
			if (json_type(&doc, at) != JSON_ARRAY) {
				at = json_member(&doc, at, name);
				continue;
			}
			cr_assert_eq(span_to_u64(part, &index), ST_OK);
			at = json_first(&doc, at);
			while (index-- != 0)
				at = json_next(&doc, at);
		}
		cr_expect(
		    at >= 0, "%.*s leads nowhere", (int)pointer.n, pointer.p);
	}
}

static inline struct span
write_record(void)
{
	struct span record = run_write(&r);

	check_truncated(record);
	cr_expect_leq(
	    size_at(record, "timeline"), WORKUNIT_TIMELINE_QUOTA_BYTES + 2u);
	cr_expect_leq(
	    size_at(record, "alerts"), WORKUNIT_ALERTS_QUOTA_BYTES + 2u);
	cr_expect_leq(
	    size_at(record, "entities"), WORKUNIT_ENTITIES_QUOTA_BYTES + 256u);
	cr_expect_leq(
	    size_at(record, "nodes"), WORKUNIT_NODES_QUOTA_BYTES + 2u);
	cr_expect_leq(record.n - size_at(record, "timeline") -
		size_at(record, "alerts") - size_at(record, "entities") -
		size_at(record, "nodes"),
	    WORKUNIT_CORE_QUOTA_BYTES - 256u);
	return record;
}

static inline bool
is_truncated(struct span record, const char *pointer)
{
	char text[128];

	snprintf(text, sizeof text, "'%s'", pointer);
	return span_find_nocase(pick(record, "truncated"), quoted(text)) !=
	    SIZE_MAX;
}

static inline void
put_entity(
    const char *kind, const char *property, const char *prefix, uint64_t n)
{
	put(json.n > 20 ? ",{'kind':'" : "{'kind':'");
	buf_put_str(&json, kind);
	put("','properties':{'");
	buf_put_str(&json, property);
	put("':'");
	buf_put_str(&json, prefix);
	put_number(n);
	put("'}}");
}

/* n seconds after a midnight. */
static inline void
put_time(uint64_t n)
{
	ticks_write(
	    &json, INT64_C(134188704000000000) + (int64_t)n * TICKS_PER_S);
}

static inline void
put_alert(uint64_t n, const char *severity, size_t name_bytes)
{
	put(json.n > 16 ? ",{'properties':{'systemAlertId':'" :
			  "{'properties':{'systemAlertId':'");
	put_number(1000000 + n);
	put("','severity':'");
	buf_put_str(&json, severity);
	put("','startTimeUtc':'");
	put_time(n);
	put("','timeGenerated':'");
	put_time(n);
	put("','alertDisplayName':'");
	put_times("n", name_bytes);
	put("'}}");
}

static inline void
put_comment(uint64_t n, size_t bytes)
{
	put(json.n > 16 ? ",{'name':'c" : "{'name':'c");
	put_number(n);
	put("','properties':{'createdTimeUtc':'");
	put_time(n);
	put("','message':'");
	put_times("m", bytes);
	put("'}}");
}

#endif
