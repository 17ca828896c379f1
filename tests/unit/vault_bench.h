/* SPDX-License-Identifier: MIT */
/*
 * vault_bench.h - a vault over a state directory of a test's own.
 *
 * Each test file that includes it begins with VAULT_SUITE(name), whose tests
 * find `vault` ready and `at` empty.
 */
#ifndef TESTS_UNIT_VAULT_BENCH_H
#define TESTS_UNIT_VAULT_BENCH_H

#include "durable.h"
#include "scratch.h"
#include "vault/vault.h"

#define SECRET "s3cr3t-of-the-tests~Q8"
#define FILE_1 "secrets/contoso.client_secret"

static struct scratch at;
static struct vault vault;

static const struct vault_name CONTOSO = { SPAN_LIT("contoso"),
	SPAN_LIT("client_secret"),
	SPAN_LIT("https://login.example tenant app") };

static inline void
make(void)
{
	scratch_make(&at);
	cr_assert_eq(vault_init(&vault, span_str(at.dir), &vault_device_key),
	    ST_OK, "%s", vault.why);
}

static inline void
clean(void)
{
	durable.armed = false;
	scratch_remove(&at);
}

#define VAULT_SUITE(name) TestSuite(name, .init = make, .fini = clean)

static inline void
set(const struct vault_name *name, const char *value)
{
	cr_assert_eq(vault_set(&vault, name, span_str(value), 1000, 2000),
	    ST_OK, "%s", vault.why);
}

/* A borrower that keeps what it was lent. */
struct kept {
	uint8_t bytes[SECRET_MAX_BYTES];
	size_t n;
	int calls;
	enum st answer;
};

static inline enum st
keep(void *ctx, struct span secret)
{
	struct kept *kept = ctx;

	cr_assert(secret.n <= sizeof kept->bytes);
	memcpy(kept->bytes, secret.p, secret.n);
	kept->n = secret.n;
	kept->calls++;
	return kept->answer;
}

/* What lending gives; the secret is as expected when it gives ST_OK. */
static inline enum st
lent_as(const struct vault_name *name, const char *expected)
{
	static struct kept kept;
	enum st st;

	kept = (struct kept){ .answer = ST_OK };
	st = vault_lend(&vault, name, keep, &kept);
	cr_expect_eq(kept.calls, st == ST_OK, "%s", st_text(st));
	cr_expect_eq(vault.why[0] == '\0', st == ST_OK, "%s", vault.why);
	if (st == ST_OK)
		cr_expect(span_eq(
		    (struct span){ kept.bytes, kept.n }, span_str(expected)));
	return st;
}

static inline enum st
lent(const struct vault_name *name)
{
	return lent_as(name, SECRET);
}

struct file {
	uint8_t bytes[512];
	struct span span;
};

static inline void
read_file(const char *name, struct file *f)
{
	long n = scratch_read(&at, name, f->bytes, sizeof f->bytes);

	cr_assert_gt(n, 0, "%s", name);
	f->span = (struct span){ f->bytes, (size_t)n };
}

#endif
