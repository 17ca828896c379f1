/* SPDX-License-Identifier: MIT */
/*
 * The process is killed, or the power fails, at each step of a run; then the
 * store holds the transactions that were committed, whole, and perhaps the one
 * that was being committed, whole.
 */
#define _GNU_SOURCE

#include <sqlite3.h>
#include <sys/wait.h>

#include "store_bench.h"
#include "store_disk.h"

static void
make_empty(void)
{
	scratch_make(&at);
	store_disk_install();
}

TestSuite(store_crash, .init = make_empty, .fini = clean);

/* ---- a run of transactions that can be checked -------------------------- */

/* Transaction t writes: cursor t; incident t, and incident t / 2 once more;
 * an entry for t, and none for t - 1; record t; the sink at t - 1. */
static enum st
write_transaction(int t, size_t n)
{
	struct store_cursor cursor = { t, false };
	struct store_incident inc = incident(t);
	struct store_todo entry = todo(guid((uint64_t)t), (uint8_t)t, t);
	struct store_record rec = { .at = t, .version = (uint64_t)t };
	int64_t seq;
	enum st st = store_begin(&store);

	if (st != ST_OK)
		return st;
	st = store_cursor_put(&store, ws, &cursor);
	if (st == ST_OK)
		st = store_incident_put(&store, ws, guid((uint64_t)t), &inc);
	inc.content = (uint32_t)t;
	if (st == ST_OK)
		st = store_incident_put(
		    &store, ws, guid((uint64_t)t / 2), &inc);
	if (st == ST_OK)
		st = store_todo_put(
		    &store, &entry, bytes((uint64_t)t, 500 + n / 8));
	if (st == ST_OK)
		st = store_todo_delete(&store, ws, guid((uint64_t)t - 1));
	if (st == ST_OK)
		st = store_record_append(
		    &store, &rec, bytes((uint64_t)t, n), &seq);
	if (st == ST_OK)
		st = store_sink_put(&store, SPAN_LIT("file"), t - 1);
	if (st == ST_OK)
		return store_commit(&store);
	store_rollback(&store);
	return st;
}

/* How many transactions the open store has; it has nothing of any other. */
static int
check_transactions(size_t n)
{
	static uint8_t room[RECORD_MAX_BYTES];
	struct store_cursor cursor;
	struct store_incident inc;
	struct store_record rec;
	struct store_todo entry;
	struct buf body = BUF_OVER(room);
	int64_t seq, due, t;
	uint64_t count;

	OK(store_cursor_get(&store, ws, &cursor));
	t = cursor.modified < 0 ? 0 : cursor.modified;
	OK(store_incident_count(&store, ws, &count));
	cr_assert_eq((int64_t)count, t == 0 ? 0 : t + 1);
	if (t > 0) {
		OK(store_incident_get(&store, ws, guid((uint64_t)t / 2), &inc));
		cr_assert_eq(inc.content, t);
	}
	OK(store_todo_count(&store, ws, &count, &due));
	cr_assert_eq(count, t == 0 ? 0 : 1);
	if (t > 0) {
		OK(store_todo_next(&store, ws, 0, true, &entry, &body));
		cr_assert_eq(entry.modified, t);
		cr_assert(
		    span_eq(span_of(&body), bytes((uint64_t)t, 500 + n / 8)));
	}
	OK(store_sink_get(&store, SPAN_LIT("file"), &seq));
	cr_assert_eq(seq, t == 0 ? 0 : t - 1);
	OK(store_backlog(&store, 0, &count));
	cr_assert_eq((int64_t)count, t);
	for (int64_t i = 0; i < t; i++) {
		buf_reset(&body);
		OK(store_record_next(&store, i, &rec, &body));
		cr_assert_eq((int64_t)rec.version, i + 1);
		cr_assert(span_eq(span_of(&body), bytes((uint64_t)i + 1, n)));
	}
	return (int)t;
}

/* Open, `count` transactions, and close when `tidy`.  After each step `said`
 * gets a byte.  True when nothing failed. */
static bool
run(int count, size_t n, bool tidy, void (*say)(int step))
{
	struct store_cursor cursor;
	int t;

	if (store_open(&store, span_str(at.dir), MAX_MIB, &memory) != ST_OK ||
	    store_workspace(&store, SPAN_LIT(WS_KEY), &ws) != ST_OK ||
	    store_cursor_get(&store, ws, &cursor) != ST_OK)
		return false;
	t = cursor.modified < 0 ? 0 : (int)cursor.modified;
	for (int i = 0; i < count; i++) {
		if (write_transaction(++t, n) != ST_OK)
			return false;
		say(t);
	}
	if (tidy)
		store_close(&store);
	return true;
}

/* ---- the process is killed ---------------------------------------------- */

static int said_fd;

static void
say_byte(int step)
{
	char byte = (char)step;

	if (write(said_fd, &byte, 1) != 1)
		_exit(7);
}

/* Run in a child that is killed before its n-th call; the last transaction
 * that it was told is durable.  *ended: it came to its end. */
static int
killed_at(int n, int count, size_t size, bool *ended)
{
	int said[2], status, last = 0;
	char byte;
	pid_t child;

	cr_assert_eq(pipe(said), 0);
	child = fork();
	if (child == 0) {
		said_fd = said[1];
		store_disk.calls = 0;
		store_disk.die_at = n;
		_exit(!run(count, size, true, say_byte));
	}
	close(said[1]);
	while (read(said[0], &byte, 1) == 1)
		last = byte;
	close(said[0]);
	cr_assert_eq(waitpid(child, &status, 0), child);
	*ended = WIFEXITED(status);
	if (*ended)
		cr_assert_eq(WEXITSTATUS(status), 0);
	return last;
}

static void
start_anew(void)
{
	scratch_remove(&at);
	scratch_make(&at);
}

static int
open_and_check(size_t size)
{
	int t;

	OK(store_open(&store, span_str(at.dir), MAX_MIB, &memory));
	OK(store_workspace(&store, SPAN_LIT(WS_KEY), &ws));
	t = check_transactions(size);
	OK(write_transaction(t + 1, size));
	cr_assert_eq(check_transactions(size), t + 1, "and it goes on");
	store_close(&store);
	return t;
}

Test(store_crash, killed_at_each_call_it_has_what_was_committed)
{
	bool ended = false;
	int steps = 0, open_ended = 0;

	for (int n = 1; !ended; n++) {
		int last = killed_at(n, 3, 5000, &ended), got;

		got = open_and_check(5000);
		cr_assert(got == last || (!ended && got == last + 1),
		    "call %d: said %d, there are %d", n, last, got);
		open_ended += got != last;
		steps++;
		start_anew();
	}
	cr_log_info("%d steps, %d of them in a commit", steps, open_ended);
	cr_assert(steps > 60);
	cr_assert(open_ended > 0);
}

Test(store_crash, killed_again_in_recovery_it_has_what_was_committed)
{
	bool ended = false;

	for (int n = 20; n < 90; n += 7)
		for (int m = 1; m < 30; m += 3) {
			int last = killed_at(n, 3, 2000, &ended), more, got;

			more = killed_at(m, 2, 2000, &ended);
			if (more > last)
				last = more;
			got = open_and_check(2000);
			cr_assert(got == last || (!ended && got == last + 1) ||
				got == last + 1,
			    "%d, %d", n, m);
			start_anew();
		}
}

Test(store_crash, killed_in_a_checkpoint_it_has_what_was_committed)
{
	bool ended = false;
	int last = 0, n;

	/* 13 records of 128 KiB are 460 pages: the 11th checkpoints. */
	for (n = 2000; n < 3400; n += 61) {
		int got;

		last = killed_at(n, 13, RECORD_MAX_BYTES, &ended);
		got = open_and_check(RECORD_MAX_BYTES);
		cr_assert(got == last || got == last + 1, "call %d", n);
		start_anew();
	}
	cr_assert(last >= 11, "%d", last);
}

/* ---- the power fails ---------------------------------------------------- */

static void
say_mark(int step)
{
	store_disk_mark(step);
}

/* Every state that a cut after `n` operations may leave. */
static int
cut_after(int n, size_t size)
{
	int least = store_disk_mark_before(n), states = 0;

	for (uint64_t seed = 0; seed < 6; seed++) {
		enum store_disk_fate fate_ = seed < 2 ?
		    (seed == 0 ? DISK_NONE : DISK_ALL) :
		    seed % 2 == 0 ? DISK_SOME :
				    DISK_TORN;
		int got;

		store_disk_after(n, fate_, (uint64_t)n * 8 + seed, at.dir);
		OK(store_open(&store, span_str(at.dir), MAX_MIB, &memory));
		OK(store_workspace(&store, SPAN_LIT(WS_KEY), &ws));
		got = check_transactions(size);
		store_close(&store);
		cr_assert(got == least || got == least + 1,
		    "operation %d, seed %d: %d committed, there are %d", n,
		    (int)seed, least, got);
		states++;
	}
	return states;
}

Test(store_crash, whatever_a_power_cut_leaves_has_what_was_committed)
{
	int states = 0;

	store_disk_record();
	cr_assert(run(3, 3000, true, say_mark));
	cr_assert(run(2, 3000, true, say_mark));
	cr_assert(run(2, 3000, false, say_mark));
	store_close(&store);
	store_disk.record = false;
	for (int n = 0; n <= store_disk_op_count(); n++)
		states += cut_after(n, 3000);
	cr_log_info(
	    "%d states after %d operations", states, store_disk_op_count());
	cr_assert(states > 1000);
}

Test(store_crash, a_power_cut_around_a_checkpoint_loses_nothing)
{
	int states = 0, syncs = 0;

	store_disk_record();
	cr_assert(run(13, RECORD_MAX_BYTES, false, say_mark));
	store_disk.record = false;
	store_close(&store);
	for (int n = 1; n <= store_disk_op_count(); n++) {
		bool near_sync = store_disk_op_kind(n - 1) == DISK_SYNC;

		syncs += near_sync;
		/* Around the syncs from the first checkpoint on. */
		if (store_disk_mark_before(n) < 10)
			continue;
		if (near_sync || n % 101 == 0 ||
		    (n < store_disk_op_count() &&
			store_disk_op_kind(n) == DISK_SYNC))
			states += cut_after(n, RECORD_MAX_BYTES);
	}
	cr_log_info("%d states, %d syncs", states, syncs);
	cr_assert(states > 50);
}

/* ---- the tests bite ----------------------------------------------------- */

/* With syncs that do nothing a cut must be able to lose a transaction, or the
 * tests above prove nothing. */
Test(store_crash, without_syncs_a_power_cut_loses_something)
{
	int lost = 0;

	store_disk_record();
	store_disk.syncs_lie = true;
	cr_assert(run(3, 3000, true, say_mark));
	store_disk.record = false;
	for (int n = 0; n <= store_disk_op_count(); n++) {
		struct store_cursor cursor = { -1, false };

		store_disk_after(n, DISK_SOME, (uint64_t)n, at.dir);
		if (store_open(&store, span_str(at.dir), MAX_MIB, &memory) !=
		    ST_OK) {
			lost++;
			continue;
		}
		if (store_workspace(&store, SPAN_LIT(WS_KEY), &ws) != ST_OK ||
		    store_cursor_get(&store, ws, &cursor) != ST_OK ||
		    (cursor.modified < 0 ? 0 : cursor.modified) <
			store_disk_mark_before(n))
			lost++;
		store_close(&store);
	}
	cr_assert(lost > 0);
}
