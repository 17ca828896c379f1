/* SPDX-License-Identifier: MIT */
/*
 * What is in reach, as Landlock and as sandbox_has see it.  The filter, the
 * limits and the steps that fail are in tests/system/test_sandbox.py: they end
 * the process, and a sanitizer needs what they take.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <sys/wait.h>

#include "platform/sandbox.h"
#include "scratch.h"

/* <dir>/{in,out,in/sub}, each with a file f; a link in/link to ../out. */
static void
make_tree(struct scratch *s)
{
	static const char *const FOLDERS[] = { "in", "in/sub", "out" };
	static const char *const FILES[] = { "in/f", "in/sub/f", "out/f",
		"out/g" };

	scratch_make(s);
	for (size_t i = 0; i < 3; i++)
		cr_assert_eq(mkdir(scratch_path(s, FOLDERS[i]), 0700), 0);
	for (size_t i = 0; i < 4; i++)
		close(open(scratch_path(s, FILES[i]),
		    O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	cr_assert_eq(symlink("../out", scratch_path(s, "in/link")), 0);
}

/* in: all of it; out/g: to read. */
static void
allow(struct sandbox *box, struct scratch *s)
{
	cr_assert_eq(sandbox_open(box), ST_OK, "%s", box->why);
	cr_assert_eq(
	    sandbox_allow(box, scratch_path(s, "in"), SANDBOX_WRITE), ST_OK);
	cr_assert_eq(
	    sandbox_allow(box, scratch_path(s, "out/g"), SANDBOX_READ), ST_OK);
	cr_assert_eq(sandbox_allow(box, scratch_path(s, "none"), SANDBOX_WRITE),
	    ST_OK, "nothing is there");
}

static const struct reach {
	const char *path;
	unsigned access;
	bool is_in;
} REACH[] = {
	{ "in", SANDBOX_READ, true },
	{ "in", SANDBOX_WRITE, true },
	{ "in", SANDBOX_SOCKETS, false },
	{ "in/f", SANDBOX_READ, true },
	{ "in/sub/f", SANDBOX_WRITE, true },
	{ "in/none", SANDBOX_WRITE, true },
	{ "out/g", SANDBOX_READ, true },
	{ "out/g", SANDBOX_WRITE, false },
	{ "out/f", SANDBOX_READ, false },
	{ "out", SANDBOX_READ, false },
	{ ".", SANDBOX_READ, false },
};

Test(sandbox, what_is_below_an_allowed_folder_is_in_reach)
{
	struct sandbox box;
	struct scratch s;
	char from[256];

	make_tree(&s);
	allow(&box, &s);
	for (size_t i = 0; i < sizeof REACH / sizeof REACH[0]; i++)
		cr_expect_eq(sandbox_has(&box, scratch_path(&s, REACH[i].path),
				 REACH[i].access),
		    box.landlock_abi == 0 || REACH[i].is_in, "%s %u",
		    REACH[i].path, REACH[i].access);
	/* Another file of that name is another file. */
	snprintf(from, sizeof from, "%s/out/f", s.dir);
	cr_assert_eq(rename(from, scratch_path(&s, "out/g")), 0);
	cr_expect_eq(sandbox_has(&box, scratch_path(&s, "out/g"), SANDBOX_READ),
	    box.landlock_abi == 0);
	cr_expect_str_eq(sandbox_state(&box), "off");
	scratch_remove(&s);
}

static int
error_of(struct scratch *s, const char *path, int flags)
{
	int fd = open(scratch_path(s, path), flags | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

/* In a child: 0, or the number of the first expectation that failed. */
static int
look_around(struct sandbox *box, struct scratch *s)
{
	char from[256];

	allow(box, s);
	if (sandbox_enter(box) != ST_OK ||
	    strcmp(sandbox_state(box), "off") == 0)
		return 1;
	if (box->landlock_abi == 0)
		return 0;
	if (error_of(s, "in/f", O_RDWR) != 0 ||
	    error_of(s, "in/new", O_RDWR | O_CREAT) != 0 ||
	    error_of(s, "out/g", O_RDONLY) != 0)
		return 2;
	if (error_of(s, "out/f", O_RDONLY) != EACCES ||
	    error_of(s, "out/g", O_RDWR) != EACCES ||
	    error_of(s, "in/link/f", O_RDONLY) != EACCES ||
	    error_of(s, "out/new", O_RDWR | O_CREAT) != EACCES)
		return 3;
	snprintf(from, sizeof from, "%s/in/new", s->dir);
	if (rename(from, scratch_path(s, "out/new")) == 0 ||
	    unlink(scratch_path(s, "out/f")) == 0)
		return 4;
	if (mkfifo(scratch_path(s, "in/fifo"), 0600) == 0 ||
	    symlink("f", scratch_path(s, "in/other")) == 0)
		return 5;
	return unlink(scratch_path(s, "in/new")) == 0 &&
		mkdir(scratch_path(s, "in/d"), 0700) == 0 &&
		rmdir(scratch_path(s, "in/d")) == 0 ?
	    0 :
	    6;
}

Test(sandbox, entered_process_reaches_that_and_no_more)
{
	struct sandbox box;
	struct scratch s;
	int status;
	pid_t child;

	make_tree(&s);
	child = fork();
	cr_assert_geq(child, 0);
	if (child == 0)
		_exit(look_around(&box, &s));
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x",
	    (unsigned)status);
	scratch_remove(&s);
}

Test(sandbox, list_has_an_end)
{
	struct sandbox box;
	struct scratch s;
	enum st st = ST_OK;

	scratch_make(&s);
	cr_assert_eq(sandbox_open(&box), ST_OK);
	for (unsigned i = 0; i < SANDBOX_PLACE_MAX_COUNT; i++)
		cr_assert_eq(sandbox_allow(&box, s.dir, SANDBOX_READ), ST_OK);
	st = sandbox_allow(&box, s.dir, SANDBOX_READ);
	cr_expect_eq(st, box.landlock_abi == 0 ? ST_OK : ST_FULL);
	scratch_remove(&s);
}
