/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "tls/tls_priv.h"
#include "tls_cert.h"

/* In pieces of their own size, so that ASan sees a read behind one. */
static struct tls_walk
walk(struct span cert, size_t chunk)
{
	struct tls_walk w;
	struct span piece;

	tls_walk_init(&w, (uint32_t)cert.n);
	while (cert.n > 0 &&
	    span_take(&cert, cert.n < chunk ? cert.n : chunk, &piece)) {
		uint8_t *copy = malloc(piece.n);

		cr_assert(copy != NULL);
		memcpy(copy, piece.p, piece.n);
		tls_walk_push(&w, (struct span){ copy, piece.n });
		free(copy);
	}
	return w;
}

static const struct cert_spec full = {
	.leaf = true,
	.eku = EKU_SERVER,
	.eku_count = 1,
};

static void
expect(const struct cert_spec *spec, unsigned facts, const char *why)
{
	struct der d;
	struct tls_walk w = walk(cert_make(&d, spec), 256);

	cr_expect(tls_walk_is_complete(&w), "%s", why);
	cr_expect_eq(
	    w.facts, facts, "%s: facts %#x, wanted %#x", why, w.facts, facts);
}

Test(tls, walk_finds_each_fact_and_no_other)
{
	struct cert_spec spec = { .leaf = true };

	expect(&spec, TLS_FACT_SAN, "leaf");
	spec.leaf = false;
	expect(&spec, 0, "CA");
	spec.eku_count = 1;
	expect(&spec, TLS_FACT_EKU, "empty list");
	spec.eku = EKU_CLIENT;
	expect(&spec, TLS_FACT_EKU, "client");
	spec.eku = EKU_ANY;
	expect(&spec, TLS_FACT_EKU | TLS_FACT_EKU_ANY, "any");
	spec.eku = SPAN_LIT("\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x02"
			    "\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01");
	expect(&spec, TLS_FACT_EKU | TLS_FACT_EKU_SERVER, "client and server");
	spec.algorithm = OID_SHA1_RSA;
	expect(&spec, TLS_FACT_EKU | TLS_FACT_EKU_SERVER | TLS_FACT_WEAK_HASH,
	    "SHA-1");
	spec = (struct cert_spec){ .no_extensions = true };
	expect(&spec, 0, "no extensions at all");
}

Test(tls, walk_compares_object_identifiers_whole)
{
	struct cert_spec spec = { .eku_count = 1 };

	spec.eku = SPAN_LIT("\x06\x07\x2b\x06\x01\x05\x05\x07\x03");
	expect(&spec, TLS_FACT_EKU, "a prefix of serverAuth");
	spec.eku = SPAN_LIT("\x06\x09\x2b\x06\x01\x05\x05\x07\x03\x01\x01");
	expect(&spec, TLS_FACT_EKU, "below serverAuth");
	spec.eku = SPAN_LIT("\x06\x00");
	expect(&spec, TLS_FACT_EKU, "empty");
	spec.eku = SPAN_LIT("\x06\x14"
			    "an overlong OID here"
			    "\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01");
	expect(&spec, TLS_FACT_EKU | TLS_FACT_EKU_SERVER, "a long one before");
}

Test(tls, walk_gives_the_same_facts_for_every_cut_into_pieces)
{
	struct der d;
	struct span cert = cert_make(&d, &full);

	for (size_t chunk = 1; chunk <= cert.n; chunk++) {
		struct tls_walk w = walk(cert, chunk);

		cr_assert(tls_walk_is_complete(&w));
		cr_assert_eq(
		    w.facts, TLS_FACT_SAN | TLS_FACT_EKU | TLS_FACT_EKU_SERVER);
	}
}

Test(tls, walk_of_every_truncation_is_incomplete)
{
	struct der d;
	struct span cert = cert_make(&d, &full);

	for (size_t n = 0; n < cert.n; n++) {
		struct span cut = span_sub(cert, 0, n);
		struct tls_walk w = walk(cut, 64);

		/* the length said n bytes, ... */
		cr_assert(!tls_walk_is_complete(&w), "length %zu", n);
		/* ... or that of the whole */
		tls_walk_init(&w, (uint32_t)cert.n);
		tls_walk_push(&w, cut);
		cr_assert(!tls_walk_is_complete(&w), "length %zu", n);
	}
}

Test(tls, walk_of_a_certificate_with_bytes_behind_it_is_incomplete)
{
	uint8_t longer[CERT_MAX + 2] = { 0 };
	struct der d;
	struct span cert = cert_make(&d, &full);
	struct tls_walk w;

	memcpy(longer, cert.p, cert.n);
	for (size_t more = 1; more <= 2; more++) {
		w = walk((struct span){ longer, cert.n + more }, 64);
		cr_expect(!tls_walk_is_complete(&w));
	}
	/* more bytes than were announced */
	tls_walk_init(&w, (uint32_t)cert.n);
	tls_walk_push(&w, (struct span){ longer, cert.n + 1 });
	cr_expect(!tls_walk_is_complete(&w));
}

Test(tls, walk_with_two_extended_key_usages_is_incomplete)
{
	struct cert_spec spec = { .eku = EKU_SERVER, .eku_count = 2 };
	struct der d;
	struct tls_walk w = walk(cert_make(&d, &spec), 64);

	cr_expect(!tls_walk_is_complete(&w));
}

Test(tls, walk_of_something_else_in_the_usage_list_is_incomplete)
{
	const struct span lists[] = {
		SPAN_LIT("\x05\x00"),
		SPAN_LIT("\x30\x00"),
		SPAN_LIT("\x06\x20too short"),
		SPAN_LIT("\x06\x80\x00\x00"),
		SPAN_LIT("\x06"),
		SPAN_LIT("\x1f\x01\x00"),
		SPAN_LIT("\x06\x84\x00\x00\x00\x01\x00"),
	};

	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		struct cert_spec spec = { .eku = lists[i], .eku_count = 1 };
		struct der d;
		struct tls_walk w = walk(cert_make(&d, &spec), 64);

		cr_expect(!tls_walk_is_complete(&w), "list %zu", i);
	}
}

Test(tls, walk_of_long_tags_and_indefinite_lengths_is_incomplete)
{
	static const uint8_t zeros[256];
	struct span odd[] = { SPAN_LIT("\x05\x00"), SPAN_LIT("\x1f\x00"),
		SPAN_LIT("\x9f\x00"), SPAN_LIT("\x05\x80") };

	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
		struct der d = { .at = sizeof d.b };
		struct tls_walk w;

		/* a certificate with nothing but an algorithm and this */
		if (i == 3)
			der_put(&d, (struct span){ zeros, sizeof zeros });
		der_put(&d, odd[i]);
		der_put(&d, SPAN_LIT("\x30\x02\x06\x00"));
		der_head(&d, 0x30, sizeof d.b);
		der_head(&d, 0x30, sizeof d.b);
		w = walk((struct span){ d.b + d.at, sizeof d.b - d.at }, 64);
		cr_expect_eq(tls_walk_is_complete(&w), i == 0, "%zu", i);
	}
}

Test(tls, walk_with_any_byte_changed_stays_in_bounds_and_is_one_for_all_cuts)
{
	struct der d;
	struct span cert = cert_make(&d, &full);
	uint8_t *bytes = d.b + d.at;

	for (size_t i = 0; i < cert.n * 256; i++) {
		uint8_t *byte = &bytes[i / 256];
		uint8_t was = *byte;
		struct tls_walk whole, cut;

		*byte = (uint8_t)i;
		tls_walk_init(&whole, (uint32_t)cert.n);
		tls_walk_push(&whole, cert);
		cr_assert(whole.depth < TLS_DER_DEPTH_MAX);
		for (unsigned k = 0; k <= whole.depth; k++)
			cr_assert(whole.pos <= whole.end[k]);
		tls_walk_init(&cut, (uint32_t)cert.n);
		tls_walk_push(&cut, span_sub(cert, 0, i % cert.n));
		tls_walk_push(&cut, span_sub(cert, i % cert.n, cert.n));
		cr_assert_eq(whole.facts, cut.facts);
		cr_assert_eq(
		    tls_walk_is_complete(&whole), tls_walk_is_complete(&cut));
		*byte = was;
	}
}

Test(tls, verdict_texts_are_words_for_every_verdict)
{
	for (int v = TLS_FINE; v <= TLS_UNUSABLE; v++)
		cr_expect(strlen(tls_verdict_text((enum tls_verdict)v)) > 10);
	cr_expect_str_eq(tls_verdict_text((enum tls_verdict)99), "?");
}
