/* SPDX-License-Identifier: MIT */
/*
 * What damages, moves, copies and cuts off can do to the vault: a secret
 * opens whole, in its place, for its destination, or not at all; and nothing
 * is destroyed that somebody could still put right.
 */
#define _GNU_SOURCE

#include "vault_bench.h"

VAULT_SUITE(vault_damage);

/* --- the file of a secret ---------------------------------------------- */

Test(vault_damage, every_flipped_bit_is_refused_for_every_destination)
{
	struct vault_name elsewhere = CONTOSO;
	struct file f;

	elsewhere.binding = SPAN_LIT("elsewhere");
	set(&CONTOSO, SECRET);
	read_file(FILE_1, &f);
	for (size_t bit = 0; bit < f.span.n * 8; bit++) {
		enum st st;

		f.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		scratch_write(&at, FILE_1, f.span);
		cr_expect_eq(lent(&CONTOSO), ST_CORRUPT, "bit %zu", bit);
		st = lent(&elsewhere);
		/* Of the cipher text behind salt and marks nobody asks when
		 * it is for another destination anyway. */
		cr_expect_eq(
		    st, bit < 120 * 8 ? ST_CORRUPT : ST_DENIED, "bit %zu", bit);
		f.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	scratch_write(&at, FILE_1, f.span);
	cr_expect_eq(lent(&CONTOSO), ST_OK, "the control");
}

Test(vault_damage, every_other_length_is_refused)
{
	static uint8_t large[VAULT_FILE_MAX_BYTES + 1];
	struct file f;

	set(&CONTOSO, SECRET);
	read_file(FILE_1, &f);
	for (size_t n = 0; n <= f.span.n + 2; n++) {
		enum st st = n == f.span.n ? ST_OK : ST_CORRUPT;

		if (n > f.span.n)
			f.bytes[n - 1] = 0;
		scratch_write(&at, FILE_1, (struct span){ f.bytes, n });
		cr_expect_eq(lent(&CONTOSO), st, "%zu bytes", n);
	}
	memcpy(large, f.bytes, f.span.n);
	scratch_write(&at, FILE_1, (struct span){ large, sizeof large - 1 });
	cr_expect_eq(lent(&CONTOSO), ST_CORRUPT, "as large as can be");
	scratch_write(&at, FILE_1, (struct span){ large, sizeof large });
	cr_expect_eq(lent(&CONTOSO), ST_CORRUPT, "larger");
}

Test(vault_damage, file_copied_to_another_name_does_not_open)
{
	static const struct {
		struct vault_name name;
		const char *file;
	} ROW[] = {
		{ { SPAN_LIT("fabrikam"), SPAN_LIT("client_secret"), { 0 } },
		    "secrets/fabrikam.client_secret" },
		{ { SPAN_LIT("contoso"), SPAN_LIT("client_secret_next"),
		      { 0 } },
		    "secrets/contoso.client_secret_next" },
		{ { SPAN_LIT("sink:contoso"), SPAN_LIT("client_secret"),
		      { 0 } },
		    "secrets/sink_contoso.client_secret" },
	};
	struct file f;

	set(&CONTOSO, SECRET);
	read_file(FILE_1, &f);
	for (size_t i = 0; i < sizeof ROW / sizeof ROW[0]; i++) {
		struct vault_name name = ROW[i].name;

		name.binding = CONTOSO.binding;
		scratch_write(&at, ROW[i].file, f.span);
		cr_expect_eq(lent(&name), ST_CORRUPT, "%s", ROW[i].file);
	}
	cr_expect_eq(lent(&CONTOSO), ST_OK, "the control");
}

Test(vault_damage, changed_destination_is_denied_and_the_old_one_still_opens)
{
	static const char *const OTHER[] = { "https://login.example tenant ap",
		"https://login.example tenant appp",
		"https://login.example tenant apq",
		"ihttps://login.example tenant app", "x" };

	set(&CONTOSO, SECRET);
	for (size_t i = 0; i < sizeof OTHER / sizeof OTHER[0]; i++) {
		struct vault_name name = CONTOSO;

		name.binding = span_str(OTHER[i]);
		cr_expect_eq(lent(&name), ST_DENIED, "%s", OTHER[i]);
		cr_expect_str_eq(vault.why,
		    "the secret was entered for another destination");
	}
	cr_expect_eq(lent(&CONTOSO), ST_OK);
}

static void
put_i64(struct buf *b, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		buf_put_byte(b, (uint8_t)(value >> (8 * i)));
}

struct forgery {
	struct span marked; /* the destination that mark and check say */
	struct span sealed; /* the one that the AEAD was given */
};

/* A file written from the description in vault_file.c, not by its code, with
 * the right key. */
static void
write_forged(const struct forgery *how)
{
	static const uint8_t SALT[] = "0123456789abcdef0123456789abcdef";
	uint8_t room[512], text_room[512], ad_room[512], digest[32];
	struct buf file = BUF_OVER(room), text = BUF_OVER(text_room);
	struct buf ad = BUF_OVER(ad_room);
	struct span name = SPAN_LIT("contoso\0client_secret\0");
	struct seal_key key;
	struct file f;

	read_file("vault.key", &f);
	memcpy(key.b, f.bytes + 8, sizeof key.b);
	buf_put_str(&file, "WFSECR01");
	put_i64(&file, 1000);
	put_i64(&file, 2000);
	buf_put(&text, SPAN_LIT("wf-sentinel vault binding 1\0"));
	seal_sha256(how->marked, digest);
	buf_put(&text, (struct span){ digest, 32 });
	seal_mark(&key, SALT, span_of(&text), digest);
	buf_put(&file, (struct span){ digest, 32 });
	buf_reset(&text);
	buf_put(&text, SPAN_LIT("wf-sentinel vault header 1\0"));
	buf_put(&text, span_of(&file));
	buf_put(&text, name);
	seal_mark(&key, SALT, span_of(&text), digest);
	buf_put(&file, (struct span){ digest, 32 });
	buf_put(&ad, span_of(&file));
	buf_put(&ad, name);
	seal_sha256(how->sealed, digest);
	buf_put(&ad, (struct span){ digest, 32 });
	cr_assert_eq(
	    seal_close(&key, SALT, span_of(&ad), SPAN_LIT(SECRET), &file),
	    ST_OK);
	scratch_write(&at, FILE_1, span_of(&file));
}

Test(vault_damage, file_written_from_its_description_opens)
{
	set(&CONTOSO, "x");
	write_forged(&(struct forgery){ CONTOSO.binding, CONTOSO.binding });
	cr_assert_eq(lent(&CONTOSO), ST_OK);
}

/* Were the mark alone between a secret and another destination, this would
 * open: it says that the secret is for contoso, but it was sealed for another
 * destination. */
Test(vault_damage, mark_of_a_destination_is_not_enough_to_open)
{
	set(&CONTOSO, "x");
	write_forged(&(struct forgery){ CONTOSO.binding, SPAN_LIT("other") });
	cr_expect_eq(lent(&CONTOSO), ST_CORRUPT);
	write_forged(&(struct forgery){ SPAN_LIT("other"), CONTOSO.binding });
	cr_expect_eq(lent(&CONTOSO), ST_DENIED);
}

/* --- the key ----------------------------------------------------------- */

/* Neither lends nor sets, and both files stay as they are. */
static void
expect_refused(const char *when)
{
	struct file secret, key, after;
	bool has_key = scratch_has(&at, "vault.key");
	struct vault_name fresh = CONTOSO;

	fresh.scope = SPAN_LIT("fresh");
	read_file(FILE_1, &secret);
	if (has_key)
		read_file("vault.key", &key);
	cr_expect_eq(lent(&CONTOSO), ST_CORRUPT, "%s", when);
	cr_expect_neq(vault.why[0], '\0', "%s", when);
	cr_expect_eq(vault_set(&vault, &CONTOSO, SPAN_LIT("x"), 0, 0),
	    ST_CORRUPT, "%s", when);
	cr_expect_neq(vault.why[0], '\0', "%s", when);
	cr_expect_eq(vault_set(&vault, &fresh, SPAN_LIT("x"), 0, 0), ST_CORRUPT,
	    "%s", when);
	read_file(FILE_1, &after);
	cr_expect(span_eq(secret.span, after.span), "%s", when);
	cr_expect_eq(scratch_has(&at, "vault.key"), has_key, "%s", when);
	if (has_key) {
		read_file("vault.key", &after);
		cr_expect(span_eq(key.span, after.span), "%s", when);
	}
	cr_expect_not(scratch_has(&at, "secrets/fresh.client_secret"));
}

Test(vault_damage, key_with_any_flipped_bit_is_refused_and_kept)
{
	struct file f;

	set(&CONTOSO, SECRET);
	read_file("vault.key", &f);
	cr_assert_eq(f.span.n, 44);
	for (size_t bit = 0; bit < f.span.n * 8; bit++) {
		f.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		scratch_write(&at, "vault.key", f.span);
		expect_refused("a bit");
		cr_expect_str_eq(vault.why, "vault.key is damaged");
		f.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	scratch_write(&at, "vault.key", f.span);
	cr_expect_eq(lent(&CONTOSO), ST_OK, "the right one, put back");
}

Test(vault_damage, key_of_any_other_length_is_refused_and_kept)
{
	struct file f;

	set(&CONTOSO, SECRET);
	read_file("vault.key", &f);
	for (size_t n = 1; n <= 200; n++) {
		scratch_write(&at, "vault.key", (struct span){ f.bytes, n });
		if (n != 44)
			expect_refused("a length");
	}
	scratch_write(&at, "vault.key", f.span);
	cr_expect_eq(lent(&CONTOSO), ST_OK, "the right one, put back");
}

Test(vault_damage, missing_key_is_not_made_anew_while_there_are_secrets)
{
	struct file f;

	set(&CONTOSO, SECRET);
	read_file("vault.key", &f);
	unlink(scratch_path(&at, "vault.key"));
	expect_refused("missing");
	cr_expect_str_eq(vault.why, "vault.key is missing");
	scratch_write(&at, "vault.key", f.span);
	cr_expect_eq(lent(&CONTOSO), ST_OK, "put back");
	unlink(scratch_path(&at, "vault.key"));
	cr_expect_eq(vault_delete(&vault, &CONTOSO), ST_OK);
	set(&CONTOSO, SECRET);
	cr_expect_eq(lent(&CONTOSO), ST_OK, "nothing was left to lose");
}

Test(vault_damage, key_that_others_may_read_or_a_link_is_refused_and_kept)
{
	set(&CONTOSO, SECRET);
	chmod(scratch_path(&at, "vault.key"), 0640);
	expect_refused("group");
	chmod(scratch_path(&at, "vault.key"), 0604);
	expect_refused("others");
	chmod(scratch_path(&at, "vault.key"), 0600);
	cr_expect_eq(lent(&CONTOSO), ST_OK);
	cr_assert_eq(chdir(at.dir), 0);
	cr_assert_eq(rename("vault.key", "moved.key"), 0);
	cr_assert_eq(symlink("moved.key", "vault.key"), 0);
	expect_refused("a link");
}

Test(vault_damage, secret_under_another_key_is_refused)
{
	struct vault_name other = CONTOSO;
	struct file f;

	set(&CONTOSO, SECRET);
	read_file(FILE_1, &f);
	cr_assert_eq(vault_delete(&vault, &CONTOSO), ST_OK);
	unlink(scratch_path(&at, "vault.key"));
	other.scope = SPAN_LIT("other");
	set(&other, SECRET);
	scratch_write(&at, FILE_1, f.span);
	cr_expect_eq(lent(&CONTOSO), ST_CORRUPT);
	cr_expect_eq(lent(&other), ST_OK);
	set(&CONTOSO, SECRET);
	cr_expect_eq(lent(&CONTOSO), ST_OK, "entered again");
}
