/* SPDX-License-Identifier: MIT */
#include "app/app.h"

static void
say(struct app *a, size_t i)
{
	struct relay_forecast f;

	relay_forecast(&a->relay, i, &f);
	if (f.phase == NULL)
		return;
	log_event(&a->log, LOG_LEVEL_INFO, "progress",
	    LOG_FIELDS(log_text("connector", a->config->connector[i].name),
		log_str("phase", f.phase), log_number("done", (int64_t)f.done),
		log_number("left", (int64_t)f.left),
		log_number("seconds_left", f.seconds_left)));
}

void
app_note_progress(struct app *a)
{
	int64_t now_ms = clock_monotonic_ms(&clock_system);

	if (now_ms - a->progress_said_ms < APP_PROGRESS_MS)
		return;
	a->progress_said_ms = now_ms;
	for (size_t i = 0; i < a->config->connector_count; i++)
		say(a, i);
}
