/* SPDX-License-Identifier: MIT */
/*
 * What waits for enrichment.  An entry is three things:
 *
 *	incident.state   knows the entry's number: from name to entry
 *	todo             (ws, fresh, severity, modified, id) due, key
 *	                 sorted as the work is done: from order to entry
 *	text             row `id`: a head with all of the entry, then the pruned
 *	                 incident
 *
 * Numbers rise and most work is in order, so that of all these pages only the
 * incident's is a random one.  An update writes head and order, not the text.
 *
 *	head:  check 4 (CRC-32C of the rest of it), CRC-32C of the text 4, ws 4,
 *	       fresh 1, severity 1, modified 8, due 8, since 8, cut 8, tries 3,
 *	       states 3, name 64 (zeroes behind it)
 *
 * The order is believed only where the head says the same.  Where they differ,
 * or the head or the incident's row is damaged, the entry is found by its key
 * by looking at the whole order: slow, but it always gets out of the way.
 */
#include "store/store_priv.h"

#include <assert.h>
#include <string.h>

#include "base/ticks.h"
#include "seal/seal.h"

#define PARTS       3u
#define CHECK_BYTES 4u
#define HEAD_BYTES                                                \
	(CHECK_BYTES + 4u + 4u + 1u + 1u + 4u * 8u + 2u * PARTS + \
	    STORE_NAME_MAX_BYTES)

#define DUE_AHEAD_MAX ((int64_t)STORE_DUE_AHEAD_MAX_S * TICKS_PER_S)

static_assert(sizeof((struct store_todo *)0)->tries == PARTS &&
	sizeof((struct store_todo *)0)->state == PARTS,
    "as packed");
static_assert(sizeof((struct store_todo *)0)->name == STORE_NAME_MAX_BYTES + 1,
    "a name and its NUL");

/* ---- heads -------------------------------------------------------------- */

/* The name without its NUL; absent, and so refused, when there is none. */
static struct span
name_of(const struct store_todo *todo)
{
	const char *end = memchr(todo->name, '\0', sizeof todo->name);

	return end == NULL ? SPAN_NONE : span_str(todo->name);
}

static void
pack_head(uint8_t head[HEAD_BYTES], const struct store_todo *todo,
    uint32_t text_check)
{
	struct buf check = { head, 0, CHECK_BYTES, false };
	struct buf b = { head, CHECK_BYTES, HEAD_BYTES, false };

	memset(head, 0, HEAD_BYTES);
	store_put_le(&b, text_check, 4);
	store_put_le(&b, todo->ws, 4);
	buf_put_byte(&b, todo->fresh);
	buf_put_byte(&b, todo->severity);
	store_put_le(&b, (uint64_t)todo->modified, 8);
	store_put_le(&b, (uint64_t)todo->due, 8);
	store_put_le(&b, (uint64_t)todo->since, 8);
	store_put_le(&b, todo->cut, 8);
	buf_put(&b, (struct span){ todo->tries, PARTS });
	buf_put(&b, (struct span){ todo->state, PARTS });
	buf_put(&b, name_of(todo));
	assert(!b.cut);
	b.n = HEAD_BYTES;
	store_put_le(&check,
	    seal_crc32c(0, span_sub(span_of(&b), CHECK_BYTES, SIZE_MAX)),
	    CHECK_BYTES);
}

static int64_t
take_i64(struct span *s)
{
	uint64_t v;

	(void)store_take_le(s, 8, &v);
	return (int64_t)v;
}

static enum st
unpack_head(const uint8_t head[HEAD_BYTES], struct store_todo *todo,
    uint32_t *text_check)
{
	struct span s = { head, HEAD_BYTES }, bytes;
	uint64_t check, text, ws, fresh, severity;

	(void)store_take_le(&s, CHECK_BYTES, &check);
	if (check != seal_crc32c(0, s))
		return ST_CORRUPT;
	(void)store_take_le(&s, 4, &text);
	(void)store_take_le(&s, 4, &ws);
	(void)store_take_le(&s, 1, &fresh);
	(void)store_take_le(&s, 1, &severity);
	*text_check = (uint32_t)text;
	todo->ws = (uint32_t)ws;
	todo->fresh = fresh != 0;
	todo->severity = (uint8_t)severity;
	todo->modified = take_i64(&s);
	todo->due = take_i64(&s);
	todo->since = take_i64(&s);
	todo->cut = (uint64_t)take_i64(&s);
	if (span_take(&s, PARTS, &bytes))
		memcpy(todo->tries, bytes.p, PARTS);
	if (span_take(&s, PARTS, &bytes))
		memcpy(todo->state, bytes.p, PARTS);
	assert(s.n == STORE_NAME_MAX_BYTES);
	memcpy(todo->name, s.p, s.n);
	todo->name[s.n] = '\0';
	return ST_OK;
}

/* The entry in row `id`, its text behind what `pruned` holds (NULL: not). */
static enum st
load_entry(struct store *s, int64_t id, struct store_todo *todo,
    struct buf *pruned, uint32_t *text_check)
{
	uint8_t bytes[HEAD_BYTES];
	struct buf head = BUF_OVER(bytes);
	size_t start = pruned == NULL ? 0 : pruned->n;
	enum st st = store_body_read(s, "text", id, &head, pruned);

	if (st == ST_OK)
		st = unpack_head(bytes, todo, text_check);
	if (pruned == NULL)
		return st;
	if (st == ST_OK &&
	    seal_crc32c(0, span_sub(span_of(pruned), start, SIZE_MAX)) !=
		*text_check)
		st = ST_CORRUPT;
	if (st != ST_OK)
		buf_rewind(pruned, start);
	return st;
}

/* ---- the order ---------------------------------------------------------- */

static enum st
add_to_order(struct store *s, const struct store_todo *todo, int64_t id,
    const struct store_key *key)
{
	struct store_query q = store_query(s, STORE_SQL_TODO_ADD);

	store_bind_int(&q, todo->ws);
	store_bind_int(&q, todo->fresh);
	store_bind_int(&q, todo->severity);
	store_bind_int(&q, todo->modified);
	store_bind_int(&q, id);
	store_bind_int(&q, todo->due);
	store_bind_blob(&q, store_key_span(key));
	return store_query_run(&q);
}

enum st
store_todo_purge(struct store *s, const struct store_key *key)
{
	struct store_query q = store_query(s, STORE_SQL_TODO_PURGE);

	store_bind_blob(&q, store_key_span(key));
	return store_query_run(&q);
}

/* Take the entry that the incident's row names out of the order. */
static enum st
drop_from_order(struct store *s, int64_t id, const struct store_key *key)
{
	struct store_todo old;
	struct store_query q;
	uint32_t check;
	enum st st = load_entry(s, id, &old, NULL, &check);

	if (s->st != ST_OK)
		return s->st;
	if (st != ST_OK)
		return store_todo_purge(s, key);
	q = store_query(s, STORE_SQL_TODO_DELETE);
	store_bind_int(&q, old.ws);
	store_bind_int(&q, old.fresh);
	store_bind_int(&q, old.severity);
	store_bind_int(&q, old.modified);
	store_bind_int(&q, id);
	st = store_query_run(&q);
	if (st == ST_OK && sqlite3_changes(s->db) != 1)
		st = store_todo_purge(s, key);
	return st;
}

/* ---- put, update, delete ------------------------------------------------ */

/* Without the entry, if there is one; the row is not saved yet. */
static enum st
drop_entry(struct store *s, const struct store_key *key, struct store_row *row)
{
	struct store_query q;
	enum st st;

	if (row->text == 0)
		return ST_OK;
	st = drop_from_order(s, row->text, key);
	if (st != ST_OK)
		return st;
	q = store_query(s, STORE_SQL_TEXT_DELETE);
	store_bind_int(&q, row->text);
	row->text = 0;
	return store_query_run(&q);
}

static enum st
add_entry(struct store *s, const struct store_key *key,
    const struct store_todo *todo, struct span pruned, int64_t *id)
{
	uint8_t head[HEAD_BYTES];
	struct store_query q = store_query(s, STORE_SQL_TEXT_ADD);
	enum st st;

	store_bind_int(&q, (int64_t)(HEAD_BYTES + pruned.n));
	st = store_query_run(&q);
	if (st != ST_OK)
		return st;
	*id = sqlite3_last_insert_rowid(s->db);
	pack_head(head, todo, seal_crc32c(0, pruned));
	st = store_body_write(
	    s, "text", *id, (struct span){ head, sizeof head }, pruned);
	return st == ST_OK ? add_to_order(s, todo, *id, key) : st;
}

enum st
store_todo_put(
    struct store *s, const struct store_todo *todo, struct span pruned)
{
	struct store_key key;
	struct store_row row;
	enum st st = store_key_make(&key, todo->ws, name_of(todo));

	assert(s->in_transaction);
	if (st != ST_OK || pruned.n < 1 || pruned.n > ELEMENT_MAX_BYTES)
		return ST_MALFORM;
	st = store_row_load(s, &key, &row);
	if (st == ST_OK)
		st = drop_entry(s, &key, &row);
	if (st == ST_OK)
		st = add_entry(s, &key, todo, pruned, &row.text);
	return st == ST_OK ? store_row_save(s, &key, &row) : st;
}

enum st
store_todo_update(struct store *s, const struct store_todo *todo)
{
	uint8_t head[HEAD_BYTES];
	struct store_todo old, new = *todo;
	struct store_key key;
	struct store_row row;
	uint32_t check;
	enum st st = store_key_make(&key, todo->ws, name_of(todo));

	assert(s->in_transaction);
	if (st == ST_OK)
		st = store_row_load(s, &key, &row);
	if (st == ST_OK && row.text == 0)
		st = ST_NOT_FOUND;
	if (st == ST_OK)
		st = load_entry(s, row.text, &old, NULL, &check);
	if (st == ST_OK)
		st = drop_from_order(s, row.text, &key);
	if (st == ST_OK)
		st = add_to_order(s, &new, row.text, &key);
	if (st != ST_OK)
		return st;
	memcpy(new.name, old.name, sizeof new.name);
	pack_head(head, &new, check);
	return store_body_write(
	    s, "text", row.text, (struct span){ head, sizeof head }, SPAN_NONE);
}

enum st
store_todo_delete(struct store *s, uint32_t ws, struct span name)
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
	if (st == ST_NOT_FOUND || st == ST_CORRUPT)
		return store_todo_purge(s, &key);
	if (st == ST_OK)
		st = drop_entry(s, &key, &row);
	return st == ST_OK ? store_row_save(s, &key, &row) : st;
}

/* ---- the next one ------------------------------------------------------- */

/* What the order says of an entry. */
struct place {
	int64_t id;
	struct store_key key;
	struct store_todo todo; /* ws, fresh, severity, modified, due only */
};

static enum st
find_first(struct store *s, int64_t now, struct place *place)
{
	struct store_query q = store_query(s, STORE_SQL_TODO_FIRST);
	struct buf key = BUF_OVER(place->key.b);
	enum st st;

	store_bind_int(&q, place->todo.ws);
	store_bind_int(&q, place->todo.fresh);
	store_bind_int(&q, now);
	store_bind_int(&q,
	    now > INT64_MAX - DUE_AHEAD_MAX ? INT64_MAX : now + DUE_AHEAD_MAX);
	st = store_query_row(&q);
	if (st != ST_OK)
		return st;
	place->id = store_query_int(&q, 0);
	buf_put(&key, store_query_bytes(&q, 1));
	place->key.n = key.n;
	place->todo.fresh = store_query_int(&q, 2) != 0;
	place->todo.severity = (uint8_t)store_query_int(&q, 3);
	place->todo.modified = store_query_int(&q, 4);
	place->todo.due = store_query_int(&q, 5);
	store_query_end(&q);
	return ST_OK;
}

static bool
is_same(const struct place *place, const struct store_todo *todo)
{
	struct store_key key;

	return store_key_make(&key, todo->ws, name_of(todo)) == ST_OK &&
	    span_eq(store_key_span(&key), store_key_span(&place->key)) &&
	    todo->ws == place->todo.ws && todo->fresh == place->todo.fresh &&
	    todo->severity == place->todo.severity &&
	    todo->modified == place->todo.modified &&
	    todo->due == place->todo.due;
}

enum st
store_todo_next(struct store *s, uint32_t ws, int64_t now, bool fresh_only,
    struct store_todo *todo, struct buf *pruned)
{
	struct place place = { .todo = { .ws = ws, .fresh = fresh_only } };
	size_t start = pruned->n;
	uint32_t check;
	enum st st = find_first(s, now, &place);

	*todo = (struct store_todo){ .ws = ws };
	if (st != ST_OK)
		return st;
	st = load_entry(s, place.id, todo, pruned, &check);
	if (st == ST_OK && !is_same(&place, todo))
		st = ST_CORRUPT;
	if (st == ST_OK)
		return ST_OK;
	buf_rewind(pruned, start);
	*todo = (struct store_todo){ .ws = ws };
	if (st == ST_CORRUPT)
		store_key_name(store_key_span(&place.key), todo->name);
	return st;
}

enum st
store_todo_count(
    struct store *s, uint32_t ws, uint64_t *count, int64_t *next_due)
{
	struct store_query q = store_query(s, STORE_SQL_TODO_COUNT);
	enum st st;

	*count = 0;
	*next_due = INT64_MAX;
	store_bind_int(&q, ws);
	st = store_query_row(&q);
	if (st != ST_OK)
		return st;
	*count = (uint64_t)store_query_int(&q, 0);
	if (*count != 0)
		*next_due = store_query_int(&q, 1);
	store_query_end(&q);
	return ST_OK;
}

enum st
store_todo_oldest(struct store *s, uint32_t ws, int64_t *modified)
{
	struct store_query q = store_query(s, STORE_SQL_TODO_OLDEST);
	enum st st;

	*modified = INT64_MAX;
	store_bind_int(&q, ws);
	st = store_query_row(&q);
	if (st != ST_OK)
		return st;
	if (store_query_int(&q, 0) != 0)
		*modified = store_query_int(&q, 1);
	store_query_end(&q);
	return ST_OK;
}
