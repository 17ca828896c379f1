/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE

#include "store_disk.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct store_disk store_disk;

static const char *const SUFFIX[STORE_DISK_FILES] = { "", "-wal", "-journal" };

struct op {
	enum store_disk_kind kind;
	int file;
	int64_t at; /* offset, or length, or mark, or: synced directory */
	size_t n;
	const uint8_t *bytes;
};

static struct op op[STORE_DISK_OP_MAX];
static int op_count;
static uint8_t *pool;
static size_t pool_n;

/* What SQLite's own layer does, and ours in its place. */
static int (*unix_open)(
    sqlite3_vfs *, sqlite3_filename, sqlite3_file *, int, int *);
static int (*unix_delete)(sqlite3_vfs *, const char *, int);
static const sqlite3_io_methods *unix_methods;
static sqlite3_io_methods methods;

/* Which file an open one is; SQLite opens few. */
static struct {
	sqlite3_file *file;
	int which;
} open_file[8];

static int
which_name(const char *name)
{
	size_t n = name == NULL ? 0 : strlen(name);

	for (int i = STORE_DISK_FILES - 1; i > 0; i--)
		if (n > strlen(SUFFIX[i]) &&
		    strcmp(name + n - strlen(SUFFIX[i]), SUFFIX[i]) == 0)
			return i;
	return 0;
}

static int
which_file(const sqlite3_file *file)
{
	for (size_t i = 0; i < 8; i++)
		if (open_file[i].file == file)
			return open_file[i].which;
	cr_assert(false, "a file that was never opened");
	return 0;
}

static void
remember(enum store_disk_kind kind, int file, int64_t where, const void *bytes,
    size_t n)
{
	if (!store_disk.record)
		return;
	cr_assert(
	    op_count < STORE_DISK_OP_MAX && pool_n + n <= STORE_DISK_POOL_MAX,
	    "raise the limits");
	if (n != 0)
		memcpy(pool + pool_n, bytes, n);
	op[op_count++] = (struct op){ kind, file, where, n, pool + pool_n };
	pool_n += n;
}

/* Count a call; what it has to answer. */
static int
fate(void)
{
	store_disk.calls++;
	if (store_disk.calls == store_disk.die_at)
		raise(SIGKILL);
	if (store_disk.fail_at != 0 &&
	    (store_disk.calls == store_disk.fail_at ||
		(store_disk.fail_on && store_disk.calls > store_disk.fail_at)))
		return store_disk.fail_code;
	return SQLITE_OK;
}

static int
disk_write(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at)
{
	int rc = fate();

	if (rc != SQLITE_OK)
		return rc;
	remember(DISK_WRITE, which_file(file), at, bytes, (size_t)n);
	return unix_methods->xWrite(file, bytes, n, at);
}

static int
disk_truncate(sqlite3_file *file, sqlite3_int64 n)
{
	int rc = fate();

	if (rc != SQLITE_OK)
		return SQLITE_IOERR_TRUNCATE;
	remember(DISK_TRUNCATE, which_file(file), n, NULL, 0);
	return unix_methods->xTruncate(file, n);
}

static int
disk_sync(sqlite3_file *file, int flags)
{
	int which = which_file(file);
	int rc = fate();

	store_disk.syncs++;
	if (store_disk.failed_sync[which])
		store_disk.resyncs++;
	if (rc != SQLITE_OK) {
		store_disk.failed_sync[which] = true;
		return rc == SQLITE_FULL ? rc : SQLITE_IOERR_FSYNC;
	}
	if (store_disk.syncs_lie)
		return SQLITE_OK;
	remember(DISK_SYNC, which, 0, NULL, 0);
	return unix_methods->xSync(file, flags);
}

static int
disk_close(sqlite3_file *file)
{
	for (size_t i = 0; i < 8; i++)
		if (open_file[i].file == file) {
			store_disk.failed_sync[open_file[i].which] = false;
			open_file[i].file = NULL;
		}
	return unix_methods->xClose(file);
}

static int
disk_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file,
    int flags, int *out)
{
	int rc = unix_open(vfs, name, file, flags, out);
	size_t i = 0;

	if (rc != SQLITE_OK || file->pMethods == NULL)
		return rc;
	while (open_file[i].file != NULL && open_file[i].file != file)
		cr_assert(++i < 8);
	open_file[i].file = file;
	open_file[i].which = which_name(name);
	cr_assert(unix_methods == NULL || unix_methods == file->pMethods);
	unix_methods = file->pMethods;
	methods = *unix_methods;
	methods.xWrite = disk_write;
	methods.xTruncate = disk_truncate;
	methods.xSync = disk_sync;
	methods.xClose = disk_close;
	file->pMethods = &methods;
	return SQLITE_OK;
}

static int
disk_delete(sqlite3_vfs *vfs, const char *name, int sync_dir)
{
	int rc = fate();

	if (rc != SQLITE_OK)
		return SQLITE_IOERR_DELETE;
	remember(DISK_DELETE, which_name(name), sync_dir, NULL, 0);
	return unix_delete(vfs, name, sync_dir);
}

void
store_disk_install(void)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find("unix");

	cr_assert_not_null(vfs);
	if (vfs->xOpen != disk_open) {
		unix_open = vfs->xOpen;
		unix_delete = vfs->xDelete;
		vfs->xOpen = disk_open;
		vfs->xDelete = disk_delete;
	}
	sqlite3_shutdown(); /* the store sets it up anew */
}

void
store_disk_record(void)
{
	if (pool == NULL)
		pool = malloc(STORE_DISK_POOL_MAX);
	cr_assert_not_null(pool);
	op_count = 0;
	pool_n = 0;
	store_disk.record = true;
}

void
store_disk_mark(int value)
{
	remember(DISK_MARK, 0, value, NULL, 0);
}

int
store_disk_op_count(void)
{
	return op_count;
}

enum store_disk_kind
store_disk_op_kind(int n)
{
	return op[n].kind;
}

int
store_disk_mark_before(int n)
{
	while (n > 0)
		if (op[--n].kind == DISK_MARK)
			return (int)op[n].at;
	return 0;
}

/* ---- power cuts ---------------------------------------------------------- */

#define IMAGE_MAX (8u << 20)

static uint8_t image[IMAGE_MAX];
static size_t image_n;
static bool image_is;

static uint64_t
draw(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static void
extend(size_t n)
{
	cr_assert(n <= IMAGE_MAX, "raise the limits");
	if (n > image_n) {
		memset(image + image_n, 0, n - image_n);
		image_n = n;
	}
}

static void
apply(const struct op *o)
{
	switch (o->kind) {
	case DISK_WRITE:
		extend((size_t)o->at + o->n);
		memcpy(image + o->at, o->bytes, o->n);
		image_is = true;
		break;
	case DISK_TRUNCATE:
		image_n = (size_t)o->at < image_n ? (size_t)o->at : image_n;
		break;
	case DISK_DELETE:
		image_n = 0;
		image_is = false;
		break;
	case DISK_SYNC:
	case DISK_MARK:
		break;
	}
}

/* Sectors of a write, each there or not. */
static void
apply_torn(const struct op *o, uint64_t *seed)
{
	if (o->kind != DISK_WRITE) {
		apply(o);
		return;
	}
	for (size_t i = 0; i < o->n; i += 512) {
		size_t n = o->n - i < 512 ? o->n - i : 512;
		struct op part = { DISK_WRITE, o->file, o->at + (int64_t)i, n,
			o->bytes + i };

		if (draw(seed) >> 40 & 1)
			apply(&part);
	}
}

/* The last operation on this file, before n, that made what came before it
 * durable. */
static int
last_sync(int n, int file)
{
	while (n > 0) {
		const struct op *o = &op[--n];

		if (o->file == file &&
		    (o->kind == DISK_SYNC ||
			(o->kind == DISK_DELETE && o->at != 0)))
			return n + 1;
	}
	return 0;
}

static void
build(int n, int file, enum store_disk_fate fate_, uint64_t *seed)
{
	int synced = last_sync(n, file);

	image_n = 0;
	image_is = false;
	for (int i = 0; i < n; i++) {
		bool chance = draw(seed) >> 40 & 1;

		if (op[i].file != file || op[i].kind == DISK_MARK)
			continue;
		if (i < synced || fate_ == DISK_ALL)
			apply(&op[i]);
		else if (fate_ == DISK_TORN && chance)
			apply_torn(&op[i], seed);
		else if (fate_ == DISK_SOME && chance)
			apply(&op[i]);
	}
}

void
store_disk_after(
    int n, enum store_disk_fate fate_, uint64_t seed, const char *dir)
{
	char path[256];

	seed = seed * 2 + UINT64_C(0x9e3779b97f4a7c15);
	for (int file = 0; file < STORE_DISK_FILES; file++) {
		int fd;

		snprintf(path, sizeof path, "%s/store.db%s", dir, SUFFIX[file]);
		unlinkat(AT_FDCWD, path, 0);
		build(n, file, fate_, &seed);
		if (!image_is)
			continue;
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		cr_assert(
		    fd >= 0 && write(fd, image, image_n) == (ssize_t)image_n);
		close(fd);
	}
}
