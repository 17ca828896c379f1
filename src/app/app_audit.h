/* SPDX-License-Identifier: MIT */
/* app_audit.h - who changes what, for the audit log (audit/audit.h). */
#ifndef APP_APP_AUDIT_H
#define APP_APP_AUDIT_H

#include <sys/types.h>

#include "base/span.h"

struct app;

/* For whom something is done. */
struct app_actor {
	uid_t uid;        /* whose process */
	struct span user; /* of the web console; else absent */
	const char *via;  /* "socket", "command", "file" */
};

/* What is done, as in struct audit_entry; what does not apply is absent. */
struct app_change {
	struct app_actor actor;
	const char *action;
	struct span scope, field, etag, changed;
};

/* Write down how far a change is: "started" before anything is done, then
 * "done" or "failed".  Unless ST_OK it is not written, and was logged: what has
 * not been started is not to be done then. */
enum st app_audit(
    struct app *a, const struct app_change *change, const char *outcome);

/* Write down that a->etag was loaded, or "refused", unless the last load was of
 * the same file: a supervisor that starts the daemon again and again must not
 * push out what people did. */
void app_audit_load(struct app *a, uid_t owner, const char *outcome);

#endif
