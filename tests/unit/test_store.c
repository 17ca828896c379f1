/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE

#include <sqlite3.h>
#include <sys/wait.h>

#include "store_bench.h"

STORE_SUITE(store);

/* ---- open and close ----------------------------------------------------- */

Test(store, what_was_committed_is_there_after_reopening)
{
	struct store_cursor cursor = { 42, true };

	OK(store_begin(&store));
	OK(store_cursor_put(&store, ws, &cursor));
	OK(store_commit(&store));
	OK(reopen());
	cursor = (struct store_cursor){ 0, false };
	OK(store_cursor_get(&store, ws, &cursor));
	cr_assert_eq(cursor.modified, 42);
	cr_assert(cursor.backfilled);
}

Test(store, close_undoes_an_open_transaction)
{
	struct store_cursor cursor = { 42, true };

	OK(store_begin(&store));
	OK(store_cursor_put(&store, ws, &cursor));
	OK(reopen());
	OK(store_cursor_get(&store, ws, &cursor));
	cr_assert_eq(cursor.modified, -1);
}

Test(store, rollback_undoes_and_the_next_transaction_works)
{
	struct store_cursor cursor = { 42, true };

	OK(store_begin(&store));
	OK(store_cursor_put(&store, ws, &cursor));
	append(1, 100);
	store_rollback(&store);
	store_rollback(&store);
	OK(store_cursor_get(&store, ws, &cursor));
	cr_assert_eq(cursor.modified, -1);
	OK(store_begin(&store));
	cr_assert_eq(append(1, 100), 1, "the number was not used up");
	OK(store_commit(&store));
}

Test(store, closing_twice_and_closing_what_was_never_opened_is_harmless)
{
	struct store other = { 0 };
	struct store_figures f;

	store_close(&store);
	store_close(&store);
	store_close(&other);
	store_figures(&other, &f);
	cr_assert_eq(f.file_bytes, 0);
	cr_assert_eq(f.heap_peak_bytes, 0);
}

Test(store, an_empty_file_is_a_new_store)
{
	struct store_cursor cursor;

	store_close(&store);
	scratch_write(&at, "store.db", SPAN_NONE);
	OK(store_open(&store, span_str(at.dir), MAX_MIB, &memory));
	OK(store_workspace(&store, SPAN_LIT("x"), &ws));
	OK(store_cursor_get(&store, ws, &cursor));
}

Test(store, a_missing_directory_is_an_io_error_and_a_bad_path_malformed)
{
	char path[PATH_MAX_BYTES + 8];

	store_close(&store);
	IS(ST_IO,
	    store_open(&store, SPAN_LIT("/nonexistent/dir"), MAX_MIB, &memory));
	memset(path, 'x', sizeof path);
	IS(ST_MALFORM,
	    store_open(&store, (struct span){ (uint8_t *)path, sizeof path },
		MAX_MIB, &memory));
	cr_assert_null(store.db);
	OK(store_open(&store, span_str(at.dir), MAX_MIB, &memory));
}

Test(store, a_second_store_of_the_same_process_is_refused)
{
	static struct store_memory more;
	struct scratch elsewhere;
	struct store other;

	scratch_make(&elsewhere);
	IS(ST_BUSY,
	    store_open(&other, span_str(elsewhere.dir), MAX_MIB, &more));
	scratch_remove(&elsewhere);
	OK(store_workspace(&store, SPAN_LIT(WS_KEY), &ws));
}

Test(store, a_store_that_another_process_has_is_busy)
{
	int ready[2], done[2], status;
	char byte = 0;
	pid_t child;

	store_close(&store);
	cr_assert_eq(pipe(ready), 0);
	cr_assert_eq(pipe(done), 0);
	child = fork();
	if (child == 0) {
		enum st st = store_open(
		    &store, span_str(at.dir), MAX_MIB, &memory);

		close(done[1]);
		_exit(st != ST_OK || write(ready[1], &byte, 1) != 1 ||
		    read(done[0], &byte, 1) != 0);
	}
	cr_assert_eq(read(ready[0], &byte, 1), 1);
	IS(ST_BUSY, store_open(&store, span_str(at.dir), MAX_MIB, &memory));
	close(done[0]);
	close(done[1]);
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert_eq(status, 0);
	OK(store_open(&store, span_str(at.dir), MAX_MIB, &memory));
}

/* ---- what is in the file ------------------------------------------------ */

static void
refused_unchanged(const char *sql, enum st why)
{
	static uint8_t before[1 << 20], after[1 << 20];
	long n;

	alter(sql);
	n = scratch_read(&at, "store.db", before, sizeof before);
	IS(why, store_open(&store, span_str(at.dir), MAX_MIB, &memory));
	cr_assert_eq(scratch_read(&at, "store.db", after, sizeof after), n);
	cr_assert_eq(memcmp(before, after, (size_t)n), 0, "%s", sql);
}

Test(store, a_newer_schema_is_refused_with_nothing_changed)
{
	refused_unchanged(
	    "PRAGMA user_version=2; CREATE TABLE later(x)", ST_CONFIG);
	alter("PRAGMA user_version=1; DROP TABLE later");
	OK(store_open(&store, span_str(at.dir), MAX_MIB, &memory));
}

Test(store, a_database_of_somebody_else_is_refused_with_nothing_changed)
{
	refused_unchanged("PRAGMA application_id=1", ST_CORRUPT);
	refused_unchanged("PRAGMA application_id=0", ST_CORRUPT);
}

Test(store, a_database_without_one_of_our_tables_is_refused)
{
	refused_unchanged("DROP TABLE sink", ST_CORRUPT);
}

Test(store, a_database_with_one_more_table_is_refused)
{
	refused_unchanged("CREATE TABLE more(x)", ST_CORRUPT);
}

Test(store, a_schema_number_that_none_of_ours_can_have_is_damage)
{
	refused_unchanged("PRAGMA user_version=0", ST_CORRUPT);
	refused_unchanged("PRAGMA user_version=-1", ST_CORRUPT);
	refused_unchanged("PRAGMA user_version=256", ST_CORRUPT);
}

Test(store, a_file_that_is_no_database_is_refused_with_nothing_changed)
{
	uint8_t after[8192];

	store_close(&store);
	scratch_write(&at, "store.db", bytes(1, 5000));
	IS(ST_CORRUPT, store_open(&store, span_str(at.dir), MAX_MIB, &memory));
	cr_assert_eq(scratch_read(&at, "store.db", after, sizeof after), 5000);
	cr_assert_eq(memcmp(after, bytes(1, 5000).p, 5000), 0);
}

static int
is_ok(void *ctx, int columns, char **text, char **names)
{
	(void)names;
	*(bool *)ctx = columns == 1 && strcmp(text[0], "ok") == 0;
	return 0;
}

Test(store, a_copy_opens_with_plain_sqlite_and_is_whole)
{
	bool ok = false;
	sqlite3 *db;

	for (uint64_t i = 1; i <= 300; i++) {
		struct store_todo t = todo(guid(i), (uint8_t)i, (int64_t)i);

		OK(store_begin(&store));
		put_todo(&t, bytes(i, i * 80));
		append(i, i * 100);
		if (i % 3 == 0)
			OK(store_todo_delete(&store, ws, guid(i / 2)));
		OK(store_commit(&store));
	}
	store_close(&store);
	cr_assert(!scratch_has(&at, "store.db-wal"));
	cr_assert_eq(
	    sqlite3_open(scratch_path(&at, "store.db"), &db), SQLITE_OK);
	cr_assert_eq(
	    sqlite3_exec(db, "PRAGMA integrity_check", is_ok, &ok, NULL),
	    SQLITE_OK);
	cr_assert(ok);
	sqlite3_close(db);
}

/* ---- workspaces and cursors --------------------------------------------- */

Test(store, a_workspace_keeps_its_number_and_each_has_its_own)
{
	uint32_t a, b, again;

	OK(store_workspace(&store, SPAN_LIT("https://x/a"), &a));
	OK(store_begin(&store));
	OK(store_workspace(&store, SPAN_LIT("https://x/b"), &b));
	OK(store_commit(&store));
	OK(reopen());
	OK(store_workspace(&store, SPAN_LIT("https://x/a"), &again));
	cr_assert_eq(again, a);
	OK(store_workspace(&store, SPAN_LIT("https://x/b"), &again));
	cr_assert_eq(again, b);
	cr_assert(a != b && a != ws && b != ws && a >= 1);
}

Test(store, a_workspace_key_is_1_to_its_limit)
{
	uint32_t n;

	IS(ST_MALFORM, store_workspace(&store, SPAN_LIT(""), &n));
	IS(ST_MALFORM,
	    store_workspace(
		&store, bytes(1, STORE_WORKSPACE_KEY_MAX_BYTES + 1), &n));
	cr_assert_eq(n, 0);
	OK(store_workspace(
	    &store, bytes(1, STORE_WORKSPACE_KEY_MAX_BYTES), &n));
}

Test(store, more_workspaces_than_fit_a_key_are_refused)
{
	char name[16];
	uint32_t n = 0;

	OK(store_begin(&store));
	for (unsigned i = 2; i <= STORE_WORKSPACE_MAX_COUNT; i++) {
		snprintf(name, sizeof name, "ws-%u", i);
		OK(store_workspace(&store, span_str(name), &n));
		cr_assert_eq(n, i);
	}
	OK(store_commit(&store));
	IS(ST_FULL, store_workspace(&store, SPAN_LIT("one more"), &n));
	cr_assert(!store.in_transaction);
	OK(store_workspace(&store, SPAN_LIT("ws-2"), &n));
	cr_assert_eq(n, 2);
}

Test(store, the_cursor_of_an_unknown_workspace_is_none)
{
	struct store_cursor cursor = { 5, true };

	OK(store_cursor_get(&store, 77, &cursor));
	cr_assert_eq(cursor.modified, -1);
	cr_assert(!cursor.backfilled);
}

Test(store, cursors_hold_every_value)
{
	static const struct store_cursor CURSORS[] = { { -1, false },
		{ 0, true }, { INT64_MAX, false }, { INT64_MAX, true } };
	struct store_cursor got;

	for (size_t i = 0; i < 4; i++) {
		OK(store_begin(&store));
		OK(store_cursor_put(&store, ws, &CURSORS[i]));
		OK(store_commit(&store));
		OK(store_cursor_get(&store, ws, &got));
		cr_assert_eq(got.modified, CURSORS[i].modified);
		cr_assert_eq(got.backfilled, CURSORS[i].backfilled);
	}
}

/* ---- sinks -------------------------------------------------------------- */

Test(store, sinks_have_positions_of_their_own)
{
	int64_t seq = 9;

	OK(store_sink_get(&store, SPAN_LIT("file"), &seq));
	cr_assert_eq(seq, 0);
	OK(store_begin(&store));
	OK(store_sink_put(&store, SPAN_LIT("file"), 17));
	OK(store_sink_put(&store, SPAN_LIT("nats"), 4));
	OK(store_commit(&store));
	OK(reopen());
	OK(store_sink_get(&store, SPAN_LIT("file"), &seq));
	cr_assert_eq(seq, 17);
	OK(store_sink_get(&store, SPAN_LIT("nats"), &seq));
	cr_assert_eq(seq, 4);
	IS(ST_MALFORM, store_sink_get(&store, SPAN_LIT(""), &seq));
	IS(ST_MALFORM,
	    store_sink_get(
		&store, bytes(1, STORE_SINK_NAME_MAX_BYTES + 1), &seq));
}

/* ---- set aside ---------------------------------------------------------- */

Test(store, what_is_set_aside_is_counted_until_it_is_deleted)
{
	uint64_t n;

	OK(store_begin(&store));
	OK(store_aside_put(&store, ws, guid(1), SPAN_LIT("no title"), 5));
	OK(store_aside_put(&store, ws, guid(2), SPAN_LIT("no time"), 6));
	OK(store_aside_put(&store, ws, guid(2), SPAN_LIT("no time"), 7));
	OK(store_aside_put(&store, ws + 1, guid(2), SPAN_LIT("no time"), 7));
	OK(store_commit(&store));
	OK(store_aside_count(&store, ws, &n));
	cr_assert_eq(n, 2);
	OK(store_begin(&store));
	OK(store_aside_delete(&store, ws, guid(2)));
	OK(store_aside_delete(&store, ws, guid(3)));
	OK(store_commit(&store));
	OK(store_aside_count(&store, ws, &n));
	cr_assert_eq(n, 1);
}

Test(store, a_reason_is_1_to_its_limit)
{
	OK(store_begin(&store));
	IS(ST_MALFORM, store_aside_put(&store, ws, guid(1), SPAN_LIT(""), 5));
	IS(ST_MALFORM,
	    store_aside_put(
		&store, ws, guid(1), bytes(1, STORE_REASON_MAX_BYTES + 1), 5));
	IS(ST_MALFORM,
	    store_aside_put(&store, ws, SPAN_LIT(""), SPAN_LIT("x"), 5));
	OK(store_commit(&store));
}

/* ---- figures ------------------------------------------------------------ */

Test(store, figures_are_those_of_the_files_and_of_the_heap)
{
	struct store_figures f;
	struct stat db, log;

	OK(store_begin(&store));
	append(1, 50000);
	OK(store_commit(&store));
	store_figures(&store, &f);
	cr_assert_eq(stat(scratch_path(&at, "store.db"), &db), 0);
	cr_assert_eq(stat(scratch_path(&at, "store.db-wal"), &log), 0);
	cr_assert_eq(f.file_bytes, (uint64_t)(db.st_size + log.st_size));
	cr_assert(log.st_size > 50000);
	cr_assert(
	    f.heap_peak_bytes > 50000 && f.heap_peak_bytes < STORE_HEAP_BYTES,
	    "%lu", (unsigned long)f.heap_peak_bytes);
}

Test(store, the_static_page_cache_is_used_and_suffices)
{
	sqlite3_int64 used, high;

	OK(store_begin(&store));
	for (uint64_t i = 1; i <= 200; i++) {
		struct store_incident inc = incident((int64_t)i);

		OK(store_incident_put(&store, ws, guid(i), &inc));
		append(i, 6000);
	}
	append(1, RECORD_MAX_BYTES);
	OK(store_commit(&store));
	sqlite3_status64(SQLITE_STATUS_PAGECACHE_USED, &used, &high, 0);
	cr_assert(used >= 10 && high <= (int)STORE_PAGE_COUNT);
	sqlite3_status64(SQLITE_STATUS_PAGECACHE_OVERFLOW, &used, &high, 0);
	cr_assert_eq(high, 0, "%ld bytes of pages in the heap", (long)high);
}

Test(store, the_log_stays_near_its_length)
{
	struct stat log;

	for (uint64_t i = 1; i <= 40; i++) {
		OK(store_begin(&store));
		append(i, RECORD_MAX_BYTES);
		OK(store_commit(&store));
	}
	cr_assert_eq(stat(scratch_path(&at, "store.db-wal"), &log), 0);
	cr_assert(log.st_size < 2 * 1024 * 1024, "%ld", (long)log.st_size);
}

/* A full batch of the relay over a large store, with a log that is nearly at
 * its length: each record with its incident and its entry of the queue. */
Test(store, the_largest_batch_fits_what_is_kept_back_for_the_log)
{
	static const char text[24 * 1024];
	struct stat log;
	size_t each = RELAY_BATCH_BYTES / RELAY_BATCH_COUNT;

	for (uint64_t i = 0; i < 6000; i++) {
		struct store_todo t = todo(
		    guid(i), 3, (int64_t)(noise(i) >> 8));

		if (i % 100 == 0)
			OK(store_begin(&store));
		put_todo(&t,
		    (struct span){ (const uint8_t *)text,
			i % 40 == 0 ? sizeof text : 900 });
		if (i % 100 == 99)
			OK(store_commit(&store));
	}
	for (uint64_t round = 0; round < 3; round++) {
		OK(store_begin(&store));
		for (uint64_t i = 0; i < RELAY_BATCH_COUNT; i++) {
			struct store_incident inc = incident((int64_t)i + 1);
			uint64_t n = (round * RELAY_BATCH_COUNT + i) * 7 % 6000;

			append(i, i == 0 ? RECORD_MAX_BYTES : each);
			OK(store_incident_put(&store, ws, guid(n), &inc));
			OK(store_todo_delete(&store, ws, guid(n)));
		}
		OK(store_commit(&store));
		cr_assert_eq(stat(scratch_path(&at, "store.db-wal"), &log), 0);
		cr_log_info("%ld KiB of log", (long)log.st_size / 1024);
		cr_assert(log.st_size <= (off_t)STORE_LOG_RESERVE_MIB << 20,
		    "%ld", (long)log.st_size);
	}
}
