/* SPDX-License-Identifier: MIT */
/*
 * What is kept of a document that flies past.
 *
 * The table of wanted paths is a tree; `first` and `next` are its links.  Each
 * open object or array carries the entry it belongs to, or JSON_NOT_WANTED,
 * and then nothing inside of it is looked at.  So the entry of a new value is
 * that of the document (depth 0), of the array's elements, or of the key.
 *
 *	{"value":[ {"name":"x","other":[1]} ], "nextLink":"u"}
 *	0         |1        |   |            |            |
 *	          2: emit   3   not wanted   end of 2     4: emit
 *
 * Between the beginning and the end of an emitting entry the kept values are
 * written to `out`; outside of it nothing is.  A value decides at its first
 * byte, where its type is known; only a number can turn out to be too long
 * later, and then everything since its comma is taken back.
 */
#include "json/json_priv.h"

#include <assert.h>
#include <string.h>

_Static_assert(JSON_WANT_MAX_COUNT <= 64, "one bit for each entry");
_Static_assert(JSON_KEY_MAX_BYTES < UINT8_MAX, "key_n counts one more");

#define JSON_SCALAR (JSON_STRING | JSON_NUMBER | JSON_BOOL)

static uint64_t
bit(unsigned entry)
{
	return UINT64_C(1) << entry;
}

static bool
is_elements(const struct json_want *w)
{
	return w->name[0] == '*' && w->name[1] == '\0';
}

void
json_keep_init(struct json_project *jp, unsigned want_count)
{
	uint64_t inside = 0; /* entries below an emitting one, or emitting */

	memset(jp->first, JSON_NOT_WANTED, sizeof jp->first);
	memset(jp->next, JSON_NOT_WANTED, sizeof jp->next);
	for (unsigned i = 0; i < want_count; i++) {
		const struct json_want *w = &jp->wants[i];
		bool emits = (w->types & JSON_EMIT) != 0;

		assert(i == 0 || (w->parent < i && w->name != NULL));
		assert(!emits || jp->handler != NULL);
		if (i != 0 && (inside & bit(w->parent)) != 0) {
			assert(!emits);
			inside |= bit(i);
		}
		if (emits)
			inside |= bit(i);
	}
	/* From the last, so that siblings stay in the order of the table. */
	for (unsigned i = want_count; i-- > 1;) {
		unsigned parent = jp->wants[i].parent;

		jp->next[i] = jp->first[parent];
		jp->first[parent] = (uint8_t)i;
	}
}

/* The object or array around the next value; NULL for the document. */
static struct json_level *
top(struct json_project *jp)
{
	return jp->depth == 0 ? NULL : &jp->level[jp->depth - 1];
}

static bool
is_writing(const struct json_project *jp)
{
	return jp->emit != JSON_NOT_WANTED;
}

static void
mark_cut(struct json_project *jp, unsigned entry)
{
	if (is_writing(jp))
		jp->cut |= bit(entry);
	else
		jp->outer_cut |= bit(entry);
}

static void
mark_duplicate(struct json_project *jp)
{
	if (is_writing(jp))
		jp->flags |= JSON_FLAG_DUPLICATE;
	else
		jp->outer_flags |= JSON_FLAG_DUPLICATE;
}

/* As much of `s` as there is room for, so that what an overflow leaves does
 * not depend on where the input was cut. */
static void
put_part(struct buf *b, struct span s)
{
	size_t room = b->cap - b->n;

	if (!b->cut && s.n > room) {
		buf_put(b, span_sub(s, 0, room));
		b->cut = true;
	} else
		buf_put(b, s);
}

/* True when an array takes one more element. */
static bool
has_room(struct json_project *jp, const struct json_level *in)
{
	const struct json_want *w = &jp->wants[in->want];

	if (w->max == 0 || in->elements < w->max)
		return true;
	mark_cut(jp, in->want);
	return false;
}

static void
begin_element(struct json_project *jp, unsigned entry)
{
	buf_reset(&jp->out);
	jp->emit = (uint8_t)entry;
	jp->emit_depth = jp->depth;
	jp->cut = 0;
	jp->flags = 0;
}

/* The comma and the key before a kept value. */
static void
put_lead(struct json_project *jp, const struct json_level *in)
{
	if (in->written)
		buf_put_byte(&jp->out, ',');
	if (in->array)
		return;
	buf_put_byte(&jp->out, '"');
	json_encode(&jp->out, span_str(jp->wants[jp->want].name));
	buf_put(&jp->out, SPAN_LIT("\":"));
}

void
json_keep_begin(struct json_project *jp, unsigned type)
{
	const struct json_level *in = top(jp);
	unsigned entry = in == NULL ? 0 : in->array ? in->child : jp->want;

	jp->want = JSON_NOT_WANTED;
	if (entry == JSON_NOT_WANTED || (jp->wants[entry].types & type) == 0)
		return;
	if (in != NULL && in->array && !has_room(jp, in))
		return;
	if ((jp->wants[entry].types & JSON_EMIT) != 0)
		begin_element(jp, entry);
	else if (!is_writing(jp) && (type & JSON_SCALAR) != 0)
		return; /* a leaf outside of every element */
	jp->want = (uint8_t)entry;
	jp->start = jp->out.n;
	jp->start_cut = jp->out.cut;
	jp->length = 0;
	if (is_writing(jp) && jp->depth != jp->emit_depth)
		put_lead(jp, in);
}

/* A kept value stands in its object or array. */
static void
count_value(struct json_project *jp)
{
	struct json_level *in = top(jp);

	if (in == NULL)
		return;
	in->written = true;
	if (in->elements < UINT16_MAX)
		in->elements++;
}

/* A value ended that nothing more belongs to. */
static void
end_value(struct json_project *jp)
{
	struct json_element e;

	jp->state = jp->depth == 0 ? JSON_AT_END : JSON_AT_COMMA;
	if (!is_writing(jp) || jp->depth != jp->emit_depth)
		return;
	e = (struct json_element){ jp->emit, span_of(&jp->out), jp->cut,
		jp->flags | (jp->out.cut ? JSON_FLAG_OVERFLOW : 0u) };
	jp->emit = JSON_NOT_WANTED;
	jp->st = jp->handler(jp->ctx, &e);
}

void
json_keep_key(struct json_project *jp)
{
	unsigned i = jp->first[jp->level[jp->depth - 1].want];

	for (; i != JSON_NOT_WANTED; i = jp->next[i]) {
		const struct json_want *w = &jp->wants[i];

		if (w->name[0] == (char)jp->key[0] &&
		    strlen(w->name) == jp->key_n && !is_elements(w) &&
		    memcmp(w->name, jp->key, jp->key_n) == 0)
			break;
	}
	if (i != JSON_NOT_WANTED && (jp->seen & bit(i)) != 0) {
		mark_duplicate(jp);
		i = JSON_NOT_WANTED;
	}
	if (i != JSON_NOT_WANTED)
		jp->seen |= bit(i);
	jp->want = (uint8_t)i;
}

/* The entry of the elements of the array that begins, which is jp->want.  For
 * an object: none, and its keys have not been seen yet. */
static uint8_t
enter(struct json_project *jp, bool array)
{
	unsigned i = JSON_NOT_WANTED;

	if (jp->want != JSON_NOT_WANTED)
		i = jp->first[jp->want];
	for (; i != JSON_NOT_WANTED; i = jp->next[i]) {
		if (array && is_elements(&jp->wants[i]))
			break;
		jp->seen &= ~bit(i);
	}
	return (uint8_t)i;
}

bool
json_keep_open(struct json_project *jp, bool array)
{
	struct json_level in = { .want = JSON_NOT_WANTED, .array = array };

	if (jp->depth == JSON_DEPTH_MAX)
		return false;
	json_keep_begin(jp, array ? JSON_ARRAY : JSON_OBJECT);
	if (jp->want != JSON_NOT_WANTED) {
		count_value(jp);
		if (is_writing(jp))
			buf_put_byte(&jp->out, array ? '[' : '{');
		in.want = jp->want;
	}
	in.child = enter(jp, array);
	jp->level[jp->depth++] = in;
	jp->state = array ? JSON_AT_FIRST_ELEMENT : JSON_AT_FIRST_KEY;
	return true;
}

bool
json_keep_close(struct json_project *jp, bool array)
{
	const struct json_level *in = top(jp);

	if (in == NULL || in->array != array)
		return false;
	if (in->want != JSON_NOT_WANTED && is_writing(jp))
		buf_put_byte(&jp->out, array ? ']' : '}');
	jp->depth--;
	end_value(jp);
	return true;
}

/* Behind this the string is read on, but no more of it is taken. */
static void
end_sink(struct json_project *jp)
{
	if (jp->sink == JSON_SINK_KEY)
		jp->key_n = JSON_KEY_MAX_BYTES + 1;
	else
		mark_cut(jp, jp->want);
	jp->sink = JSON_SINK_NONE;
}

static void
put_sink(struct json_project *jp, struct span s)
{
	if (jp->sink == JSON_SINK_KEY) {
		memcpy(jp->key + jp->key_n, s.p, s.n);
		jp->key_n = (uint8_t)(jp->key_n + s.n);
	} else {
		put_part(&jp->out, s);
		jp->length += s.n;
	}
}

static size_t
sink_room(const struct json_project *jp)
{
	if (jp->sink == JSON_SINK_KEY)
		return (size_t)JSON_KEY_MAX_BYTES - jp->key_n;
	return (size_t)jp->wants[jp->want].max - jp->length;
}

void
json_keep_run(struct json_project *jp, struct span run)
{
	size_t room;

	if (jp->sink == JSON_SINK_NONE)
		return;
	room = sink_room(jp);
	put_sink(jp, span_sub(run, 0, room));
	if (run.n > room)
		end_sink(jp);
}

void
json_keep_whole(struct json_project *jp, struct span character)
{
	if (jp->sink == JSON_SINK_NONE)
		return;
	if (character.n > sink_room(jp))
		end_sink(jp);
	else
		put_sink(jp, character);
}

void
json_keep_digits(struct json_project *jp, struct span run)
{
	unsigned entry = jp->want;

	if (entry == JSON_NOT_WANTED)
		return;
	if (run.n <= jp->wants[entry].max - jp->length) {
		put_part(&jp->out, run);
		jp->length += run.n;
		return;
	}
	/* As if it had never been there, but for the bit. */
	buf_rewind(&jp->out, jp->start);
	jp->out.cut = jp->start_cut;
	jp->want = JSON_NOT_WANTED;
	if (jp->depth == jp->emit_depth)
		jp->emit = JSON_NOT_WANTED;
	mark_cut(jp, entry);
}

void
json_keep_scalar(struct json_project *jp)
{
	if (jp->want != JSON_NOT_WANTED)
		count_value(jp);
	end_value(jp);
}
