/* SPDX-License-Identifier: MIT */
/*
 * Rotation moves files upwards into the first gap, highest first, so that a
 * power cut between two renames leaves a gap and never overwrites:
 *
 *	file  .1  .2  (gap)      ->   .2 to .3, .1 to .2, file to .1, new file
 */
#define _GNU_SOURCE

#include "sinks/sink_file.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/file.h"

void
sink_file_close(struct sink_file *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

/* Forget what is not durable: the caller will write it again.  After a failed
 * sync the kernel may hold those pages for clean, so they are cut off. */
static enum st
give_up(struct sink_file *s)
{
	if (s->fd >= 0 && ftruncate(s->fd, (off_t)s->synced_bytes) == 0)
		(void)fsync(s->fd);
	sink_file_close(s);
	return ST_IO;
}

/* The length up to and with the last newline.  A record is at most
 * RECORD_MAX_BYTES long, so a file whose last such many bytes hold none is
 * not ours; it is left as it is. */
static bool
find_whole_lines(int fd, uint64_t size, uint64_t *whole)
{
	uint8_t block[4096];
	uint64_t from = size;
	uint64_t floor = size > RECORD_MAX_BYTES + 1 ?
	    size - RECORD_MAX_BYTES - 1 :
	    0;

	while (from > floor) {
		size_t n = from - floor < sizeof block ?
		    (size_t)(from - floor) :
		    sizeof block;

		from -= n;
		if (pread(fd, block, n, (off_t)from) != (ssize_t)n)
			return false;
		while (n != 0 && block[n - 1] != '\n')
			n--;
		if (n != 0) {
			*whole = from + n;
			return true;
		}
	}
	*whole = floor;
	return floor == 0;
}

static enum st
open_current(struct sink_file *s)
{
	struct stat about;
	uint64_t whole = 0;

	s->fd = open(s->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	if (s->fd < 0 || fstat(s->fd, &about) != 0 || !S_ISREG(about.st_mode) ||
	    !find_whole_lines(s->fd, (uint64_t)about.st_size, &whole)) {
		sink_file_close(s);
		return ST_IO;
	}
	s->size_bytes = s->synced_bytes = whole;
	if (whole != (uint64_t)about.st_size &&
	    ftruncate(s->fd, (off_t)whole) != 0)
		return give_up(s);
	if (fsync(s->fd) != 0 || file_sync_parent(s->path) != ST_OK) {
		sink_file_close(s);
		return ST_IO;
	}
	return ST_OK;
}

enum st
sink_file_open(struct sink_file *s, const char *path, uint64_t rotate_bytes,
    uint32_t keep, bool drop_oldest)
{
	memset(s, 0, sizeof *s);
	s->fd = -1;
	s->rotate_bytes = rotate_bytes;
	s->keep = keep;
	s->drop_oldest = drop_oldest;
	if (span_to_str(span_str(path), s->path, sizeof s->path) != ST_OK)
		return ST_IO;
	return open_current(s);
}

/* ---- rotation ----------------------------------------------------------- */

static bool
rotated_path(
    const struct sink_file *s, uint32_t number, char path[PATH_MAX_BYTES])
{
	struct buf b = { (uint8_t *)path, 0, PATH_MAX_BYTES, false };

	buf_put_str(&b, s->path);
	if (number != 0) {
		buf_put_byte(&b, '.');
		buf_put_u64(&b, number);
	}
	return buf_str(&b)[0] != '\0';
}

static bool
move_up(const struct sink_file *s, uint32_t number)
{
	char from[PATH_MAX_BYTES], to[PATH_MAX_BYTES];

	return rotated_path(s, number, from) &&
	    rotated_path(s, number + 1, to) && rename(from, to) == 0;
}

/* The first number without a file, or keep + 1. */
static uint32_t
first_gap(const struct sink_file *s)
{
	char path[PATH_MAX_BYTES];
	uint32_t number = 1;

	while (number <= s->keep && rotated_path(s, number, path) &&
	    access(path, F_OK) == 0)
		number++;
	return number;
}

static enum st
rotate(struct sink_file *s)
{
	uint32_t gap = first_gap(s);
	enum st st;

	if (gap > s->keep && !s->drop_oldest)
		return ST_FULL;
	if (gap > s->keep)
		gap = s->keep;
	st = sink_file_sync(s);
	if (st != ST_OK)
		return st;
	sink_file_close(s);
	while (gap != 0) {
		gap--;
		if (!move_up(s, gap))
			return ST_IO;
	}
	return open_current(s);
}

/* ---- writing ------------------------------------------------------------ */

enum st
sink_file_write(struct sink_file *s, struct span record)
{
	enum st st;

	assert(s->fd >= 0);
	if (s->size_bytes != 0 &&
	    s->size_bytes + record.n + 1 > s->rotate_bytes) {
		st = rotate(s);
		if (st != ST_OK)
			return st;
	}
	if (file_write_line(s->fd, record) != ST_OK)
		return give_up(s);
	s->size_bytes += record.n + 1;
	return ST_OK;
}

/* The file still has a name; else nobody will ever read what is written. */
static bool
is_linked(const struct sink_file *s)
{
	struct stat about;

	return fstat(s->fd, &about) == 0 && about.st_nlink != 0;
}

enum st
sink_file_sync(struct sink_file *s)
{
	assert(s->fd >= 0);
	if (s->size_bytes == s->synced_bytes)
		return ST_OK;
	if (!is_linked(s) || fdatasync(s->fd) != 0)
		return give_up(s);
	s->synced_bytes = s->size_bytes;
	return ST_OK;
}
