/* SPDX-License-Identifier: MIT */
/*
 * store_disk.h - the disk under SQLite, as a test wants it.
 *
 * store_disk_install puts itself between SQLite and its "unix" layer for the
 * rest of the process.  Every call that changes a file is counted, and may
 * fail, be the last one of the process, or be remembered.  From what is
 * remembered store_disk_after builds the files as a power cut may leave them:
 * what was synced is there, of the rest nothing, all, or any part.
 */
#ifndef TESTS_UNIT_STORE_DISK_H
#define TESTS_UNIT_STORE_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_DISK_OP_MAX   8000
#define STORE_DISK_POOL_MAX (24u << 20)
#define STORE_DISK_FILES    3 /* store.db, -wal, -journal */

enum store_disk_kind {
	DISK_CREATE,
	DISK_WRITE,
	DISK_SYNC,
	DISK_TRUNCATE,
	DISK_DELETE,
	DISK_SYNC_DIRECTORY,
	DISK_MARK
};

struct store_disk {
	int calls; /* that change a file or sync it */
	int syncs;
	int fail_at;    /* this call fails; 0 none */
	bool fail_on;   /* and all after it */
	int fail_code;  /* SQLITE_IOERR_WRITE, SQLITE_FULL, ...; of a sync
	                 * SQLite's layer makes SQLITE_IOERR_FSYNC whatever
	                 * the kernel says, ENOSPC too, and so does this */
	int fail_sync;  /* the n-th sync from now fails */
	int die_at;     /* the process is killed before this call; 0 none */
	bool syncs_lie; /* syncs do nothing, to see whether a test notices */
	bool record;
	bool failed_sync[STORE_DISK_FILES];
	int resyncs; /* of a file whose sync had failed, while it was open */
};

extern struct store_disk store_disk;

void store_disk_install(void);

/* Remember from now on. */
void store_disk_record(void);

/* Remember that `value` was reached. */
void store_disk_mark(int value);

/* How much was remembered, and the last mark before operation `n`. */
int store_disk_op_count(void);
int store_disk_mark_before(int n);
enum store_disk_kind store_disk_op_kind(int n);

/* Of a DISK_WRITE: which file (0 store.db, 1 its log), and where in it. */
int store_disk_op_file(int n);
int64_t store_disk_op_offset(int n);

enum store_disk_fate { DISK_NONE, DISK_ALL, DISK_SOME, DISK_TORN };

/* Write the files into `dir` as a power cut after n operations may leave
 * them; `seed` chooses where there is a choice. */
void store_disk_after(
    int n, enum store_disk_fate fate, uint64_t seed, const char *dir);

#endif
