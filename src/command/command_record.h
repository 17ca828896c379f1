/* SPDX-License-Identifier: MIT */
/*
 * command_record.h - records on standard output: rows of a table, or a line of
 * JSON each.  They come whole, or as the body of GET /v1/workunits.
 */
#ifndef COMMAND_COMMAND_RECORD_H
#define COMMAND_COMMAND_RECORD_H

#include "app/app.h"
#include "command/command_table.h"

/* Values and keys of what a row shows: see command_record.c. */
#define COMMAND_RECORD_TOKEN_COUNT 480

struct command_records {
	struct app *app; /* its record and pruned buffers are used */
	bool as_json, has_head;
	int code; /* EXIT_DONE, or why nothing more is shown */
	struct command_table table;
	struct json_doc doc;
	jsmntok_t tok[COMMAND_RECORD_TOKEN_COUNT];
	/* Where the body of an answer is. */
	unsigned depth;
	bool in_string, is_escaped, is_over;
	struct buf record;
	uint64_t damaged;
};

/* Nothing is written yet: the head of the table comes with the first record, or
 * with the end where there was none. */
void command_records_begin(
    struct command_records *r, struct app *a, bool as_json);
void command_records_end(struct command_records *r);

/* One record, canonical. */
void command_records_print(struct command_records *r, struct span record);

/* A `take` of struct command_ask with the struct as its ctx; _again before each
 * further answer.  r->damaged is what the daemon left out of this one. */
bool command_records_take(void *ctx, struct span piece);
void command_records_again(struct command_records *r);

#endif
