/* SPDX-License-Identifier: MIT */
/*
 * command_table.h - tables that fit the terminal.
 *
 * Each column has a width that it would like, a least one, and a place in the
 * order in which columns go where the line is too narrow for all of them.  No
 * line is wider than the terminal.  Colours are for terminals only, and not
 * where NO_COLOR is set (no-color.org).
 */
#ifndef COMMAND_COMMAND_TABLE_H
#define COMMAND_COMMAND_TABLE_H

#include "base/limits.h"
#include "base/span.h"

struct command_column {
	const char *head;
	uint8_t width, least; /* what does not fit is cut */
	uint8_t drop;         /* the largest goes first; 0: never */
	bool is_number;       /* to the right */
	bool grows;           /* takes what is left; one of a table */
	bool is_word;         /* a state or severity: see command_table.c */
};

struct command_table {
	const struct command_column *columns;
	size_t count;
	uint16_t width[COMMAND_COLUMN_MAX_COUNT]; /* 0: left out */
	size_t line;                              /* columns of the terminal */
	bool is_terminal, is_coloured;
};

/* Lay the columns (at most COMMAND_COLUMN_MAX_COUNT) out for standard output:
 * a terminal's width, or COMMAND_LINE_COLUMNS. */
void command_table_begin(struct command_table *t,
    const struct command_column *columns, size_t count);

/* The names of the columns as a line. */
void command_table_head(const struct command_table *t, struct buf *b);

/* A cell of column i, in the order of the columns; canonical JSON text. */
void command_table_put(
    const struct command_table *t, struct buf *b, size_t i, struct span text);

/* The end of a row. */
void command_table_end(struct buf *b);

/* Lines of a canonical text, each behind `indent` spaces, broken at spaces on a
 * terminal. */
void command_table_wrap(const struct command_table *t, struct buf *b,
    size_t indent, struct span text);

/* A word in the colour of this table's words. */
void command_table_word(
    const struct command_table *t, struct buf *b, struct span word);

#endif
