/* SPDX-License-Identifier: MIT */
/*
 * json_priv.h - what the parts of json share.
 *
 *	json_project.c  grammar: values, brackets, commas, numbers, literals
 *	json_string.c   strings: runs, escapes, surrogates, UTF-8
 *	json_keep.c     what is wanted, and what is written for it
 *	json_text.c     canonical text
 *	json_write.c    the writer
 *	json_doc.c      the index over jsmn
 *
 * A json_take_* function takes what it can from the front of `s` in its own
 * states, moves jp->state on, and returns how many bytes it took.  Where a
 * byte is wrong it sets jp->st and returns the number before that byte.
 */
#ifndef JSON_JSON_PRIV_H
#define JSON_JSON_PRIV_H

#include "json/json.h"

enum json_state {
	/* Between tokens: what may come next besides white space. */
	JSON_AT_VALUE,
	JSON_AT_FIRST_ELEMENT, /* or ] */
	JSON_AT_FIRST_KEY,     /* or } */
	JSON_AT_KEY,
	JSON_AT_COLON,
	JSON_AT_COMMA, /* or the bracket */
	JSON_AT_END,
	/* In a string. */
	JSON_IN_STRING,
	JSON_IN_ESCAPE, /* behind the backslash */
	JSON_IN_HEX,
	JSON_IN_UTF8, /* utf8_left bytes are due */
	/* In true, false or null. */
	JSON_IN_LITERAL,
	/* In a number, named after what was last. */
	JSON_IN_MINUS,
	JSON_IN_ZERO,
	JSON_IN_INTEGER,
	JSON_IN_POINT,
	JSON_IN_FRACTION,
	JSON_IN_E,
	JSON_IN_E_SIGN,
	JSON_IN_EXPONENT,
};

/* Where the characters of the string go that is being read. */
enum json_sink {
	JSON_SINK_NONE,
	JSON_SINK_KEY, /* jp->key, unescaped */
	JSON_SINK_OUT, /* jp->out, canonical */
};

/* ---- json_string.c ------------------------------------------------------ */

/* Behind the opening quote of a key or a value. */
void json_begin_key(struct json_project *jp);
void json_begin_string(struct json_project *jp);
size_t json_take_string(struct json_project *jp, struct span s);
size_t json_take_escape(struct json_project *jp, struct span s);
size_t json_take_hex(struct json_project *jp, struct span s);
size_t json_take_utf8(struct json_project *jp, struct span s);

/* ---- json_keep.c -------------------------------------------------------- */

void json_keep_init(struct json_project *jp, unsigned want_count);
/* Decide on the value of this type that begins: jp->want is its entry, and
 * what stands before it is written, or JSON_NOT_WANTED and nothing is.  type 0
 * (null) is never wanted. */
void json_keep_begin(struct json_project *jp, unsigned type);
/* A key ended: jp->want is the entry of the value that follows. */
void json_keep_key(struct json_project *jp);
/* Open or close an object or array.  False: too deep, or not the bracket that
 * is open. */
bool json_keep_open(struct json_project *jp, bool array);
bool json_keep_close(struct json_project *jp, bool array);
/* Characters of the string or number that is kept.  json_keep_run takes
 * one-byte characters of which some may be left out at a limit; bytes given to
 * json_keep_whole are one character. */
void json_keep_run(struct json_project *jp, struct span run);
void json_keep_whole(struct json_project *jp, struct span character);
void json_keep_digits(struct json_project *jp, struct span run);
/* A string, number or literal ended: count it and move on. */
void json_keep_scalar(struct json_project *jp);

/* ---- json_text.c -------------------------------------------------------- */

/* How many bytes at the front are plain in a string: 0x20..0x7f without quote
 * and backslash. */
size_t json_plain_run(struct span s);

/* UTF-8 or canonical text of one code point (not a surrogate).  The number of
 * bytes. */
size_t json_utf8_char(uint8_t out[4], uint32_t code);
size_t json_canonical_char(uint8_t out[6], uint32_t code);

/* The character that a one-letter escape stands for, or -1. */
int json_escape_char(uint8_t letter);

/* 0..15, or -1. */
int json_hex_digit(uint8_t c);

/* What may follow the first byte of a character of several bytes: how many,
 * and between what the second must be (RFC 3629, table in section 4). */
struct json_utf8 {
	uint8_t left, low, high;
};

/* False when no character begins so. */
bool json_utf8_lead(struct json_utf8 *u, uint8_t c);

/* The length of the character of several bytes at the front; 0 when there is
 * none or not all of it. */
size_t json_utf8_whole(struct span s);

#define JSON_REPLACEMENT 0xfffdu

/* Which half of a surrogate pair a unit is, or none. */
bool json_is_high(uint32_t unit);
bool json_is_low(uint32_t unit);

/* The code point of a surrogate pair. */
uint32_t json_pair(uint16_t high, uint16_t low);

#endif
