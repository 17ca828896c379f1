/* SPDX-License-Identifier: MIT */
#include "base/span.h"

/* Well-formed, and not to be shown.  Sorted; what is above the last character
 * that Unicode can have belongs to it. */
static const struct {
	uint32_t first, last;
} HIDDEN[] = {
	{ 0x00, 0x1f },          /* C0 controls */
	{ 0x7f, 0xa0 },          /* DEL, C1 controls (0x9b is CSI), a blank */
	{ 0xad, 0xad },          /* soft hyphen */
	{ 0x61c, 0x61c },        /* Arabic letter mark (bidi) */
	{ 0x180e, 0x180e },      /* Mongolian vowel separator */
	{ 0x2000, 0x200f },      /* blanks, zero width, LRM, RLM */
	{ 0x2028, 0x202f },      /* separators, bidi embedding, a blank */
	{ 0x205f, 0x206f },      /* a blank, word joiner, bidi isolates */
	{ 0x3000, 0x3000 },      /* a blank */
	{ 0xd800, 0xf8ff },      /* surrogates; private use */
	{ 0xfeff, 0xfeff },      /* byte order mark */
	{ 0xfff0, 0xfffb },      /* interlinear annotation */
	{ 0xe0000, UINT32_MAX }, /* tags, variation selectors, private use */
};

static bool
is_hidden(uint32_t c)
{
	for (size_t i = 0; i < sizeof HIDDEN / sizeof HIDDEN[0]; i++)
		if (c >= HIDDEN[i].first && c <= HIDDEN[i].last)
			return true;
	return false;
}

size_t
span_printable(struct span s)
{
	static const uint32_t LEAST[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t c = s.p[0];
	size_t n = c < 0x80 ? 1 :
	    c < 0xc0        ? 0 :
	    c < 0xe0        ? 2 :
	    c < 0xf0        ? 3 :
			      4;

	if (n == 0 || n > s.n || c > 0xf4)
		return 0;
	if (n > 1)
		c &= 0x7fu >> n;
	for (size_t i = 1; i < n; i++) {
		if ((s.p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s.p[i] & 0x3fu);
	}
	return c < LEAST[n] || is_hidden(c) ? 0 : n;
}
