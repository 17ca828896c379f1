/* SPDX-License-Identifier: MIT */
/* relay_priv.h - shared inside relay. */
#ifndef RELAY_RELAY_PRIV_H
#define RELAY_RELAY_PRIV_H

#include "relay/relay.h"

/* Bits of store_incident.flags. */
enum {
	RELAY_FLAG_WANTED = 1, /* passed the filters once: delivered for ever */
	RELAY_FLAG_MERGED = 2, /* its merging was delivered */
};

static inline int64_t
relay_now_ms(const struct relay *r)
{
	return clock_monotonic_ms(r->settings.clock);
}

static inline int64_t
relay_wall(const struct relay *r)
{
	return clock_wall_ticks(r->settings.clock);
}

/* Begin a cycle of a connector, or only its enrichment: relay_begin. */
void relay_begin_cycle(struct relay *r, size_t index, bool only_enrich);

/* The one place where the state changes; asserts that the move is allowed. */
void relay_move(struct relay *r, enum relay_state to);

/* End the cycle: keep the diagnosis (NULL after success), plan the next one.
 * retry_after_s: 0, or the wait that Azure asked for. */
void relay_end(struct relay *r, enum st st, const struct diagnosis *d,
    uint32_t retry_after_s);

/* End the cycle with a failure of the store.  ST_FULL makes room with the next
 * delivery; after anything else the store must be opened again. */
void relay_end_store(struct relay *r, enum st st);

/*
 * relay_recover - what every reply has in common when it is no success.
 *
 * A refused token is fetched again once in a cycle, an API version that is not
 * known is replaced once by the older one; the state then repeats its request.
 * returns  true when it goes on that way; false: the caller handles it
 */
bool relay_recover(struct relay *r, const struct sentinel_reply *reply);

/* Compare Azure's Date with our clock and say a difference once. */
void relay_note_date(struct relay *r, int64_t date);

/*
 * Counting; see relay_count.c.
 *
 * relay_count_open      the places of the connectors and sinks
 * relay_count_aside     an incident is set aside; reason: a constant text
 * relay_count_lag       what was read has been handed over, unless a sink
 *                       failed: how old is it?
 * relay_count_poll      a cycle has ended; one that only enriches is no poll
 * relay_count_filtered  all rules of a connector together
 */
void relay_count_open(struct relay *r);
void relay_count_aside(struct relay *r, const char *reason);
void relay_count_lag(struct relay *r);
void relay_count_poll(struct relay *r, enum st st);
uint64_t relay_count_filtered(const struct relay_connector *c);

/* Begin a transaction if none is open; commit it if one is.  A failed commit
 * ends the cycle and is told by its result. */
enum st relay_write(struct relay *r) MUST_CHECK;
enum st relay_commit(struct relay *r) MUST_CHECK;

/* Phase 1.  _begin starts a reading, _page asks for the page at r->read. */
void relay_read_date(struct relay *r);
void relay_read_begin(struct relay *r, int64_t since);
void relay_read_page(struct relay *r);

/* Phase 2: as much as can be done now. */
void relay_enrich_step(struct relay *r);
/* Milliseconds until the endpoint may be called for this connector; 0: now. */
int64_t relay_budget_wait_ms(
    struct relay *r, struct relay_connector *c, enum workunit_part part);
/* Nothing can be done before a reply is there. */
bool relay_enrich_is_waiting(const struct relay *r);

/*
 * What a pass over an entry comes to; see relay_retry.c.
 *
 * relay_is_kept     the part was delivered complete: it may not fall back
 * relay_give_up     pending parts whose calls have failed for a day are
 *                   failed; to be called once, when all calls are over
 * relay_is_better   is the new state worth a record?
 * relay_note_empty  entities may come yet: pending, but for the last answer
 * relay_retry_wait  ticks until the entry is worth another try, 0: it is done;
 *                   budget_ms: until each endpoint may be called
 */
bool relay_is_kept(const struct relay_enrich *e, enum workunit_part p);
void relay_give_up(struct relay_enrich *e, int64_t now);
bool relay_is_better(const struct relay_enrich *e);
void relay_note_empty(struct relay_enrich *e, enum workunit_part p);
int64_t relay_retry_wait(const struct relay_enrich *e,
    const int64_t budget_ms[WORKUNIT_PART_COUNT], int64_t now);

/* See relay_progress.c: at the start; a reading begins; enriching does; what
 * the budget allows was enriched. */
void relay_progress_resume(struct relay *r, struct relay_connector *c);
void relay_progress_begin(struct relay *r);
void relay_progress_enrich(struct relay *r);
void relay_progress_end(struct relay *r);

/* The record of the incident in r->enrich into the store. */
enum st relay_record_store(struct relay *r) MUST_CHECK;

/* Sinks; see relay_deliver.c. */
enum st relay_sinks_open(struct relay *r, struct diagnosis *d) MUST_CHECK;
/* The positions that moved: _put into the open transaction, _kept once it is
 * committed, _save in one of their own if there are any. */
enum st relay_sinks_put(struct relay *r) MUST_CHECK;
void relay_sinks_kept(struct relay *r);
enum st relay_sinks_save(struct relay *r) MUST_CHECK;
void relay_sinks_close(struct relay *r);

#endif
