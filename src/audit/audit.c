/* SPDX-License-Identifier: MIT */
/*
 * The end of the file after a power cut, and what becomes of it:
 *
 *	... "outcome":"done"}\n             whole: go on behind it
 *	... "outcome":"do                   torn: cut off at the last newline
 *	... \0\0\0\0\0\0                    length kept, bytes lost: likewise
 *	... {"at":\0\0\0\0"done"}\n         its last line is no JSON: cut off
 *
 * Only the last line can be so: each one is synced before the next is begun.
 */
#define _GNU_SOURCE /* pread */

#include "audit/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* rename */
#include <sys/stat.h>
#include <unistd.h>

#include "base/ticks.h"
#include "json/json.h"
#include "platform/file.h"

/* A line, the newline before it and its own. */
#define WINDOW_BYTES (AUDIT_LINE_MAX_BYTES + 2u)

static bool
make_path(char path[PATH_MAX_BYTES], const char *dir, unsigned file)
{
	if (file_path(path, span_str(dir),
		file == 0 ? SPAN_LIT("audit.ndjson") :
			    SPAN_LIT("audit.ndjson.1")) == ST_OK)
		return true;
	errno = ENAMETOOLONG;
	return false;
}

/* ---- a line ------------------------------------------------------------- */

static void
put_text(struct json_out *o, const char *key, struct span utf8)
{
	if (utf8.p == NULL)
		return;
	json_put_key(o, key);
	json_put_string(o, utf8);
}

static void
put_line(struct buf *b, const struct audit_entry *e)
{
	uint8_t room[TICKS_TEXT_MAX_BYTES];
	struct buf at = BUF_OVER(room);
	struct json_out o = { b, false };

	ticks_write(&at, e->at);
	json_put_open(&o, '{');
	put_text(&o, "at", span_of(&at));
	json_put_key(&o, "uid");
	json_put_int(&o, (int64_t)e->uid);
	put_text(&o, "user", e->user);
	put_text(&o, "via", span_str(e->via));
	put_text(&o, "action", span_str(e->action));
	put_text(&o, "scope", e->scope);
	put_text(&o, "field", e->field);
	put_text(&o, "etag", e->etag);
	if (e->changed.n != 0) {
		json_put_key(&o, "changed");
		json_put_json(&o, e->changed);
	}
	put_text(&o, "outcome", span_str(e->outcome));
	json_put_close(&o, '}');
}

static bool
is_whole(struct span line)
{
	size_t offset;

	return line.n != 0 && line.p[0] == '{' &&
	    json_check(line, &offset) == ST_OK;
}

/* The bytes of the file that end at `end`, as many as a line may need. */
static enum st
read_window(
    int fd, uint32_t end, uint8_t bytes[WINDOW_BYTES], struct span *window)
{
	uint32_t n = end < WINDOW_BYTES ? end : WINDOW_BYTES;
	ssize_t got = pread(fd, bytes, n, (off_t)(end - n));

	if (got < 0)
		return ST_IO;
	*window = (struct span){ bytes, (size_t)got };
	return (size_t)got == n ? ST_OK : ST_NOT_FOUND;
}

/* How many bytes of the window belong to what stands before its last line;
 * *line is that line.  A window without a newline in it is one line. */
static size_t
split_last(struct span window, struct span *line)
{
	size_t n = window.n;

	while (n != 0 && window.p[n - 1] != '\n')
		n--;
	*line = span_sub(window, n, SIZE_MAX);
	return n;
}

/* ---- append ------------------------------------------------------------- */

/* The size without what stands behind the last newline, and without the last
 * two lines as far as they are not whole: of blank bytes a part may look like
 * the end of a line. */
static enum st
repair(int fd, uint32_t *size)
{
	uint8_t bytes[WINDOW_BYTES];
	struct span window, line = SPAN_NONE;
	uint32_t whole = *size;

	while (whole != 0) {
		if (read_window(fd, whole, bytes, &window) != ST_OK)
			return ST_IO;
		if (split_last(window, &line) != 0 && line.n == 0)
			break;
		whole -= (uint32_t)line.n;
	}
	for (unsigned i = 0; whole != 0 && i < 2; i++) {
		if (read_window(fd, whole, bytes, &window) != ST_OK)
			return ST_IO;
		(void)split_last(span_sub(window, 0, window.n - 1), &line);
		if (is_whole(line))
			break;
		whole -= (uint32_t)line.n + 1;
	}
	if (whole != *size && ftruncate(fd, (off_t)whole) != 0)
		return ST_IO;
	*size = whole;
	return ST_OK;
}

static enum st
open_file(const char *path, int *fd, uint32_t *size)
{
	struct stat about;

	*fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK,
	    S_IRUSR | S_IWUSR);
	if (*fd < 0)
		return ST_IO;
	if (fstat(*fd, &about) != 0)
		return ST_IO;
	if (!S_ISREG(about.st_mode) || about.st_size > INT32_MAX) {
		errno = EINVAL;
		return ST_IO;
	}
	*size = (uint32_t)about.st_size;
	return repair(*fd, size);
}

/* The present file becomes the older one. */
static enum st
rotate(const char *dir, const char *path, int *fd, uint32_t *size)
{
	char older[PATH_MAX_BYTES];

	close(*fd);
	*fd = -1;
	if (!make_path(older, dir, 1) || rename(path, older) != 0)
		return ST_IO;
	return open_file(path, fd, size);
}

static enum st
write_line(int fd, const char *path, uint32_t size, struct span line)
{
	if (lseek(fd, (off_t)size, SEEK_SET) < 0)
		return ST_IO;
	if (file_write_line(fd, line) == ST_OK && fsync(fd) == 0 &&
	    (size != 0 || file_sync_parent(path) == ST_OK))
		return ST_OK;
	/* What is not sure to be there must not be shown as if it were. */
	if (ftruncate(fd, (off_t)size) != 0)
		return ST_IO;
	return ST_IO;
}

enum st
audit_append(const char *dir, const struct audit_entry *entry)
{
	uint8_t room[AUDIT_LINE_MAX_BYTES];
	struct buf line = BUF_OVER(room);
	char path[PATH_MAX_BYTES];
	uint32_t size = 0;
	int fd = -1, saved;
	enum st st;

	put_line(&line, entry);
	if (line.cut)
		return ST_FULL;
	if (!make_path(path, dir, 0))
		return ST_IO;
	st = open_file(path, &fd, &size);
	if (st == ST_OK && size != 0 &&
	    size + line.n + 1 > AUDIT_FILE_MAX_BYTES)
		st = rotate(dir, path, &fd, &size);
	if (st == ST_OK)
		st = write_line(fd, path, size, span_of(&line));
	saved = errno;
	if (fd >= 0)
		close(fd);
	errno = saved;
	return st;
}

/* ---- reading backwards -------------------------------------------------- */

/* The next older line of an open file that is whole.  ST_NOT_FOUND at its
 * beginning, *end is 0 then. */
static enum st
line_before(int fd, uint32_t *end, struct buf *out)
{
	uint8_t bytes[WINDOW_BYTES];
	struct span window, line;

	while (*end != 0) {
		uint32_t from = *end;
		enum st st = read_window(fd, *end, bytes, &window);

		if (st != ST_OK)
			return st;
		/* Its own newline first; a torn end has none. */
		if (window.p[window.n - 1] == '\n') {
			window.n--;
			from--;
		}
		(void)split_last(window, &line);
		from -= (uint32_t)line.n;
		if (line.n <= AUDIT_LINE_MAX_BYTES && is_whole(line)) {
			buf_put(out, line);
			if (out->cut)
				return ST_FULL;
			*end = from;
			return ST_OK;
		}
		*end = from;
	}
	return ST_NOT_FOUND;
}

static enum st
before_in(const char *dir, struct audit_place *place, struct buf *out)
{
	char path[PATH_MAX_BYTES];
	struct stat about;
	uint32_t end = place->offset;
	enum st st = ST_IO;
	int fd;

	if (!make_path(path, dir, place->file))
		return ST_IO;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT ? ST_NOT_FOUND : ST_IO;
	if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode) &&
	    about.st_size <= INT32_MAX) {
		if (end > (uint32_t)about.st_size)
			end = (uint32_t)about.st_size;
		st = line_before(fd, &end, out);
	}
	(void)close(fd);
	if (st == ST_OK)
		place->offset = end;
	return st;
}

enum st
audit_before(const char *dir, struct audit_place *place, struct buf *line)
{
	enum st st = before_in(dir, place, line);

	if (st != ST_NOT_FOUND || place->file != 0)
		return st;
	*place = (struct audit_place){ UINT32_MAX, 1 };
	return before_in(dir, place, line);
}
