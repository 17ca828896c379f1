/* SPDX-License-Identifier: MIT */
/*
 * app_transfer.h - settings and cursors from one appliance to another.
 *
 *	{"format":"wf-sentinel.export/1",
 *	"config":{…},
 *	"cursors":[{"workspace":"https://management.azure.com/subscriptions/…",
 *	    "modified":"2026-11-23T10:00:00.1234567Z","backfilled":true}]}
 *
 * At most CONTROL_BODY_MAX_BYTES.  No secret is in it, and no appliance_id: it
 * stays the target's.  `config` is the stored text but for that.  There is a
 * cursor for each configured workspace that was read; `backfilled` says that
 * its first look-back was read to its end.
 *
 * A cursor is exported as the point up to which all has been delivered: what
 * the source has read and not delivered, or not completed, is read again by
 * the target.  Where the target has a cursor of its own for the workspace, the
 * older one is taken.  So nothing is lost; something may come twice, as it may
 * after a crash.
 */
#ifndef APP_APP_TRANSFER_H
#define APP_APP_TRANSFER_H

#include "app/app_edit.h"

/*
 * app_export - make the document in a->edit.text.
 *
 * The store is open.
 * returns  200; 409 the stored configuration is not usable, 413 it and the
 *          cursors are too long, 500
 */
unsigned app_export(struct app *a, struct app_refusal *why);

/*
 * app_import_take - a document to a->edit: the text of the new configuration,
 * with the appliance_id that is stored here, and the cursors.  Nothing else is
 * changed.
 *
 * document  borrowed for the call; not in a->edit
 * returns   200; 415 it is no such document
 */
unsigned app_import_take(
    struct app *a, struct span document, struct app_refusal *why);

/*
 * app_import - after app_import_take: check all of it, then set the cursors,
 * then store the configuration.
 *
 * returns  200 and the new etag; 422 as app_edit_store; 500.  Unless 200 the
 *          stored configuration is as it was.
 * power cut  cursors may be set and the configuration not: that reads some
 *          incidents again and misses none.  The import may be repeated.
 * A relay that is at work is closed: the daemon begins again.
 */
unsigned app_import(struct app *a, const struct app_actor *actor,
    char etag[CONTROL_ETAG_MAX_BYTES], struct app_refusal *why);

#endif
