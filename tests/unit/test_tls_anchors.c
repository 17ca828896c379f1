/* SPDX-License-Identifier: MIT */
/*
 * Which certificates become anchors, and what of them.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "tls_load.h"

Test(tls, anchors_begin_with_the_built_in_roots_as_authorities)
{
	tls_anchors_init(&anchors);
	cr_assert_eq(anchors.count, 6);
	for (size_t i = 0; i < anchors.count; i++) {
		cr_expect_eq(anchors.ta[i].flags, BR_X509_TA_CA);
		cr_expect_eq(anchors.ta[i].dn.data[0], 0x30);
	}
}

Test(tls, loaded_rsa_certificate_becomes_an_anchor_with_its_name_and_key)
{
	const br_rsa_public_key *key;
	const br_x509_trust_anchor *ta;

	cr_assert_eq(load_one(&rsa2048), ST_OK);
	cr_assert_eq(anchors.count, built_in() + 1);
	ta = &anchors.ta[built_in()];
	cr_expect(has_name(ta, &rsa2048));
	cr_expect_eq(ta->flags, BR_X509_TA_CA);
	cr_assert_eq(ta->pkey.key_type, BR_KEYTYPE_RSA);
	key = &ta->pkey.key.rsa;
	cr_assert_eq(key->nlen, 256);
	cr_expect_eq(key->n[0], 0x80);
	cr_expect_eq(key->n[255], 0xc5);
	cr_expect_eq(key->n[254], 31);
	cr_assert_eq(key->elen, 3);
	cr_expect_eq(key->e[0], 1);
	cr_expect_eq(key->e[2], 1);
	/* in the pool, not where the decoder was */
	cr_expect(key->n > anchors.pool &&
	    key->e + 3 <= anchors.pool + anchors.pool_n);
}

Test(tls, each_certificate_of_a_file_keeps_its_own_name_and_key)
{
	const struct cert_spec specs[] = {
		{ .name_n = 3 },
		{ .name_n = 64, .curve = OID_P256, .point_n = 65 },
		{ .name_n = 9, .rsa_bits = 3072 },
	};

	buf_reset(&text);
	for (size_t i = 0; i < 3; i++)
		cert_put_pem(&text, &specs[i], BR_PEM_LINE64);
	cr_assert_eq(load_fresh(span_of(&text)), ST_OK, "%s", fault.text);
	cr_assert_eq(anchors.count, built_in() + 3);
	for (size_t i = 0; i < 3; i++)
		cr_expect(has_name(&anchors.ta[built_in() + i], &specs[i]));
	cr_expect_eq(anchors.ta[built_in()].pkey.key.rsa.nlen, 256);
	cr_expect_eq(anchors.ta[built_in() + 1].pkey.key.ec.qlen, 65);
	cr_expect_eq(anchors.ta[built_in() + 2].pkey.key.rsa.nlen, 384);
}

Test(tls, loaded_certificates_on_each_curve_become_anchors)
{
	const struct cert_spec specs[] = {
		{ .curve = OID_P256, .point_n = 65 },
		{ .curve = OID_P384, .point_n = 97 },
		{ .curve = OID_P521, .point_n = 133 },
	};
	const int curves[] = { BR_EC_secp256r1, BR_EC_secp384r1,
		BR_EC_secp521r1 };

	for (size_t i = 0; i < 3; i++) {
		const br_x509_pkey *key = &anchors.ta[built_in()].pkey;

		cr_assert_eq(load_one(&specs[i]), ST_OK, "%s", fault.text);
		cr_assert_eq(key->key_type, BR_KEYTYPE_EC);
		cr_expect_eq(key->key.ec.curve, curves[i]);
		cr_assert_eq(key->key.ec.qlen, specs[i].point_n);
		cr_expect_eq(key->key.ec.q[0], 4);
		cr_expect_eq(key->key.ec.q[key->key.ec.qlen - 1], 17);
	}
}

Test(tls, rsa_keys_of_2048_to_4096_bits_are_taken_and_others_refused)
{
	static const size_t good[] = { 2048, 2049, 3072, 4095, 4096 };
	struct cert_spec spec = { 0 };

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		spec.rsa_bits = good[i];
		cr_expect_eq(load_one(&spec), ST_OK, "%zu", good[i]);
	}
	spec.rsa_bits = 2047;
	expect_refused(&spec, "shorter than 2048");
	spec.rsa_bits = 1024;
	expect_refused(&spec, "shorter than 2048");
	spec.rsa_bits = 4097;
	expect_refused(&spec, "longer than 4096");
	spec.rsa_bits = 8192;
	expect_refused(&spec, "longer than RSA 4096");
	spec.rsa_bits = 16384;
	expect_refused(&spec, "longer than RSA 4096");
}

Test(tls, rsa_key_that_cannot_be_one_is_refused)
{
	struct cert_spec spec = { .rsa_last = 0xc4 };

	expect_refused(&spec, "RSA key is not one"); /* even */
	spec = (struct cert_spec){ .exponent = 1 };
	expect_refused(&spec, "RSA key is not one");
	spec.exponent = 4;
	expect_refused(&spec, "RSA key is not one");
	spec.exponent = 3;
	cr_expect_eq(load_one(&spec), ST_OK);
}

Test(tls, elliptic_curve_key_that_cannot_be_used_is_refused)
{
	struct cert_spec spec = {
		.curve = OID_P256, .point_n = 33, .point_form = 2
	};

	expect_refused(&spec, "elliptic curve key"); /* compressed */
	spec = (struct cert_spec){ .curve = OID_P256, .point_n = 97 };
	expect_refused(&spec, "elliptic curve key");
	spec = (struct cert_spec){
		.curve = OID_P256, .point_n = 65, .point_form = 6
	};
	expect_refused(&spec, "elliptic curve key");
	/* brainpoolP256r1 */
	spec = (struct cert_spec){ .point_n = 65,
		.curve = SPAN_LIT("\x2b\x24\x03\x03\x02\x08\x01\x01\x07") };
	expect_refused(&spec, "neither RSA nor on P-256");
}

Test(tls, certificate_of_a_server_or_without_extensions_is_refused)
{
	struct cert_spec spec = { .leaf = true };

	expect_refused(&spec, "not a CA's");
	spec = (struct cert_spec){ .no_extensions = true };
	expect_refused(&spec, "not a CA's");
}

/* The build's own reader of certificates and BearSSL's agree on each root. */
Test(tls, built_in_roots_are_equal_to_the_same_files_loaded)
{
	static const char *const names[] = {
		"DigiCert_Global_Root_G2",
		"DigiCert_Global_Root_G3",
		"Microsoft_RSA_Root_Certificate_Authority_2017",
		"Microsoft_ECC_Root_Certificate_Authority_2017",
		"DigiCert_TLS_RSA4096_Root_G5",
		"DigiCert_TLS_ECC_P384_Root_G5",
	};

	for (size_t i = 0; i < 6; i++) {
		const br_x509_trust_anchor *a = &anchors.ta[i];
		const br_x509_trust_anchor *b = &anchors.ta[built_in()];
		char path[256];
		ssize_t n;
		int fd;

		(void)snprintf(path, sizeof path,
		    "/usr/share/ca-certificates/mozilla/%s.crt", names[i]);
		fd = open(path, O_RDONLY);
		cr_assert(fd >= 0, "%s", path);
		n = read(fd, text_bytes, sizeof text_bytes);
		cr_assert(n > 0);
		(void)close(fd);
		cr_assert_eq(
		    load_fresh((struct span){ text_bytes, (size_t)n }), ST_OK);
		cr_assert_eq(a->dn.len, b->dn.len);
		cr_assert_arr_eq(a->dn.data, b->dn.data, a->dn.len);
		cr_assert_eq(a->pkey.key_type, b->pkey.key_type);
		if (a->pkey.key_type == BR_KEYTYPE_RSA) {
			const br_rsa_public_key *k = &a->pkey.key.rsa;
			const br_rsa_public_key *l = &b->pkey.key.rsa;

			cr_assert_eq(k->nlen, l->nlen);
			cr_assert_arr_eq(k->n, l->n, k->nlen);
			cr_assert_eq(k->elen, l->elen);
			cr_assert_arr_eq(k->e, l->e, k->elen);
		} else {
			const br_ec_public_key *k = &a->pkey.key.ec;
			const br_ec_public_key *l = &b->pkey.key.ec;

			cr_assert_eq(k->curve, l->curve);
			cr_assert_eq(k->qlen, l->qlen);
			cr_assert_arr_eq(k->q, l->q, k->qlen);
		}
	}
}
