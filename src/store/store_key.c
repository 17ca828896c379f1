/* SPDX-License-Identifier: MIT */
/*
 * A key is what the trees of incidents, entries and set-aside ones are sorted
 * by, so it is short, and the same for a name in any case:
 *
 *	+-----------------------+--------------------------------+
 *	| 2 * ws + is_text      | the 16 bytes of a GUID, or,    |
 *	| 1 byte up to 240,     | is_text, the name in lower     |
 *	| else 2 bytes          | case                           |
 *	+-----------------------+--------------------------------+
 *
 * Number v above 240 is 241 + (v - 241) / 256, then (v - 241) % 256: longer
 * numbers sort behind shorter ones and no number begins another, so that the
 * keys of one workspace stand together.
 */
#include "store/store_priv.h"

#include <assert.h>
#include <string.h>

#define ONE_BYTE_MAX 240u
#define NUMBER_MAX   (2 * STORE_WORKSPACE_MAX_COUNT + 2)

static_assert(ONE_BYTE_MAX + 1 + (NUMBER_MAX - ONE_BYTE_MAX - 1) / 256 <= 255,
    "a number is at most two bytes");

struct span
store_key_span(const struct store_key *key)
{
	return (struct span){ key->b, key->n };
}

static void
put_number(struct buf *b, uint32_t v)
{
	if (v <= ONE_BYTE_MAX) {
		buf_put_byte(b, (uint8_t)v);
		return;
	}
	v -= ONE_BYTE_MAX + 1;
	buf_put_byte(b, (uint8_t)(ONE_BYTE_MAX + 1 + v / 256));
	buf_put_byte(b, (uint8_t)(v % 256));
}

enum st
store_key_make(struct store_key *key, uint32_t ws, struct span name)
{
	struct buf b = BUF_OVER(key->b);
	struct uuid guid;

	if (ws < 1 || ws > STORE_WORKSPACE_MAX_COUNT || name.n < 1 ||
	    name.n > STORE_NAME_MAX_BYTES)
		return ST_MALFORM;
	if (uuid_parse(name, &guid) == ST_OK) {
		put_number(&b, 2 * ws);
		buf_put(&b, (struct span){ guid.b, sizeof guid.b });
	} else {
		put_number(&b, 2 * ws + 1);
		buf_put_lower(&b, name);
	}
	key->n = b.n;
	return ST_OK;
}

enum st
store_key_range(uint32_t ws, struct store_key *low, struct store_key *high)
{
	struct buf from = BUF_OVER(low->b);
	struct buf to = BUF_OVER(high->b);

	if (ws < 1 || ws > STORE_WORKSPACE_MAX_COUNT)
		return ST_MALFORM;
	put_number(&from, 2 * ws);
	put_number(&to, 2 * ws + 2);
	low->n = from.n;
	high->n = to.n;
	return ST_OK;
}

void
store_key_name(struct span key, char name[STORE_NAME_MAX_BYTES + 1])
{
	struct buf b = { (uint8_t *)name, 0, STORE_NAME_MAX_BYTES, false };
	struct span number, second;
	struct uuid guid;
	bool is_text;

	name[0] = '\0';
	if (!span_take(&key, 1, &number))
		return;
	is_text = number.p[0] % 2 != 0;
	if (number.p[0] > ONE_BYTE_MAX) {
		if (!span_take(&key, 1, &second))
			return;
		is_text = second.p[0] % 2 == 0; /* 241 is odd, see above */
	}
	if (is_text)
		buf_put(&b, key);
	else if (key.n == sizeof guid.b) {
		memcpy(guid.b, key.p, sizeof guid.b);
		uuid_write(&b, &guid);
	}
	name[b.n] = '\0';
}
