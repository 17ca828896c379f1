/* SPDX-License-Identifier: MIT */
/* The schedule: which connector is due, with what, and how long until then. */
#include "base/ticks.h"
#include "relay/relay_priv.h"

/* Milliseconds until an entry of the enrichment queue is due. */
static int64_t
enrich_wait_ms(struct relay *r, const struct relay_connector *c)
{
	uint64_t count;
	int64_t due, wait;

	if (store_todo_count(r->store, c->ws, &count, &due) != ST_OK ||
	    count == 0)
		return INT64_MAX;
	wait = (due - relay_wall(r)) / TICKS_PER_MS;
	/* A due time far ahead is of a clock that was set back since. */
	return wait < 0 || wait > RELAY_DUE_MAX_MS ? 0 : wait;
}

size_t
relay_due(struct relay *r, uint32_t *wait_ms)
{
	int64_t now = relay_now_ms(r);
	int64_t soonest = RELAY_IDLE_WAIT_MS;
	size_t found = SIZE_MAX;

	for (size_t i = 0; i < r->settings.config->connector_count; i++) {
		struct relay_connector *c = &r->connector[i];
		int64_t wait;

		if (!c->config->enabled)
			continue;
		wait = c->next_poll_ms - now;
		if (wait < soonest) {
			soonest = wait;
			found = i;
		}
	}
	*wait_ms = soonest < 0 ? 0 : (uint32_t)soonest;
	return soonest <= 0 ? found : SIZE_MAX;
}

enum st
relay_poll_now(struct relay *r, size_t index)
{
	struct relay_connector *c = &r->connector[index];

	if (!c->config->enabled)
		return ST_CONFIG;
	if (c->not_before_ms > relay_now_ms(r))
		return ST_AGAIN;
	c->poll_again = r->current == c && r->state == RELAY_ENRICH;
	c->next_poll_ms = relay_now_ms(r);
	return ST_OK;
}

bool
relay_enrich_due(struct relay *r, uint32_t *wait_ms)
{
	for (size_t i = 0; i < r->settings.config->connector_count; i++) {
		struct relay_connector *c = &r->connector[i];
		int64_t wait;

		/* After a failed poll the next one goes first. */
		if (!c->config->enabled || diagnosis_is_set(&c->diagnosis))
			continue;
		wait = enrich_wait_ms(r, c);
		if (wait <= 0) {
			relay_begin_cycle(r, i, true);
			return true;
		}
		if (wait < *wait_ms)
			*wait_ms = (uint32_t)wait;
	}
	return false;
}
