/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE

#include "base/ticks.h"
#include "store_bench.h"

#define DAY (24 * 3600 * TICKS_PER_S)
#define NOW (INT64_C(134000000000000000))

static uint8_t room[RECORD_MAX_BYTES + 16];

STORE_SUITE(store_record);

/* A record stored at this time. */
static void
append_at(int64_t when, size_t n)
{
	struct store_record rec = { .at = when };
	int64_t seq;

	OK(store_begin(&store));
	OK(store_record_append(&store, &rec, bytes(1, n), &seq));
	OK(store_commit(&store));
}

static enum st
prune(int64_t acknowledged, int64_t older, uint32_t most)
{
	enum st st;

	OK(store_begin(&store));
	st = store_record_prune(&store, acknowledged, older, most);
	if (st == ST_NOT_FOUND) {
		OK(store_commit(&store));
		return st;
	}
	cr_assert_eq(store_commit(&store), st);
	return st;
}

/* The oldest number that is there. */
static int64_t
oldest(void)
{
	struct store_record rec;
	struct buf body = BUF_OVER(room);
	enum st st = store_record_next(&store, 0, &rec, &body);

	return st == ST_NOT_FOUND ? 0 : rec.seq;
}

Test(store_record, a_record_comes_back_as_it_was_appended)
{
	struct store_record rec = { .at = NOW,
		.version = UINT64_MAX,
		.enrichment = 63 },
			    got;
	struct buf body = BUF_OVER(room);
	int64_t seq;

	for (uint8_t i = 0; i < 16; i++)
		rec.id.b[i] = (uint8_t)(200 + i);
	OK(store_begin(&store));
	OK(store_record_append(&store, &rec, SPAN_LIT("{}"), &seq));
	OK(store_commit(&store));
	cr_assert_eq(seq, 1);
	OK(reopen());
	buf_put_str(&body, "<");
	OK(store_record_next(&store, 0, &got, &body));
	cr_assert(span_eq(span_of(&body), SPAN_LIT("<{}")));
	cr_assert_eq(got.seq, 1);
	cr_assert_eq(got.at, NOW);
	cr_assert_eq(got.version, UINT64_MAX);
	cr_assert_eq(got.enrichment, 63);
	cr_assert_eq(got.n, 2);
	cr_assert_eq(memcmp(got.id.b, rec.id.b, 16), 0);
}

Test(store_record, bodies_of_1_byte_to_128_kib_come_back_and_others_not)
{
	static const size_t SIZES[] = { 1, 4000, 4040, 4050, 4096, 8192, 20000,
		RECORD_MAX_BYTES - 1, RECORD_MAX_BYTES };
	struct store_record rec = { .at = 1 };
	int64_t seq;

	OK(store_begin(&store));
	for (size_t i = 0; i < 9; i++)
		cr_assert_eq(append(i, SIZES[i]), (int64_t)i + 1);
	IS(ST_MALFORM, store_record_append(&store, &rec, bytes(1, 0), &seq));
	IS(ST_MALFORM,
	    store_record_append(&store, &rec,
		(struct span){ room, RECORD_MAX_BYTES + 1 }, &seq));
	OK(store_commit(&store));
	OK(reopen());
	for (size_t i = 0; i < 9; i++) {
		struct buf body = BUF_OVER(room);

		OK(store_record_next(&store, (int64_t)i, &rec, &body));
		cr_assert_eq(rec.n, SIZES[i]);
		cr_assert(span_eq(span_of(&body), bytes(i, SIZES[i])));
	}
}

Test(store_record, next_and_before_walk_in_both_directions)
{
	struct store_record rec;
	struct buf body = BUF_OVER(room);

	IS(ST_NOT_FOUND, store_record_next(&store, 0, &rec, &body));
	IS(ST_NOT_FOUND, store_record_before(&store, INT64_MAX, &rec, &body));
	for (uint64_t i = 1; i <= 5; i++)
		append_at(NOW, 10);
	for (int64_t i = 0; i < 5; i++) {
		OK(store_record_next(&store, i, &rec, &body));
		cr_assert_eq(rec.seq, i + 1);
	}
	IS(ST_NOT_FOUND, store_record_next(&store, 5, &rec, &body));
	IS(ST_NOT_FOUND, store_record_next(&store, INT64_MAX, &rec, &body));
	OK(store_record_before(&store, INT64_MAX, &rec, &body));
	cr_assert_eq(rec.seq, 5);
	OK(store_record_before(&store, 3, &rec, &body));
	cr_assert_eq(rec.seq, 2);
	IS(ST_NOT_FOUND, store_record_before(&store, 1, &rec, &body));
}

Test(store_record, a_body_that_does_not_fit_is_said_and_nothing_is_put)
{
	struct store_record rec;
	struct buf body = { room, 5, 104, false };

	append_at(NOW, 100);
	IS(ST_FULL, store_record_next(&store, 0, &rec, &body));
	cr_assert_eq(body.n, 5);
	body.cap = 105;
	OK(store_record_next(&store, 0, &rec, &body));
	cr_assert_eq(body.n, 105);
}

/* ---- in parts ----------------------------------------------------------- */

Test(store_record, a_body_in_parts_is_the_body)
{
	static const size_t SIZES[] = { 1, STORE_PART_BYTES - 1,
		STORE_PART_BYTES, STORE_PART_BYTES + 1, RECORD_MAX_BYTES };
	struct store_record rec;

	for (size_t i = 0; i < 5; i++)
		append_at(NOW, SIZES[i]);
	for (size_t i = 5; i-- > 0;) {
		uint8_t got[RECORD_MAX_BYTES];
		size_t n = 0;

		OK(store_record_look(&store, (int64_t)i + 2, &rec));
		cr_assert_eq(rec.seq, (int64_t)i + 1);
		cr_assert_eq(rec.n, SIZES[i]);
		while (n < rec.n) {
			struct buf part = { got, n, n + 1000, false };

			if (part.cap > sizeof got)
				part.cap = sizeof got;
			OK(store_record_part(
			    &store, rec.seq, (uint32_t)n, &part));
			cr_assert_gt(part.n, n);
			n = part.n;
		}
		cr_assert(span_eq((struct span){ got, n }, bytes(1, SIZES[i])));
	}
	IS(ST_NOT_FOUND, store_record_look(&store, 1, &rec));
}

Test(store_record, no_part_of_what_is_not_there)
{
	struct buf part = { room, 0, 10, false };

	append_at(NOW, 100);
	append_at(NOW, 100);
	IS(ST_NOT_FOUND, store_record_part(&store, 1, 100, &part));
	IS(ST_NOT_FOUND, store_record_part(&store, 3, 0, &part));
	OK(prune(2, INT64_MAX, 100));
	IS(ST_NOT_FOUND, store_record_part(&store, 1, 0, &part));
	cr_assert_eq(part.n, 0);
	OK(store_record_part(&store, 2, 95, &part));
	cr_assert_eq(part.n, 5);
}

Test(store_record, settled_is_what_is_committed)
{
	struct store_record rec = { .at = NOW };
	int64_t seq;

	OK(store_record_settled(&store, &seq));
	cr_assert_eq(seq, 0);
	append_at(NOW, 100);
	OK(reopen());
	for (int i = 0; i < 2; i++) {
		OK(store_begin(&store));
		OK(store_record_append(&store, &rec, bytes(1, 100), &seq));
		cr_assert_eq(seq, 2);
		OK(store_record_settled(&store, &seq));
		cr_assert_eq(seq, 1);
		store_rollback(&store);
	}
	append_at(NOW, 100);
	OK(store_record_settled(&store, &seq));
	cr_assert_eq(seq, 2);
}

/* ---- prune and backlog -------------------------------------------------- */

Test(store_record, only_what_is_acknowledged_and_old_is_pruned)
{
	for (int64_t i = 1; i <= 10; i++)
		append_at(NOW + i, 100);
	IS(ST_NOT_FOUND, prune(0, INT64_MAX, 100));
	IS(ST_NOT_FOUND, prune(10, NOW, 100));
	IS(ST_NOT_FOUND, prune(10, NOW + 1, 100));
	IS(ST_NOT_FOUND, prune(10, INT64_MAX, 0));
	cr_assert_eq(oldest(), 1);
	OK(prune(10, NOW + 2, 100));
	cr_assert_eq(oldest(), 2);
	OK(prune(4, INT64_MAX, 100));
	cr_assert_eq(oldest(), 5);
	OK(prune(10, INT64_MAX, 2));
	cr_assert_eq(oldest(), 7);
	OK(reopen());
	cr_assert_eq(oldest(), 7);
}

Test(store_record, the_newest_stays_and_numbers_are_never_given_twice)
{
	for (int i = 0; i < 3; i++)
		append_at(NOW, 100);
	OK(prune(INT64_MAX, INT64_MAX, 100));
	cr_assert_eq(oldest(), 3);
	IS(ST_NOT_FOUND, prune(INT64_MAX, INT64_MAX, 100));
	OK(reopen());
	append_at(NOW, 100);
	OK(prune(INT64_MAX, INT64_MAX, 100));
	cr_assert_eq(oldest(), 4);
}

Test(store_record, a_record_from_a_wrong_clock_does_not_keep_the_others)
{
	append_at(NOW + 400 * DAY, 100);
	append_at(NOW + 300 * DAY, 100);
	append_at(NOW, 100);
	append_at(NOW, 100);
	OK(prune(4, NOW + 1, 100));
	cr_assert_eq(oldest(), 2, "more than a year ahead counts as old");
	IS(ST_NOT_FOUND, prune(4, NOW + 1, 100));
	OK(prune(4, INT64_MAX, 100));
	cr_assert_eq(oldest(), 4);
}

Test(store_record, the_backlog_is_what_is_behind_the_position_and_there)
{
	uint64_t n;

	OK(store_backlog(&store, 0, &n));
	cr_assert_eq(n, 0);
	for (int i = 0; i < 10; i++)
		append_at(NOW, 100);
	OK(store_backlog(&store, 0, &n));
	cr_assert_eq(n, 10);
	OK(store_backlog(&store, 4, &n));
	cr_assert_eq(n, 6);
	OK(store_backlog(&store, 10, &n));
	cr_assert_eq(n, 0);
	OK(store_backlog(&store, INT64_MAX, &n));
	cr_assert_eq(n, 0);
	OK(prune(6, INT64_MAX, 100));
	OK(store_backlog(&store, 0, &n));
	cr_assert_eq(n, 4, "what is pruned waits for nobody");
	OK(store_backlog(&store, 8, &n));
	cr_assert_eq(n, 2);
}

/* ---- quota -------------------------------------------------------------- */

/* Append until the quota is reached; how many came in. */
static int64_t
fill(size_t n)
{
	struct store_record rec = { .at = NOW };
	int64_t seq = 0, count = 0;
	enum st st = ST_OK;

	while (st == ST_OK) {
		cr_assert(count < 100000);
		OK(store_begin(&store));
		st = store_record_append(&store, &rec, bytes(1, n), &seq);
		if (st == ST_OK)
			st = store_commit(&store);
		else
			cr_assert_eq(store_commit(&store), st);
		if (st == ST_OK)
			count++;
	}
	cr_assert_eq(st, ST_FULL);
	return count;
}

Test(store_record, a_full_quota_refuses_and_pruning_makes_room)
{
	struct store_figures f;
	struct store_incident inc = incident(1);
	int64_t seq, count;
	uint64_t n;

	store_close(&store);
	OK(store_open(&store, span_str(at.dir), 16, &memory));
	OK(store_begin(&store));
	OK(store_sink_put(&store, SPAN_LIT("file"), 1));
	OK(store_commit(&store));
	count = fill(RECORD_MAX_BYTES);
	cr_assert(count > 70 && count < 80, "%ld", (long)count);
	store_figures(&store, &f);
	cr_assert(f.file_bytes <= 16 * 1024 * 1024, "%lu",
	    (unsigned long)f.file_bytes);
	OK(store_backlog(&store, 0, &n));
	cr_assert_eq((int64_t)n, count, "nothing was lost");
	count += fill(1);
	/* Acknowledging and pruning work all the same. */
	OK(store_begin(&store));
	OK(store_sink_put(&store, SPAN_LIT("file"), count));
	OK(store_commit(&store));
	OK(store_sink_get(&store, SPAN_LIT("file"), &seq));
	OK(prune(seq, INT64_MAX, 10));
	OK(store_begin(&store));
	OK(store_incident_put(&store, ws, guid(1), &inc));
	cr_assert_eq(append(7, RECORD_MAX_BYTES), count + 1);
	OK(store_commit(&store));
	OK(reopen());
	cr_assert_eq(oldest(), 11);
}

Test(store_record, a_full_transaction_is_undone_as_a_whole)
{
	struct store_record rec = { .at = NOW };
	struct store_cursor cursor = { 5, true };
	struct store_incident inc = incident(1);
	int64_t seq, count;
	uint64_t n;
	enum st st = ST_OK;

	store_close(&store);
	OK(store_open(&store, span_str(at.dir), 16, &memory));
	count = fill(RECORD_MAX_BYTES);
	OK(store_begin(&store));
	OK(store_cursor_put(&store, ws, &cursor));
	for (int i = 0; st == ST_OK && i < 1000; i++)
		st = store_record_append(&store, &rec, bytes(1, 9000), &seq);
	cr_assert_eq(st, ST_FULL);
	/* Sticky: all that follows fails alike. */
	IS(ST_FULL, store_incident_put(&store, ws, guid(1), &inc));
	IS(ST_FULL, store_incident_get(&store, ws, guid(1), &inc));
	IS(ST_FULL, store_record_prune(&store, 1, INT64_MAX, 1));
	IS(ST_FULL, store_backlog(&store, 0, &n));
	IS(ST_FULL, store_commit(&store));
	OK(store_cursor_get(&store, ws, &cursor));
	cr_assert_eq(cursor.modified, -1);
	OK(store_backlog(&store, 0, &n));
	cr_assert_eq((int64_t)n, count);
}

Test(store_record, a_smaller_quota_than_the_file_refuses_until_pruned)
{
	for (int i = 0; i < 150; i++)
		append_at(NOW, RECORD_MAX_BYTES);
	store_close(&store);
	OK(store_open(&store, span_str(at.dir), 16, &memory));
	cr_assert(fill(RECORD_MAX_BYTES) <= 1);
	OK(prune(140, INT64_MAX, 1000));
	OK(store_begin(&store));
	append(1, RECORD_MAX_BYTES);
	OK(store_commit(&store));
}
