/* SPDX-License-Identifier: MIT */
/*
 * uuid.h - sixteen bytes and their text, RFC 9562.
 * Version 5 ids are made by seal (they need SHA-1).
 */
#ifndef BASE_UUID_H
#define BASE_UUID_H

#include "base/span.h"

struct uuid {
	uint8_t b[16];
};

#define UUID_TEXT_BYTES 36u

/* 8-4-4-4-12 hexadecimal digits of either case.  ST_MALFORM, and *u
 * untouched, for anything else. */
enum st uuid_parse(struct span s, struct uuid *u) MUST_CHECK;

bool uuid_is_text(struct span s);

/* The 36 lower-case characters. */
void uuid_write(struct buf *b, const struct uuid *u);

#endif
