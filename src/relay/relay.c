/* SPDX-License-Identifier: MIT */
/*
 * Life of a cycle.  Requests are started here and in relay_read.c and
 * relay_enrich.c; each ends in a callback that moves the state.  All waiting is
 * in http_wait, which the owner of the loop calls.
 */
#include "relay/relay.h"

#include <assert.h>
#include <string.h>

#include "arena/arena.h"
#include "base/ticks.h"
#include "platform/random.h"
#include "relay/relay_priv.h"

static const struct {
	const char *text;
	unsigned moves;
} STATE[] = {
#define X(state, text, moves) [state] = { text, moves },
	RELAY_LIST(X)
#undef X
};

void
relay_move(struct relay *r, enum relay_state to)
{
	int64_t now = relay_now_ms(r);
	const struct log_field fields[] = {
		log_str("from", STATE[r->state].text),
		log_str("to", STATE[to].text),
		log_number("after_ms", now - r->state_since_ms),
	};

	assert((STATE[r->state].moves & RELAY_TO(to)) != 0);
	if (to == RELAY_ENRICH)
		relay_progress_enrich(r);
	log_event(r->settings.log, LOG_LEVEL_DEBUG, "state", fields, 3);
	r->state = to;
	r->state_since_ms = now;
}

/* ---- transactions ------------------------------------------------------- */

enum st
relay_write(struct relay *r)
{
	if (r->store->in_transaction)
		return ST_OK;
	r->batch_since_ms = relay_now_ms(r);
	return store_begin(r->store);
}

enum st
relay_commit(struct relay *r)
{
	enum st st;

	r->batch = 0;
	r->batch_bytes = 0;
	if (!r->store->in_transaction)
		return ST_OK;
	st = relay_sinks_put(r);
	if (st != ST_OK) {
		store_rollback(r->store);
		return st;
	}
	st = store_commit(r->store);
	if (st == ST_OK)
		relay_sinks_kept(r);
	return st;
}

/* ---- the beginning ------------------------------------------------------ */

/* Where the cycle goes on once there is a token. */
static void
go_on(struct relay *r)
{
	struct relay_connector *c = r->current;

	if (r->enrich.active || r->poll_only_enriches) {
		relay_move(r, RELAY_ENRICH);
	} else if (r->read.pages != 0) {
		relay_move(r, RELAY_READ);
		relay_read_page(r);
	} else if (c->cursor.modified < 0) {
		relay_move(r, RELAY_DATE);
		relay_read_date(r);
	} else {
		int64_t overlap = (int64_t)c->config->overlap_s * TICKS_PER_S;

		relay_move(r, RELAY_READ);
		relay_read_begin(r,
		    c->cursor.modified > overlap ?
			c->cursor.modified - overlap :
			0);
	}
}

static void
on_token(void *ctx, enum st st, const struct diagnosis *d,
    const struct http_result *result)
{
	struct relay *r = ctx;

	if (st == ST_OK)
		go_on(r);
	else
		relay_end(r, st, d, result->retry_after_s);
}

static void
get_token(struct relay *r)
{
	struct diagnosis d;
	enum st st;

	diagnosis_clear(&d);
	st = auth_start(
	    r->auth, r->current->config, &r->current->token, on_token, r, &d);
	if (st != ST_OK)
		relay_end(r, st, &d, 0);
}

static enum st
choose(struct relay *r, struct relay_connector *c)
{
	struct buf base = BUF_OVER(r->base);
	const struct config_connector *config = c->config;
	enum st st = sentinel_choose(r->sentinel, config);

	if (st == ST_OK)
		st = sentinel_base_path(config, &base);
	if (c->old_api)
		sentinel_fall_back(r->sentinel);
	r->origin = (struct workunit_origin){
		.connector = config->name,
		.tenant_id = config->tenant_id,
		.subscription_id = config->subscription_id,
		.resource_group = config->resource_group,
		.workspace = config->workspace_name,
		.base_path = span_of(&base),
	};
	return st;
}

void
relay_begin_cycle(struct relay *r, size_t index, bool only_enrich)
{
	struct relay_connector *c = &r->connector[index];

	assert(index < r->settings.config->connector_count);
	if (r->state != RELAY_IDLE)
		return;
	r->current = c;
	r->poll_only_enriches = only_enrich;
	r->token_renewed = false;
	r->failures = 0;
	r->cycle_st = ST_OK;
	r->begun_ms = relay_now_ms(r);
	memset(&r->read, 0, sizeof r->read);
	memset(&r->enrich, 0, sizeof r->enrich);
	relay_move(r, RELAY_TOKEN);
	if (choose(r, c) != ST_OK) {
		relay_end(r, ST_CONFIG, NULL, 0);
		return;
	}
	if (auth_token_is_good(&c->token, relay_now_ms(r)))
		go_on(r);
	else
		get_token(r);
}

void
relay_begin(struct relay *r, size_t index)
{
	relay_begin_cycle(r, index, false);
}

/* ---- recovery ----------------------------------------------------------- */

bool
relay_recover(struct relay *r, const struct sentinel_reply *reply)
{
	struct relay_connector *c = r->current;

	if (reply->token_refused && !r->token_renewed) {
		r->token_renewed = true;
		auth_token_forget(&c->token);
	} else if (reply->version_unknown && !c->old_api &&
	    !c->config->api_version_given) {
		c->old_api = true;
		sentinel_fall_back(r->sentinel);
	} else
		return false;
	relay_move(r, RELAY_TOKEN);
	if (auth_token_is_good(&c->token, relay_now_ms(r)))
		go_on(r);
	else
		get_token(r);
	return true;
}

void
relay_note_date(struct relay *r, int64_t date)
{
	bool skewed;

	if (date < 0)
		return;
	r->skew_s = (relay_wall(r) - date) / TICKS_PER_S;
	skewed = r->skew_s > CLOCK_SKEW_MAX_S || r->skew_s < -CLOCK_SKEW_MAX_S;
	if (skewed && !r->skew_said)
		log_event(r->settings.log, LOG_LEVEL_WARNING, "clock_skew",
		    LOG_FIELDS(log_number("seconds", r->skew_s),
			log_str("setting", "clock"),
			log_str("hint",
			    "set the appliance's clock, or give it a "
			    "time server")));
	r->skew_said = skewed;
}

/* ---- the end ------------------------------------------------------------ */

static void
log_end(struct relay *r, const struct diagnosis *d)
{
	struct relay_connector *c = r->current;
	if (d != NULL && diagnosis_is_set(d))
		log_event(r->settings.log, LOG_LEVEL_ERROR, "poll_failed",
		    LOG_FIELDS(log_text("connector", c->config->name),
			log_str("code", d->code),
			log_str("setting", d->setting),
			log_str("trace_id", d->trace_id),
			log_str("correlation_id", d->correlation_id),
			log_str("message", d->message)));
	else
		log_event(r->settings.log, LOG_LEVEL_INFO, "poll_done",
		    LOG_FIELDS(log_text("connector", c->config->name),
			log_number("read", (int64_t)c->counters->read),
			log_number(
			    "filtered", (int64_t)relay_count_filtered(c)),
			log_number("set_aside", (int64_t)c->counters->aside),
			log_number("records", (int64_t)c->counters->records)));
}

/* What the libraries took from the arena; refused and used are what an
 * operator's support asks for first. */
static void
log_memory(struct relay *r)
{
	const struct arena *a = arena_shared();

	log_event(r->settings.log, LOG_LEVEL_DEBUG, "memory",
	    LOG_FIELDS(log_number("arena_used_bytes", (int64_t)a->used_bytes),
		log_number("arena_peak_bytes", (int64_t)a->peak_bytes),
		log_number("arena_high_bytes", (int64_t)a->high_bytes),
		log_number("arena_largest_bytes", (int64_t)arena_largest(a)),
		log_number("allocations", (int64_t)a->count),
		log_number("refused", (int64_t)a->failed)));
}

/* Up to a tenth later, so that many appliances do not ask in step. */
static int64_t
jittered(int64_t ms)
{
	uint16_t random;

	random_bytes(&random, sizeof random);
	return ms + ms / 10 * random / UINT16_MAX;
}

void
relay_end(struct relay *r, enum st st, const struct diagnosis *d,
    uint32_t retry_after_s)
{
	struct relay_connector *c = r->current;
	int64_t wait_ms = (int64_t)c->config->poll_interval_s * 1000;

	if (r->store->in_transaction)
		store_rollback(r->store);
	r->batch = 0;
	r->batch_bytes = 0;
	r->enrich.active = false;
	r->cycle_st = st;
	relay_count_poll(r, st);
	if (st == ST_OK && !r->poll_only_enriches)
		c->last_poll = relay_wall(r);
	if (st != ST_OK && !diagnosis_is_set(&c->diagnosis))
		c->failed_since = relay_wall(r);
	if (st == ST_OK)
		diagnosis_clear(&c->diagnosis);
	else if (d != NULL)
		c->diagnosis = *d;
	/* A failed poll comes again soon; it is one request. */
	if (st != ST_OK && wait_ms > RELAY_RETRY_MS)
		wait_ms = RELAY_RETRY_MS;
	wait_ms = jittered(wait_ms);
	if (wait_ms < (int64_t)retry_after_s * 1000)
		wait_ms = (int64_t)retry_after_s * 1000;
	if (!r->poll_only_enriches || st != ST_OK)
		c->next_poll_ms = relay_now_ms(r) + wait_ms;
	c->not_before_ms = relay_now_ms(r) + (int64_t)retry_after_s * 1000;
	if (c->poll_again && retry_after_s == 0)
		c->next_poll_ms = relay_now_ms(r);
	c->poll_again = false;
	if (!r->poll_only_enriches || st != ST_OK)
		log_end(r, st == ST_OK ? NULL : d);
	log_memory(r);
	relay_move(r, RELAY_IDLE);
}

void
relay_end_store(struct relay *r, enum st st)
{
	struct diagnosis d;

	diagnosis_clear(&d);
	diagnosis_set(&d,
	    st == ST_FULL ? SPAN_LIT("store_full") : SPAN_LIT("store_failed"),
	    SPAN_NONE);
	r->store_full = st == ST_FULL;
	r->store_failed = st != ST_FULL;
	relay_end(r, st, &d, 0);
}

bool
relay_is_idle(const struct relay *r)
{
	return r->state == RELAY_IDLE;
}

bool
relay_is_waiting(const struct relay *r)
{
	return r->state != RELAY_IDLE &&
	    (r->state != RELAY_ENRICH || relay_enrich_is_waiting(r));
}

void
relay_step(struct relay *r)
{
	if (r->state == RELAY_ENRICH)
		relay_enrich_step(r);
}

/* ---- opening and closing ------------------------------------------------ */

enum st
relay_workspace_key(const struct config_connector *config, struct buf *key)
{
	uint8_t text[SENTINEL_BASE_MAX_BYTES];
	struct buf path = BUF_OVER(text);
	enum st st = sentinel_base_path(config, &path);

	buf_put_lower(key, config->arm_url);
	buf_put_lower(key, span_of(&path));
	return st != ST_OK || key->cut ? ST_FULL : ST_OK;
}

static enum st
open_connector(struct relay *r, struct relay_connector *c,
    const struct config_connector *config)
{
	uint8_t text[STORE_WORKSPACE_KEY_MAX_BYTES];
	struct buf key = BUF_OVER(text);
	enum st st = relay_workspace_key(config, &key);

	c->config = config;
	diagnosis_clear(&c->diagnosis);
	if (st != ST_OK)
		return st;
	st = store_begin(r->store);
	if (st != ST_OK)
		return st;
	st = store_workspace(r->store, span_of(&key), &c->ws);
	if (st == ST_OK)
		st = store_cursor_get(r->store, c->ws, &c->cursor);
	if (st != ST_OK) {
		store_rollback(r->store);
		return st;
	}
	relay_progress_resume(r, c);
	return store_commit(r->store);
}

enum st
relay_open(struct relay *r, const struct relay_settings *settings,
    const struct relay_parts *parts, struct diagnosis *d)
{
	const struct config *config = settings->config;
	enum st st = ST_OK;

	r->settings = *settings;
	r->http = parts->http;
	r->store = parts->store;
	r->auth = parts->auth;
	r->sentinel = parts->sentinel;
	r->workunit = parts->workunit;
	r->record = (struct buf){ parts->record, 0, RECORD_MAX_BYTES, false };
	relay_count_open(r);
	for (size_t i = 0; i < WORKUNIT_PART_COUNT; i++)
		r->part[i] = (struct relay_part){ r, (enum workunit_part)i };
	for (size_t i = 0; st == ST_OK && i < config->connector_count; i++)
		st = open_connector(r, &r->connector[i], &config->connector[i]);
	if (st != ST_OK)
		diagnosis_set(d,
		    st == ST_FULL ? SPAN_LIT("store_full") :
				    SPAN_LIT("store_failed"),
		    SPAN_NONE);
	else
		st = relay_sinks_open(r, d);
	return st;
}

void
relay_close(struct relay *r)
{
	/* A page that is not at its end moves nothing. */
	if (r->state == RELAY_READ)
		store_rollback(r->store);
	if (relay_commit(r) != ST_OK || relay_sinks_save(r) != ST_OK)
		log_event(r->settings.log, LOG_LEVEL_WARNING, "commit_failed",
		    NULL, 0);
	relay_sinks_close(r);
}
