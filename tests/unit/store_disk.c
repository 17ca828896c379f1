/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE

#include "store_disk.h"

#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct store_disk store_disk;

static const char *const SUFFIX[STORE_DISK_FILES] = { "", "-wal", "-journal" };

struct op {
	enum store_disk_kind kind;
	int file;
	int64_t at; /* offset, or length, or mark */
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
static int (*unix_open_directory)(const char *, int *);

/* Open files; SQLite opens few.  Asserts, not Criterion's: this runs in
 * children of a test, too. */
#define OPEN_MAX_COUNT 8

static struct open_file {
	sqlite3_file *file;
	int which;
	const sqlite3_io_methods *unix_methods;
	sqlite3_io_methods methods;
} open_file[OPEN_MAX_COUNT];

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

static struct open_file *
find(const sqlite3_file *file)
{
	for (size_t i = 0; i < OPEN_MAX_COUNT; i++)
		if (open_file[i].file == file)
			return &open_file[i];
	abort();
}

static void
remember(enum store_disk_kind kind, int file, int64_t where, const void *bytes,
    size_t n)
{
	if (!store_disk.record)
		return;
	assert(
	    op_count < STORE_DISK_OP_MAX && pool_n + n <= STORE_DISK_POOL_MAX);
	if (n != 0)
		memcpy(pool + pool_n, bytes, n);
	op[op_count++] = (struct op){ kind, file, where, n, pool + pool_n };
	pool_n += n;
}

/* Count a call; what it has to answer. */
static int
fate(bool is_sync)
{
	struct store_disk *d = &store_disk;

	d->calls++;
	if (d->calls == d->die_at)
		raise(SIGKILL);
	if (is_sync && d->fail_sync > 0 && --d->fail_sync == 0)
		return SQLITE_IOERR_FSYNC;
	if (d->fail_at == 0 || d->calls < d->fail_at ||
	    (d->calls > d->fail_at && !d->fail_on))
		return SQLITE_OK;
	return d->fail_code;
}

static int
disk_write(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at)
{
	struct open_file *f = find(file);
	int rc = fate(false);

	if (rc != SQLITE_OK)
		return rc;
	remember(DISK_WRITE, f->which, at, bytes, (size_t)n);
	return f->unix_methods->xWrite(file, bytes, n, at);
}

static int
disk_truncate(sqlite3_file *file, sqlite3_int64 n)
{
	struct open_file *f = find(file);
	int rc = fate(false);

	if (rc != SQLITE_OK)
		return SQLITE_IOERR_TRUNCATE;
	remember(DISK_TRUNCATE, f->which, n, NULL, 0);
	return f->unix_methods->xTruncate(file, n);
}

static int
disk_sync(sqlite3_file *file, int flags)
{
	struct open_file *f = find(file);
	int rc = fate(true);

	store_disk.syncs++;
	if (store_disk.failed_sync[f->which])
		store_disk.resyncs++;
	if (rc != SQLITE_OK) {
		store_disk.failed_sync[f->which] = true;
		return SQLITE_IOERR_FSYNC;
	}
	if (store_disk.syncs_lie)
		return SQLITE_OK;
	remember(DISK_SYNC, f->which, 0, NULL, 0);
	return f->unix_methods->xSync(file, flags);
}

static int
disk_close(sqlite3_file *file)
{
	struct open_file *f = find(file);

	store_disk.failed_sync[f->which] = false;
	f->file = NULL;
	return f->unix_methods->xClose(file);
}

static int
disk_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file,
    int flags, int *out)
{
	bool is_new = name != NULL && access(name, F_OK) != 0;
	int rc = unix_open(vfs, name, file, flags, out);
	struct open_file *f;

	if (rc != SQLITE_OK || file->pMethods == NULL)
		return rc;
	f = find(NULL);
	f->file = file;
	f->which = which_name(name);
	f->unix_methods = file->pMethods;
	f->methods = *file->pMethods;
	f->methods.xWrite = disk_write;
	f->methods.xTruncate = disk_truncate;
	f->methods.xSync = disk_sync;
	f->methods.xClose = disk_close;
	file->pMethods = &f->methods;
	if (is_new)
		remember(DISK_CREATE, f->which, 0, NULL, 0);
	return SQLITE_OK;
}

/* SQLite opens the directory to sync it, and for nothing else. */
static int
disk_open_directory(const char *name, int *fd)
{
	if (!store_disk.syncs_lie)
		remember(DISK_SYNC_DIRECTORY, 0, 0, NULL, 0);
	return unix_open_directory(name, fd);
}

static int
disk_delete(sqlite3_vfs *vfs, const char *name, int sync_dir)
{
	int rc = fate(false);

	if (rc != SQLITE_OK)
		return SQLITE_IOERR_DELETE;
	remember(DISK_DELETE, which_name(name), 0, NULL, 0);
	return unix_delete(vfs, name, sync_dir);
}

void
store_disk_install(void)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find("unix");

	assert(vfs != NULL);
	if (vfs->xOpen != disk_open) {
		unix_open = vfs->xOpen;
		unix_delete = vfs->xDelete;
		vfs->xOpen = disk_open;
		vfs->xDelete = disk_delete;
		unix_open_directory = (int (*)(const char *,
		    int *))vfs->xGetSystemCall(vfs, "openDirectory");
		vfs->xSetSystemCall(vfs, "openDirectory",
		    (sqlite3_syscall_ptr)disk_open_directory);
	}
	sqlite3_shutdown(); /* the store sets it up anew */
}

void
store_disk_record(void)
{
	if (pool == NULL)
		pool = malloc(STORE_DISK_POOL_MAX);
	assert(pool != NULL);
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
store_disk_op_file(int n)
{
	return op[n].file;
}

int64_t
store_disk_op_offset(int n)
{
	return op[n].at;
}

int
store_disk_mark_before(int n)
{
	while (n > 0)
		if (op[--n].kind == DISK_MARK)
			return (int)op[n].at;
	return 0;
}

/* ---- power cuts --------------------------------------------------------- */

#define IMAGE_MAX (8u << 20)

static uint8_t image[IMAGE_MAX];
static size_t image_n;
static bool image_is;    /* there is a file of this name */
static bool image_named; /* and it is the one that is written to */

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
	assert(n <= IMAGE_MAX /* or raise the limits */);
	if (n > image_n) {
		memset(image + image_n, 0, n - image_n);
		image_n = n;
	}
}

static void
apply(const struct op *o)
{
	if (o->kind == DISK_WRITE && image_named) {
		extend((size_t)o->at + o->n);
		memcpy(image + o->at, o->bytes, o->n);
	}
	if (o->kind == DISK_TRUNCATE && image_named && (size_t)o->at < image_n)
		image_n = (size_t)o->at;
	if (o->kind == DISK_CREATE || o->kind == DISK_DELETE) {
		image_n = 0;
		image_is = image_named = o->kind == DISK_CREATE;
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

/* Behind the last operation before n that is a `kind` of this file. */
static int
last(int n, enum store_disk_kind kind, int file)
{
	while (n > 0) {
		const struct op *o = &op[--n];

		if (o->kind == kind && o->file == file)
			return n + 1;
	}
	return 0;
}

static void
build(int n, int file, enum store_disk_fate fate_, uint64_t *seed)
{
	int synced = last(n, DISK_SYNC, file);
	int names_synced = last(n, DISK_SYNC_DIRECTORY, 0);

	image_n = 0;
	image_is = image_named = false;
	for (int i = 0; i < n; i++) {
		const struct op *o = &op[i];
		bool is_name = o->kind == DISK_CREATE || o->kind == DISK_DELETE;
		bool chance = draw(seed) >> 40 & 1;

		if (o->file != file)
			continue;
		if (i < (is_name ? names_synced : synced) || fate_ == DISK_ALL)
			apply(o);
		else if (fate_ == DISK_TORN && chance)
			apply_torn(o, seed);
		else if (fate_ == DISK_SOME && chance)
			apply(o);
		else if (is_name)
			image_named = false; /* writes go to a lost one */
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
		assert(
		    fd >= 0 && write(fd, image, image_n) == (ssize_t)image_n);
		close(fd);
	}
}
