/* SPDX-License-Identifier: MIT */
/*
 * The incident's own part of the record, at most WORKUNIT_CORE_QUOTA_BYTES:
 *
 *	                status          open   disposition
 *	New             Open            yes    null
 *	Active, other   In Progress     yes    null
 *	Closed          Complete        no     by classification
 *	  FalsePositive Cancelled       no     false_positive
 *	merged, deleted Cancelled       no     by classification
 */
#include "workunit/workunit_priv.h"

/* The last one stands for all others. */
enum disposition {
	TRUE_POSITIVE,
	BENIGN_POSITIVE,
	FALSE_POSITIVE,
	UNDETERMINED
};

static const struct {
	const char *from, *to;
} DISPOSITIONS[] = {
	[TRUE_POSITIVE] = { "TruePositive", "true_positive" },
	[BENIGN_POSITIVE] = { "BenignPositive", "benign_positive" },
	[FALSE_POSITIVE] = { "FalsePositive", "false_positive" },
	[UNDETERMINED] = { "Undetermined", "undetermined" },
};

static enum disposition
disposition_of(struct span classification)
{
	unsigned i = 0;

	while (i < UNDETERMINED &&
	    !span_eq_nocase(classification, span_str(DISPOSITIONS[i].from)))
		i++;
	return (enum disposition)i;
}

static const char *const EVENTS[] = {
	[WORKUNIT_CREATED] = "created",
	[WORKUNIT_UPDATED] = "updated",
	[WORKUNIT_CLOSED_EVENT] = "closed",
	[WORKUNIT_REOPENED] = "reopened",
	[WORKUNIT_MERGED] = "merged",
	[WORKUNIT_DELETED] = "deleted",
};

static const char *const SEVERITIES[][2] = {
	[WORKUNIT_INFORMATIONAL] = { "informational", "Low" },
	[WORKUNIT_LOW] = { "low", "Low" },
	[WORKUNIT_MEDIUM] = { "medium", "Medium" },
	[WORKUNIT_HIGH] = { "high", "High" },
};

/* Of the record. */
enum status { OPEN, IN_PROGRESS, COMPLETE, CANCELLED };

static const char *const STATUSES[] = {
	[OPEN] = "Open",
	[IN_PROGRESS] = "In Progress",
	[COMPLETE] = "Complete",
	[CANCELLED] = "Cancelled",
};

static void
put_str(struct json_out *o, const char *name, const char *value)
{
	workunit_put_member(o, name, span_str(value));
}

/* The text of an entry, noted where it was cut. */
static struct span
take(struct workunit_writing *g, unsigned want, enum workunit_place place)
{
	struct span text = workunit_source_text(g->s, want);

	if (text.p != NULL && workunit_source_is_cut(g->s, want))
		workunit_pointers_mark(&g->w->pointers, place);
	return text;
}

static void
put_taken(struct workunit_writing *g, unsigned want, enum workunit_place place)
{
	workunit_put_member(
	    &g->o, workunit_place_member(place), take(g, want, place));
}

static void
put_or_null(
    struct workunit_writing *g, unsigned want, enum workunit_place place)
{
	struct span text = g->open ? SPAN_NONE : take(g, want, place);

	json_put_key(&g->o, workunit_place_member(place));
	if (text.p == NULL)
		json_put_null(&g->o);
	else
		json_put_text(&g->o, text);
}

/* Without a title: its number, or else its name. */
static void
put_title(struct workunit_writing *g)
{
	uint8_t storage[sizeof "Incident " + WORKUNIT_SHORT_MAX_BYTES];
	struct buf b = BUF_OVER(storage);
	struct span title = take(g, WI_TITLE, PLACE_TITLE);
	int64_t number;

	if (title.p == NULL) {
		buf_put(&b, SPAN_LIT("Incident "));
		if (workunit_source_int(g->s, WI_NUMBER, &number) == ST_OK)
			buf_put_i64(&b, number);
		else
			buf_put(&b, g->w->inc.name);
		title = span_of(&b);
	}
	workunit_put_member(&g->o, "title", title);
}

static void
put_head(struct workunit_writing *g, const struct uuid *id)
{
	uint8_t storage[UUID_TEXT_BYTES + WORKUNIT_NUMBER_MAX_BYTES];
	struct buf b = BUF_OVER(storage);

	put_str(&g->o, "schema", "witfoo.workunit/1");
	uuid_write(&b, id);
	workunit_put_member(&g->o, "id", span_of(&b));
	put_str(&g->o, "event", EVENTS[g->c->event]);
	buf_reset(&b);
	buf_put_u64(&b, g->c->version);
	workunit_put_member(&g->o, "version", span_of(&b));
	put_title(g);
	put_taken(g, WI_DESCRIPTION, PLACE_DESCRIPTION);
	put_taken(g,
	    workunit_source_text(g->s, WI_PROVIDER_URL).p != NULL ?
		WI_PROVIDER_URL :
		WI_URL,
	    PLACE_URL);
}

static enum status
status_of(const struct workunit_writing *g, enum disposition disposition)
{
	const struct workunit_incident *inc = &g->w->inc;

	if (g->c->deleted || inc->merged)
		return CANCELLED;
	if (inc->status == WORKUNIT_CLOSED)
		return disposition == FALSE_POSITIVE ? CANCELLED : COMPLETE;
	return inc->status == WORKUNIT_NEW ? OPEN : IN_PROGRESS;
}

static int
status_number(enum status status, enum disposition disposition)
{
	if (status == OPEN)
		return 1;
	if (status == IN_PROGRESS)
		return 2;
	return status == COMPLETE && disposition == TRUE_POSITIVE ? 3 : 4;
}

static void
put_status(struct workunit_writing *g)
{
	enum disposition disposition = disposition_of(
	    workunit_source_text(g->s, WI_CLASS));
	enum status status = status_of(g, disposition);
	enum workunit_severity severity = g->w->inc.severity;

	g->open = status == OPEN || status == IN_PROGRESS;
	put_str(&g->o, "severity", SEVERITIES[severity][0]);
	put_str(&g->o, "priority", SEVERITIES[severity][1]);
	put_str(&g->o, "status", STATUSES[status]);
	json_put_key(&g->o, "disposition");
	if (g->open)
		json_put_null(&g->o);
	else
		json_put_text(&g->o, span_str(DISPOSITIONS[disposition].to));
	put_or_null(g, WI_REASON, PLACE_REASON);
	put_or_null(g, WI_COMMENT, PLACE_COMMENT);
	json_put_key(&g->o, "incident_status_id");
	json_put_int(&g->o, status_number(status, disposition));
}

/* Unassigned incidents have an owner of nulls only. */
static void
put_assignee(struct workunit_writing *g)
{
	json_put_key(&g->o, "assignee");
	if (workunit_source_text(g->s, WI_OWNER_NAME).p == NULL &&
	    workunit_source_text(g->s, WI_OWNER_EMAIL).p == NULL &&
	    workunit_source_text(g->s, WI_OWNER_UPN).p == NULL) {
		json_put_null(&g->o);
		return;
	}
	json_put_open(&g->o, '{');
	put_taken(g, WI_OWNER_NAME, PLACE_OWNER_NAME);
	put_taken(g, WI_OWNER_EMAIL, PLACE_OWNER_EMAIL);
	put_taken(g, WI_OWNER_UPN, PLACE_OWNER_UPN);
	json_put_close(&g->o, '}');
}

/* An array of texts; those of objects are in the member `inside`. */
static void
put_array(struct workunit_writing *g, unsigned want, const char *inside,
    enum workunit_place place)
{
	struct json_doc d;

	workunit_source_array(g->s, want, &d, g->w->u.tok);
	json_put_key(&g->o, workunit_place_member(place));
	json_put_open(&g->o, '[');
	for (int i = json_first(&d, 0); i >= 0; i = json_next(&d, i)) {
		struct span text = workunit_text(
		    &d, inside == NULL ? i : json_member(&d, i, inside));

		if (text.p != NULL)
			json_put_text(&g->o, text);
	}
	json_put_close(&g->o, ']');
	if (workunit_source_is_cut(g->s, want) ||
	    workunit_source_is_cut(g->s, want + (inside == NULL ? 1u : 2u)))
		workunit_pointers_mark(&g->w->pointers, place);
}

static void
put_times(struct workunit_writing *g)
{
	struct workunit_when modified = workunit_when(
	    workunit_source_text(g->s, WI_MODIFIED));

	g->created = workunit_when(workunit_source_text(g->s, WI_CREATED));
	g->first = workunit_when(workunit_source_text(g->s, WI_FIRST));
	g->last = workunit_when(workunit_source_text(g->s, WI_LAST));
	if (g->c->closed_at != 0)
		g->closed = workunit_when_ticks(g->c->closed_at);
	workunit_put_member(
	    &g->o, "created_at", workunit_when_text(&g->created));
	workunit_put_member(&g->o, "updated_at", workunit_when_text(&modified));
	workunit_put_member(
	    &g->o, "first_activity_at", workunit_when_text(&g->first));
	workunit_put_member(
	    &g->o, "last_activity_at", workunit_when_text(&g->last));
	workunit_put_member(&g->o, "closed_at", workunit_when_text(&g->closed));
}

/* `truncated` is written before `source`. */
static void
note_source(struct workunit_writing *g)
{
	(void)take(g, WI_ETAG, PLACE_ETAG);
	(void)take(g, WI_PROVIDER, PLACE_PROVIDER);
	(void)take(g, WI_PROVIDER_ID, PLACE_PROVIDER_ID);
	(void)take(g, WI_SEVERITY, PLACE_SEVERITY);
	(void)take(g, WI_STATUS, PLACE_STATUS);
	(void)take(g, WI_CLASS, PLACE_CLASS);
}

void
workunit_core_put(struct workunit_writing *g, const struct uuid *id)
{
	put_head(g, id);
	put_status(g);
	put_assignee(g);
	put_array(g, WI_LABELS, "labelName", PLACE_LABELS);
	put_array(g, WI_TACTICS, NULL, PLACE_TACTICS);
	put_array(g, WI_TECHNIQUES, NULL, PLACE_TECHNIQUES);
	put_array(g, WI_PRODUCTS, NULL, PLACE_PRODUCTS);
	put_times(g);
	put_taken(g, WI_MERGED, PLACE_MERGED);
	note_source(g);
}

static void
put_origin(struct json_out *o, const char *name, struct span utf8)
{
	json_put_key(o, name);
	json_put_string(o, utf8);
}

/* A required member: empty when there is no text. */
static void
put_required(
    struct workunit_writing *g, unsigned want, enum workunit_place place)
{
	struct span text = workunit_source_text(g->s, want);

	workunit_put_member(&g->o, workunit_place_member(place),
	    text.p != NULL ? text : SPAN_LIT(""));
}

void
workunit_source_put(struct workunit_writing *g)
{
	const struct workunit_origin *origin = g->c->origin;
	struct json_out *o = &g->o;
	int64_t number;

	json_put_key(o, "source");
	json_put_open(o, '{');
	put_str(o, "vendor", "Microsoft");
	put_str(o, "product", "Microsoft Sentinel");
	put_origin(o, "connector", origin->connector);
	put_origin(o, "tenant_id", origin->tenant_id);
	put_origin(o, "subscription_id", origin->subscription_id);
	put_origin(o, "resource_group", origin->resource_group);
	put_origin(o, "workspace", origin->workspace);
	workunit_put_member(o, "incident_id", g->w->inc.name);
	if (workunit_source_int(g->s, WI_NUMBER, &number) == ST_OK) {
		json_put_key(o, "incident_number");
		json_put_int(o, number);
	}
	put_taken(g, WI_ETAG, PLACE_ETAG);
	put_taken(g, WI_PROVIDER, PLACE_PROVIDER);
	put_taken(g, WI_PROVIDER_ID, PLACE_PROVIDER_ID);
	put_required(g, WI_SEVERITY, PLACE_SEVERITY);
	put_required(g, WI_STATUS, PLACE_STATUS);
	json_put_key(o, "classification");
	if (workunit_source_text(g->s, WI_CLASS).p == NULL)
		json_put_null(o);
	else
		json_put_text(o, workunit_source_text(g->s, WI_CLASS));
	json_put_close(o, '}');
}
