/* SPDX-License-Identifier: MIT */
/* hex.h - vectors as they are printed in RFCs: digits, blanks anywhere. */
#ifndef TESTS_UNIT_HEX_H
#define TESTS_UNIT_HEX_H

#include <criterion/criterion.h>

#include "base/span.h"

/* The bytes that `text` says, in `room`. */
static inline struct span
hex_bytes(const char *text, uint8_t *room, size_t size)
{
	size_t digits = 0;

	for (; *text != '\0'; text++) {
		unsigned v;

		if (*text == ' ')
			continue;
		v = (unsigned)(*text <= '9' ? *text - '0' : *text - 'a' + 10);
		cr_assert(v < 16 && digits / 2 < size);
		room[digits / 2] = (uint8_t)(digits % 2 == 0 ?
			v << 4 :
			room[digits / 2] | v);
		digits++;
	}
	cr_assert_eq(digits % 2, 0);
	return (struct span){ room, digits / 2 };
}

/* Are they the bytes of `text`?  At most 1 KiB. */
static inline bool
hex_is(struct span bytes, const char *text)
{
	uint8_t room[1024];

	return span_eq(bytes, hex_bytes(text, room, sizeof room));
}

#endif
