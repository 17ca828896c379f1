/* SPDX-License-Identifier: MIT */
/*
 * Regression test of scripts/patches/sqlite3, and of the switches in
 * scripts/sqlite-options.txt that the store relies on.
 */
#define _GNU_SOURCE

#include <sqlite3.h>
#include <stdint.h>
#include <string.h>

#include "scratch.h"
#include "store_disk.h"

static _Alignas(8) uint8_t heap[4 * 1024 * 1024];

static sqlite3 *
open_in_memory(void)
{
	sqlite3 *db = NULL;

	cr_assert_eq(
	    sqlite3_config(SQLITE_CONFIG_HEAP, heap, (int)sizeof heap, 64),
	    SQLITE_OK, "SQLite was built without memsys5");
	cr_assert_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
	return db;
}

static int
run(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

Test(patch_sqlite, attach_is_no_sql_and_indexes_are_found_by_database_name)
{
	sqlite3 *db = open_in_memory();

	cr_assert_eq(run(db, "ATTACH 'other' AS other"), SQLITE_ERROR);
	cr_assert(strstr(sqlite3_errmsg(db), "syntax error") != NULL);
	cr_assert_eq(run(db,
			 "CREATE TABLE t (a); CREATE INDEX i ON t (a);"
			 "DROP INDEX main.i"),
	    SQLITE_OK);
	cr_assert_eq(run(db, "DROP INDEX other.i"), SQLITE_ERROR);
	sqlite3_close(db);
}

Test(patch_sqlite, what_the_store_needs_is_built_in)
{
	static const char
	    SQL[] = "CREATE TABLE t (k INTEGER PRIMARY KEY, b BLOB) STRICT;"
		    "INSERT INTO t VALUES (1, zeroblob(5000));"
		    "INSERT INTO t VALUES (1, x'00')"
		    " ON CONFLICT (k) DO UPDATE SET k = 2;"
		    "PRAGMA user_version = 3;"
		    "PRAGMA integrity_check;"
		    "PRAGMA max_page_count = 99";
	sqlite3 *db = open_in_memory();
	sqlite3_blob *blob = NULL;

	cr_assert_eq(sqlite3_threadsafe(), 0);
	cr_assert_eq(run(db, SQL), SQLITE_OK);
	cr_assert_eq(
	    sqlite3_blob_open(db, "main", "t", "b", 2, 1, &blob), SQLITE_OK);
	cr_assert_eq(sqlite3_blob_bytes(blob), 5000);
	cr_assert_eq(sqlite3_blob_close(blob), SQLITE_OK);
	cr_assert_gt(sqlite3_memory_highwater(0), 0);
	sqlite3_close(db);
}

Test(patch_sqlite, text_in_double_quotes_is_a_name)
{
	sqlite3 *db = open_in_memory();

	cr_assert_eq(run(db, "SELECT \"text\""), SQLITE_ERROR);
	sqlite3_close(db);
}

/* ---- 02-append-to-the-log-only.patch ------------------------------------- */

#define ROWS 256

static int64_t
number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	int64_t n = -1;

	cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	if (sqlite3_step(stmt) == SQLITE_ROW)
		n = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return n;
}

static sqlite3 *
open_in(const char *path)
{
	sqlite3 *db = NULL;

	cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
	cr_assert_eq(run(db,
			 "PRAGMA locking_mode=EXCLUSIVE;"
			 "PRAGMA journal_mode=WAL; PRAGMA cache_size=5"),
	    SQLITE_OK);
	return db;
}

static int
written_twice(void)
{
	int twice = 0;

	for (int i = 0; i < store_disk_op_count(); i++) {
		if (store_disk_op_kind(i) != DISK_WRITE ||
		    store_disk_op_file(i) != 1)
			continue;
		for (int j = 0; j < i; j++)
			twice += store_disk_op_kind(j) == DISK_WRITE &&
			    store_disk_op_file(j) == 1 &&
			    store_disk_op_offset(j) == store_disk_op_offset(i);
	}
	return twice;
}

Test(patch_sqlite, a_transaction_larger_than_the_cache_writes_its_log_once)
{
	struct scratch at;
	sqlite3 *db;

	scratch_make(&at);
	sqlite3_close(open_in_memory());
	store_disk_install();
	db = open_in(scratch_path(&at, "store.db"));
	cr_assert_eq(run(db,
			 "PRAGMA wal_autocheckpoint=0;"
			 "CREATE TABLE t (k INTEGER PRIMARY KEY, n, b);"
			 "INSERT INTO t VALUES (1, 0, zeroblob(3000))"),
	    SQLITE_OK);
	for (int n = 1; n < ROWS; n *= 2)
		cr_assert_eq(run(db,
				 "INSERT INTO t SELECT k + (SELECT max(k)"
				 " FROM t), 0, b FROM t"),
		    SQLITE_OK, "%s", sqlite3_errmsg(db));
	/* A row a page, far more than the cache has, changed twice. */
	store_disk_record();
	cr_assert_eq(run(db,
			 "BEGIN; UPDATE t SET n = 1; UPDATE t SET n = 2;"
			 "COMMIT"),
	    SQLITE_OK);
	cr_assert_gt(store_disk_op_count(), 2 * 2 * ROWS);
	cr_expect_eq(written_twice(), 0);
	/* What is taken back leaves older frames of the same pages. */
	cr_assert_eq(run(db,
			 "BEGIN; UPDATE t SET n = n + 1; SAVEPOINT s;"
			 "UPDATE t SET n = 9; DELETE FROM t WHERE k > 50;"
			 "ROLLBACK TO s; UPDATE t SET n = n + 1 WHERE k % 2;"
			 "COMMIT"),
	    SQLITE_OK);
	sqlite3_close(db);
	db = open_in(scratch_path(&at, "store.db"));
	cr_expect_eq(number(db, "SELECT sum(n) FROM t"), ROWS * 7 / 2);
	cr_expect_eq(number(db, "SELECT count(*) FROM t"), ROWS);
	sqlite3_close(db);
	scratch_remove(&at);
}
