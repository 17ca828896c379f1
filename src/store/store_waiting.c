/* SPDX-License-Identifier: MIT */
/*
 * Rows of incidents that were saved in this transaction and wait for its
 * commit.
 *
 * Names are random, so each row is in another page of the tree.  Written one
 * by one between texts and records they push each other out of the page cache,
 * and SQLite writes a page that changes again after that over its first place
 * in the log, which makes it read and sum up the rest of the log once more.
 * Here a row is written once, in the order of keys, each page once.
 *
 * What SQLite has of an incident is its row before the transaction; who looks
 * for one asks here first.
 */
#include "store/store_priv.h"

#include <assert.h>
#include <string.h>

static_assert(
    STORE_WAITING_MAX_COUNT <= UINT8_MAX + 1, "a slot's number is one byte");
static_assert(STORE_WAITING_MAX_BYTES <= UINT8_MAX, "so is a length");

static struct span
key_at(const struct store_waiting *w, unsigned place)
{
	unsigned slot = w->order[place];

	return (struct span){ w->slot[slot].bytes, w->slot[slot].key_n };
}

static struct span
row_at(const struct store_waiting *w, unsigned place)
{
	unsigned slot = w->order[place];

	return (struct span){ w->slot[slot].bytes + w->slot[slot].key_n,
		w->slot[slot].row_n };
}

/* The place of this key, or where it would be put. */
static unsigned
find(const struct store_waiting *w, struct span key, bool *found)
{
	unsigned low = 0, high = w->n;

	*found = false;
	while (low < high) {
		unsigned middle = (low + high) / 2;
		int order = span_compare(key_at(w, middle), key);

		if (order == 0) {
			*found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct span
store_waiting_get(struct store *s, struct span key)
{
	bool found;
	unsigned place = find(&s->waiting, key, &found);

	return found ? row_at(&s->waiting, place) : SPAN_NONE;
}

bool
store_waiting_put(struct store *s, struct span key, struct span row)
{
	struct store_waiting *w = &s->waiting;
	bool found;
	unsigned place = find(w, key, &found);
	unsigned slot;

	if (key.n + row.n > STORE_WAITING_MAX_BYTES)
		return false;
	if (!found) {
		if (w->n == STORE_WAITING_MAX_COUNT)
			return false;
		memmove(w->order + place + 1, w->order + place, w->n - place);
		w->order[place] = (uint8_t)w->n++;
	}
	slot = w->order[place];
	memcpy(w->slot[slot].bytes, key.p, key.n);
	memcpy(w->slot[slot].bytes + key.n, row.p, row.n);
	w->slot[slot].key_n = (uint8_t)key.n;
	w->slot[slot].row_n = (uint8_t)row.n;
	return true;
}

enum st
store_waiting_write(struct store *s, struct span key, struct span row)
{
	struct store_query q = store_query(s, STORE_SQL_INCIDENT_PUT);

	store_bind_blob(&q, key);
	store_bind_blob(&q, row);
	return store_query_run(&q);
}

enum st
store_waiting_flush(struct store *s)
{
	struct store_waiting *w = &s->waiting;
	enum st st = ST_OK;

	for (unsigned i = 0; i < w->n && st == ST_OK; i++)
		st = store_waiting_write(s, key_at(w, i), row_at(w, i));
	w->n = 0;
	return st;
}
