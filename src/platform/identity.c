/* SPDX-License-Identifier: MIT */
/*
 * The order of giving away.  Each step needs what only a later one takes:
 *
 *	bounding set   needs CAP_SETPCAP
 *	groups, group  need CAP_SETGID
 *	user           needs CAP_SETUID; to another one the kernel clears what
 *	               is effective and permitted
 *	ambient, all   need nothing; for user 0, whom the kernel clears nothing
 *
 * Without a bounding set not even a program with file capabilities, or one of
 * root's, would bring any back.
 */
#define _GNU_SOURCE /* setresuid, setgroups */

#include "platform/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h> /* rename */
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/file.h"

/* Capabilities have numbers from 0; a kernel knows as many as it answers for.
 * Two words of 32 are the most that capset(2) takes. */
#define CAPABILITY_MAX_COUNT 64

#define CAPABILITY_WORDS _LINUX_CAPABILITY_U32S_3

/* ---- who ---------------------------------------------------------------- */

enum st
identity_owner(const char *path, struct identity *who)
{
	struct stat about;

	if (stat(path, &about) != 0)
		return errno == ENOENT ? ST_NOT_FOUND : ST_IO;
	*who = (struct identity){ about.st_uid, about.st_gid };
	return ST_OK;
}

bool
identity_is_root(void)
{
	return geteuid() == 0;
}

/* ---- directories -------------------------------------------------------- */

/* The directory itself, never what a link names.  0: it keeps its mode. */
static enum st
give(const char *path, const struct identity *who, mode_t mode)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int saved;
	bool given;

	if (fd < 0)
		return ST_IO;
	given = fchown(fd, who->uid, who->gid) == 0 &&
	    (mode == 0 || fchmod(fd, mode) == 0) && fsync(fd) == 0;
	saved = errno;
	(void)close(fd);
	errno = saved;
	return given ? ST_OK : ST_IO;
}

enum st
identity_make_dir(const char *path, const struct identity *who)
{
	char fresh[PATH_MAX_BYTES];
	struct buf text = { (uint8_t *)fresh, 0, sizeof fresh, false };

	/* "/state/" is "/state" */
	buf_put(&text, span_str(path));
	while (text.n > 1 && text.p[text.n - 1] == '/')
		buf_rewind(&text, text.n - 1);
	buf_put_str(&text, ".new");
	if (buf_str(&text)[0] == '\0') {
		errno = ENAMETOOLONG;
		return ST_IO;
	}
	/* Empty, or it is not ours and mkdir says so. */
	(void)rmdir(fresh);
	if (mkdir(fresh, S_IRWXU) != 0 || give(fresh, who, 0750) != ST_OK ||
	    rename(fresh, path) != 0)
		return ST_IO;
	return file_sync_parent(path);
}

enum st
identity_give_dir(const char *path, const struct identity *who)
{
	if (mkdir(path, S_IRWXU) == 0)
		return give(path, who, 0755);
	return errno == EEXIST ? give(path, who, 0) : ST_IO;
}

/* ---- giving away -------------------------------------------------------- */

static enum st
failed(const char **why, const char *step)
{
	*why = step;
	return ST_IO;
}

static bool
set_no_capability(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[CAPABILITY_WORDS];

	memset(none, 0, sizeof none);
	return syscall(SYS_capset, &header, none) == 0;
}

static bool
has_capability(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct have[CAPABILITY_WORDS];
	uint32_t any = 0;

	if (syscall(SYS_capget, &header, have) != 0)
		return true;
	for (size_t i = 0; i < CAPABILITY_WORDS; i++)
		any |= have[i].effective | have[i].permitted |
		    have[i].inheritable;
	return any != 0;
}

/* -1 when the kernel knows no capability of this number. */
static int
is_bounded(unsigned long capability)
{
	return prctl(PR_CAPBSET_READ, capability, 0UL, 0UL, 0UL);
}

static bool
drop_bounding_set(void)
{
	for (unsigned long i = 0; i < CAPABILITY_MAX_COUNT; i++)
		if (is_bounded(i) == 1 &&
		    prctl(PR_CAPBSET_DROP, i, 0UL, 0UL, 0UL) != 0)
			return false;
	return true;
}

static bool
has_bounding_set(void)
{
	for (unsigned long i = 0; i < CAPABILITY_MAX_COUNT; i++)
		if (is_bounded(i) == 1)
			return true;
	return false;
}

static bool
has_become(const struct identity *who)
{
	uid_t uid[3];
	gid_t gid[3];

	if (getresuid(&uid[0], &uid[1], &uid[2]) != 0 ||
	    getresgid(&gid[0], &gid[1], &gid[2]) != 0)
		return false;
	for (size_t i = 0; i < 3; i++)
		if (uid[i] != who->uid || gid[i] != who->gid)
			return false;
	return getgroups(0, NULL) == 0;
}

/* From root, all of it.  NULL, or the step that failed. */
static const char *
leave_root(const struct identity *who)
{
	if (!drop_bounding_set())
		return "the capability bounding set cannot be dropped "
		       "(CAP_SETPCAP)";
	if (setgroups(0, NULL) != 0)
		return "the groups of root cannot be dropped (CAP_SETGID)";
	if (setresgid(who->gid, who->gid, who->gid) != 0)
		return "the group cannot be set (CAP_SETGID)";
	if (setresuid(who->uid, who->uid, who->uid) != 0)
		return "the user cannot be set (CAP_SETUID)";
	return NULL;
}

enum st
identity_drop(const struct identity *who, const char **why)
{
	bool was_root = identity_is_root();
	const char *step = was_root ? leave_root(who) : NULL;

	if (step != NULL)
		return failed(why, step);
	if (prctl(PR_CAP_AMBIENT, (unsigned long)PR_CAP_AMBIENT_CLEAR_ALL, 0UL,
		0UL, 0UL) != 0)
		return failed(why, "ambient capabilities cannot be dropped");
	if (!set_no_capability())
		return failed(why, "capabilities cannot be dropped (capset)");
	errno = EPERM;
	if (has_capability() || (was_root && has_bounding_set()))
		return failed(why, "a capability is still there");
	if (was_root && !has_become(who))
		return failed(why, "the user or group of root is still there");
	if (was_root && who->uid != 0 && setresuid(0, 0, 0) == 0)
		return failed(why, "the way back to root is still open");
	return ST_OK;
}
