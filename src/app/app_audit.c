/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "app/app.h"
#include "audit/audit.h"

enum st
app_audit(struct app *a, const struct app_change *change, const char *outcome)
{
	struct audit_entry entry = {
		.at = clock_wall_ticks(&clock_system),
		.uid = change->actor.uid,
		.user = change->actor.user,
		.via = change->actor.via,
		.action = change->action,
		.scope = change->scope,
		.field = change->field,
		.etag = change->etag,
		.changed = change->changed,
		.outcome = outcome,
	};
	enum st st = audit_append(a->options.state, &entry);

	if (st != ST_OK && a->is_serving)
		log_event(&a->log, LOG_LEVEL_ERROR, "audit_failed",
		    LOG_FIELDS(log_str("action", change->action),
			log_str("outcome", outcome),
			log_str("reason", strerror(errno))));
	return st;
}

/* Is this line a load of the same configuration with the same outcome? */
static bool
is_same_load(struct span line, struct span hash, const char *outcome)
{
	uint8_t room[64];
	struct buf end = BUF_OVER(room);

	buf_put_str(&end, "\"outcome\":\"");
	buf_put_str(&end, outcome);
	buf_put_str(&end, "\"}");
	return span_has_suffix(line, span_of(&end)) &&
	    span_find_nocase(line, hash) != SIZE_MAX;
}

void
app_audit_load(struct app *a, uid_t owner, const char *outcome)
{
	uint8_t room[AUDIT_LINE_MAX_BYTES];
	struct audit_place place = AUDIT_END;
	struct span etag = span_str(a->etag);
	struct app_change change = {
		.actor = { .uid = owner, .via = "file" },
		.action = "config_loaded",
		.etag = etag,
	};

	for (unsigned i = 0; i < AUDIT_BACK_COUNT; i++) {
		struct buf line = BUF_OVER(room);

		if (audit_before(a->options.state, &place, &line) != ST_OK)
			break;
		if (span_find_nocase(span_of(&line),
			SPAN_LIT("\"config_loaded\"")) == SIZE_MAX)
			continue;
		/* Without its quotes, which stand there escaped. */
		if (is_same_load(
			span_of(&line), span_sub(etag, 1, etag.n - 2), outcome))
			return;
		break;
	}
	(void)app_audit(a, &change, outcome);
}
