/* SPDX-License-Identifier: MIT */
/*
 * What a pass over an entry of the queue comes to: what is given up, whether
 * there is something to tell.  Works on the entry alone.
 *
 *	delivered before	now		record
 *	nothing			anything	yes
 *	pending			complete, failed	yes
 *	complete		pending		no: it would lose its contents
 */
#include "base/ticks.h"
#include "relay/relay_priv.h"

bool
relay_is_kept(const struct relay_enrich *e, enum workunit_part p)
{
	return !e->todo.fresh && e->todo.state[p] == WORKUNIT_COMPLETE;
}

/* When the calls began to fail: a pass whose calls are all answered ends that,
 * one without a call changes nothing. */
static void
note_failure(struct relay_enrich *e, int64_t now)
{
	bool failed = false, answered = false;

	for (size_t p = 0; p < WORKUNIT_PART_COUNT; p++) {
		failed = failed ||
		    (e->failed[p] && e->state[p] == WORKUNIT_PENDING);
		answered = answered || e->answered[p];
	}
	/* A time ahead is of a clock that was set back since. */
	if (failed && (e->todo.since == 0 || e->todo.since > now))
		e->todo.since = now;
	else if (!failed && answered)
		e->todo.since = 0;
}

void
relay_give_up(struct relay_enrich *e, int64_t now)
{
	note_failure(e, now);
	for (size_t p = 0; p < WORKUNIT_PART_COUNT; p++)
		if (e->failed[p] && e->state[p] == WORKUNIT_PENDING &&
		    !relay_is_kept(e, (enum workunit_part)p) &&
		    now - e->todo.since > RELAY_PENDING_MAX_S * TICKS_PER_S)
			e->state[p] = WORKUNIT_FAILED;
}

/* Something is known that was not, and nothing is unknown that was known. */
bool
relay_is_better(const struct relay_enrich *e)
{
	bool better = e->todo.fresh;

	for (size_t p = 0; p < WORKUNIT_PART_COUNT; p++) {
		if (e->state[p] == (enum workunit_enrichment)e->todo.state[p])
			continue;
		if (!e->todo.fresh && e->state[p] == WORKUNIT_PENDING)
			return false;
		better = true;
	}
	return better;
}
