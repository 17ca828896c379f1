/* SPDX-License-Identifier: MIT */
/*
 * The vault is looked at before each poll and never for a peer of the status
 * socket: opening secrets costs time, and anybody may ask for the status.
 */
#include <string.h>

#include "base/ticks.h"
#include "app/app.h"

bool
app_is_expiring(int64_t expires)
{
	int64_t soon = clock_wall_ticks(&clock_system) +
	    (int64_t)APP_EXPIRY_DAYS * 86400 * TICKS_PER_S;

	return expires != 0 && expires < soon;
}

static bool
take_entry(void *ctx, const struct vault_entry *entry)
{
	struct app *a = ctx;

	if (strcmp(entry->field, "client_secret") != 0)
		return true;
	for (size_t i = 0; i < a->config->connector_count; i++)
		if (span_eq(
			a->config->connector[i].name, span_str(entry->scope)))
			a->secret_expires[i] = entry->expires_at;
	return true;
}

static void
say(struct app *a, size_t i)
{
	uint8_t room[TICKS_TEXT_MAX_BYTES];
	struct buf day = BUF_OVER(room);

	ticks_write(&day, a->secret_expires[i]);
	log_event(&a->log, LOG_LEVEL_WARNING, "secret_expiring",
	    LOG_FIELDS(log_text("connector", a->config->connector[i].name),
		log_text("expires", span_of(&day)),
		log_str("setting", "client_secret"),
		log_str("message",
		    "make a new client secret and enter it with "
		    "'wf-sentinel secret set'")));
}

void
app_note_expiry(struct app *a)
{
	memset(a->secret_expires, 0, sizeof a->secret_expires);
	/* What cannot be read is the next login's failure, which says so. */
	if (vault_list(&a->vault, take_entry, a) != ST_OK)
		return;
	for (size_t i = 0; i < a->config->connector_count; i++) {
		bool soon = app_is_expiring(a->secret_expires[i]);

		if (soon && !a->expiry_said[i])
			say(a, i);
		a->expiry_said[i] = soon;
	}
}
