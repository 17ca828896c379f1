/* SPDX-License-Identifier: MIT */
/* Every durable call of file.c fails once, and is the last one once. */
#define _GNU_SOURCE

#include <criterion/criterion.h>
#include <errno.h>

#include "durable.h"
#include "platform/file.h"
#include "scratch.h"

static struct scratch at;

static void
make(void)
{
	scratch_make(&at);
}

static void
clean(void)
{
	durable.armed = false;
	scratch_remove(&at);
}

TestSuite(file_crash, .init = make, .fini = clean);

Test(file_crash, replace_syncs_the_file_before_its_name_and_the_name_after)
{
	durable_arm(0);
	cr_assert_eq(
	    file_replace(scratch_path(&at, "f"), SPAN_LIT("new"), 0600), ST_OK);
	cr_assert_str_eq(durable.trace, "unlink fsync rename fsync-dir ");
}

Test(file_crash, remove_and_make_dir_sync_the_directory_even_without_a_change)
{
	durable_arm(0);
	cr_assert_eq(file_remove(scratch_path(&at, "f")), ST_OK);
	cr_assert_str_eq(durable.trace, "unlink unlink fsync-dir ");
	durable_arm(0);
	cr_assert_eq(file_make_dir(scratch_path(&at, "d"), 0700), ST_OK);
	cr_assert_eq(file_make_dir(scratch_path(&at, "d"), 0700), ST_OK);
	cr_assert_str_eq(durable.trace, "mkdir fsync-dir mkdir fsync-dir ");
}

/* One call fails: the result is ST_IO with its errno, the content is whole,
 * and no sync is tried twice on one file. */
Test(file_crash, replace_after_any_failing_call_leaves_old_or_new_and_says_so)
{
	const char *const trace[] = {
		"unlink unlink ",
		"unlink fsync unlink ",
		"unlink fsync rename unlink ",
		"unlink fsync rename fsync-dir ",
	};

	for (int i = 1; i <= 4; i++) {
		scratch_write(&at, "f", SPAN_LIT("old"));
		durable_arm(i);
		cr_expect_eq(
		    file_replace(scratch_path(&at, "f"), SPAN_LIT("new"), 0600),
		    ST_IO, "call %d", i);
		durable.armed = false;
		cr_expect_eq(errno, EIO, "call %d", i);
		cr_expect(scratch_holds(&at, "f", i < 4 ? "old" : "new"),
		    "call %d", i);
		cr_expect_not(scratch_has(&at, "f.new"), "call %d", i);
		cr_expect_str_eq(durable.trace, trace[i - 1], "call %d: %s", i,
		    durable.trace);
	}
}

Test(file_crash, remove_and_make_dir_after_any_failing_call_say_so)
{
	for (int i = 1; i <= 3; i++) {
		scratch_write(&at, "f", SPAN_LIT("old"));
		durable_arm(i);
		cr_expect_eq(
		    file_remove(scratch_path(&at, "f")), ST_IO, "call %d", i);
		durable.armed = false;
	}
	for (int i = 1; i <= 2; i++) {
		durable_arm(i);
		cr_expect_eq(file_make_dir(scratch_path(&at, "d"), 0700), ST_IO,
		    "call %d", i);
		durable.armed = false;
	}
}

static bool
replace(void *content)
{
	return file_replace(scratch_path(&at, "f"), span_str(content), 0600) ==
	    ST_OK;
}

Test(
    file_crash, replace_cut_before_any_call_leaves_old_or_new_and_can_be_redone)
{
	char fresh[] = "new", third[] = "third";
	int i = 0;
	bool done;

	do {
		i++;
		scratch_write(&at, "f", SPAN_LIT("old"));
		done = durable_survives(i, replace, fresh);
		cr_expect(scratch_holds(&at, "f", i <= 3 ? "old" : "new"),
		    "cut before call %d", i);
		cr_expect(durable_survives(0, replace, third));
		cr_expect(scratch_holds(&at, "f", "third"));
		cr_expect_not(scratch_has(&at, "f.new"));
	} while (!done && i < 10);
	cr_assert_eq(i, 5, "four calls, then the run without a cut");
}
