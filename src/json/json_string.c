/* SPDX-License-Identifier: MIT */
/*
 * Strings while they fly past.
 *
 *	            +--- plain run ---+
 *	            v                 |
 *	 " --> IN_STRING -------------+-- " --> key or value ended
 *	         |  ^  ^
 *	       \ |  |  +-- IN_UTF8 <-- first byte of several
 *	         v  |
 *	     IN_ESCAPE -- u --> IN_HEX
 *
 * A high surrogate waits in jp->surrogate until what follows is known: with a
 * low one it is a character, with anything else it was U+FFFD.
 */
#include "json/json_priv.h"

/* One character that did not stand there as itself. */
static void
keep_code(struct json_project *jp, uint32_t code)
{
	uint8_t text[6];
	size_t n;

	if (jp->sink == JSON_SINK_NONE)
		return;
	if (jp->sink == JSON_SINK_KEY)
		n = json_utf8_char(text, code);
	else
		n = json_canonical_char(text, code);
	json_keep_whole(jp, (struct span){ text, n });
}

/* The waiting surrogate stays alone. */
static void
end_surrogate(struct json_project *jp)
{
	if (jp->surrogate != 0)
		keep_code(jp, JSON_REPLACEMENT);
	jp->surrogate = 0;
}

void
json_begin_key(struct json_project *jp)
{
	bool wanted = jp->level[jp->depth - 1].want != JSON_NOT_WANTED;

	jp->state = JSON_IN_STRING;
	jp->is_key = true;
	jp->want = JSON_NOT_WANTED;
	jp->key_n = 0;
	jp->sink = wanted ? JSON_SINK_KEY : JSON_SINK_NONE;
}

void
json_begin_string(struct json_project *jp)
{
	json_keep_begin(jp, JSON_STRING);
	jp->state = JSON_IN_STRING;
	jp->is_key = false;
	jp->sink = JSON_SINK_NONE;
	if (jp->want != JSON_NOT_WANTED) {
		jp->sink = JSON_SINK_OUT;
		buf_put_byte(&jp->out, '"');
	}
}

/* Behind the closing quote. */
static void
end_string(struct json_project *jp)
{
	end_surrogate(jp);
	if (jp->is_key) {
		if (jp->level[jp->depth - 1].want != JSON_NOT_WANTED)
			json_keep_key(jp);
		jp->state = JSON_AT_COLON;
		return;
	}
	if (jp->want != JSON_NOT_WANTED)
		buf_put_byte(&jp->out, '"');
	json_keep_scalar(jp);
}

/* The first byte of a character of several. */
static bool
begin_utf8(struct json_project *jp, uint8_t c)
{
	struct json_utf8 u;

	if (!json_utf8_lead(&u, c))
		return false;
	jp->utf8_left = u.left;
	jp->utf8_low = u.low;
	jp->utf8_high = u.high;
	jp->utf8[0] = c;
	jp->utf8_n = 1;
	jp->state = JSON_IN_UTF8;
	return true;
}

/* What stands in a string besides plain runs, at s.p[0].  Where all of it is
 * there it is taken at once; the other states are for pieces.  0: wrong. */
static size_t
take_special(struct json_project *jp, struct span s)
{
	size_t n;

	if (s.p[0] == '"') {
		end_string(jp);
		return 1;
	}
	if (s.p[0] == '\\') {
		jp->state = JSON_IN_ESCAPE;
		if (s.n < 2)
			return 1;
		return 1 + json_take_escape(jp, span_sub(s, 1, 1));
	}
	end_surrogate(jp);
	n = json_utf8_whole(s);
	if (n != 0) {
		json_keep_whole(jp, span_sub(s, 0, n));
		return n;
	}
	if (begin_utf8(jp, s.p[0]))
		return 1;
	jp->st = ST_MALFORM;
	return 0;
}

/* The length of the escape at the front; 0 when it is wrong or not all of it
 * is there. */
static size_t
whole_escape(struct span s)
{
	size_t n = 2;

	if (s.p[1] != 'u')
		return json_escape_char(s.p[1]) < 0 ? 0 : n;
	while (n < 6 && n < s.n && json_hex_digit(s.p[n]) >= 0)
		n++;
	return n < 6 ? 0 : n;
}

/* The same in few steps for a string of which nothing is kept, as most are.
 * Stops at what needs a state. */
static size_t
skip_string(struct span s)
{
	size_t i = 0, n;

	for (;;) {
		struct span rest;

		i += json_plain_run(span_sub(s, i, s.n));
		rest = span_sub(s, i, s.n);
		if (rest.n < 2 || rest.p[0] == '"')
			return i;
		if (rest.p[0] == '\\')
			n = whole_escape(rest);
		else
			n = json_utf8_whole(rest);
		if (n == 0)
			return i;
		i += n;
	}
}

size_t
json_take_string(struct json_project *jp, struct span s)
{
	size_t i = jp->sink == JSON_SINK_NONE ? skip_string(s) : 0;

	while (i < s.n && jp->state == JSON_IN_STRING && jp->st == ST_OK) {
		struct span rest = span_sub(s, i, s.n);
		size_t run = json_plain_run(rest);

		if (run != 0) {
			end_surrogate(jp);
			json_keep_run(jp, span_sub(rest, 0, run));
		}
		i += run;
		if (i < s.n)
			i += take_special(jp, span_sub(s, i, s.n));
	}
	return i;
}

size_t
json_take_escape(struct json_project *jp, struct span s)
{
	int c;

	if (s.p[0] == 'u') {
		jp->state = JSON_IN_HEX;
		jp->hex_left = 4; /* which fill jp->hex anew */
		return 1;
	}
	end_surrogate(jp);
	c = json_escape_char(s.p[0]);
	if (c < 0) {
		jp->st = ST_MALFORM;
		return 0;
	}
	keep_code(jp, (uint32_t)c);
	jp->state = JSON_IN_STRING;
	return 1;
}

/* \uxxxx is complete. */
static void
keep_unit(struct json_project *jp, uint16_t unit)
{
	if (jp->surrogate != 0 && json_is_low(unit)) {
		keep_code(jp, json_pair(jp->surrogate, unit));
		jp->surrogate = 0;
		return;
	}
	end_surrogate(jp);
	if (json_is_high(unit))
		jp->surrogate = unit;
	else
		keep_code(jp, json_is_low(unit) ? JSON_REPLACEMENT : unit);
}

size_t
json_take_hex(struct json_project *jp, struct span s)
{
	size_t i = 0;

	while (i < s.n && jp->hex_left != 0) {
		int digit = json_hex_digit(s.p[i]);

		if (digit < 0) {
			jp->st = ST_MALFORM;
			return i;
		}
		jp->hex = (uint16_t)(jp->hex << 4 | digit);
		jp->hex_left--;
		i++;
	}
	if (jp->hex_left == 0) {
		keep_unit(jp, jp->hex);
		jp->state = JSON_IN_STRING;
	}
	return i;
}

size_t
json_take_utf8(struct json_project *jp, struct span s)
{
	size_t i = 0;

	while (i < s.n && jp->utf8_left != 0) {
		uint8_t c = s.p[i];

		if (c < jp->utf8_low || c > jp->utf8_high) {
			jp->st = ST_MALFORM;
			return i;
		}
		jp->utf8[jp->utf8_n++] = c;
		jp->utf8_low = 0x80;
		jp->utf8_high = 0xbf;
		jp->utf8_left--;
		i++;
	}
	if (jp->utf8_left == 0) {
		json_keep_whole(jp, (struct span){ jp->utf8, jp->utf8_n });
		jp->state = JSON_IN_STRING;
	}
	return i;
}
