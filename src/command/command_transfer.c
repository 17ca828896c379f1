/* SPDX-License-Identifier: MIT */
/*
 * export, import: by the daemon where one has the state directory, else by
 * ourselves.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "app/app_transfer.h"
#include "command/command.h"
#include "command/command_hold.h"
#include "platform/file.h"

static int
usage(const char *name)
{
	app_say("usage: wf-sentinel ", name, " FILE");
	return EXIT_USAGE;
}

/* ---- export ------------------------------------------------------------- */

static int
ask_export(struct app *a)
{
	struct buf text = BUF_OVER(a->edit.text);
	struct command_ask ask = { .method = "GET",
		.target = "/v1/export",
		.take = command_ask_append,
		.ctx = &text };
	int code = command_asked(a, command_ask(a, "export", &ask));

	a->edit.text_n = text.n;
	return code;
}

static int
make_export(struct app *a)
{
	struct app_refusal why;
	int code = app_load_config(a);

	if (code == EXIT_DONE)
		code = app_open_store(a);
	if (code != EXIT_DONE)
		return code;
	if (app_export(a, &why) != 200)
		code = command_refuse("export", &why);
	store_close(&a->store);
	return code;
}

int
command_export(struct app *a)
{
	const char *path = a->options.argc == 1 ? a->options.argv[0] : "";
	int code;

	if (path[0] == '\0' || path[0] == '-')
		return usage("export");
	code = command_hold(a, false);
	if (code == COMMAND_DAEMON)
		code = ask_export(a);
	else if (code == EXIT_DONE)
		code = make_export(a);
	if (code != EXIT_DONE)
		return code;
	/* It names tenants and filters: nobody else's business. */
	if (file_replace(path, (struct span){ a->edit.text, a->edit.text_n },
		0600) == ST_OK)
		return EXIT_DONE;
	command_say_unmade(path);
	return EXIT_CREATE;
}

/* ---- import ------------------------------------------------------------- */

static void
report_fault(void *ctx, const struct config_fault *fault)
{
	const char *path = ctx;
	uint8_t text[PATH_MAX_BYTES + 512];
	struct buf line = BUF_OVER(text);

	config_fault_write(&line, path, fault);
	buf_put_byte(&line, '\n');
	if (file_write_all(STDERR_FILENO, span_of(&line)) != ST_OK)
		return;
}

/* Every fault with its place. */
static void
list_faults(struct app *a)
{
	if (app_edit_faults(a, report_fault, a->options.argv[0]) == ST_OK)
		return;
}

static int
send_import(struct app *a, struct span document)
{
	struct command_ask ask = {
		.method = "POST", .target = "/v1/import", .body = document
	};
	struct app_refusal why;
	int code = command_ask(a, "import", &ask);

	/* The daemon's list may be long: it is made here, where we can see the
	 * same as the daemon does. */
	if (ask.status == 422 && app_import_take(a, document, &why) == 200 &&
	    app_edit_check(a, &why) != 200) {
		if (why.has_faults)
			list_faults(a);
		return command_refuse("import", &why);
	}
	return command_asked(a, code);
}

static int
do_import(struct app *a, struct span document)
{
	struct app_actor actor = { getuid(), SPAN_NONE, "command" };
	char etag[CONTROL_ETAG_MAX_BYTES];
	struct app_refusal why;

	if (app_import_take(a, document, &why) == 200 &&
	    app_import(a, &actor, etag, &why) == 200)
		return EXIT_DONE;
	if (why.has_faults)
		list_faults(a);
	return command_refuse("import", &why);
}

int
command_import(struct app *a)
{
	const char *path = a->options.argc == 1 ? a->options.argv[0] : "";
	/* Not before the sockets were looked for, in the same memory. */
	struct buf text = { a->u.record, 0, CONTROL_BODY_MAX_BYTES, false };
	int held;
	enum st st;

	if (path[0] == '\0' || path[0] == '-')
		return usage("import");
	held = command_hold(a, true);
	st = file_load(path, &text);
	if (st != ST_OK) {
		app_say(path, ": cannot be read: ",
		    st == ST_FULL          ? "it is longer than 64 KiB" :
			st == ST_NOT_FOUND ? "there is no such file" :
					     strerror(errno));
		return st == ST_FULL ? EXIT_REPLY : EXIT_IO;
	}
	if (held == COMMAND_DAEMON)
		held = send_import(a, span_of(&text));
	else if (held == EXIT_DONE)
		held = do_import(a, span_of(&text));
	if (held == EXIT_DONE)
		app_say("imported: ", "enter the secrets that are required: ",
		    "'wf-sentinel status' names them");
	return held;
}
