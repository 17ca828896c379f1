/* SPDX-License-Identifier: MIT */
/*
 * sink_file.h - records as lines of a file, for another program to read.
 *
 * A record is one line.  What was synced stays; a line that was cut off by a
 * power cut is removed at the next opening, so that a reader never meets half a
 * record for good.  When the file has reached its size it is renamed to
 * <path>.1, an older <path>.1 to <path>.2, and so on up to <path>.<keep>;
 * readers remove what they have read.
 */
#ifndef SINKS_SINK_FILE_H
#define SINKS_SINK_FILE_H

#include "base/limits.h"
#include "base/span.h"

/* Private. */
struct sink_file {
	int fd; /* -1: closed */
	char path[PATH_MAX_BYTES];
	uint64_t rotate_bytes;
	uint32_t keep;
	bool drop_oldest;
	uint64_t size_bytes;   /* what was written */
	uint64_t synced_bytes; /* what is durable */
};

/*
 * sink_file_open - open or create the file.
 *
 * path          NUL-ended, absolute or relative to the working directory
 * rotate_bytes  a file is rotated before it would grow beyond this
 * keep          rotated files, 1..999
 * drop_oldest   at `keep` rotated files: remove the oldest (true), or stop with
 *               ST_FULL until a reader has removed one (false)
 * returns       ST_OK; ST_IO, with *s closed
 */
enum st sink_file_open(struct sink_file *s, const char *path,
    uint64_t rotate_bytes, uint32_t keep, bool drop_oldest) MUST_CHECK;

/*
 * sink_file_write - append one record and a newline; not durable yet.
 *
 * returns  ST_OK; ST_FULL as above; ST_IO: everything since the last sync is
 *          undone as far as the file allows, and *s is closed
 */
enum st sink_file_write(struct sink_file *s, struct span record) MUST_CHECK;

/*
 * sink_file_sync - make what was written durable: from now on it may be
 * acknowledged.
 *
 * returns  ST_OK; ST_IO: nothing since the last sync may be acknowledged, and
 *          *s is closed (a failed fsync is never repeated on the same file);
 *          also when the file was removed or replaced since it was opened
 */
enum st sink_file_sync(struct sink_file *s) MUST_CHECK;

void sink_file_close(struct sink_file *s);

#endif
