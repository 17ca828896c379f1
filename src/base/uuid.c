/* SPDX-License-Identifier: MIT */
#include "base/uuid.h"

static bool
hex_value(uint8_t c, uint8_t *value)
{
	if (c >= '0' && c <= '9')
		*value = (uint8_t)(c - '0');
	else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		*value = (uint8_t)((c | 0x20) - 'a' + 10);
	else
		return false;
	return true;
}

static bool
is_dash_place(size_t i)
{
	return i == 8 || i == 13 || i == 18 || i == 23;
}

enum st
uuid_parse(struct span s, struct uuid *u)
{
	struct uuid out;
	size_t digits = 0;

	if (s.n != UUID_TEXT_BYTES)
		return ST_MALFORM;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t v;

		if (is_dash_place(i)) {
			if (s.p[i] != '-')
				return ST_MALFORM;
			continue;
		}
		if (!hex_value(s.p[i], &v))
			return ST_MALFORM;
		out.b[digits / 2] = (uint8_t)(digits % 2 == 0 ?
			v << 4 :
			out.b[digits / 2] | v);
		digits++;
	}
	*u = out;
	return ST_OK;
}

bool
uuid_is_text(struct span s)
{
	struct uuid u;

	return uuid_parse(s, &u) == ST_OK;
}

void
uuid_write(struct buf *b, const struct uuid *u)
{
	static const uint8_t GROUP[] = { 4, 2, 2, 2, 6 };
	struct span rest = { u->b, sizeof u->b };
	struct span group;

	for (size_t i = 0; i < sizeof GROUP; i++) {
		if (i != 0)
			buf_put_byte(b, '-');
		if (span_take(&rest, GROUP[i], &group))
			buf_put_hex(b, group);
	}
}
