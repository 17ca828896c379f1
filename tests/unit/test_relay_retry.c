/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <string.h>

#include "base/ticks.h"
#include "relay/relay_priv.h"

#define MINUTE (60 * TICKS_PER_S)
#define NOW    INT64_C(134000000000000000)

enum { P = WORKUNIT_PENDING, C = WORKUNIT_COMPLETE, F = WORKUNIT_FAILED };
enum { A = WORKUNIT_PART_ALERTS, E = WORKUNIT_PART_ENTITIES };

static const int64_t FREE[WORKUNIT_PART_COUNT];

/* An entry whose parts were delivered like this, and nothing else. */
static struct relay_enrich
delivered(int alerts, int entities, int comments)
{
	struct relay_enrich e;

	memset(&e, 0, sizeof e);
	e.todo.state[0] = (uint8_t)alerts;
	e.todo.state[1] = (uint8_t)entities;
	e.todo.state[2] = (uint8_t)comments;
	return e;
}

/* A new pass, of which so far only the result is known. */
static void
pass(struct relay_enrich *e, int alerts, int entities, int comments)
{
	const int state[] = { alerts, entities, comments };

	for (size_t p = 0; p < WORKUNIT_PART_COUNT; p++) {
		e->state[p] = (enum workunit_enrichment)state[p];
		e->answered[p] = state[p] == C;
		e->failed[p] = false;
	}
}

/* A pass in which only the entities are called, and there are none. */
static int64_t
pass_empty(struct relay_enrich *e, int64_t now)
{
	pass(e, C, C, C);
	relay_note_empty(e, WORKUNIT_PART_ENTITIES);
	relay_give_up(e, now);
	return relay_retry_wait(e, FREE, now);
}

Test(relay_retry, no_entities_are_asked_for_2_5_10_30_minutes_after_the_first)
{
	static const int64_t AFTER[] = { 2, 5, 10, 30 };
	struct relay_enrich e = delivered(P, P, P);
	int64_t now = NOW;

	for (size_t i = 0; i < 4; i++) {
		now += pass_empty(&e, now);
		cr_assert_eq(now - NOW, AFTER[i] * MINUTE, "%zu", i);
		cr_assert_eq(e.state[E], WORKUNIT_PENDING);
	}
	cr_assert_eq(pass_empty(&e, now), 0);
	cr_assert_eq(e.state[E], WORKUNIT_COMPLETE);
}

Test(relay_retry, failures_and_passes_without_a_call_are_no_empty_answers)
{
	struct relay_enrich e = delivered(P, P, P);
	const int64_t budget[] = { 0, 60000, 0 };
	int64_t now = NOW;

	for (int i = 0; i < 50; i++, now += MINUTE) {
		pass(&e, P, P, C);
		e.failed[E] = i % 2 == 0;
		relay_give_up(&e, now);
		cr_assert_neq(relay_retry_wait(&e, budget, now), 0);
	}
	for (int i = 0; i < 4; i++) {
		cr_assert_neq(pass_empty(&e, now), 0, "%d", i);
		pass(&e, P, P, P);
		e.failed[E] = true;
		relay_give_up(&e, now);
	}
	cr_assert_eq(pass_empty(&e, now), 0);
}

Test(relay_retry, a_part_that_fails_does_not_put_off_the_entities)
{
	struct relay_enrich e = delivered(P, P, P);

	e.todo.since = NOW - 600 * MINUTE;
	pass(&e, P, C, C);
	e.failed[A] = true;
	relay_note_empty(&e, WORKUNIT_PART_ENTITIES);
	relay_give_up(&e, NOW);
	cr_assert_eq(relay_retry_wait(&e, FREE, NOW), 2 * MINUTE);
}

Test(relay_retry, failures_wait_as_long_as_they_have_lasted)
{
	static const struct {
		int64_t lasted, wait; /* minutes */
	} ROWS[] = { { 0, 2 }, { 1, 2 }, { 7, 7 }, { 30, 30 }, { 31, 30 },
		{ 1440, 30 } };

	for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
		struct relay_enrich e = delivered(P, P, P);

		e.todo.since = NOW - ROWS[i].lasted * MINUTE;
		pass(&e, P, C, C);
		e.failed[A] = true;
		relay_give_up(&e, NOW);
		cr_assert_eq(e.state[A], WORKUNIT_PENDING);
		cr_assert_eq(relay_retry_wait(&e, FREE, NOW),
		    ROWS[i].wait * MINUTE, "row %zu", i);
	}
}

Test(relay_retry, what_was_not_called_for_another_reason_than_budget_stays)
{
	struct relay_enrich e = delivered(P, P, P);

	pass(&e, P, P, P); /* too many failures in this cycle */
	relay_give_up(&e, NOW);
	cr_assert_eq(relay_retry_wait(&e, FREE, NOW), 2 * MINUTE);
	pass(&e, F, C, C);
	relay_give_up(&e, NOW);
	cr_assert_eq(relay_retry_wait(&e, FREE, NOW), 0);
}

Test(relay_retry, nobody_comes_back_before_the_budget_allows)
{
	const int64_t budget[] = { 0, 240000, 3600000 };
	struct relay_enrich e = delivered(P, P, C);

	pass(&e, P, P, C);
	relay_give_up(&e, NOW);
	cr_assert_eq(relay_retry_wait(&e, budget, NOW), 4 * MINUTE);
	e.failed[A] = e.failed[E] = true;
	e.todo.since = NOW - MINUTE;
	cr_assert_eq(relay_retry_wait(&e, budget, NOW), 4 * MINUTE);
}

Test(relay_retry, a_day_counts_from_the_first_failure_in_a_row)
{
	struct relay_enrich e = delivered(P, P, P);

	pass(&e, P, C, C); /* not called */
	relay_give_up(&e, NOW);
	cr_assert_eq(e.todo.since, 0);
	e.failed[A] = true;
	relay_give_up(&e, NOW);
	cr_assert_eq(e.todo.since, NOW);
	relay_give_up(&e, NOW + 1440 * MINUTE);
	cr_assert_eq(e.state[A], WORKUNIT_PENDING);
	relay_give_up(&e, NOW + 1440 * MINUTE + 1);
	cr_assert_eq(e.state[A], WORKUNIT_FAILED);

	pass(&e, C, C, P);
	relay_give_up(&e, NOW + MINUTE);
	cr_assert_eq(e.todo.since, 0, "all that were called have answered");

	e.todo.since = NOW + 9000 * MINUTE; /* the clock was set back */
	pass(&e, P, C, C);
	e.failed[A] = true;
	relay_give_up(&e, NOW);
	cr_assert_eq(e.todo.since, NOW);
}

Test(relay_retry, only_more_than_was_delivered_is_worth_a_record)
{
	static const struct {
		const char *why;
		int before[3], now[3];
		bool better;
	} ROWS[] = {
		{ "one more", { C, P, P }, { C, C, P }, true },
		{ "nothing new", { C, P, P }, { C, P, P }, false },
		{ "failed for good", { C, P, C }, { C, F, C }, true },
		{ "less", { C, C, C }, { C, P, C }, false },
		{ "one more, one less", { C, P, C }, { P, C, C }, false },
		{ "failed stays", { F, F, P }, { F, F, C }, true },
	};

	for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
		const int *b = ROWS[i].before, *n = ROWS[i].now;
		struct relay_enrich e = delivered(b[0], b[1], b[2]);

		pass(&e, n[0], n[1], n[2]);
		cr_assert_eq(
		    relay_is_better(&e), ROWS[i].better, "%s", ROWS[i].why);
		e.todo.fresh = true;
		cr_assert(relay_is_better(&e), "%s", ROWS[i].why);
	}
}
