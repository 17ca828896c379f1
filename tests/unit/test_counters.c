/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>

#include "health/counters.h"

static struct counters c;
static struct counters_connector *at[CONFIG_CONNECTOR_MAX_COUNT];

static void
choose(const char *const *names, size_t n)
{
	struct span name[CONFIG_CONNECTOR_MAX_COUNT];

	for (size_t i = 0; i < n; i++)
		name[i] = span_str(names[i]);
	counters_connectors(&c, name, n, at);
}

#define CHOOSE(...)                                  \
	choose((const char *const[]){ __VA_ARGS__ }, \
	    sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

Test(counters, names_keep_their_numbers_whatever_their_order)
{
	CHOOSE("a", "b");
	cr_assert_neq(at[0], at[1]);
	cr_assert_eq(at[0]->lag, -1);
	cr_assert_eq(at[0]->poll_ms, -1);
	at[0]->read = 1;
	at[1]->read = 2;
	CHOOSE("c", "b", "a");
	cr_expect_eq(at[0]->read, 0);
	cr_expect_eq(at[1]->read, 2);
	cr_expect_eq(at[2]->read, 1);
}

Test(counters, name_that_comes_back_goes_on_while_there_is_room)
{
	CHOOSE("a", "b");
	at[1]->read = 2;
	CHOOSE("a");
	CHOOSE("a", "x", "b");
	cr_expect_eq(at[1]->read, 0);
	cr_expect_eq(at[2]->read, 2);
}

Test(counters, with_all_places_taken_only_who_is_gone_loses_one)
{
	char text[CONFIG_CONNECTOR_MAX_COUNT][8];
	const char *names[CONFIG_CONNECTOR_MAX_COUNT];
	size_t last = CONFIG_CONNECTOR_MAX_COUNT - 1;

	for (size_t i = 0; i <= last; i++) {
		snprintf(text[i], sizeof text[i], "n%zu", i);
		names[i] = text[i];
	}
	choose(names, last + 1);
	for (size_t i = 0; i <= last; i++)
		at[i]->read = 100 + i;
	/* The new one is asked for first, and may not take another's. */
	names[3] = names[0];
	names[0] = "new";
	choose(names, last + 1);
	cr_expect_eq(at[0]->read, 0);
	cr_expect_eq(at[3]->read, 100);
	for (size_t i = 1; i <= last; i++)
		if (i != 3)
			cr_expect_eq(at[i]->read, 100 + i);
}

Test(counters, status_has_the_first_row_that_it_lies_in)
{
	static const struct {
		unsigned status;
		const char *text;
	} ROWS[] = { { 0, "none" }, { 200, "200" }, { 201, "other" },
		{ 302, "3xx" }, { 400, "400" }, { 401, "401" }, { 402, "4xx" },
		{ 403, "403" }, { 404, "404" }, { 409, "4xx" }, { 429, "429" },
		{ 500, "5xx" }, { 599, "5xx" }, { 100, "other" },
		{ 999, "other" } };

	for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
		static const struct counters EMPTY;
		unsigned found = 0;

		c = EMPTY;
		counters_request(&c, COUNTERS_ALERTS, ROWS[i].status);
		for (unsigned s = 0; s < COUNTERS_STATUS_COUNT; s++)
			if (c.request[COUNTERS_ALERTS][s] != 0) {
				cr_expect_str_eq(
				    counters_status_text(s), ROWS[i].text);
				found++;
			}
		cr_expect_eq(found, 1, "%u", ROWS[i].status);
	}
}

Test(counters, reasons_beyond_their_places_are_other)
{
	static char text[2 * COUNTERS_REASON_MAX_COUNT][8];
	size_t last = COUNTERS_REASON_MAX_COUNT - 1;

	for (size_t i = 0; i < 2 * COUNTERS_REASON_MAX_COUNT; i++) {
		snprintf(text[i], sizeof text[i], "r%zu", i);
		counters_aside(&c, text[i]);
		counters_aside(&c, text[i]);
	}
	cr_expect_eq(c.aside, 4 * COUNTERS_REASON_MAX_COUNT);
	cr_expect_str_eq(c.reason[0].text, "r0");
	cr_expect_eq(c.reason[0].n, 2);
	cr_expect_str_eq(c.reason[last].text, "other");
	cr_expect_eq(c.reason[last].n, 2 * (last + 2));
}
