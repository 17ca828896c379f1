/* SPDX-License-Identifier: MIT */
/*
 * status: what the daemon says of itself, as tables or as JSON.
 */
#include <string.h>

#include "base/ticks.h"
#include "command/command.h"
#include "command/command_ask.h"
#include "command/command_table.h"
#include "control/control_client.h"

struct list {
	const char *name; /* of the list in the answer */
	const struct command_column *columns;
	const char *const *members;
	size_t count;
};

static const struct command_column CONNECTOR_COLUMNS[] = {
	{ .head = "CONNECTOR", .width = 32, .least = 10 },
	{ .head = "STATE", .width = 15, .least = 15, .is_word = true },
	{ .head = "LAST POLL (UTC)", .width = 19, .least = 19, .drop = 1 },
	{ .head = "INCIDENTS", .width = 9, .least = 9, .drop = 3 },
	{ .head = "PENDING", .width = 7, .least = 7, .drop = 2 },
};

static const char *const CONNECTOR_MEMBERS[] = { "name", "state", "last_poll",
	"incidents_known", "pending_enrichment" };

static const struct command_column SINK_COLUMNS[] = {
	{ .head = "SINK", .width = 32, .least = 10 },
	{ .head = "STATE", .width = 15, .least = 15, .is_word = true },
	{ .head = "DELIVERED", .width = 19, .least = 9, .drop = 1 },
	{ .head = "BACKLOG", .width = 9, .least = 7, .drop = 2 },
};

static const char *const SINK_MEMBERS[] = { "name", "state", "delivered",
	"backlog" };

static const struct list LISTS[] = {
	{ "connectors", CONNECTOR_COLUMNS, CONNECTOR_MEMBERS,
	    sizeof CONNECTOR_COLUMNS / sizeof CONNECTOR_COLUMNS[0] },
	{ "sinks", SINK_COLUMNS, SINK_MEMBERS,
	    sizeof SINK_COLUMNS / sizeof SINK_COLUMNS[0] },
};

/* ---- what stands under a row -------------------------------------------- */

/* "  ! " and a sentence, then the setting to correct. */
static void
put_warning(const struct command_table *t, struct buf *b, struct span sentence,
    struct span setting)
{
	size_t start = b->n;

	command_table_wrap(t, b, 4, sentence);
	if (b->n > start + 2)
		b->p[start + 2] = '!';
	buf_put_str(b, "    setting: ");
	app_put_column(b, setting, 40);
	command_table_end(b);
}

static void
put_expiry(const struct command_table *t, struct buf *b,
    const struct json_doc *doc, int row)
{
	struct span expires = json_string(
	    doc, json_member(doc, row, "secret_expires"));
	uint8_t text[128];
	struct buf sentence = BUF_OVER(text);
	int64_t ticks;

	if (ticks_parse(expires, &ticks) != ST_OK || !app_is_expiring(ticks))
		return;
	buf_put_str(&sentence, "The client secret ");
	buf_put_str(&sentence,
	    ticks < clock_wall_ticks(&clock_system) ? "expired on " :
						      "expires on ");
	buf_put(&sentence, span_sub(expires, 0, sizeof "2026-12-31" - 1));
	buf_put_str(&sentence, ": make a new one.");
	put_warning(t, b, span_of(&sentence), SPAN_LIT("client_secret"));
}

/* "enriching: 300 done, 700 left, about 12 min" */
static void
put_progress(const struct command_table *t, struct buf *b,
    const struct json_doc *doc, int progress)
{
	uint8_t text[256];
	struct buf line = BUF_OVER(text);
	uint64_t seconds;

	if (json_type(doc, progress) != JSON_OBJECT)
		return;
	buf_put(&line, json_string(doc, json_member(doc, progress, "phase")));
	buf_put_str(&line, " the first look-back: ");
	buf_put(&line, json_raw(doc, json_member(doc, progress, "done")));
	buf_put_str(&line, " done");
	if (!span_eq(json_raw(doc, json_member(doc, progress, "left")),
		SPAN_LIT("0"))) {
		buf_put_str(&line, ", ");
		buf_put(
		    &line, json_raw(doc, json_member(doc, progress, "left")));
		buf_put_str(&line, " left");
	}
	if (span_to_u64(
		json_raw(doc, json_member(doc, progress, "seconds_left")),
		&seconds) == ST_OK) {
		buf_put_str(&line, ", about ");
		buf_put_u64(&line, seconds / 60 + 1);
		buf_put_str(&line, " min");
	}
	command_table_wrap(t, b, 4, span_of(&line));
}

static void
put_failure(const struct command_table *t, struct buf *b,
    const struct json_doc *doc, int row)
{
	int error = json_member(doc, row, "last_error");

	put_progress(t, b, doc, json_member(doc, row, "progress"));
	put_expiry(t, b, doc, row);
	if (json_type(doc, error) != 0)
		put_warning(t, b,
		    json_string(doc, json_member(doc, error, "message")),
		    json_string(doc, json_member(doc, error, "setting")));
}

/* ---- tables ------------------------------------------------------------- */

static void
put_row(const struct command_table *t, struct buf *b, const struct list *list,
    const struct json_doc *doc, int row)
{
	for (size_t i = 0; i < list->count; i++) {
		int value = json_member(doc, row, list->members[i]);

		command_table_put(t, b, i,
		    json_type(doc, value) == 0 ? SPAN_LIT("-") :
						 json_raw(doc, value));
	}
	command_table_end(b);
	put_failure(t, b, doc, row);
}

static int
print_list(const struct json_doc *doc, const struct list *list)
{
	uint8_t text[4096];
	struct buf b = BUF_OVER(text);
	struct command_table t;
	int code;

	command_table_begin(&t, list->columns, list->count);
	command_table_head(&t, &b);
	code = app_print(span_of(&b));
	for (int row = json_first(doc, json_member(doc, 0, list->name));
	     row >= 0 && code == EXIT_DONE; row = json_next(doc, row)) {
		buf_reset(&b);
		put_row(&t, &b, list, doc, row);
		code = app_print(span_of(&b));
	}
	return code;
}

/* What the daemon could do, if somebody took it over, beyond its work. */
static void
put_confinement(
    struct command_table *t, struct buf *lines, const struct json_doc *doc)
{
	uint8_t line[256];
	struct buf b = BUF_OVER(line);
	int sandbox = json_member(doc, 0, "sandbox");
	struct span state;

	if (json_type(doc, sandbox) != JSON_OBJECT)
		return;
	state = json_string(doc, json_member(doc, sandbox, "state"));
	if (!span_eq(state, SPAN_LIT("on"))) {
		buf_put_str(&b, "! The sandbox is ");
		buf_put(&b, state);
		buf_put_str(&b,
		    ": other files are in reach (no Landlock in the kernel?)");
		command_table_wrap(t, lines, 0, span_of(&b));
	}
	if (span_eq(
		json_raw(doc, json_member(doc, sandbox, "uid")), SPAN_LIT("0")))
		command_table_wrap(t, lines, 0,
		    SPAN_LIT("! The daemon works as root: give the state "
			     "directory to another user."));
}

/* Its version and how it does. */
static int
print_daemon(const struct json_doc *doc)
{
	uint8_t line[512], text[1024];
	struct buf b = BUF_OVER(line), lines = BUF_OVER(text);
	struct command_table t;

	buf_put_str(&b, "wf-sentinel ");
	buf_put(&b, json_string(doc, json_member(doc, 0, "version")));
	buf_put_str(&b, ", ");
	buf_put(&b, json_string(doc, json_member(doc, 0, "state")));
	buf_put_str(&b, " for ");
	buf_put(&b, json_raw(doc, json_member(doc, 0, "uptime_seconds")));
	buf_put_str(&b, " s, clock off by ");
	buf_put(&b, json_raw(doc, json_member(doc, 0, "clock_skew_seconds")));
	buf_put_str(&b, " s");
	command_table_begin(&t, NULL, 0);
	command_table_wrap(&t, &lines, 0, span_of(&b));
	put_confinement(&t, &lines, doc);
	return app_print(span_of(&lines));
}

static int
print_tables(struct app *a, struct span body)
{
	struct json_doc doc;
	int code;

	if (!command_ask_read(a, body, &doc))
		return EXIT_REPLY;
	code = print_daemon(&doc);
	for (size_t i = 0;
	     i < sizeof LISTS / sizeof LISTS[0] && code == EXIT_DONE; i++) {
		code = app_print(SPAN_LIT("\n"));
		if (code == EXIT_DONE)
			code = print_list(&doc, &LISTS[i]);
	}
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

	as_json = a->options.argc == 1 &&
	    strcmp(a->options.argv[0], "--json") == 0;
	if (a->options.argc > (as_json ? 1 : 0)) {
		app_say("usage: ", "wf-sentinel status [--json]", "");
		return EXIT_USAGE;
	}
	(void)app_find_sockets(a);
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
