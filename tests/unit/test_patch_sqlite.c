/* SPDX-License-Identifier: MIT */
/*
 * Regression test of scripts/patches/sqlite3, and of the switches in
 * scripts/sqlite-options.txt that the store relies on.
 */
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdint.h>
#include <string.h>

static _Alignas(8) uint8_t heap[256 * 1024];

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
