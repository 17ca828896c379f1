/* SPDX-License-Identifier: MIT */
#include "command/command_record.h"

#include <string.h>

enum {
	W_ROOT,
	W_UPDATED,
	W_SEVERITY,
	W_STATUS,
	W_EVENT,
	W_TITLE,
	W_ALERTS,
	W_ALERT,
	W_NODES,
	W_NODE,
};

static const struct json_want WANTS[] = {
	[W_ROOT] = { NULL, 0, JSON_OBJECT | JSON_EMIT, 0 },
	[W_UPDATED] = { "updated_at", W_ROOT, JSON_STRING, 32 },
	[W_SEVERITY] = { "severity", W_ROOT, JSON_STRING, 16 },
	[W_STATUS] = { "status", W_ROOT, JSON_STRING, 16 },
	[W_EVENT] = { "event", W_ROOT, JSON_STRING, 16 },
	[W_TITLE] = { "title", W_ROOT, JSON_STRING, 600 },
	[W_ALERTS] = { "alerts", W_ROOT, JSON_ARRAY, 150 },
	[W_ALERT] = { "*", W_ALERTS, JSON_OBJECT, 0 },
	[W_NODES] = { "nodes", W_ROOT, JSON_ARRAY, 300 },
	[W_NODE] = { "*", W_NODES, JSON_OBJECT, 0 },
};

static const struct command_column COLUMNS[] = {
	{ .head = "UPDATED (UTC)", .width = 19, .least = 16, .drop = 2 },
	{ .head = "SEVERITY", .width = 13, .least = 8, .is_word = true },
	{ .head = "STATUS", .width = 11, .least = 11, .drop = 1 },
	{ .head = "EVENT", .width = 8, .least = 8, .drop = 3 },
	{ .head = "ALERTS",
	    .width = 6,
	    .least = 6,
	    .drop = 5,
	    .is_number = true },
	{ .head = "NODES",
	    .width = 5,
	    .least = 5,
	    .drop = 4,
	    .is_number = true },
	{ .head = "TITLE", .width = 20, .least = 12, .grows = true },
};

#define COLUMN_COUNT (sizeof COLUMNS / sizeof COLUMNS[0])

/* ---- one record --------------------------------------------------------- */

static enum st
keep_row(void *ctx, const struct json_element *element)
{
	struct command_records *r = ctx;

	return json_doc_parse(
	    &r->doc, element->text, r->tok, COMMAND_RECORD_TOKEN_COUNT);
}

static void
put_text(
    struct command_records *r, struct buf *b, size_t column, const char *member)
{
	command_table_put(&r->table, b, column,
	    json_string(&r->doc, json_member(&r->doc, 0, member)));
}

static void
put_count(
    struct command_records *r, struct buf *b, size_t column, const char *member)
{
	const struct json_doc *doc = &r->doc;
	uint8_t digits[24];
	struct buf text = BUF_OVER(digits);
	uint64_t n = 0;

	for (int i = json_first(doc, json_member(doc, 0, member)); i >= 0;
	     i = json_next(doc, i))
		n++;
	buf_put_u64(&text, n);
	command_table_put(&r->table, b, column, span_of(&text));
}

static int
print_row(struct command_records *r, struct span record)
{
	struct json_project project;
	uint8_t line[2048];
	struct buf b = BUF_OVER(line);

	json_project_init(&project, WANTS, sizeof WANTS / sizeof WANTS[0],
	    BUF_OVER(r->app->relay.pruned), keep_row, r);
	if (json_project_push(&project, record) != ST_OK)
		return EXIT_INTERNAL;
	put_text(r, &b, 0, "updated_at");
	put_text(r, &b, 1, "severity");
	put_text(r, &b, 2, "status");
	put_text(r, &b, 3, "event");
	put_count(r, &b, 4, "alerts");
	put_count(r, &b, 5, "nodes");
	put_text(r, &b, 6, "title");
	command_table_end(&b);
	return app_print(span_of(&b));
}

void
command_records_end(struct command_records *r)
{
	uint8_t line[512];
	struct buf b = BUF_OVER(line);

	if (r->has_head || r->as_json || r->code != EXIT_DONE)
		return;
	command_table_head(&r->table, &b);
	r->code = app_print(span_of(&b));
	r->has_head = true;
}

void
command_records_print(struct command_records *r, struct span record)
{
	command_records_end(r);
	if (r->code != EXIT_DONE)
		return;
	r->code = r->as_json ? app_print(record) : print_row(r, record);
	if (r->as_json && r->code == EXIT_DONE)
		r->code = app_print(SPAN_LIT("\n"));
}

void
command_records_begin(struct command_records *r, struct app *a, bool as_json)
{
	memset(r, 0, sizeof *r);
	r->app = a;
	r->as_json = as_json;
	r->record = (struct buf){ a->u.record, 0, RECORD_MAX_BYTES, false };
	command_table_begin(&r->table, COLUMNS, COLUMN_COUNT);
}

/* ---- an answer ---------------------------------------------------------- */

/* {"workunits":[ {…}, {…} ],"damaged":0}: a record is what stands at depth 3;
 * behind the list only digits matter. */
enum { IN_ANSWER = 1, IN_LIST = 2, IN_RECORD = 3 };

static void
take_string_byte(struct command_records *r, uint8_t c)
{
	if (r->is_escaped)
		r->is_escaped = false;
	else if (c == '\\')
		r->is_escaped = true;
	else if (c == '"')
		r->in_string = false;
}

static void
take_byte(struct command_records *r, uint8_t c)
{
	bool is_inside = r->depth >= IN_RECORD;

	if (r->in_string)
		take_string_byte(r, c);
	else if (c == '"')
		r->in_string = true;
	else if (c == '{' || c == '[')
		r->depth++;
	else if (c == '}' || c == ']')
		r->depth--;
	else if (r->is_over && c >= '0' && c <= '9')
		r->damaged = r->damaged * 10 + c - '0';
	if (is_inside || r->depth >= IN_RECORD)
		buf_put_byte(&r->record, c);
	if (is_inside && r->depth == IN_LIST) {
		if (r->record.cut)
			r->code = EXIT_REPLY;
		else
			command_records_print(r, span_of(&r->record));
		buf_reset(&r->record);
	}
	if (c == ']' && !r->in_string && r->depth == IN_ANSWER)
		r->is_over = true;
}

bool
command_records_take(void *ctx, struct span piece)
{
	struct command_records *r = ctx;

	for (size_t i = 0; i < piece.n && r->code == EXIT_DONE; i++)
		take_byte(r, piece.p[i]);
	return r->code == EXIT_DONE;
}

void
command_records_again(struct command_records *r)
{
	buf_reset(&r->record);
	r->depth = 0;
	r->in_string = r->is_escaped = r->is_over = false;
	r->damaged = 0;
}
