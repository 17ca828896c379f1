/* SPDX-License-Identifier: MIT */
/*
 * store_bench.h - a store in a state directory of a test's own.
 *
 * Each test file that includes it begins with STORE_SUITE(name), whose tests
 * find `store` open and empty, with one workspace, `ws`.
 */
#ifndef TESTS_UNIT_STORE_BENCH_H
#define TESTS_UNIT_STORE_BENCH_H

#include <sqlite3.h>

#include "scratch.h"
#include "store/store.h"

#define MAX_MIB 64u
#define WS_KEY  "https://management.azure.com/subscriptions/1/workspaces/a"

static struct scratch at;
static struct store_memory memory;
static struct store store;
static uint32_t ws;

#define OK(call) IS(ST_OK, call)
#define IS(want, call)                                                    \
	do {                                                              \
		enum st got_ = (call);                                    \
		cr_assert_eq(got_, want, "%s: %s", #call, st_text(got_)); \
	} while (0)

static inline enum st
reopen(void)
{
	store_close(&store);
	return store_open(&store, span_str(at.dir), MAX_MIB, &memory);
}

static inline void
make(void)
{
	scratch_make(&at);
	OK(store_open(&store, span_str(at.dir), MAX_MIB, &memory));
	OK(store_workspace(&store, SPAN_LIT(WS_KEY), &ws));
}

static inline void
clean(void)
{
	store_close(&store);
	scratch_remove(&at);
}

#define STORE_SUITE(name) TestSuite(name, .init = make, .fini = clean)

/* Repeatable noise. */
static inline uint64_t
noise(uint64_t n)
{
	n += UINT64_C(0x9e3779b97f4a7c15);
	n = (n ^ n >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	n = (n ^ n >> 27) * UINT64_C(0x94d049bb133111eb);
	return n ^ n >> 31;
}

/* The n-th of a row of different GUIDs. */
static inline struct span
guid(uint64_t n)
{
	static char text[UUID_TEXT_BYTES + 1];
	struct buf b = { (uint8_t *)text, 0, UUID_TEXT_BYTES, false };
	struct uuid u;

	for (size_t i = 0; i < sizeof u.b; i++)
		u.b[i] = (uint8_t)(noise(2 * n + i / 8) >> 8 * (i % 8));
	uuid_write(&b, &u);
	return span_of(&b);
}

/* n bytes of noise that begin with their seed. */
static inline struct span
bytes(uint64_t seed, size_t n)
{
	static uint8_t room[RECORD_MAX_BYTES];

	for (size_t i = 0; i < n; i++)
		room[i] = (uint8_t)(noise(seed << 20 | i / 8) >> 8 * (i % 8));
	return (struct span){ room, n };
}

static inline struct store_incident
incident(int64_t modified)
{
	return (struct store_incident){ .modified = modified,
		.version = (uint64_t)modified,
		.content = 0xabcdef01,
		.status = 1,
		.severity = 3 };
}

static inline struct store_todo
todo(struct span name, uint8_t severity, int64_t modified)
{
	struct store_todo t = { .ws = ws,
		.fresh = true,
		.severity = severity,
		.modified = modified };

	cr_assert_eq(span_to_str(name, t.name, sizeof t.name), ST_OK);
	return t;
}

/* Close the store and change its database as `sqlite3` would. */
static inline void
alter(const char *sql)
{
	sqlite3 *db;

	store_close(&store);
	cr_assert_eq(
	    sqlite3_open(scratch_path(&at, "store.db"), &db), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, "%s",
	    sqlite3_errmsg(db));
	sqlite3_close(db);
	sqlite3_shutdown();
}

/* An incident and its entry with a text, in the open transaction. */
static inline void
put_todo(const struct store_todo *t, struct span text)
{
	struct store_incident inc = incident(t->modified);

	OK(store_incident_put(&store, t->ws, span_str(t->name), &inc));
	OK(store_todo_put(&store, t, text));
}

static inline int64_t
append(uint64_t seed, size_t n)
{
	struct store_record rec = {
		.at = (int64_t)seed, .version = seed, .enrichment = 7
	};
	int64_t seq;

	rec.id.b[0] = (uint8_t)seed;
	OK(store_record_append(&store, &rec, bytes(seed, n), &seq));
	return seq;
}

#endif
