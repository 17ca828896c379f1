/* SPDX-License-Identifier: MIT */
/*
 * An incident's row is kept for ever, so it is packed: about 23 bytes beside
 * its key for an incident that was delivered as it was read.
 *
 *	head        1   what follows and what is equal, see below
 *	modified    v   ticks since 2020
 *	content     4
 *	status, severity, delivered_enrichment   1 each
 *	version            v   unless HEAD_VERSION_IS_MODIFIED: less modified
 *	delivered_version  v   only if HEAD_DELIVERED_OTHER: less version
 *	delivered_status   1   unless HEAD_DELIVERED_STATUS_IS_STATUS
 *	closed_at          v   only if HEAD_CLOSED_OTHER: modified less it
 *	flags              1   only if HEAD_FLAGS
 *	text               v   only if HEAD_TEXT: the row of its entry
 *	changes, newest first, up to the check:
 *	    at      v   time from it to the one before (the first: to modified)
 *	    status  1
 *	check       4   CRC-32C of the key and of all before
 *
 * v is a difference, signed and wrapping, so that any two 64-bit numbers have
 * one: zigzag (0, -1, 1, -2, …), then 7 bits a byte, low ones first, 1 to 10
 * bytes.  Ticks from 2020 to 2134 are 8 of them.
 */
#include "store/store_priv.h"

#include <assert.h>
#include <string.h>

#include "seal/seal.h"

#define EPOCH_2020 UINT64_C(132223104000000000)

#define HEAD_VERSION_IS_MODIFIED        0x01u
#define HEAD_DELIVERED_IS_VERSION       0x02u
#define HEAD_DELIVERED_OTHER            0x04u /* neither of both: never */
#define HEAD_CLOSED_IS_MODIFIED         0x08u
#define HEAD_CLOSED_OTHER               0x10u /* neither of both: not closed */
#define HEAD_DELIVERED_STATUS_IS_STATUS 0x20u
#define HEAD_FLAGS                      0x40u
#define HEAD_TEXT                       0x80u

#define NUMBER_MAX_BYTES 10u
#define CHECK_BYTES      4u

/* head, modified, content, three small ones, four differences, two small
 * ones, check; then the changes. */
static_assert(1 + NUMBER_MAX_BYTES + 4 + 3 + 4 * NUMBER_MAX_BYTES + 2 +
	    CHECK_BYTES + (NUMBER_MAX_BYTES + 1) * STORE_CHANGE_MAX_COUNT <=
	STORE_ROW_MAX_BYTES,
    "the largest row fits");
/* Beyond this SQLite splits a row of a page of 4096 over a second page. */
static_assert(STORE_ROW_MAX_BYTES + STORE_KEY_MAX_BYTES <= 1000,
    "a row stays in one page");

void
store_put_le(struct buf *out, uint64_t value, unsigned bytes)
{
	assert(bytes >= 1 && bytes <= 8);
	for (unsigned i = 0; i < bytes; i++)
		buf_put_byte(out, (uint8_t)(value >> (8 * i)));
}

bool
store_take_le(struct span *s, unsigned bytes, uint64_t *value)
{
	struct span head;

	assert(bytes >= 1 && bytes <= 8);
	*value = 0;
	if (!span_take(s, bytes, &head))
		return false;
	for (unsigned i = 0; i < bytes; i++)
		*value |= (uint64_t)head.p[i] << (8 * i);
	return true;
}

/* The difference a - b as v. */
static void
put_difference(struct buf *out, uint64_t a, uint64_t b)
{
	uint64_t d = a - b;
	uint64_t v = d << 1 ^ (d >> 63 != 0 ? UINT64_MAX : 0);

	while (v > 0x7f) {
		buf_put_byte(out, (uint8_t)(v | 0x80));
		v >>= 7;
	}
	buf_put_byte(out, (uint8_t)v);
}

/* *d is the difference, to be added to b. */
static bool
take_difference(struct span *s, uint64_t *d)
{
	uint64_t v = 0, part;

	for (unsigned shift = 0; shift < 7 * NUMBER_MAX_BYTES; shift += 7) {
		if (!store_take_le(s, 1, &part))
			return false;
		v |= (part & 0x7f) << shift;
		if (part <= 0x7f) {
			*d = v >> 1 ^ (v % 2 != 0 ? UINT64_MAX : 0);
			return true;
		}
	}
	return false;
}

static bool
take_byte(struct span *s, uint8_t *value)
{
	uint64_t v;
	bool taken = store_take_le(s, 1, &v);

	*value = (uint8_t)v;
	return taken;
}

static unsigned
head_of(const struct store_row *row)
{
	const struct store_incident *inc = &row->inc;
	unsigned head = 0;

	if (inc->version == (uint64_t)inc->modified)
		head |= HEAD_VERSION_IS_MODIFIED;
	if (inc->delivered_version == inc->version)
		head |= HEAD_DELIVERED_IS_VERSION;
	else if (inc->delivered_version != 0)
		head |= HEAD_DELIVERED_OTHER;
	if (inc->closed_at == inc->modified)
		head |= HEAD_CLOSED_IS_MODIFIED;
	else if (inc->closed_at != 0)
		head |= HEAD_CLOSED_OTHER;
	if (inc->delivered_status == inc->status)
		head |= HEAD_DELIVERED_STATUS_IS_STATUS;
	if (inc->flags != 0)
		head |= HEAD_FLAGS;
	if (row->text != 0)
		head |= HEAD_TEXT;
	return head;
}

static uint32_t
check_of(const struct store_key *key, struct span packed)
{
	return seal_crc32c(seal_crc32c(0, store_key_span(key)), packed);
}

void
store_pack_row(
    struct buf *out, const struct store_key *key, const struct store_row *row)
{
	const struct store_incident *inc = &row->inc;
	unsigned head = head_of(row);
	uint64_t modified = (uint64_t)inc->modified, before = modified;
	size_t start = out->n;

	assert(row->change_count <= STORE_CHANGE_MAX_COUNT);
	buf_put_byte(out, (uint8_t)head);
	put_difference(out, modified, EPOCH_2020);
	store_put_le(out, inc->content, 4);
	buf_put_byte(out, inc->status);
	buf_put_byte(out, inc->severity);
	buf_put_byte(out, inc->delivered_enrichment);
	if ((head & HEAD_VERSION_IS_MODIFIED) == 0)
		put_difference(out, inc->version, modified);
	if ((head & HEAD_DELIVERED_OTHER) != 0)
		put_difference(out, inc->delivered_version, inc->version);
	if ((head & HEAD_DELIVERED_STATUS_IS_STATUS) == 0)
		buf_put_byte(out, inc->delivered_status);
	if ((head & HEAD_CLOSED_OTHER) != 0)
		put_difference(out, modified, (uint64_t)inc->closed_at);
	if ((head & HEAD_FLAGS) != 0)
		buf_put_byte(out, inc->flags);
	if ((head & HEAD_TEXT) != 0)
		put_difference(out, (uint64_t)row->text, 0);
	for (size_t i = row->change_count; i > 0; i--) {
		put_difference(out, before, (uint64_t)row->change[i - 1].at);
		buf_put_byte(out, row->change[i - 1].status);
		before = (uint64_t)row->change[i - 1].at;
	}
	store_put_le(out,
	    check_of(key, span_sub(span_of(out), start, SIZE_MAX)),
	    CHECK_BYTES);
	assert(!out->cut);
}

/* What stands between head and flags; false when it is not whole. */
static bool
unpack_versions(struct span *s, unsigned head, struct store_incident *inc)
{
	uint64_t d = 0;

	if ((head & HEAD_VERSION_IS_MODIFIED) == 0 && !take_difference(s, &d))
		return false;
	inc->version = (uint64_t)inc->modified + d;
	if ((head & HEAD_DELIVERED_IS_VERSION) != 0)
		inc->delivered_version = inc->version;
	if ((head & HEAD_DELIVERED_OTHER) != 0) {
		if (!take_difference(s, &d))
			return false;
		inc->delivered_version = inc->version + d;
	}
	inc->delivered_status = inc->status;
	if ((head & HEAD_DELIVERED_STATUS_IS_STATUS) == 0 &&
	    !take_byte(s, &inc->delivered_status))
		return false;
	if ((head & HEAD_CLOSED_IS_MODIFIED) != 0)
		inc->closed_at = inc->modified;
	if ((head & HEAD_CLOSED_OTHER) != 0) {
		if (!take_difference(s, &d))
			return false;
		inc->closed_at = (int64_t)((uint64_t)inc->modified - d);
	}
	return true;
}

/* All but the changes. */
static bool
unpack_incident(struct span *s, struct store_row *row)
{
	struct store_incident *inc = &row->inc;
	uint64_t d, content;
	uint8_t head;

	if (!take_byte(s, &head) || !take_difference(s, &d) ||
	    !store_take_le(s, 4, &content) || !take_byte(s, &inc->status) ||
	    !take_byte(s, &inc->severity) ||
	    !take_byte(s, &inc->delivered_enrichment))
		return false;
	inc->modified = (int64_t)(EPOCH_2020 + d);
	inc->content = (uint32_t)content;
	if (!unpack_versions(s, head, inc) ||
	    ((head & HEAD_FLAGS) != 0 && !take_byte(s, &inc->flags)))
		return false;
	if ((head & HEAD_TEXT) == 0)
		return true;
	if (!take_difference(s, &d))
		return false;
	row->text = (int64_t)d;
	return true;
}

/* Newest first in the row, oldest first in memory. */
static bool
unpack_changes(struct span *s, struct store_row *row)
{
	struct store_change newest[STORE_CHANGE_MAX_COUNT];
	uint64_t at = (uint64_t)row->inc.modified, d;
	size_t n = 0;

	while (s->n != 0) {
		if (n == STORE_CHANGE_MAX_COUNT || !take_difference(s, &d) ||
		    !take_byte(s, &newest[n].status))
			return false;
		at -= d;
		newest[n++].at = (int64_t)at;
	}
	for (size_t i = 0; i < n; i++)
		row->change[i] = newest[n - 1 - i];
	row->change_count = n;
	return true;
}

enum st
store_unpack_row(
    struct span packed, const struct store_key *key, struct store_row *row)
{
	struct span rest = packed, s;
	uint64_t check;

	memset(row, 0, sizeof *row);
	if (packed.n >= CHECK_BYTES && packed.n <= STORE_ROW_MAX_BYTES &&
	    span_take(&rest, packed.n - CHECK_BYTES, &s) &&
	    store_take_le(&rest, CHECK_BYTES, &check) &&
	    check == check_of(key, s) && unpack_incident(&s, row) &&
	    unpack_changes(&s, row))
		return ST_OK;
	memset(row, 0, sizeof *row);
	return ST_CORRUPT;
}
