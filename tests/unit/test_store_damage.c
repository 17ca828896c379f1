/* SPDX-License-Identifier: MIT */
/*
 * Bits of the file turn over: what is damaged is said and never delivered, what
 * is not is there, and nothing crashes or loops.
 */
#define _GNU_SOURCE

#include <sqlite3.h>

#include "store_bench.h"

#define NOW     INT64_C(134000000000000000)
#define RECORDS 6
#define ENTRIES 5

static uint8_t file[1 << 20], damaged[1 << 20], room[RECORD_MAX_BYTES];
static size_t file_n;

static size_t
record_size(int64_t seq)
{
	return (size_t)(seq * seq * 400);
}

static void
make_full(void)
{
	struct store_cursor cursor = { 42, true };

	make();
	OK(store_begin(&store));
	for (uint64_t i = 1; i <= RECORDS; i++)
		append(i, record_size((int64_t)i));
	for (uint64_t i = 1; i <= ENTRIES; i++) {
		struct store_todo t = todo(guid(i), (uint8_t)i, (int64_t)i);

		put_todo(&t, bytes(100 + i, 700 * i));
	}
	OK(store_cursor_put(&store, ws, &cursor));
	OK(store_sink_put(&store, SPAN_LIT("file"), 3));
	OK(store_commit(&store));
	store_close(&store);
	file_n = (size_t)scratch_read(&at, "store.db", file, sizeof file);
	cr_assert(file_n > 50000 && file_n < sizeof file);
}

TestSuite(store_damage, .init = make_full, .fini = clean);

static void
write_damaged(size_t n)
{
	unlink(scratch_path(&at, "store.db-wal"));
	scratch_write(&at, "store.db", (struct span){ damaged, n });
}

static void
flip(size_t bit)
{
	memcpy(damaged, file, file_n);
	damaged[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

/* Turn a bit over that stands so many bits behind the beginning of `what`
 * (or before it).  A tree that was balanced leaves copies behind: in all. */
static void
flip_near(struct span what, long bit)
{
	const uint8_t *p = file;
	int found = 0;

	memcpy(damaged, file, file_n);
	while ((p = memmem(p, file_n - (size_t)(p - file), what.p, what.n)) !=
	    NULL) {
		long at_bit = (p - file) * 8 + bit;

		cr_assert(at_bit >= 0 && at_bit < (long)file_n * 8);
		damaged[at_bit / 8] ^= (uint8_t)(1u << at_bit % 8);
		p++;
		found++;
	}
	cr_assert(found > 0);
}

static bool
is_read_result(enum st st)
{
	return st == ST_OK || st == ST_NOT_FOUND || st == ST_CORRUPT;
}

/* Read all records: each that is handed out is what was appended.  How many
 * were, and in *bad how many were said to be damaged. */
static int
read_records(int *bad)
{
	struct store_record rec;
	int64_t after = 0;
	int good = 0;

	*bad = 0;
	for (int i = 0; i < 2 * RECORDS + 2; i++) {
		struct buf body = BUF_OVER(room);
		enum st st = store_record_next(&store, after, &rec, &body);

		cr_assert(is_read_result(st), "%s", st_text(st));
		if (st == ST_NOT_FOUND)
			return good;
		if (st == ST_OK) {
			uint64_t seed = (uint64_t)rec.seq;

			cr_assert(rec.seq >= 1 && rec.seq <= RECORDS);
			cr_assert(span_eq(
			    span_of(&body), bytes(seed, record_size(rec.seq))));
			cr_assert_eq(rec.version, seed);
			cr_assert_eq(rec.at, rec.seq);
			cr_assert_eq(rec.enrichment, 7);
			cr_assert_eq(rec.id.b[0], seed);
			good++;
		} else {
			cr_assert_eq(body.n, 0);
			++*bad;
			if (rec.seq == 0)
				return good; /* the database is damaged */
		}
		cr_assert(rec.seq > after, "it would go round for ever");
		after = rec.seq;
	}
	cr_assert(false, "it goes on for ever");
	return 0;
}

/* How many a look from the newest on finds whole. */
static int
look_at_records(void)
{
	struct store_record rec;
	int64_t before = INT64_MAX;
	int good = 0;

	for (int i = 0; i < 2 * RECORDS + 2; i++) {
		enum st st = store_record_look(&store, before, &rec);

		if (st == ST_NOT_FOUND || rec.seq == 0)
			return good;
		cr_assert(st == ST_OK || st == ST_CORRUPT, "%s", st_text(st));
		cr_assert_lt(rec.seq, before);
		before = rec.seq;
		if (st != ST_OK)
			continue;
		cr_assert_eq(rec.n, record_size(rec.seq));
		cr_assert_eq(rec.version, (uint64_t)rec.seq);
		good++;
	}
	return -1;
}

/* Take entries out of the queue, damaged ones too, until it is empty or the
 * database says that it is damaged.  How many were good. */
static int
work_off(int *bad)
{
	struct store_todo t;
	int good = 0;

	*bad = 0;
	for (int i = 0; i < 2 * ENTRIES + 2; i++) {
		struct buf text = BUF_OVER(room);
		enum st st = store_todo_next(&store, ws, NOW, false, &t, &text);

		cr_assert(is_read_result(st), "%s", st_text(st));
		if (st == ST_NOT_FOUND)
			return good;
		if (st == ST_OK) {
			uint64_t i_ = (uint64_t)t.modified;

			cr_assert(i_ >= 1 && i_ <= ENTRIES);
			cr_assert(span_eq(span_str(t.name), guid(i_)));
			cr_assert(
			    span_eq(span_of(&text), bytes(100 + i_, 700 * i_)));
			good++;
		} else {
			cr_assert_eq(text.n, 0);
			++*bad;
			if (t.name[0] == '\0')
				return good;
		}
		OK(store_begin(&store));
		st = store_todo_delete(&store, ws, span_str(t.name));
		if (st == ST_OK)
			st = store_commit(&store);
		else
			store_rollback(&store);
		cr_assert(st == ST_OK || st == ST_CORRUPT, "%s", st_text(st));
		if (st == ST_CORRUPT)
			return good;
	}
	cr_assert(false, "it goes on for ever");
	return 0;
}

/* Open what was written and use all of it.  False when it was refused. */
static bool
use_all(void)
{
	struct store_cursor cursor;
	struct store_incident inc;
	enum st st = store_open(&store, span_str(at.dir), MAX_MIB, &memory);
	int64_t seq;
	int bad;

	cr_assert(st == ST_OK || st == ST_CORRUPT || st == ST_CONFIG, "%s",
	    st_text(st));
	if (st != ST_OK)
		return false;
	(void)read_records(&bad);
	for (uint64_t i = 1; i <= ENTRIES; i++) {
		st = store_incident_get(&store, ws, guid(i), &inc);
		cr_assert(is_read_result(st));
		if (st == ST_OK)
			cr_assert(inc.modified == (int64_t)i &&
			    inc.version == i && inc.content == 0xabcdef01);
	}
	st = store_cursor_get(&store, ws, &cursor);
	cr_assert(is_read_result(st));
	if (st == ST_OK)
		cr_assert(cursor.modified == -1 ||
		    (cursor.modified == 42 && cursor.backfilled));
	st = store_sink_get(&store, SPAN_LIT("file"), &seq);
	cr_assert(is_read_result(st));
	if (st == ST_OK)
		cr_assert(seq == 0 || seq == 3);
	(void)work_off(&bad);
	store_close(&store);
	return true;
}

/* ---- bits --------------------------------------------------------------- */

Test(store_damage, the_whole_file_is_read_and_worked_off)
{
	int bad;

	OK(store_open(&store, span_str(at.dir), MAX_MIB, &memory));
	cr_assert_eq(read_records(&bad), RECORDS);
	cr_assert_eq(bad, 0);
	cr_assert_eq(work_off(&bad), ENTRIES);
	cr_assert_eq(bad, 0);
}

Test(store_damage, each_flip_in_a_body_is_found_and_the_others_are_delivered)
{
	int bad, flips = 0;

	for (int64_t seq = 1; seq <= RECORDS; seq++) {
		/* As many as are in the row's own page in any case. */
		for (long bit = 0; bit < 300 * 8; bit += 61) {
			flip_near(bytes((uint64_t)seq, 300), bit);
			write_damaged(file_n);
			OK(store_open(
			    &store, span_str(at.dir), MAX_MIB, &memory));
			cr_assert_eq(read_records(&bad), RECORDS - 1,
			    "record %ld, bit %ld", (long)seq, bit);
			cr_assert_eq(bad, 1);
			cr_assert_eq(look_at_records(), RECORDS - 1);
			store_close(&store);
			flips++;
		}
	}
	cr_assert(flips > 200);
}

Test(store_damage, each_flip_in_a_waiting_text_is_found_and_it_can_be_deleted)
{
	int bad;

	for (uint64_t i = 1; i <= ENTRIES; i++) {
		/* The 116 bytes before the text are its head. */
		for (long bit = -116 * 8; bit < 300 * 8; bit += 193) {
			flip_near(bytes(100 + i, 300), bit);
			write_damaged(file_n);
			OK(store_open(
			    &store, span_str(at.dir), MAX_MIB, &memory));
			cr_assert_eq(work_off(&bad), ENTRIES - 1,
			    "entry %lu, bit %ld", (unsigned long)i, bit);
			cr_assert_eq(bad, 1);
			store_close(&store);
		}
	}
}

Test(store_damage, a_damaged_incident_is_said_and_a_put_repairs_it)
{
	struct store_incident inc = incident(9), got;
	struct store_change changes[STORE_CHANGE_MAX_COUNT];
	struct store_todo t;
	uint64_t count;
	int64_t due;
	size_t n;
	/* `content` stands in the row of the first incident in the tree. */
	static const uint8_t CONTENT[] = { 0x01, 0xef, 0xcd, 0xab };
	const uint8_t *found = memmem(file, file_n, CONTENT, 4);
	unsigned is_bad = 0, which = 0;

	cr_assert_not_null(found);
	flip((size_t)(found - file) * 8);
	write_damaged(file_n);
	OK(store_open(&store, span_str(at.dir), MAX_MIB, &memory));
	for (unsigned i = 1; i <= ENTRIES; i++)
		if (store_incident_get(&store, ws, guid(i), &got) ==
		    ST_CORRUPT) {
			is_bad++;
			which = i;
		}
	cr_assert_eq(is_bad, 1);
	OK(store_begin(&store));
	IS(ST_CORRUPT,
	    store_change_add(
		&store, ws, guid(which), (struct store_change){ 1, 1 }));
	t = todo(guid(which), 1, 1);
	IS(ST_CORRUPT, store_todo_put(&store, &t, SPAN_LIT("x")));
	IS(ST_CORRUPT, store_todo_update(&store, &t));
	OK(store_incident_put(&store, ws, guid(which), &inc));
	OK(store_commit(&store));
	OK(store_incident_get(&store, ws, guid(which), &got));
	cr_assert_eq(got.modified, 9);
	OK(store_change_list(&store, ws, guid(which), changes, &n));
	cr_assert_eq(n, 0);
	/* Its entry, which the row knew, is out of the way: one that is put now
	 * is the only one. */
	OK(store_todo_count(&store, ws, &count, &due));
	cr_assert_eq(count, ENTRIES - 1);
	OK(store_begin(&store));
	OK(store_todo_put(&store, &t, SPAN_LIT("x")));
	OK(store_commit(&store));
	OK(store_todo_count(&store, ws, &count, &due));
	cr_assert_eq(count, ENTRIES);
}

Test(store_damage, an_entry_of_a_damaged_incident_can_be_deleted)
{
	static const uint8_t CONTENT[] = { 0x01, 0xef, 0xcd, 0xab };
	const uint8_t *found;
	int bad;

	found = memmem(file, file_n, CONTENT, 4);
	cr_assert_not_null(found);
	flip((size_t)(found - file) * 8);
	write_damaged(file_n);
	OK(store_open(&store, span_str(at.dir), MAX_MIB, &memory));
	cr_assert_eq(work_off(&bad), ENTRIES);
	cr_assert_eq(bad, 0);
}

/* In the 100 bytes of the file's header: refused, or what it says does not
 * matter, and then everything is there. */
Test(store_damage, each_bit_of_the_header_is_refused_or_harmless)
{
	int refused = 0, bad;

	for (size_t bit = 0; bit < 800; bit++) {
		enum st st;

		flip(bit);
		write_damaged(file_n);
		st = store_open(&store, span_str(at.dir), MAX_MIB, &memory);
		cr_assert(st == ST_OK || st == ST_CORRUPT ||
			(st == ST_CONFIG && bit / 8 == 63),
		    "bit %zu: %s", bit, st_text(st));
		if (st != ST_OK) {
			refused++;
			continue;
		}
		cr_assert_eq(read_records(&bad), RECORDS, "bit %zu", bit);
		(void)work_off(&bad); /* or a write says it is damaged */
		store_close(&store);
	}
	cr_log_info("%d of 800 refused", refused);
	cr_assert(refused > 200);
}

/* Any bit of the file; the step is a prime, so that all bits of a byte and all
 * places of a page come up.  WF_ALL_BITS=1 takes every one (an hour). */
Test(store_damage, any_bit_may_turn_over, .timeout = 7200)
{
	size_t step = getenv("WF_ALL_BITS") == NULL ? 1499 : 1;
	int flips = 0, refused = 0;

	for (size_t bit = 0; bit < file_n * 8; bit += step) {
		flip(bit);
		write_damaged(file_n);
		flips++;
		refused += !use_all();
	}
	cr_log_info("%d flips, %d refused", flips, refused);
	cr_assert(flips > 300);
}

/* ---- more than bits ----------------------------------------------------- */

Test(store_damage, a_file_cut_anywhere_is_refused_or_read_as_far_as_it_goes)
{
	for (size_t n = 0; n < file_n; n += n < 600 ? 37 : 1021) {
		memcpy(damaged, file, file_n);
		write_damaged(n);
		(void)use_all();
	}
}

Test(store_damage, pages_of_noise_zeroes_or_another_page_are_found)
{
	for (size_t page = 0; page < file_n / 4096; page++)
		for (int kind = 0; kind < 3; kind++) {
			memcpy(damaged, file, file_n);
			if (kind == 0)
				memcpy(damaged + page * 4096,
				    bytes(page, 4096).p, 4096);
			else if (kind == 1)
				memset(damaged + page * 4096, 0, 4096);
			else
				memcpy(damaged + page * 4096,
				    file + (page + 1) % (file_n / 4096) * 4096,
				    4096);
			write_damaged(file_n);
			(void)use_all();
		}
}

Test(store_damage, a_log_of_noise_is_ignored)
{
	int bad;

	scratch_write(&at, "store.db-wal", bytes(5, 20000));
	OK(store_open(&store, span_str(at.dir), MAX_MIB, &memory));
	cr_assert_eq(read_records(&bad), RECORDS);
	cr_assert_eq(bad, 0);
}

Test(store_damage, an_order_that_says_something_else_than_the_entry_is_found)
{
	static const char *const SQL[] = {
		"UPDATE todo SET id=3-id WHERE id<3",
		"UPDATE todo SET severity=severity+10 WHERE id<3",
		"UPDATE todo SET fresh=0 WHERE id<3",
		"UPDATE todo SET modified=99 WHERE id<3",
		"UPDATE todo SET due=1 WHERE id<3",
		"UPDATE todo SET id=id+50 WHERE id<3",
		"UPDATE todo SET key=x'0361' WHERE id<3",
	};
	int bad;

	for (size_t i = 0; i < 7; i++) {
		memcpy(damaged, file, file_n);
		write_damaged(file_n);
		alter(SQL[i]);
		OK(store_open(&store, span_str(at.dir), MAX_MIB, &memory));
		cr_assert_eq(work_off(&bad), ENTRIES - 2, "%s", SQL[i]);
		/* Two of one name go at once. */
		cr_assert_eq(bad, i == 6 ? 1 : 2, "%s", SQL[i]);
		store_close(&store);
	}
}

Test(store_damage, a_record_that_stands_in_for_another_is_found)
{
	struct store_record rec;
	struct buf body = BUF_OVER(room);

	alter("UPDATE record SET body=(SELECT body FROM record WHERE seq=1)"
	      " WHERE seq=2; UPDATE record SET seq=99 WHERE seq=3;"
	      "UPDATE record SET version=5 WHERE seq=4;"
	      "UPDATE record SET enrichment=6 WHERE seq=5;"
	      "UPDATE record SET id=zeroblob(16) WHERE seq=6;"
	      "UPDATE cursor SET modified=43; UPDATE sink SET seq=4");
	OK(store_open(&store, span_str(at.dir), MAX_MIB, &memory));
	OK(store_record_next(&store, 0, &rec, &body));
	for (int64_t after = 1; after < 98; after = after == 2 ? 3 :
		 after == 6                                    ? 98 :
								 after + 1) {
		IS(ST_CORRUPT, store_record_next(&store, after, &rec, &body));
		cr_assert(rec.seq > after);
	}
	IS(ST_CORRUPT, store_record_next(&store, 98, &rec, &body));
	{
		struct store_cursor cursor;
		int64_t seq;

		IS(ST_CORRUPT, store_cursor_get(&store, ws, &cursor));
		cr_assert_eq(cursor.modified, -1);
		IS(ST_CORRUPT, store_sink_get(&store, SPAN_LIT("file"), &seq));
		cr_assert_eq(seq, 0);
		OK(store_begin(&store));
		cursor.modified = 50;
		OK(store_cursor_put(&store, ws, &cursor));
		OK(store_sink_put(&store, SPAN_LIT("file"), 4));
		OK(store_commit(&store));
		OK(store_cursor_get(&store, ws, &cursor));
		OK(store_sink_get(&store, SPAN_LIT("file"), &seq));
		cr_assert_eq(seq, 4);
	}
}
