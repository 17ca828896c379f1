/* SPDX-License-Identifier: MIT */
/*
 * store.h - what must survive a power cut, in one SQLite database.
 *
 * <state>/store.db holds: a row for each known incident (store_incident_*),
 * the cursor of each workspace (store_cursor_*), the pruned incidents that wait
 * for enrichment (store_todo_*), finished work unit records (store_record_*),
 * the position of each sink (store_sink_*), and incidents that could not be
 * mapped (store_aside_*).  The only user of SQLite.
 *
 * Memory is fixed: SQLite's heap and page cache are arrays in struct
 * store_memory.  Bodies are written and read by incremental blob I/O.
 *
 * Writes happen between store_begin and store_commit.  Any failure of SQLite
 * there undoes the whole transaction at once, and every call returns that
 * failure until store_commit or store_rollback; the caller then sees nothing
 * of it.  A committed transaction survives power loss.
 *
 * What every function may return besides what stands with it:
 *
 *	ST_FULL     quota, disk or SQLite's heap are used up.  Nothing is lost;
 *	            pruning gives room, then the same call works again
 *	ST_CORRUPT  of a read: this row fails its check, the others are fine.
 *	            Of a write or of store_open: the database is damaged and
 *	            should be built anew
 *	ST_IO       the disk failed.  From then on every call returns ST_IO
 *	            until the store was closed and opened again, which writes
 *	            anew what a failed sync may have lost
 *	ST_MALFORM  a name, key or body outside its range; nothing was done
 *
 * Rows carry a CRC-32C of everything in them, checked on reading.
 *
 * Names: `ws` is the small number of a workspace from store_workspace.  `name`
 * is an incident's resource name (a GUID in practice), 1..64 bytes, compared
 * without case.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/limits.h"
#include "base/span.h"
#include "base/uuid.h"

/* The layout of the database; a newer one is refused. */
#define STORE_SCHEMA 1

struct sqlite3;
struct sqlite3_stmt;

/* Given to SQLite for the life of the process; static in the caller. */
struct store_memory {
	_Alignas(64) uint8_t heap[STORE_HEAP_BYTES];
	_Alignas(64) uint8_t pages[STORE_PAGE_COUNT * STORE_PAGE_SLOT_BYTES];
};

/* Bytes of a key and of an incident's row, at most: see store_key.c and
 * store_pack.c. */
#define STORE_KEY_MAX_BYTES (2u + STORE_NAME_MAX_BYTES)
#define STORE_ROW_MAX_BYTES (72u + 11u * STORE_CHANGE_MAX_COUNT)

/* Rows that wait for the commit; see store_waiting.c. */
struct store_waiting {
	unsigned n;
	uint8_t order[STORE_WAITING_MAX_COUNT]; /* slots by key, n of them */
	struct {
		uint8_t key_n, row_n;
		uint8_t bytes[STORE_WAITING_MAX_BYTES];
	} slot[STORE_WAITING_MAX_COUNT];
};

/* Private; see store.c. */
struct store {
	struct sqlite3 *db;
	struct sqlite3_stmt *stmt[STORE_STATEMENT_MAX_COUNT];
	bool in_transaction;
	enum st st;         /* first failure in this transaction */
	bool broken;        /* ST_IO: only closing is left */
	uint32_t log_pages; /* of the write-ahead log */
	/* What was looked up last, as the transaction has it: the row of an
	 * incident (row_n 0: there is none; key_n 0: nothing known), and the
	 * newest record's number (-1: not known). */
	uint8_t key[STORE_KEY_MAX_BYTES];
	uint8_t row[STORE_ROW_MAX_BYTES];
	size_t key_n, row_n;
	int64_t newest;
	int64_t settled; /* the newest when this transaction began; -1 */
	struct store_waiting waiting;
};

/*
 * store_open - open or create the database below a state directory.
 *
 * dir        the state directory, which exists; the caller holds its lock
 * max_mib    quota (config store.max_mib), 16..4096, for the database and its
 *            log: further writes get ST_FULL
 * memory     borrowed until store_close
 * returns    ST_OK       schema present and current
 *            ST_CONFIG   a newer version of this program wrote it; nothing
 *                        changed
 *            ST_CORRUPT  it is damaged or not ours; nothing changed
 *            ST_BUSY     another process or another store of this one has it
 *            ST_FULL     no disk space;  ST_IO;  ST_MALFORM a bad path
 *            Unless ST_OK, *s is as after store_close.
 * cost       after a crash, copying the write-ahead log into the database
 * power cut  while it is created: the next store_open creates it
 * Only one store may be open in a process.
 */
enum st store_open(struct store *s, struct span dir, uint32_t max_mib,
    struct store_memory *memory) MUST_CHECK;

/* Close; rolls back what was not committed.  Nothing for a closed store. */
void store_close(struct store *s);

/* Transactions do not nest. */
enum st store_begin(struct store *s) MUST_CHECK;

/*
 * store_commit - make the transaction durable.
 *
 * returns    ST_OK; otherwise the transaction's first failure, or the commit's
 *            own, and everything since store_begin is undone: ST_FULL,
 *            ST_CORRUPT, ST_IO.  After ST_IO the transaction may turn out to
 *            be there, whole, when the store is opened again.
 *            The transaction is over in either case.
 * cost       one sync; nothing at all when nothing was written; now and then
 *            two more, and copying STORE_LOG_PAGE_COUNT pages
 * power cut  all of the transaction or none of it
 */
enum st store_commit(struct store *s) MUST_CHECK;

/* End the transaction without its writes.  Nothing outside of one. */
void store_rollback(struct store *s);

/* ---- workspaces and cursors --------------------------------------------- */

/*
 * store_workspace - the number of a workspace, from 1; made on first sight.
 *
 * key      the lower-cased ARM origin and resource path,
 *          1..STORE_WORKSPACE_KEY_MAX_BYTES
 * Outside of a transaction a new number is durable on return.  It is never
 * given to another workspace.
 */
enum st store_workspace(
    struct store *s, struct span key, uint32_t *ws) MUST_CHECK;

struct store_cursor {
	int64_t modified; /* newest key that is stored; ticks; -1: none yet */
	bool backfilled;  /* the first look-back has been read to its end */
};

/* modified -1 and backfilled false for a workspace without a cursor. */
enum st store_cursor_get(
    struct store *s, uint32_t ws, struct store_cursor *cursor) MUST_CHECK;
/* Writes nothing when it is the stored one. */
enum st store_cursor_put(
    struct store *s, uint32_t ws, const struct store_cursor *cursor) MUST_CHECK;

/* ---- known incidents ---------------------------------------------------- */

/* What is remembered of an incident for ever (≤ 64 bytes of file each; the
 * layout is in store_pack.c). */
struct store_incident {
	int64_t modified; /* ticks, of the newest state that was read */
	uint64_t version; /* of the contract, of that state */
	uint32_t content; /* CRC-32C of its pruned text */
	uint8_t status;   /* relay's small numbers, opaque here */
	uint8_t severity;
	uint64_t delivered_version; /* 0: never delivered */
	uint8_t delivered_status;
	uint8_t delivered_enrichment;
	int64_t closed_at; /* ticks; 0: not closed as far as we saw */
	uint8_t flags;     /* relay's bits */
};

/* ST_NOT_FOUND and a zeroed *inc for an unknown one; likewise ST_CORRUPT. */
enum st store_incident_get(struct store *s, uint32_t ws, struct span name,
    struct store_incident *inc) MUST_CHECK;
/* Keeps the status changes, replaces a damaged row, writes nothing when the
 * row is as it was. */
enum st store_incident_put(struct store *s, uint32_t ws, struct span name,
    const struct store_incident *inc) MUST_CHECK;
/* cost: reads every row of this workspace (15 ms for 100,000). */
enum st store_incident_count(
    struct store *s, uint32_t ws, uint64_t *count) MUST_CHECK;

/* Status changes that we saw, for the timeline: at most
 * STORE_CHANGE_MAX_COUNT are kept for one incident (the newest).  They are
 * part of the incident's row: ST_NOT_FOUND when that was never put. */
struct store_change {
	int64_t at; /* ticks */
	uint8_t status;
};
enum st store_change_add(struct store *s, uint32_t ws, struct span name,
    struct store_change change) MUST_CHECK;
/* Oldest first; *n of them. */
enum st store_change_list(struct store *s, uint32_t ws, struct span name,
    struct store_change changes[STORE_CHANGE_MAX_COUNT], size_t *n) MUST_CHECK;

/* ---- incidents that wait for enrichment and delivery -------------------- */

struct store_todo {
	uint32_t ws;
	char name[65];    /* NUL-ended, as it was put */
	bool fresh;       /* this state has not been delivered at all yet */
	uint8_t severity; /* larger is more severe: the order of work */
	int64_t modified; /* newer first among equals */
	int64_t since;    /* ticks: when its calls began to fail; 0: not */
	int64_t due;      /* ticks: not before; 0: at once */
	uint8_t tries[3]; /* relay's counters: alerts, entities, comments */
	uint8_t state[3]; /* relay's enrichment states */
	uint64_t cut;     /* what the projector had to cut */
};

/* Put or replace the entry of (ws, name) with its pruned text
 * (1..ELEMENT_MAX_BYTES).  The incident was put before, else ST_NOT_FOUND. */
enum st store_todo_put(struct store *s, const struct store_todo *todo,
    struct span pruned) MUST_CHECK;

/* Change everything but the text and the name.  ST_NOT_FOUND. */
enum st store_todo_update(
    struct store *s, const struct store_todo *todo) MUST_CHECK;

/*
 * store_todo_next - the entry to work on next.
 *
 * ws       of this workspace
 * now      ticks by our wall clock; an entry is due when due <= now, or when
 *          due is more than a day ahead (the clock was set back)
 * fresh_only  leave out those that were delivered as pending
 * pruned   takes the text behind what it holds
 * Order: fresh ones first, then by severity, then newest modification.
 * returns  ST_OK
 *          ST_NOT_FOUND  nothing is due
 *          ST_FULL       as above, or the text does not fit `pruned`
 *          ST_CORRUPT    the entry fails its check: todo->ws and ->name are
 *                        set, for store_todo_delete.  With an empty name it
 *                        is the database that is damaged
 *          Nothing is put into `pruned` unless ST_OK.
 * cost     0.1 ms for each 1,000 entries before it that are not due
 */
enum st store_todo_next(struct store *s, uint32_t ws, int64_t now,
    bool fresh_only, struct store_todo *todo, struct buf *pruned) MUST_CHECK;

/* ST_OK also when there is none.  Works for what store_todo_next found
 * damaged, then in a time as of store_todo_count. */
enum st store_todo_delete(
    struct store *s, uint32_t ws, struct span name) MUST_CHECK;

/* Entries, and the earliest `due` among them (INT64_MAX when there is none).
 * cost: 0.1 ms for each 1,000 of them. */
enum st store_todo_count(struct store *s, uint32_t ws, uint64_t *count,
    int64_t *next_due) MUST_CHECK;

/* The oldest modification among them; INT64_MAX when there is none.  cost: as
 * store_todo_count. */
enum st store_todo_oldest(
    struct store *s, uint32_t ws, int64_t *modified) MUST_CHECK;

/* ---- records ------------------------------------------------------------ */

struct store_record {
	int64_t seq;    /* given by the store: 1, 2, 3, … */
	int64_t at;     /* ticks by our wall clock when it was stored */
	struct uuid id; /* of the work unit */
	uint64_t version;
	uint8_t enrichment; /* relay's code of the three letters */
	uint32_t n;         /* bytes of the body */
};

/* Append; rec->seq and ->n are not looked at.  The body has
 * 1..RECORD_MAX_BYTES.  *seq is its number, one more than the last, and is
 * never given again once it was committed. */
enum st store_record_append(struct store *s, const struct store_record *rec,
    struct span body, int64_t *seq) MUST_CHECK;

/*
 * store_record_next - the first record behind `after`, to deliver.
 *
 * body     takes it behind what it holds
 * returns  ST_OK
 *          ST_NOT_FOUND  no further one
 *          ST_FULL       as above, or it does not fit `body`
 *          ST_CORRUPT    it fails its check and is not for delivery: rec->seq
 *                        is set, go on behind that.  With seq 0 it is the
 *                        database that is damaged
 *          Nothing is put into `body`, and *rec is zero but for seq, unless
 *          ST_OK.
 */
enum st store_record_next(struct store *s, int64_t after,
    struct store_record *rec, struct buf *body) MUST_CHECK;

/* The newest record with a number below `before` (INT64_MAX: the newest);
 * otherwise as store_record_next. */
enum st store_record_before(struct store *s, int64_t before,
    struct store_record *rec, struct buf *body) MUST_CHECK;

/*
 * For who shows records while they are made and pruned: only what is committed,
 * and a body in parts.
 *
 * store_record_settled  the newest number that is committed; 0: there is none
 * store_record_look     the newest record with a number below `before`, its
 *                       body checked but not handed over; otherwise as
 *                       store_record_before.  cost: reads the body
 * store_record_part     as many bytes of a body from `from` on as `part` has
 *                       room for, behind what it holds.  ST_NOT_FOUND: the
 *                       record was pruned, or has no byte there
 */
enum st store_record_settled(struct store *s, int64_t *seq) MUST_CHECK;
enum st store_record_look(
    struct store *s, int64_t before, struct store_record *rec) MUST_CHECK;
enum st store_record_part(
    struct store *s, int64_t seq, uint32_t from, struct buf *part) MUST_CHECK;

/*
 * store_record_prune - delete delivered records, oldest first.
 *
 * acknowledged  up to this number every sink that counts has them (the
 *               caller's minimum over store_sink_get)
 * older         ticks: only what was stored before; INT64_MAX: whatever its
 *               age.  A record that claims to be from more than 366 days
 *               behind this was stored by a wrong clock and counts as old.
 * most          at most so many, so that a transaction stays short
 * returns  ST_OK         at least one was deleted
 *          ST_NOT_FOUND  there is none to delete
 * The newest record always stays: its number is the next one's ground.
 */
enum st store_record_prune(struct store *s, int64_t acknowledged, int64_t older,
    uint32_t most) MUST_CHECK;

/* The lowest version among the records behind `after`; UINT64_MAX when there is
 * none.  cost: looks at each of them. */
enum st store_record_lowest(
    struct store *s, int64_t after, uint64_t *version) MUST_CHECK;

/* ---- sinks -------------------------------------------------------------- */

/* Everything up to `seq` is acknowledged by this sink; 0 for a new one.
 * `sink` is its name, 1..64 bytes. */
enum st store_sink_get(
    struct store *s, struct span sink, int64_t *seq) MUST_CHECK;
/* Writes nothing when it is the stored one; needs no room in the quota when
 * the sink had a position. */
enum st store_sink_put(
    struct store *s, struct span sink, int64_t seq) MUST_CHECK;

/* Records behind a sink's position that are still there. */
enum st store_backlog(
    struct store *s, int64_t after, uint64_t *count) MUST_CHECK;

/* ---- set aside ---------------------------------------------------------- */

/* Remember an incident that cannot be mapped; the reason is a constant text
 * of 1..128 bytes. */
enum st store_aside_put(struct store *s, uint32_t ws, struct span name,
    struct span reason, int64_t at) MUST_CHECK;
/* It could be mapped after all. */
enum st store_aside_delete(
    struct store *s, uint32_t ws, struct span name) MUST_CHECK;
enum st store_aside_count(
    struct store *s, uint32_t ws, uint64_t *count) MUST_CHECK;

/* ---- figures ------------------------------------------------------------ */

struct store_figures {
	uint64_t file_bytes;      /* database and log */
	uint64_t heap_peak_bytes; /* of SQLite's fixed heap, since store_open */
};
/* Zero for a closed store. */
void store_figures(struct store *s, struct store_figures *f);

#endif
