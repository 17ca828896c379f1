/* SPDX-License-Identifier: MIT */
/*
 * Phase 1: read what changed and keep it with the cursor that covers it.
 *
 * The key of an incident is its modification time in 100 ns.  A page is asked
 * for by "key >= K, sorted by key"; the next page begins at the largest key of
 * the one before, so that an incident that moves while pages are read is met
 * again and never skipped.  Seen before or not is decided by the stored row of
 * the incident: same key and same content.  Only while a single key fills a
 * whole page is the service's own link followed, since the key alone cannot
 * get past it:
 *
 *	page                                     next
 *	short, no link                           end
 *	largest key > K                          key >= largest
 *	largest key = K, link                    follow the link
 *	largest key = K, full, no link           a larger page, then key > K
 *	not sorted (the order was ignored)       follow links only
 *
 * One page is one transaction: rows, texts and cursor together.  A page that
 * breaks off is rolled back as a whole and moves nothing; an incident that
 * cannot be mapped is set aside and does not hold the others up.
 */
#include <string.h>

#include "base/ticks.h"
#include "relay/relay_priv.h"
#include "seal/seal.h"

/* ---- one incident ------------------------------------------------------- */

/* The kind of the first exclusion that fits. */
static enum counters_rule
excluded_by(
    const struct config_connector *config, const struct workunit_incident *inc)
{
	for (size_t i = 0; i < config->exclude_count; i++) {
		const struct config_exclude *e = &config->exclude[i];

		switch (e->kind) {
		case CONFIG_TITLE_CONTAINS:
			if (workunit_title_contains(inc, e->value))
				return COUNTERS_TITLE;
			break;
		case CONFIG_LABEL:
			if (workunit_has_label(inc, e->value))
				return COUNTERS_LABEL;
			break;
		case CONFIG_PRODUCT:
			if (workunit_has_product(inc, e->value))
				return COUNTERS_PRODUCT;
			break;
		case CONFIG_RULE_ID:
			if (workunit_has_rule(inc, e->value))
				return COUNTERS_RULE_ID;
			break;
		}
	}
	return COUNTERS_PASSED;
}

static bool
is_status_wanted(const struct relay_connector *c, enum workunit_status status)
{
	const struct config_connector *config = c->config;

	switch (status) {
	case WORKUNIT_NEW:
		return (config->statuses & CONFIG_STATUS_NEW) != 0;
	case WORKUNIT_ACTIVE:
		return (config->statuses & CONFIG_STATUS_ACTIVE) != 0;
	case WORKUNIT_CLOSED:
		/* A first look-back does not open what is over already. */
		return (config->statuses & CONFIG_STATUS_CLOSED) != 0 &&
		    (c->cursor.backfilled || config->statuses_given);
	case WORKUNIT_STATUS_OTHER:
		break;
	}
	return true;
}

/* The first filter that keeps it out.  Filters decide on a first delivery only
 * (rule 5); a merged incident is never opened (rule 6). */
static enum counters_rule
filtered_by(
    const struct relay_connector *c, const struct workunit_incident *inc)
{
	if (inc->merged)
		return COUNTERS_MERGED;
	if (!is_status_wanted(c, inc->status))
		return COUNTERS_STATUSES;
	if ((int)inc->severity - WORKUNIT_INFORMATIONAL <
	    (int)c->config->min_severity)
		return COUNTERS_SEVERITY;
	return excluded_by(c->config, inc);
}

/* The row of the new state.  The version never falls and never stands for two
 * contents. */
static struct store_incident
next_row(const struct store_incident *known, bool is_known,
    const struct workunit_incident *inc, uint32_t content)
{
	struct store_incident row = *known;
	uint64_t floor = is_known ? known->version + 1 : 0;

	row.modified = inc->modified;
	row.version = (uint64_t)inc->modified > floor ?
	    (uint64_t)inc->modified :
	    floor;
	row.content = content;
	row.status = (uint8_t)inc->status;
	row.severity = (uint8_t)inc->severity;
	if (inc->status != WORKUNIT_CLOSED)
		row.closed_at = 0;
	else if (row.closed_at == 0)
		row.closed_at = inc->modified;
	return row;
}

static enum st
queue(struct relay *r, const struct workunit_incident *inc,
    const struct json_element *element)
{
	struct store_todo todo = {
		.ws = r->current->ws,
		.fresh = true,
		.severity = (uint8_t)inc->severity,
		.modified = inc->modified,
		.cut = element->cut,
	};

	if (span_to_str(inc->name, todo.name, sizeof todo.name) != ST_OK)
		return ST_MALFORM;
	return store_todo_put(r->store, &todo, element->text);
}

/* Is it delivered, now and ever after?  One that was merged away before its
 * first delivery is not. */
static void
decide(struct relay *r, const struct workunit_incident *inc,
    struct store_incident *row)
{
	struct counters_connector *counters = r->current->counters;
	enum counters_rule rule = filtered_by(r->current, inc);

	if (inc->merged && row->delivered_version == 0)
		row->flags &= (uint8_t)~RELAY_FLAG_WANTED;
	else if (rule == COUNTERS_PASSED)
		row->flags |= RELAY_FLAG_WANTED;
	if ((row->flags & RELAY_FLAG_WANTED) == 0) {
		counters->filtered[rule]++;
		r->settings.counters->filtered++;
	} else if (inc->modified > counters->undelivered)
		counters->undelivered = inc->modified;
}

static enum st
keep(struct relay *r, const struct workunit_incident *inc,
    const struct json_element *element)
{
	struct relay_connector *c = r->current;
	uint32_t content = seal_crc32c(0, element->text);
	struct store_incident known, row;
	enum st st = store_incident_get(r->store, c->ws, inc->name, &known);
	bool is_known = st == ST_OK;

	/* A damaged row is as good as none: delivered again, not lost. */
	if (st != ST_OK && st != ST_NOT_FOUND && st != ST_CORRUPT)
		return st;
	if (is_known &&
	    (inc->modified < known.modified ||
		(inc->modified == known.modified && content == known.content)))
		return ST_OK;
	row = next_row(&known, is_known, inc, content);
	decide(r, inc, &row);
	st = relay_write(r);
	/* Status changes and the queue hang on the incident's row. */
	if (st == ST_OK)
		st = store_incident_put(r->store, c->ws, inc->name, &row);
	if (st == ST_OK && is_known && known.status != row.status)
		st = store_change_add(r->store, c->ws, inc->name,
		    (struct store_change){ inc->modified, row.status });
	if (st == ST_OK && (row.flags & RELAY_FLAG_WANTED) != 0)
		st = queue(r, inc, element);
	else if (st == ST_OK && is_known)
		st = store_todo_delete(r->store, c->ws, inc->name);
	if (st == ST_OK)
		st = store_aside_delete(r->store, c->ws, inc->name);
	return st;
}

static enum st
set_aside(struct relay *r, const struct json_element *element, struct span name,
    const char *reason)
{
	struct relay_connector *c = r->current;
	uint8_t text[32];
	struct buf unnamed = BUF_OVER(text);
	enum st st = relay_write(r);

	if (name.n == 0) {
		buf_put_str(&unnamed, "unnamed-");
		buf_put_u64(&unnamed, seal_crc32c(0, element->text));
		name = span_of(&unnamed);
	}
	relay_count_aside(r, reason);
	log_event(r->settings.log, LOG_LEVEL_WARNING, "set_aside",
	    LOG_FIELDS(log_text("connector", c->config->name),
		log_text("incident", name), log_str("reason", reason)));
	if (st == ST_OK)
		st = store_aside_put(
		    r->store, c->ws, name, span_str(reason), relay_wall(r));
	return st;
}

/* The page's order and its largest key. */
static void
note_key(struct relay_read *read, int64_t key)
{
	if (key < read->previous)
		read->unsorted = true;
	read->previous = key;
	if (key > read->last)
		read->last = key;
	if (key > read->newest)
		read->newest = key;
}

static enum st
on_incident(void *ctx, const struct json_element *element)
{
	struct relay *r = ctx;
	struct workunit_incident inc;
	const char *reason = "a key stands twice or the text is too long";

	r->read.elements++;
	r->current->counters->read++;
	r->settings.counters->read++;
	memset(&inc, 0, sizeof inc);
	if (element->flags != 0 ||
	    workunit_incident_parse(&inc, element->text, r->tok, &reason) !=
		ST_OK)
		return set_aside(r, element, inc.name, reason);
	note_key(&r->read, inc.modified);
	return keep(r, &inc, element);
}

/* ---- one page ----------------------------------------------------------- */

static sentinel_done on_page;

void
relay_read_page(struct relay *r)
{
	const struct sentinel_query query = {
		.operation = SENTINEL_LIST,
		.authorization = r->current->token.header,
		.since = r->read.since,
		.after = r->read.after,
		.top = r->read.top,
	};
	struct diagnosis d;
	enum st st;

	r->read.pages++;
	r->read.elements = 0;
	r->read.last = -1;
	r->read.previous = -1;
	st = sentinel_start(r->sentinel, &query, on_incident, on_page, r);
	if (st == ST_OK)
		return;
	diagnosis_clear(&d);
	diagnosis_set(&d, SPAN_LIT("out_of_memory"), SPAN_NONE);
	relay_end(r, st, &d, 0);
}

void
relay_read_begin(struct relay *r, int64_t since)
{
	memset(&r->read, 0, sizeof r->read);
	r->read.since = since;
	r->read.newest = since;
	r->read.top = RELAY_PAGE_COUNT;
	relay_progress_begin(r);
	relay_read_page(r);
}

/* The cursor moves with what it covers, and never back. */
static enum st
commit_page(struct relay *r, bool is_last)
{
	struct relay_connector *c = r->current;
	struct store_cursor next = c->cursor;
	enum st st = ST_OK;

	if (is_last || !r->read.unsorted) {
		if (r->read.newest > next.modified)
			next.modified = r->read.newest;
		next.backfilled = next.backfilled || is_last;
	}
	if (next.modified != c->cursor.modified ||
	    next.backfilled != c->cursor.backfilled) {
		st = relay_write(r);
		if (st == ST_OK)
			st = store_cursor_put(r->store, c->ws, &next);
	}
	if (st == ST_OK)
		st = relay_commit(r);
	if (st == ST_OK)
		c->cursor = next;
	return st;
}

/* See the table at the top.  False: that was the last page. */
static bool
next_page(struct relay *r, bool more, bool *follow)
{
	struct relay_read *read = &r->read;
	bool full = read->elements >= read->top;

	*follow = false;
	if (!more && !full)
		return false;
	if (!read->unsorted && read->last > read->since) {
		read->since = read->last;
		read->after = false;
		read->top = RELAY_PAGE_COUNT;
	} else if (more) {
		*follow = true;
	} else if (read->unsorted) {
		return false;
	} else if (read->top < RELAY_PAGE_MAX_COUNT) {
		read->top = RELAY_PAGE_MAX_COUNT;
	} else
		read->after = true;
	return true;
}

static void
go_on_reading(struct relay *r, bool more)
{
	bool follow;
	bool is_last = !next_page(r, more, &follow);
	enum st st = commit_page(r, is_last);
	struct diagnosis d;

	if (st != ST_OK) {
		relay_end_store(r, st);
		return;
	}
	if (is_last) {
		relay_move(r, RELAY_ENRICH);
		return;
	}
	if (!follow) {
		relay_read_page(r);
		return;
	}
	r->read.pages++;
	r->read.elements = 0;
	r->read.previous = -1;
	st = sentinel_follow(r->sentinel, r, r->current->token.header);
	if (st == ST_OK)
		return;
	diagnosis_clear(&d);
	diagnosis_set(&d,
	    st == ST_MALFORM ? SPAN_LIT("next_link_refused") :
			       SPAN_LIT("out_of_memory"),
	    r->current->config->arm_url);
	relay_end(r, st, &d, 0);
}

static void
on_page(void *ctx, const struct sentinel_reply *reply)
{
	struct relay *r = ctx;
	enum st failed = r->store->in_transaction ? r->store->st : ST_OK;

	relay_note_date(r, reply->date);
	if (reply->st == ST_OK) {
		go_on_reading(r, reply->more);
		return;
	}
	if (r->store->in_transaction)
		store_rollback(r->store);
	if (failed != ST_OK)
		relay_end_store(r, failed);
	else if (!relay_recover(r, reply))
		relay_end(r, reply->st, reply->diagnosis, reply->retry_after_s);
}

/* ---- where the first look-back begins ----------------------------------- */

static void
on_date(void *ctx, const struct sentinel_reply *reply)
{
	struct relay *r = ctx;
	int64_t lookback = (int64_t)r->current->config->initial_lookback_h *
	    3600 * TICKS_PER_S;

	relay_note_date(r, reply->date);
	if (reply->st != ST_OK && relay_recover(r, reply))
		return;
	/* Whether the workspace may be read is for the list to say; but the
	 * date must be Azure's, not that of a captive portal. */
	if ((reply->st != ST_OK && reply->st != ST_DENIED &&
		reply->st != ST_CONFIG) ||
	    reply->date < 0) {
		relay_end(r, reply->st == ST_OK ? ST_MALFORM : reply->st,
		    reply->diagnosis, reply->retry_after_s);
		return;
	}
	relay_move(r, RELAY_READ);
	relay_read_begin(
	    r, reply->date > lookback ? reply->date - lookback : 0);
}

void
relay_read_date(struct relay *r)
{
	const struct sentinel_query query = {
		.operation = SENTINEL_ONBOARDING,
		.authorization = r->current->token.header,
	};
	struct diagnosis d;
	enum st st = sentinel_start(r->sentinel, &query, NULL, on_date, r);

	if (st == ST_OK)
		return;
	diagnosis_clear(&d);
	diagnosis_set(&d, SPAN_LIT("out_of_memory"), SPAN_NONE);
	relay_end(r, st, &d, 0);
}
