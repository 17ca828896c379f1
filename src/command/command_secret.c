/* SPDX-License-Identifier: MIT */
/*
 * secret set, delete, list.  A value comes from standard input only: never from
 * an argument or the environment, where other processes could read it.
 */
#include <errno.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/ticks.h"
#include "command/command.h"
#include "platform/file.h"

/* ---- reading a value ---------------------------------------------------- */

/* All of standard input, at most what `b` takes.  A terminal gives one line. */
static enum st
read_input(struct buf *b, bool is_terminal)
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
		if (is_terminal && b->p[b->n - 1] == '\n')
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
		return read_input(b, false);
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	app_say("enter the secret (it is not shown), then Enter:", "", "");
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) != 0)
		return ST_IO;
	st = read_input(b, true);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
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

/* What Entra could have given: printable ASCII.  NULL, or what is wrong. */
static const char *
refuse_secret(struct span value)
{
	if (value.n == 0)
		return "the value is empty";
	if (value.n > APP_CLIENT_SECRET_MAX_BYTES)
		return "the value is longer than a client secret can be";
	if (uuid_is_text(value))
		return "this is a GUID: enter the secret's Value, not its "
		       "Secret ID";
	for (size_t i = 0; i < value.n; i++)
		if (value.p[i] <= 0x20 || value.p[i] > 0x7e)
			return "the value holds a space or a character that "
			       "no client secret has: copy it again";
	return NULL;
}

/* ---- set ---------------------------------------------------------------- */

/* A day as YYYY-MM-DD (its end), or an RFC 3339 time. */
static enum st
parse_expiry(const char *text, int64_t *expires)
{
	uint8_t full[40];
	struct buf b = BUF_OVER(full);

	buf_put_str(&b, text);
	if (b.n == 10)
		buf_put_str(&b, "T23:59:59Z");
	return b.cut ? ST_MALFORM : ticks_parse(span_of(&b), expires);
}

static int
store_value(struct app *a, const struct vault_name *name, struct span value,
    int64_t expires)
{
	enum st st = vault_set(
	    &a->vault, name, value, clock_wall_ticks(&clock_system), expires);

	if (st == ST_OK) {
		app_say("stored: it will be used at the next login", "", "");
		return EXIT_DONE;
	}
	app_say("the secret was not stored: ", a->vault.why, "");
	return st == ST_IO || st == ST_FULL ? EXIT_IO : EXIT_SETTING;
}

static int
set_secret(struct app *a, const struct vault_name *name, int64_t expires)
{
	/* One byte more than is allowed, so that "too long" is noticed. */
	uint8_t bytes[APP_CLIENT_SECRET_MAX_BYTES + 3];
	struct buf b = BUF_OVER(bytes);
	enum st st = read_hidden(&b);
	struct span value = without_line_end(span_of(&b));
	const char *wrong = st == ST_IO ? "standard input cannot be read" :
					  refuse_secret(value);
	int code = EXIT_SETTING;

	if (wrong != NULL)
		app_say("secret set: ", wrong, "");
	else
		code = store_value(a, name, value, expires);
	wipe(bytes, sizeof bytes);
	return code;
}

/* SCOPE and FIELD to a name; NULL, or what is wrong with them. */
static const char *
find_name(struct app *a, struct buf *binding, struct vault_name *name)
{
	struct span scope = span_str(a->options.argv[1]);
	struct span field = span_str(a->options.argv[2]);
	const struct config_connector *connector = app_connector(a, scope);

	if (!vault_is_field(field))
		return "FIELD is client_secret";
	if (connector == NULL)
		return "no connector of this name is configured";
	if (!span_eq(field, SPAN_LIT("client_secret")))
		return "this version uses client_secret only";
	*name = auth_secret_name(connector, field, binding);
	return NULL;
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
	uint8_t text[AUTH_BINDING_MAX_BYTES];
	struct buf binding = BUF_OVER(text);
	struct vault_name name;
	const char *wrong = NULL;
	int64_t expires = 0;
	int code;

	if (a->options.argc == 5 &&
	    parse_expiry(a->options.argv[4], &expires) != ST_OK)
		wrong = "--expires takes a date as YYYY-MM-DD";
	if (wrong == NULL)
		wrong = find_name(a, &binding, &name);
	if (wrong != NULL) {
		app_say("secret set: ", wrong, "");
		return EXIT_USAGE;
	}
	code = app_make_state(a);
	return code == EXIT_DONE ? set_secret(a, &name, expires) : code;
}

/* ---- delete and list ---------------------------------------------------- */

static int delete (struct app *a)
{
	struct vault_name name;

	if (a->options.argc != 3) {
		app_say("usage: ", "wf-sentinel secret delete SCOPE FIELD", "");
		return EXIT_USAGE;
	}
	name = (struct vault_name){ span_str(a->options.argv[1]),
		span_str(a->options.argv[2]), SPAN_NONE };
	if (!vault_is_scope(name.scope) || !vault_is_field(name.field)) {
		app_say(
		    "secret delete: ", "there is no such SCOPE or FIELD", "");
		return EXIT_USAGE;
	}
	if (vault_delete(&a->vault, &name) == ST_OK)
		return EXIT_DONE;
	app_say("the secret was not deleted: ", a->vault.why, "");
	return EXIT_IO;
}

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

static int
list(struct app *a)
{
	int code = EXIT_DONE;

	if (a->options.argc != 1) {
		app_say("usage: ", "wf-sentinel secret list", "");
		return EXIT_USAGE;
	}
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
	int code = EXIT_DONE;

	if (vault_init(&a->vault, span_str(a->options.state),
		&vault_device_key) != ST_OK) {
		app_say("the state directory's name is too long", "", "");
		return EXIT_SETTING;
	}
	if (strcmp(verb, "delete") == 0)
		return delete (a);
	if (strcmp(verb, "list") == 0)
		return list(a);
	if (strcmp(verb, "set") == 0) {
		if (!is_set_usage(&a->options))
			return EXIT_USAGE;
		code = app_load_config(a);
		return code == EXIT_DONE ? set(a) : code;
	}
	app_say("usage: ", "wf-sentinel secret set|delete|list", "");
	return EXIT_USAGE;
}
