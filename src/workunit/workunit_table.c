/* SPDX-License-Identifier: MIT */
/*
 * Rows and their quotas.
 *
 * Each class of rows (alerts, comments, entities, nodes) has a quota of the
 * record's bytes, shared by its groups (15 kinds of entities, 5 types of
 * nodes).  What is kept must not depend on the order in which the rows come:
 * the same incident must give the same record.  So the rule speaks of sets:
 *
 *	1. `level` is the largest number of bytes for which all groups, each
 *	   taking its size or `level`, whichever is less, fit the quota.  A few
 *	   users beside 10,000 addresses thus stay whole.
 *	2. Of a group, in the order of rank, the rows are kept up to `level`
 *	   bytes, and none behind the first that goes beyond.
 *
 * It is kept up to date row by row.  More rows only lower `level`, and only
 * push a row further back in its group; so a row that has to go now would have
 * to go at the end too, and the smallest rank that went (`cutoff`) tells of
 * every later row whether it comes in.  A group that lost a row is larger than
 * `level` and stays so: its size need not be known.  Rows of equal rank but
 * different text go together.
 *
 * The rank of alerts and comments is severity and age; that of entities and
 * nodes is a hash of their text, a fair draw that stays the same from one
 * version of the incident to the next (long entities behind the others).
 *
 * A row's cost is the largest of three: its bytes in the record; its bytes in
 * the pool times quota / pool share; and quota / rows of the table.  A quota's
 * worth of rows therefore fits record, pool and table.
 *
 * The pool is filled upwards; texts of rows that went are holes, and it is
 * tidied when its end is reached.
 */
#include "workunit/workunit_priv.h"

#include <assert.h>
#include <string.h>

#define GROUP_SHIFT 24u
#define PLACE_MASK  0xffffffu

_Static_assert(WORKUNIT_POOL_BYTES <= PLACE_MASK, "a place has 24 bits");
_Static_assert(WORKUNIT_ROW_COUNT <= UINT16_MAX, "an index has 16 bits");
_Static_assert(WORKUNIT_CORE_QUOTA_BYTES + WORKUNIT_ALERTS_QUOTA_BYTES +
	    WORKUNIT_ENTITIES_QUOTA_BYTES + WORKUNIT_NODES_QUOTA_BYTES +
	    WORKUNIT_TIMELINE_QUOTA_BYTES <=
	RECORD_MAX_BYTES,
    "the quotas are larger than the record");
_Static_assert(WORKUNIT_COMMENTS_QUOTA_BYTES < WORKUNIT_TIMELINE_QUOTA_BYTES,
    "comments stand in the timeline");

/* clang-format off */

/* Rows of a class: a quota's worth and one. */
#define ROWS(one, many)                                 \
	(WORKUNIT_ROWS(WORKUNIT_##many##_QUOTA_BYTES,   \
	     WORKUNIT_##one##_MAX_COUNT) + 1u)

#define CLASS(one, many, before, group_count, key_bytes)                   \
	{ .first = (before), .rows = ROWS(one, many),                      \
	  .quota = WORKUNIT_##many##_QUOTA_BYTES,                          \
	  .pool = WORKUNIT_##many##_POOL_BYTES,                            \
	  .least = WORKUNIT_ROW_COST(WORKUNIT_##many##_QUOTA_BYTES,        \
	      WORKUNIT_##one##_MAX_COUNT),                                 \
	  .groups = (group_count), .key = (key_bytes) }

static const struct {
	unsigned first;   /* row */
	unsigned rows;
	unsigned quota;   /* bytes of the record */
	unsigned pool;    /* bytes of the pool */
	unsigned least;   /* cost of a row */
	unsigned groups;
	unsigned key;     /* bytes before the fields */
} CLASSES[WORKUNIT_CLASS_COUNT] = {
	[WORKUNIT_ALERT_ROWS] = CLASS(ALERT, ALERTS, 0, 1, 8),
	[WORKUNIT_COMMENT_ROWS] = CLASS(COMMENT, COMMENTS,
	    ROWS(ALERT, ALERTS), 1, 8),
	[WORKUNIT_ENTITY_ROWS] = CLASS(ENTITY, ENTITIES,
	    ROWS(ALERT, ALERTS) + ROWS(COMMENT, COMMENTS),
	    WORKUNIT_ENTITY_GROUP_COUNT, 0),
	[WORKUNIT_NODE_ROWS] = CLASS(NODE, NODES,
	    ROWS(ALERT, ALERTS) + ROWS(COMMENT, COMMENTS) +
	    ROWS(ENTITY, ENTITIES), WORKUNIT_NODE_GROUP_COUNT, 0),
};

/* clang-format on */

static unsigned
group_of(const struct workunit_row *row)
{
	return row->at >> GROUP_SHIFT;
}

static size_t
place_of(const struct workunit_row *row)
{
	return row->at & PLACE_MASK;
}

void
workunit_rows_clear(struct workunit *w, enum workunit_class class)
{
	w->rows[class] = (struct workunit_rows){ 0 };
}

bool
workunit_rows_cut(
    const struct workunit *w, enum workunit_class class, unsigned group)
{
	return w->rows[class].share[group].cut;
}

struct span
workunit_row_text(const struct workunit *w, unsigned row)
{
	struct span pool = { w->pool, w->pool_n };

	return span_sub(pool, place_of(&w->row[row]), w->row[row].n);
}

struct span
workunit_row_fields(
    const struct workunit *w, enum workunit_class class, unsigned row)
{
	struct span text = workunit_row_text(w, row);

	return span_sub(text, CLASSES[class].key, text.n);
}

/* ---- which rows stay ---------------------------------------------------- */

/* Rule 1.  UINT32_MAX when everything fits. */
static uint32_t
find_level(const struct workunit_rows *rows, enum workunit_class class)
{
	unsigned groups = CLASSES[class].groups;
	bool satisfied[WORKUNIT_ENTITY_GROUP_COUNT] = { false };
	uint32_t left = CLASSES[class].quota;
	uint32_t open = groups;
	bool changed = true;

	while (changed && open != 0) {
		uint32_t level = left / open;

		changed = false;
		for (unsigned i = 0; i < groups; i++) {
			const struct workunit_share *s = &rows->share[i];

			if (satisfied[i] || s->cut || s->cost > level)
				continue;
			satisfied[i] = true;
			left -= s->cost;
			open--;
			changed = true;
		}
	}
	return open == 0 ? UINT32_MAX : left / open;
}

/* Take out all rows of the group's largest rank. */
static void
drop_worst(struct workunit *w, enum workunit_class class, unsigned group)
{
	struct workunit_rows *rows = &w->rows[class];
	struct workunit_share *share = &rows->share[group];
	struct workunit_row *row = &w->row[CLASSES[class].first];
	uint64_t worst = 0;

	for (unsigned i = 0; i < rows->count; i++)
		if (group_of(&row[i]) == group && row[i].rank > worst)
			worst = row[i].rank;
	for (unsigned i = 0; i < rows->count;) {
		if (group_of(&row[i]) != group || row[i].rank != worst) {
			i++;
			continue;
		}
		share->cost -= row[i].cost;
		row[i] = row[--rows->count];
	}
	share->cut = true;
	share->cutoff = worst;
}

static void
fit(struct workunit *w, enum workunit_class class)
{
	struct workunit_rows *rows = &w->rows[class];
	uint32_t level = find_level(rows, class);

	for (unsigned i = 0; i < CLASSES[class].groups; i++)
		while (rows->share[i].cost > level)
			drop_worst(w, class, i);
}

/* ---- the pool ----------------------------------------------------------- */

static int
compare_place(const struct workunit *w, unsigned a, unsigned b)
{
	size_t x = place_of(&w->row[a]), y = place_of(&w->row[b]);

	return x < y ? -1 : x > y;
}

/* Move all texts down, in the order of their places, over the holes. */
static void
tidy(struct workunit *w)
{
	size_t n = 0, end = 0;

	for (unsigned class = 0; class < WORKUNIT_CLASS_COUNT; class ++)
		for (unsigned i = 0; i < w->rows[class].count; i++)
			w->order[n++] = (uint16_t)(CLASSES[class].first + i);
	workunit_sort(w, w->order, n, compare_place);
	for (size_t i = 0; i < n; i++) {
		struct workunit_row *row = &w->row[w->order[i]];

		memmove(w->pool + end, w->pool + place_of(row), row->n);
		row->at = (uint32_t)end | group_of(row) << GROUP_SHIFT;
		end += row->n;
	}
	w->pool_n = (uint32_t)end;
}

/* ---- adding ------------------------------------------------------------- */

static bool
is_known(const struct workunit *w, struct workunit_slot slot, struct span text)
{
	const struct workunit_row *row = &w->row[CLASSES[slot.class].first];

	for (unsigned i = 0; i < w->rows[slot.class].count; i++)
		if (row[i].rank == slot.rank &&
		    group_of(&row[i]) == slot.group &&
		    span_eq(text,
			workunit_row_text(w, CLASSES[slot.class].first + i)))
			return true;
	return false;
}

static uint32_t
cost_of(enum workunit_class class, const struct workunit_fields *f)
{
	uint32_t n = (uint32_t)f->b.n;
	uint32_t pool = CLASSES[class].pool;
	/* Rounded up; at most 4 KiB times 44 KiB. */
	uint32_t cost = (n * CLASSES[class].quota + pool - 1) / pool;

	if (cost < f->written)
		cost = (uint32_t)f->written;
	return cost < CLASSES[class].least ? CLASSES[class].least : cost;
}

void
workunit_rows_add(struct workunit *w, struct workunit_slot slot,
    const struct workunit_fields *f)
{
	struct workunit_rows *rows = &w->rows[slot.class];
	struct workunit_share *share = &rows->share[slot.group];
	struct span text = span_of(&f->b);
	uint32_t cost = cost_of(slot.class, f);
	struct workunit_row *row;

	if ((share->cut && slot.rank >= share->cutoff) ||
	    is_known(w, slot, text))
		return;
	assert(cost <= UINT16_MAX && rows->count < CLASSES[slot.class].rows);
	/* The place is given when the row is sure to stay; until then it has
	 * no bytes, which tidy moves without harm. */
	row = &w->row[CLASSES[slot.class].first + rows->count++];
	*row = (struct workunit_row){ slot.rank, slot.group << GROUP_SHIFT, 0,
		(uint16_t)cost };
	share->cost += cost;
	fit(w, slot.class);
	if (share->cut && slot.rank >= share->cutoff)
		return;
	if (text.n > sizeof w->pool - w->pool_n)
		tidy(w);
	assert(text.n <= sizeof w->pool - w->pool_n);
	/* Rows may have moved: the new one is the one without bytes. */
	row = &w->row[CLASSES[slot.class].first];
	while (row->n != 0)
		row++;
	memcpy(w->pool + w->pool_n, text.p, text.n);
	row->at = w->pool_n | slot.group << GROUP_SHIFT;
	row->n = (uint16_t)text.n;
	w->pool_n += (uint32_t)text.n;
}

/* ---- order -------------------------------------------------------------- */

static int
compare_text(const struct workunit *w, unsigned a, unsigned b)
{
	return span_compare(workunit_row_text(w, a), workunit_row_text(w, b));
}

static int
compare_rank(const struct workunit *w, unsigned a, unsigned b)
{
	uint64_t x = w->row[a].rank, y = w->row[b].rank;

	return x < y ? -1 : x > y ? 1 : compare_text(w, a, b);
}

unsigned
workunit_rows_sort(
    struct workunit *w, enum workunit_class class, unsigned group)
{
	unsigned first = CLASSES[class].first, n = 0;

	for (unsigned i = 0; i < w->rows[class].count; i++)
		if (group_of(&w->row[first + i]) == group)
			w->order[n++] = (uint16_t)(first + i);
	workunit_sort(w, w->order, n, compare_text);
	return n;
}

unsigned
workunit_rows_rank(struct workunit *w, enum workunit_class class)
{
	unsigned n = w->rows[class].count;

	for (unsigned i = 0; i < n; i++)
		w->order[i] = (uint16_t)(CLASSES[class].first + i);
	workunit_sort(w, w->order, n, compare_rank);
	return n;
}

/* FNV-1a, and then the end of MurmurHash3 (both public domain), which carries
 * every bit into the upper ones that decide. */
uint64_t
workunit_hash(struct span s, unsigned seed)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325) ^ seed;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ s.p[i]) * UINT64_C(0x100000001b3);
	h = (h ^ h >> 33) * UINT64_C(0xff51afd7ed558ccd);
	h = (h ^ h >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return h ^ h >> 33;
}

static void
sift_down(const struct workunit *w, uint16_t *order, size_t top, size_t n,
    workunit_compare *compare)
{
	uint16_t moved = order[top];
	size_t child;

	while ((child = 2 * top + 1) < n) {
		if (child + 1 < n &&
		    compare(w, order[child], order[child + 1]) < 0)
			child++;
		if (compare(w, moved, order[child]) >= 0)
			break;
		order[top] = order[child];
		top = child;
	}
	order[top] = moved;
}

void
workunit_sort(const struct workunit *w, uint16_t *order, size_t n,
    workunit_compare *compare)
{
	for (size_t i = n / 2; i-- > 0;)
		sift_down(w, order, i, n, compare);
	for (size_t i = n; i-- > 1;) {
		uint16_t largest = order[0];

		order[0] = order[i];
		order[i] = largest;
		sift_down(w, order, 0, i, compare);
	}
}
