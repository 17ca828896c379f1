/* SPDX-License-Identifier: MIT */
/*
 * The index over jsmn 1.1.0.
 *
 * jsmn gives one token for every value and key, in the order of the text, each
 * with its place and its parent: an element's parent is its array, a key's its
 * object, a member's value's its key.  `size` is wrong on some inputs (jsmn
 * issue 249), so that the walk uses place and parent only: the next sibling is
 * the first later token with the same parent, and the search ends where a
 * token lies behind the container.  Every step looks at a token of the array,
 * whatever the text was.
 *
 * The implementation of jsmn is static in this file; it must come before
 * json.h, which takes the declarations only.
 */
#define JSMN_STRICT
#define JSMN_PARENT_LINKS
#define JSMN_STATIC
#include <jsmn.h>

#include "json/json.h"

#include <assert.h>
#include <limits.h>

/* jsmn takes a number or literal only inside an array or object when strict. */
static bool
is_lone_literal(struct span text)
{
	return text.n != 0 && text.p[0] != '{' && text.p[0] != '[' &&
	    text.p[0] != '"';
}

enum st
json_doc_parse(
    struct json_doc *doc, struct span text, jsmntok_t *tok, unsigned cap)
{
	struct span trimmed = span_trim(text);
	jsmn_parser parser;
	int r;

	*doc = (struct json_doc){ text, tok, 0 };
	if (trimmed.n == 0 || text.n > INT_MAX || cap > INT_MAX)
		return ST_MALFORM;
	if (cap == 0)
		return ST_FULL;
	if (is_lone_literal(trimmed)) {
		int start = (int)(trimmed.p - text.p);

		tok[0] = (jsmntok_t){ JSMN_PRIMITIVE, start,
			start + (int)trimmed.n, 0, -1 };
		doc->n = 1;
		return ST_OK;
	}
	jsmn_init(&parser);
	r = jsmn_parse(&parser, (const char *)text.p, text.n, tok, cap);
	if (r == JSMN_ERROR_NOMEM)
		return ST_FULL;
	/* It stops at a NUL as if the text ended there. */
	if (r <= 0 || parser.pos != text.n)
		return ST_MALFORM;
	doc->n = (int)parser.toknext;
	return ST_OK;
}

/* The token, or NULL for "absent". */
static const jsmntok_t *
token_at(const struct json_doc *doc, int i)
{
	return i >= 0 && i < doc->n ? &doc->tok[i] : NULL;
}

int
json_first(const struct json_doc *doc, int container)
{
	const jsmntok_t *in = token_at(doc, container);
	const jsmntok_t *t = in == NULL ? NULL : token_at(doc, container + 1);

	if (t == NULL || t->parent != container || in->type == JSMN_STRING)
		return -1;
	return container + 1;
}

int
json_next(const struct json_doc *doc, int child)
{
	const jsmntok_t *t = token_at(doc, child);
	const jsmntok_t *in = t == NULL ? NULL : token_at(doc, t->parent);

	if (in == NULL)
		return -1;
	for (int i = child + 1; i < doc->n; i++) {
		if (doc->tok[i].start >= in->end)
			break;
		if (doc->tok[i].parent == t->parent)
			return i;
	}
	return -1;
}

int
json_value(const struct json_doc *doc, int key)
{
	const jsmntok_t *t = token_at(doc, key);
	const jsmntok_t *v = t == NULL ? NULL : token_at(doc, key + 1);

	if (v == NULL || t->type != JSMN_STRING || v->parent != key)
		return -1;
	return key + 1;
}

/* The value of the first member with this name. */
static int
find_member(const struct json_doc *doc, int object, struct span name)
{
	if (json_type(doc, object) != JSON_OBJECT)
		return -1;
	for (int key = json_first(doc, object); key >= 0;) {
		if (span_eq(json_string(doc, key), name))
			return json_value(doc, key);
		key = json_next(doc, key);
	}
	return -1;
}

int
json_member(const struct json_doc *doc, int object, const char *name)
{
	return find_member(doc, object, span_str(name));
}

int
json_path(const struct json_doc *doc, int object, const char *path)
{
	struct span rest = span_str(path);
	struct span name;

	while (span_split(&rest, '.', &name))
		object = find_member(doc, object, name);
	return object;
}

unsigned
json_type(const struct json_doc *doc, int token)
{
	const jsmntok_t *t = token_at(doc, token);

	if (t == NULL)
		return 0;
	switch (t->type) {
	case JSMN_OBJECT:
		return JSON_OBJECT;
	case JSMN_ARRAY:
		return JSON_ARRAY;
	case JSMN_STRING:
		return JSON_STRING;
	case JSMN_PRIMITIVE:
		switch (doc->text.p[t->start]) {
		case 't':
		case 'f':
			return JSON_BOOL;
		case 'n':
			return 0;
		default:
			return JSON_NUMBER;
		}
	case JSMN_UNDEFINED:
		break;
	}
	return 0;
}

struct span
json_string(const struct json_doc *doc, int token)
{
	if (json_type(doc, token) != JSON_STRING)
		return SPAN_NONE;
	return json_raw(doc, token);
}

struct span
json_raw(const struct json_doc *doc, int token)
{
	const jsmntok_t *t = token_at(doc, token);

	if (t == NULL)
		return SPAN_NONE;
	assert(t->start >= 0 && t->start <= t->end);
	return span_sub(
	    doc->text, (size_t)t->start, (size_t)(t->end - t->start));
}

enum st
json_int(const struct json_doc *doc, int token, int64_t *value)
{
	struct span s = json_raw(doc, token);
	bool minus;
	uint64_t v;

	if (json_type(doc, token) != JSON_NUMBER)
		return ST_MALFORM;
	minus = s.p[0] == '-';
	if (span_to_u64(span_sub(s, minus, s.n), &v) != ST_OK)
		return ST_MALFORM;
	if (v > (uint64_t)INT64_MAX + minus)
		return ST_MALFORM;
	/* -1 - (v - 1) cannot overflow, not even for INT64_MIN. */
	*value = minus && v != 0 ? -1 - (int64_t)(v - 1) : (int64_t)v;
	return ST_OK;
}

enum st
json_bool(const struct json_doc *doc, int token, bool *value)
{
	if (json_type(doc, token) != JSON_BOOL)
		return ST_MALFORM;
	*value = json_raw(doc, token).p[0] == 't';
	return ST_OK;
}

void
json_position(struct span text, size_t offset, unsigned *line, unsigned *column)
{
	struct span before = span_sub(text, 0, offset);
	size_t at;

	*line = 1;
	while ((at = span_find_byte(before, '\n')) != SIZE_MAX) {
		before = span_sub(before, at + 1, before.n);
		(*line)++;
	}
	*column = (unsigned)before.n + 1;
}
