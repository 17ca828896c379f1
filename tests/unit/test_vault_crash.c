/* SPDX-License-Identifier: MIT */
/* Every durable call of a change fails once, and is the last one once. */
#define _GNU_SOURCE

#include "vault_bench.h"

VAULT_SUITE(vault_crash);

static bool
set_secret(void *value)
{
	return vault_set(&vault, &CONTOSO, span_str(value), 1, 2) == ST_OK;
}

static enum st
is_old_or_new(void *ctx, struct span secret)
{
	*(bool *)ctx = span_eq(secret, SPAN_LIT("new"));
	cr_assert(*(bool *)ctx || span_eq(secret, SPAN_LIT("old")));
	return ST_OK;
}

Test(vault_crash, set_cut_before_any_call_leaves_the_old_secret_or_the_new)
{
	char fresh[] = "new";
	bool is_new = false, done;
	int i = 0;

	do {
		set(&CONTOSO, "old");
		done = durable_survives(++i, set_secret, fresh);
		cr_expect_eq(
		    vault_lend(&vault, &CONTOSO, is_old_or_new, &is_new), ST_OK,
		    "cut before call %d", i);
		cr_expect(!done || is_new);
	} while (!done && i < 30);
	cr_assert(done);
	cr_assert_eq(i, 7, "mkdir, 4 of replace, 1 of the folder");
}

Test(vault_crash, first_set_cut_before_any_call_can_be_done_again)
{
	char fresh[] = "new";
	bool is_new, done;
	int i = 0;

	do {
		/* The ninth call is the rename of the secret's file. */
		enum st st = ++i <= 9 ? ST_NOT_FOUND : ST_OK;

		scratch_remove(&at);
		make();
		done = durable_survives(i, set_secret, fresh);
		cr_expect_eq(
		    vault_lend(&vault, &CONTOSO, is_old_or_new, &is_new), st,
		    "cut before call %d", i);
		cr_expect(set_secret(fresh), "cut before call %d", i);
		cr_expect_eq(
		    vault_lend(&vault, &CONTOSO, is_old_or_new, &is_new), ST_OK,
		    "cut before call %d", i);
	} while (!done && i < 30);
	cr_assert(done);
	cr_assert_eq(i, 11, "4 of the key, then as above");
}

Test(vault_crash, set_with_any_failing_call_says_so_and_keeps_a_secret)
{
	bool is_new;

	set(&CONTOSO, "old");
	for (int i = 1; i <= 6; i++) {
		char fresh[] = "new";

		durable_arm(i);
		cr_expect_not(set_secret(fresh), "call %d", i);
		durable.armed = false;
		cr_expect_neq(vault.why[0], '\0', "call %d", i);
		cr_expect_eq(
		    vault_lend(&vault, &CONTOSO, is_old_or_new, &is_new), ST_OK,
		    "call %d", i);
	}
}

Test(vault_crash, first_set_with_any_failing_call_says_so)
{
	for (int i = 1; i <= 10; i++) {
		char fresh[] = "new";

		scratch_remove(&at);
		make();
		durable_arm(i);
		cr_expect_not(set_secret(fresh), "call %d", i);
		durable.armed = false;
		cr_expect_neq(vault.why[0], '\0', "call %d", i);
		cr_expect(set_secret(fresh), "call %d", i);
	}
}

Test(vault_crash, delete_with_any_failing_call_says_so)
{
	for (int i = 1; i <= 3; i++) {
		set(&CONTOSO, SECRET);
		durable_arm(i);
		cr_expect_eq(
		    vault_delete(&vault, &CONTOSO), ST_IO, "call %d", i);
		durable.armed = false;
		cr_expect_neq(vault.why[0], '\0', "call %d", i);
	}
}
