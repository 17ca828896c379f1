/* SPDX-License-Identifier: MIT */
/* scratch.h - a directory of a test's own, removed when the test is done. */
#ifndef TESTS_UNIT_SCRATCH_H
#define TESTS_UNIT_SCRATCH_H

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/span.h"

struct scratch {
	char dir[64];
	char text[256]; /* the last scratch_path */
};

static inline int
scratch_remove_one(
    const char *path, const struct stat *found, int kind, struct FTW *place)
{
	(void)found;
	(void)kind;
	(void)place;
	return remove(path);
}

static inline void
scratch_make(struct scratch *s)
{
	snprintf(s->dir, sizeof s->dir, "/tmp/wf-unit-XXXXXX");
	cr_assert_not_null(mkdtemp(s->dir));
}

static inline void
scratch_remove(struct scratch *s)
{
	nftw(s->dir, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* "<dir>/<name>", good until the next call. */
static inline const char *
scratch_path(struct scratch *s, const char *name)
{
	snprintf(s->text, sizeof s->text, "%s/%s", s->dir, name);
	return s->text;
}

/* The size of a file and its bytes, or -1.  Not by the code under test. */
static inline long
scratch_read(struct scratch *s, const char *name, void *room, size_t size)
{
	int fd = open(scratch_path(s, name), O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, room, size);

	if (fd >= 0)
		close(fd);
	return n;
}

static inline void
scratch_write(struct scratch *s, const char *name, struct span bytes)
{
	int fd = open(scratch_path(s, name),
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	cr_assert(fd >= 0, "%s", name);
	cr_assert_eq(write(fd, bytes.p, bytes.n), (ssize_t)bytes.n);
	close(fd);
}

static inline bool
scratch_holds(struct scratch *s, const char *name, const char *text)
{
	char room[256];
	long n = scratch_read(s, name, room, sizeof room);

	return n >= 0 &&
	    span_eq(
		(struct span){ (uint8_t *)room, (size_t)n }, span_str(text));
}

static inline bool
scratch_has(struct scratch *s, const char *name)
{
	struct stat found;

	return lstat(scratch_path(s, name), &found) == 0;
}

/* Permission bits, or 0 when it is not there. */
static inline unsigned
scratch_mode(struct scratch *s, const char *name)
{
	struct stat found;

	if (lstat(scratch_path(s, name), &found) != 0)
		return 0;
	return found.st_mode & 07777u;
}

#endif
