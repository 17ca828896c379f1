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
