/* SPDX-License-Identifier: MIT */
/*
 * app_secret.h - secrets, as the control socket and the command line enter
 * them: what can be one, what it is bound to, and the audit log around it.
 */
#ifndef APP_APP_SECRET_H
#define APP_APP_SECRET_H

#include "app/app_audit.h"
#include "app/app_edit.h"

/* What Entra could have given: printable ASCII, not the GUID beside it.  NULL,
 * or what is wrong. */
const char *app_secret_wrong(struct span value);

/* A day as YYYY-MM-DD (its end), or an RFC 3339 time, to ticks.  ST_MALFORM. */
enum st app_secret_expiry(struct span text, int64_t *expires) MUST_CHECK;

/* The daemon's vault, or a command's.  200, or 500. */
unsigned app_secret_vault(struct app *a, struct app_refusal *why);

/*
 * app_secret_set - store a secret for what the configuration in use names.
 *
 * value    1..APP_CLIENT_SECRET_MAX_BYTES; the caller wipes its copy
 * expires  ticks; 0: nobody knows, and a date that was stored before goes
 * returns  200, or 400 no such field, or one that this version does not use;
 *          404 no such connector; 409 nothing is configured; 422 no secret can
 *          look so; 500.  Unless 200 the older secret is there, if there was
 *          one.
 * a->route is set: by app_open_network, or app_set_route.
 * A connector that waits for its secret is polled at once.
 */
unsigned app_secret_set(struct app *a, const struct app_actor *actor,
    struct span scope, struct span field, struct span value, int64_t expires,
    struct app_refusal *why);

/* 200; 400 no such scope or field, 404 no such secret, 500. */
unsigned app_secret_delete(struct app *a, const struct app_actor *actor,
    struct span scope, struct span field, struct app_refusal *why);

#endif
