/* SPDX-License-Identifier: MIT */
/*
 * How far a first look-back is, and when it will be over.
 *
 * Reading, nobody knows how much there is.  Enriching, what is left is the
 * queue; it goes by the rate so far, or by the call budget where that is the
 * slower: calls that do not fit this window wait for further ones.  It is over
 * when a cycle ends with calls to spare and no long queue: the few that wait
 * then wait for Azure.  After a start the queue tells by its length alone.
 */
#include "relay/relay_priv.h"

static bool
is_queue_long(struct relay *r, const struct relay_connector *c)
{
	uint64_t count;
	int64_t due;

	return store_todo_count(r->store, c->ws, &count, &due) == ST_OK &&
	    count >= RELAY_QUEUE_LONG_COUNT;
}

void
relay_progress_resume(struct relay *r, struct relay_connector *c)
{
	if (!is_queue_long(r, c))
		return;
	c->progress.active = true;
	c->progress.since_ms = relay_now_ms(r);
}

void
relay_progress_begin(struct relay *r)
{
	struct relay_connector *c = r->current;

	if (c->cursor.backfilled || c->progress.active)
		return;
	c->progress = (struct relay_progress){ .active = true,
		.read_before = c->counters->read };
}

void
relay_progress_enrich(struct relay *r)
{
	struct relay_progress *p = &r->current->progress;

	if (p->active && p->since_ms == 0)
		p->since_ms = relay_now_ms(r);
}

void
relay_progress_end(struct relay *r)
{
	struct relay_connector *c = r->current;
	bool is_limited = is_queue_long(r, c);

	for (size_t i = 0; i < WORKUNIT_PART_COUNT; i++)
		if (relay_budget_wait_ms(r, c, (enum workunit_part)i) > 0)
			is_limited = true;
	if (!is_limited)
		c->progress.active = false;
}

/* Milliseconds that the budget of one endpoint asks for at least. */
static int64_t
budget_ms(struct relay *r, struct relay_connector *c, enum workunit_part part,
    uint64_t left)
{
	const struct relay_budget *b = &c->budget[part];
	uint64_t each = c->config->enrichment_calls_per_5min;
	uint64_t calls = left * c->progress.calls[part] / c->progress.done;
	uint64_t now = b->used < each ? each - b->used : 0;

	if (calls <= now)
		return 0;
	/* Whole windows until the last call's one begins. */
	return b->window_ms + RELAY_WINDOW_MS - relay_now_ms(r) +
	    (int64_t)((calls - now - 1) / each) * RELAY_WINDOW_MS;
}

static int64_t
seconds_left(struct relay *r, struct relay_connector *c, uint64_t left)
{
	const struct relay_progress *p = &c->progress;
	int64_t took_ms = relay_now_ms(r) - p->since_ms;
	int64_t ms;

	if (p->done < RELAY_FORECAST_COUNT || took_ms < RELAY_FORECAST_MS)
		return -1;
	ms = took_ms * (int64_t)left / (int64_t)p->done;
	for (size_t i = 0; i < WORKUNIT_PART_COUNT; i++) {
		int64_t at_least = budget_ms(r, c, (enum workunit_part)i, left);

		if (ms < at_least)
			ms = at_least;
	}
	return (ms + 999) / 1000;
}

void
relay_forecast(struct relay *r, size_t index, struct relay_forecast *forecast)
{
	struct relay_connector *c = &r->connector[index];
	const struct relay_progress *p = &c->progress;
	int64_t due;

	*forecast = (struct relay_forecast){ .seconds_left = -1 };
	if (!p->active)
		return;
	if (p->since_ms == 0) {
		forecast->phase = "reading";
		forecast->done = c->counters->read - p->read_before;
		return;
	}
	if (store_todo_count(r->store, c->ws, &forecast->left, &due) != ST_OK)
		return;
	forecast->phase = "enriching";
	forecast->done = p->done;
	forecast->seconds_left = seconds_left(r, c, forecast->left);
}
