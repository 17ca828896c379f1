/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE

#include "vault_bench.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

VAULT_SUITE(vault);

Test(vault, secret_comes_back_for_its_destination)
{
	set(&CONTOSO, SECRET);
	cr_expect_str_eq(vault.why, "");
	cr_expect_eq(lent(&CONTOSO), ST_OK);
	cr_expect_eq(lent(&CONTOSO), ST_OK, "as often as wanted");
	set(&CONTOSO, "another");
	cr_expect_eq(lent_as(&CONTOSO, "another"), ST_OK, "the last one set");
}

Test(vault, secret_comes_back_to_another_process_with_the_same_state)
{
	static struct vault other;
	static struct kept kept;

	set(&CONTOSO, SECRET);
	cr_assert_eq(
	    vault_init(&other, span_str(at.dir), &vault_device_key), ST_OK);
	cr_assert_eq(vault_lend(&other, &CONTOSO, keep, &kept), ST_OK);
	cr_assert(
	    span_eq((struct span){ kept.bytes, kept.n }, SPAN_LIT(SECRET)));
}

Test(vault, every_size_from_one_byte_to_the_limit_comes_back)
{
	static uint8_t value[SECRET_MAX_BYTES];
	static const size_t SIZE[] = { 1, 15, 16, 17, 63, 64, 65, 4096, 4097,
		SECRET_MAX_BYTES - 1, SECRET_MAX_BYTES };
	static struct kept kept;

	for (size_t i = 0; i < sizeof value; i++)
		value[i] = (uint8_t)(i * 7 + i / 256);
	for (size_t i = 0; i < sizeof SIZE / sizeof SIZE[0]; i++) {
		struct span secret = { value, SIZE[i] };

		cr_assert_eq(vault_set(&vault, &CONTOSO, secret, 0, 0), ST_OK);
		cr_assert_eq(vault_lend(&vault, &CONTOSO, keep, &kept), ST_OK);
		cr_assert(span_eq((struct span){ kept.bytes, kept.n }, secret),
		    "%zu bytes", SIZE[i]);
	}
}

Test(vault, answer_of_the_borrower_is_handed_on)
{
	static struct kept kept = { .answer = ST_TIMEOUT };

	set(&CONTOSO, SECRET);
	cr_assert_eq(vault_lend(&vault, &CONTOSO, keep, &kept), ST_TIMEOUT);
	cr_assert_eq(kept.calls, 1);
}

Test(vault, files_are_for_their_owner_alone)
{
	umask(0);
	set(&CONTOSO, SECRET);
	cr_expect_eq(scratch_mode(&at, "secrets"), 0700u);
	cr_expect_eq(scratch_mode(&at, FILE_1), 0600u);
	cr_expect_eq(scratch_mode(&at, "vault.key"), 0600u);
}

Test(vault, file_holds_neither_secret_nor_destination)
{
	uint8_t room[512];
	struct span file;
	long n;

	set(&CONTOSO, SECRET);
	n = scratch_read(&at, FILE_1, room, sizeof room);
	cr_assert_eq(n, (long)(VAULT_OVERHEAD_BYTES + sizeof SECRET - 1));
	file = (struct span){ room, (size_t)n };
	cr_expect_eq(span_find_nocase(file, SPAN_LIT("s3cr3t")), SIZE_MAX);
	cr_expect_eq(span_find_nocase(file, SPAN_LIT("login")), SIZE_MAX);
	cr_expect_neq(span_find_nocase(file, SPAN_LIT("WFSECR01")), SIZE_MAX,
	    "the search works");
}

Test(vault, same_secret_set_twice_shares_no_byte_beyond_its_times)
{
	uint8_t a[512], b[512];
	long n, same = 0;

	set(&CONTOSO, SECRET);
	n = scratch_read(&at, FILE_1, a, sizeof a);
	set(&CONTOSO, SECRET);
	cr_assert_eq(scratch_read(&at, FILE_1, b, sizeof b), n);
	for (long i = 24; i < n; i++)
		same += a[i] == b[i];
	cr_assert_lt(same, 8, "chance alone gives less than one");
}

Test(vault, every_scope_has_a_file_of_its_own)
{
	/* clang-format off */
	static const struct {
		const char *scope, *file;
	} ROW[] = {
		{ "a", "secrets/a.token" },
		{ "network", "secrets/network.token" },
		{ "sink:file", "secrets/sink_file.token" },
		{ "sink-file", "secrets/sink-file.token" },
		{ "sink", "secrets/sink.token" },
		{ "sink:sink", "secrets/sink_sink.token" },
		{ "0123456789-abcdefghijklmnopqrstuv",
		    NULL /* 33 bytes: see below */ },
		{ "0123456789-abcdefghijklmnopqrstu",
		    "secrets/0123456789-abcdefghijklmnopqrstu.token" },
		{ "sink:0123456789-abcdefghijklmnopqrstu",
		    "secrets/sink_0123456789-abcdefghijklmnopqrstu.token" },
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof ROW / sizeof ROW[0]; i++) {
		struct vault_name name = { span_str(ROW[i].scope),
			SPAN_LIT("token"), SPAN_LIT("there") };

		if (ROW[i].file == NULL) {
			cr_expect_not(vault_is_scope(name.scope));
			continue;
		}
		set(&name, ROW[i].scope);
		cr_expect(scratch_has(&at, ROW[i].file), "%s", ROW[i].scope);
	}
	for (size_t i = 0; i < sizeof ROW / sizeof ROW[0]; i++) {
		struct vault_name name = { span_str(ROW[i].scope),
			SPAN_LIT("token"), SPAN_LIT("there") };

		if (ROW[i].file != NULL)
			cr_expect_eq(lent_as(&name, ROW[i].scope), ST_OK);
	}
}

/* clang-format off */
static const struct {
	struct span scope, field;
	const char *why;
} BAD_NAME[] = {
#define BAD(scope, field, why) { SPAN_LIT(scope), SPAN_LIT(field), why }
	BAD("", "token", "no scope"),
	BAD("..", "token", "the parent"),
	BAD("../x", "token", "a way out"),
	BAD("a/b", "token", "a folder"),
	BAD("/etc/x", "token", "an absolute path"),
	BAD("Contoso", "token", "a capital"),
	BAD("-a", "token", "a leading hyphen"),
	BAD("a b", "token", "a blank"),
	BAD("a.b", "token", "a dot"),
	BAD("a_b", "token", "what a sink's file has"),
	BAD("sink_a", "token", "the file of a sink"),
	BAD("sink:", "token", "a sink without name"),
	BAD("sink:-a", "token", "a leading hyphen of a sink"),
	BAD("sink:sink:a", "token", "twice a sink"),
	BAD("sink:../a", "token", "a way out of a sink"),
	BAD("a\0b", "token", "a NUL"),
	BAD("a\n", "token", "a newline"),
	BAD("\xc3\xa4", "token", "not ASCII"),
	BAD("0123456789-abcdefghijklmnopqrstuv", "token", "33 bytes"),
	BAD("sink:0123456789-abcdefghijklmnopqrstuv", "token", "33 of a sink"),
	BAD("a", "", "no field"),
	BAD("a", "Token", "a capital in the field"),
	BAD("a", "token2", "no such field"),
	BAD("a", "toke", "a beginning of a field"),
	BAD("a", "token\0", "a NUL behind the field"),
	BAD("a", "token.new", "a left-over"),
	BAD("a", "../token", "a way out of the field"),
};
/* clang-format on */

Test(vault, other_names_are_refused_and_nothing_is_made)
{
	for (size_t i = 0; i < sizeof BAD_NAME / sizeof BAD_NAME[0]; i++) {
		struct vault_name name = { BAD_NAME[i].scope, BAD_NAME[i].field,
			SPAN_LIT("there") };

		cr_expect_eq(vault_set(&vault, &name, SPAN_LIT("x"), 0, 0),
		    ST_CONFIG, "%s", BAD_NAME[i].why);
		cr_expect_eq(lent(&name), ST_CONFIG, "%s", BAD_NAME[i].why);
		cr_expect_eq(vault_delete(&vault, &name), ST_CONFIG, "%s",
		    BAD_NAME[i].why);
	}
	cr_expect_not(scratch_has(&at, "secrets"));
	cr_expect_not(scratch_has(&at, "vault.key"));
}

Test(vault, fields_are_those_of_the_contract)
{
	static const char *const FIELD[] = { "client_secret",
		"client_secret_next", "client_certificate",
		"client_certificate_next", "proxy_password", "password",
		"token" };

	for (size_t i = 0; i < sizeof FIELD / sizeof FIELD[0]; i++) {
		struct vault_name name = { SPAN_LIT("a"), span_str(FIELD[i]),
			SPAN_LIT("there") };

		cr_expect(vault_is_field(span_str(FIELD[i])));
		set(&name, FIELD[i]);
		cr_expect_eq(lent_as(&name, FIELD[i]), ST_OK);
	}
	cr_expect_not(vault_is_field(SPAN_NONE));
}

Test(vault, empty_or_over_long_value_and_no_destination_are_refused)
{
	static uint8_t value[SECRET_MAX_BYTES + 1];
	struct vault_name nowhere = CONTOSO;

	nowhere.binding = SPAN_LIT("");
	set(&CONTOSO, SECRET);
	cr_expect_eq(vault_set(&vault, &CONTOSO, SPAN_NONE, 0, 0), ST_CONFIG);
	cr_expect_eq(vault_set(&vault, &CONTOSO,
			 (struct span){ value, sizeof value }, 0, 0),
	    ST_CONFIG);
	cr_expect_eq(
	    vault_set(&vault, &nowhere, SPAN_LIT("x"), 0, 0), ST_CONFIG);
	cr_expect_eq(lent(&nowhere), ST_DENIED);
	cr_expect_eq(lent(&CONTOSO), ST_OK, "nothing changed");
}

Test(vault, secret_that_was_never_set_is_not_found)
{
	struct vault_name other = CONTOSO;

	cr_expect_eq(lent(&CONTOSO), ST_NOT_FOUND, "nothing at all yet");
	cr_expect_not(scratch_has(&at, "vault.key"), "asking makes no key");
	set(&CONTOSO, SECRET);
	other.field = SPAN_LIT("client_secret_next");
	cr_expect_eq(lent(&other), ST_NOT_FOUND);
}

Test(vault, write_that_fails_leaves_the_old_secret)
{
	static uint8_t value[8192];
	const struct rlimit limit = { 4096, 4096 };

	set(&CONTOSO, SECRET);
	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	cr_expect_eq(vault_set(&vault, &CONTOSO,
			 (struct span){ value, sizeof value }, 0, 0),
	    ST_IO);
	cr_expect_eq(errno, EFBIG);
	cr_expect_neq(vault.why[0], '\0');
	cr_expect_eq(lent(&CONTOSO), ST_OK);
}

Test(vault, folder_that_is_a_file_is_an_error_that_changes_nothing)
{
	scratch_write(&at, "secrets", SPAN_LIT("mine"));
	cr_expect_eq(vault_set(&vault, &CONTOSO, SPAN_LIT("x"), 0, 0), ST_IO);
	cr_expect(scratch_holds(&at, "secrets", "mine"));
	cr_expect_eq(lent(&CONTOSO), ST_IO);
}
