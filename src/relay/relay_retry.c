/* SPDX-License-Identifier: MIT */
/*
 * What a pass over an entry of the queue comes to: what is given up, whether
 * there is something to tell.  Works on the entry alone.
 *
 *	delivered before	now		record
 *	nothing			anything	yes
 *	pending			complete, failed	yes
 *	complete		pending		no: it would lose its contents
 *
 * What is remembered of earlier passes: `since`, when calls began to fail, and
 * `tries` of the entities, the answers that had none.
 */
#include "base/ticks.h"
#include "relay/relay_priv.h"

#define MINUTES(n) ((int64_t)(n)*60 * TICKS_PER_S)

/* From an answer without entities to the next call: 2, 5, 10 and 30 minutes
 * after the first one.  As steps, so that its time need not be kept; a pass
 * that comes late moves the later ones with it, and no two calls follow at
 * once. */
static const int64_t STEP[] = { MINUTES(2), MINUTES(3), MINUTES(5),
	MINUTES(20) };
#define STEP_COUNT (sizeof STEP / sizeof STEP[0])

#define FAILURE_WAIT_MIN MINUTES(2)
#define FAILURE_WAIT_MAX MINUTES(30)

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

void
relay_note_empty(struct relay_enrich *e, enum workunit_part p)
{
	if (e->todo.tries[p] >= STEP_COUNT)
		return;
	e->todo.tries[p]++;
	e->state[p] = WORKUNIT_PENDING;
}

/* After a failure: as long as it has lasted, within bounds. */
static int64_t
failure_wait(const struct relay_enrich *e, int64_t now)
{
	int64_t lasted = e->todo.since == 0 ? 0 : now - e->todo.since;

	if (lasted < FAILURE_WAIT_MIN)
		return FAILURE_WAIT_MIN;
	return lasted > FAILURE_WAIT_MAX ? FAILURE_WAIT_MAX : lasted;
}

/* What was complete has not come again for a day, as of an incident that was
 * deleted: nothing better can be told, the last record stands. */
static bool
is_hopeless(const struct relay_enrich *e, int64_t now)
{
	if (now - e->todo.since <= RELAY_PENDING_MAX_S * TICKS_PER_S)
		return false;
	for (size_t p = 0; p < WORKUNIT_PART_COUNT; p++)
		if (e->failed[p] && relay_is_kept(e, (enum workunit_part)p))
			return true;
	return false;
}

int64_t
relay_retry_wait(const struct relay_enrich *e,
    const int64_t budget_ms[WORKUNIT_PART_COUNT], int64_t now)
{
	int64_t longest = 0;

	if (is_hopeless(e, now))
		return 0;
	for (size_t p = 0; p < WORKUNIT_PART_COUNT; p++) {
		int64_t wait = budget_ms[p] * TICKS_PER_MS;

		if (e->state[p] != WORKUNIT_PENDING)
			continue;
		/* The steps are promised; a failed part goes with them. */
		if (e->answered[p])
			return STEP[e->todo.tries[p] - 1];
		if ((e->failed[p] || wait <= 0) && wait < failure_wait(e, now))
			wait = failure_wait(e, now);
		if (wait > longest)
			longest = wait;
	}
	return longest;
}
