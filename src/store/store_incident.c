/* SPDX-License-Identifier: MIT */
/*
 * Rows that are few and rows that are many: a workspace and its cursor in
 * plain columns, an incident packed by store_pack.c.  An incident's status
 * changes are in its row, so a put reads the row first; that also shows when
 * there is nothing to write.
 */
#include "store/store_priv.h"

#include <assert.h>
#include <string.h>

#include "seal/seal.h"

/* ---- workspaces --------------------------------------------------------- */

static enum st
find_workspace(struct store *s, struct span key, uint32_t *ws)
{
	struct store_query q = store_query(s, STORE_SQL_WORKSPACE_GET);
	enum st st;
	int64_t number;

	store_bind_text(&q, key);
	st = store_query_row(&q);
	if (st != ST_OK)
		return st;
	number = store_query_int(&q, 0);
	store_query_end(&q);
	if (number < 1 || number > STORE_WORKSPACE_MAX_COUNT)
		return ST_CORRUPT;
	*ws = (uint32_t)number;
	return ST_OK;
}

static enum st
add_workspace(struct store *s, struct span key, uint32_t *ws)
{
	struct store_query q = store_query(s, STORE_SQL_WORKSPACE_ADD);
	enum st st;
	int64_t number;

	store_bind_text(&q, key);
	st = store_query_run(&q);
	if (st != ST_OK)
		return st;
	number = sqlite3_last_insert_rowid(s->db);
	if (number > STORE_WORKSPACE_MAX_COUNT)
		return store_fail(s, SQLITE_FULL);
	*ws = (uint32_t)number;
	return ST_OK;
}

enum st
store_workspace(struct store *s, struct span key, uint32_t *ws)
{
	enum st st;

	*ws = 0;
	if (key.n < 1 || key.n > STORE_WORKSPACE_KEY_MAX_BYTES)
		return ST_MALFORM;
	st = find_workspace(s, key, ws);
	if (st != ST_NOT_FOUND)
		return st;
	if (s->in_transaction)
		return add_workspace(s, key, ws);
	st = store_begin(s);
	if (st == ST_OK)
		st = add_workspace(s, key, ws);
	if (st == ST_OK)
		st = store_commit(s);
	store_rollback(s);
	return st;
}

/* ---- cursors ------------------------------------------------------------ */

static uint32_t
cursor_check(uint32_t ws, const struct store_cursor *cursor)
{
	uint8_t bytes[13];
	struct buf b = BUF_OVER(bytes);

	store_put_le(&b, ws, 4);
	store_put_le(&b, (uint64_t)cursor->modified, 8);
	buf_put_byte(&b, cursor->backfilled);
	return seal_crc32c(0, span_of(&b));
}

enum st
store_cursor_get(struct store *s, uint32_t ws, struct store_cursor *cursor)
{
	struct store_query q = store_query(s, STORE_SQL_CURSOR_GET);
	enum st st;
	int64_t check;

	*cursor = (struct store_cursor){ -1, false };
	store_bind_int(&q, ws);
	st = store_query_row(&q);
	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_OK : st;
	cursor->modified = store_query_int(&q, 0);
	cursor->backfilled = store_query_int(&q, 1) != 0;
	check = store_query_int(&q, 2);
	store_query_end(&q);
	if (check == cursor_check(ws, cursor))
		return ST_OK;
	*cursor = (struct store_cursor){ -1, false };
	return ST_CORRUPT;
}

enum st
store_cursor_put(
    struct store *s, uint32_t ws, const struct store_cursor *cursor)
{
	struct store_cursor old;
	struct store_query q;
	enum st st;

	assert(s->in_transaction);
	st = store_cursor_get(s, ws, &old);
	if (st == ST_OK && old.modified == cursor->modified &&
	    old.backfilled == cursor->backfilled)
		return ST_OK;
	if (s->st != ST_OK)
		return s->st;
	q = store_query(s, STORE_SQL_CURSOR_PUT);
	store_bind_int(&q, ws);
	store_bind_int(&q, cursor->modified);
	store_bind_int(&q, cursor->backfilled);
	store_bind_int(&q, cursor_check(ws, cursor));
	return store_query_run(&q);
}

/* ---- incidents ---------------------------------------------------------- */

static enum st
query_bytes(struct store *s, struct span key, struct buf *row)
{
	struct store_query q = store_query(s, STORE_SQL_INCIDENT_GET);
	enum st st;

	store_bind_blob(&q, key);
	st = store_query_row(&q);
	if (st == ST_OK)
		buf_put(row, store_query_bytes(&q, 0));
	store_query_end(&q);
	if (st == ST_OK && row->n == 0)
		return ST_CORRUPT; /* none or too many: not ours */
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* The bytes of a row, empty without one: the last that were asked for, those
 * that wait, or the tree's. */
static enum st
load_bytes(struct store *s, struct span key)
{
	struct buf row = BUF_OVER(s->row);
	enum st st = ST_OK;

	if (s->key_n != 0 && span_eq((struct span){ s->key, s->key_n }, key))
		return ST_OK;
	s->key_n = 0;
	buf_put(&row, store_waiting_get(s, key));
	if (row.n == 0)
		st = query_bytes(s, key, &row);
	if (st != ST_OK)
		return st;
	memcpy(s->key, key.p, key.n);
	s->key_n = key.n;
	s->row_n = row.n;
	return ST_OK;
}

enum st
store_row_load(
    struct store *s, const struct store_key *key, struct store_row *row)
{
	enum st st = load_bytes(s, store_key_span(key));

	memset(row, 0, sizeof *row);
	if (s->broken || s->st != ST_OK)
		return s->broken ? ST_IO : s->st;
	if (st != ST_OK)
		return st;
	if (s->row_n == 0)
		return ST_NOT_FOUND;
	return store_unpack_row((struct span){ s->row, s->row_n }, key, row);
}

enum st
store_row_save(
    struct store *s, const struct store_key *key, const struct store_row *row)
{
	uint8_t bytes[STORE_ROW_MAX_BYTES];
	struct buf packed = BUF_OVER(bytes);
	struct span k = store_key_span(key);
	enum st st = ST_OK;

	store_pack_row(&packed, key, row);
	if (s->key_n != 0 &&
	    span_eq(span_of(&packed), (struct span){ s->row, s->row_n }))
		return ST_OK;
	if (!store_waiting_put(s, k, span_of(&packed))) {
		st = store_waiting_flush(s);
		if (st == ST_OK && !store_waiting_put(s, k, span_of(&packed)))
			st = store_waiting_write(s, k, span_of(&packed));
	}
	if (st != ST_OK)
		return st;
	memcpy(s->key, k.p, k.n);
	s->key_n = k.n;
	memcpy(s->row, bytes, packed.n);
	s->row_n = packed.n;
	return ST_OK;
}

enum st
store_incident_get(
    struct store *s, uint32_t ws, struct span name, struct store_incident *inc)
{
	struct store_key key;
	struct store_row row;
	enum st st = store_key_make(&key, ws, name);

	memset(inc, 0, sizeof *inc);
	if (st == ST_OK)
		st = store_row_load(s, &key, &row);
	if (st == ST_OK)
		*inc = row.inc;
	return st;
}

enum st
store_incident_put(struct store *s, uint32_t ws, struct span name,
    const struct store_incident *inc)
{
	struct store_key key;
	struct store_row row;
	enum st st = store_key_make(&key, ws, name);

	assert(s->in_transaction);
	if (st != ST_OK)
		return st;
	st = store_row_load(s, &key, &row);
	if (s->st != ST_OK)
		return s->st;
	/* The damaged row knew of its changes and of an entry. */
	if (st == ST_CORRUPT)
		st = store_todo_purge(s, &key);
	if (st != ST_OK && st != ST_NOT_FOUND)
		return st;
	row.inc = *inc;
	return store_row_save(s, &key, &row);
}

/* The number of keys of a workspace in a tree. */
static enum st
count_keys(struct store *s, enum store_sql sql, uint32_t ws, uint64_t *count)
{
	struct store_key low, high;
	struct store_query q;
	enum st st = store_key_range(ws, &low, &high);

	*count = 0;
	if (st == ST_OK)
		st = store_waiting_flush(s);
	if (st != ST_OK)
		return st;
	q = store_query(s, sql);
	store_bind_blob(&q, store_key_span(&low));
	store_bind_blob(&q, store_key_span(&high));
	st = store_query_row(&q);
	if (st == ST_OK)
		*count = (uint64_t)store_query_int(&q, 0);
	store_query_end(&q);
	return st;
}

enum st
store_incident_count(struct store *s, uint32_t ws, uint64_t *count)
{
	return count_keys(s, STORE_SQL_INCIDENT_COUNT, ws, count);
}

/* ---- status changes ----------------------------------------------------- */

enum st
store_change_add(
    struct store *s, uint32_t ws, struct span name, struct store_change change)
{
	struct store_key key;
	struct store_row row;
	enum st st = store_key_make(&key, ws, name);

	assert(s->in_transaction);
	if (st == ST_OK)
		st = store_row_load(s, &key, &row);
	if (st != ST_OK)
		return st;
	if (row.change_count == STORE_CHANGE_MAX_COUNT) {
		memmove(row.change, row.change + 1,
		    sizeof row.change - sizeof row.change[0]);
		row.change_count--;
	}
	row.change[row.change_count++] = change;
	return store_row_save(s, &key, &row);
}

enum st
store_change_list(struct store *s, uint32_t ws, struct span name,
    struct store_change changes[STORE_CHANGE_MAX_COUNT], size_t *n)
{
	struct store_key key;
	struct store_row row;
	enum st st = store_key_make(&key, ws, name);

	*n = 0;
	if (st == ST_OK)
		st = store_row_load(s, &key, &row);
	if (st != ST_OK)
		return st;
	memcpy(changes, row.change, sizeof row.change);
	*n = row.change_count;
	return ST_OK;
}

/* ---- set aside ---------------------------------------------------------- */

enum st
store_aside_put(struct store *s, uint32_t ws, struct span name,
    struct span reason, int64_t at)
{
	struct store_key key;
	struct store_query q;
	enum st st = store_key_make(&key, ws, name);

	assert(s->in_transaction);
	if (st != ST_OK || reason.n < 1 || reason.n > STORE_REASON_MAX_BYTES)
		return ST_MALFORM;
	q = store_query(s, STORE_SQL_ASIDE_PUT);
	store_bind_blob(&q, store_key_span(&key));
	store_bind_int(&q, at);
	store_bind_text(&q, name);
	store_bind_text(&q, reason);
	return store_query_run(&q);
}

enum st
store_aside_delete(struct store *s, uint32_t ws, struct span name)
{
	struct store_key key;
	struct store_query q;
	enum st st = store_key_make(&key, ws, name);

	assert(s->in_transaction);
	if (st != ST_OK)
		return st;
	q = store_query(s, STORE_SQL_ASIDE_DELETE);
	store_bind_blob(&q, store_key_span(&key));
	return store_query_run(&q);
}

enum st
store_aside_count(struct store *s, uint32_t ws, uint64_t *count)
{
	return count_keys(s, STORE_SQL_ASIDE_COUNT, ws, count);
}
