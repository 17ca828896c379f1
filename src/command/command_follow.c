/* SPDX-License-Identifier: MIT */
/*
 * workunits --follow: the daemon's events say that there is a record, and the
 * record is asked for by its number.
 *
 *	event: record
 *	id: 4711
 *	data: {…}
 *	                  (an empty line ends the event)
 */
#include <string.h>

#include "command/command.h"
#include "command/command_ask.h"
#include "command/command_record.h"

/* The beginning of a line is all that matters of it: "event: record", an id of
 * 20 digits. */
#define LINE_BYTES 40

struct follower {
	struct app *app;
	struct command_records records;
	int code;
	uint8_t line[LINE_BYTES];
	size_t n;
	bool is_record;
	uint64_t id;
};

static bool
show(struct follower *f)
{
	uint8_t text[128];
	struct buf target = BUF_OVER(text);
	struct command_ask ask = { .method = "GET",
		.take = command_records_take,
		.ctx = &f->records };

	buf_put_str(&target, "/v1/workunits?limit=1&after=");
	buf_put_u64(&target, f->id - 1);
	buf_put_str(&target, "&before=");
	buf_put_u64(&target, f->id + 1);
	ask.target = buf_str(&target);
	command_records_again(&f->records);
	f->code = command_ask(f->app, "workunits --follow", &ask);
	if (f->code == EXIT_DONE)
		f->code = f->records.code;
	return f->code == EXIT_DONE;
}

static bool
take_line(struct follower *f)
{
	const struct span ID = SPAN_LIT("id: ");
	struct span line = { f->line, f->n };
	bool is_done = line.n == 0 && f->is_record && f->id != 0;

	if (line.n == 0)
		f->is_record = false;
	else if (span_eq(line, SPAN_LIT("event: record")))
		f->is_record = true;
	else if (span_has_prefix(line, ID) &&
	    span_to_u64(span_sub(line, ID.n, SIZE_MAX), &f->id) != ST_OK)
		f->id = 0;
	f->n = 0;
	return !is_done || show(f);
}

static bool
take(void *ctx, struct span piece)
{
	struct follower *f = ctx;

	for (size_t i = 0; i < piece.n; i++) {
		if (piece.p[i] != '\n') {
			if (f->n < LINE_BYTES)
				f->line[f->n++] = piece.p[i];
		} else if (!take_line(f))
			return false;
	}
	return true;
}

int
command_follow(struct app *a, uint64_t limit, bool as_json)
{
	struct follower f = { .app = a, .code = EXIT_DONE };
	uint8_t text[64];
	struct buf target = BUF_OVER(text);
	struct command_ask ask = { .method = "GET",
		.wait_ms = 2 * API_EVENT_KEEP_MS,
		.take = take,
		.ctx = &f };
	int code;

	command_records_begin(&f.records, a, as_json);
	command_records_end(&f.records);
	buf_put_str(&target, "/v1/events?last=");
	buf_put_u64(&target, limit);
	ask.target = buf_str(&target);
	code = command_ask(a, "workunits --follow", &ask);
	if (code == COMMAND_NOBODY || f.code == COMMAND_NOBODY) {
		app_say(a->control_path, ": no daemon answers here: ",
		    "--follow needs one, start it with 'wf-sentinel run'");
		return EXIT_TEMPORARY;
	}
	return code == EXIT_DONE ? f.code : code;
}
