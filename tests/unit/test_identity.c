/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE

#include <errno.h>

#include "platform/identity.h"
#include "scratch.h"

/* ---- directories -------------------------------------------------------- */

Test(identity, directory_is_made_with_its_owner_and_nothing_beside_it)
{
	struct identity me = { geteuid(), getegid() }, found;
	struct scratch s;
	struct stat about;

	scratch_make(&s);
	/* What a power cut left. */
	cr_assert_eq(mkdir(scratch_path(&s, "d.new"), 0700), 0);
	(void)umask(077);
	cr_expect_eq(identity_make_dir(scratch_path(&s, "d/"), &me), ST_OK);
	cr_assert_eq(stat(scratch_path(&s, "d"), &about), 0);
	cr_expect_eq(about.st_mode & 07777, 0750);
	cr_expect_eq(identity_owner(scratch_path(&s, "d"), &found), ST_OK);
	cr_expect(found.uid == me.uid && found.gid == me.gid);
	cr_expect_eq(access(scratch_path(&s, "d.new"), F_OK), -1);
	cr_expect_eq(
	    identity_owner(scratch_path(&s, "none"), &found), ST_NOT_FOUND);
	cr_expect_eq(
	    identity_owner(scratch_path(&s, "d/x/y"), &found), ST_NOT_FOUND);
	scratch_remove(&s);
}

Test(identity, directory_is_not_made_over_something_else)
{
	struct identity me = { geteuid(), getegid() };
	struct scratch s;

	scratch_make(&s);
	cr_assert_eq(mkdir(scratch_path(&s, "d.new"), 0700), 0);
	cr_assert_eq(mkdir(scratch_path(&s, "d.new/mine"), 0700), 0);
	cr_expect_eq(identity_make_dir(scratch_path(&s, "d"), &me), ST_IO);
	cr_expect_eq(errno, EEXIST);
	cr_expect_eq(access(scratch_path(&s, "d"), F_OK), -1);
	cr_expect_eq(access(scratch_path(&s, "d.new/mine"), F_OK), 0);
	scratch_remove(&s);
}

Test(identity, folder_is_given_and_keeps_its_mode_and_links_are_not_followed)
{
	struct identity me = { geteuid(), getegid() };
	struct scratch s;
	struct stat about;

	scratch_make(&s);
	cr_expect_eq(identity_give_dir(scratch_path(&s, "run"), &me), ST_OK);
	cr_assert_eq(stat(scratch_path(&s, "run"), &about), 0);
	cr_expect_eq(about.st_mode & 07777, 0755);
	cr_assert_eq(chmod(scratch_path(&s, "run"), 0710), 0);
	cr_expect_eq(identity_give_dir(scratch_path(&s, "run"), &me), ST_OK);
	cr_assert_eq(stat(scratch_path(&s, "run"), &about), 0);
	cr_expect_eq(about.st_mode & 07777, 0710);
	cr_assert_eq(symlink("run", scratch_path(&s, "link")), 0);
	cr_expect_eq(identity_give_dir(scratch_path(&s, "link"), &me), ST_IO);
	scratch_remove(&s);
}
