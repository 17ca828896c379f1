/* SPDX-License-Identifier: MIT */
#include "command/command_ask.h"

#include <string.h>

#include "control/control_client.h"
#include "json/json.h"

/* Keys and values of {"error":{"code","message","setting"}}, and some more. */
#define ERROR_TOKEN_COUNT 32

/* Of a setting and a code: they are names of ours. */
#define SHORT_COLUMNS 64u

#define WHERE "the daemon's log, or 'wf-sentinel status'"

/* What a status is for the caller, and what to say where the daemon says
 * nothing: it has no place for a peer, or does not want it. */
static const struct {
	unsigned status;
	int exit_code;
	const char *text;
} STATUSES[] = {
	{ 400, EXIT_USAGE, "The daemon does not understand the request." },
	{ 403, EXIT_REFUSED,
	    "This is for root, the daemon's user and members of the socket's "
	    "group." },
	{ 404, EXIT_USAGE, "The daemon does not know that." },
	{ 405, EXIT_INTERNAL, "The daemon is another version." },
	{ 408, EXIT_TEMPORARY, "The request took too long: try again." },
	{ 409, EXIT_TEMPORARY, "That is not possible now." },
	{ 412, EXIT_TEMPORARY, "It has been changed meanwhile: try again." },
	{ 413, EXIT_REPLY, "That is more than the daemon takes." },
	{ 415, EXIT_REPLY, "The daemon cannot read that document." },
	{ 422, EXIT_SETTING, "The daemon refuses the value." },
	{ 428, EXIT_INTERNAL, "The daemon asks for a version." },
	{ 503, EXIT_TEMPORARY, "The daemon is busy: try again." },
};

struct listener {
	struct command_ask *ask;
	struct buf error; /* the body of what is no success */
};

static bool
is_success(unsigned status)
{
	return status >= 200 && status < 300;
}

bool
command_ask_append(void *ctx, struct span piece)
{
	struct buf *b = ctx;

	buf_put(b, piece);
	return !b->cut;
}

static bool
listen_to(void *ctx, unsigned status, struct span piece)
{
	struct listener *l = ctx;

	if (!is_success(status))
		return command_ask_append(&l->error, piece);
	return l->ask->take == NULL || l->ask->take(l->ask->ctx, piece);
}

/* ---- what went wrong ---------------------------------------------------- */

/* A member of the error, at most `width` columns, as a terminal may get it. */
static struct span
take_text(struct buf b, const struct json_doc *doc, int error, const char *name,
    size_t width)
{
	app_put_column(
	    &b, json_string(doc, json_member(doc, error, name)), width);
	app_trim(&b);
	return span_of(&b);
}

static void
say(const char *what, struct span message, struct span setting,
    struct span code)
{
	uint8_t text[2048];
	struct buf b = BUF_OVER(text);

	buf_put_str(&b, what);
	buf_put_str(&b, ": ");
	buf_put(&b, message);
	if (setting.n != 0) {
		buf_put_str(&b, " Setting: ");
		buf_put(&b, setting);
		buf_put_byte(&b, '.');
	}
	if (code.n != 0) {
		buf_put_str(&b, " Code: ");
		buf_put(&b, code);
		buf_put_byte(&b, '.');
	}
	buf_put_str(&b, " See " WHERE ".");
	app_say(buf_str(&b), "", "");
}

static int
refuse(struct command_ask *ask, const char *what, struct span body)
{
	jsmntok_t tok[ERROR_TOKEN_COUNT];
	/* A column has up to four bytes; of a message 1,024 are decoded. */
	uint8_t message_room[1280], setting_room[5 * SHORT_COLUMNS],
	    code_room[5 * SHORT_COLUMNS];
	struct json_doc doc = { SPAN_NONE, tok, 0 };
	struct span message = SPAN_NONE, setting = SPAN_NONE, code = SPAN_NONE;
	const char *text = "The daemon failed.";
	int exit_code = EXIT_INTERNAL, error;
	size_t offset;

	for (size_t i = 0; i < sizeof STATUSES / sizeof STATUSES[0]; i++)
		if (STATUSES[i].status == ask->status) {
			exit_code = STATUSES[i].exit_code;
			text = STATUSES[i].text;
		}
	if (json_check(body, &offset) == ST_OK &&
	    json_doc_parse(&doc, body, tok, ERROR_TOKEN_COUNT) == ST_OK) {
		error = json_member(&doc, 0, "error");
		message = take_text(BUF_OVER(message_room), &doc, error,
		    "message", DIAGNOSIS_MESSAGE_MAX_BYTES);
		setting = take_text(BUF_OVER(setting_room), &doc, error,
		    "setting", SHORT_COLUMNS);
		code = take_text(
		    BUF_OVER(code_room), &doc, error, "code", SHORT_COLUMNS);
	}
	if (message.n == 0)
		message = span_str(text);
	if (span_to_str(code, ask->code, sizeof ask->code) != ST_OK)
		ask->code[0] = '\0';
	say(what, message, setting, code);
	return exit_code;
}

static int
fail(const struct app *a, const char *what, enum st st)
{
	uint8_t text[256];
	struct buf b = BUF_OVER(text);

	if (st == ST_NOT_FOUND)
		return COMMAND_NOBODY;
	buf_put_str(&b, what);
	buf_put_str(&b, ": ");
	buf_put_str(&b, a->control_path);
	if (st == ST_DENIED) {
		app_say(buf_str(&b), ": the control socket is for root, the ",
		    "daemon's user and members of its group: run this as one "
		    "of them.");
		return EXIT_REFUSED;
	}
	app_say(buf_str(&b), ": the daemon did not answer in full: ",
	    st == ST_TIMEOUT ? "it was silent for too long; try again." :
			       "try again, and see the daemon's log.");
	return EXIT_TEMPORARY;
}

int
command_ask(struct app *a, const char *what, struct command_ask *ask)
{
	uint8_t error[CONTROL_CLIENT_ERROR_MAX_BYTES];
	struct listener listener = { ask, BUF_OVER(error) };
	struct control_question q = {
		.method = ask->method,
		.target = ask->target,
		.if_match = ask->if_match,
		.body = ask->body,
		.wait_ms = ask->wait_ms,
		.take = listen_to,
		.ctx = &listener,
	};
	struct control_reply reply = { .status = 0 };
	enum st st = control_client_ask(a->control_path, &q, &reply);

	ask->status = reply.status;
	memcpy(ask->etag, reply.etag, sizeof ask->etag);
	ask->code[0] = '\0';
	if (st != ST_OK && st != ST_AGAIN)
		return fail(a, what, st);
	return is_success(ask->status) ?
	    EXIT_DONE :
	    refuse(ask, what, span_of(&listener.error));
}

bool
command_ask_read(struct app *a, struct span body, struct json_doc *doc)
{
	size_t offset;

	if (json_check(body, &offset) == ST_OK &&
	    json_doc_parse(doc, body, a->u.status.tok,
		APP_STATUS_TOKEN_MAX_COUNT) == ST_OK)
		return true;
	app_say("the daemon's answer cannot be read: ",
	    "is it another version?", "");
	return false;
}
