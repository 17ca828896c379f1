/* SPDX-License-Identifier: MIT */
/*
 * The only place where SQLite's result codes are seen.
 *
 * Statements are constants and every value is bound, so SQLITE_ERROR can only
 * mean that the tables are not ours, and SQLITE_MISUSE only a mistake of ours.
 * Out of heap (SQLITE_NOMEM) and out of disk SQLite may end the transaction by
 * itself; store_fail ends it in every case, so that there is one rule.
 */
#include "store/store_priv.h"

#include <assert.h>

static_assert(STORE_SQL_COUNT <= (int)STORE_STATEMENT_MAX_COUNT,
    "struct store has a place for each statement");

static const char *const SQL[] = {
#define X(name, keep, sql) sql,
	STORE_SQL_LIST(X)
#undef X
};

enum keep { ONCE, KEEP };

static const uint8_t IS_KEPT[] = {
#define X(name, keep, sql) keep,
	STORE_SQL_LIST(X)
#undef X
};

/* ---- codes -------------------------------------------------------------- */

static enum st
status_of(int rc)
{
	if (rc == SQLITE_IOERR_NOMEM)
		return ST_FULL;
	if (rc == SQLITE_IOERR_SHORT_READ)
		return ST_CORRUPT; /* the file has lost its end */
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return ST_OK;
	case SQLITE_FULL:
	case SQLITE_NOMEM:
		return ST_FULL;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ST_BUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_ERROR:
	case SQLITE_SCHEMA:
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
	case SQLITE_TOOBIG:
		return ST_CORRUPT;
	default:
		assert((rc & 0xff) != SQLITE_MISUSE);
		return ST_IO;
	}
}

enum st
store_fail(struct store *s, int rc)
{
	enum st st = status_of(rc);

	assert(st != ST_OK);
	if (st == ST_IO)
		s->broken = true;
	if (!s->in_transaction || s->st != ST_OK)
		return st;
	s->st = st;
	store_forget(s);
	if (sqlite3_get_autocommit(s->db) == 0) {
		/* Its own result says nothing new: what it could not undo
		 * was never committed, and the next BEGIN would fail. */
		struct sqlite3_stmt *undo = s->stmt[STORE_SQL_ROLLBACK];

		(void)sqlite3_step(undo);
		(void)sqlite3_reset(undo);
	}
	return st;
}

void
store_forget(struct store *s)
{
	s->key_n = 0;
	s->waiting.n = 0;
	s->newest = -1;
}

/* ---- statements --------------------------------------------------------- */

enum st
store_exec_int(struct store *s, const char *sql, int64_t *value)
{
	struct sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL);

	*value = 0;
	if (rc == SQLITE_OK) {
		rc = sqlite3_step(stmt);
		if (rc == SQLITE_ROW)
			*value = sqlite3_column_int64(stmt, 0);
		/* No statement here has two rows. */
		rc = rc == SQLITE_ROW ? sqlite3_step(stmt) : rc;
	}
	(void)sqlite3_finalize(stmt);
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? ST_OK :
						       store_fail(s, rc);
}

enum st
store_exec(struct store *s, const char *sql)
{
	int64_t value;

	return store_exec_int(s, sql, &value);
}

struct store_query
store_query(struct store *s, enum store_sql sql)
{
	struct store_query q = { s, sql, NULL, s->st, 0 };
	int rc;

	if (s->broken)
		q.st = ST_IO;
	if (q.st == ST_OK && s->stmt[sql] == NULL) {
		rc = sqlite3_prepare_v3(s->db, SQL[sql], -1,
		    SQLITE_PREPARE_PERSISTENT, &s->stmt[sql], NULL);
		if (rc != SQLITE_OK)
			q.st = store_fail(s, rc);
	}
	if (q.st == ST_OK)
		q.stmt = s->stmt[sql];
	return q;
}

void
store_query_end(struct store_query *q)
{
	if (q->stmt == NULL)
		return;
	/* Either one repeats the code of the last step. */
	if (IS_KEPT[q->sql] == KEEP)
		(void)sqlite3_reset(q->stmt);
	else {
		(void)sqlite3_finalize(q->stmt);
		q->s->stmt[q->sql] = NULL;
	}
	q->stmt = NULL;
}

/* Note a failure.  The statement is reset first: an undo cannot be done under
 * a running one. */
static void
query_fail(struct store_query *q, int rc)
{
	store_query_end(q);
	q->st = store_fail(q->s, rc);
}

void
store_bind_int(struct store_query *q, int64_t value)
{
	int rc;

	if (q->stmt == NULL)
		return;
	rc = sqlite3_bind_int64(q->stmt, ++q->bound, value);
	if (rc != SQLITE_OK)
		query_fail(q, rc);
}

void
store_bind_blob(struct store_query *q, struct span value)
{
	int rc;

	if (q->stmt == NULL)
		return;
	rc = sqlite3_bind_blob64(
	    q->stmt, ++q->bound, value.p, value.n, SQLITE_STATIC);
	if (rc != SQLITE_OK)
		query_fail(q, rc);
}

void
store_bind_text(struct store_query *q, struct span value)
{
	int rc;

	if (q->stmt == NULL)
		return;
	rc = sqlite3_bind_text64(q->stmt, ++q->bound, (const char *)value.p,
	    value.n, SQLITE_STATIC, SQLITE_UTF8);
	if (rc != SQLITE_OK)
		query_fail(q, rc);
}

enum st
store_query_row(struct store_query *q)
{
	int rc;

	if (q->stmt == NULL)
		return q->st;
	assert(q->bound == sqlite3_bind_parameter_count(q->stmt));
	rc = sqlite3_step(q->stmt);
	if (rc == SQLITE_ROW)
		return ST_OK;
	if (rc != SQLITE_DONE)
		query_fail(q, rc);
	store_query_end(q);
	return q->st == ST_OK ? ST_NOT_FOUND : q->st;
}

enum st
store_query_run(struct store_query *q)
{
	enum st st = store_query_row(q);

	store_query_end(q);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

int64_t
store_query_int(struct store_query *q, int column)
{
	return sqlite3_column_int64(q->stmt, column);
}

struct span
store_query_bytes(struct store_query *q, int column)
{
	/* In this order: the first may convert, the second counts. */
	const uint8_t *p = sqlite3_column_blob(q->stmt, column);
	int n = sqlite3_column_bytes(q->stmt, column);

	return p == NULL || n <= 0 ? SPAN_NONE : (struct span){ p, (size_t)n };
}

void
store_sql_close(struct store *s)
{
	for (size_t i = 0; i < STORE_SQL_COUNT; i++) {
		(void)sqlite3_finalize(s->stmt[i]);
		s->stmt[i] = NULL;
	}
}

/* ---- bodies ------------------------------------------------------------- */

enum st
store_body_write(struct store *s, const char *table, int64_t row,
    struct span head, struct span rest)
{
	struct sqlite3_blob *blob = NULL;
	int rc = sqlite3_blob_open(s->db, "main", table, "body", row, 1, &blob);

	if (rc == SQLITE_OK && head.n != 0)
		rc = sqlite3_blob_write(blob, head.p, (int)head.n, 0);
	if (rc == SQLITE_OK && rest.n != 0)
		rc = sqlite3_blob_write(blob, rest.p, (int)rest.n, (int)head.n);
	/* Left open, it would make the commit SQLITE_BUSY. */
	if (rc == SQLITE_OK)
		rc = sqlite3_blob_close(blob);
	else
		(void)sqlite3_blob_close(blob);
	return rc == SQLITE_OK ? ST_OK : store_fail(s, rc);
}

static size_t
room_in(const struct buf *b)
{
	return b->cut ? 0 : b->cap - b->n;
}

/* From an open blob; ST_CORRUPT too short, ST_FULL too long. */
static enum st
read_parts(
    struct sqlite3_blob *blob, struct buf *head, struct buf *rest, int *rc)
{
	size_t n = (size_t)sqlite3_blob_bytes(blob);
	size_t head_n = room_in(head);

	if (n < head_n)
		return ST_CORRUPT;
	if (rest != NULL && n - head_n > room_in(rest))
		return ST_FULL;
	if (head_n != 0)
		*rc = sqlite3_blob_read(
		    blob, head->p + head->n, (int)head_n, 0);
	if (*rc == SQLITE_OK && rest != NULL)
		*rc = sqlite3_blob_read(
		    blob, rest->p + rest->n, (int)(n - head_n), (int)head_n);
	if (*rc != SQLITE_OK)
		return ST_CORRUPT;
	head->n += head_n;
	if (rest != NULL)
		rest->n += n - head_n;
	return ST_OK;
}

enum st
store_body_read(struct store *s, const char *table, int64_t row,
    struct buf *head, struct buf *rest)
{
	struct sqlite3_blob *blob = NULL;
	enum st st = ST_CORRUPT;
	int rc;

	if (s->broken || s->st != ST_OK)
		return s->broken ? ST_IO : s->st;
	rc = sqlite3_blob_open(s->db, "main", table, "body", row, 0, &blob);
	if (rc == SQLITE_OK)
		st = read_parts(blob, head, rest, &rc);
	(void)sqlite3_blob_close(blob);
	/* A row or page of it that is not there is this row's damage only. */
	if (rc == SQLITE_OK || status_of(rc) == ST_CORRUPT)
		return st;
	return store_fail(s, rc);
}

enum st
store_body_part(struct store *s, const char *table, int64_t row, size_t from,
    struct buf *part, size_t *whole)
{
	struct sqlite3_blob *blob = NULL;
	size_t n = room_in(part);
	int rc;

	*whole = 0;
	if (s->broken || s->st != ST_OK)
		return s->broken ? ST_IO : s->st;
	rc = sqlite3_blob_open(s->db, "main", table, "body", row, 0, &blob);
	if (rc == SQLITE_OK) {
		*whole = (size_t)sqlite3_blob_bytes(blob);
		if (from > *whole)
			from = *whole;
		if (n > *whole - from)
			n = *whole - from;
		rc = sqlite3_blob_read(
		    blob, part->p + part->n, (int)n, (int)from);
	}
	(void)sqlite3_blob_close(blob);
	if (rc == SQLITE_OK) {
		part->n += n;
		return ST_OK;
	}
	return status_of(rc) == ST_CORRUPT ? ST_CORRUPT : store_fail(s, rc);
}
