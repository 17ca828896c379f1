/* SPDX-License-Identifier: MIT */
/*
 * The kernel is asked for its Landlock ABI, and all that this ABI can limit is
 * limited; what a later one added stays free on an older kernel.  Debian 12's
 * headers are of ABI 2, so that later constants are here by their number.
 *
 * A rule holds a file or folder, not a name.  Its device and inode are kept:
 * sandbox_has walks from a path up to the root as Landlock does.
 */
#define _GNU_SOURCE /* O_PATH */

#include "platform/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/span.h"
#include "platform/sandbox_priv.h"

#define ACCESS_TRUNCATE  (UINT64_C(1) << 14) /* ABI 3 */
#define ACCESS_IOCTL_DEV (UINT64_C(1) << 15) /* ABI 5 */

/* ABI 1: everything from EXECUTE to MAKE_SYM. */
#define ACCESS_FIRST ((UINT64_C(1) << 13) - 1)

/* What a rule for a file may say; the rest is of folders. */
#define ACCESS_OF_FILE                                                  \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | \
	    ACCESS_TRUNCATE)

static enum st
failed(struct sandbox *s, const char *step)
{
	s->why = step;
	return ST_IO;
}

/* ---- what may be opened ------------------------------------------------- */

static uint64_t
handled(int abi)
{
	uint64_t access = ACCESS_FIRST;

	if (abi >= 2)
		access |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		access |= ACCESS_TRUNCATE;
	if (abi >= 5)
		access |= ACCESS_IOCTL_DEV;
	return access;
}

static uint64_t
landlock_access(unsigned access)
{
	uint64_t all = 0;

	if ((access & SANDBOX_READ) != 0)
		all |= LANDLOCK_ACCESS_FS_READ_FILE |
		    LANDLOCK_ACCESS_FS_READ_DIR;
	if ((access & SANDBOX_WRITE) != 0)
		all |= LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_TRUNCATE |
		    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR |
		    LANDLOCK_ACCESS_FS_REMOVE_FILE |
		    LANDLOCK_ACCESS_FS_REMOVE_DIR;
	if ((access & SANDBOX_SOCKETS) != 0)
		all |= LANDLOCK_ACCESS_FS_MAKE_SOCK |
		    LANDLOCK_ACCESS_FS_REMOVE_FILE;
	return all;
}

enum st
sandbox_open(struct sandbox *s)
{
	struct landlock_ruleset_attr attr;
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);

	memset(s, 0, sizeof *s);
	s->ruleset = -1;
	if (abi < 0 && errno != ENOSYS && errno != EOPNOTSUPP)
		return failed(s, "Landlock cannot be asked for");
	if (abi <= 0)
		return ST_OK;
	memset(&attr, 0, sizeof attr);
	attr.handled_access_fs = handled((int)abi);
	s->ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr,
	    sizeof attr.handled_access_fs, 0);
	if (s->ruleset < 0)
		return failed(s, "Landlock cannot be begun");
	s->landlock_abi = (int)abi;
	return ST_OK;
}

static enum st
add_rule(struct sandbox *s, int fd, bool is_folder, unsigned access)
{
	struct landlock_path_beneath_attr attr = {
		.allowed_access = landlock_access(access) &
		    handled(s->landlock_abi),
		.parent_fd = fd,
	};

	if (!is_folder)
		attr.allowed_access &= ACCESS_OF_FILE;
	if (syscall(SYS_landlock_add_rule, s->ruleset,
		LANDLOCK_RULE_PATH_BENEATH, &attr, 0) != 0)
		return failed(s, "Landlock takes no rule");
	return ST_OK;
}

static enum st
allow_open(struct sandbox *s, int fd, unsigned access)
{
	struct stat about;

	if (s->n == SANDBOX_PLACE_MAX_COUNT)
		return ST_FULL;
	if (fstat(fd, &about) != 0)
		return failed(s, "a place to allow cannot be looked at");
	if ((access & SANDBOX_WRITE) != 0)
		access |= SANDBOX_READ;
	s->place[s->n++] = (struct sandbox_place){
		about.st_dev,
		about.st_ino,
		access,
	};
	return add_rule(s, fd, S_ISDIR(about.st_mode), access);
}

enum st
sandbox_allow(struct sandbox *s, const char *path, unsigned access)
{
	enum st st;
	int fd, saved;

	if (s->landlock_abi == 0)
		return ST_OK;
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == EACCES))
		return ST_OK;
	if (fd < 0)
		return failed(s, "a place to allow cannot be opened");
	st = allow_open(s, fd, access);
	saved = errno;
	(void)close(fd);
	errno = saved;
	return st;
}

/* ---- and afterwards ----------------------------------------------------- */

static bool
is_allowed(const struct sandbox *s, const struct stat *about, unsigned access)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct sandbox_place *p = &s->place[i];

		if (p->dev == about->st_dev && p->ino == about->st_ino)
			access &= ~p->access;
	}
	return access == 0;
}

/* "/a/b" to "/a", "/a" to "/".  False: there is nothing above. */
static bool
to_parent(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash == NULL || path[1] == '\0')
		return false;
	if (slash == path)
		slash++;
	*slash = '\0';
	return true;
}

bool
sandbox_has(const struct sandbox *s, const char *path, unsigned access)
{
	char at[PATH_MAX_BYTES];
	struct stat about;

	if (s->landlock_abi == 0 || stat(path, &about) != 0 ||
	    span_to_str(span_str(path), at, sizeof at) != ST_OK)
		return true;
	do
		if (stat(at, &about) == 0 && is_allowed(s, &about, access))
			return true;
	while (to_parent(at));
	return false;
}

const char *
sandbox_state(const struct sandbox *s)
{
	return !s->is_set                           ? "off" :
	    s->landlock_abi == 0 || !s->has_seccomp ? "partial" :
						      "on";
}

/* ---- entering ----------------------------------------------------------- */

enum st
sandbox_enter(struct sandbox *s)
{
	const char *limit = sandbox_limits();

	if (limit != NULL)
		return failed(s, limit);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) != 0)
		return failed(s, "PR_SET_NO_NEW_PRIVS cannot be set");
	if (prctl(PR_SET_DUMPABLE, 0UL, 0UL, 0UL, 0UL) != 0)
		return failed(s, "PR_SET_DUMPABLE cannot be set");
	if (s->landlock_abi != 0) {
		if (syscall(SYS_landlock_restrict_self, s->ruleset, 0) != 0)
			return failed(s, "Landlock cannot be entered");
		(void)close(s->ruleset);
		s->ruleset = -1;
	}
	if (sandbox_filter(&s->has_seccomp) != ST_OK)
		return failed(s, "the seccomp filter cannot be set");
	s->is_set = true;
	return ST_OK;
}
