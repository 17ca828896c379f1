/* SPDX-License-Identifier: MIT */
/* test: Test Connection, for people and as JSON. */
#include <string.h>
#include <unistd.h>

#include "command/command.h"

static const char *const MARK[] = {
	[SENTINEL_SKIPPED] = "-",
	[SENTINEL_PASSED] = "\xe2\x9c\x93", /* U+2713 */
	[SENTINEL_WARNING] = "!",
	[SENTINEL_FAILED] = "\xe2\x9c\x97", /* U+2717 */
};

static void
put_id(struct buf *b, const char *label, const char *id)
{
	if (id[0] == '\0')
		return;
	buf_put_str(b, label);
	buf_put_str(b, id);
}

static void
put_check(struct buf *b, const struct sentinel_check *check, size_t i)
{
	const struct sentinel_check_result *result = &check->result[i];

	buf_put_str(b, "  ");
	buf_put_str(b, MARK[result->verdict]);
	buf_put_byte(b, ' ');
	buf_put_str(b, sentinel_check_text((enum sentinel_check_name)i));
	buf_put_str(b, ": ");
	buf_put_str(b, sentinel_verdict_text(result->verdict));
	if (result->verdict != SENTINEL_SKIPPED) {
		buf_put_str(b, " (");
		buf_put_i64(b, result->elapsed_ms);
		buf_put_str(b, " ms)");
	}
	buf_put_byte(b, '\n');
	if (result->verdict == SENTINEL_WARNING ||
	    result->verdict == SENTINEL_FAILED) {
		buf_put_str(b, "      ");
		buf_put_str(b, result->diagnosis.message);
		buf_put_str(b, "\n      setting: ");
		buf_put_str(b, result->diagnosis.setting);
		buf_put_str(b, ", code: ");
		buf_put_str(b, result->diagnosis.code);
		put_id(b, "\n      trace id: ", result->diagnosis.trace_id);
		put_id(b, "\n      correlation id: ",
		    result->diagnosis.correlation_id);
		buf_put_byte(b, '\n');
	}
}

static int
print_result(const struct sentinel_check *check, bool as_json)
{
	uint8_t text[4096];
	struct buf b = BUF_OVER(text);
	struct json_out out = { &b, false };

	if (as_json) {
		sentinel_check_write(check, &out);
		buf_put_byte(&b, '\n');
		return app_print(span_of(&b));
	}
	buf_put(&b, check->connector->name);
	buf_put_str(&b, ": ");
	buf_put_str(&b, sentinel_verdict_text(sentinel_check_verdict(check)));
	buf_put_byte(&b, '\n');
	for (size_t i = 0; i < SENTINEL_CHECK_COUNT; i++)
		put_check(&b, check, i);
	return app_print(span_of(&b));
}

static void
say_failure(const struct sentinel_check *check, const char *name)
{
	for (size_t i = 0; i < SENTINEL_CHECK_COUNT; i++)
		if (check->result[i].verdict == SENTINEL_FAILED) {
			app_say_diagnosis(name, &check->result[i].diagnosis,
			    "the checks above");
			return;
		}
}

static int
test_one(struct app *a, size_t i, bool as_json)
{
	const struct config_connector *connector = &a->config->connector[i];
	struct sentinel_check *check = &a->u.check;
	char name[64];
	struct watch_list nothing = { .n = 0 };
	int code, printed;

	sentinel_check_start(check, &a->auth, &a->sentinel, connector,
	    &a->relay.connector[i].token);
	while (!sentinel_check_is_done(check))
		if (http_wait(&a->http, APP_WAIT_MS, &nothing) != ST_OK)
			return EXIT_TEMPORARY;
	printed = print_result(check, as_json);
	if (span_to_str(connector->name, name, sizeof name) == ST_OK)
		say_failure(check, name);
	code = sentinel_check_exit_code(check);
	return code > printed ? code : printed;
}

static int
test_named(struct app *a, const char *name, bool as_json)
{
	int worst = EXIT_DONE;
	bool found = false;

	for (size_t i = 0; i < a->config->connector_count; i++) {
		int code;

		if (name != NULL &&
		    !span_eq(span_str(name), a->config->connector[i].name))
			continue;
		found = true;
		code = test_one(a, i, as_json);
		if (code > worst)
			worst = code;
	}
	if (!found) {
		if (name != NULL)
			app_say("test: no such connector: ", name, "");
		else
			app_say("test: no connector is configured: ",
			    "add one to 'connectors'", "");
		return name != NULL ? EXIT_USAGE : EXIT_SETTING;
	}
	return worst;
}

int
command_test(struct app *a)
{
	const char *name = NULL;
	bool as_json = false;
	int code;

	for (int i = 0; i < a->options.argc; i++) {
		const char *arg = a->options.argv[i];

		if (strcmp(arg, "--json") == 0)
			as_json = true;
		else if (arg[0] != '-' && name == NULL)
			name = arg;
		else {
			app_say("test: unknown argument: ", arg, "");
			return EXIT_USAGE;
		}
	}
	code = app_load_config(a);
	if (code == EXIT_DONE)
		code = app_enter_sandbox(a, true);
	if (code == EXIT_DONE)
		code = app_open_network(a);
	if (code != EXIT_DONE)
		return code;
	code = test_named(a, name, as_json);
	app_close_network(a);
	return code;
}
