/* SPDX-License-Identifier: MIT */
/*
 * The timeline, sorted by time, kind and ref.
 *
 * At most WORKUNIT_TIMELINE_QUOTA_BYTES: our own marks and the status changes
 * (36 of at most 90 bytes), the comments that their own quota let in, and of
 * the alerts the most severe and newest that still fit; they stand in `alerts`
 * too.
 */
#include "workunit/workunit_priv.h"

#include <assert.h>

/* In the order of their names. */
enum kind { ALERT, CLOSED, COMMENT, CREATED, FIRST, LAST, STATUS };

static const char *const KINDS[] = {
	[ALERT] = "alert",
	[CLOSED] = "closed",
	[COMMENT] = "comment",
	[CREATED] = "created",
	[FIRST] = "first_activity",
	[LAST] = "last_activity",
	[STATUS] = "status",
};

/* What stands around the texts, at most. */
#define FRAME_BYTES \
	(sizeof "{\"at\":\"\",\"kind\":\"\",\"text\":\"\",\"ref\":\"\"}," - 1)

/* What an entry is written from. */
struct entry {
	struct workunit_item at, text, ref;
};

struct list {
	unsigned count;
	size_t written; /* bytes, at most */
};

/* `texts`: bytes of time, text and ref.  False when it does not fit. */
static bool
add(struct workunit *w, struct list *l, struct workunit_moment m, size_t texts)
{
	size_t bytes = FRAME_BYTES + span_str(KINDS[m.kind]).n + texts;

	if (bytes > WORKUNIT_TIMELINE_QUOTA_BYTES - l->written)
		return false;
	assert(l->count < WORKUNIT_MOMENT_MAX_COUNT);
	w->u.moment[l->count++] = m;
	l->written += bytes;
	return true;
}

static void
add_mark(struct workunit *w, struct list *l, enum kind kind,
    const struct workunit_when *when)
{
	struct workunit_moment m = { when->ticks, 0, (uint8_t)kind };

	/* Marks and changes come first and take 3 KiB together. */
	if (when->n != 0 && !add(w, l, m, when->n))
		assert(false);
}

static void
add_changes(struct workunit_writing *g, struct list *l)
{
	assert(g->c->change_count <= STORE_CHANGE_MAX_COUNT);
	for (size_t i = 0; i < g->c->change_count; i++) {
		struct workunit_moment m = { g->c->change[i].at, (uint16_t)i,
			STATUS };

		if (!add(g->w, l, m, TICKS_TEXT_MAX_BYTES + sizeof "Active"))
			assert(false);
	}
}

/* Fields of an alert or comment that the timeline shows. */
static struct entry
entry_of_row(const struct workunit *w, enum workunit_class class, unsigned row)
{
	struct span rest = workunit_row_fields(w, class, row);
	struct workunit_item item;
	struct entry e = { { F_COUNT, SPAN_NONE, false },
		{ F_COUNT, SPAN_NONE, false }, { F_COUNT, SPAN_NONE, false } };

	while (workunit_fields_next(&rest, &item)) {
		if (item.field == F_AT || item.field == F_GENERATED)
			e.at = item;
		else if (item.field == F_TEXT || item.field == F_NAME)
			e.text = item;
		else if (item.field == F_REF || item.field == F_ID)
			e.ref = item;
	}
	return e;
}

/* Rows in the order in which they are kept; false when one did not fit. */
static bool
add_rows(struct workunit *w, struct list *l, enum workunit_class class,
    enum kind kind)
{
	unsigned n = workunit_rows_rank(w, class);

	for (unsigned i = 0; i < n; i++) {
		struct entry e = entry_of_row(w, class, w->order[i]);
		struct workunit_moment m = { 0, w->order[i], (uint8_t)kind };

		/* An alert without a time is not on the timeline. */
		if (ticks_parse(e.at.text, &m.at) != ST_OK)
			continue;
		if (!add(w, l, m, e.at.text.n + e.text.text.n + e.ref.text.n))
			return false;
	}
	return true;
}

static enum workunit_class
class_of(const struct workunit_moment *m)
{
	return m->kind == ALERT ? WORKUNIT_ALERT_ROWS : WORKUNIT_COMMENT_ROWS;
}

/* Alerts and comments of one moment: by ref, and then by all they have. */
static int
compare_rows(const struct workunit *w, const struct workunit_moment *a,
    const struct workunit_moment *b)
{
	enum workunit_class class = class_of(a);
	int order;

	if (a->kind != ALERT && a->kind != COMMENT)
		return a->row < b->row ? -1 : a->row > b->row;
	order = span_compare(entry_of_row(w, class, a->row).ref.text,
	    entry_of_row(w, class, b->row).ref.text);
	return order != 0 ? order :
			    span_compare(workunit_row_text(w, a->row),
				workunit_row_text(w, b->row));
}

static int
compare_moments(const struct workunit *w, unsigned a, unsigned b)
{
	const struct workunit_moment *x = &w->u.moment[a];
	const struct workunit_moment *y = &w->u.moment[b];

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return compare_rows(w, x, y);
}

static void
put_item(struct workunit_writing *g, const struct workunit_item *item,
    enum workunit_field field, unsigned index)
{
	if (item->text.p == NULL)
		return;
	if (item->cut)
		workunit_pointers_add(
		    &g->w->pointers, PLACE_TIMELINE, index, field);
	workunit_put_member(&g->o, workunit_field_member(field), item->text);
}

/* As Sentinel says it; an unknown one has no name. */
static struct span
status_text(enum workunit_status status)
{
	if (status == WORKUNIT_NEW)
		return SPAN_LIT("New");
	if (status == WORKUNIT_ACTIVE)
		return SPAN_LIT("Active");
	return status == WORKUNIT_CLOSED ? SPAN_LIT("Closed") : SPAN_NONE;
}

/* The time of one of our own marks. */
static struct span
mark_text(const struct workunit_writing *g, unsigned kind)
{
	if (kind == CREATED)
		return workunit_when_text(&g->created);
	if (kind == FIRST)
		return workunit_when_text(&g->first);
	return workunit_when_text(kind == LAST ? &g->last : &g->closed);
}

static void
put_moment(
    struct workunit_writing *g, const struct workunit_moment *m, unsigned index)
{
	struct workunit_when when;
	struct entry e = { { F_AT, SPAN_NONE, false },
		{ F_TEXT, SPAN_NONE, false }, { F_REF, SPAN_NONE, false } };

	if (m->kind == ALERT || m->kind == COMMENT)
		e = entry_of_row(g->w, class_of(m), m->row);
	else if (m->kind == STATUS) {
		when = workunit_when_ticks(m->at);
		e.at.text = workunit_when_text(&when);
		e.text.text = status_text(g->c->change[m->row].status);
	} else
		e.at.text = mark_text(g, m->kind);
	json_put_open(&g->o, '{');
	put_item(g, &e.at, F_AT, index);
	workunit_put_member(&g->o, "kind", span_str(KINDS[m->kind]));
	put_item(g, &e.text, F_TEXT, index);
	put_item(g, &e.ref, F_REF, index);
	json_put_close(&g->o, '}');
}

void
workunit_timeline_put(struct workunit_writing *g)
{
	struct workunit *w = g->w;
	struct list l = { 0, 0 };
	bool whole;

	add_mark(w, &l, FIRST, &g->first);
	add_mark(w, &l, CREATED, &g->created);
	add_mark(w, &l, LAST, &g->last);
	add_mark(w, &l, CLOSED, &g->closed);
	add_changes(g, &l);
	whole = add_rows(w, &l, WORKUNIT_COMMENT_ROWS, COMMENT);
	whole &= add_rows(w, &l, WORKUNIT_ALERT_ROWS, ALERT);
	/* As many changes as the store keeps: older ones may be missing. */
	if (!whole || g->c->change_count == STORE_CHANGE_MAX_COUNT ||
	    w->strange[WORKUNIT_PART_COMMENTS] ||
	    workunit_rows_cut(w, WORKUNIT_COMMENT_ROWS, 0) ||
	    workunit_rows_cut(w, WORKUNIT_ALERT_ROWS, 0))
		workunit_pointers_mark(&w->pointers, PLACE_TIMELINE);

	for (unsigned i = 0; i < l.count; i++)
		w->order[i] = (uint16_t)i;
	workunit_sort(w, w->order, l.count, compare_moments);
	json_put_key(&g->o, "timeline");
	json_put_open(&g->o, '[');
	for (unsigned i = 0; i < l.count; i++)
		put_moment(g, &w->u.moment[w->order[i]], i);
	json_put_close(&g->o, ']');
}
