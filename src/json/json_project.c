/* SPDX-License-Identifier: MIT */
/*
 * The grammar of RFC 8259 as a machine that takes any number of bytes.
 *
 *	             +----------------- , ------------------+
 *	             v                                      |
 *	 [ --> AT_FIRST_ELEMENT     value          value    |
 *	       AT_VALUE ----------> IN_… -------> AT_COMMA -+- ] } --> AT_COMMA
 *	             ^                                 |               or AT_END
 *	             +-- : -- AT_COLON <-- key --+     | ,
 *	 { --> AT_FIRST_KEY ---------------------+     v
 *	       AT_KEY <--------------------------------+
 *
 * A state says what may come next, and a byte that is not on its list is where
 * the document stops being JSON.  `level` remembers the brackets that are open.
 * White space is taken between tokens only.  A number has no end of its own:
 * the byte behind it ends it and is then looked at again.
 */
#include "json/json_priv.h"

#include <assert.h>
#include <string.h>

/* Each literal is followed by the NUL that ends it. */
static const char LITERALS[] = "true\0false\0null";
enum { LITERAL_TRUE = 0, LITERAL_FALSE = 5, LITERAL_NULL = 11 };

void
json_project_init(struct json_project *jp, const struct json_want *wants,
    unsigned want_count, struct buf out, json_handler *handler, void *ctx)
{
	assert(want_count >= 1 && want_count <= JSON_WANT_MAX_COUNT);
	memset(jp, 0, sizeof *jp);
	jp->wants = wants;
	jp->out = out;
	jp->handler = handler;
	jp->ctx = ctx;
	jp->state = JSON_AT_VALUE;
	jp->want = JSON_NOT_WANTED;
	jp->emit = JSON_NOT_WANTED;
	json_keep_init(jp, want_count);
}

static void
begin_literal(struct json_project *jp, unsigned place, unsigned type)
{
	json_keep_begin(jp, type);
	if (jp->want != JSON_NOT_WANTED)
		buf_put_str(&jp->out, LITERALS + place);
	jp->literal = (uint8_t)(place + 1); /* the first letter is taken */
	jp->state = JSON_IN_LITERAL;
}

static uint8_t
number_first(uint8_t digit)
{
	return digit == '0' ? JSON_IN_ZERO : JSON_IN_INTEGER;
}

static void
begin_number(struct json_project *jp, uint8_t c)
{
	json_keep_begin(jp, JSON_NUMBER);
	json_keep_digits(jp, (struct span){ &c, 1 });
	jp->state = c == '-' ? JSON_IN_MINUS : number_first(c);
}

/* The first byte of a value.  False when no value begins so. */
static bool
begin_value(struct json_project *jp, uint8_t c)
{
	switch (c) {
	case '"':
		json_begin_string(jp);
		return true;
	case '{':
	case '[':
		return json_keep_open(jp, c == '[');
	case 't':
		begin_literal(jp, LITERAL_TRUE, JSON_BOOL);
		return true;
	case 'f':
		begin_literal(jp, LITERAL_FALSE, JSON_BOOL);
		return true;
	case 'n':
		begin_literal(jp, LITERAL_NULL, 0);
		return true;
	default:
		if (c != '-' && (c < '0' || c > '9'))
			return false;
		begin_number(jp, c);
		return true;
	}
}

/* Behind a value inside an object or array. */
static bool
take_comma(struct json_project *jp, uint8_t c)
{
	if (c == ',') {
		bool array = jp->level[jp->depth - 1].array;

		jp->state = array ? JSON_AT_VALUE : JSON_AT_KEY;
		return true;
	}
	return (c == ']' || c == '}') && json_keep_close(jp, c == ']');
}

static bool
take_key(struct json_project *jp, uint8_t c)
{
	if (c == '"')
		json_begin_key(jp);
	return c == '"';
}

/* One byte between tokens that is not white space. */
static bool
take_mark(struct json_project *jp, uint8_t c)
{
	switch (jp->state) {
	case JSON_AT_FIRST_ELEMENT:
		if (c == ']')
			return json_keep_close(jp, true);
		return begin_value(jp, c);
	case JSON_AT_VALUE:
		return begin_value(jp, c);
	case JSON_AT_FIRST_KEY:
		if (c == '}')
			return json_keep_close(jp, false);
		return take_key(jp, c);
	case JSON_AT_KEY:
		return take_key(jp, c);
	case JSON_AT_COLON:
		jp->state = JSON_AT_VALUE;
		return c == ':';
	case JSON_AT_COMMA:
		return take_comma(jp, c);
	default: /* JSON_AT_END */
		return false;
	}
}

static size_t
take_marks(struct json_project *jp, struct span s)
{
	size_t i = 0;

	while (i < s.n && jp->state <= JSON_AT_END && jp->st == ST_OK) {
		uint8_t c = s.p[i];

		if (c != ' ' && c != '\n' && c != '\r' && c != '\t' &&
		    !take_mark(jp, c)) {
			jp->st = ST_MALFORM;
			return i;
		}
		i++;
	}
	return i;
}

static size_t
take_literal(struct json_project *jp, struct span s)
{
	size_t i = 0;

	while (i < s.n && LITERALS[jp->literal] != '\0') {
		if (s.p[i] != (uint8_t)LITERALS[jp->literal]) {
			jp->st = ST_MALFORM;
			return i;
		}
		jp->literal++;
		i++;
	}
	if (LITERALS[jp->literal] == '\0')
		json_keep_scalar(jp);
	return i;
}

/* The state behind one more byte of a number; JSON_AT_COMMA when the byte does
 * not belong to it. */
static uint8_t
number_next(uint8_t state, uint8_t c)
{
	bool digit = c >= '0' && c <= '9';
	bool e = c == 'e' || c == 'E';

	switch (state) {
	case JSON_IN_MINUS:
		return digit ? number_first(c) : JSON_AT_COMMA;
	case JSON_IN_INTEGER:
		if (digit)
			return JSON_IN_INTEGER;
		/* fall through */
	case JSON_IN_ZERO:
		if (c == '.')
			return JSON_IN_POINT;
		return e ? JSON_IN_E : JSON_AT_COMMA;
	case JSON_IN_POINT:
		return digit ? JSON_IN_FRACTION : JSON_AT_COMMA;
	case JSON_IN_FRACTION:
		if (digit)
			return JSON_IN_FRACTION;
		return e ? JSON_IN_E : JSON_AT_COMMA;
	case JSON_IN_E:
		if (c == '+' || c == '-')
			return JSON_IN_E_SIGN;
		/* fall through */
	default: /* JSON_IN_E_SIGN, JSON_IN_EXPONENT */
		if (digit)
			return JSON_IN_EXPONENT;
		return JSON_AT_COMMA;
	}
}

/* A number may end here. */
static bool
is_number(uint8_t state)
{
	return state == JSON_IN_ZERO || state == JSON_IN_INTEGER ||
	    state == JSON_IN_FRACTION || state == JSON_IN_EXPONENT;
}

static size_t
take_number(struct json_project *jp, struct span s)
{
	uint8_t next = jp->state;
	size_t i = 0;

	while (i < s.n) {
		next = number_next(jp->state, s.p[i]);
		if (next == JSON_AT_COMMA)
			break;
		jp->state = next;
		i++;
	}
	json_keep_digits(jp, span_sub(s, 0, i));
	if (next != JSON_AT_COMMA)
		return i;
	if (is_number(jp->state))
		json_keep_scalar(jp);
	else
		jp->st = ST_MALFORM;
	return i;
}

/* Take at least one byte, or end a number, or fail. */
static size_t
take(struct json_project *jp, struct span s)
{
	switch (jp->state) {
	case JSON_IN_STRING:
		return json_take_string(jp, s);
	case JSON_IN_ESCAPE:
		return json_take_escape(jp, s);
	case JSON_IN_HEX:
		return json_take_hex(jp, s);
	case JSON_IN_UTF8:
		return json_take_utf8(jp, s);
	case JSON_IN_LITERAL:
		return take_literal(jp, s);
	default:
		if (jp->state <= JSON_AT_END)
			return take_marks(jp, s);
		return take_number(jp, s);
	}
}

enum st
json_project_push(struct json_project *jp, struct span bytes)
{
	size_t i = 0;

	while (i < bytes.n && jp->st == ST_OK)
		i += take(jp, span_sub(bytes, i, bytes.n));
	jp->offset += i;
	return jp->st;
}

enum st
json_project_finish(struct json_project *jp)
{
	if (jp->st == ST_OK && jp->depth == 0 && is_number(jp->state))
		json_keep_scalar(jp);
	if (jp->st == ST_OK && jp->state != JSON_AT_END)
		jp->st = ST_MALFORM;
	return jp->st;
}

enum st
json_check(struct span text, size_t *offset)
{
	static const struct json_want NOTHING = { NULL, 0, 0, 0 };
	struct json_project jp;
	enum st st;

	json_project_init(&jp, &NOTHING, 1, (struct buf){ 0 }, NULL, NULL);
	st = json_project_push(&jp, text);
	if (st == ST_OK)
		st = json_project_finish(&jp);
	*offset = (size_t)jp.offset;
	return st;
}
