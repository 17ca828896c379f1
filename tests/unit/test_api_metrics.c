/* SPDX-License-Identifier: MIT */
/* The longest answer: every name and number at its limit, the store silent. */
#include <criterion/criterion.h>
#include <string.h>

#include "api/api.h"
#include "app/app.h"

static struct app app;

static unsigned
ask(const char *path, struct control_call *call)
{
	for (size_t i = 0; i < API_ROUTE_COUNT; i++)
		if (strcmp(api_routes[i].path, path) == 0)
			return api_routes[i].handler(&app, call);
	return 404;
}

static void
fill(void)
{
	static char name[CONFIG_CONNECTOR_MAX_COUNT][CONFIG_NAME_MAX_BYTES];
	struct config *config = &app.configs[0];

	app.config = config;
	app.is_ready = true;
	app.store.broken = true;
	memset(&app.counters, 0xff, sizeof app.counters);
	for (size_t i = 0; i < COUNTERS_REASON_MAX_COUNT; i++)
		app.counters.reason[i]
		    .text = "the quoted \" and \\ and\nlonger reason";
	config->connector_count = CONFIG_CONNECTOR_MAX_COUNT;
	for (size_t i = 0; i < CONFIG_CONNECTOR_MAX_COUNT; i++) {
		memset(name[i], 'a' + (int)i, sizeof name[i]);
		config->connector[i].name = (struct span){ (uint8_t *)name[i],
			sizeof name[i] };
		app.relay.connector[i].config = &config->connector[i];
		app.relay.connector[i].counters = &app.counters.connector[i];
		app.counters.connector[i].lag = INT64_MAX;
		app.counters.connector[i].undelivered = 0;
		app.counters.connector[i].poll_ms = INT64_MAX;
		app.secret_expires[i] = INT64_MAX;
	}
	config->sink_count = CONFIG_SINK_MAX_COUNT;
	for (size_t i = 0; i < CONFIG_SINK_MAX_COUNT; i++) {
		config->sink[i].name = config->connector[i].name;
		config->sink[i].enabled = true;
		app.relay.sink[i].config = &config->sink[i];
		app.relay.sink[i].counters = &app.counters.sink[i];
	}
}

Test(api_metrics, every_piece_of_the_longest_answer_fits)
{
	uint8_t piece[CONTROL_PIECE_MAX_BYTES];
	struct buf out = BUF_OVER(piece);
	struct control_call call = { .out = &out };
	unsigned pieces = 0;
	size_t longest = 0;

	fill();
	cr_assert_eq(ask("/metrics", &call), 200);
	for (;;) {
		buf_reset(&out);
		if (call.more(&app, &call.state, &out) == CONTROL_END)
			break;
		cr_assert(!out.cut, "%.60s", (char *)piece);
		cr_assert_neq(out.n, 0);
		longest = out.n > longest ? out.n : longest;
		pieces++;
	}
	cr_expect_eq(pieces, 18);
	/* The bound is near, or the test fills in too little. */
	cr_expect_gt(longest, CONTROL_PIECE_MAX_BYTES * 3 / 4);
}

Test(api_metrics, label_values_are_escaped)
{
	static const char WANTED[] = "{reason=\"the quoted \\\" and \\\\ and"
				     "\\nlonger reason\"} 18446744073709551615"
				     "\n";
	uint8_t piece[CONTROL_PIECE_MAX_BYTES];
	struct buf out = BUF_OVER(piece);
	struct control_call call = { .out = &out };
	bool found = false;

	fill();
	cr_assert_eq(ask("/metrics", &call), 200);
	for (; call.more(&app, &call.state, &out) == CONTROL_PIECE;
	     buf_reset(&out))
		found = found ||
		    span_find_nocase(span_of(&out), span_str(WANTED)) !=
			SIZE_MAX;
	cr_expect(found);
}
