/* SPDX-License-Identifier: MIT */
/*
 * What file_replace leaves when power is lost ...
 *
 *     ... before               <path>      <path>.new
 *     -----------------------  ----------  -----------------------
 *     the new file's sync      old         absent, torn or whole
 *     rename                   old         whole
 *     the directory's sync     old or new  whole or absent
 *     (after all)              new         absent
 *
 * Only whole files are renamed, since the bytes are synced first; and nobody
 * reads <path>.new.  It is made afresh each time (O_EXCL): what an earlier
 * run, or somebody else, left under that name is never written into.
 */
#define _GNU_SOURCE

#include "platform/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* rename */
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define OTHERS (S_IRWXG | S_IRWXO)

/* A record of getdents64(2): inode 8, offset 8, length 2, type 1, name, NUL. */
#define ENTRY_LENGTH_AT 16u
#define ENTRY_NAME_AT   19u

/* Close without disturbing the errno of the call that failed. */
static enum st
closed(int fd, enum st st)
{
	int saved = errno;

	(void)close(fd);
	errno = saved;
	return st;
}

enum st
file_path(char path[PATH_MAX_BYTES], struct span dir, struct span name)
{
	struct buf text = { (uint8_t *)path, 0, PATH_MAX_BYTES, false };

	path[0] = '\0';
	if (dir.n == 0 || name.n == 0 || span_find_byte(dir, 0) != SIZE_MAX ||
	    span_find_byte(name, 0) != SIZE_MAX)
		return ST_MALFORM;
	buf_put(&text, dir);
	if (dir.p[dir.n - 1] != '/')
		buf_put_byte(&text, '/');
	buf_put(&text, name);
	buf_put_byte(&text, 0);
	if (text.cut) {
		path[0] = '\0';
		return ST_FULL;
	}
	return ST_OK;
}

static struct span
without_slashes(struct span s)
{
	while (s.n > 1 && s.p[s.n - 1] == '/')
		s.n--;
	return s;
}

/* The directory part of a path: "/a/b" "/a", "/a" "/", "a" ".". */
static struct span
parent_of(struct span path)
{
	struct span s = without_slashes(path);

	while (s.n != 0 && s.p[s.n - 1] != '/')
		s.n--;
	return s.n == 0 ? SPAN_LIT(".") : without_slashes(s);
}

enum st
file_sync_parent(const char *path)
{
	char dir[PATH_MAX_BYTES];
	int fd;

	if (span_to_str(parent_of(span_str(path)), dir, sizeof dir) != ST_OK) {
		errno = ENAMETOOLONG;
		return ST_IO;
	}
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return ST_IO;
	/* EINVAL: the file system never writes (squashfs), so that there is
	 * nothing to wait for. */
	if (fsync(fd) != 0 && errno != EINVAL)
		return closed(fd, ST_IO);
	return closed(fd, ST_OK);
}

enum st
file_make_dir(const char *path, mode_t mode)
{
	struct stat found;

	if (mkdir(path, mode) != 0) {
		if (errno != EEXIST || stat(path, &found) != 0)
			return ST_IO;
		if (!S_ISDIR(found.st_mode)) {
			errno = ENOTDIR;
			return ST_IO;
		}
	}
	return file_sync_parent(path);
}

/* read(2) that goes on after a signal. */
static ssize_t
read_some(int fd, void *at, size_t n)
{
	ssize_t got;

	do
		got = read(fd, at, n);
	while (got < 0 && errno == EINTR);
	return got;
}

static enum st
load_from(int fd, struct buf *out)
{
	size_t start = out->n;
	uint8_t *at = buf_claim(out, out->cap - out->n);
	size_t room = out->n - start, have = 0;
	ssize_t got = 0;
	uint8_t more;

	if (at == NULL)
		return ST_FULL;
	while (have < room && (got = read_some(fd, at + have, room - have)) > 0)
		have += (size_t)got;
	/* No room left: the file ends here, or it is too large. */
	if (got >= 0 && have == room)
		got = read_some(fd, &more, 1);
	buf_rewind(out, got == 0 ? start + have : start);
	if (got > 0)
		out->cut = true;
	if (got != 0)
		return got < 0 ? ST_IO : ST_FULL;
	return ST_OK;
}

/* `forbidden`: permission bits that the file may not have. */
static enum st
load_checked(const char *path, int flags, mode_t forbidden, struct buf *out)
{
	/* O_NONBLOCK: opening a FIFO does not wait for a writer. */
	int fd = open(
	    path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags);
	struct stat found;

	if (fd < 0 && errno == ELOOP && (flags & O_NOFOLLOW) != 0)
		return ST_DENIED;
	if (fd < 0)
		return errno == ENOENT ? ST_NOT_FOUND : ST_IO;
	if (fstat(fd, &found) != 0)
		return closed(fd, ST_IO);
	if (!S_ISREG(found.st_mode)) {
		errno = S_ISDIR(found.st_mode) ? EISDIR : EINVAL;
		return closed(fd, ST_IO);
	}
	if ((found.st_mode & forbidden) != 0)
		return closed(fd, ST_DENIED);
	return closed(fd, load_from(fd, out));
}

enum st
file_load(const char *path, struct buf *out)
{
	return load_checked(path, 0, 0, out);
}

enum st
file_load_private(const char *path, struct buf *out)
{
	return load_checked(path, O_NOFOLLOW, OTHERS, out);
}

enum st
file_write_all(int fd, struct span data)
{
	struct span head;

	while (data.n != 0) {
		ssize_t n = write(fd, data.p, data.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO;
		if (n <= 0 || !span_take(&data, (size_t)n, &head))
			return ST_IO;
	}
	return ST_OK;
}

enum st
file_write_line(int fd, struct span text)
{
	static char newline[] = "\n";
	const struct iovec parts[] = {
		{ .iov_base = (void *)(uintptr_t)text.p, .iov_len = text.n },
		{ .iov_base = newline, .iov_len = 1 },
	};
	ssize_t n = writev(fd, parts, 2);
	size_t done = n < 0 ? 0 : (size_t)n;
	enum st st = ST_OK;

	/* What one call did not take, or why it took nothing. */
	if (done < text.n)
		st = file_write_all(fd, span_sub(text, done, text.n));
	if (st == ST_OK && done <= text.n)
		st = file_write_all(fd, SPAN_LIT("\n"));
	return st;
}

/* The name that a replacement has until it is whole.  False: too long. */
static bool
name_of_new(const char *path, char fresh[PATH_MAX_BYTES])
{
	struct buf text = { (uint8_t *)fresh, 0, PATH_MAX_BYTES, false };

	buf_put_str(&text, path);
	buf_put_str(&text, ".new");
	buf_put_byte(&text, 0);
	if (text.cut)
		errno = ENAMETOOLONG;
	return !text.cut;
}

static enum st
write_new(const char *fresh, struct span data, mode_t mode)
{
	int fd;

	if (unlink(fresh) != 0 && errno != ENOENT)
		return ST_IO;
	fd = open(
	    fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return ST_IO;
	if (fchmod(fd, mode) != 0 || file_write_all(fd, data) != ST_OK ||
	    fsync(fd) != 0)
		return closed(fd, ST_IO);
	/* Some file systems report a failed write only here. */
	return close(fd) == 0 ? ST_OK : ST_IO;
}

enum st
file_replace(const char *path, struct span data, mode_t mode)
{
	char fresh[PATH_MAX_BYTES];
	int saved;

	if (!name_of_new(path, fresh))
		return ST_IO;
	if (write_new(fresh, data, mode) != ST_OK || rename(fresh, path) != 0) {
		saved = errno;
		(void)unlink(fresh);
		errno = saved;
		return ST_IO;
	}
	return file_sync_parent(path);
}

enum st
file_remove(const char *path)
{
	char fresh[PATH_MAX_BYTES];

	if (unlink(path) != 0 && errno != ENOENT)
		return ST_IO;
	/* A path that has no room for ".new" was never replaced. */
	if (name_of_new(path, fresh) && unlink(fresh) != 0 && errno != ENOENT)
		return ST_IO;
	/* Also when nothing was there: the removal may be of an earlier run
	 * that died before its sync.  No directory, no file in it. */
	if (file_sync_parent(path) != ST_OK)
		return errno == ENOENT ? ST_OK : ST_IO;
	return ST_OK;
}

/* The records that one getdents64 gave.  False: `each` wants no more. */
static bool
visit_entries(struct span entries, file_visitor *each, void *ctx)
{
	struct span entry, name;
	uint16_t length;

	while (entries.n > ENTRY_NAME_AT) {
		memcpy(&length, span_sub(entries, ENTRY_LENGTH_AT, 2).p,
		    sizeof length);
		if (length <= ENTRY_NAME_AT ||
		    !span_take(&entries, length, &entry))
			return true;
		/* The record is padded with NULs behind that of the name. */
		entry = span_sub(entry, ENTRY_NAME_AT, entry.n);
		name = span_sub(entry, 0, span_find_byte(entry, 0));
		if (!span_eq(name, SPAN_LIT(".")) &&
		    !span_eq(name, SPAN_LIT("..")) && !each(ctx, name))
			return false;
	}
	return true;
}

enum st
file_list(const char *path, file_visitor *each, void *ctx)
{
	_Alignas(8) uint8_t entries[FILE_LIST_BUFFER_BYTES];
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long n;

	if (fd < 0)
		return errno == ENOENT ? ST_NOT_FOUND : ST_IO;
	do
		n = syscall(SYS_getdents64, fd, entries, sizeof entries);
	while (n > 0 &&
	    visit_entries((struct span){ entries, (size_t)n }, each, ctx));
	return closed(fd, n < 0 ? ST_IO : ST_OK);
}

enum st
file_lock(const char *path, int *fd)
{
	*fd = -1;
	int lock = open(path,
	    O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK,
	    S_IRUSR | S_IWUSR);

	if (lock < 0)
		return ST_IO;
	if (flock(lock, LOCK_EX | LOCK_NB) != 0)
		return closed(lock, errno == EWOULDBLOCK ? ST_BUSY : ST_IO);
	*fd = lock;
	return ST_OK;
}
