/* SPDX-License-Identifier: MIT */
/*
 * The tables.
 *
 *	incident, aside   sorted by the key of store_key.c
 *	incident.state    bytes of store_pack.c
 *	todo              sorted by the order of work, see store_todo.c
 *	text, record      bodies; they have a row number because incremental
 *	                  blob I/O needs one
 *	crc               of the whole row, see its writer
 *
 * An application number and a schema number in the file's header say that it
 * is ours, and which it is.  Every later schema gets a higher number; an older
 * program then refuses the file.  The texts below are compared with those in
 * the file at each start: a damaged one is found before it is used.
 */
#include "store/store_priv.h"

#include <assert.h>

#define TEXT(n)  TEXT2(n)
#define TEXT2(n) #n

/* "WFSs", and the number of the schema below. */
#define APPLICATION 1464226675
#define SCHEMA      STORE_SCHEMA
/* Beyond this the number is damage rather than a later program's. */
#define SCHEMA_MAX 255

static const char *const TABLE[] = {
	"CREATE TABLE workspace("
	"ws INTEGER PRIMARY KEY,path TEXT UNIQUE)",
	"CREATE TABLE cursor("
	"ws INTEGER PRIMARY KEY,modified INTEGER,backfilled INTEGER,"
	"crc INTEGER)",
	"CREATE TABLE incident("
	"key BLOB PRIMARY KEY,state BLOB)WITHOUT ROWID",
	"CREATE TABLE aside("
	"key BLOB PRIMARY KEY,at INTEGER,name TEXT,reason TEXT)WITHOUT ROWID",
	"CREATE TABLE todo("
	"ws INTEGER,fresh INTEGER,severity INTEGER,modified INTEGER,"
	"id INTEGER,due INTEGER,key BLOB,"
	"PRIMARY KEY(ws,fresh DESC,severity DESC,modified DESC,id))"
	"WITHOUT ROWID",
	"CREATE TABLE text("
	"id INTEGER PRIMARY KEY,body BLOB)",
	"CREATE TABLE record("
	"seq INTEGER PRIMARY KEY,at INTEGER,id BLOB,version INTEGER,"
	"enrichment INTEGER,crc INTEGER,body BLOB)",
	"CREATE TABLE sink("
	"name TEXT PRIMARY KEY,seq INTEGER,crc INTEGER)WITHOUT ROWID",
};

#define TABLE_COUNT (sizeof TABLE / sizeof TABLE[0])

/* What SQLite keeps of them: those it made itself have no text. */
#define SCHEMA_ROWS "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL"

/* The texts in the file are TABLE, in this order. */
static enum st
compare_tables(struct store *s)
{
	struct store_query q = { .s = s };
	enum st st = ST_OK;
	size_t n = 0;
	int rc = sqlite3_prepare_v2(s->db, SCHEMA_ROWS, -1, &q.stmt, NULL);

	if (rc != SQLITE_OK)
		return store_fail(s, rc);
	while (st == ST_OK && (rc = sqlite3_step(q.stmt)) == SQLITE_ROW) {
		struct span text = store_query_bytes(&q, 0);

		if (n == TABLE_COUNT || !span_eq(text, span_str(TABLE[n])))
			st = ST_CORRUPT;
		n++;
	}
	(void)sqlite3_finalize(q.stmt);
	if (st == ST_OK && rc != SQLITE_DONE)
		return store_fail(s, rc);
	return n == TABLE_COUNT ? st : ST_CORRUPT;
}

enum st
store_schema_check(struct store *s)
{
	int64_t application = 0, schema = 0, tables = 0, page_bytes = 0;
	int reserved = -1, rc;
	enum st st = store_exec_int(s, "PRAGMA application_id", &application);

	if (st == ST_OK)
		st = store_exec_int(s, "PRAGMA user_version", &schema);
	if (st == ST_OK)
		st = store_exec_int(
		    s, "SELECT count(*) FROM sqlite_schema", &tables);
	if (st == ST_OK)
		st = store_exec_int(s, "PRAGMA page_size", &page_bytes);
	if (st != ST_OK)
		return st;
	/* A damaged one would put the end of each page elsewhere. */
	rc = sqlite3_file_control(
	    s->db, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
	if (rc != SQLITE_OK || reserved != 0 || page_bytes != STORE_PAGE_BYTES)
		return ST_CORRUPT;
	if (application == 0 && schema == 0 && tables == 0)
		return ST_NOT_FOUND;
	if (application != APPLICATION || schema < 1 || schema > SCHEMA_MAX)
		return ST_CORRUPT;
	return schema > SCHEMA ? ST_CONFIG : compare_tables(s);
}

enum st
store_schema_make(struct store *s)
{
	enum st st = store_begin(s);

	for (size_t i = 0; i < TABLE_COUNT && st == ST_OK; i++)
		st = store_exec(s, TABLE[i]);
	if (st == ST_OK)
		st = store_exec(s, "PRAGMA application_id=" TEXT(APPLICATION));
	if (st == ST_OK)
		st = store_exec(s, "PRAGMA user_version=" TEXT(SCHEMA));
	if (st == ST_OK)
		st = store_commit(s);
	store_rollback(s);
	return st;
}
