/* SPDX-License-Identifier: MIT */
/*
 * workunits: the newest records, straight from the store.  The table shows what
 * an operator looks for first; `--json` gives the records as they are.
 */
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "command/command.h"

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

#define ROW_TOKEN_COUNT 480

struct table {
	struct json_doc doc;
	jsmntok_t tok[ROW_TOKEN_COUNT];
	size_t width;
};

static enum st
keep_row(void *ctx, const struct json_element *element)
{
	struct table *t = ctx;

	return json_doc_parse(&t->doc, element->text, t->tok, ROW_TOKEN_COUNT);
}

static size_t
count_children(const struct json_doc *doc, const char *name)
{
	size_t n = 0;

	for (int i = json_first(doc, json_member(doc, 0, name)); i >= 0;
	     i = json_next(doc, i))
		n++;
	return n;
}

static void
put_number(struct buf *b, size_t n, size_t width)
{
	uint8_t digits[24];
	struct buf text = BUF_OVER(digits);

	buf_put_u64(&text, n);
	for (size_t i = text.n; i < width; i++)
		buf_put_byte(b, ' ');
	buf_put(b, span_of(&text));
	buf_put_byte(b, ' ');
}

/* Columns before the title: 19 + 13 + 11 + 8 + 6 + 5 and a space each. */
#define FIXED_WIDTH 68u

static int
print_head(const struct table *t)
{
	static const char HEAD[] = "UPDATED (UTC)       SEVERITY      "
				   "STATUS      EVENT    ALERTS NODES TITLE\n";

	(void)t;
	return app_print(SPAN_LIT(HEAD));
}

static int
print_row(struct table *t, struct span record, uint8_t *pruned, size_t size)
{
	struct json_project project;
	uint8_t line[2048];
	struct buf b = BUF_OVER(line);
	const struct json_doc *doc = &t->doc;

	json_project_init(&project, WANTS, sizeof WANTS / sizeof WANTS[0],
	    (struct buf){ pruned, 0, size, false }, keep_row, t);
	if (json_project_push(&project, record) != ST_OK)
		return EXIT_INTERNAL;
	app_put_column(
	    &b, json_string(doc, json_member(doc, 0, "updated_at")), 19);
	app_put_column(
	    &b, json_string(doc, json_member(doc, 0, "severity")), 13);
	app_put_column(&b, json_string(doc, json_member(doc, 0, "status")), 11);
	app_put_column(&b, json_string(doc, json_member(doc, 0, "event")), 8);
	put_number(&b, count_children(doc, "alerts"), 6);
	put_number(&b, count_children(doc, "nodes"), 5);
	app_put_column(&b, json_string(doc, json_member(doc, 0, "title")),
	    t->width > FIXED_WIDTH + 10 ? t->width - FIXED_WIDTH - 1 : 10);
	app_trim(&b);
	buf_put_byte(&b, '\n');
	return app_print(span_of(&b));
}

static size_t
terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
		return size.ws_col < 400 ? size.ws_col : 400;
	return 120;
}

static int
print_json(struct buf *body)
{
	int code = app_print(span_of(body));

	return code == EXIT_DONE ? app_print(SPAN_LIT("\n")) : code;
}

static void
say_damaged(uint64_t count)
{
	uint8_t digits[24];
	struct buf b = BUF_OVER(digits);

	buf_put_u64(&b, count);
	app_say("records that are damaged and not shown: ", buf_str(&b), "");
}

static int
print_records(struct app *a, uint64_t limit, bool as_json)
{
	struct table t = { .width = terminal_width() };
	struct buf body = { a->u.record, 0, RECORD_MAX_BYTES, false };
	struct store_record rec = { .seq = INT64_MAX };
	int code = as_json ? EXIT_DONE : print_head(&t);
	uint64_t damaged = 0;

	for (uint64_t i = 0; code == EXIT_DONE && i < limit; i++) {
		enum st st;

		buf_reset(&body);
		st = store_record_before(&a->store, rec.seq, &rec, &body);
		if (st == ST_NOT_FOUND)
			break;
		if (st == ST_CORRUPT) {
			damaged++;
			continue;
		}
		if (st != ST_OK) {
			app_say("the store cannot be read: ", st_text(st), "");
			return EXIT_IO;
		}
		code = as_json ? print_json(&body) :
				 print_row(&t, span_of(&body), a->relay.pruned,
				     sizeof a->relay.pruned);
	}
	if (damaged != 0)
		say_damaged(damaged);
	return code;
}

static int
usage(void)
{
	app_say("usage: ", "wf-sentinel workunits [--json] [--limit N]", "");
	return EXIT_USAGE;
}

int
command_workunits(struct app *a)
{
	uint64_t limit = 20;
	bool as_json = false;
	int code;

	for (int i = 0; i < a->options.argc; i++) {
		const char *arg = a->options.argv[i];

		if (strcmp(arg, "--json") == 0)
			as_json = true;
		else if (strcmp(arg, "--limit") == 0 &&
		    i + 1 < a->options.argc) {
			i++;
			if (span_to_u64(span_str(a->options.argv[i]), &limit) !=
				ST_OK ||
			    limit == 0)
				return usage();
		} else
			return usage();
	}
	code = app_load_config(a);
	if (code == EXIT_DONE)
		code = app_lock_state(a);
	if (code == EXIT_DONE)
		code = app_open_store(a);
	if (code != EXIT_DONE)
		return code;
	code = print_records(a, limit, as_json);
	store_close(&a->store);
	return code;
}
