/* SPDX-License-Identifier: MIT */
/*
 * Why a committed transaction is safe, and what a failure leaves.
 *
 *	store.db       pages as of the last checkpoint
 *	store.db-wal   pages of the transactions since, each page with a running
 *	               check; synced before store_commit returns
 *
 *     power lost ...         store.db   log                   after open
 *     ---------------------  ---------  --------------------  ------------
 *     in a transaction       untouched  pages without an end  without it
 *     in the commit's sync   untouched  any part              all or none
 *     after it               untouched  whole                 with it
 *     in a checkpoint        any mix    whole, synced         with it
 *
 * Exclusive locking: the log's index is in SQLite's heap, no third file.
 *
 * A failed sync is not tried again on the same file: what it had to write may
 * be marked clean by the kernel and be lost.  The store is broken then and
 * closed without a checkpoint.  store_open copies what the log has into the
 * database and syncs that before anything else, so all of it is written anew.
 * For the same reason the checkpoint is ours and not SQLite's automatic one,
 * which hides its failures.
 *
 * SQLite is set up anew for each store_open and shut down by store_close: its
 * heap and page cache are the caller's arrays.
 */
#include "store/store_priv.h"

#include <assert.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/file.h"

#define FILE_NAME "store.db"

/* How it reads; nothing of this changes the file.  Before the first read, so
 * that the log's index is in memory. */
static const char *const READ_SETTING[] = {
	"PRAGMA locking_mode=EXCLUSIVE",
	"PRAGMA cache_size=24",
	"PRAGMA cell_size_check=1",
};

/* How it writes. */
static const char *const WRITE_SETTING[] = {
	"PRAGMA synchronous=FULL",
	"PRAGMA journal_size_limit=1572864",
};

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static_assert(STORE_CACHE_PAGE_COUNT == 24, "as in READ_SETTING");
static_assert(
    STORE_LOG_PAGE_COUNT * STORE_PAGE_BYTES == 1572864, "as in WRITE_SETTING");

/* ---- open and close ----------------------------------------------------- */

/* Give SQLite its memory.  ST_BUSY when a store has it already. */
static enum st
start_sqlite(struct store_memory *memory, size_t heap_bytes)
{
	int header_bytes = 0;
	sqlite3_int64 now, high;
	int rc = sqlite3_config(SQLITE_CONFIG_HEAP, memory->heap,
	    (int)heap_bytes, (int)STORE_HEAP_UNIT_BYTES);

	if (rc == SQLITE_MISUSE)
		return ST_BUSY;
	assert(rc == SQLITE_OK); /* else it was built without memsys5 */
	rc = sqlite3_config(SQLITE_CONFIG_PAGECACHE, memory->pages,
	    (int)STORE_PAGE_SLOT_BYTES, (int)STORE_PAGE_COUNT);
	assert(rc == SQLITE_OK);
	rc = sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
	assert(rc == SQLITE_OK);
	rc = sqlite3_config(SQLITE_CONFIG_PCACHE_HDRSZ, &header_bytes);
	assert(rc == SQLITE_OK && header_bytes >= 0 &&
	    STORE_PAGE_BYTES + (unsigned)header_bytes <= STORE_PAGE_SLOT_BYTES);
	if (sqlite3_initialize() != SQLITE_OK) {
		(void)sqlite3_shutdown();
		return ST_FULL;
	}
	(void)sqlite3_status64(SQLITE_STATUS_MEMORY_USED, &now, &high, 1);
	(void)sqlite3_status64(
	    SQLITE_STATUS_PAGECACHE_OVERFLOW, &now, &high, 1);
	return ST_OK;
}

static int
note_log_pages(void *ctx, struct sqlite3 *db, const char *name, int pages)
{
	struct store *s = ctx;

	(void)db;
	(void)name;
	s->log_pages = pages < 0 ? 0 : (uint32_t)pages;
	return SQLITE_OK;
}

static uint64_t
file_bytes(const char *path)
{
	struct stat file;

	if (path == NULL || stat(path, &file) != 0 || file.st_size < 0)
		return 0;
	return (uint64_t)file.st_size;
}

static enum st
open_file(struct store *s, struct span dir)
{
	char path[PATH_MAX_BYTES];
	enum st st = file_path(path, dir, SPAN_LIT(FILE_NAME));
	int rc;

	if (st != ST_OK)
		return ST_MALFORM;
	rc = sqlite3_open_v2(path, &s->db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXRESCODE,
	    NULL);
	if (rc != SQLITE_OK)
		return store_fail(s, rc);
	(void)sqlite3_wal_hook(s->db, note_log_pages, s);
	for (size_t i = 0; i < COUNT(READ_SETTING) && st == ST_OK; i++)
		st = store_exec(s, READ_SETTING[i]);
	return st;
}

/* The file may refuse (a damaged header, a file system without locks). */
static enum st
set_write_ahead_log(struct store *s)
{
	struct store_query q = { .s = s };
	bool is_wal;
	int rc = sqlite3_prepare_v2(
	    s->db, "PRAGMA journal_mode=WAL", -1, &q.stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(q.stmt);
	is_wal = rc == SQLITE_ROW &&
	    span_eq(store_query_bytes(&q, 0), SPAN_LIT("wal"));
	(void)sqlite3_finalize(q.stmt);
	if (rc != SQLITE_ROW)
		return store_fail(s, rc == SQLITE_DONE ? SQLITE_IOERR : rc);
	return is_wal ? ST_OK : ST_IO;
}

static enum st
set_up_writing(struct store *s, uint32_t max_mib)
{
	char text[64];
	struct buf sql = BUF_OVER(text);
	uint64_t pages = 1;
	enum st st = set_write_ahead_log(s);

	for (size_t i = 0; i < COUNT(WRITE_SETTING) && st == ST_OK; i++)
		st = store_exec(s, WRITE_SETTING[i]);
	if (max_mib > STORE_LOG_RESERVE_MIB)
		pages = (uint64_t)(max_mib - STORE_LOG_RESERVE_MIB) *
		    (1024 * 1024 / STORE_PAGE_BYTES);
	buf_put_str(&sql, "PRAGMA max_page_count=");
	buf_put_u64(&sql, pages);
	if (st == ST_OK)
		st = store_exec(s, buf_str(&sql));
	return st;
}

/* Copy the log of an earlier run into the database, and do now what must not
 * fail or open files later: random numbers, the statement that undoes. */
static enum st
settle(struct store *s)
{
	uint8_t byte;
	enum st st = store_query(s, STORE_SQL_ROLLBACK).st;
	int rc;

	sqlite3_randomness(sizeof byte, &byte);
	if (st != ST_OK)
		return st;
	rc = sqlite3_wal_checkpoint_v2(
	    s->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	s->log_pages = 0;
	return rc == SQLITE_OK ? ST_OK : store_fail(s, rc);
}

/* A file that may be written, but whose header names a later format. */
static enum st
check_writable(struct store *s)
{
	const char *path = sqlite3_db_filename(s->db, "main");

	if (sqlite3_db_readonly(s->db, "main") == 0)
		return ST_OK;
	return path != NULL && access(path, W_OK) == 0 ? ST_CORRUPT : ST_IO;
}

/* Without a log the file is as long as its header says.  A header that says
 * less would have pages in use given out again. */
static enum st
check_length(struct store *s)
{
	int64_t pages;
	enum st st = store_exec_int(s, "PRAGMA page_count", &pages);

	if (st == ST_OK &&
	    file_bytes(sqlite3_db_filename(s->db, "main")) !=
		(uint64_t)pages * STORE_PAGE_BYTES)
		st = ST_CORRUPT;
	return st;
}

/* keep_log: leave both files as they are. */
static void
close_all(struct store *s, bool keep_log)
{
	int rc;

	store_sql_close(s);
	if (keep_log && s->db != NULL)
		(void)sqlite3_db_config(
		    s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	rc = sqlite3_close(s->db);
	assert(rc == SQLITE_OK); /* every statement and blob was closed */
	(void)sqlite3_shutdown();
	memset(s, 0, sizeof *s);
}

enum st
store_open_heap(struct store *s, struct span dir, uint32_t max_mib,
    struct store_memory *memory, size_t heap_bytes)
{
	sqlite3_int64 pages = 0, high;
	enum st st;

	memset(s, 0, sizeof *s);
	store_forget(s);
	st = start_sqlite(memory, heap_bytes);
	if (st != ST_OK)
		return st;
	st = open_file(s, dir);
	if (st == ST_OK)
		st = store_schema_check(s);
	if (st == ST_OK || st == ST_NOT_FOUND) {
		bool is_new = st == ST_NOT_FOUND;

		st = check_writable(s);
		if (st == ST_OK)
			st = set_up_writing(s, max_mib);
		if (st == ST_OK)
			st = settle(s);
		if (st == ST_OK)
			st = check_length(s);
		if (st == ST_OK && is_new)
			st = store_schema_make(s);
	}
	if (st != ST_OK) {
		close_all(s, true);
		return st;
	}
	(void)sqlite3_status64(SQLITE_STATUS_PAGECACHE_USED, &pages, &high, 0);
	assert(pages > 0); /* else it took no slot of memory->pages */
	return ST_OK;
}

enum st
store_open(struct store *s, struct span dir, uint32_t max_mib,
    struct store_memory *memory)
{
	return store_open_heap(s, dir, max_mib, memory, sizeof memory->heap);
}

void
store_close(struct store *s)
{
	if (s->db == NULL)
		return;
	store_rollback(s);
	close_all(s, s->broken);
}

/* ---- transactions ------------------------------------------------------- */

enum st
store_begin(struct store *s)
{
	struct store_query q;
	enum st st;

	assert(!s->in_transaction && s->st == ST_OK);
	q = store_query(s, STORE_SQL_BEGIN);
	st = store_query_run(&q);
	s->in_transaction = st == ST_OK;
	s->settled = s->newest;
	return st;
}

/* The commit is durable whatever happens here: a lack of memory or disk is
 * tried again after the next one, a failing disk is said by the next call. */
static void
checkpoint_if_long(struct store *s)
{
	int rc;

	if (s->log_pages < STORE_LOG_PAGE_COUNT)
		return;
	rc = sqlite3_wal_checkpoint_v2(
	    s->db, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	if (rc == SQLITE_OK)
		s->log_pages = 0;
	else if (store_fail(s, rc) == ST_CORRUPT)
		s->broken = true;
}

enum st
store_commit(struct store *s)
{
	struct store_query q;
	enum st st;

	assert(s->in_transaction);
	/* A failure is the transaction's, which the commit repeats. */
	st = store_waiting_flush(s);
	q = store_query(s, STORE_SQL_COMMIT);
	if (st == ST_OK)
		st = store_query_run(&q);
	s->in_transaction = false;
	s->st = ST_OK;
	if (st == ST_OK)
		checkpoint_if_long(s);
	return st;
}

void
store_rollback(struct store *s)
{
	struct store_query q;
	enum st st;

	if (!s->in_transaction)
		return;
	if (s->st == ST_OK && !s->broken) {
		q = store_query(s, STORE_SQL_ROLLBACK);
		st = store_query_run(&q);
		/* A failing one has been undone by store_fail, or breaks. */
		(void)st;
	}
	store_forget(s);
	if (sqlite3_get_autocommit(s->db) == 0)
		s->broken = true;
	s->in_transaction = false;
	s->st = ST_OK;
}

/* ---- figures ------------------------------------------------------------ */

void
store_figures(struct store *s, struct store_figures *f)
{
	const char *path;
	sqlite3_int64 now, high = 0;

	memset(f, 0, sizeof *f);
	if (s->db == NULL)
		return;
	path = sqlite3_db_filename(s->db, "main");
	f->file_bytes = file_bytes(path) +
	    (path == NULL ? 0 : file_bytes(sqlite3_filename_wal(path)));
	(void)sqlite3_status64(SQLITE_STATUS_MEMORY_USED, &now, &high, 0);
	f->heap_peak_bytes = (uint64_t)high;
}
