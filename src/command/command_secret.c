/* SPDX-License-Identifier: MIT */
/*
 * secret set, delete, list: by the daemon where one has the state directory,
 * else by ourselves.  A value comes from standard input only: never from
 * an argument or the environment, where other processes could read it.
 */
#include <errno.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "app/app_secret.h"
#include "base/ticks.h"
#include "command/command.h"
#include "command/command_hold.h"

/* ---- reading a value ---------------------------------------------------- */

/* All of standard input, at most what `b` takes.  A terminal gives one line,
 * which its key to interrupt ends, too. */
static enum st
read_input(struct buf *b, const struct termios *terminal)
{
	while (b->n < b->cap) {
		ssize_t n = read(STDIN_FILENO, b->p + b->n, b->cap - b->n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ST_IO;
		if (n == 0)
			return ST_OK;
		b->n += (size_t)n;
		if (terminal != NULL &&
		    (b->p[b->n - 1] == '\n' ||
			b->p[b->n - 1] == terminal->c_cc[VINTR]))
			return ST_OK;
	}
	return ST_FULL;
}

static enum st
read_hidden(struct buf *b)
{
	struct termios before, quiet;
	enum st st;

	if (tcgetattr(STDIN_FILENO, &before) != 0)
		return read_input(b, NULL);
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ISIG);
	/* Ctrl-C ends the line: killed, we would leave the echo off. */
	quiet.c_cc[VEOL] = before.c_cc[VINTR];
	app_say("enter the secret (it is not shown), then Enter:", "", "");
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) != 0)
		return ST_IO;
	st = read_input(b, &before);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	if (st == ST_OK && b->n != 0 && b->p[b->n - 1] == before.c_cc[VINTR])
		buf_reset(b); /* an empty secret is refused */
	return st;
}

/* Without the line end that `echo` and a terminal add. */
static struct span
without_line_end(struct span value)
{
	if (value.n != 0 && value.p[value.n - 1] == '\n')
		value.n--;
	if (value.n != 0 && value.p[value.n - 1] == '\r')
		value.n--;
	return value;
}

/* ---- who does it -------------------------------------------------------- */

static struct app_actor
ourselves(void)
{
	return (struct app_actor){ getuid(), SPAN_NONE, "command" };
}

/* "/v1/secrets/SCOPE/FIELD" */
static const char *
make_target(const struct app *a, struct buf *b)
{
	buf_put_str(b, "/v1/secrets/");
	buf_put_percent(b, span_str(a->options.argv[1]));
	buf_put_byte(b, '/');
	buf_put_percent(b, span_str(a->options.argv[2]));
	return buf_str(b);
}

/* ---- set ---------------------------------------------------------------- */

struct entry {
	struct span value;
	const char *day; /* NULL: not known */
	int64_t expires;
};

static int
say_stored(const struct entry *entry)
{
	app_say("stored: it will be used at the next login",
	    entry->expires == 0 ? "; without --expires nobody is warned "
				  "before it expires" :
				  "",
	    "");
	return EXIT_DONE;
}

/* By the daemon: the value goes in the body, over a Unix socket. */
static int
send_secret(struct app *a, const struct entry *entry)
{
	/* Each character may need a backslash. */
	uint8_t bytes[2 * APP_CLIENT_SECRET_MAX_BYTES + 128], path[512];
	struct buf body = BUF_OVER(bytes), target = BUF_OVER(path);
	struct json_out o = { &body, false };
	struct command_ask ask = { .method = "PUT" };
	int code;

	json_put_open(&o, '{');
	json_put_key(&o, "value");
	json_put_string(&o, entry->value);
	if (entry->day != NULL) {
		json_put_key(&o, "expires");
		json_put_string(&o, span_str(entry->day));
	}
	json_put_close(&o, '}');
	ask.target = make_target(a, &target);
	ask.body = span_of(&body);
	code = command_ask(a, "secret set", &ask);
	wipe(bytes, sizeof bytes);
	return code;
}

/* By ourselves, with the state locked. */
static int
store_secret(struct app *a, const struct entry *entry)
{
	struct app_actor actor = ourselves();
	struct buf pem = BUF_OVER(a->u.ca_file);
	uint8_t text[PATH_MAX_BYTES + 128];
	struct buf wrong = BUF_OVER(text);
	struct app_refusal why;
	int code = app_load_config(a);

	if (code != EXIT_DONE)
		return code;
	if (!app_read_ca(a, a->config, &pem, &wrong)) {
		app_say("network.ca_file: ", buf_str(&wrong), "");
		return EXIT_SETTING;
	}
	app_set_route(a, span_of(&pem));
	if (app_secret_set(a, &actor, span_str(a->options.argv[1]),
		span_str(a->options.argv[2]), entry->value, entry->expires,
		&why) == 200)
		return EXIT_DONE;
	return command_refuse("the secret was not stored", &why);
}

static int
set_value(struct app *a, const struct entry *entry)
{
	const char *wrong = app_secret_wrong(entry->value);
	int code;

	if (wrong != NULL) {
		app_say("secret set: ", wrong, "");
		return EXIT_SETTING;
	}
	code = command_hold(a, true);
	if (code == EXIT_DONE)
		code = store_secret(a, entry);
	else if (code == COMMAND_DAEMON)
		code = command_asked(a, send_secret(a, entry));
	return code == EXIT_DONE ? say_stored(entry) : code;
}

static bool
is_set_usage(const struct options *o)
{
	if (o->argc == 3 ||
	    (o->argc == 5 && strcmp(o->argv[3], "--expires") == 0))
		return true;
	app_say("usage: ",
	    "wf-sentinel secret set NAME client_secret "
	    "[--expires YYYY-MM-DD]",
	    " (the value from standard input)");
	return false;
}

static int
set(struct app *a)
{
	/* One byte more than is allowed, so that "too long" is noticed. */
	uint8_t bytes[APP_CLIENT_SECRET_MAX_BYTES + 3];
	struct buf b = BUF_OVER(bytes);
	struct entry entry = { SPAN_NONE, NULL, 0 };
	int code = EXIT_SETTING;

	if (!is_set_usage(&a->options))
		return EXIT_USAGE;
	if (a->options.argc == 5)
		entry.day = a->options.argv[4];
	if (entry.day != NULL &&
	    app_secret_expiry(span_str(entry.day), &entry.expires) != ST_OK) {
		app_say(
		    "secret set: ", "--expires takes a date as YYYY-MM-DD", "");
		return EXIT_USAGE;
	}
	if (read_hidden(&b) == ST_IO)
		app_say("secret set: ", "standard input cannot be read", "");
	else {
		entry.value = without_line_end(span_of(&b));
		code = set_value(a, &entry);
	}
	wipe(bytes, sizeof bytes);
	return code;
}

/* ---- delete ------------------------------------------------------------- */

static int delete (struct app *a)
{
	uint8_t path[512];
	struct buf target = BUF_OVER(path);
	struct command_ask ask = { .method = "DELETE" };
	struct app_actor actor = ourselves();
	struct app_refusal why;
	int code;

	if (a->options.argc != 3) {
		app_say("usage: ", "wf-sentinel secret delete SCOPE FIELD", "");
		return EXIT_USAGE;
	}
	code = command_hold(a, false);
	if (code == COMMAND_DAEMON) {
		ask.target = make_target(a, &target);
		return command_asked(a, command_ask(a, "secret delete", &ask));
	}
	if (code != EXIT_DONE ||
	    app_secret_delete(a, &actor, span_str(a->options.argv[1]),
		span_str(a->options.argv[2]), &why) == 200)
		return code;
	return command_refuse("secret delete", &why);
}

/* ---- list --------------------------------------------------------------- */

static void
put_day(struct buf *b, int64_t ticks)
{
	size_t start = b->n;

	if (ticks == 0) {
		buf_put_str(b, "-         ");
		return;
	}
	ticks_write(b, ticks);
	buf_rewind(b, start + 10);
}

static bool
print_entry(void *ctx, const struct vault_entry *entry)
{
	uint8_t text[256];
	struct buf b = BUF_OVER(text);
	int *code = ctx;

	buf_put_str(&b, entry->scope);
	buf_put_byte(&b, '\t');
	buf_put_str(&b, entry->field);
	buf_put_str(&b, "\tset ");
	put_day(&b, entry->set_at);
	buf_put_str(&b, "\texpires ");
	put_day(&b, entry->expires_at);
	buf_put_str(&b,
	    entry->state == ST_OK ? "\n" :
				    "\tcannot be opened: enter it again\n");
	*code = app_print(span_of(&b));
	return *code == EXIT_DONE;
}

/* A row of the daemon's answer, as one that we would have read. */
static void
take_entry(const struct json_doc *doc, int row, struct vault_entry *entry)
{
	entry->state = span_eq(json_string(doc, json_member(doc, row, "state")),
			   SPAN_LIT("ok")) ?
	    ST_OK :
	    ST_CORRUPT;
	if (span_to_str(json_string(doc, json_member(doc, row, "scope")),
		entry->scope, sizeof entry->scope) != ST_OK ||
	    span_to_str(json_string(doc, json_member(doc, row, "field")),
		entry->field, sizeof entry->field) != ST_OK)
		entry->state = ST_CORRUPT;
	if (ticks_parse(json_string(doc, json_member(doc, row, "set_at")),
		&entry->set_at) != ST_OK)
		entry->set_at = 0;
	if (ticks_parse(json_string(doc, json_member(doc, row, "expires")),
		&entry->expires_at) != ST_OK)
		entry->expires_at = 0;
}

static int
print_answer(struct app *a, struct span body)
{
	struct json_doc doc;
	int code = EXIT_DONE;

	if (!command_ask_read(a, body, &doc))
		return EXIT_REPLY;
	for (int row = json_first(&doc, json_member(&doc, 0, "secrets"));
	     row >= 0 && code == EXIT_DONE; row = json_next(&doc, row)) {
		struct vault_entry entry;

		take_entry(&doc, row, &entry);
		(void)print_entry(&code, &entry);
	}
	return code;
}

static int
list(struct app *a)
{
	struct buf body = BUF_OVER(a->u.status.body);
	struct command_ask ask = { .method = "GET",
		.target = "/v1/secrets",
		.take = command_ask_append,
		.ctx = &body };
	struct app_refusal why;
	int code;

	if (a->options.argc != 1) {
		app_say("usage: ", "wf-sentinel secret list", "");
		return EXIT_USAGE;
	}
	code = command_hold(a, false);
	if (code == COMMAND_DAEMON) {
		code = command_asked(a, command_ask(a, "secret list", &ask));
		return code == EXIT_DONE ? print_answer(a, span_of(&body)) :
					   code;
	}
	if (code != EXIT_DONE)
		return code;
	if (app_secret_vault(a, &why) != 200)
		return command_refuse("the secrets cannot be listed", &why);
	if (vault_list(&a->vault, print_entry, &code) != ST_OK) {
		app_say("the secrets cannot be listed: ", a->vault.why, "");
		return EXIT_IO;
	}
	return code;
}

int
command_secret(struct app *a)
{
	const char *verb = a->options.argc > 0 ? a->options.argv[0] : "";

	if (strcmp(verb, "delete") == 0)
		return delete (a);
	if (strcmp(verb, "list") == 0)
		return list(a);
	if (strcmp(verb, "set") == 0)
		return set(a);
	app_say("usage: ", "wf-sentinel secret set|delete|list", "");
	return EXIT_USAGE;
}
