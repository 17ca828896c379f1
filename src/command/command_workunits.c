/* SPDX-License-Identifier: MIT */
/*
 * workunits: the newest records, from the daemon or straight from the store.
 * The table shows what an operator looks for first; `--json` gives the records
 * as they are.  Only the store is needed: without a usable configuration it is
 * read all the same.
 */
#include <string.h>

#include "command/command.h"
#include "command/command_hold.h"
#include "command/command_record.h"

struct arguments {
	uint64_t limit;
	bool as_json, follow;
};

static void
say_damaged(uint64_t count)
{
	uint8_t digits[24];
	struct buf b = BUF_OVER(digits);

	if (count == 0)
		return;
	buf_put_u64(&b, count);
	app_say("records that are damaged and not shown: ", buf_str(&b), "");
}

/* ---- from the store ----------------------------------------------------- */

static int
print_stored(struct app *a, const struct arguments *args)
{
	struct command_records r;
	struct store_record rec = { .seq = INT64_MAX };
	uint64_t damaged = 0;

	command_records_begin(&r, a, args->as_json);
	for (uint64_t i = 0; r.code == EXIT_DONE && i < args->limit; i++) {
		enum st st;

		buf_reset(&r.record);
		st = store_record_before(&a->store, rec.seq, &rec, &r.record);
		if (st == ST_NOT_FOUND)
			break;
		if (st == ST_CORRUPT && rec.seq != 0) {
			damaged++;
			continue;
		}
		if (st != ST_OK) {
			app_say("the store cannot be read: ", st_text(st), "");
			return EXIT_IO;
		}
		command_records_print(&r, span_of(&r.record));
	}
	command_records_end(&r);
	say_damaged(damaged);
	return r.code;
}

static int
read_store(struct app *a, const struct arguments *args)
{
	int code;

	/* Nothing is written that a quota could be for. */
	if (!app_find_sockets(a))
		a->config->store_max_mib = APP_STORE_MAX_MIB;
	code = app_open_store(a);
	if (code != EXIT_DONE)
		return code;
	code = print_stored(a, args);
	store_close(&a->store);
	return code;
}

/* ---- from the daemon ---------------------------------------------------- */

static int
ask_daemon(struct app *a, const struct arguments *args)
{
	struct command_records r;
	uint8_t text[64];
	struct buf target = BUF_OVER(text);
	struct command_ask ask = {
		.method = "GET", .take = command_records_take, .ctx = &r
	};
	int code;

	command_records_begin(&r, a, args->as_json);
	buf_put_str(&target, "/v1/workunits?limit=");
	buf_put_u64(&target, args->limit);
	ask.target = buf_str(&target);
	code = command_ask(a, "workunits", &ask);
	if (code != EXIT_DONE)
		return code;
	command_records_end(&r);
	if (r.code == EXIT_REPLY)
		app_say("workunits: ", "a record of the daemon is too long",
		    ": is it another version?");
	say_damaged(r.damaged);
	return r.code;
}

/* ---- arguments ---------------------------------------------------------- */

static int
usage(void)
{
	app_say(
	    "usage: ", "wf-sentinel workunits [--follow] [--json] [--limit N]",
	    " (N from 1 to 10000)");
	return EXIT_USAGE;
}

static bool
take_arguments(const struct options *o, struct arguments *args)
{
	*args = (struct arguments){ .limit = API_WORKUNIT_COUNT };
	for (int i = 0; i < o->argc; i++) {
		const char *arg = o->argv[i];

		if (strcmp(arg, "--json") == 0)
			args->as_json = true;
		else if (strcmp(arg, "--follow") == 0)
			args->follow = true;
		else if (strcmp(arg, "--limit") != 0 || ++i >= o->argc ||
		    span_to_u64(span_str(o->argv[i]), &args->limit) != ST_OK ||
		    args->limit < 1 || args->limit > API_WORKUNIT_MAX_COUNT)
			return false;
	}
	return true;
}

int
command_workunits(struct app *a)
{
	struct arguments args;
	int code;

	if (!take_arguments(&a->options, &args))
		return usage();
	if (args.follow) {
		(void)app_find_sockets(a);
		return command_follow(a, args.limit, args.as_json);
	}
	code = command_hold(a, false);
	if (code == COMMAND_DAEMON)
		return command_asked(a, ask_daemon(a, &args));
	return code == EXIT_DONE ? read_store(a, &args) : code;
}
