/* SPDX-License-Identifier: MIT */
/*
 * Values of a pruned element.
 *
 * The index is walked once, object by object, and the place of every value is
 * kept under the number of its entry: look-ups cost nothing then, and the
 * tokens are free for the next text.  Objects inside of arrays are not entered;
 * elements are at most three objects deep (element, properties, owner).
 */
#include "workunit/workunit_priv.h"

#include <assert.h>
#include <string.h>

_Static_assert(ELEMENT_MAX_BYTES <= UINT16_MAX, "a place has 16 bits");

/* The entry of this name in an object, or 0.  Looked for from `near` on: the
 * lists are in the order in which the service writes. */
static unsigned
find_want(const struct workunit_wants *table, unsigned parent, struct span name,
    unsigned near)
{
	unsigned i = near;

	if (name.n == 0)
		return 0;
	do {
		const struct json_want *w = &table->wants[i];

		if (w->parent == parent && w->name[0] == (char)name.p[0] &&
		    strlen(w->name) == name.n &&
		    memcmp(w->name, name.p, name.n) == 0)
			return i;
		i = i + 1 < table->count ? i + 1 : WANT_FIRST;
	} while (i != near);
	return 0;
}

static void
keep_value(struct workunit_source *s, unsigned want, struct span raw)
{
	s->value[want].at = (uint16_t)(raw.p - s->text.p);
	s->value[want].n = (uint16_t)raw.n;
}

/* One object's members; the objects among them go to `open`. */
static void
read_object(struct workunit_source *s, const struct workunit_wants *table,
    const struct json_doc *doc, int object, unsigned parent, int *open)
{
	unsigned near = WANT_FIRST;

	for (int key = json_first(doc, object); key >= 0;
	     key = json_next(doc, key)) {
		unsigned want = find_want(
		    table, parent, json_string(doc, key), near);
		int value = json_value(doc, key);

		if (want == 0)
			continue;
		near = want;
		if (json_type(doc, value) == JSON_OBJECT)
			open[want] = value;
		else if (json_type(doc, value) != 0)
			keep_value(s, want, json_raw(doc, value));
	}
}

enum st
workunit_source_read(struct workunit_source *s, enum workunit_reply reply,
    struct span text, struct json_doc *doc, jsmntok_t *tok)
{
	const struct workunit_wants *table = workunit_wants(reply);
	int open[JSON_WANT_MAX_COUNT] = { 0 };

	memset(s, 0, sizeof *s);
	s->text = text;
	if (text.n > ELEMENT_MAX_BYTES ||
	    json_doc_parse(doc, text, tok, ELEMENT_TOKEN_MAX_COUNT) != ST_OK)
		return ST_MALFORM;
	read_object(s, table, doc, 0, WANT_ELEMENT, open);
	/* Parents stand before their children: one pass enters them all. */
	for (unsigned i = WANT_FIRST; i < table->count; i++)
		if (open[i] != 0)
			read_object(s, table, doc, open[i], i, open);
	return ST_OK;
}

static struct span
value_of(const struct workunit_source *s, unsigned want)
{
	return s->value[want].n == 0 ?
	    SPAN_NONE :
	    span_sub(s->text, s->value[want].at, s->value[want].n);
}

struct span
workunit_source_text(const struct workunit_source *s, unsigned want)
{
	struct span text = value_of(s, want);

	return span_eq(text, SPAN_LIT("null")) ? SPAN_NONE : text;
}

struct span
workunit_text(const struct json_doc *doc, int token)
{
	struct span text = json_string(doc, token);

	return text.n == 0 || span_eq(text, SPAN_LIT("null")) ? SPAN_NONE :
								text;
}

enum st
workunit_source_int(
    const struct workunit_source *s, unsigned want, int64_t *value)
{
	struct span text = value_of(s, want);
	bool minus = text.n != 0 && text.p[0] == '-';
	uint64_t v;

	if (span_to_u64(span_sub(text, minus, text.n), &v) != ST_OK ||
	    v > INT64_MAX)
		return ST_MALFORM;
	*value = minus ? -(int64_t)v : (int64_t)v;
	return ST_OK;
}

bool
workunit_source_is_cut(const struct workunit_source *s, unsigned want)
{
	return (s->cut >> want & 1) != 0;
}

void
workunit_source_array(const struct workunit_source *s, unsigned want,
    struct json_doc *doc, jsmntok_t *tok)
{
	struct span array = value_of(s, want);

	/* It was read once: it cannot fail, and is empty if it does. */
	if (array.n == 0 ||
	    json_doc_parse(doc, array, tok, ELEMENT_TOKEN_MAX_COUNT) != ST_OK)
		*doc = (struct json_doc){ SPAN_NONE, tok, 0 };
}

/* YYYY-MM-DDThh:mm:ss[.f{1,7}]Z, given that it is an RFC 3339 time. */
static bool
is_contract_form(struct span s)
{
	return s.n >= 20 && s.n <= TICKS_TEXT_MAX_BYTES && s.p[10] == 'T' &&
	    s.p[s.n - 1] == 'Z';
}

struct workunit_when
workunit_when(struct span given)
{
	struct workunit_when when = { 0, { 0 }, 0 };

	if (ticks_parse(given, &when.ticks) != ST_OK)
		return when;
	if (!is_contract_form(given))
		return workunit_when_ticks(when.ticks);
	memcpy(when.text, given.p, given.n);
	when.n = (uint8_t)given.n;
	return when;
}

struct workunit_when
workunit_when_ticks(int64_t ticks)
{
	struct workunit_when when = { ticks, { 0 }, 0 };
	struct buf b = BUF_OVER(when.text);

	ticks_write(&b, ticks);
	assert(!b.cut);
	when.n = (uint8_t)b.n;
	return when;
}

struct span
workunit_when_text(const struct workunit_when *when)
{
	return when->n == 0 ? SPAN_NONE : (struct span){ when->text, when->n };
}
