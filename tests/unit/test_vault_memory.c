/* SPDX-License-Identifier: MIT */
/* What of the secret is in memory, where, and for how long. */
#define _GNU_SOURCE

#include "vault_bench.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

static int mlock_error;

/* The address sanitizer's own does nothing. */
int
mlock(const void *p, size_t n)
{
	if (mlock_error != 0) {
		errno = mlock_error;
		return -1;
	}
	return (int)syscall(SYS_mlock, p, n);
}

VAULT_SUITE(vault_memory);

static size_t
copies_of(struct span needle)
{
	struct span all = { (const uint8_t *)&vault, sizeof vault };
	size_t copies = 0;

	for (size_t i = 0; i + needle.n <= all.n; i++)
		copies += span_eq(span_sub(all, i, needle.n), needle);
	return copies;
}

static enum st
count_copies(void *ctx, struct span secret)
{
	uint8_t key[SEAL_KEY_BYTES];

	(void)secret;
	cr_expect_eq(copies_of(SPAN_LIT(SECRET)), 1, "the control");
	memcpy(key, ctx, sizeof key);
	cr_expect_eq(copies_of((struct span){ key, sizeof key }), 0,
	    "the key is gone before the secret is lent");
	return ST_OK;
}

/* Nothing but names and flags: the page is zero. */
static void
expect_clean(const char *when)
{
	struct span page = { (const uint8_t *)&vault.page, sizeof vault.page };
	bool clean_page = true;

	for (size_t i = 0; i < page.n; i++)
		clean_page = clean_page && page.p[i] == 0;
	cr_expect(clean_page, "%s", when);
	cr_expect_eq(copies_of(SPAN_LIT(SECRET)), 0, "%s", when);
	cr_expect_not(vault.busy, "%s", when);
}

static bool
see_nothing(void *ctx, const struct vault_entry *entry)
{
	(void)entry;
	cr_expect_eq(copies_of(SPAN_LIT(SECRET)), 0, "not even while listing");
	return *(bool *)ctx;
}

Test(vault_memory, no_copy_of_secret_or_key_is_left_after_any_call)
{
	struct vault_name other = CONTOSO;
	uint8_t file[512], key_file[64];
	bool go_on = false;
	long n;

	set(&CONTOSO, SECRET);
	expect_clean("set");
	cr_assert_eq(
	    scratch_read(&at, "vault.key", key_file, sizeof key_file), 44);
	cr_expect_eq(
	    vault_lend(&vault, &CONTOSO, count_copies, key_file + 8), ST_OK);
	expect_clean("lend");
	other.binding = SPAN_LIT("elsewhere");
	cr_expect_eq(lent(&other), ST_DENIED);
	expect_clean("denied");
	n = scratch_read(&at, FILE_1, file, sizeof file);
	file[n - 1] ^= 1;
	scratch_write(&at, FILE_1, (struct span){ file, (size_t)n });
	cr_expect_eq(lent(&CONTOSO), ST_CORRUPT);
	expect_clean("corrupt");
	set(&CONTOSO, SECRET);
	cr_expect_eq(vault_list(&vault, see_nothing, &go_on), ST_OK);
	expect_clean("list");
	scratch_write(&at, "vault.key", SPAN_LIT("damaged"));
	cr_expect_eq(lent(&CONTOSO), ST_CORRUPT);
	expect_clean("no key");
	cr_expect_eq(vault_delete(&vault, &CONTOSO), ST_OK);
	expect_clean("delete");
}

/* The flags that the kernel keeps for the mapping of `p`. */
static bool
has_flag(const void *p, const char *flag)
{
	FILE *maps = fopen("/proc/self/smaps", "r");
	unsigned long from, to;
	bool inside = false, found = false;
	char line[512];

	cr_assert_not_null(maps);
	while (fgets(line, sizeof line, maps) != NULL) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			inside = from <= (unsigned long)p &&
			    (unsigned long)p < to;
		if (inside && strncmp(line, "VmFlags:", 8) == 0)
			found = strstr(line, flag) != NULL;
	}
	fclose(maps);
	return found;
}

Test(vault_memory, page_is_locked_and_left_out_of_core_files)
{
	const uint8_t *last = (const uint8_t *)(&vault.page + 1) - 1;

	if (!vault.locked)
		cr_skip_test("vault: RLIMIT_MEMLOCK is too small here");
	cr_expect(has_flag(&vault.page, " lo"));
	cr_expect(has_flag(&vault.page, " dd"));
	cr_expect(has_flag(last, " lo"));
	cr_expect(has_flag(last, " dd"));
}

Test(vault_memory, without_the_right_to_lock_it_works_and_says_so)
{
	static struct vault other;
	const struct rlimit none = { 0, 0 };

	cr_assert_eq(setrlimit(RLIMIT_MEMLOCK, &none), 0);
	if (getuid() == 0)
		cr_assert_eq(seteuid(65534), 0);
	cr_expect_eq(
	    vault_init(&other, span_str(at.dir), &vault_device_key), ST_OK);
	cr_expect_not(other.locked);
	if (getuid() == 0)
		cr_assert_eq(seteuid(0), 0);
}

Test(vault_memory, lock_that_fails_without_a_limit_is_an_error)
{
	static struct vault other;

	mlock_error = EAGAIN;
	cr_expect_eq(
	    vault_init(&other, span_str(at.dir), &vault_device_key), ST_IO);
	cr_expect_neq(other.why[0], '\0');
}

Test(vault_memory, state_directory_without_room_for_its_files_is_refused)
{
	static struct vault other;
	char dir[PATH_MAX_BYTES];

	memset(dir, 'd', sizeof dir);
	dir[0] = '/';
	cr_expect_eq(vault_init(&other,
			 (struct span){ (uint8_t *)dir, PATH_MAX_BYTES - 95 },
			 &vault_device_key),
	    ST_CONFIG);
	cr_expect_eq(
	    vault_init(&other, SPAN_LIT(""), &vault_device_key), ST_CONFIG);
	cr_expect_eq(
	    vault_init(&other, SPAN_LIT("a\0b"), &vault_device_key), ST_CONFIG);
	cr_expect_eq(vault_init(&other,
			 (struct span){ (uint8_t *)dir, PATH_MAX_BYTES - 96 },
			 &vault_device_key),
	    ST_OK);
	/* The longest name: it is too long for the system, not for us. */
	cr_expect_eq(
	    vault_set(&other,
		&(struct vault_name){
		    SPAN_LIT("sink:0123456789-abcdefghijklmnopqrstu"),
		    SPAN_LIT("client_certificate_next"), SPAN_LIT("there") },
		SPAN_LIT("x"), 0, 0),
	    ST_IO);
}

static enum st
ask_again(void *ctx, struct span secret)
{
	(void)secret;
	scratch_remove(&at); /* nothing comes after this */
	return vault_lend(&vault, &CONTOSO, keep, ctx);
}

Test(vault_memory, call_from_within_a_borrower_is_a_mistake_that_stops,
    .signal = SIGABRT)
{
	static struct kept kept;

	set(&CONTOSO, SECRET);
	cr_expect_eq(vault_lend(&vault, &CONTOSO, ask_again, &kept), ST_OK);
}
