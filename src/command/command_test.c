/* SPDX-License-Identifier: MIT */
/*
 * test: Test Connection, for people and as JSON.  The daemon does it, or we do
 * it ourselves; either way it is the contract's JSON that comes here part by
 * part, and each check is shown when it is finished.
 */
#include <string.h>
#include <unistd.h>

#include "command/command.h"
#include "command/command_hold.h"
#include "command/command_table.h"

enum {
	W_ROOT,
	W_CONNECTOR,
	W_RESULT,
	W_CHECKS,
	W_CHECK,
};

static const struct json_want WANTS[] = {
	[W_ROOT] = { NULL, 0, JSON_OBJECT, 0 },
	[W_CONNECTOR] = { "connector", W_ROOT, JSON_STRING | JSON_EMIT, 64 },
	[W_RESULT] = { "result", W_ROOT, JSON_STRING | JSON_EMIT, 16 },
	[W_CHECKS] = { "checks", W_ROOT, JSON_ARRAY, 0 },
	[W_CHECK] = { "*", W_CHECKS, JSON_OBJECT | JSON_EMIT, 0 },
	{ "check", W_CHECK, JSON_STRING, 32 },
	{ "result", W_CHECK, JSON_STRING, 16 },
	{ "message", W_CHECK, JSON_STRING, 2 * DIAGNOSIS_MESSAGE_MAX_BYTES },
	{ "setting", W_CHECK, JSON_STRING, 64 },
	{ "elapsed_ms", W_CHECK, JSON_NUMBER, 20 },
	{ "code", W_CHECK, JSON_STRING, DIAGNOSIS_CODE_MAX_BYTES },
	{ "trace_id", W_CHECK, JSON_STRING, DIAGNOSIS_ID_MAX_BYTES },
	{ "correlation_id", W_CHECK, JSON_STRING, DIAGNOSIS_ID_MAX_BYTES },
};

static const struct {
	const char *result, *mark;
} MARKS[] = {
	{ "skipped", "-" }, { "passed", "\xe2\x9c\x93" }, /* U+2713 */
	{ "warning", "!" }, { "failed", "\xe2\x9c\x97" }, /* U+2717 */
};

#define CHECK_TOKEN_COUNT 32

/* With it a GUID fits 40 columns. */
#define GUIDANCE_INDENT 4

struct shown {
	bool as_json;
	int code;                /* of what could not be shown */
	struct diagnosis failed; /* the first failure */
	struct json_project project;
	struct command_table table;
	uint8_t element[4096];
};

/* ---- one check ---------------------------------------------------------- */

static void
put_member(struct buf *b, const struct json_doc *doc, const char *label,
    const char *name)
{
	struct span text = json_string(doc, json_member(doc, 0, name));

	if (text.n == 0)
		return;
	buf_put_str(b, label);
	app_put_column(b, text, DIAGNOSIS_ID_MAX_BYTES);
	app_trim(b);
}

/* On a narrow terminal the id has a line of its own. */
static void
put_id(const struct shown *s, struct buf *b, const struct json_doc *doc,
    const char *label, const char *name)
{
	uint8_t text[256];
	struct buf line = BUF_OVER(text);

	put_member(&line, doc, label, name);
	command_table_wrap(&s->table, b, GUIDANCE_INDENT, span_of(&line));
}

/* What is wrong, what to do, and which setting to correct. */
static void
put_guidance(const struct shown *s, struct buf *b, const struct json_doc *doc)
{
	uint8_t text[256];
	struct buf setting = BUF_OVER(text);

	command_table_wrap(&s->table, b, GUIDANCE_INDENT,
	    json_string(doc, json_member(doc, 0, "message")));
	put_member(&setting, doc, "setting: ", "setting");
	put_member(&setting, doc, ", code: ", "code");
	command_table_wrap(&s->table, b, GUIDANCE_INDENT, span_of(&setting));
	put_id(s, b, doc, "trace id: ", "trace_id");
	put_id(s, b, doc, "correlation id: ", "correlation_id");
}

static void
put_check(const struct shown *s, struct buf *b, const struct json_doc *doc)
{
	struct span result = json_string(doc, json_member(doc, 0, "result"));
	bool is_skipped = span_eq(result, SPAN_LIT("skipped"));

	buf_put_str(b, "  ");
	for (size_t i = 0; i < sizeof MARKS / sizeof MARKS[0]; i++)
		if (span_eq(result, span_str(MARKS[i].result)))
			buf_put_str(b, MARKS[i].mark);
	put_member(b, doc, " ", "check");
	buf_put_str(b, ": ");
	command_table_word(&s->table, b, result);
	if (!is_skipped) {
		buf_put_str(b, " (");
		buf_put(b, json_raw(doc, json_member(doc, 0, "elapsed_ms")));
		buf_put_str(b, " ms)");
	}
	buf_put_byte(b, '\n');
	if (!is_skipped && !span_eq(result, SPAN_LIT("passed")))
		put_guidance(s, b, doc);
}

/* For the exit code and the last line on stderr. */
static void
note_failure(struct shown *s, const struct json_doc *doc)
{
	uint8_t text[DIAGNOSIS_MESSAGE_MAX_BYTES];
	struct buf message = BUF_OVER(text);

	if (diagnosis_is_set(&s->failed) ||
	    !span_eq(json_string(doc, json_member(doc, 0, "result")),
		SPAN_LIT("failed")))
		return;
	diagnosis_set(&s->failed, json_string(doc, json_member(doc, 0, "code")),
	    SPAN_NONE);
	/* With what the service said, where that fits. */
	json_decode(&message, json_string(doc, json_member(doc, 0, "message")));
	if (buf_str(&message)[0] != '\0')
		memcpy(s->failed.message, text, message.n + 1);
}

/* ---- the result --------------------------------------------------------- */

static enum st
show_element(void *ctx, const struct json_element *element)
{
	struct shown *s = ctx;
	jsmntok_t tok[CHECK_TOKEN_COUNT];
	uint8_t text[4096];
	struct buf b = BUF_OVER(text);
	struct json_doc doc;
	enum st st = json_doc_parse(
	    &doc, element->text, tok, CHECK_TOKEN_COUNT);

	if (st != ST_OK)
		return st;
	if (element->want == W_CHECK) {
		note_failure(s, &doc);
		put_check(s, &b, &doc);
	} else if (element->want == W_CONNECTOR) {
		app_put_column(&b, json_string(&doc, 0), CONFIG_NAME_MAX_BYTES);
		app_trim(&b);
		buf_put_str(&b, ":\n");
	} else {
		buf_put_str(&b, "  result: ");
		command_table_word(&s->table, &b, json_string(&doc, 0));
		buf_put_byte(&b, '\n');
	}
	if (!s->as_json)
		s->code = app_print(span_of(&b));
	return s->code == EXIT_DONE ? ST_OK : ST_IO;
}

static void
begin(struct shown *s, bool as_json)
{
	memset(s, 0, sizeof *s);
	s->as_json = as_json;
	diagnosis_clear(&s->failed);
	command_table_begin(&s->table, NULL, 0);
	json_project_init(&s->project, WANTS, sizeof WANTS / sizeof WANTS[0],
	    BUF_OVER(s->element), show_element, s);
}

static bool
take(void *ctx, struct span piece)
{
	struct shown *s = ctx;

	if (json_project_push(&s->project, piece) != ST_OK) {
		if (s->code == EXIT_DONE)
			s->code = EXIT_REPLY;
	} else if (s->as_json)
		s->code = app_print(piece);
	return s->code == EXIT_DONE;
}

static int
finish(struct shown *s, const char *name)
{
	if (s->code == EXIT_DONE && json_project_finish(&s->project) != ST_OK)
		s->code = EXIT_REPLY;
	if (s->code == EXIT_REPLY)
		app_say("test: ", "the daemon's answer cannot be read: ",
		    "is it another version?");
	if (!diagnosis_is_set(&s->failed))
		return s->code;
	app_say_diagnosis(name, &s->failed, "the checks above");
	return s->code > s->failed.exit_code ? s->code : s->failed.exit_code;
}

/* ---- who does it -------------------------------------------------------- */

static int
ask_daemon(struct app *a, const char *name, bool as_json)
{
	struct shown s;
	uint8_t text[3 * CONTROL_ARG_MAX_BYTES + 64];
	struct buf target = BUF_OVER(text);
	struct command_ask ask = { .method = "POST",
		.wait_ms = APP_TEST_WAIT_MS,
		.take = take,
		.ctx = &s };
	int code;

	begin(&s, as_json);
	buf_put_str(&target, "/v1/connectors/");
	buf_put_percent(&target, span_str(name));
	buf_put_str(&target, "/test");
	ask.target = buf_str(&target);
	code = command_ask(a, "test", &ask);
	return code == EXIT_DONE ? finish(&s, name) : code;
}

static int
test_here(struct app *a, const struct config_connector *connector,
    const char *name, bool as_json)
{
	struct shown s;
	uint64_t written = 0;
	bool is_done;

	begin(&s, as_json);
	app_test_start(a, connector, 0);
	do {
		struct watch_list nothing = { .n = 0 };
		uint8_t text[4096];
		struct buf b = BUF_OVER(text);

		is_done = !app_test_is_running(a);
		while (sentinel_check_write(&a->test.check, &written, &b)) {
			if (!take(&s, span_of(&b)))
				return s.code;
			buf_reset(&b);
		}
		if (!is_done &&
		    http_wait(&a->http, APP_WAIT_MS, &nothing) != ST_OK)
			return EXIT_TEMPORARY;
		app_test_step(a);
	} while (!is_done);
	return finish(&s, name);
}

/* Each connector, or the one of this name.  `here`: there is no daemon. */
static int
test_configured(struct app *a, const char *name, bool as_json, bool here)
{
	int worst = EXIT_DONE;
	bool found = false;

	for (size_t i = 0; i < a->config->connector_count; i++) {
		const struct config_connector *connector = &a->config
								->connector[i];
		char each[CONFIG_NAME_MAX_BYTES + 1];
		int code;

		if (span_to_str(connector->name, each, sizeof each) != ST_OK ||
		    (name != NULL && strcmp(name, each) != 0))
			continue;
		found = true;
		code = here ? test_here(a, connector, each, as_json) :
			      ask_daemon(a, each, as_json);
		if (code == COMMAND_NOBODY)
			return code;
		if (code > worst)
			worst = code;
	}
	if (found)
		return worst;
	if (name != NULL)
		app_say("test: no such connector: ", name, "");
	else
		app_say("test: no connector is configured: ",
		    "add one to 'connectors'", "");
	return name != NULL ? EXIT_USAGE : EXIT_SETTING;
}

static bool
take_arguments(const struct options *o, const char **name, bool *as_json)
{
	*name = NULL;
	*as_json = false;
	for (int i = 0; i < o->argc; i++) {
		const char *arg = o->argv[i];

		if (strcmp(arg, "--json") == 0)
			*as_json = true;
		else if (arg[0] != '-' && *name == NULL)
			*name = arg;
		else {
			app_say("test: unknown argument: ", arg, "");
			return false;
		}
	}
	return true;
}

/* The daemon may know a connector, and a configuration, that the file has not
 * any more. */
static int
test_there(struct app *a, const char *name, bool as_json)
{
	int code;

	if (name != NULL)
		return ask_daemon(a, name, as_json);
	code = app_load_config(a);
	return code == EXIT_DONE ? test_configured(a, NULL, as_json, false) :
				   code;
}

int
command_test(struct app *a)
{
	const char *name;
	bool as_json;
	int code;

	if (!take_arguments(&a->options, &name, &as_json))
		return EXIT_USAGE;
	code = command_hold(a, false);
	if (code == COMMAND_DAEMON)
		return command_asked(a, test_there(a, name, as_json));
	if (code == EXIT_DONE)
		code = app_load_config(a);
	if (code == EXIT_DONE)
		code = app_enter_sandbox(a, true);
	if (code == EXIT_DONE)
		code = app_open_network(a);
	if (code != EXIT_DONE)
		return code;
	code = test_configured(a, name, as_json, true);
	app_close_network(a);
	return code;
}
