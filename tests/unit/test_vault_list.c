/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE

#include "vault_bench.h"

VAULT_SUITE(vault_list);

Test(vault_list, deleted_secret_is_gone_with_its_left_over)
{
	struct vault_name elsewhere = CONTOSO;

	elsewhere.binding = SPAN_LIT("elsewhere");
	set(&CONTOSO, SECRET);
	scratch_write(&at, FILE_1 ".new", SPAN_LIT("torn"));
	cr_expect_eq(vault_delete(&vault, &elsewhere), ST_OK,
	    "whatever its destination");
	cr_expect_eq(lent(&CONTOSO), ST_NOT_FOUND);
	cr_expect_not(scratch_has(&at, FILE_1));
	cr_expect_not(scratch_has(&at, FILE_1 ".new"));
	cr_expect_eq(vault_delete(&vault, &CONTOSO), ST_OK, "again");
}

Test(vault_list, delete_before_first_use_is_done_already)
{
	cr_expect_eq(vault_delete(&vault, &CONTOSO), ST_OK);
	cr_expect_not(scratch_has(&at, "secrets"));
}

struct rows {
	struct vault_entry entry[8];
	size_t n, stop_after;
};

static bool
add_row(void *ctx, const struct vault_entry *entry)
{
	struct rows *rows = ctx;

	cr_assert_lt(rows->n, 8);
	rows->entry[rows->n++] = *entry;
	return rows->n != rows->stop_after;
}

static const struct vault_entry *
row_of(const struct rows *rows, const char *scope, const char *field)
{
	for (size_t i = 0; i < rows->n; i++)
		if (strcmp(rows->entry[i].scope, scope) == 0 &&
		    strcmp(rows->entry[i].field, field) == 0)
			return &rows->entry[i];
	return NULL;
}

static const struct vault_name SINK = { SPAN_LIT("sink:nats"),
	SPAN_LIT("password"), SPAN_LIT("nats://there") };

Test(vault_list, list_has_names_and_times_and_nothing_else)
{
	static const char *const STRANGER[] = { "secrets/x.token.new",
		"secrets/x", "secrets/x.", "secrets/.token", "secrets/X.token",
		"secrets/sink_.token", "secrets/sink:a.token",
		"secrets/a_b.token", "secrets/-a.token", "secrets/x.token2",
		"secrets/x.token.token",
		"secrets/sink_0123456789-abcdefghijklmnopqrstuv.token" };
	struct rows rows = { .n = 0 };
	const struct vault_entry *e;

	cr_expect_eq(vault_list(&vault, add_row, &rows), ST_OK);
	cr_expect_eq(rows.n, 0, "before first use");
	cr_expect_str_eq(vault.why, "");
	cr_assert_eq(vault_set(&vault, &CONTOSO, SPAN_LIT("x"),
			 INT64_C(134188975175018010), INT64_MAX),
	    ST_OK);
	cr_assert_eq(vault_set(&vault, &SINK, SPAN_LIT("y"), 5, 0), ST_OK);
	for (size_t i = 0; i < sizeof STRANGER / sizeof STRANGER[0]; i++)
		scratch_write(&at, STRANGER[i], SPAN_LIT("?"));
	cr_expect_eq(vault_list(&vault, add_row, &rows), ST_OK);
	cr_assert_eq(rows.n, 2);
	e = row_of(&rows, "contoso", "client_secret");
	cr_assert_not_null(e);
	cr_expect_eq(e->state, ST_OK);
	cr_expect_eq(e->set_at, INT64_C(134188975175018010));
	cr_expect_eq(e->expires_at, INT64_MAX);
	e = row_of(&rows, "sink:nats", "password");
	cr_assert_not_null(e);
	cr_expect_eq(e->state, ST_OK);
	cr_expect_eq(e->set_at, 5);
	cr_expect_eq(e->expires_at, 0);
}

Test(vault_list, list_shows_a_damaged_secret_without_its_times)
{
	struct rows rows = { .n = 0 };
	const struct vault_entry *e;
	struct file f;

	set(&CONTOSO, SECRET);
	set(&SINK, "y");
	read_file(FILE_1, &f);
	f.bytes[16] ^= 1; /* an expiry that is a tick later */
	scratch_write(&at, FILE_1, f.span);
	cr_expect_eq(vault_list(&vault, add_row, &rows), ST_OK);
	cr_assert_eq(rows.n, 2);
	e = row_of(&rows, "contoso", "client_secret");
	cr_assert_not_null(e);
	cr_expect_eq(e->state, ST_CORRUPT);
	cr_expect_eq(e->set_at, 0);
	cr_expect_eq(e->expires_at, 0);
	e = row_of(&rows, "sink:nats", "password");
	cr_assert_not_null(e);
	cr_expect_eq(e->state, ST_OK);
	cr_expect_eq(e->expires_at, 2000);
}

Test(vault_list, list_without_the_key_still_names_what_is_there)
{
	struct rows rows = { .n = 0 }, one = { .stop_after = 1 };

	set(&CONTOSO, SECRET);
	set(&SINK, "y");
	unlink(scratch_path(&at, "vault.key"));
	cr_expect_eq(vault_list(&vault, add_row, &rows), ST_OK);
	cr_assert_eq(rows.n, 2);
	cr_expect_eq(rows.entry[0].state, ST_CORRUPT);
	cr_expect_eq(rows.entry[1].state, ST_CORRUPT);
	cr_expect_eq(vault_list(&vault, add_row, &one), ST_OK);
	cr_expect_eq(one.n, 1, "until it is told to stop");
}

static bool
remove_all(void *ctx, const struct vault_entry *entry)
{
	struct rows *rows = ctx;

	unlink(scratch_path(&at, FILE_1));
	unlink(scratch_path(&at, "secrets/sink_nats.password"));
	return add_row(rows, entry);
}

Test(vault_list, list_leaves_out_what_was_removed_meanwhile)
{
	struct rows rows = { .n = 0 };

	set(&CONTOSO, SECRET);
	set(&SINK, "y");
	cr_expect_eq(vault_list(&vault, remove_all, &rows), ST_OK);
	cr_expect_eq(rows.n, 1);
}

Test(vault_list, list_of_a_folder_that_is_none_is_an_error)
{
	struct rows rows = { .n = 0 };

	scratch_write(&at, "secrets", SPAN_LIT("?"));
	cr_expect_eq(vault_list(&vault, add_row, &rows), ST_IO);
	cr_expect_neq(vault.why[0], '\0');
}
