/* SPDX-License-Identifier: MIT */
/*
 * Users by /etc/passwd, read by ourselves: getpwnam(3) allocates, and would ask
 * other sources that a static program cannot load.  A user that only LDAP knows
 * is not found.
 */
#include "platform/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PASSWD_FILE "/etc/passwd"

static bool
take_id(struct span *line, uint32_t *id)
{
	struct span text;
	uint64_t value;

	if (!span_split(line, ':', &text) ||
	    span_to_u64(text, &value) != ST_OK || value >= UINT32_MAX)
		return false;
	*id = (uint32_t)value;
	return true;
}

bool
identity_is_user(struct span line, struct span name, uid_t *uid, gid_t *gid)
{
	struct span login, password;
	uint32_t user, group;

	if (!span_split(&line, ':', &login) || !span_eq(login, name) ||
	    login.n == 0 || !span_split(&line, ':', &password) ||
	    !take_id(&line, &user) || !take_id(&line, &group))
		return false;
	*uid = user;
	*gid = group;
	return true;
}

/* The lines that are whole; what remains of the last one moves to the front.
 * A line that is longer than the room is nobody's: its end is looked at as if
 * it were a line, and has no two ids. */
static bool
look_at_lines(struct buf *b, struct span name, uid_t *uid, gid_t *gid)
{
	struct span rest = span_of(b), line;

	while (span_find_byte(rest, '\n') != SIZE_MAX) {
		if (!span_split(&rest, '\n', &line))
			break;
		if (identity_is_user(line, name, uid, gid))
			return true;
	}
	if (rest.n == b->cap)
		rest.n = 0;
	if (rest.n != 0)
		memmove(b->p, rest.p, rest.n);
	b->n = rest.n;
	return false;
}

enum st
identity_find_user(struct span name, uid_t *uid, gid_t *gid)
{
	uint8_t room[IDENTITY_LINE_MAX_BYTES];
	struct buf b = BUF_OVER(room);
	int fd = open(PASSWD_FILE, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	enum st st = ST_NOT_FOUND;
	size_t seen = 0;

	if (fd < 0)
		return errno == ENOENT ? ST_NOT_FOUND : ST_IO;
	while (st == ST_NOT_FOUND && seen < IDENTITY_FILE_MAX_BYTES) {
		ssize_t n = read(fd, b.p + b.n, b.cap - b.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			st = ST_IO;
		if (n <= 0)
			break;
		b.n += (size_t)n;
		seen += (size_t)n;
		if (look_at_lines(&b, name, uid, gid))
			st = ST_OK;
	}
	(void)close(fd);
	/* The last line may have no newline. */
	if (st == ST_NOT_FOUND && identity_is_user(span_of(&b), name, uid, gid))
		st = ST_OK;
	return st;
}
