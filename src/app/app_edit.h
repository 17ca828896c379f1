/* SPDX-License-Identifier: MIT */
/*
 * app_edit.h - what is changed while the daemon runs, or by a command in its
 * place: the configuration as a whole.
 */
#ifndef APP_APP_EDIT_H
#define APP_APP_EDIT_H

#include "app/app_audit.h"
#include "config/config.h"
#include "control/control.h"
#include "health/diagnosis.h"
#include "store/store.h"
#include "tls/tls.h"

struct app;

/* A cursor that is imported. */
struct app_cursor {
	char workspace[STORE_WORKSPACE_KEY_MAX_BYTES + 1];
	struct store_cursor cursor;
};

/*
 * Memory for what is changed while the relay is at work; touched only then.
 * The text is what an answer is made of: `generation` tells an answer that is
 * still being sent that it is another's by now.
 */
struct app_edit {
	struct config config;
	struct config_scratch scratch;
	struct tls_anchors anchors;
	uint32_t generation;
	/* Where the text begins in the document that it came in; 0, 0: it is
	 * the document. */
	unsigned lines_before, columns_before;
	size_t text_n;
	uint8_t text[CONTROL_BODY_MAX_BYTES];
	size_t cursor_count;
	struct app_cursor cursor[CONFIG_CONNECTOR_MAX_COUNT];
};

/* Why something was not done: an HTTP status and what control_error says. */
struct app_refusal {
	unsigned status;
	char code[DIAGNOSIS_CODE_MAX_BYTES];
	char setting[CONFIG_FAULT_KEY_MAX_BYTES];
	char message[DIAGNOSIS_MESSAGE_MAX_BYTES];
	bool has_faults; /* a->edit.text is a configuration with faults */
};

/* Fill it; the status. */
unsigned app_refuse(struct app_refusal *why, unsigned status, const char *code,
    const char *message, const char *setting);

/* The ETag of a configuration: a hash of its bytes, with the quotes. */
void app_etag(struct span text, char etag[CONTROL_ETAG_MAX_BYTES]);

/* The text is to be another one: answers that are still being sent end. */
void app_edit_begin(struct app *a);

/*
 * app_edit_load - the stored configuration to a->edit.text.
 *
 * etag     `""` (two quotes) when there is none
 * returns  ST_OK; ST_NOT_FOUND; ST_FULL, ST_IO
 */
enum st app_edit_load(
    struct app *a, char etag[CONTROL_ETAG_MAX_BYTES]) MUST_CHECK;

/* Every fault of a->edit.text as a configuration; fills a->edit.config. */
enum st app_edit_faults(
    struct app *a, config_report *report, void *ctx) MUST_CHECK;

/* Could a->edit.text be used from now on?  Looks at what a start would look
 * at: syntax, values, what this version has not, the CA file.  200, or why
 * not. */
unsigned app_edit_check(struct app *a, struct app_refusal *why);

/*
 * app_edit_store - check a->edit.text and make it the configuration, durably.
 *
 * action   for the audit log
 * first    is called between check and storing, and may refuse; may be NULL
 * returns  200 and a->edit.text's etag, or why not; nothing is stored then
 * cost     four syncs
 * power cut  the old file or the new one; the audit log has it as started
 * The daemon takes it at its next look, which follows at once.
 */
unsigned app_edit_store(struct app *a, const struct app_actor *actor,
    const char *action,
    unsigned (*first)(struct app *a, struct app_refusal *why),
    char etag[CONTROL_ETAG_MAX_BYTES], struct app_refusal *why);

#endif
