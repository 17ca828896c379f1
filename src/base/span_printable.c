/* SPDX-License-Identifier: MIT */
#include "base/span.h"

/* Well-formed, and not to be shown: what a reader would not see, or what a
 * terminal or log viewer would obey.  Unicode's Cc, Cf, Zl, Zp, Zs but for ' ',
 * and Co.  Sorted; what is above the last character that Unicode can have
 * belongs to the last row. */
/* clang-format off */
static const struct {
	uint32_t first, last;
} HIDDEN[] = {
	{ 0x00, 0x1f },       /* C0 controls */
	{ 0x7f, 0xa0 },       /* DEL, C1 controls (0x9b is CSI), a blank */
	{ 0xad, 0xad },       /* soft hyphen */
	{ 0x600, 0x605 },     /* Arabic number signs */
	{ 0x61c, 0x61c },     /* Arabic letter mark (bidi) */
	{ 0x6dd, 0x6dd },     { 0x70f, 0x70f },
	{ 0x890, 0x891 },     { 0x8e2, 0x8e2 },
	{ 0x1680, 0x1680 },   /* a blank */
	{ 0x180e, 0x180e },   /* Mongolian vowel separator */
	{ 0x2000, 0x200f },   /* blanks, zero width, LRM, RLM */
	{ 0x2028, 0x202f },   /* separators, bidi embedding, a blank */
	{ 0x205f, 0x206f },   /* a blank, word joiner, bidi isolates */
	{ 0x3000, 0x3000 },   /* a blank */
	{ 0xd800, 0xf8ff },   /* surrogates; private use */
	{ 0xfeff, 0xfeff },   /* byte order mark */
	{ 0xfff0, 0xfffb },   /* interlinear annotation */
	{ 0x110bd, 0x110bd }, { 0x110cd, 0x110cd },
	{ 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 },
	{ 0x1d173, 0x1d17a },
	{ 0xe0000, UINT32_MAX }, /* tags, variation selectors, private use */
};
/* clang-format on */

bool
span_is_hidden(uint32_t c)
{
	size_t n = sizeof HIDDEN / sizeof HIDDEN[0];

	for (size_t i = 0; i < n && c >= HIDDEN[i].first; i++)
		if (c <= HIDDEN[i].last)
			return true;
	return false;
}

/* How many bytes the lead byte of a character announces; 0: none does. */
static size_t
length_from_lead(uint8_t lead)
{
	if (lead < 0x80)
		return 1;
	if (lead < 0xc2) /* a continuation, or an overlong pair */
		return 0;
	if (lead < 0xe0)
		return 2;
	if (lead < 0xf0)
		return 3;
	return lead < 0xf5 ? 4 : 0;
}

bool
span_take_character(struct span *s, struct span *bytes, uint32_t *c)
{
	static const uint32_t LEAST[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = length_from_lead(s->p[0]);
	struct span one = span_sub(*s, 0, n);

	*c = s->p[0];
	if (n > 1)
		*c &= 0x7fu >> n;
	for (size_t i = 1; i < one.n; i++) {
		if ((one.p[i] & 0xc0) != 0x80)
			n = 0;
		*c = *c << 6 | (one.p[i] & 0x3fu);
	}
	if (n == 0 || one.n != n || *c < LEAST[n] || *c > 0x10ffff ||
	    (*c >= 0xd800 && *c <= 0xdfff)) {
		*c = s->p[0];
		(void)span_take(s, 1, bytes);
		return false;
	}
	return span_take(s, n, bytes);
}

size_t
span_printable(struct span s)
{
	struct span bytes;
	uint32_t c;

	return span_take_character(&s, &bytes, &c) && !span_is_hidden(c) ?
	    bytes.n :
	    0;
}
