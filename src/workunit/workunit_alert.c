/* SPDX-License-Identifier: MIT */
/*
 * Alerts and comments to rows.
 *
 * Alerts are written by start and id.  When they do not fit, the most severe
 * and newest are kept; of the comments the newest.  The rank of both is
 *
 *	2 bits  3 minus severity (comments: 0)
 *	40 bits time before the end of 9999, in units of 0.42 s
 *	22 bits hash of the text, so that a burst at one moment is told apart
 */
#include "workunit/workunit_priv.h"

#define AGE_SHIFT      22u
#define SEVERITY_SHIFT 62u

/* Without a start an alert stands behind all others. */
#define NO_TIME INT64_MAX

_Static_assert(TICKS_MAX >> 62 == 0, "a point in time has 62 bits");

static uint64_t
rank_of(enum workunit_severity severity, int64_t at,
    const struct workunit_fields *f)
{
	uint64_t age = (uint64_t)(TICKS_MAX - at) >> AGE_SHIFT;
	uint64_t hash = workunit_hash(span_of(&f->b), 0) >> (64 - AGE_SHIFT);

	return (uint64_t)(WORKUNIT_HIGH - severity) << SEVERITY_SHIFT |
	    age << AGE_SHIFT | hash;
}

static void
put(struct workunit_fields *f, const struct workunit_source *s,
    enum workunit_field field, unsigned want)
{
	workunit_fields_put(f, field, workunit_source_text(s, want),
	    workunit_source_is_cut(s, want));
}

/* The texts of an array of strings; that some are missing or cut is noted at
 * the last. */
static void
put_array(struct workunit_fields *f, const struct workunit_source *s,
    enum workunit_field field, unsigned want, jsmntok_t *tok)
{
	bool cut = workunit_source_is_cut(s, want) ||
	    workunit_source_is_cut(s, want + 1);
	struct span last = SPAN_NONE;
	struct json_doc d;

	workunit_source_array(s, want, &d, tok);
	for (int i = json_first(&d, 0); i >= 0; i = json_next(&d, i)) {
		struct span text = workunit_text(&d, i);

		if (text.p == NULL)
			continue;
		workunit_fields_put(f, field, last, false);
		last = text;
	}
	workunit_fields_put(f, field, last, cut);
}

/* The first of two entries that has a text, under a field's name. */
static unsigned
first_of(const struct workunit_source *s, unsigned a, unsigned b)
{
	return workunit_source_text(s, a).p != NULL ? a : b;
}

static void
put_name(
    struct workunit_fields *f, const struct workunit_source *s, struct span id)
{
	unsigned want = first_of(s, WA_DISPLAY, WA_TYPE);
	struct span name = workunit_source_text(s, want);

	if (name.p == NULL)
		workunit_fields_put(f, F_NAME, id, false);
	else
		put(f, s, F_NAME, want);
}

void
workunit_alert_add(struct workunit *w, const struct workunit_source *s)
{
	struct workunit_when start = workunit_when(
	    workunit_source_text(s, WA_STARTED));
	struct workunit_when end = workunit_when(
	    workunit_source_text(s, WA_ENDED));
	struct workunit_when generated = workunit_when(
	    workunit_source_text(s, WA_GENERATED));
	int64_t newest = generated.n != 0 ? generated.ticks :
	    start.n != 0                  ? start.ticks :
					    end.ticks;
	unsigned id_want = first_of(s, WA_ID, WA_NAME);
	struct span id = workunit_source_text(s, id_want);
	uint8_t storage[WORKUNIT_ROW_MAX_BYTES];
	struct workunit_fields f;
	struct workunit_slot slot = { WORKUNIT_ALERT_ROWS, 0, 0 };

	if (id.p == NULL)
		id = SPAN_LIT("");
	workunit_fields_init(
	    &f, BUF_OVER(storage), start.n != 0 ? start.ticks : NO_TIME);
	workunit_fields_put(&f, F_ID, id, workunit_source_is_cut(s, id_want));
	put_name(&f, s, id);
	put(&f, s, F_SEVERITY, WA_SEVERITY);
	put(&f, s, F_STATUS, WA_STATUS);
	put(&f, s, F_PRODUCT, WA_PRODUCT);
	put(&f, s, F_VENDOR, WA_VENDOR);
	workunit_fields_put(
	    &f, F_STARTED_AT, workunit_when_text(&start), false);
	workunit_fields_put(&f, F_ENDED_AT, workunit_when_text(&end), false);
	put_array(&f, s, F_TACTICS, WA_TACTICS, w->u.tok);
	put_array(&f, s, F_TECHNIQUES, WA_TECHNIQUES, w->u.tok);
	put(&f, s, F_COMPROMISED, WA_COMPROMISED);
	put(&f, s, F_URL, WA_LINK);
	workunit_fields_put(
	    &f, F_GENERATED, workunit_when_text(&generated), false);
	slot.rank = rank_of(
	    workunit_severity(workunit_source_text(s, WA_SEVERITY)), newest,
	    &f);
	workunit_rows_add(w, slot, &f);
}

void
workunit_comment_add(struct workunit *w, const struct workunit_source *s)
{
	struct workunit_when created = workunit_when(
	    workunit_source_text(s, WC_CREATED));
	uint8_t storage[WORKUNIT_ROW_MAX_BYTES];
	struct workunit_fields f;
	struct workunit_slot slot = { WORKUNIT_COMMENT_ROWS, 0, 0 };

	/* Without a time it has no place on a timeline. */
	if (created.n == 0) {
		w->strange[WORKUNIT_PART_COMMENTS] = true;
		return;
	}
	workunit_fields_init(&f, BUF_OVER(storage), created.ticks);
	workunit_fields_put(&f, F_AT, workunit_when_text(&created), false);
	workunit_fields_put(&f, F_TEXT, workunit_source_text(s, WC_MESSAGE),
	    workunit_source_is_cut(s, WC_MESSAGE));
	put(&f, s, F_REF, WC_NAME);
	slot.rank = rank_of(WORKUNIT_HIGH, created.ticks, &f);
	/* `kind` and its name. */
	f.written += sizeof "\"kind\":\"comment\"," - 1;
	workunit_rows_add(w, slot, &f);
}
