/* SPDX-License-Identifier: MIT */
/*
 * From the tables of one incident to a stored record.
 *
 * The event is told by what was delivered last, not by what was read last: an
 * incident that was closed and reopened between two deliveries is `updated`.
 */
#include <string.h>

#include "relay/relay_priv.h"

/* Two bits a part: the letters of the delivery's identity. */
static uint8_t
enrichment_code(const enum workunit_enrichment state[WORKUNIT_PART_COUNT])
{
	uint8_t code = 0;

	for (size_t p = 0; p < WORKUNIT_PART_COUNT; p++)
		code = (uint8_t)(code | (unsigned)state[p] << (2 * p));
	return code;
}

static enum workunit_event
event_of(const struct store_incident *row, bool merged)
{
	bool is_closed = row->status == WORKUNIT_CLOSED;
	bool was_closed = row->delivered_status == WORKUNIT_CLOSED;

	if (row->delivered_version == 0)
		return WORKUNIT_CREATED;
	if (merged && (row->flags & RELAY_FLAG_MERGED) == 0)
		return WORKUNIT_MERGED;
	if (is_closed && !was_closed)
		return WORKUNIT_CLOSED_EVENT;
	if (!is_closed && was_closed)
		return WORKUNIT_REOPENED;
	return WORKUNIT_UPDATED;
}

static enum st
add_changes(struct relay *r, struct workunit_context *c)
{
	struct store_change changes[STORE_CHANGE_MAX_COUNT];
	enum st st = store_change_list(r->store, r->current->ws, r->enrich.name,
	    changes, &c->change_count);

	for (size_t i = 0; st == ST_OK && i < c->change_count; i++) {
		c->change[i].at = changes[i].at;
		c->change[i].status = (enum workunit_status)changes[i].status;
	}
	return st;
}

static enum st
append(struct relay *r, const struct workunit_context *c,
    struct store_incident *row)
{
	struct store_record rec = {
		.at = relay_wall(r),
		.version = c->version,
		.enrichment = enrichment_code(c->enrichment),
	};
	int64_t seq;
	enum st st;

	buf_reset(&r->record);
	st = workunit_write(r->workunit, c, &r->record, &rec.id);
	if (st == ST_OK)
		st = store_record_append(
		    r->store, &rec, span_of(&r->record), &seq);
	row->delivered_version = rec.version;
	row->delivered_status = row->status;
	row->delivered_enrichment = rec.enrichment;
	if (r->workunit->inc.merged)
		row->flags |= RELAY_FLAG_MERGED;
	if (st == ST_OK) {
		r->current->counters->records++;
		r->settings.counters->records++;
	}
	return st;
}

enum st
relay_record_store(struct relay *r)
{
	struct workunit_context c;
	struct store_incident row;
	enum st st = store_incident_get(
	    r->store, r->current->ws, r->enrich.name, &row);

	memset(&c, 0, sizeof c);
	c.origin = &r->origin;
	memcpy(c.enrichment, r->enrich.state, sizeof c.enrichment);
	if (st == ST_OK)
		st = add_changes(r, &c);
	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_CORRUPT : st;
	c.event = event_of(&row, r->workunit->inc.merged);
	c.version = row.version;
	c.closed_at = row.closed_at;
	st = append(r, &c, &row);
	if (st == ST_OK)
		st = store_incident_put(
		    r->store, r->current->ws, r->enrich.name, &row);
	return st;
}
