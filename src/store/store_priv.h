/* SPDX-License-Identifier: MIT */
/*
 * store_priv.h - what the parts of store share.
 *
 *	store.c           open, close, transactions
 *	store_schema.c    tables: make them, refuse what is not them
 *	store_sql.c       statements, bodies, SQLite's codes to ours
 *	store_key.c       (ws, name) to the bytes of a key and back
 *	store_pack.c      bytes of an incident's row
 *	store_incident.c  workspaces, cursors, incidents, those set aside
 *	store_todo.c      what waits for enrichment
 *	store_record.c    records and the positions of sinks
 *
 * A store_query is used in one order: store_query, binds from left to right,
 * then either store_query_run, or store_query_row, columns, store_query_end.
 * Its first failure sticks, so that binds need no check.
 */
#ifndef STORE_STORE_PRIV_H
#define STORE_STORE_PRIV_H

#include <sqlite3.h>

#include "store/store.h"

/* Statements are prepared at their first use.  KEEP: it stays prepared, which
 * costs 1.5 to 3 KiB of the heap; ONCE: it is used once for many incidents and
 * prepared each time.  Rows are found by stepping once: a LIMIT would only
 * cost memory. */
/* clang-format off */
#define STORE_SQL_LIST(X)                                                    \
	X(BEGIN,          ONCE, "BEGIN")                                     \
	X(COMMIT,         ONCE, "COMMIT")                                    \
	X(ROLLBACK,       KEEP, "ROLLBACK")                                  \
	X(WORKSPACE_GET,  ONCE, "SELECT ws FROM workspace WHERE path=?")     \
	X(WORKSPACE_ADD,  ONCE, "INSERT INTO workspace(path) VALUES(?)")     \
	X(CURSOR_GET,     ONCE, "SELECT modified,backfilled,crc"             \
	                        " FROM cursor WHERE ws=?")                   \
	X(CURSOR_PUT,     ONCE, "REPLACE INTO cursor VALUES(?,?,?,?)")       \
	X(INCIDENT_GET,   KEEP, "SELECT state FROM incident WHERE key=?")    \
	X(INCIDENT_PUT,   KEEP, "REPLACE INTO incident VALUES(?,?)")         \
	X(INCIDENT_COUNT, ONCE, "SELECT count(*) FROM incident"              \
	                        " WHERE key>=? AND key<?")                   \
	X(ASIDE_PUT,      ONCE, "REPLACE INTO aside VALUES(?,?,?,?)")        \
	X(ASIDE_DELETE,   KEEP, "DELETE FROM aside WHERE key=?")             \
	X(ASIDE_COUNT,    ONCE, "SELECT count(*) FROM aside"                 \
	                        " WHERE key>=? AND key<?")                   \
	X(TODO_ADD,       KEEP, "INSERT INTO todo VALUES(?,?,?,?,?,?,?)")    \
	X(TODO_DELETE,    KEEP, "DELETE FROM todo WHERE ws=? AND fresh=?"    \
	                        " AND severity=? AND modified=? AND id=?")   \
	X(TODO_PURGE,     ONCE, "DELETE FROM todo WHERE key=?")              \
	X(TODO_FIRST,     KEEP, "SELECT id,key,fresh,severity,modified,due"  \
	                        " FROM todo WHERE ws=? AND fresh>=?"         \
	                        " AND (due<=? OR due>?) ORDER BY fresh DESC,"\
	                        "severity DESC,modified DESC")               \
	X(TODO_COUNT,     ONCE, "SELECT count(*),min(due) FROM todo"         \
	                        " WHERE ws=?")                               \
	X(TODO_OLDEST,    ONCE, "SELECT count(*),min(modified) FROM todo"     \
	                        " WHERE ws=?")                               \
	X(TEXT_ADD,       KEEP, "INSERT INTO text(body) VALUES(zeroblob(?))")\
	X(TEXT_DELETE,    KEEP, "DELETE FROM text WHERE id=?")               \
	X(RECORD_ADD,     KEEP, "INSERT INTO record"                         \
	                        " VALUES(?,?,?,?,?,?,zeroblob(?))")          \
	X(RECORD_NEXT,    KEEP, "SELECT seq,at,id,version,enrichment,crc"    \
	                        " FROM record WHERE seq>? ORDER BY seq")     \
	X(RECORD_BEFORE,  ONCE, "SELECT seq,at,id,version,enrichment,crc"    \
	                        " FROM record WHERE seq<?"                   \
	                        " ORDER BY seq DESC")                        \
	X(RECORD_OLDEST,  ONCE, "SELECT seq,at FROM record ORDER BY seq")    \
	X(RECORD_NEWEST,  KEEP, "SELECT seq FROM record ORDER BY seq DESC")  \
	X(RECORD_VERSION, ONCE, "SELECT count(*),min(version) FROM record"   \
	                        " WHERE seq>?")                              \
	X(RECORD_DELETE,  ONCE, "DELETE FROM record WHERE seq<=?")           \
	X(SINK_GET,       ONCE, "SELECT seq,crc FROM sink WHERE name=?")     \
	X(SINK_PUT,       ONCE, "REPLACE INTO sink VALUES(?,?,?)")
/* clang-format on */

enum store_sql {
#define X(name, keep, sql) STORE_SQL_##name,
	STORE_SQL_LIST(X)
#undef X
	    STORE_SQL_COUNT
};

struct store_query {
	struct store *s;
	enum store_sql sql;
	struct sqlite3_stmt *stmt; /* NULL once st is a failure */
	enum st st;                /* the first failure */
	int bound;                 /* parameters so far */
};

/* ---- store.c ------------------------------------------------------------ */

/* store_open with a part of memory->heap, for tests. */
enum st store_open_heap(struct store *s, struct span dir, uint32_t max_mib,
    struct store_memory *memory, size_t heap_bytes) MUST_CHECK;

/* ---- store_schema.c ----------------------------------------------------- */

/* What is in the file: ST_OK our tables, ST_NOT_FOUND nothing yet, ST_CONFIG
 * those of a newer version, ST_CORRUPT something else.  Only reads. */
enum st store_schema_check(struct store *s) MUST_CHECK;

/* Make the tables, all or none. */
enum st store_schema_make(struct store *s) MUST_CHECK;

/* ---- store_sql.c -------------------------------------------------------- */

/* A result code of SQLite as ours, with what follows from it: an open
 * transaction is undone and remembers it, ST_IO breaks the store. */
enum st store_fail(struct store *s, int rc) MUST_CHECK;

/* Run one constant statement to its end without keeping it. */
enum st store_exec(struct store *s, const char *sql) MUST_CHECK;
/* Likewise; the first column of its first row, 0 without a row. */
enum st store_exec_int(
    struct store *s, const char *sql, int64_t *value) MUST_CHECK;

struct store_query store_query(struct store *s, enum store_sql sql);
/* What is bound is borrowed until the query's end. */
void store_bind_int(struct store_query *q, int64_t value);
void store_bind_blob(struct store_query *q, struct span value);
void store_bind_text(struct store_query *q, struct span value);

/* ST_OK with a row to look at, ST_NOT_FOUND, or the failure; unless ST_OK the
 * query has ended. */
enum st store_query_row(struct store_query *q) MUST_CHECK;
/* Columns from 0.  Bytes are borrowed until the query's end. */
int64_t store_query_int(struct store_query *q, int column);
struct span store_query_bytes(struct store_query *q, int column);
void store_query_end(struct store_query *q);

/* All of it; rows are not looked at. */
enum st store_query_run(struct store_query *q) MUST_CHECK;

/* What was looked up last may not be so any more. */
void store_forget(struct store *s);

/* Forget all prepared statements. */
void store_sql_close(struct store *s);

/* Bytes of column `body` of this row from its beginning: `head`, then `rest`.
 * They are there already, as zeroes or older bytes. */
enum st store_body_write(struct store *s, const char *table, int64_t row,
    struct span head, struct span rest) MUST_CHECK;

/*
 * store_body_read - append column `body` of this row to two buffers.
 *
 * head     takes as many of its first bytes as it has room for
 * rest     takes the others; NULL: nobody wants them
 * returns  ST_OK; ST_FULL they do not fit; ST_CORRUPT it is not there, not
 *          whole, or shorter than `head`.  Unless ST_OK nothing is appended.
 */
enum st store_body_read(struct store *s, const char *table, int64_t row,
    struct buf *head, struct buf *rest) MUST_CHECK;

/* The bytes from `from` on, as many as `part` has room for; *whole is the
 * body's length.  ST_CORRUPT as above. */
enum st store_body_part(struct store *s, const char *table, int64_t row,
    size_t from, struct buf *part, size_t *whole) MUST_CHECK;

/* ---- store_key.c -------------------------------------------------------- */

struct store_key {
	uint8_t b[STORE_KEY_MAX_BYTES];
	size_t n;
};

struct span store_key_span(const struct store_key *key);

/* ST_MALFORM for a name outside 1..64 bytes or a ws outside 1..2000. */
enum st store_key_make(
    struct store_key *key, uint32_t ws, struct span name) MUST_CHECK;

/* Keys k of a workspace have low <= k < high. */
enum st store_key_range(
    uint32_t ws, struct store_key *low, struct store_key *high) MUST_CHECK;

/* The name in a key, NUL-ended; empty when it cannot be one. */
void store_key_name(struct span key, char name[STORE_NAME_MAX_BYTES + 1]);

/* ---- store_incident.c --------------------------------------------------- */

struct store_row;

/* ST_NOT_FOUND and ST_CORRUPT leave *row zeroed. */
enum st store_row_load(struct store *s, const struct store_key *key,
    struct store_row *row) MUST_CHECK;
/* Right after a load of the same key.  Nothing when it is as it was loaded;
 * else it waits for the commit. */
enum st store_row_save(struct store *s, const struct store_key *key,
    const struct store_row *row) MUST_CHECK;

/* ---- store_waiting.c ---------------------------------------------------- */

/* The bytes of the row that waits under this key; none when none does. */
struct span store_waiting_get(struct store *s, struct span key);

/* False when there is no slot for it, or it is too long for one: then a row
 * that waits under this key still stands there. */
bool store_waiting_put(struct store *s, struct span key, struct span row);

/* Write all that wait; then none does. */
enum st store_waiting_flush(struct store *s) MUST_CHECK;

/* Write one row now. */
enum st store_waiting_write(
    struct store *s, struct span key, struct span row) MUST_CHECK;

/* ---- store_todo.c ------------------------------------------------------- */

/* Take this key out of the order of work by looking at all of it: for when
 * the incident's row, which knows the entry, is damaged. */
enum st store_todo_purge(
    struct store *s, const struct store_key *key) MUST_CHECK;

/* ---- store_pack.c ------------------------------------------------------- */

/* An incident with its changes. */
struct store_row {
	struct store_incident inc;
	struct store_change change[STORE_CHANGE_MAX_COUNT]; /* oldest first */
	size_t change_count;
	int64_t text; /* row of its entry in `text`, 0: none */
};

/* Append; `out` has room for STORE_ROW_MAX_BYTES. */
void store_pack_row(
    struct buf *out, const struct store_key *key, const struct store_row *row);
/* ST_CORRUPT, and *row zeroed, when it is not what was packed for this key. */
enum st store_unpack_row(struct span packed, const struct store_key *key,
    struct store_row *row) MUST_CHECK;

/* Little-endian integers of 1 to 8 bytes. */
void store_put_le(struct buf *out, uint64_t value, unsigned bytes);
/* False, and 0, when there are fewer bytes. */
bool store_take_le(struct span *s, unsigned bytes, uint64_t *value);

#endif
