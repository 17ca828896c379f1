/* SPDX-License-Identifier: MIT */
/*
 * What the relay counts; the struct is its owner's and outlives it.
 */
#include <assert.h>

#include "base/ticks.h"
#include "relay/relay_priv.h"

void
relay_count_open(struct relay *r)
{
	const struct config *config = r->settings.config;
	struct counters_connector *connector[CONFIG_CONNECTOR_MAX_COUNT];
	struct counters_sink *sink[CONFIG_SINK_MAX_COUNT];
	struct span name[CONFIG_CONNECTOR_MAX_COUNT];

	static_assert(CONFIG_SINK_MAX_COUNT <= CONFIG_CONNECTOR_MAX_COUNT,
	    "the names of all sinks");
	for (size_t i = 0; i < config->connector_count; i++)
		name[i] = config->connector[i].name;
	counters_connectors(
	    r->settings.counters, name, config->connector_count, connector);
	for (size_t i = 0; i < config->connector_count; i++)
		r->connector[i].counters = connector[i];
	for (size_t i = 0; i < config->sink_count; i++)
		name[i] = config->sink[i].name;
	counters_sinks(r->settings.counters, name, config->sink_count, sink);
	for (size_t i = 0; i < config->sink_count; i++)
		r->sink[i].counters = sink[i];
}

uint64_t
relay_count_filtered(const struct relay_connector *c)
{
	uint64_t n = 0;

	for (size_t i = 0; i < COUNTERS_RULE_COUNT; i++)
		n += c->counters->filtered[i];
	return n;
}

void
relay_count_aside(struct relay *r, const char *reason)
{
	r->current->counters->aside++;
	counters_aside(r->settings.counters, reason);
}

void
relay_count_lag(struct relay *r)
{
	struct counters_connector *counters = r->current->counters;
	/* Modification times are Azure's, so is the time of comparison. */
	int64_t now = relay_wall(r) - r->skew_s * TICKS_PER_S;

	if (counters->undelivered == 0 || relay_sink_failure(r) != NULL)
		return;
	counters->lag = now > counters->undelivered ?
	    now - counters->undelivered :
	    0;
	counters->undelivered = 0;
}

void
relay_count_poll(struct relay *r, enum st st)
{
	struct counters_connector *counters = r->current->counters;

	if (r->poll_only_enriches)
		return;
	if (st == ST_OK)
		counters->polls_done++;
	else
		counters->polls_failed++;
	counters->poll_ms = relay_now_ms(r) - r->begun_ms;
}
