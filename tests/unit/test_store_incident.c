/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE

#include "store_bench.h"

STORE_SUITE(store_incident);

static void
same_incident(const struct store_incident *a, const struct store_incident *b)
{
	cr_assert_eq(a->modified, b->modified);
	cr_assert_eq(a->version, b->version);
	cr_assert_eq(a->content, b->content);
	cr_assert_eq(a->status, b->status);
	cr_assert_eq(a->severity, b->severity);
	cr_assert_eq(a->delivered_version, b->delivered_version);
	cr_assert_eq(a->delivered_status, b->delivered_status);
	cr_assert_eq(a->delivered_enrichment, b->delivered_enrichment);
	cr_assert_eq(a->closed_at, b->closed_at);
	cr_assert_eq(a->flags, b->flags);
}

static void
put(struct span name, const struct store_incident *inc)
{
	OK(store_begin(&store));
	OK(store_incident_put(&store, ws, name, inc));
	OK(store_commit(&store));
}

Test(store_incident, an_unknown_one_is_not_found_and_zeroed)
{
	struct store_incident inc = incident(5), none = { 0 };

	IS(ST_NOT_FOUND, store_incident_get(&store, ws, guid(1), &inc));
	same_incident(&inc, &none);
}

/* Every combination of equal, zero, near and far that the packing tells apart,
 * and the ends of each range. */
Test(store_incident, every_kind_of_row_comes_back_as_it_was)
{
	static const int64_t TIMES[] = { 0, 1, -1, 134000000000000000,
		132223104000000000, 2650467743999999999, INT64_MAX, INT64_MIN };
	static const uint64_t OFFSETS[] = { 0, 1, 127, 128, 864000000000,
		UINT64_MAX };
	struct store_incident inc, got;
	uint64_t n = 0;

	OK(store_begin(&store));
	for (size_t t = 0; t < 8; t++)
		for (size_t i = 0; i < 6 * 6 * 6; i++) {
			uint64_t m = (uint64_t)TIMES[t];

			inc = (struct store_incident){ .modified = TIMES[t],
				.version = m + OFFSETS[i % 6],
				.content = (uint32_t)noise(i),
				.status = (uint8_t)noise(i + 1),
				.severity = (uint8_t)noise(i + 2),
				.delivered_version = i % 2 == 0 ?
				    0 :
				    m + OFFSETS[i % 6] - OFFSETS[i / 6 % 6],
				.delivered_enrichment = (uint8_t)noise(i + 3),
				.delivered_status = i % 3 == 0 ?
				    (uint8_t)noise(i + 1) :
				    (uint8_t)i,
				.closed_at = i % 5 == 0 ?
				    0 :
				    (int64_t)(m - OFFSETS[i / 36]),
				.flags = i % 7 == 0 ? 0 : (uint8_t)i };
			OK(store_incident_put(&store, ws, guid(1), &inc));
			/* So that the next one is read from its bytes. */
			IS(ST_NOT_FOUND,
			    store_incident_get(&store, ws, guid(2), &got));
			OK(store_incident_get(&store, ws, guid(1), &got));
			same_incident(&got, &inc);
			n++;
		}
	OK(store_commit(&store));
	cr_assert_eq(n, 1728);
}

Test(store_incident, a_put_is_there_after_reopening)
{
	struct store_incident inc = incident(134000000000000000), got;

	put(guid(1), &inc);
	inc.status = 2;
	inc.delivered_version = inc.version;
	put(guid(1), &inc);
	OK(reopen());
	OK(store_incident_get(&store, ws, guid(1), &got));
	same_incident(&got, &inc);
}

Test(store_incident, a_rolled_back_put_is_forgotten)
{
	struct store_incident inc = incident(7), got;

	put(guid(1), &inc);
	OK(store_begin(&store));
	inc.status = 9;
	OK(store_incident_put(&store, ws, guid(1), &inc));
	OK(store_incident_get(&store, ws, guid(1), &got));
	cr_assert_eq(got.status, 9, "seen inside");
	store_rollback(&store);
	OK(store_incident_get(&store, ws, guid(1), &got));
	cr_assert_eq(got.status, 1);
	OK(store_begin(&store));
	OK(store_incident_put(&store, ws, guid(2), &inc));
	store_rollback(&store);
	IS(ST_NOT_FOUND, store_incident_get(&store, ws, guid(2), &got));
}

/* ---- names -------------------------------------------------------------- */

Test(store_incident, names_are_compared_without_case)
{
	static const char *const PAIRS[][2] = {
		{ "3F2504E0-4F89-11D3-9A0C-0305E82C3301",
		    "3f2504e0-4f89-11d3-9a0c-0305e82c3301" },
		{ "Incident-One", "iNCIDENT-oNE" },
		{ "ZZ.9_x", "zz.9_X" },
	};
	struct store_incident inc = incident(1), got;

	for (size_t i = 0; i < 3; i++) {
		inc.status = (uint8_t)(i + 10);
		put(span_str(PAIRS[i][0]), &inc);
		OK(store_incident_get(&store, ws, span_str(PAIRS[i][1]), &got));
		cr_assert_eq(got.status, i + 10);
	}
}

/* Names whose keys would be the same bytes if a key did not say what it is. */
Test(store_incident, names_that_look_like_a_guid_are_others)
{
	static const char *const NAMES[] = {
		"3f2504e0-4f89-11d3-9a0c-0305e82c3301",
		"3f2504e04f8911d39a0c0305e82c3301",
		"{3f2504e0-4f89-11d3-9a0c-0305e82c3301}",
		"3f2504e0-4f89-11d3-9a0c-0305e82c330",
		"61616161-6161-6161-6161-616161616161",
		"aaaaaaaaaaaaaaaa",
		"aaaaaaaaaaaaaaa",
		"a",
	};
	struct store_incident inc = incident(1), got;

	for (size_t i = 0; i < 8; i++) {
		inc.content = (uint32_t)i;
		put(span_str(NAMES[i]), &inc);
	}
	for (size_t i = 0; i < 8; i++) {
		OK(store_incident_get(&store, ws, span_str(NAMES[i]), &got));
		cr_assert_eq(got.content, i, "%s", NAMES[i]);
	}
}

Test(store_incident, a_name_has_1_to_64_bytes)
{
	struct store_incident inc = incident(1), got;
	char name[66];

	memset(name, 'n', sizeof name);
	put((struct span){ (uint8_t *)name, 64 }, &inc);
	OK(store_incident_get(
	    &store, ws, (struct span){ (uint8_t *)name, 64 }, &got));
	IS(ST_NOT_FOUND,
	    store_incident_get(
		&store, ws, (struct span){ (uint8_t *)name, 63 }, &got));
	IS(ST_MALFORM,
	    store_incident_get(
		&store, ws, (struct span){ (uint8_t *)name, 65 }, &got));
	IS(ST_MALFORM, store_incident_get(&store, ws, SPAN_LIT(""), &got));
	IS(ST_MALFORM, store_incident_get(&store, 0, SPAN_LIT("a"), &got));
	OK(store_begin(&store));
	IS(ST_MALFORM,
	    store_incident_put(
		&store, ws, (struct span){ (uint8_t *)name, 65 }, &inc));
	OK(store_commit(&store));
}

Test(store_incident, workspaces_do_not_see_each_other)
{
	static const uint32_t WS[] = { 1, 2, 119, 120, 121, 122, 247, 248, 249,
		1000, 1999, 2000 };
	struct store_incident inc = incident(1), got;
	uint64_t count;

	OK(store_begin(&store));
	for (size_t i = 0; i < 12; i++)
		for (uint64_t j = 0; j <= i; j++) {
			inc.content = WS[i];
			OK(store_incident_put(&store, WS[i], guid(j), &inc));
		}
	OK(store_incident_put(&store, 120, SPAN_LIT("text"), &inc));
	OK(store_commit(&store));
	for (size_t i = 0; i < 12; i++) {
		OK(store_incident_get(&store, WS[i], guid(0), &got));
		cr_assert_eq(got.content, WS[i]);
		OK(store_incident_count(&store, WS[i], &count));
		cr_assert_eq(count, i + 1 + (WS[i] == 120), "ws %u", WS[i]);
	}
	OK(store_incident_count(&store, 123, &count));
	cr_assert_eq(count, 0);
}

/* ---- status changes ----------------------------------------------------- */

Test(store_incident, changes_are_listed_oldest_first_and_survive_a_put)
{
	struct store_change changes[STORE_CHANGE_MAX_COUNT];
	struct store_incident inc = incident(134000000000000000);
	size_t n;

	put(guid(1), &inc);
	OK(store_change_list(&store, ws, guid(1), changes, &n));
	cr_assert_eq(n, 0);
	OK(store_begin(&store));
	OK(store_change_add(
	    &store, ws, guid(1), (struct store_change){ inc.modified, 2 }));
	OK(store_change_add(&store, ws, guid(1),
	    (struct store_change){ inc.modified + 600000000, 3 }));
	inc.modified += 600000000;
	OK(store_incident_put(&store, ws, guid(1), &inc));
	OK(store_change_add(
	    &store, ws, guid(1), (struct store_change){ 5, 255 }));
	OK(store_commit(&store));
	OK(reopen());
	OK(store_change_list(&store, ws, guid(1), changes, &n));
	cr_assert_eq(n, 3);
	cr_assert_eq(changes[0].at, inc.modified - 600000000);
	cr_assert_eq(changes[0].status, 2);
	cr_assert_eq(changes[1].at, inc.modified);
	cr_assert_eq(changes[1].status, 3);
	cr_assert_eq(changes[2].at, 5);
	cr_assert_eq(changes[2].status, 255);
}

Test(store_incident, the_newest_changes_are_kept)
{
	struct store_change changes[STORE_CHANGE_MAX_COUNT];
	struct store_incident inc = incident(INT64_MIN), got;
	size_t n;

	put(guid(1), &inc);
	OK(store_begin(&store));
	for (int64_t i = 0; i < 100; i++)
		OK(store_change_add(&store, ws, guid(1),
		    (struct store_change){
			i % 2 == 0 ? INT64_MAX - i : i, (uint8_t)i }));
	OK(store_commit(&store));
	OK(reopen());
	OK(store_change_list(&store, ws, guid(1), changes, &n));
	cr_assert_eq(n, STORE_CHANGE_MAX_COUNT);
	for (size_t i = 0; i < n; i++) {
		int64_t k = 100 - (int64_t)n + (int64_t)i;

		cr_assert_eq(changes[i].status, k);
		cr_assert_eq(changes[i].at, k % 2 == 0 ? INT64_MAX - k : k);
	}
	OK(store_incident_get(&store, ws, guid(1), &got));
	same_incident(&got, &inc);
}

Test(store_incident, a_change_of_an_unknown_incident_is_not_found)
{
	struct store_change changes[STORE_CHANGE_MAX_COUNT];
	size_t n = 9;

	OK(store_begin(&store));
	IS(ST_NOT_FOUND,
	    store_change_add(
		&store, ws, guid(1), (struct store_change){ 1, 1 }));
	OK(store_commit(&store));
	IS(ST_NOT_FOUND, store_change_list(&store, ws, guid(1), changes, &n));
	cr_assert_eq(n, 0);
}

/* ---- size --------------------------------------------------------------- */

/* The database without its log, per incident that was delivered as read. */
static double
bytes_per_incident(uint64_t n, unsigned changes)
{
	struct stat before, after;

	OK(reopen());
	cr_assert_eq(stat(scratch_path(&at, "store.db"), &before), 0);
	for (uint64_t i = 0; i < n; i++) {
		struct store_incident inc = incident(
		    134000000000000000 + (int64_t)(i * 7654321));

		if (i % 100 == 0)
			OK(store_begin(&store));
		OK(store_incident_put(&store, ws, guid(i), &inc));
		for (unsigned c = 0; c < changes; c++)
			OK(store_change_add(&store, ws, guid(i),
			    (struct store_change){ inc.modified -
				    36000000000 * (int64_t)(changes - c - 1),
				2 }));
		inc.flags = 1;
		inc.delivered_version = inc.version;
		inc.delivered_status = inc.status;
		inc.delivered_enrichment = 21;
		OK(store_incident_put(&store, ws, guid(i), &inc));
		if (i % 100 == 99 || i == n - 1)
			OK(store_commit(&store));
	}
	OK(reopen());
	cr_assert_eq(stat(scratch_path(&at, "store.db"), &after), 0);
	return (double)(after.st_size - before.st_size) / (double)n;
}

Test(store_incident, a_known_one_takes_at_most_64_bytes_of_the_file)
{
	double each = bytes_per_incident(10000, 0);

	cr_log_info("%.1f bytes", each);
	cr_assert(each <= 64, "%f", each);
}

Test(store_incident, one_that_was_seen_to_close_takes_at_most_64_bytes)
{
	double each = bytes_per_incident(10000, 1);

	cr_log_info("%.1f bytes", each);
	cr_assert(each <= 64, "%f", each);
}

/* ---- rows that wait for the commit -------------------------------------- */

/* Put incidents 1 .. n, of which every third changes its status so often that
 * its row is a long one, each twice and in an order that is not the keys'. */
static void
put_many(uint64_t n)
{
	for (uint64_t round = 1; round <= 2; round++)
		for (uint64_t i = 1; i <= n; i++) {
			struct store_incident inc = incident(
			    (int64_t)(i + 1000 * round));

			OK(store_incident_put(&store, ws, guid(i), &inc));
			for (int64_t k = 0; i % 3 == 0 && k < 20; k++)
				OK(store_change_add(&store, ws, guid(i),
				    (struct store_change){ k << 50, 1 }));
		}
}

static void
check_many(uint64_t n, int64_t offset, size_t changes)
{
	struct store_change list[STORE_CHANGE_MAX_COUNT];
	struct store_incident got;
	uint64_t count;
	size_t listed;

	OK(store_incident_count(&store, ws, &count));
	cr_assert_eq(count, n);
	for (uint64_t i = 1; i <= n; i++) {
		OK(store_incident_get(&store, ws, guid(i), &got));
		cr_assert_eq(got.modified, (int64_t)i + offset);
		OK(store_change_list(&store, ws, guid(i), list, &listed));
		cr_assert_eq(listed, i % 3 == 0 ? changes : 0);
	}
}

Test(store_incident, more_rows_than_can_wait_are_all_there)
{
	uint64_t n = 3 * STORE_WAITING_MAX_COUNT + 1;

	OK(store_begin(&store));
	put_many(n);
	check_many(n, 2000, STORE_CHANGE_MAX_COUNT);
	OK(store_commit(&store));
	OK(reopen());
	check_many(n, 2000, STORE_CHANGE_MAX_COUNT);
}

Test(store_incident, rows_that_wait_are_seen_and_are_undone_with_the_rest)
{
	struct store_incident got;

	OK(store_begin(&store));
	put_many(30);
	OK(store_commit(&store));
	OK(store_begin(&store));
	for (uint64_t i = 1; i <= 60; i++) {
		got = incident(7);
		OK(store_incident_put(&store, ws, guid(i), &got));
	}
	OK(store_incident_get(&store, ws, guid(1), &got));
	cr_assert_eq(got.modified, 7);
	OK(store_incident_get(&store, ws, guid(60), &got));
	cr_assert_eq(got.modified, 7);
	store_rollback(&store);
	check_many(30, 2000, STORE_CHANGE_MAX_COUNT);
	OK(store_begin(&store));
	OK(store_commit(&store));
	OK(reopen());
	check_many(30, 2000, STORE_CHANGE_MAX_COUNT);
}
