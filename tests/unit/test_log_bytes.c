/* SPDX-License-Identifier: MIT */
/* Whatever bytes a value has: one clean line, from which a reader gets them
 * back. */
#define _GNU_SOURCE

#include "log_bench.h"

static unsigned
hex_of(const uint8_t *p, size_t n)
{
	char digits[9] = "";

	memcpy(digits, p, n);
	return (unsigned)strtoul(digits, NULL, 16);
}

/* UTF-8 of a character that is shown as an escape. */
static void
put_character(struct buf *b, unsigned c)
{
	if (c >= 0x10000) {
		buf_put_byte(b, (uint8_t)(0xf0 | c >> 18));
		buf_put_byte(b, (uint8_t)(0x80 | (c >> 12 & 63)));
		buf_put_byte(b, (uint8_t)(0x80 | (c >> 6 & 63)));
		buf_put_byte(b, (uint8_t)(0x80 | (c & 63)));
	} else if (c >= 0x800) {
		buf_put_byte(b, (uint8_t)(0xe0 | c >> 12));
		buf_put_byte(b, (uint8_t)(0x80 | (c >> 6 & 63)));
		buf_put_byte(b, (uint8_t)(0x80 | (c & 63)));
	} else if (c >= 0x80) {
		buf_put_byte(b, (uint8_t)(0xc0 | c >> 6));
		buf_put_byte(b, (uint8_t)(0x80 | (c & 63)));
	} else
		buf_put_byte(b, (uint8_t)c);
}

/* The reader's side: the bytes that the text between two quotes says.  Stops
 * at the closing quote; what follows it is *rest. */
static void
unquote(struct span quoted, struct buf *value, struct span *rest)
{
	size_t i = 1;

	cr_assert_eq(quoted.p[0], '"');
	while (i < quoted.n && quoted.p[i] != '"') {
		const uint8_t *p = quoted.p + i;

		if (p[0] != '\\') {
			buf_put_byte(value, p[0]);
			i++;
			continue;
		}
		i += 2;
		if (p[1] == 'n' || p[1] == 'r' || p[1] == 't')
			buf_put_byte(value,
			    p[1] == 'n'     ? '\n' :
				p[1] == 'r' ? '\r' :
					      '\t');
		else if (p[1] == 'x') {
			buf_put_byte(value, (uint8_t)hex_of(p + 2, 2));
			i += 2;
		} else if (p[1] == 'u' || p[1] == 'U') {
			size_t n = p[1] == 'u' ? 4 : 8;

			put_character(value, hex_of(p + 2, n));
			i += n;
		} else
			buf_put_byte(value, p[1]);
	}
	cr_assert(i < quoted.n, "no closing quote");
	*rest = span_sub(quoted, i + 1, quoted.n);
}

/* The value is on the line, whole or its beginning with the mark. */
static void
check_value(struct bench *t, struct span value, const char *why)
{
	static uint8_t room[LOG_LINE_MAX_BYTES];
	struct buf back = BUF_OVER(room);
	struct span line = said_value(t, value), rest;
	size_t at = span_find_nocase(line, SPAN_LIT(" v="));

	check_line(line, why);
	cr_assert_neq(at, SIZE_MAX, "%s", why);
	line = span_sub(line, at + 3, line.n);
	if (line.p[0] != '"') {
		cr_assert(span_has_prefix(line, value), "%s", why);
		return;
	}
	unquote(line, &back, &rest);
	if (back.n == value.n)
		cr_assert(span_eq(rest, SPAN_LIT("\n")), "%s", why);
	else
		cr_assert(span_eq(rest, SPAN_LIT(" cut=true\n")), "%s", why);
	cr_assert(span_has_prefix(value, span_of(&back)), "%s", why);
}

Test(log, every_pair_of_bytes_is_one_clean_line_that_says_them)
{
	struct bench t;
	uint8_t pair[2];

	set_up(&t, LOG_LEVEL_INFO);
	for (unsigned i = 0; i < 65536; i++) {
		t.log.milli_lines = 1000;
		pair[0] = (uint8_t)(i >> 8);
		pair[1] = (uint8_t)i;
		/* All below 0x20 behave alike: a few of them are enough. */
		if (pair[0] > 0x20 && pair[0] < 0x7e && i % 7 != 0)
			continue;
		check_value(&t, (struct span){ pair, 2 }, "a pair");
	}
}

Test(log, every_character_is_one_clean_line_that_says_it)
{
	struct bench t;
	uint8_t room[4];

	set_up(&t, LOG_LEVEL_INFO);
	for (unsigned c = 0; c <= 0x10ffff; c += c < 0x3100 ? 1 : 251) {
		struct buf b = BUF_OVER(room);

		t.log.milli_lines = 1000;
		put_character(&b, c);
		check_value(&t, span_of(&b), "a character");
	}
}

Test(log, random_bytes_of_every_length_are_one_clean_line_that_says_them)
{
	static uint8_t value[1500];
	static const uint8_t LIKELY[] = { '\n', '\r', 0, 0x1b, '"', '\\', 0xe2,
		0x80, 0xa8, 0xae, 0xc2, 0x9b, 0xf0, 0x9f, '%', 'a' };
	struct bench t;
	uint32_t seed = 1;

	set_up(&t, LOG_LEVEL_INFO);
	for (size_t n = 0; n < sizeof value; n += 1 + n / 50) {
		for (size_t i = 0; i < n; i++) {
			seed = seed * 1664525u + 1013904223u;
			value[i] = seed >> 31 ? (uint8_t)(seed >> 16) :
						LIKELY[seed >> 16 & 15];
		}
		t.log.milli_lines = 1000;
		check_value(&t, (struct span){ value, n }, "random");
	}
}
