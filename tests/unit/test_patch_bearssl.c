/* SPDX-License-Identifier: MIT */
/*
 * Regression tests of scripts/patches/bearssl: the certificate and key
 * decoders of BearSSL 0.6 must stop for good at their first error, and the
 * key decoder must know the size of its own buffer.  Last, of our switch
 * BR_RDRAND=0.
 *
 * The inputs are built here, from the inside out: each der_ call puts bytes in
 * front of what is there already.
 */
#include <bearssl.h>
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

enum {
	TAG_INTEGER = 0x02,
	TAG_BIT_STRING = 0x03,
	TAG_OCTET_STRING = 0x04,
	TAG_UTC_TIME = 0x17,
	TAG_SEQUENCE = 0x30,
	TAG_CONTEXT_0 = 0xa0,
	RSA_8192_BYTES = 8192 / 8,
	FILL = 0xa5
};

struct der {
	uint8_t bytes[8192];
	size_t at; /* first byte in use; everything behind it is */
};

static void
der_init(struct der *d)
{
	memset(d, 0, sizeof *d);
	d->at = sizeof d->bytes;
}

static size_t
der_used(const struct der *d)
{
	return sizeof d->bytes - d->at;
}

static void
der_bytes(struct der *d, const void *bytes, size_t n)
{
	cr_assert_leq(n, d->at);
	d->at -= n;
	memcpy(d->bytes + d->at, bytes, n);
}

static void
der_byte(struct der *d, unsigned byte)
{
	uint8_t b = (uint8_t)byte;

	der_bytes(d, &b, 1);
}

/* Tag and length in front of everything since `used` bytes were in use. */
static void
der_wrap(struct der *d, unsigned tag, size_t used)
{
	size_t n = der_used(d) - used;

	der_byte(d, (unsigned)n & 0xff);
	der_byte(d, (unsigned)n >> 8);
	der_byte(d, 0x82);
	der_byte(d, tag);
}

static void
der_fill(struct der *d, unsigned tag, size_t n)
{
	size_t used = der_used(d);

	for (size_t i = 0; i < n; i++)
		der_byte(d, FILL);
	/* An integer with its top bit set needs a zero in front. */
	if (tag == TAG_INTEGER)
		der_byte(d, 0);
	der_wrap(d, tag, used);
}

static void
der_oid_sequence(struct der *d, const uint8_t *oid, size_t n)
{
	size_t used = der_used(d);

	der_bytes(d, oid, n);
	der_wrap(d, TAG_SEQUENCE, used);
}

static void
der_time(struct der *d, const char *text)
{
	size_t used = der_used(d);

	der_bytes(d, text, strlen(text));
	der_wrap(d, TAG_UTC_TIME, used);
}

static void
der_small(struct der *d, unsigned value)
{
	size_t used = der_used(d);

	der_byte(d, value);
	der_wrap(d, TAG_INTEGER, used);
}

static void
der_rsa_public_key(struct der *d, size_t modulus_bytes)
{
	static const uint8_t rsa[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
		0x0d, 0x01, 0x01, 0x01 };
	size_t used = der_used(d);

	der_small(d, 3);
	der_fill(d, TAG_INTEGER, modulus_bytes);
	der_wrap(d, TAG_SEQUENCE, used);
	der_byte(d, 0);
	der_wrap(d, TAG_BIT_STRING, used);
	der_oid_sequence(d, rsa, sizeof rsa);
	der_wrap(d, TAG_SEQUENCE, used);
}

/* A certificate with empty names and, as far as the decoder looks, all else. */
static void
der_certificate(struct der *d, size_t modulus_bytes)
{
	static const uint8_t sha256_rsa[] = { 0x06, 0x09, 0x2a, 0x86, 0x48,
		0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b };
	size_t used, validity;

	der_init(d);
	der_byte(d, 0);
	der_wrap(d, TAG_BIT_STRING, 0);
	der_oid_sequence(d, sha256_rsa, sizeof sha256_rsa);

	used = der_used(d);
	der_rsa_public_key(d, modulus_bytes);
	der_wrap(d, TAG_SEQUENCE, der_used(d));
	validity = der_used(d);
	der_time(d, "300101000000Z");
	der_time(d, "200101000000Z");
	der_wrap(d, TAG_SEQUENCE, validity);
	der_wrap(d, TAG_SEQUENCE, der_used(d));
	der_oid_sequence(d, sha256_rsa, sizeof sha256_rsa);
	der_small(d, 1);
	der_wrap(d, TAG_SEQUENCE, used);
	der_wrap(d, TAG_SEQUENCE, 0);
}

/* A PKCS#1 key whose five factors have `n` bytes each. */
static void
der_rsa_private_key(struct der *d, size_t n)
{
	der_init(d);
	for (int i = 0; i < 5; i++)
		der_fill(d, TAG_INTEGER, n);
	der_small(d, 3);
	der_small(d, 3);
	der_fill(d, TAG_INTEGER, 256);
	der_small(d, 0);
	der_wrap(d, TAG_SEQUENCE, 0);
}

/* An SEC 1 key on P-256 of `n` bytes, where 32 are usual. */
static void
der_ec_private_key(struct der *d, size_t n)
{
	static const uint8_t p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
		0x3d, 0x03, 0x01, 0x07 };

	der_init(d);
	der_bytes(d, p256, sizeof p256);
	der_wrap(d, TAG_CONTEXT_0, 0);
	der_fill(d, TAG_OCTET_STRING, n);
	der_small(d, 1);
	der_wrap(d, TAG_SEQUENCE, 0);
}

/*
 * Push d in pieces of `step` bytes, as a PEM reader does that ignores the
 * error.  Returns the first error; from then on not one byte of the context
 * may change.
 */
static int
push_certificate(const struct der *d, size_t step)
{
	static br_x509_decoder_context ctx, then;
	int first = BR_ERR_X509_TRUNCATED;

	br_x509_decoder_init(&ctx, NULL, NULL);
	for (size_t at = d->at; at < sizeof d->bytes; at += step) {
		size_t left = sizeof d->bytes - at;

		br_x509_decoder_push(
		    &ctx, d->bytes + at, left < step ? left : step);
		if (first != BR_ERR_X509_TRUNCATED)
			cr_assert_arr_eq(&ctx, &then, sizeof ctx,
			    "the context changed after the error");
		first = br_x509_decoder_last_error(&ctx);
		then = ctx;
	}
	cr_assert(first == 0 || br_x509_decoder_get_pkey(&ctx) == NULL);
	return first;
}

struct guarded_key {
	br_skey_decoder_context ctx;
	uint8_t guard[64];
};

static int
push_key(const struct der *d, size_t step)
{
	static struct guarded_key key, then;
	int first = BR_ERR_X509_TRUNCATED;

	br_skey_decoder_init(&key.ctx);
	memset(key.guard, 0, sizeof key.guard);
	for (size_t at = d->at; at < sizeof d->bytes; at += step) {
		size_t left = sizeof d->bytes - at;

		br_skey_decoder_push(
		    &key.ctx, d->bytes + at, left < step ? left : step);
		for (size_t i = 0; i < sizeof key.guard; i++)
			cr_assert_eq(key.guard[i], 0,
			    "byte %zu behind the buffer was written", i);
		if (first != BR_ERR_X509_TRUNCATED)
			cr_assert_arr_eq(&key, &then, sizeof key,
			    "the context changed after the error");
		first = br_skey_decoder_last_error(&key.ctx);
		then = key;
	}
	cr_assert(first == 0 || br_skey_decoder_key_type(&key.ctx) == 0);
	return first;
}

/* Without this the tests below could pass because their input is nonsense. */
Test(patch_bearssl, certificate_and_keys_of_usual_size_are_decoded)
{
	static struct der d;

	der_certificate(&d, 4096 / 8);
	cr_assert_eq(push_certificate(&d, 1), 0);
	cr_assert_eq(push_certificate(&d, 512), 0);
	der_rsa_private_key(&d, 4096 / 8 / 2);
	cr_assert_eq(push_key(&d, 1), 0);
	cr_assert_eq(push_key(&d, 512), 0);
	der_ec_private_key(&d, 32);
	cr_assert_eq(push_key(&d, 512), 0);
}

Test(patch_bearssl, rsa_8192_certificate_gives_a_clean_error)
{
	static struct der d;

	der_certificate(&d, RSA_8192_BYTES);
	cr_assert_eq(
	    push_certificate(&d, sizeof d.bytes), BR_ERR_X509_LIMIT_EXCEEDED);
}

Test(patch_bearssl,
    rsa_8192_certificate_pushed_in_pieces_stops_at_the_first_error)
{
	static struct der d;

	der_certificate(&d, RSA_8192_BYTES);
	for (size_t step = 1; step <= 512; step *= 2)
		cr_assert_eq(
		    push_certificate(&d, step), BR_ERR_X509_LIMIT_EXCEEDED);
}

Test(patch_bearssl,
    oversized_private_key_pushed_in_pieces_stops_at_the_first_error)
{
	static struct der d;

	der_rsa_private_key(&d, 800);
	for (size_t step = 1; step <= 512; step *= 2)
		cr_assert_eq(push_key(&d, step), BR_ERR_X509_LIMIT_EXCEEDED);
}

Test(patch_bearssl, private_key_of_1536_bytes_fills_the_buffer)
{
	static struct der d;

	der_ec_private_key(&d, 3 * BR_X509_BUFSIZE_SIG);
	cr_assert_eq(push_key(&d, sizeof d.bytes), 0);
}

Test(patch_bearssl, private_key_of_1537_bytes_is_refused)
{
	static struct der d;

	for (size_t n = 1; n <= 24; n++) {
		der_ec_private_key(&d, 3 * BR_X509_BUFSIZE_SIG + n);
		cr_assert_eq(push_key(&d, sizeof d.bytes),
		    BR_ERR_X509_UNSUPPORTED, "%zu bytes too many", n);
	}
}

/*
 * RDRAND alone, BearSSL's choice on x86, has returned constants on real
 * processors; no source at all would leave the keys to what we inject.
 */
Test(patch_bearssl, seed_comes_from_the_system_and_not_from_the_processor)
{
	br_hmac_drbg_context drbg;
	const char *name = "";

	br_hmac_drbg_init(&drbg, &br_sha256_vtable, NULL, 0);
	cr_assert(br_prng_seeder_system(&name) != NULL, "source: %s", name);
	cr_assert_str_eq(name, "urandom");
	cr_assert_eq(br_prng_seeder_system(NULL)(&drbg.vtable), 1);
}
