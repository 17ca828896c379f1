/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE

#include "durable.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct durable durable;

static bool
fails(const char *what)
{
	size_t n = strlen(durable.trace);

	if (!durable.armed)
		return false;
	durable.calls++;
	if (durable.calls == durable.die_at)
		_exit(9);
	cr_assert(n + strlen(what) + 2 < sizeof durable.trace);
	snprintf(durable.trace + n, sizeof durable.trace - n, "%s ", what);
	errno = EIO;
	return durable.calls == durable.fail_at;
}

int
fsync(int fd)
{
	struct stat found = { 0 };

	fstat(fd, &found);
	if (fails(S_ISDIR(found.st_mode) ? "fsync-dir" : "fsync"))
		return -1;
	return (int)syscall(SYS_fsync, fd);
}

int
rename(const char *from, const char *to)
{
	if (fails("rename"))
		return -1;
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int
unlink(const char *path)
{
	if (fails("unlink"))
		return -1;
	return unlinkat(AT_FDCWD, path, 0);
}

int
mkdir(const char *path, mode_t mode)
{
	if (fails("mkdir"))
		return -1;
	return mkdirat(AT_FDCWD, path, mode);
}

void
durable_arm(int fail_at)
{
	durable = (struct durable){ .armed = true, .fail_at = fail_at };
}

bool
durable_survives(int die_at, bool (*work)(void *ctx), void *ctx)
{
	int status = 0;
	pid_t child = fork();

	cr_assert_geq(child, 0);
	if (child == 0) {
		durable_arm(0);
		durable.die_at = die_at;
		_exit(work(ctx) ? 0 : 1);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFEXITED(status));
	cr_assert(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 9,
	    "died before call %d: %d", die_at, WEXITSTATUS(status));
	return WEXITSTATUS(status) == 0;
}
