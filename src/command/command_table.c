/* SPDX-License-Identifier: MIT */
#include "command/command_table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "app/app.h"

#define RED    "\033[31m"
#define GREEN  "\033[32m"
#define YELLOW "\033[33m"
#define DIM    "\033[2m"
#define PLAIN  "\033[0m"

/* States of connectors, sinks and checks; severities. */
static const struct {
	const char *word, *colour;
} COLOURS[] = {
	{ "ok", GREEN },
	{ "passed", GREEN },
	{ "warning", YELLOW },
	{ "medium", YELLOW },
	{ "error", RED },
	{ "failed", RED },
	{ "secret_required", RED },
	{ "high", RED },
	{ "disabled", DIM },
	{ "skipped", DIM },
	{ "unconfigured", DIM },
};

/* ---- the terminal ------------------------------------------------------- */

static bool
wants_colour(void)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return (no_color == NULL || no_color[0] == '\0') && term != NULL &&
	    strcmp(term, "dumb") != 0;
}

static void
look_at_terminal(struct command_table *t)
{
	struct winsize size;

	t->is_terminal = isatty(STDOUT_FILENO) != 0;
	t->is_coloured = t->is_terminal && wants_colour();
	t->line = COMMAND_LINE_COLUMNS;
	if (t->is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
	    size.ws_col != 0)
		t->line = size.ws_col;
	if (t->line > COMMAND_LINE_MAX_COLUMNS)
		t->line = COMMAND_LINE_MAX_COLUMNS;
}

/* ---- the layout --------------------------------------------------------- */

/* Columns of a line with a space between them. */
static size_t
used(const struct command_table *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->count; i++)
		n += t->width[i] == 0 ? 0 : t->width[i] + 1u;
	return n == 0 ? 0 : n - 1;
}

/* The column that goes next; t->count when all that are left stay. */
static size_t
next_to_drop(const struct command_table *t)
{
	size_t found = t->count;
	uint8_t drop = 0;

	for (size_t i = 0; i < t->count; i++)
		if (t->width[i] != 0 && t->columns[i].drop > drop) {
			drop = t->columns[i].drop;
			found = i;
		}
	return found;
}

static void
widen(struct command_table *t, size_t i, size_t most)
{
	size_t left = t->line > used(t) ? t->line - used(t) : 0;
	size_t more = most > t->width[i] ? most - t->width[i] : 0;

	if (t->width[i] != 0)
		t->width[i] = (uint16_t)(t->width[i] +
		    (more < left ? more : left));
}

void
command_table_begin(
    struct command_table *t, const struct command_column *columns, size_t count)
{
	assert(count <= COMMAND_COLUMN_MAX_COUNT);
	t->columns = columns;
	t->count = count;
	look_at_terminal(t);
	for (size_t i = 0; i < count; i++)
		t->width[i] = columns[i].least;
	for (size_t n = 0; n < count && used(t) > t->line; n++) {
		size_t i = next_to_drop(t);

		if (i < count)
			t->width[i] = 0;
	}
	for (size_t i = 0; i < count; i++)
		widen(t, i, columns[i].width);
	for (size_t i = 0; i < count; i++)
		if (columns[i].grows)
			widen(t, i, t->line);
	/* Narrower than what always stays: cut, from the right. */
	for (size_t i = count; i-- > 0 && used(t) > t->line;)
		while (t->width[i] > 1 && used(t) > t->line)
			t->width[i]--;
}

/* ---- rows --------------------------------------------------------------- */

static const char *
colour_of(struct span word)
{
	for (size_t i = 0; i < sizeof COLOURS / sizeof COLOURS[0]; i++)
		if (span_eq(word, span_str(COLOURS[i].word)))
			return COLOURS[i].colour;
	return NULL;
}

void
command_table_word(
    const struct command_table *t, struct buf *b, struct span word)
{
	const char *colour = t->is_coloured ? colour_of(word) : NULL;

	if (colour != NULL)
		buf_put_str(b, colour);
	buf_put(b, word);
	if (colour != NULL)
		buf_put_str(b, PLAIN);
}

void
command_table_put(
    const struct command_table *t, struct buf *b, size_t i, struct span text)
{
	const struct command_column *column = &t->columns[i];
	bool is_coloured = t->is_coloured && column->is_word &&
	    colour_of(text) != NULL;

	if (t->width[i] == 0)
		return;
	/* A number has a digit in each column. */
	for (size_t n = text.n; column->is_number && n < t->width[i]; n++)
		buf_put_byte(b, ' ');
	if (!is_coloured) {
		app_put_column(b, text,
		    column->is_number && text.n < t->width[i] ? text.n :
								t->width[i]);
		return;
	}
	buf_put_str(b, colour_of(text));
	text = span_sub(text, 0, t->width[i]);
	buf_put(b, text);
	buf_put_str(b, PLAIN);
	for (size_t n = text.n; n <= t->width[i]; n++)
		buf_put_byte(b, ' ');
}

void
command_table_head(const struct command_table *t, struct buf *b)
{
	for (size_t i = 0; i < t->count; i++)
		command_table_put(t, b, i, span_str(t->columns[i].head));
	command_table_end(b);
}

void
command_table_end(struct buf *b)
{
	app_trim(b);
	buf_put_byte(b, '\n');
}

/* ---- texts -------------------------------------------------------------- */

/* Bytes of the next line: what fits up to a space, or what fits at all. */
static size_t
line_bytes(struct span rest, size_t room)
{
	size_t n = 0, columns = 0, space = 0;

	while (n < rest.n) {
		size_t bytes = 1;

		while (n + bytes < rest.n && (rest.p[n + bytes] & 0xc0) == 0x80)
			bytes++;
		columns += app_columns(span_sub(rest, n, bytes));
		if (columns > room)
			return space != 0 ? space : n;
		if (rest.p[n] == ' ')
			space = n + 1;
		n += bytes;
	}
	return n;
}

void
command_table_wrap(const struct command_table *t, struct buf *b, size_t indent,
    struct span text)
{
	uint8_t room[4 * DIAGNOSIS_MESSAGE_MAX_BYTES];
	struct buf plain = BUF_OVER(room);
	size_t line = t->line > indent + 8 ? t->line - indent : 8;
	struct span rest, head;

	app_put_column(&plain, text, DIAGNOSIS_MESSAGE_MAX_BYTES);
	app_trim(&plain);
	rest = span_of(&plain);
	while (rest.n != 0) {
		size_t n = t->is_terminal ? line_bytes(rest, line) : rest.n;

		if (!span_take(&rest, n != 0 ? n : 1, &head))
			return;
		for (size_t i = 0; i < indent; i++)
			buf_put_byte(b, ' ');
		buf_put(b, head);
		command_table_end(b);
	}
}
