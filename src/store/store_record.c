/* SPDX-License-Identifier: MIT */
/*
 * Records are numbered 1, 2, 3, … without a gap, and only deleted from the
 * oldest on, never the newest.  So
 *
 *     deleted | acknowledged | waiting | not there yet
 *     --------+--------------+---------+--------------
 *           oldest       position   newest
 *
 * a sink's backlog is a subtraction, and a number is never given twice: that
 * would put a record behind a position that has passed it.
 */
#include "store/store_priv.h"

#include <assert.h>
#include <string.h>

#include "base/ticks.h"
#include "seal/seal.h"

#define KEEP_MAX ((int64_t)STORE_KEEP_MAX_S * TICKS_PER_S)

/* Of the whole row. */
static uint32_t
record_check(const struct store_record *rec, struct span body)
{
	uint8_t bytes[8 + 8 + 16 + 8 + 1 + 4];
	struct buf b = BUF_OVER(bytes);

	store_put_le(&b, (uint64_t)rec->seq, 8);
	store_put_le(&b, (uint64_t)rec->at, 8);
	buf_put(&b, (struct span){ rec->id.b, sizeof rec->id.b });
	store_put_le(&b, rec->version, 8);
	buf_put_byte(&b, rec->enrichment);
	store_put_le(&b, rec->n, 4);
	return seal_crc32c(seal_crc32c(0, span_of(&b)), body);
}

/* Number, and time where the statement has it, of the first row that `sql`
 * gives; 0 and 0 without one. */
static enum st
find_number(struct store *s, enum store_sql sql, int64_t *seq, int64_t *at)
{
	struct store_query q = store_query(s, sql);
	enum st st = store_query_row(&q);

	*seq = 0;
	*at = 0;
	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_OK : st;
	*seq = store_query_int(&q, 0);
	if (sql == STORE_SQL_RECORD_OLDEST)
		*at = store_query_int(&q, 1);
	store_query_end(&q);
	return ST_OK;
}

static enum st
find_newest(struct store *s, int64_t *seq)
{
	int64_t at;
	enum st st = s->st;

	*seq = s->newest;
	if (s->broken)
		return ST_IO;
	if (st == ST_OK && s->newest < 0)
		st = find_number(s, STORE_SQL_RECORD_NEWEST, seq, &at);
	if (st == ST_OK)
		s->newest = *seq;
	/* The first look comes before anything is appended. */
	if (st == ST_OK && s->in_transaction && s->settled < 0)
		s->settled = *seq;
	return st;
}

/* ---- append ------------------------------------------------------------- */

enum st
store_record_append(struct store *s, const struct store_record *rec,
    struct span body, int64_t *seq)
{
	struct store_record new = *rec;
	struct store_query q;
	int64_t newest;
	enum st st;

	assert(s->in_transaction);
	*seq = 0;
	if (body.n < 1 || body.n > RECORD_MAX_BYTES)
		return ST_MALFORM;
	st = find_newest(s, &newest);
	if (st != ST_OK)
		return st;
	if (newest < 0 || newest == INT64_MAX)
		return store_fail(s, SQLITE_CORRUPT);
	new.seq = newest + 1;
	new.n = (uint32_t)body.n;
	q = store_query(s, STORE_SQL_RECORD_ADD);
	store_bind_int(&q, new.seq);
	store_bind_int(&q, new.at);
	store_bind_blob(&q, (struct span){ new.id.b, sizeof new.id.b });
	store_bind_int(&q, (int64_t) new.version);
	store_bind_int(&q, new.enrichment);
	store_bind_int(&q, record_check(&new, body));
	store_bind_int(&q, new.n);
	st = store_query_run(&q);
	if (st == ST_OK)
		st = store_body_write(s, "record", new.seq, SPAN_NONE, body);
	if (st == ST_OK)
		*seq = s->newest = new.seq;
	return st;
}

/* ---- read --------------------------------------------------------------- */

/* The row that a query stands on, without its body; ends the query. */
static enum st
take_head(struct store_query *q, struct store_record *rec, uint32_t *check)
{
	struct span id = store_query_bytes(q, 2);
	enum st st = id.n == sizeof rec->id.b ? ST_OK : ST_CORRUPT;

	*rec = (struct store_record){
		.seq = store_query_int(q, 0),
		.at = store_query_int(q, 1),
		.version = (uint64_t)store_query_int(q, 3),
		.enrichment = (uint8_t)store_query_int(q, 4),
	};
	*check = (uint32_t)store_query_int(q, 5);
	if (st == ST_OK)
		memcpy(rec->id.b, id.p, sizeof rec->id.b);
	store_query_end(q);
	return st;
}

static enum st
load_record(struct store *s, enum store_sql sql, int64_t from,
    struct store_record *rec, struct buf *body)
{
	struct store_query q = store_query(s, sql);
	struct buf none = { NULL, 0, 0, false };
	size_t start = body->n;
	uint32_t check;
	enum st st;

	memset(rec, 0, sizeof *rec);
	store_bind_int(&q, from);
	st = store_query_row(&q);
	if (st != ST_OK)
		return st;
	st = take_head(&q, rec, &check);
	if (st == ST_OK)
		st = store_body_read(s, "record", rec->seq, &none, body);
	if (st == ST_OK) {
		struct span b = span_sub(span_of(body), start, SIZE_MAX);

		rec->n = (uint32_t)b.n;
		if (record_check(rec, b) == check)
			return ST_OK;
		st = ST_CORRUPT;
	}
	buf_rewind(body, start);
	*rec = (struct store_record){ .seq = rec->seq };
	return st;
}

enum st
store_record_next(
    struct store *s, int64_t after, struct store_record *rec, struct buf *body)
{
	return load_record(s, STORE_SQL_RECORD_NEXT, after, rec, body);
}

enum st
store_record_before(
    struct store *s, int64_t before, struct store_record *rec, struct buf *body)
{
	return load_record(s, STORE_SQL_RECORD_BEFORE, before, rec, body);
}

/* ---- in parts --------------------------------------------------------- */

enum st
store_record_settled(struct store *s, int64_t *seq)
{
	enum st st = find_newest(s, seq);

	if (st == ST_OK && s->in_transaction)
		*seq = s->settled;
	return st;
}

/* The check of a row whose body is read in parts; ends early, with another
 * value, when the body is not whole. */
static enum st
check_parts(struct store *s, struct store_record *rec, uint32_t *check)
{
	uint8_t bytes[STORE_PART_BYTES];
	size_t from = 0, whole;
	enum st st;

	do {
		struct buf part = BUF_OVER(bytes);

		st = store_body_part(
		    s, "record", rec->seq, from, &part, &whole);
		if (st != ST_OK)
			return st;
		if (whole == 0 || whole > RECORD_MAX_BYTES)
			return ST_CORRUPT;
		rec->n = (uint32_t)whole;
		*check = from == 0 ? record_check(rec, span_of(&part)) :
				     seal_crc32c(*check, span_of(&part));
		from += part.n;
	} while (from < whole);
	return ST_OK;
}

enum st
store_record_look(struct store *s, int64_t before, struct store_record *rec)
{
	struct store_query q = store_query(s, STORE_SQL_RECORD_BEFORE);
	uint32_t stored, check = 0;
	enum st st;

	memset(rec, 0, sizeof *rec);
	store_bind_int(&q, before);
	st = store_query_row(&q);
	if (st != ST_OK)
		return st;
	st = take_head(&q, rec, &stored);
	if (st == ST_OK)
		st = check_parts(s, rec, &check);
	if (st == ST_OK && check != stored)
		st = ST_CORRUPT;
	if (st != ST_OK)
		*rec = (struct store_record){ .seq = rec->seq };
	return st;
}

enum st
store_record_part(struct store *s, int64_t seq, uint32_t from, struct buf *part)
{
	size_t start = part->n, whole;
	enum st st = store_body_part(s, "record", seq, from, part, &whole);

	if (st == ST_CORRUPT || (st == ST_OK && part->n == start))
		return ST_NOT_FOUND;
	return st;
}

/* ---- prune -------------------------------------------------------------- */

static bool
is_old(int64_t at, int64_t older)
{
	return at < older ||
	    (older <= INT64_MAX - KEEP_MAX && at > older + KEEP_MAX);
}

/* The last of the oldest records, at most `most`, that may all be deleted; 0
 * when there is none. */
static enum st
find_last_old(
    struct store *s, int64_t limit, int64_t older, uint32_t most, int64_t *last)
{
	struct store_query q = store_query(s, STORE_SQL_RECORD_OLDEST);
	enum st st = ST_OK;

	*last = 0;
	for (uint32_t n = 0; n < most && st == ST_OK; n++) {
		st = store_query_row(&q);
		if (st != ST_OK)
			break;
		if (store_query_int(&q, 0) > limit ||
		    !is_old(store_query_int(&q, 1), older))
			st = ST_NOT_FOUND;
		else
			*last = store_query_int(&q, 0);
	}
	store_query_end(&q);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum st
store_record_prune(
    struct store *s, int64_t acknowledged, int64_t older, uint32_t most)
{
	struct store_query q;
	int64_t newest, last = 0;
	enum st st = find_newest(s, &newest);

	assert(s->in_transaction);
	if (st == ST_OK)
		st = find_last_old(s,
		    acknowledged < newest ? acknowledged : newest - 1, older,
		    most, &last);
	if (st != ST_OK)
		return st;
	if (last == 0)
		return ST_NOT_FOUND;
	q = store_query(s, STORE_SQL_RECORD_DELETE);
	store_bind_int(&q, last);
	return store_query_run(&q);
}

/* ---- sinks -------------------------------------------------------------- */

static uint32_t
sink_check(struct span sink, int64_t seq)
{
	uint8_t bytes[8];
	struct buf b = BUF_OVER(bytes);

	store_put_le(&b, (uint64_t)seq, 8);
	return seal_crc32c(seal_crc32c(0, sink), span_of(&b));
}

enum st
store_sink_get(struct store *s, struct span sink, int64_t *seq)
{
	struct store_query q;
	int64_t stored;
	bool is_whole;
	enum st st;

	*seq = 0;
	if (sink.n < 1 || sink.n > STORE_SINK_NAME_MAX_BYTES)
		return ST_MALFORM;
	q = store_query(s, STORE_SQL_SINK_GET);
	store_bind_text(&q, sink);
	st = store_query_row(&q);
	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_OK : st;
	stored = store_query_int(&q, 0);
	is_whole = store_query_int(&q, 1) == sink_check(sink, stored);
	store_query_end(&q);
	if (!is_whole)
		return ST_CORRUPT;
	*seq = stored;
	return ST_OK;
}

enum st
store_sink_put(struct store *s, struct span sink, int64_t seq)
{
	struct store_query q;
	int64_t old;
	enum st st;

	assert(s->in_transaction);
	st = store_sink_get(s, sink, &old);
	if (st == ST_MALFORM || (st == ST_OK && old == seq && seq != 0))
		return st;
	if (s->st != ST_OK)
		return s->st;
	q = store_query(s, STORE_SQL_SINK_PUT);
	store_bind_text(&q, sink);
	store_bind_int(&q, seq);
	store_bind_int(&q, sink_check(sink, seq));
	return store_query_run(&q);
}

enum st
store_backlog(struct store *s, int64_t after, uint64_t *count)
{
	int64_t oldest = 0, newest, at;
	enum st st = find_newest(s, &newest);

	*count = 0;
	if (st == ST_OK)
		st = find_number(s, STORE_SQL_RECORD_OLDEST, &oldest, &at);
	if (st != ST_OK || oldest < 1 || newest < oldest)
		return st;
	if (after < oldest - 1)
		after = oldest - 1;
	if (newest > after)
		*count = (uint64_t)(newest - after);
	return ST_OK;
}

enum st
store_record_lowest(struct store *s, int64_t after, uint64_t *version)
{
	struct store_query q = store_query(s, STORE_SQL_RECORD_VERSION);
	enum st st;

	*version = UINT64_MAX;
	store_bind_int(&q, after);
	st = store_query_row(&q);
	if (st != ST_OK)
		return st;
	if (store_query_int(&q, 0) != 0)
		*version = (uint64_t)store_query_int(&q, 1);
	store_query_end(&q);
	return ST_OK;
}
