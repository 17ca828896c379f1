/* SPDX-License-Identifier: MIT */
/*
 * The disk and the heap fail at each step once: a defined answer, nothing of
 * the failed transaction, and work goes on afterwards.
 */
#define _GNU_SOURCE

#include <sqlite3.h>

#include "store/store_priv.h"
#include "store_bench.h"
#include "store_disk.h"

static void
make_with_disk(void)
{
	store_disk_install();
	make();
}

TestSuite(store_fault, .init = make_with_disk, .fini = clean);

/* One transaction that uses most of the store; t counts from 1. */
static enum st
write_transaction(int64_t t)
{
	struct store_cursor cursor = { t, false };
	struct store_incident inc = incident(t);
	struct store_todo entry = todo(guid((uint64_t)t), 3, t);
	struct store_record rec = { .at = t };
	int64_t seq;
	enum st st = store_begin(&store);

	if (st != ST_OK)
		return st;
	st = store_incident_put(&store, ws, guid((uint64_t)t), &inc);
	if (st == ST_OK)
		st = store_change_add(&store, ws, guid((uint64_t)t),
		    (struct store_change){ t, 2 });
	if (st == ST_OK)
		st = store_todo_put(&store, &entry, bytes(1, 9000));
	entry.due = t;
	if (st == ST_OK)
		st = store_todo_update(&store, &entry);
	if (st == ST_OK)
		st = store_todo_delete(&store, ws, guid((uint64_t)t - 1));
	if (st == ST_OK)
		st = store_record_append(&store, &rec, bytes(2, 30000), &seq);
	if (st == ST_OK)
		st = store_sink_put(&store, SPAN_LIT("file"), t);
	if (st == ST_OK)
		st = store_aside_put(
		    &store, ws, guid((uint64_t)t), SPAN_LIT("why"), t);
	if (st == ST_OK)
		st = store_record_prune(&store, t - 5, INT64_MAX, 10);
	if (st == ST_NOT_FOUND)
		st = ST_OK;
	if (st == ST_OK)
		st = store_cursor_put(&store, ws, &cursor);
	if (st == ST_OK)
		return store_commit(&store);
	if (store.in_transaction)
		cr_assert_eq(store_commit(&store), st, "the first failure");
	return st;
}

/* The store has the first t transactions and nothing else. */
static void
check_transactions(int64_t t)
{
	static uint8_t room[RECORD_MAX_BYTES];
	struct buf body = BUF_OVER(room);
	struct store_cursor cursor;
	struct store_record rec;
	struct store_todo entry;
	uint64_t count;
	int64_t value;

	OK(store_cursor_get(&store, ws, &cursor));
	cr_assert_eq(cursor.modified, t == 0 ? -1 : t);
	OK(store_incident_count(&store, ws, &count));
	cr_assert_eq(count, (uint64_t)t);
	OK(store_aside_count(&store, ws, &count));
	cr_assert_eq(count, (uint64_t)t);
	OK(store_todo_count(&store, ws, &count, &value));
	cr_assert_eq(count, t == 0 ? 0 : 1);
	OK(store_sink_get(&store, SPAN_LIT("file"), &value));
	cr_assert_eq(value, t);
	if (t == 0)
		return;
	OK(store_todo_next(&store, ws, t, true, &entry, &body));
	cr_assert_eq(entry.modified, t);
	cr_assert(span_eq(span_of(&body), bytes(1, 9000)));
	buf_reset(&body);
	OK(store_record_before(&store, INT64_MAX, &rec, &body));
	cr_assert_eq(rec.seq, t);
	cr_assert(span_eq(span_of(&body), bytes(2, 30000)));
}

/* ---- disk --------------------------------------------------------------- */

/* Transactions until a call fails with `code`; the state is checked at once
 * when the store can go on, and in any case after opening it again. */
static enum st
fail_at(int n, int code, bool for_good)
{
	struct store_incident inc;
	enum st st = ST_OK;
	int64_t t = 0;

	store_disk = (struct store_disk){
		.fail_at = n, .fail_code = code, .fail_on = for_good
	};
	while (st == ST_OK && t < 20) {
		st = write_transaction(t + 1);
		t += st == ST_OK;
	}
	cr_assert(!store.in_transaction);
	if (st == ST_OK) {
		/* It was a checkpoint that failed, and the last one. */
		store_disk.fail_at = 0;
	} else if (st == ST_IO) {
		int calls = store_disk.calls;

		IS(ST_IO, store_begin(&store));
		IS(ST_IO, store_incident_get(&store, ws, guid(1), &inc));
		IS(ST_IO, store_workspace(&store, SPAN_LIT("new"), &ws));
		store_close(&store);
		cr_assert_eq(store_disk.calls, calls,
		    "nothing was written or synced after the failure");
	} else {
		cr_assert_eq(st, ST_FULL, "%s", st_text(st));
		store_disk.fail_at = 0;
		check_transactions(t);
	}
	cr_assert_eq(store_disk.resyncs, 0, "a failed sync was tried again");
	store_disk = (struct store_disk){ 0 };
	OK(reopen());
	OK(store_workspace(&store, SPAN_LIT(WS_KEY), &ws));
	if (st == ST_IO) {
		struct store_cursor cursor;

		/* What was being committed may be there, whole. */
		OK(store_cursor_get(&store, ws, &cursor));
		if (cursor.modified == t + 1)
			t++;
	}
	check_transactions(t);
	OK(write_transaction(t + 1));
	check_transactions(t + 1);
	return st;
}

static void
fail_everywhere(int code, enum st expected, bool for_good)
{
	int failed = 0;

	/* The log is copied back from about call 900 to 1300. */
	for (int n = 1; n < 1400; n += n < 80 ? 1 : 17) {
		enum st st = fail_at(n, code, for_good);

		cr_assert(st == ST_OK || st == expected || st == ST_IO,
		    "call %d: %s", n, st_text(st));
		failed += st == expected;
		store_close(&store);
		scratch_remove(&at);
		make();
	}
	cr_assert(failed > 80, "%d", failed);
}

Test(store_fault, a_write_that_fails_once_undoes_and_needs_a_reopening)
{
	fail_everywhere(SQLITE_IOERR_WRITE, ST_IO, false);
}

Test(store_fault, a_disk_that_fails_for_good_says_so_and_loses_nothing)
{
	fail_everywhere(SQLITE_IOERR_WRITE, ST_IO, true);
}

Test(store_fault, a_full_disk_undoes_and_work_goes_on_when_it_has_room)
{
	fail_everywhere(SQLITE_FULL, ST_FULL, false);
}

Test(store_fault, a_disk_that_stays_full_undoes_and_loses_nothing)
{
	fail_everywhere(SQLITE_FULL, ST_FULL, true);
}

/* The kernel may have marked clean what a failed sync did not write.  So after
 * the next opening nothing depends on the old log any more. */
Test(store_fault, after_a_failed_sync_opening_writes_all_of_the_log_anew)
{
	static uint8_t copy[1 << 20];
	long n;

	OK(write_transaction(1));
	OK(write_transaction(2));
	store_disk.fail_sync = 1;
	IS(ST_IO, write_transaction(3));
	store_disk = (struct store_disk){ 0 };
	OK(reopen());
	OK(store_workspace(&store, SPAN_LIT(WS_KEY), &ws));
	cr_assert(store_disk.syncs >= 2, "log and database");
	check_transactions(3);
	n = scratch_read(&at, "store.db", copy, sizeof copy);
	store_close(&store);
	scratch_remove(&at);
	scratch_make(&at);
	scratch_write(&at, "store.db", (struct span){ copy, (size_t)n });
	OK(store_open(&store, span_str(at.dir), MAX_MIB, &memory));
	OK(store_workspace(&store, SPAN_LIT(WS_KEY), &ws));
	check_transactions(3);
}

/* A commit that brings the log to its length syncs it, and then, to copy it,
 * once more, and the database. */
Test(store_fault, a_failed_sync_in_a_checkpoint_is_said_and_not_tried_again)
{
	for (int n = 2; n <= 3; n++) {
		int64_t t = 0;

		do {
			store_disk = (struct store_disk){ .fail_sync = n };
			OK(write_transaction(++t));
			cr_assert(t < 100);
		} while (store_disk.syncs < n);
		cr_assert(t > 10);
		IS(ST_IO, write_transaction(t + 1));
		IS(ST_IO, write_transaction(t + 1));
		cr_assert_eq(store_disk.resyncs, 0);
		OK(reopen());
		OK(store_workspace(&store, SPAN_LIT(WS_KEY), &ws));
		check_transactions(t);
		cr_assert_eq(store_disk.resyncs, 0);
		clean();
		make();
	}
}

Test(store_fault, opening_on_a_failing_disk_has_a_defined_end)
{
	static const int CODES[] = { SQLITE_IOERR_WRITE, SQLITE_FULL };
	enum st st;
	int failed = 0;

	for (size_t c = 0; c < 2; c++)
		for (int n = 1; n < 45; n++) {
			store_close(&store);
			scratch_remove(&at);
			scratch_make(&at);
			store_disk = (struct store_disk){ .fail_at = n,
				.fail_code = CODES[c] };
			st = store_open(
			    &store, span_str(at.dir), MAX_MIB, &memory);
			cr_assert(st == ST_OK || st == ST_IO || st == ST_FULL,
			    "call %d: %s", n, st_text(st));
			failed += st != ST_OK;
			store_disk = (struct store_disk){ 0 };
			OK(reopen());
			OK(store_workspace(&store, SPAN_LIT(WS_KEY), &ws));
			check_transactions(0);
			OK(write_transaction(1));
		}
	cr_assert(failed > 40, "%d", failed);
}

/* ---- what writes nothing ------------------------------------------------ */

Test(store_fault, an_unchanged_poll_writes_nothing_and_syncs_nothing)
{
	struct store_cursor cursor = { 7, true };
	struct store_incident inc = incident(5), got;
	struct store_todo none;
	struct buf pruned = { NULL, 0, 0, false };
	uint32_t again;

	OK(store_begin(&store));
	OK(store_incident_put(&store, ws, guid(1), &inc));
	OK(store_cursor_put(&store, ws, &cursor));
	OK(store_sink_put(&store, SPAN_LIT("file"), 3));
	OK(store_commit(&store));
	store_disk.calls = 0;
	OK(store_begin(&store));
	OK(store_workspace(&store, SPAN_LIT(WS_KEY), &again));
	OK(store_incident_get(&store, ws, guid(1), &got));
	OK(store_incident_put(&store, ws, guid(1), &got));
	OK(store_cursor_put(&store, ws, &cursor));
	OK(store_sink_put(&store, SPAN_LIT("file"), 3));
	OK(store_todo_delete(&store, ws, guid(1)));
	OK(store_aside_delete(&store, ws, guid(1)));
	IS(ST_NOT_FOUND, store_todo_next(&store, ws, 1, false, &none, &pruned));
	IS(ST_NOT_FOUND, store_record_prune(&store, 9, 9, 9));
	OK(store_commit(&store));
	OK(store_begin(&store));
	OK(store_commit(&store));
	cr_assert_eq(store_disk.calls, 0);
}

Test(store_fault, a_transaction_costs_one_sync)
{
	OK(write_transaction(1));
	store_disk.syncs = 0;
	OK(write_transaction(2));
	cr_assert_eq(store_disk.syncs, 1);
}

/* ---- heap --------------------------------------------------------------- */

Test(store_fault, opening_with_any_heap_works_or_is_full)
{
	size_t least = 0;

	for (size_t n = 2048; n <= STORE_HEAP_BYTES; n += 1984) {
		enum st st;

		store_close(&store);
		st = store_open_heap(
		    &store, span_str(at.dir), MAX_MIB, &memory, n);
		cr_assert(
		    st == ST_OK || st == ST_FULL, "%zu: %s", n, st_text(st));
		if (st == ST_OK && least == 0)
			least = n;
		cr_assert(st == ST_OK || least == 0, "%zu fails, %zu does not",
		    n, least);
	}
	cr_log_info("a store opens with %zu KiB", least / 1024);
	cr_assert(least > 32 * 1024 && least < 80 * 1024);
}

/* Every allocation beyond a limit fails, for each limit from what is in use to
 * where nothing fails any more. */
Test(store_fault, a_heap_that_runs_out_undoes_and_work_goes_on)
{
	int64_t t = 0;
	int failed = 0;
	sqlite3_int64 used, limit;

	for (limit = 0;; limit += 160) {
		enum st st;

		used = sqlite3_memory_used();
		cr_assert(limit < (int)STORE_HEAP_BYTES);
		sqlite3_hard_heap_limit64(used + limit + 1);
		st = write_transaction(t + 1);
		sqlite3_hard_heap_limit64(0);
		cr_assert(st == ST_OK || st == ST_FULL, "%s", st_text(st));
		check_transactions(st == ST_OK ? t + 1 : t);
		if (st == ST_OK && t++ > 3)
			break;
		failed += st != ST_OK;
		if (failed % 10 == 0)
			OK(reopen());
		OK(store_workspace(&store, SPAN_LIT(WS_KEY), &ws));
	}
	cr_log_info("%d transactions failed", failed);
	cr_assert(failed > 30, "%d", failed);
}

Test(store_fault, reading_without_heap_is_full_and_works_afterwards)
{
	static uint8_t room[RECORD_MAX_BYTES];
	struct store_todo entry;
	struct store_record rec;
	int failed = 0;

	OK(write_transaction(1));
	for (sqlite3_int64 limit = 0; limit < 8000; limit += 160) {
		struct buf body = BUF_OVER(room);
		enum st a, b;

		OK(reopen());
		sqlite3_hard_heap_limit64(sqlite3_memory_used() + limit + 1);
		a = store_todo_next(&store, ws, 1, false, &entry, &body);
		buf_reset(&body);
		b = store_record_next(&store, 0, &rec, &body);
		sqlite3_hard_heap_limit64(0);
		cr_assert(a == ST_OK || a == ST_FULL, "%s", st_text(a));
		cr_assert(b == ST_OK || b == ST_FULL, "%s", st_text(b));
		failed += a != ST_OK;
		check_transactions(1);
	}
	cr_assert(failed > 5);
}

/* What the reason in limits.h says. */
Test(store_fault, everything_in_use_fits_the_heap_with_a_fifth_to_spare)
{
	static uint8_t room[RECORD_MAX_BYTES];
	struct store_change changes[STORE_CHANGE_MAX_COUNT];
	struct buf body = BUF_OVER(room);
	struct store_figures f;
	struct store_record rec;
	sqlite3_int64 now, high;
	uint64_t count;
	size_t n;

	for (int64_t t = 1; t <= 400; t++) {
		OK(write_transaction(t));
		if (t % 10 == 0) {
			OK(store_workspace(&store, guid((uint64_t)t), &ws));
			OK(store_workspace(&store, SPAN_LIT(WS_KEY), &ws));
			buf_reset(&body);
			OK(store_record_next(&store, t - 1, &rec, &body));
			OK(store_backlog(&store, t - 3, &count));
			OK(store_change_list(
			    &store, ws, guid((uint64_t)t), changes, &n));
			check_transactions(t);
		}
	}
	for (uint64_t i = 1000; i < 4000; i++) {
		struct store_todo entry = todo(
		    guid(i), (uint8_t)noise(i), (int64_t)i);

		if (i % 32 == 8)
			OK(store_begin(&store));
		put_todo(&entry, bytes(i, 1000));
		append(i, 3000);
		if (i > 2000)
			OK(store_todo_delete(
			    &store, ws, guid(1000 + noise(i) % 1000)));
		if (i % 32 == 7 || i == 3999)
			OK(store_commit(&store));
	}
	OK(store_begin(&store));
	for (uint64_t i = 0; i < 32; i++)
		append(i, RECORD_MAX_BYTES);
	OK(store_commit(&store));
	store_figures(&store, &f);
	cr_log_info("%lu bytes", (unsigned long)f.heap_peak_bytes);
	cr_assert(f.heap_peak_bytes * 5 <= STORE_HEAP_BYTES * 4ul, "%lu",
	    (unsigned long)f.heap_peak_bytes);
	sqlite3_status64(SQLITE_STATUS_PAGECACHE_OVERFLOW, &now, &high, 0);
	cr_assert_eq(high, 0);
}
