/* SPDX-License-Identifier: MIT */
/*
 * Canonical text: see json.h for what it is.
 *
 *	code point          canonical      from the wire also
 *	0x08 0x09 0x0a      \b \t \n       \u0008 …
 *	0x0c 0x0d           \f \r
 *	other below 0x20    \u00xx         \u00XX
 *	" and \             \" and \\      \u0022 …
 *	all others          UTF-8          \uxxxx, \/, pairs of surrogates
 *
 * Every code point has exactly one canonical form, so equal strings have equal
 * texts, and none of the forms holds a letter that A-Z to a-z would change.
 */
#define _GNU_SOURCE /* le64toh */
#include "json/json_priv.h"

#include <endian.h>
#include <string.h>

/* The same byte eight times. */
#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/*
 * Eight bytes at a time.  The top bit of each byte of `odd` tells whether that
 * byte ends the run: x - 0x20 borrows for controls; x ^ '"' and x ^ '\\' are 0
 * only for these, and 0 - 1 borrows; from 0x80 the bit is there already.  A
 * borrow can spoil only bytes behind a true one, and the first one counts.
 */
size_t
json_plain_run(struct span s)
{
	size_t i = 0;

	for (; s.n - i >= 8; i += 8) {
		uint64_t x, odd;

		memcpy(&x, s.p + i, sizeof x);
		x = le64toh(x);
		odd = (x | (x - EACH(0x20u)) | ((x ^ EACH(0x22u)) - EACH(1u)) |
			  ((x ^ EACH(0x5cu)) - EACH(1u))) &
		    EACH(0x80u);
		if (odd != 0)
			return i + (size_t)__builtin_ctzll(odd) / 8;
	}
	while (i < s.n && s.p[i] >= 0x20 && s.p[i] < 0x80 && s.p[i] != '"' &&
	    s.p[i] != '\\')
		i++;
	return i;
}

int
json_hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Letters and what they stand for; "/" is read but not written. */
static const uint8_t ESCAPE[][2] = {
	{ '"', '"' },
	{ '\\', '\\' },
	{ 'n', '\n' },
	{ 'r', '\r' },
	{ 't', '\t' },
	{ 'b', '\b' },
	{ 'f', '\f' },
	{ '/', '/' },
};

#define ESCAPE_COUNT (sizeof ESCAPE / sizeof *ESCAPE)

int
json_escape_char(uint8_t letter)
{
	for (size_t i = 0; i < ESCAPE_COUNT; i++)
		if (ESCAPE[i][0] == letter)
			return ESCAPE[i][1];
	return -1;
}

bool
json_utf8_lead(struct json_utf8 *u, uint8_t c)
{
	*u = (struct json_utf8){ 0, 0x80, 0xbf };
	if (c >= 0xc2 && c <= 0xdf) {
		u->left = 1;
	} else if (c >= 0xe0 && c <= 0xef) {
		u->left = 2;
		if (c == 0xe0)
			u->low = 0xa0; /* below: two bytes are enough */
		if (c == 0xed)
			u->high = 0x9f; /* above: surrogates */
	} else if (c >= 0xf0 && c <= 0xf4) {
		u->left = 3;
		if (c == 0xf0)
			u->low = 0x90; /* below: three bytes are enough */
		if (c == 0xf4)
			u->high = 0x8f; /* above: beyond U+10FFFF */
	}
	return u->left != 0;
}

size_t
json_utf8_char(uint8_t out[4], uint32_t code)
{
	static const uint8_t LEAD[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t n = 1;

	if (code >= 0x80)
		n = code < 0x800 ? 2 : 3;
	if (code >= 0x10000)
		n = 4;
	for (size_t i = n - 1; i > 0; i--) {
		out[i] = (uint8_t)(0x80 | (code & 0x3f));
		code >>= 6;
	}
	out[0] = (uint8_t)(LEAD[n] | code);
	return n;
}

size_t
json_canonical_char(uint8_t out[6], uint32_t code)
{
	static const char HEX[] = "0123456789abcdef";

	if (code >= 0x20 && code != '"' && code != '\\')
		return json_utf8_char(out, code);
	out[0] = '\\';
	for (size_t i = 0; i < ESCAPE_COUNT; i++)
		if (ESCAPE[i][1] == code) {
			out[1] = ESCAPE[i][0];
			return 2;
		}
	out[1] = 'u';
	out[2] = '0';
	out[3] = '0';
	out[4] = (uint8_t)HEX[code >> 4];
	out[5] = (uint8_t)HEX[code & 15];
	return 6;
}

bool
json_is_high(uint32_t unit)
{
	return unit >= 0xd800 && unit <= 0xdbff;
}

bool
json_is_low(uint32_t unit)
{
	return unit >= 0xdc00 && unit <= 0xdfff;
}

uint32_t
json_pair(uint16_t high, uint16_t low)
{
	return 0x10000u + ((uint32_t)(high & 0x3ffu) << 10) + (low & 0x3ffu);
}

/* The unit of an escape \uxxxx at the front of `s`, which is then taken off.
 * False, and *s untouched, for anything else. */
static bool
take_unit(struct span *s, uint16_t *unit)
{
	uint16_t value = 0;

	if (s->n < 6 || s->p[0] != '\\' || s->p[1] != 'u')
		return false;
	for (size_t i = 2; i < 6; i++) {
		int digit = json_hex_digit(s->p[i]);

		if (digit < 0)
			return false;
		value = (uint16_t)(value << 4 | digit);
	}
	*s = span_sub(*s, 6, s->n);
	*unit = value;
	return true;
}

/* The code point of the escape at the front of `s`, which is taken off.  False
 * when it is none: the checker lets no such text through. */
static bool
take_code(struct span *s, uint32_t *code)
{
	struct span rest;
	uint16_t unit, low;
	int c;

	if (take_unit(s, &unit)) {
		rest = *s;
		if (json_is_high(unit) && take_unit(&rest, &low) &&
		    json_is_low(low)) {
			*s = rest;
			*code = json_pair(unit, low);
		} else if (json_is_high(unit) || json_is_low(unit))
			*code = JSON_REPLACEMENT;
		else
			*code = unit;
		return true;
	}
	if (s->n < 2 || (c = json_escape_char(s->p[1])) < 0)
		return false;
	*s = span_sub(*s, 2, s->n);
	*code = (uint32_t)c;
	return true;
}

void
json_decode(struct buf *b, struct span inside)
{
	size_t start = b->n;
	uint32_t code;
	uint8_t text[4];
	size_t n;

	while (inside.n != 0) {
		n = span_find_byte(inside, '\\');
		if (n > inside.n)
			n = inside.n;
		buf_put(b, span_sub(inside, 0, n));
		inside = span_sub(inside, n, inside.n);
		if (inside.n == 0 || !take_code(&inside, &code))
			break;
		n = json_utf8_char(text, code);
		buf_put(b, (struct span){ text, n });
	}
	if (b->cut)
		buf_rewind(b, start);
}

/* How many bytes at the front are the beginning of a character of several
 * bytes, at least 1.  *whole tells whether all of it is there and valid. */
static size_t
char_length(struct span s, bool *whole)
{
	struct json_utf8 u;
	size_t n = 1;

	*whole = false;
	if (!json_utf8_lead(&u, s.p[0]))
		return n;
	while (u.left != 0 && n < s.n && s.p[n] >= u.low && s.p[n] <= u.high) {
		u.low = 0x80;
		u.high = 0xbf;
		u.left--;
		n++;
	}
	*whole = u.left == 0;
	return n;
}

size_t
json_utf8_whole(struct span s)
{
	bool whole;
	size_t n = char_length(s, &whole);

	return whole ? n : 0;
}

void
json_encode(struct buf *b, struct span utf8)
{
	size_t start = b->n;
	uint8_t text[6];
	size_t n;
	bool whole;

	while (utf8.n != 0) {
		n = json_plain_run(utf8);
		if (n == 0 && utf8.p[0] >= 0x80) {
			n = char_length(utf8, &whole);
			if (whole)
				buf_put(b, span_sub(utf8, 0, n));
			else
				buf_put(b, SPAN_LIT("\xef\xbf\xbd"));
		} else if (n == 0) {
			n = json_canonical_char(text, utf8.p[0]);
			buf_put(b, (struct span){ text, n });
			n = 1;
		} else
			buf_put(b, span_sub(utf8, 0, n));
		utf8 = span_sub(utf8, n, utf8.n);
	}
	if (b->cut)
		buf_rewind(b, start);
}

/* The length of the character or escape at the front of a canonical text. */
static size_t
step(struct span s)
{
	uint8_t c = s.p[0];

	if (c == '\\')
		return s.n > 1 && s.p[1] == 'u' ? 6 : 2;
	if (c < 0xc0)
		return 1;
	if (c < 0xe0)
		return 2;
	return c < 0xf0 ? 3 : 4;
}

struct span
json_cut(struct span canonical, size_t max)
{
	size_t n = 0, next = 0;

	if (canonical.n <= max)
		return canonical;
	while (next <= max) {
		n = next;
		next += step(span_sub(canonical, n, canonical.n));
	}
	return span_sub(canonical, 0, n);
}
