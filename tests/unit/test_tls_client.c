/* SPDX-License-Identifier: MIT */
/*
 * What tls_client_harden leaves in an engine.  That it has the wanted effect is
 * shown by tests/system/test_tls_verdicts.py; what no server can see is here.
 */
#include <stdlib.h>

#include <criterion/criterion.h>

#include "tls/tls_priv.h"

static br_ssl_client_context client;
static br_x509_minimal_context unused;
static struct tls_verifier verifier;
static struct tls_anchors anchors;
static uint8_t buffer[BR_SSL_BUFSIZE_BIDI];

static void
harden(uint8_t seed)
{
	uint8_t random48[TLS_RANDOM_BYTES];

	memset(random48, seed, sizeof random48);
	tls_anchors_init(&anchors);
	br_ssl_client_init_full(&client, &unused, NULL, 0);
	br_ssl_engine_set_buffer(&client.eng, buffer, sizeof buffer, 1);
	tls_client_harden(&client, &verifier, &anchors, 0, random48);
}

Test(tls, hardened_client_has_the_verifier_the_anchors_and_no_weak_hash)
{
	harden(1);
	cr_expect_eq(client.eng.x509ctx, &verifier.vtable);
	cr_expect_eq(verifier.vtable->context_size, sizeof verifier);
	cr_expect_eq(verifier.minimal.trust_anchors, anchors.ta);
	cr_expect_eq(verifier.minimal.trust_anchors_num, 6);
	for (int id = br_md5_ID; id <= br_sha512_ID; id++)
		cr_expect_eq(br_ssl_engine_get_hash(&client.eng, id) != NULL,
		    id >= br_sha256_ID, "hash %d", id);
}

Test(tls, hardened_client_mixes_in_the_random_bytes_it_is_given)
{
	uint8_t one[16], again[16], other[16];

	/* before the reset, which adds the kernel's */
	harden(1);
	br_hmac_drbg_generate(&client.eng.rng, one, sizeof one);
	harden(1);
	br_hmac_drbg_generate(&client.eng.rng, again, sizeof again);
	harden(2);
	br_hmac_drbg_generate(&client.eng.rng, other, sizeof other);
	cr_expect_arr_eq(one, again, sizeof one);
	cr_expect_arr_neq(one, other, sizeof one);
	/* and BearSSL has a source of its own: two resets differ */
	harden(1);
	cr_assert(br_ssl_client_reset(&client, "login.test", 0));
	br_hmac_drbg_generate(&client.eng.rng, one, sizeof one);
	harden(1);
	cr_assert(br_ssl_client_reset(&client, "login.test", 0));
	br_hmac_drbg_generate(&client.eng.rng, again, sizeof again);
	cr_expect_arr_neq(one, again, sizeof one);
}

Test(tls, verifier_without_a_chain_gives_no_key)
{
	unsigned usages = 0;

	harden(1);
	cr_expect_eq(verifier.verdict, TLS_FINE);
	cr_expect_null(verifier.vtable->get_pkey(&verifier.vtable, &usages));
	verifier.vtable->start_chain(&verifier.vtable, "login.test");
	cr_expect_neq(verifier.vtable->end_chain(&verifier.vtable), 0);
	cr_expect_null(verifier.vtable->get_pkey(&verifier.vtable, &usages));
	cr_expect_neq(verifier.verdict, TLS_FINE);
}

/* The engine's error after a ServerHello with this version and suite. */
static int
answer(uint16_t version, uint16_t suite)
{
	uint8_t hello[] = { 22, (uint8_t)(version >> 8), (uint8_t)version, 0,
		42, 2, 0, 0, 38, (uint8_t)(version >> 8),
		(uint8_t)version, [43] = 0, (uint8_t)(suite >> 8),
		(uint8_t)suite, 0 };
	br_ssl_engine_context *eng = &client.eng;
	unsigned char *p;
	size_t n, at = 0;

	harden(1);
	cr_assert(br_ssl_client_reset(&client, "login.test", 0));
	cr_assert(br_ssl_engine_sendrec_buf(eng, &n) != NULL);
	br_ssl_engine_sendrec_ack(eng, n);
	while (at < sizeof hello &&
	    (p = br_ssl_engine_recvrec_buf(eng, &n)) != NULL) {
		if (n > sizeof hello - at)
			n = sizeof hello - at;
		memcpy(p, hello + at, n);
		at += n;
		br_ssl_engine_recvrec_ack(eng, n);
	}
	return br_ssl_engine_last_error(eng);
}

Test(tls, hardened_client_refuses_a_version_and_a_suite_that_it_did_not_offer)
{
	cr_expect_eq(answer(BR_TLS12, 0xc02f), BR_ERR_OK);
	cr_expect_eq(answer(BR_TLS11, 0xc02f), BR_ERR_UNSUPPORTED_VERSION);
	cr_expect_eq(answer(BR_TLS10, 0xc02f), BR_ERR_UNSUPPORTED_VERSION);
	/* ECDHE_RSA with AES-128-CBC and SHA-256 */
	cr_expect_neq(answer(BR_TLS12, 0xc027), BR_ERR_OK);
	/* RSA with AES-128-GCM */
	cr_expect_neq(answer(BR_TLS12, 0x009c), BR_ERR_OK);
}
