/* SPDX-License-Identifier: MIT */
/*
 * IP addresses and host names in one normal form each, so that equal things
 * are equal texts.
 *
 * IPv4: four decimal numbers; leading zeros are refused, since some readers
 * take them for octal.  IPv6: RFC 4291, 2.2 in all three forms; a zone (%eth0)
 * is dropped; written as RFC 5952: small, no leading zeros, the first longest
 * run of two or more zero fields as "::", IPv4-mapped ones with a dotted end.
 */
#include "workunit/workunit_priv.h"

#define FIELD_COUNT 8u /* of 16 bits */

/* "://" is looked for so far. */
#define SCHEME_MAX_BYTES 32u

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static int
hex_digit(uint8_t c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* 0..255 without leading zeros. */
static bool
parse_octet(struct span s, uint8_t *octet)
{
	uint64_t v;

	if (s.n > 3 || (s.n > 1 && s.p[0] == '0') ||
	    span_to_u64(s, &v) != ST_OK || v > 255)
		return false;
	*octet = (uint8_t)v;
	return true;
}

static bool
parse_v4(struct span s, uint8_t octets[4])
{
	struct span part;
	unsigned n = 0;

	while (span_split(&s, '.', &part))
		if (n == 4 || !parse_octet(part, &octets[n++]))
			return false;
	return n == 4;
}

/* One to four hexadecimal digits. */
static bool
parse_field(struct span s, uint16_t *field)
{
	unsigned v = 0;

	if (s.n == 0 || s.n > 4)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		int digit = hex_digit(s.p[i]);

		if (digit < 0)
			return false;
		v = v << 4 | (unsigned)digit;
	}
	*field = (uint16_t)v;
	return true;
}

/* Fields with a colon between them; the last may be an IPv4 address where
 * `end` says that the address ends here.  Nothing at all is no field. */
static bool
parse_fields(struct span s, bool end, uint16_t fields[FIELD_COUNT], unsigned *n)
{
	struct span part;
	uint8_t v4[4];

	*n = 0;
	if (s.n == 0)
		return true;
	while (span_split(&s, ':', &part)) {
		bool last = end && s.p == NULL;

		if (*n < FIELD_COUNT && parse_field(part, &fields[*n])) {
			(*n)++;
			continue;
		}
		if (!last || *n + 2 > FIELD_COUNT || !parse_v4(part, v4))
			return false;
		fields[(*n)++] = (uint16_t)(v4[0] << 8 | v4[1]);
		fields[(*n)++] = (uint16_t)(v4[2] << 8 | v4[3]);
	}
	return true;
}

static size_t
find_gap(struct span s)
{
	for (size_t i = 0; i + 1 < s.n; i++)
		if (s.p[i] == ':' && s.p[i + 1] == ':')
			return i;
	return SIZE_MAX;
}

static bool
parse_v6(struct span s, uint16_t fields[FIELD_COUNT])
{
	size_t gap = find_gap(s);
	uint16_t tail[FIELD_COUNT];
	unsigned n, m;

	if (gap == SIZE_MAX)
		return s.n != 0 && parse_fields(s, true, fields, &n) &&
		    n == FIELD_COUNT;
	if (!parse_fields(span_sub(s, 0, gap), false, fields, &n) ||
	    !parse_fields(span_sub(s, gap + 2, s.n), true, tail, &m) ||
	    n + m >= FIELD_COUNT)
		return false;
	for (unsigned i = n; i < FIELD_COUNT; i++)
		fields[i] = i < FIELD_COUNT - m ? 0 :
						  tail[i - (FIELD_COUNT - m)];
	return true;
}

static void
put_v4(struct buf *b, const uint8_t octets[4])
{
	for (unsigned i = 0; i < 4; i++) {
		if (i != 0)
			buf_put_byte(b, '.');
		buf_put_u64(b, octets[i]);
	}
}

static void
put_field(struct buf *b, uint16_t field)
{
	static const char HEX[] = "0123456789abcdef";
	unsigned shift = 12;

	while (shift != 0 && field >> shift == 0)
		shift -= 4;
	for (;; shift -= 4) {
		buf_put_byte(b, (uint8_t)HEX[field >> shift & 15]);
		if (shift == 0)
			break;
	}
}

/* The first longest run of at least two zero fields. */
static void
find_zeros(const uint16_t fields[FIELD_COUNT], unsigned *from, unsigned *n)
{
	unsigned run = 0;

	*from = FIELD_COUNT;
	*n = 1;
	for (unsigned i = 0; i < FIELD_COUNT; i++) {
		run = fields[i] == 0 ? run + 1 : 0;
		if (run > *n) {
			*n = run;
			*from = i + 1 - run;
		}
	}
}

static void
put_v6(struct buf *b, const uint16_t fields[FIELD_COUNT])
{
	unsigned from, n, end = FIELD_COUNT;
	const uint8_t v4[4] = { (uint8_t)(fields[6] >> 8), (uint8_t)fields[6],
		(uint8_t)(fields[7] >> 8), (uint8_t)fields[7] };
	bool mapped;

	find_zeros(fields, &from, &n);
	mapped = from == 0 && n == 5 && fields[5] == 0xffff;
	if (mapped)
		end = 6;
	for (unsigned i = 0; i < end; i++) {
		if (i == from) {
			buf_put(b, SPAN_LIT("::"));
			i += n - 1;
			continue;
		}
		if (i != 0 && i != from + n)
			buf_put_byte(b, ':');
		put_field(b, fields[i]);
	}
	if (mapped) {
		buf_put_byte(b, ':');
		put_v4(b, v4);
	}
}

bool
workunit_address_put(struct buf *b, struct span text)
{
	uint16_t fields[FIELD_COUNT];
	uint8_t octets[4];

	text = span_trim(text);
	if (parse_v4(text, octets)) {
		put_v4(b, octets);
		return true;
	}
	text = span_sub(text, 0, span_find_byte(text, '%'));
	if (!parse_v6(text, fields))
		return false;
	put_v6(b, fields);
	return true;
}

/* Letters, digits, - and _, and whatever is not ASCII (names in their own
 * script). */
static bool
is_name_byte(uint8_t c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
	    c == '-' || c == '_' || c >= 0x80;
}

/* "10", "0x7f": the URL Standard takes a host that ends so for IPv4. */
static bool
is_number(struct span label)
{
	bool hex = label.n >= 2 && label.p[0] == '0' &&
	    (label.p[1] | 0x20) == 'x';

	for (size_t i = hex ? 2 : 0; i < label.n; i++)
		if (hex ? hex_digit(label.p[i]) < 0 : !is_digit(label.p[i]))
			return false;
	return true;
}

static bool
is_host_name(struct span s)
{
	struct span label = SPAN_NONE;

	if (s.n == 0 || s.n > WORKUNIT_NAME_MAX_BYTES)
		return false;
	while (span_split(&s, '.', &label)) {
		if (label.n == 0)
			return false;
		for (size_t i = 0; i < label.n; i++)
			if (!is_name_byte(label.p[i]))
				return false;
	}
	return !is_number(label);
}

bool
workunit_host_put(struct buf *b, struct span text)
{
	text = span_trim(text);
	if (text.n != 0 && text.p[text.n - 1] == '.')
		text.n--;
	if (!is_host_name(text))
		return false;
	buf_put_lower(b, text);
	return true;
}

/* Up to the first of the bytes that end the authority of a URL. */
static struct span
cut_authority(struct span s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] != '/' && s.p[n] != '?' && s.p[n] != '#' &&
	    s.p[n] != '\\')
		n++;
	return span_sub(s, 0, n);
}

static bool
is_port(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_digit(s.p[i]))
			return false;
	return true;
}

struct span
workunit_url_host(struct span url)
{
	size_t scheme = span_find_nocase(
	    span_sub(url, 0, SCHEME_MAX_BYTES), SPAN_LIT("://"));
	struct span s, host, rest;
	size_t at;

	/* A path or query may hold another URL; then this one has no scheme. */
	if (scheme > cut_authority(url).n)
		scheme = SIZE_MAX;
	s = cut_authority(scheme == SIZE_MAX ?
		span_trim(url) :
		span_sub(url, scheme + 3, url.n));
	if (scheme != SIZE_MAX)
		while ((at = span_find_byte(s, '@')) != SIZE_MAX)
			s = span_sub(s, at + 1, s.n);
	rest = s;
	if (!span_split(&rest, ':', &host) || !is_port(rest))
		return SPAN_NONE;
	/* "localhost", "mailto:…" or a bare word is no host without one. */
	if (scheme == SIZE_MAX && span_find_byte(host, '.') == SIZE_MAX)
		return SPAN_NONE;
	return host;
}
