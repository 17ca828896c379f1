/* SPDX-License-Identifier: MIT */
/*
 * `truncated`: JSON pointers (RFC 6901) into the record.
 *
 * Fields and arrays of the record itself have a bit each.  Fields of elements
 * are counted one by one, until they are too many; then their array stands for
 * all of its elements.  The places are in the order of their texts, and a
 * pointer into an array stands behind the array's own, so that the list is
 * sorted when the places are gone through in turn.
 */
#include "workunit/workunit_priv.h"

#define BIT(place) (UINT64_C(1) << (place))

_Static_assert(PLACE_COUNT <= 64, "one bit for each place");

/* "/entities/cloud_resources/1000/compromised_entity" has 49 bytes. */
#define POINTER_MAX_BYTES 64u

static const struct {
	const char *pointer, *member;
} PLACES[PLACE_COUNT] = {
#define X(place, before, member) [place] = { before member, member },
	WORKUNIT_PLACE_LIST(X)
#undef X
};

const char *
workunit_place_member(enum workunit_place place)
{
	return PLACES[place].member;
}

void
workunit_pointers_mark(struct workunit_pointers *p, enum workunit_place place)
{
	p->places |= BIT(place);
}

/* The array stands for its elements. */
static void
collapse(struct workunit_pointers *p, enum workunit_place place)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < p->count; i++)
		if (p->in[i].place != place)
			p->in[kept++] = p->in[i];
	p->count = kept;
	p->places |= BIT(place);
	p->whole |= BIT(place);
}

void
workunit_pointers_add(struct workunit_pointers *p, enum workunit_place place,
    unsigned index, enum workunit_field field)
{
	const struct workunit_pointer *last = p->count == 0 ?
	    NULL :
	    &p->in[p->count - 1];

	if ((p->whole & BIT(place)) != 0)
		return;
	/* The cut texts of one array are one pointer. */
	if (last != NULL && last->place == place && last->index == index &&
	    last->field == field)
		return;
	if (p->count == WORKUNIT_POINTER_MAX_COUNT) {
		collapse(p, place);
		return;
	}
	p->in[p->count++] = (struct workunit_pointer){ (uint8_t)place,
		(uint8_t)field, (uint16_t)index };
}

static void
put_pointer(struct buf *b, const struct workunit_pointer *in)
{
	buf_put_str(b, PLACES[in->place].pointer);
	buf_put_byte(b, '/');
	buf_put_u64(b, in->index);
	buf_put_byte(b, '/');
	buf_put_str(b, workunit_field_member((enum workunit_field)in->field));
}

/* The smallest text of a place that is larger than `after`; false if none. */
static bool
next_pointer(const struct workunit_pointers *p, unsigned place,
    struct span after, struct buf *smallest)
{
	buf_reset(smallest);
	for (unsigned i = 0; i < p->count; i++) {
		uint8_t text[POINTER_MAX_BYTES];
		struct buf b = BUF_OVER(text);

		if (p->in[i].place != place)
			continue;
		put_pointer(&b, &p->in[i]);
		if (span_compare(span_of(&b), after) <= 0 ||
		    (smallest->n != 0 &&
			span_compare(span_of(&b), span_of(smallest)) >= 0))
			continue;
		buf_reset(smallest);
		buf_put(smallest, span_of(&b));
	}
	return smallest->n != 0;
}

void
workunit_pointers_write(const struct workunit_pointers *p, struct json_out *o)
{
	uint8_t text[2][POINTER_MAX_BYTES];
	struct buf last = BUF_OVER(text[0]), next = BUF_OVER(text[1]);

	json_put_open(o, '[');
	for (unsigned place = 0; place < PLACE_COUNT; place++) {
		if ((p->places & BIT(place)) != 0)
			json_put_text(o, span_str(PLACES[place].pointer));
		buf_reset(&last);
		while (p->count != 0 &&
		    next_pointer(p, place, span_of(&last), &next)) {
			json_put_text(o, span_of(&next));
			buf_reset(&last);
			buf_put(&last, span_of(&next));
		}
	}
	json_put_close(o, ']');
}
