/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE

#include "base/ticks.h"
#include "store_bench.h"

#define DAY (24 * 3600 * TICKS_PER_S)
#define NOW (INT64_C(134000000000000000))

static uint8_t room[ELEMENT_MAX_BYTES];

STORE_SUITE(store_todo);

static void
put(const struct store_todo *t, struct span text)
{
	OK(store_begin(&store));
	put_todo(t, text);
	OK(store_commit(&store));
}

/* The name of the next entry, "" for none. */
static const char *
next(int64_t now, bool fresh_only)
{
	static struct store_todo t;
	struct buf pruned = BUF_OVER(room);
	enum st st = store_todo_next(&store, ws, now, fresh_only, &t, &pruned);

	cr_assert(st == ST_OK || st == ST_NOT_FOUND, "%s", st_text(st));
	return st == ST_OK ? t.name : "";
}

static void
drop(const char *name)
{
	OK(store_begin(&store));
	OK(store_todo_delete(&store, ws, span_str(name)));
	OK(store_commit(&store));
}

Test(store_todo, an_entry_comes_back_as_it_was_put)
{
	struct store_todo t = { .ws = ws,
		.name = "A-Name.Of_64",
		.fresh = true,
		.severity = 255,
		.modified = INT64_MAX,
		.since = 12345678901234,
		.due = NOW - 1,
		.tries = { 1, 2, 255 },
		.state = { 3, 0, 9 },
		.cut = UINT64_MAX - 1 };
	struct store_todo got;
	struct buf pruned = BUF_OVER(room);

	put(&t, SPAN_LIT("{\"name\":\"x\"}"));
	OK(reopen());
	buf_put_str(&pruned, "before ");
	OK(store_todo_next(&store, ws, NOW, true, &got, &pruned));
	cr_assert(
	    span_eq(span_of(&pruned), SPAN_LIT("before {\"name\":\"x\"}")));
	cr_assert_str_eq(got.name, "A-Name.Of_64");
	cr_assert_eq(got.ws, ws);
	cr_assert(got.fresh);
	cr_assert_eq(got.severity, 255);
	cr_assert_eq(got.modified, INT64_MAX);
	cr_assert_eq(got.since, 12345678901234);
	cr_assert_eq(got.due, NOW - 1);
	cr_assert_eq(memcmp(got.tries, t.tries, 3), 0);
	cr_assert_eq(memcmp(got.state, t.state, 3), 0);
	cr_assert_eq(got.cut, UINT64_MAX - 1);
}

Test(store_todo, texts_of_1_byte_to_24_kib_come_back_and_others_are_refused)
{
	static const size_t SIZES[] = { 1, 100, 1024, 3900, 3960, 3980, 4096,
		8192, 8300, ELEMENT_MAX_BYTES };
	struct store_todo t, got;

	for (size_t i = 0; i < 10; i++) {
		struct buf pruned = BUF_OVER(room);

		t = todo(guid(i), 1, (int64_t)i);
		put(&t, bytes(i, SIZES[i]));
		OK(store_todo_next(&store, ws, NOW, false, &got, &pruned));
		cr_assert(span_eq(span_of(&pruned), bytes(i, SIZES[i])));
	}
	OK(store_begin(&store));
	IS(ST_MALFORM, store_todo_put(&store, &t, bytes(1, 0)));
	IS(ST_MALFORM,
	    store_todo_put(&store, &t, bytes(1, ELEMENT_MAX_BYTES + 1)));
	OK(store_commit(&store));
}

Test(store_todo, a_name_without_an_end_or_of_an_unknown_incident_is_refused)
{
	struct store_todo t = todo(guid(1), 1, 1);

	OK(store_begin(&store));
	IS(ST_NOT_FOUND, store_todo_put(&store, &t, SPAN_LIT("x")));
	IS(ST_NOT_FOUND, store_todo_update(&store, &t));
	memset(t.name, 'x', sizeof t.name);
	IS(ST_MALFORM, store_todo_put(&store, &t, SPAN_LIT("x")));
	IS(ST_MALFORM, store_todo_update(&store, &t));
	t.name[0] = '\0';
	IS(ST_MALFORM, store_todo_put(&store, &t, SPAN_LIT("x")));
	OK(store_commit(&store));
}

Test(store_todo, a_text_that_does_not_fit_is_said_and_nothing_is_put)
{
	struct store_todo t = todo(guid(1), 1, 1), got;
	struct buf pruned = { room, 7, 106, false };

	put(&t, bytes(1, 100));
	IS(ST_FULL, store_todo_next(&store, ws, NOW, false, &got, &pruned));
	cr_assert_eq(pruned.n, 7);
	pruned.cap = 107;
	OK(store_todo_next(&store, ws, NOW, false, &got, &pruned));
	cr_assert_eq(pruned.n, 107);
}

/* ---- order -------------------------------------------------------------- */

Test(store_todo, fresh_ones_are_first_then_severe_ones_then_new_ones)
{
	static const struct {
		bool fresh;
		uint8_t severity;
		int64_t modified;
		const char *name;
	} ROWS[] = {
		/* in the order that is expected */
		{ true, 4, 100, "a" },
		{ true, 4, 99, "b" },
		{ true, 4, -5, "c" },
		{ true, 1, 500, "d" },
		{ true, 1, 400, "e" },
		{ false, 200, 900, "f" },
		{ false, 4, 700, "g" },
		{ false, 0, 800, "h" },
	};
	static const uint8_t PUT[] = { 4, 6, 1, 0, 7, 3, 5, 2 };

	for (size_t i = 0; i < 8; i++) {
		struct store_todo t = todo(span_str(ROWS[PUT[i]].name),
		    ROWS[PUT[i]].severity, ROWS[PUT[i]].modified);

		t.fresh = ROWS[PUT[i]].fresh;
		put(&t, SPAN_LIT("x"));
	}
	for (size_t i = 0; i < 8; i++) {
		cr_assert_str_eq(next(NOW, false), ROWS[i].name);
		cr_assert_str_eq(
		    next(NOW, true), ROWS[i].fresh ? ROWS[i].name : "");
		drop(ROWS[i].name);
	}
	cr_assert_str_eq(next(NOW, false), "");
}

Test(store_todo, what_is_not_due_waits)
{
	struct store_todo t = todo(SPAN_LIT("later"), 9, 1);

	t.due = NOW + 1;
	put(&t, SPAN_LIT("x"));
	t = todo(SPAN_LIT("sooner"), 1, 1);
	t.due = NOW;
	put(&t, SPAN_LIT("x"));
	cr_assert_str_eq(next(NOW - 1, false), "");
	cr_assert_str_eq(next(NOW, false), "sooner");
	cr_assert_str_eq(next(NOW + 1, false), "later");
}

Test(store_todo, an_entry_put_off_by_a_clock_that_was_set_back_is_due)
{
	struct store_todo t = todo(SPAN_LIT("x"), 9, 1);

	t.due = NOW;
	put(&t, SPAN_LIT("x"));
	cr_assert_str_eq(next(NOW - DAY, false), "", "a day ahead: waits");
	cr_assert_str_eq(next(NOW - DAY - 1, false), "x");
	cr_assert_str_eq(next(0, false), "x");
	cr_assert_str_eq(next(INT64_MAX, false), "x");
	t.due = INT64_MAX;
	put(&t, SPAN_LIT("x"));
	cr_assert_str_eq(next(NOW, false), "x");
	cr_assert_str_eq(next(INT64_MAX - 1, false), "");
}

Test(store_todo, workspaces_have_queues_of_their_own)
{
	struct store_todo t = todo(SPAN_LIT("mine"), 1, 1);
	uint64_t count;
	int64_t due;

	put(&t, SPAN_LIT("x"));
	t = todo(SPAN_LIT("theirs"), 9, 9);
	t.ws = ws + 1;
	put(&t, SPAN_LIT("x"));
	cr_assert_str_eq(next(NOW, false), "mine");
	OK(store_todo_count(&store, ws + 1, &count, &due));
	cr_assert_eq(count, 1);
	drop("theirs");
	OK(store_todo_count(&store, ws + 1, &count, &due));
	cr_assert_eq(count, 1);
}

/* ---- put again, update, delete ------------------------------------------ */

Test(store_todo, a_second_put_replaces_the_first)
{
	struct store_todo t = todo(SPAN_LIT("One"), 9, 10), got;
	struct buf pruned = BUF_OVER(room);
	uint64_t count;
	int64_t due;

	put(&t, bytes(1, 5000));
	t = todo(SPAN_LIT("oNE"), 2, 20);
	t.due = 5;
	put(&t, bytes(2, 300));
	OK(store_todo_count(&store, ws, &count, &due));
	cr_assert_eq(count, 1);
	cr_assert_eq(due, 5);
	OK(store_todo_next(&store, ws, NOW, false, &got, &pruned));
	cr_assert_str_eq(got.name, "oNE");
	cr_assert_eq(got.severity, 2);
	cr_assert(span_eq(span_of(&pruned), bytes(2, 300)));
}

Test(store_todo, an_update_keeps_text_and_name_and_changes_the_order)
{
	struct store_todo t = todo(SPAN_LIT("One"), 9, 10), got;
	struct buf pruned = BUF_OVER(room);

	put(&t, bytes(1, 5000));
	t = todo(SPAN_LIT("two"), 8, 10);
	put(&t, bytes(2, 5000));
	t = todo(SPAN_LIT("oNE"), 9, 10);
	t.fresh = false;
	t.since = 77;
	t.tries[1] = 3;
	t.state[2] = 2;
	t.cut = 1;
	OK(store_begin(&store));
	OK(store_todo_update(&store, &t));
	OK(store_commit(&store));
	OK(reopen());
	cr_assert_str_eq(next(NOW, false), "two");
	drop("two");
	OK(store_todo_next(&store, ws, NOW, false, &got, &pruned));
	cr_assert(span_eq(span_of(&pruned), bytes(1, 5000)));
	cr_assert_str_eq(got.name, "One");
	cr_assert(!got.fresh);
	cr_assert_eq(got.since, 77);
	cr_assert_eq(got.tries[1], 3);
	cr_assert_eq(got.state[2], 2);
	cr_assert_eq(got.cut, 1);
}

Test(store_todo, a_deleted_entry_is_gone_and_its_room_is_used_again)
{
	struct stat first, last;

	for (int i = 0; i < 200; i++) {
		struct store_todo t = todo(guid(1), 1, i);

		put(&t, bytes((uint64_t)i, 20000));
		cr_assert_neq(next(NOW, false)[0], '\0');
		drop((const char *)guid(1).p);
		cr_assert_str_eq(next(NOW, false), "");
		if (i == 20) {
			OK(reopen());
			stat(scratch_path(&at, "store.db"), &first);
		}
	}
	OK(reopen());
	stat(scratch_path(&at, "store.db"), &last);
	cr_assert_eq(last.st_size, first.st_size);
	drop("never was there");
}

Test(store_todo, deleting_and_putting_the_incident_leave_each_other_alone)
{
	struct store_todo t = todo(SPAN_LIT("x"), 1, 5);
	struct store_incident inc = incident(6), got;

	put(&t, SPAN_LIT("text"));
	OK(store_begin(&store));
	OK(store_incident_put(&store, ws, SPAN_LIT("x"), &inc));
	OK(store_change_add(
	    &store, ws, SPAN_LIT("x"), (struct store_change){ 6, 2 }));
	OK(store_commit(&store));
	cr_assert_str_eq(next(NOW, false), "x");
	drop("x");
	OK(store_incident_get(&store, ws, SPAN_LIT("x"), &got));
	cr_assert_eq(got.modified, 6);
}

Test(store_todo, the_count_knows_the_earliest_due)
{
	struct store_todo t;
	uint64_t count;
	int64_t due;

	OK(store_todo_count(&store, ws, &count, &due));
	cr_assert_eq(count, 0);
	cr_assert_eq(due, INT64_MAX);
	for (int64_t i = 1; i <= 50; i++) {
		t = todo(guid((uint64_t)i), (uint8_t)i, i);
		t.due = NOW + (int64_t)(noise((uint64_t)i) % 1000);
		if (i == 33)
			t.due = NOW - 5;
		put(&t, SPAN_LIT("x"));
	}
	OK(store_todo_count(&store, ws, &count, &due));
	cr_assert_eq(count, 50);
	cr_assert_eq(due, NOW - 5);
}

Test(store_todo, a_rolled_back_put_leaves_the_entry_that_was)
{
	struct store_todo t = todo(SPAN_LIT("x"), 1, 5), got;
	struct buf pruned = BUF_OVER(room);

	put(&t, bytes(1, 3000));
	OK(store_begin(&store));
	t.severity = 9;
	put_todo(&t, bytes(2, 9000));
	store_rollback(&store);
	OK(store_todo_next(&store, ws, NOW, false, &got, &pruned));
	cr_assert_eq(got.severity, 1);
	cr_assert(span_eq(span_of(&pruned), bytes(1, 3000)));
	drop("x");
	cr_assert_str_eq(next(NOW, false), "");
}

Test(store_todo, a_thousand_are_worked_off_in_order)
{
	int last_severity = 256;
	int64_t last_modified = INT64_MAX;
	struct store_todo t;

	OK(store_begin(&store));
	for (uint64_t i = 0; i < 1000; i++) {
		t = todo(guid(i), (uint8_t)(noise(i) % 4),
		    (int64_t)(noise(i + 5000) % 100000));
		put_todo(&t, bytes(i, 200 + noise(i) % 2000));
	}
	OK(store_commit(&store));
	for (int i = 0; i < 1000; i++) {
		struct buf pruned = BUF_OVER(room);

		OK(store_todo_next(&store, ws, NOW, true, &t, &pruned));
		cr_assert(t.severity <= last_severity);
		if (t.severity == last_severity)
			cr_assert(t.modified <= last_modified);
		last_severity = t.severity;
		last_modified = t.modified;
		OK(store_begin(&store));
		OK(store_todo_delete(&store, ws, span_str(t.name)));
		OK(store_commit(&store));
	}
	cr_assert_str_eq(next(NOW, false), "");
}
