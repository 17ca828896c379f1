/* SPDX-License-Identifier: MIT */
/*
 * status: what the daemon says of itself, as tables or as JSON.
 */
#include <string.h>

#include "base/ticks.h"
#include "control/control_client.h"
#include "command/command.h"

static void
put_member(struct buf *b, const struct json_doc *doc, int object,
    const char *name, size_t width)
{
	int value = json_member(doc, object, name);

	app_put_column(b,
	    json_type(doc, value) == 0 ? SPAN_LIT("-") : json_raw(doc, value),
	    width);
}

/* What is wrong, and the setting to correct, under the row that it is of. */
static void
put_failure(struct buf *b, const struct json_doc *doc, int row)
{
	int error = json_member(doc, row, "last_error");
	struct span expires = json_string(
	    doc, json_member(doc, row, "secret_expires"));
	int64_t ticks;

	buf_put_byte(b, '\n');
	if (ticks_parse(expires, &ticks) == ST_OK && app_is_expiring(ticks)) {
		buf_put_str(b, "  ! The client secret ");
		buf_put_str(b,
		    ticks < clock_wall_ticks(&clock_system) ? "expired on " :
							      "expires on ");
		app_put_column(b, expires, 10);
		app_trim(b);
		buf_put_str(b,
		    ": make a new one.\n    setting: "
		    "client_secret\n");
	}
	if (json_type(doc, error) == 0)
		return;
	buf_put_str(b, "  ! ");
	app_put_column(b, json_string(doc, json_member(doc, error, "message")),
	    DIAGNOSIS_MESSAGE_MAX_BYTES);
	app_trim(b);
	buf_put_str(b, "\n    setting: ");
	app_put_column(
	    b, json_string(doc, json_member(doc, error, "setting")), 40);
	app_trim(b);
	buf_put_byte(b, '\n');
}

struct column {
	const char *head, *member;
	size_t width;
};

static const struct column CONNECTORS[] = {
	{ "CONNECTOR", "name", 16 },
	{ "STATE", "state", 15 },
	{ "LAST POLL (UTC)", "last_poll", 19 },
	{ "INCIDENTS", "incidents_known", 9 },
	{ "PENDING", "pending_enrichment", 7 },
};

static const struct column SINKS[] = {
	{ "SINK", "name", 16 },
	{ "STATE", "state", 15 },
	{ "DELIVERED", "delivered", 19 },
	{ "BACKLOG", "backlog", 9 },
};

static int
print_rows(const struct json_doc *doc, const char *list,
    const struct column *columns, size_t count)
{
	uint8_t text[2048];
	struct buf b = BUF_OVER(text);
	int code;

	for (size_t i = 0; i < count; i++)
		app_put_column(&b, span_str(columns[i].head), columns[i].width);
	app_trim(&b);
	buf_put_byte(&b, '\n');
	code = app_print(span_of(&b));
	for (int row = json_first(doc, json_member(doc, 0, list));
	     row >= 0 && code == EXIT_DONE; row = json_next(doc, row)) {
		buf_reset(&b);
		for (size_t i = 0; i < count; i++)
			put_member(
			    &b, doc, row, columns[i].member, columns[i].width);
		app_trim(&b);
		put_failure(&b, doc, row);
		code = app_print(span_of(&b));
	}
	return code;
}

/* What the daemon could do, if somebody took it over, beyond its work. */
static void
put_confinement(struct buf *b, const struct json_doc *doc)
{
	int sandbox = json_member(doc, 0, "sandbox");
	struct span state;

	if (json_type(doc, sandbox) != JSON_OBJECT)
		return;
	state = json_string(doc, json_member(doc, sandbox, "state"));
	if (!span_eq(state, SPAN_LIT("on"))) {
		buf_put_str(b, "! The sandbox is ");
		buf_put(b, state);
		buf_put_str(b,
		    ": other files are in reach (no Landlock in "
		    "the kernel?)\n");
	}
	if (span_eq(
		json_raw(doc, json_member(doc, sandbox, "uid")), SPAN_LIT("0")))
		buf_put_str(b,
		    "! The daemon works as root: give the state directory "
		    "to another user.\n");
}

static int
print_tables(struct app *a, struct span body)
{
	struct json_doc doc;
	uint8_t text[512];
	struct buf b = BUF_OVER(text);
	size_t offset;
	int code;

	if (json_check(body, &offset) != ST_OK ||
	    json_doc_parse(&doc, body, a->u.status.tok,
		APP_STATUS_TOKEN_MAX_COUNT) != ST_OK) {
		app_say("the daemon's answer cannot be read: ",
		    "is it another version?", "");
		return EXIT_REPLY;
	}
	buf_put_str(&b, "wf-sentinel ");
	buf_put(&b, json_string(&doc, json_member(&doc, 0, "version")));
	buf_put_str(&b, ", ");
	buf_put(&b, json_string(&doc, json_member(&doc, 0, "state")));
	buf_put_str(&b, " for ");
	buf_put(&b, json_raw(&doc, json_member(&doc, 0, "uptime_seconds")));
	buf_put_str(&b, " s, clock off by ");
	buf_put(&b, json_raw(&doc, json_member(&doc, 0, "clock_skew_seconds")));
	buf_put_str(&b, " s\n");
	put_confinement(&b, &doc);
	buf_put_byte(&b, '\n');
	code = app_print(span_of(&b));
	if (code == EXIT_DONE)
		code = print_rows(&doc, "connectors", CONNECTORS,
		    sizeof CONNECTORS / sizeof CONNECTORS[0]);
	if (code == EXIT_DONE)
		code = app_print(SPAN_LIT("\n"));
	if (code == EXIT_DONE)
		code = print_rows(
		    &doc, "sinks", SINKS, sizeof SINKS / sizeof SINKS[0]);
	return code;
}

static int
say_unreachable(const struct app *a, enum st st)
{
	if (st == ST_NOT_FOUND)
		app_say(a->status_path, ": no daemon answers here: ",
		    "start it with 'wf-sentinel run'");
	else
		app_say(a->status_path,
		    ": the daemon cannot be asked: ", st_text(st));
	return EXIT_TEMPORARY;
}

int
command_status(struct app *a)
{
	struct buf body;
	unsigned status;
	bool as_json;
	enum st st;
	int code = app_load_config(a);

	as_json = a->options.argc == 1 &&
	    strcmp(a->options.argv[0], "--json") == 0;
	if (a->options.argc > (as_json ? 1 : 0)) {
		app_say("usage: ", "wf-sentinel status [--json]", "");
		return EXIT_USAGE;
	}
	/* Without a usable configuration the daemon is at the usual place. */
	app_socket_paths(a, code == EXIT_DONE);
	body = BUF_OVER(a->u.status.body);
	st = control_client_get(a->status_path, "/v1/status", &body, &status);
	if (st != ST_OK)
		return say_unreachable(a, st);
	if (status != 200) {
		app_say(a->status_path, ": the daemon is busy: ", "try again");
		return EXIT_TEMPORARY;
	}
	return as_json ? app_print(span_of(&body)) :
			 print_tables(a, span_of(&body));
}
