/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE

#include <errno.h>

#include "platform/identity.h"
#include "scratch.h"

/* ---- /etc/passwd -------------------------------------------------------- */

static const struct passwd_case {
	const char *passwd;
	enum st st;
	uint32_t uid, gid;
} PASSWD[] = {
	{ "wf:x:12:34:a:/:/bin/sh\n", ST_OK, 12, 34 },
	{ "root:x:0:0::/:\nwf:x:12:34::/:", ST_OK, 12, 34 },
	{ "wf:x:12:34", ST_OK, 12, 34 },
	{ "wf:x:0:0::/:\n", ST_OK, 0, 0 },
	{ "wf:x:4294967294:4294967294::/:\n", ST_OK, 4294967294u, 4294967294u },
	{ "wf:x:1:2::/:\nwf:x:3:4::/:\n", ST_OK, 1, 2 },
	/* no user of that name */
	{ "", ST_NOT_FOUND, 7, 7 },
	{ "\n\n\n", ST_NOT_FOUND, 7, 7 },
	{ "wfx:x:12:34::/:\nxwf:x:12:34::/:\nWF:x:12:34::/:\n", ST_NOT_FOUND, 7,
	    7 },
	{ "x:wf:12:34::/:\n", ST_NOT_FOUND, 7, 7 },
	{ "#wf:x:12:34::/:\n", ST_NOT_FOUND, 7, 7 },
	/* no line, and the next one is looked at */
	{ "wf:x:12\nwf:x:3:4::\n", ST_OK, 3, 4 },
	{ "wf:x::34::\nwf:x:3:4::\n", ST_OK, 3, 4 },
	{ "wf:x:-1:34::\nwf:x:1:+4::\n", ST_NOT_FOUND, 7, 7 },
	{ "wf:x:4294967295:1::\n", ST_NOT_FOUND, 7, 7 },
	{ "wf:x:1:4294967296::\n", ST_NOT_FOUND, 7, 7 },
	{ "wf:x:99999999999999999999:1::\n", ST_NOT_FOUND, 7, 7 },
	{ "wf:x: 1:1::\n", ST_NOT_FOUND, 7, 7 },
	{ "wf", ST_NOT_FOUND, 7, 7 },
};

Test(identity, user_is_found_by_the_whole_name_in_a_whole_line)
{
	for (size_t i = 0; i < sizeof PASSWD / sizeof PASSWD[0]; i++) {
		const struct passwd_case *c = &PASSWD[i];
		struct identity who = { 7, 7 };

		cr_expect_eq(
		    identity_find(span_str(c->passwd), SPAN_LIT("wf"), &who),
		    c->st, "%s", c->passwd);
		cr_expect_eq(who.uid, c->uid, "%s", c->passwd);
		cr_expect_eq(who.gid, c->gid, "%s", c->passwd);
	}
}

Test(identity, empty_name_is_nobody)
{
	struct identity who = { 7, 7 };

	cr_expect_eq(
	    identity_find(SPAN_LIT(":x:0:0::/:\n"), SPAN_LIT(""), &who),
	    ST_NOT_FOUND);
}

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
