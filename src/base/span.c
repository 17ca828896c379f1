/* SPDX-License-Identifier: MIT */
/* See span.h.  Every function here touches only [p, p + n). */
#include "base/span.h"

#include <assert.h>
#include <string.h>

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

struct span
span_str(const char *s)
{
	return (struct span){ (const uint8_t *)s, strlen(s) };
}

bool
span_eq(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool
span_eq_nocase(struct span a, struct span b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

int
span_compare(struct span a, struct span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n == 0 ? 0 : memcmp(a.p, b.p, n);

	if (order != 0)
		return order < 0 ? -1 : 1;
	return a.n < b.n ? -1 : a.n > b.n;
}

bool
span_has_prefix(struct span s, struct span prefix)
{
	return s.n >= prefix.n && span_eq(span_sub(s, 0, prefix.n), prefix);
}

bool
span_has_suffix(struct span s, struct span suffix)
{
	return s.n >= suffix.n &&
	    span_eq(span_sub(s, s.n - suffix.n, suffix.n), suffix);
}

size_t
span_find_nocase(struct span s, struct span needle)
{
	if (needle.n > s.n)
		return SIZE_MAX;
	for (size_t i = 0; i + needle.n <= s.n; i++)
		if (span_eq_nocase(span_sub(s, i, needle.n), needle))
			return i;
	return SIZE_MAX;
}

size_t
span_find_byte(struct span s, uint8_t c)
{
	const uint8_t *at = s.n == 0 ? NULL : memchr(s.p, c, s.n);

	return at == NULL ? SIZE_MAX : (size_t)(at - s.p);
}

bool
span_split(struct span *s, uint8_t c, struct span *head)
{
	size_t at;

	if (s->p == NULL)
		return false;
	at = span_find_byte(*s, c);
	if (at == SIZE_MAX) {
		*head = *s;
		*s = SPAN_NONE;
		return true;
	}
	*head = span_sub(*s, 0, at);
	*s = span_sub(*s, at + 1, s->n);
	return true;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct span
span_trim(struct span s)
{
	while (s.n != 0 && is_blank(s.p[0]))
		s = span_sub(s, 1, s.n);
	while (s.n != 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

enum st
span_to_u64(struct span s, uint64_t *value)
{
	uint64_t v = 0;

	if (s.n == 0)
		return ST_MALFORM;
	for (size_t i = 0; i < s.n; i++) {
		unsigned digit = (unsigned)s.p[i] - '0';

		if (digit > 9 || v > (UINT64_MAX - digit) / 10)
			return ST_MALFORM;
		v = v * 10 + digit;
	}
	*value = v;
	return ST_OK;
}

enum st
span_to_str(struct span s, char *text, size_t size)
{
	assert(size != 0);
	text[0] = '\0';
	if (s.n >= size)
		return ST_FULL;
	if (span_find_byte(s, 0) != SIZE_MAX)
		return ST_MALFORM;
	if (s.n != 0)
		memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	return ST_OK;
}

uint8_t *
buf_claim(struct buf *b, size_t n)
{
	uint8_t *at;

	assert(b->n <= b->cap);
	if (b->cut || n > b->cap - b->n) {
		b->cut = true;
		return NULL;
	}
	at = b->p + b->n;
	b->n += n;
	return at;
}

void
buf_put(struct buf *b, struct span s)
{
	uint8_t *at;

	if (s.n != 0 && (at = buf_claim(b, s.n)) != NULL)
		memcpy(at, s.p, s.n);
}

void
buf_put_str(struct buf *b, const char *s)
{
	buf_put(b, span_str(s));
}

void
buf_put_u64(struct buf *b, uint64_t value)
{
	uint8_t digits[20]; /* 2^64 - 1 has 20 digits */
	size_t i = sizeof digits;

	do {
		digits[--i] = (uint8_t)('0' + value % 10);
		value /= 10;
	} while (value != 0);
	buf_put(b, (struct span){ digits + i, sizeof digits - i });
}

void
buf_put_i64(struct buf *b, int64_t value)
{
	size_t start = b->n;

	if (value < 0) {
		buf_put_byte(b, '-');
		buf_put_u64(b, 0 - (uint64_t)value);
	} else
		buf_put_u64(b, (uint64_t)value);
	if (b->cut)
		b->n = start;
}

void
buf_put_hex(struct buf *b, struct span s)
{
	static const char HEX[] = "0123456789abcdef";
	/* A length that cannot be doubled is one that cannot fit. */
	uint8_t *at = buf_claim(b, s.n > SIZE_MAX / 2 ? SIZE_MAX : s.n * 2);

	for (size_t i = 0; at != NULL && i < s.n; i++) {
		at[2 * i] = (uint8_t)HEX[s.p[i] >> 4];
		at[2 * i + 1] = (uint8_t)HEX[s.p[i] & 15];
	}
}

void
buf_put_lower(struct buf *b, struct span s)
{
	uint8_t *at = buf_claim(b, s.n);

	for (size_t i = 0; at != NULL && i < s.n; i++)
		at[i] = lower(s.p[i]);
}

static bool
is_unreserved(uint8_t c)
{
	return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') ||
	    c == '-' || c == '.' || c == '_' || c == '~';
}

void
buf_put_percent(struct buf *b, struct span s)
{
	static const char HEX[] = "0123456789ABCDEF";
	size_t start = b->n;

	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		const uint8_t code[3] = { '%', (uint8_t)HEX[c >> 4],
			(uint8_t)HEX[c & 15] };

		if (is_unreserved(c))
			buf_put_byte(b, c);
		else
			buf_put(b, (struct span){ code, sizeof code });
	}
	if (b->cut)
		b->n = start;
}

void
buf_rewind(struct buf *b, size_t n)
{
	assert(n <= b->n);
	b->n = n;
}

void
buf_reset(struct buf *b)
{
	b->n = 0;
	b->cut = false;
}

const char *
buf_str(struct buf *b)
{
	if (b->cut || b->n >= b->cap)
		return "";
	b->p[b->n] = 0;
	return (const char *)b->p;
}

void
wipe(void *p, size_t n)
{
	if (n != 0)
		memset(p, 0, n);
	__asm__ volatile("" : : "r"(p) : "memory");
}
