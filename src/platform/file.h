/* SPDX-License-Identifier: MIT */
/*
 * file.h - files that survive a power cut, directories, locks.
 *
 * Everything durable that is not in the store is written by file_replace:
 * new file beside the old one, fsync, rename, fsync of the directory.
 *
 * Nothing here writes through a symbolic link, waits on a FIFO, or keeps a
 * descriptor that a child would inherit.  After ST_IO, errno is that of the
 * first call that failed (for a message).
 */
#ifndef PLATFORM_FILE_H
#define PLATFORM_FILE_H

#include <sys/types.h>

#include "base/limits.h"
#include "base/span.h"

/* "<dir>/<name>" as NUL-ended text.  ST_FULL when it is longer than
 * PATH_MAX_BYTES with its NUL; ST_MALFORM when one of them is empty or holds
 * a NUL.  Both leave an empty text. */
enum st file_path(
    char path[PATH_MAX_BYTES], struct span dir, struct span name) MUST_CHECK;

/*
 * file_make_dir - make one directory, whose parent is there, durably.
 *
 * mode     less the umask; a directory that is there keeps its own
 * returns  ST_OK, also when it was there; ST_IO
 * cost     one sync, always: an earlier run may have died before its own
 */
enum st file_make_dir(const char *path, mode_t mode) MUST_CHECK;

/*
 * file_load - a whole file behind what is in `out`.
 *
 * returns  ST_OK; ST_NOT_FOUND; ST_FULL it is larger than the room in `out`;
 *          ST_IO it cannot be read, or is not a regular file.  Unless ST_OK,
 *          `out` is as it was, but for its unused bytes and `cut`.
 */
enum st file_load(const char *path, struct buf *out) MUST_CHECK;

/* As file_load, for a key: ST_DENIED when group or others have any right to
 * the file, or when it is a symbolic link; nothing is read then. */
enum st file_load_private(const char *path, struct buf *out) MUST_CHECK;

/*
 * file_replace - make `data` the content of a file, durably.
 *
 * mode       of the file from now on, whatever the umask and its old mode
 * returns    ST_OK  new content survives power loss from now on
 *            ST_IO  the old content or the new one, whole; never a mixture
 * cost       two syncs
 * power cut  old or new; perhaps a left-over "<path>.new", overwritten next
 *
 * A failed sync is a failed write: it is never tried again on the same file,
 * since the kernel may have dropped the bytes and would then say yes.
 */
enum st file_replace(
    const char *path, struct span data, mode_t mode) MUST_CHECK;

/* Remove a file, with what a power cut left of its replacement, and make that
 * durable.  ST_OK also when there was none; ST_IO. */
enum st file_remove(const char *path) MUST_CHECK;

/* fsync of the directory that holds `path`.  ST_OK, ST_IO. */
enum st file_sync_parent(const char *path) MUST_CHECK;

/* All of `data` to fd, through short writes and EINTR.  ST_OK; ST_IO, and any
 * part of it may have been written. */
enum st file_write_all(int fd, struct span data) MUST_CHECK;

/* Likewise, and a newline behind it, with one system call as a rule. */
enum st file_write_line(int fd, struct span text) MUST_CHECK;

/* Gets one name, borrowed for the call; false ends the listing. */
typedef bool file_visitor(void *ctx, struct span name);

/* Calls `each` for every name in a directory but "." and "..", in no order;
 * what is made or removed meanwhile may be missed.  ST_OK; ST_NOT_FOUND no
 * such directory; ST_IO.  (opendir(3) would allocate.) */
enum st file_list(const char *path, file_visitor *each, void *ctx) MUST_CHECK;

/*
 * file_lock - hold a lock file for the life of the process.
 *
 * returns  ST_OK    *fd holds it (closing lets go)
 *          ST_BUSY  another process holds it; *fd is -1
 *          ST_IO    it cannot be made; *fd is -1
 */
enum st file_lock(const char *path, int *fd) MUST_CHECK;

#endif
