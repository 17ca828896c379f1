/* SPDX-License-Identifier: MIT */
/*
 * Phase 2: alerts, entities and comments of the incidents that wait, one
 * incident at a time, its requests side by side; then its record.
 *
 *	take the next entry -> plan -> call -> judge each reply -> record
 *
 * plan: a part that is switched off is `disabled`; one with a zero count is
 * `complete` without a call; the rest is called if the budget allows (rule 7),
 * else stays `pending`.  An entry that was delivered pending before is called
 * as a whole again: its record must hold what it held.
 *
 * judge, by reply:
 *	valid                  complete (entities: see below)
 *	403                    failed; said once
 *	429                    pending; the endpoint rests as long as Azure says
 *	token refused          once in a cycle: all again with a fresh one
 *	no memory              again, alone, a few times
 *	anything else          pending for 24 hours, then failed (rule 8)
 *
 * The 24 hours begin with the first call that fails.  What was not called, for
 * want of budget or since the service is down, is not given up, however long.
 *
 * What was delivered `complete` stays so: when such a part fails on a later
 * pass, it is pending until it is there again, and no record is written that
 * would take it back.  After a day of that the entry leaves the queue, and its
 * last record stands.
 *
 * No entities beside alertsCount > 0 means that Sentinel has not linked them
 * yet: pending, asked again 2, 5, 10 and 30 minutes after the first such
 * answer, then complete.  Failures and passes without a call do not count.
 */
#include <string.h>

#include "base/ticks.h"
#include "relay/relay_priv.h"

static const enum sentinel_operation OPERATION[] = {
	[WORKUNIT_PART_ALERTS] = SENTINEL_ALERTS,
	[WORKUNIT_PART_ENTITIES] = SENTINEL_ENTITIES,
	[WORKUNIT_PART_COMMENTS] = SENTINEL_COMMENTS,
};

static const uint8_t FETCH[] = {
	[WORKUNIT_PART_ALERTS] = CONFIG_FETCH_ALERTS,
	[WORKUNIT_PART_ENTITIES] = CONFIG_FETCH_ENTITIES,
	[WORKUNIT_PART_COMMENTS] = CONFIG_FETCH_COMMENTS,
};

/* ---- budget ------------------------------------------------------------- */

int64_t
relay_budget_wait_ms(
    struct relay *r, struct relay_connector *c, enum workunit_part part)
{
	struct relay_budget *b = &c->budget[part];
	int64_t now = relay_now_ms(r);
	int64_t wait;

	if (b->window_ms == 0 || now - b->window_ms >= RELAY_WINDOW_MS) {
		b->window_ms = now;
		b->used = 0;
	}
	wait = b->used < c->config->enrichment_calls_per_5min ?
	    0 :
	    b->window_ms + RELAY_WINDOW_MS - now;
	return b->blocked_ms - now > wait ? b->blocked_ms - now : wait;
}

static int64_t
budget_wait_ms(struct relay *r, enum workunit_part part)
{
	return relay_budget_wait_ms(r, r->current, part);
}

static void
count_call(struct relay *r, enum workunit_part part)
{
	r->current->budget[part].used++;
	r->current->progress.calls[part]++;
}

/* May every part that needs a call have one now? */
static bool
may_call(struct relay *r)
{
	bool may = r->failures < RELAY_FAILURE_MAX_COUNT;

	for (size_t p = 0; p < WORKUNIT_PART_COUNT; p++)
		if (r->enrich.wanted[p] &&
		    budget_wait_ms(r, (enum workunit_part)p) > 0)
			may = false;
	return may;
}

/* ---- plan --------------------------------------------------------------- */

static void
plan(struct relay *r)
{
	struct relay_enrich *e = &r->enrich;
	const struct workunit_incident *inc = &r->workunit->inc;

	for (size_t p = 0; p < WORKUNIT_PART_COUNT; p++) {
		e->wanted[p] = false;
		if ((r->current->config->fetch & FETCH[p]) == 0)
			e->state[p] = WORKUNIT_DISABLED;
		else if (inc->count[p] == 0)
			e->state[p] = WORKUNIT_COMPLETE;
		else if (e->todo.fresh || e->todo.state[p] != WORKUNIT_FAILED) {
			e->state[p] = WORKUNIT_PENDING;
			e->wanted[p] = true;
		} else
			e->state[p] = WORKUNIT_FAILED;
	}
	if (may_call(r))
		return;
	memset(e->wanted, 0, sizeof e->wanted);
}

/* The next entry into r->enrich and r->workunit. */
static enum st
take_next(struct relay *r)
{
	struct relay_enrich *e = &r->enrich;
	struct buf pruned = BUF_OVER(r->pruned);
	const char *reason;
	enum st st;

	memset(e, 0, sizeof *e);
	st = store_todo_next(
	    r->store, r->current->ws, relay_wall(r), false, &e->todo, &pruned);
	e->name = span_str(e->todo.name);
	if (st != ST_OK)
		return st;
	if (workunit_begin(
		r->workunit, span_of(&pruned), e->todo.cut, &reason) != ST_OK)
		return ST_CORRUPT;
	e->active = true;
	plan(r);
	return ST_OK;
}

/* ---- replies ------------------------------------------------------------ */

static enum st
on_element(void *ctx, const struct json_element *element)
{
	struct relay_part *part = ctx;

	workunit_add(part->relay->workunit, part->part, element);
	return ST_OK;
}

static void
say_forbidden(struct relay *r, const struct diagnosis *d)
{
	if (!r->current->forbidden_said)
		log_event(r->settings.log, LOG_LEVEL_WARNING,
		    "enrichment_forbidden",
		    LOG_FIELDS(log_text("connector", r->current->config->name),
			log_str("setting", d->setting),
			log_str("message", d->message)));
	r->current->forbidden_said = true;
}

static void
judge_answer(struct relay *r, enum workunit_part p)
{
	struct relay_enrich *e = &r->enrich;
	const struct workunit_incident *inc = &r->workunit->inc;

	r->failures = 0;
	e->answered[p] = true;
	e->state[p] = WORKUNIT_COMPLETE;
	if (p == WORKUNIT_PART_ENTITIES &&
	    workunit_count(r->workunit, p) == 0 &&
	    inc->count[WORKUNIT_PART_ALERTS] != 0)
		relay_note_empty(e, p);
}

static void
judge_failure(
    struct relay *r, enum workunit_part p, const struct sentinel_reply *reply)
{
	struct relay_enrich *e = &r->enrich;
	struct relay_budget *b = &r->current->budget[p];

	workunit_drop(r->workunit, p);
	if (reply->st == ST_DENIED && reply->status == 403) {
		e->failed[p] = true;
		if (!relay_is_kept(e, p))
			e->state[p] = WORKUNIT_FAILED;
		say_forbidden(r, reply->diagnosis);
		return;
	}
	if (reply->st == ST_AGAIN) {
		e->retry_s[p] = reply->retry_after_s;
		b->blocked_ms = relay_now_ms(r) +
		    (int64_t)reply->retry_after_s * 1000;
		return;
	}
	e->failed[p] = true;
	r->failures++;
	log_event(r->settings.log, LOG_LEVEL_WARNING, "enrichment_failed",
	    LOG_FIELDS(log_text("connector", r->current->config->name),
		log_text("incident", e->name), log_number("part", (int64_t)p),
		log_str("code", reply->diagnosis->code),
		log_str("trace_id", reply->diagnosis->trace_id),
		log_str("correlation_id", reply->diagnosis->correlation_id),
		log_str("message", reply->diagnosis->message)));
}

/* The next page of a part: a call like any other. */
static bool
follow(struct relay *r, struct relay_part *part)
{
	if (sentinel_follow(r->sentinel, part, r->current->token.header) !=
	    ST_OK)
		return false;
	count_call(r, part->part);
	return true;
}

static void
on_part(void *ctx, const struct sentinel_reply *reply)
{
	struct relay_part *part = ctx;
	struct relay *r = part->relay;
	struct relay_enrich *e = &r->enrich;
	enum workunit_part p = part->part;
	bool more = reply->st == ST_OK && reply->more;
	bool spent = more && budget_wait_ms(r, p) > 0;

	relay_note_date(r, reply->date);
	if (more && !spent && follow(r, part))
		return;
	e->running[p] = false;
	if (reply->st == ST_OK && !more)
		judge_answer(r, p);
	else if (spent)
		/* A part of a list is none: all of it in the next window. */
		workunit_drop(r->workunit, p);
	else if (reply->st == ST_FULL &&
	    e->memory_failures < RELAY_MEMORY_RETRY_MAX_COUNT) {
		e->memory_failures++;
		workunit_drop(r->workunit, p);
		e->wanted[p] = true;
	} else if (reply->token_refused && !r->token_renewed) {
		e->restart = true;
		workunit_drop(r->workunit, p);
		e->wanted[p] = true;
	} else
		judge_failure(r, p, reply);
}

/* ---- calls -------------------------------------------------------------- */

static bool
is_running(const struct relay_enrich *e)
{
	for (size_t p = 0; p < WORKUNIT_PART_COUNT; p++)
		if (e->running[p])
			return true;
	return false;
}

bool
relay_enrich_is_waiting(const struct relay *r)
{
	return is_running(&r->enrich);
}

static bool
is_wanting(const struct relay_enrich *e)
{
	for (size_t p = 0; p < WORKUNIT_PART_COUNT; p++)
		if (e->wanted[p])
			return true;
	return false;
}

/* Start what is wanted in the free slots; after a memory failure one at a
 * time. */
static void
start_calls(struct relay *r)
{
	struct relay_enrich *e = &r->enrich;

	for (size_t p = 0; p < WORKUNIT_PART_COUNT; p++) {
		const struct sentinel_query query = {
			.operation = OPERATION[p],
			.authorization = r->current->token.header,
			.incident = e->name,
		};
		enum st st;

		if (!e->wanted[p] || e->restart ||
		    (e->memory_failures != 0 && is_running(e)))
			continue;
		st = sentinel_start(
		    r->sentinel, &query, on_element, on_part, &r->part[p]);
		if (st == ST_AGAIN)
			return;
		e->wanted[p] = false;
		if (st == ST_OK) {
			e->running[p] = true;
			count_call(r, (enum workunit_part)p);
		} else
			r->failures++;
	}
}

/* All answers are in, but one said that the token is no longer good. */
static void
renew_token(struct relay *r)
{
	const struct sentinel_reply refused = { .token_refused = true };

	r->enrich.restart = false;
	(void)relay_recover(r, &refused);
}

/* ---- the result --------------------------------------------------------- */

static enum st
requeue_or_delete(struct relay *r, bool recorded, int64_t now)
{
	struct relay_enrich *e = &r->enrich;
	int64_t budget_ms[WORKUNIT_PART_COUNT];
	int64_t wait;

	for (size_t p = 0; p < WORKUNIT_PART_COUNT; p++)
		budget_ms[p] = budget_wait_ms(r, (enum workunit_part)p);
	wait = relay_retry_wait(e, budget_ms, now);
	if (recorded)
		for (size_t p = 0; p < WORKUNIT_PART_COUNT; p++)
			e->todo.state[p] = (uint8_t)e->state[p];
	if (wait == 0)
		r->current->progress.done++;
	if (wait == 0)
		return store_todo_delete(r->store, r->current->ws, e->name);
	e->todo.fresh = false;
	e->todo.due = now + wait;
	return store_todo_update(r->store, &e->todo);
}

static enum st
finish_incident(struct relay *r)
{
	struct relay_enrich *e = &r->enrich;
	int64_t now = relay_wall(r);
	bool better;
	enum st st = relay_write(r);

	relay_give_up(e, now);
	better = relay_is_better(e);
	if (st == ST_OK && better)
		st = relay_record_store(r);
	if (st == ST_OK)
		st = requeue_or_delete(r, better, now);
	e->active = false;
	if (st != ST_OK)
		return st;
	r->batch++;
	if (better)
		r->batch_bytes += r->record.n;
	if (r->batch < RELAY_BATCH_COUNT &&
	    r->batch_bytes < RELAY_BATCH_BYTES &&
	    relay_now_ms(r) - r->batch_since_ms < RELAY_BATCH_MS)
		return ST_OK;
	st = relay_commit(r);
	if (st == ST_OK)
		relay_deliver(r);
	return st;
}

/* An entry that cannot be read any more: out of the way, counted and shown; the
 * next change of the incident brings it again. */
static enum st
drop_entry(struct relay *r)
{
	static const char REASON[] = "its stored text is damaged";
	enum st st = relay_write(r);

	r->enrich.active = false;
	log_event(r->settings.log, LOG_LEVEL_ERROR, "entry_damaged",
	    LOG_FIELDS(log_text("connector", r->current->config->name),
		log_text("incident", r->enrich.name)));
	if (st == ST_OK)
		st = store_aside_put(r->store, r->current->ws, r->enrich.name,
		    span_str(REASON), relay_wall(r));
	if (st == ST_OK)
		st = store_todo_delete(
		    r->store, r->current->ws, r->enrich.name);
	relay_count_aside(r, REASON);
	return st;
}

static void
finish_cycle(struct relay *r)
{
	enum st st = relay_commit(r);

	if (st != ST_OK) {
		relay_end_store(r, st);
		return;
	}
	relay_deliver(r);
	relay_count_lag(r);
	relay_progress_end(r);
	relay_end(r, ST_OK, NULL, 0);
}

void
relay_enrich_step(struct relay *r)
{
	struct relay_enrich *e = &r->enrich;

	/* Bounded, so that the loop looks up from a long queue. */
	for (unsigned i = 0; i < RELAY_BATCH_COUNT; i++) {
		enum st st = ST_OK;

		if (!e->active)
			st = take_next(r);
		if (st == ST_NOT_FOUND) {
			finish_cycle(r);
			return;
		}
		if (st == ST_OK)
			start_calls(r);
		if (st == ST_OK && is_running(e))
			return;
		if (st == ST_OK && e->restart) {
			renew_token(r);
			return;
		}
		if (st == ST_OK && is_wanting(e))
			continue;
		if (st == ST_OK)
			st = finish_incident(r);
		if (st == ST_CORRUPT && e->name.n != 0)
			st = drop_entry(r);
		if (st != ST_OK) {
			relay_end_store(r, st);
			return;
		}
	}
}
