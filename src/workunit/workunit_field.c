/* SPDX-License-Identifier: MIT */
/*
 * A row's text is its fields, one behind the other:
 *
 *	key (8 bytes, big-endian, alerts and comments only)
 *	field (1 byte)  canonical text  0 whole or 1 cut   ... again
 *
 * Canonical text has no byte below 0x20, so that the end of a field is seen,
 * and memcmp of two rows is the order of their keys, then of their texts.  No
 * member names and no quotes: a third less memory than the record's own form.
 * Fields of an array stand one behind the other, each with the array's number.
 */
#include "workunit/workunit_priv.h"

#include <assert.h>

#define FIELD_WHOLE 0u
#define FIELD_CUT   1u

static const struct {
	const char *member;
	enum workunit_how how;
} FIELDS[F_COUNT] = {
#define X(field, member, how) [field] = { member, WORKUNIT_HOW_##how },
	WORKUNIT_FIELD_LIST(X)
#undef X
};

const char *
workunit_field_member(enum workunit_field field)
{
	return FIELDS[field].member;
}

enum workunit_how
workunit_field_how(enum workunit_field field)
{
	return FIELDS[field].how;
}

void
workunit_fields_init(struct workunit_fields *f, struct buf storage, int64_t key)
{
	f->b = storage;
	f->written = sizeof "{}" - 1;
	for (int i = 7; key >= 0 && i >= 0; i--)
		buf_put_byte(&f->b, (uint8_t)((uint64_t)key >> 8 * i));
}

/* What stands around a member's name and text, the comma behind it included;
 * for an array as if each text had one of its own. */
static size_t
frame_of(enum workunit_how how)
{
	if (how == WORKUNIT_HOW_ARRAY)
		return sizeof "\"\":[\"\"]," - 1;
	return how == WORKUNIT_HOW_NUMBER ? sizeof "\"\":," - 1 :
					    sizeof "\"\":\"\"," - 1;
}

void
workunit_fields_put(struct workunit_fields *f, enum workunit_field field,
    struct span text, bool cut)
{
	if (text.p == NULL)
		return;
	buf_put_byte(&f->b, (uint8_t)field);
	buf_put(&f->b, text);
	buf_put_byte(&f->b, cut ? FIELD_CUT : FIELD_WHOLE);
	/* Every maximum is a limit of the want tables. */
	assert(!f->b.cut);
	if (FIELDS[field].how != WORKUNIT_HOW_HIDDEN)
		f->written += span_str(FIELDS[field].member).n +
		    frame_of(FIELDS[field].how) + text.n;
}

bool
workunit_fields_next(struct span *rest, struct workunit_item *item)
{
	struct span s = *rest;
	size_t n = 1;

	while (n < s.n && s.p[n] > FIELD_CUT)
		n++;
	if (n >= s.n)
		return false;
	item->field = (enum workunit_field)s.p[0];
	item->text = span_sub(s, 1, n - 1);
	item->cut = s.p[n] == FIELD_CUT;
	*rest = span_sub(s, n + 1, s.n);
	return true;
}

void
workunit_put_member(struct json_out *o, const char *name, struct span text)
{
	if (text.p == NULL)
		return;
	json_put_key(o, name);
	json_put_text(o, text);
}

void
workunit_put_fields(struct workunit_writing *g, struct span fields,
    enum workunit_place place, unsigned index)
{
	enum workunit_field open = F_COUNT; /* array that is being written */
	struct workunit_item item;

	json_put_open(&g->o, '{');
	while (workunit_fields_next(&fields, &item)) {
		enum workunit_how how = FIELDS[item.field].how;

		if (how == WORKUNIT_HOW_HIDDEN)
			continue;
		if (item.cut)
			workunit_pointers_add(
			    &g->w->pointers, place, index, item.field);
		if (open != item.field) {
			if (open != F_COUNT)
				json_put_close(&g->o, ']');
			open = F_COUNT;
			json_put_key(&g->o, FIELDS[item.field].member);
			if (how == WORKUNIT_HOW_ARRAY) {
				json_put_open(&g->o, '[');
				open = item.field;
			}
		}
		if (how == WORKUNIT_HOW_NUMBER)
			json_put_json(&g->o, item.text);
		else
			json_put_text(&g->o, item.text);
	}
	if (open != F_COUNT)
		json_put_close(&g->o, ']');
	json_put_close(&g->o, '}');
}
