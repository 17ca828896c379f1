/* SPDX-License-Identifier: MIT */
/*
 * tls_cert.h - certificates for the unit tests, written from back to front, so
 * that every length is known when its turn comes.  Signatures are made up: no
 * code that is tested with these looks at them.
 */
#ifndef TESTS_TLS_CERT_H
#define TESTS_TLS_CERT_H

#include <bearssl.h>
#include <criterion/criterion.h>
#include <string.h>

#include "base/span.h"

#define CERT_MAX 8192u

struct der {
	uint8_t b[CERT_MAX];
	size_t at; /* the bytes from here to the end are written */
};

/* What is put into a certificate; zero is an RSA-2048 CA without an EKU. */
struct cert_spec {
	size_t rsa_bits;   /* 0: 2048, unless there is a point */
	uint8_t rsa_last;  /* last byte of the modulus, 0: 0xc5 */
	uint8_t exponent;  /* 0: 65537 */
	struct span curve; /* OID of an EC key */
	size_t point_n;
	uint8_t point_form; /* 0: 4, uncompressed */
	bool leaf;          /* no CA flag, but a SAN */
	bool no_extensions;
	size_t name_n;         /* 0: 20 */
	struct span algorithm; /* OID of the signature, empty: sha256 */
	struct span eku;       /* contents of the list of OIDs */
	unsigned eku_count;    /* how often the extension stands there */
};

#define OID_SHA256_RSA SPAN_LIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b")
#define OID_SHA1_RSA   SPAN_LIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05")
#define OID_RSA        SPAN_LIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01")
#define OID_EC         SPAN_LIT("\x2a\x86\x48\xce\x3d\x02\x01")
#define OID_P256       SPAN_LIT("\x2a\x86\x48\xce\x3d\x03\x01\x07")
#define OID_P384       SPAN_LIT("\x2b\x81\x04\x00\x22")
#define OID_P521       SPAN_LIT("\x2b\x81\x04\x00\x23")
#define EKU_SERVER     SPAN_LIT("\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01")
#define EKU_CLIENT     SPAN_LIT("\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x02")
#define EKU_ANY        SPAN_LIT("\x06\x04\x55\x1d\x25\x00")

static inline void
der_put(struct der *d, struct span s)
{
	cr_assert(d->at >= s.n, "CERT_MAX is too small");
	d->at -= s.n;
	if (s.n > 0)
		memcpy(d->b + d->at, s.p, s.n);
}

static inline void
der_byte(struct der *d, uint8_t byte)
{
	der_put(d, (struct span){ &byte, 1 });
}

/* Head of what was written since `end`. */
static inline void
der_head(struct der *d, uint8_t tag, size_t end)
{
	size_t n = end - d->at;

	if (n < 0x80) {
		der_byte(d, (uint8_t)n);
	} else {
		der_byte(d, (uint8_t)n);
		if (n >= 0x100)
			der_byte(d, (uint8_t)(n >> 8));
		der_byte(d, n >= 0x100 ? 0x82 : 0x81);
	}
	der_byte(d, tag);
}

static inline void
der_element(struct der *d, uint8_t tag, struct span contents)
{
	size_t end = d->at;

	der_put(d, contents);
	der_head(d, tag, end);
}

static inline void
cert_put_extension(struct der *d, struct span oid, struct span value)
{
	size_t end = d->at;

	der_element(d, 0x04, value);
	der_element(d, 0x06, oid);
	der_head(d, 0x30, end);
}

static inline void
cert_put_eku(struct der *d, struct span list)
{
	size_t end = d->at;

	der_put(d, list);
	der_head(d, 0x30, end);
	der_head(d, 0x04, end);
	der_element(d, 0x01, SPAN_LIT("\x00")); /* not critical */
	der_element(d, 0x06, SPAN_LIT("\x55\x1d\x25"));
	der_head(d, 0x30, end);
}

static inline void
cert_put_extensions(struct der *d, const struct cert_spec *spec)
{
	size_t end = d->at;

	for (unsigned i = 0; i < spec->eku_count; i++)
		cert_put_eku(d, spec->eku);
	if (spec->leaf)
		cert_put_extension(
		    d, SPAN_LIT("\x55\x1d\x11"), SPAN_LIT("\x30\x03\x82\x01x"));
	else
		cert_put_extension(d, SPAN_LIT("\x55\x1d\x13"),
		    SPAN_LIT("\x30\x03\x01\x01\xff"));
	der_head(d, 0x30, end);
	der_head(d, 0xa3, end);
}

static inline void
cert_put_rsa(struct der *d, const struct cert_spec *spec)
{
	size_t bits = spec->rsa_bits == 0 ? 2048 : spec->rsa_bits;
	size_t n = (bits + 7) / 8;
	size_t end = d->at, modulus;

	if (spec->exponent == 0)
		der_element(d, 0x02, SPAN_LIT("\x01\x00\x01"));
	else
		der_element(d, 0x02, (struct span){ &spec->exponent, 1 });
	modulus = d->at;
	der_byte(d, spec->rsa_last == 0 ? 0xc5 : spec->rsa_last);
	for (size_t i = 1; i + 1 < n; i++)
		der_byte(d, (uint8_t)(i * 31));
	der_byte(d, (uint8_t)(1u << ((bits - 1) % 8)));
	der_byte(d, 0);
	der_head(d, 0x02, modulus);
	der_head(d, 0x30, end);
	der_byte(d, 0); /* unused bits */
	der_head(d, 0x03, end);
	end = d->at;
	der_element(d, 0x05, SPAN_LIT(""));
	der_element(d, 0x06, OID_RSA);
	der_head(d, 0x30, end);
}

static inline void
cert_put_point(struct der *d, const struct cert_spec *spec)
{
	size_t end = d->at;

	for (size_t i = 1; i < spec->point_n; i++)
		der_byte(d, (uint8_t)(i * 17));
	der_byte(d, spec->point_form == 0 ? 4 : spec->point_form);
	der_byte(d, 0); /* unused bits */
	der_head(d, 0x03, end);
	end = d->at;
	der_element(d, 0x06, spec->curve);
	der_element(d, 0x06, OID_EC);
	der_head(d, 0x30, end);
}

/* A common name of spec->name_n bytes. */
static inline void
cert_put_name(struct der *d, const struct cert_spec *spec)
{
	size_t end = d->at;

	for (size_t i = spec->name_n == 0 ? 20 : spec->name_n; i > 0; i--)
		der_byte(d, (uint8_t)('a' + i % 26));
	der_head(d, 0x0c, end);
	der_element(d, 0x06, SPAN_LIT("\x55\x04\x03"));
	der_head(d, 0x30, end);
	der_head(d, 0x31, end);
	der_head(d, 0x30, end);
}

static inline void
cert_put_algorithm(struct der *d, const struct cert_spec *spec)
{
	size_t end = d->at;

	der_element(d, 0x05, SPAN_LIT(""));
	der_element(
	    d, 0x06, spec->algorithm.n == 0 ? OID_SHA256_RSA : spec->algorithm);
	der_head(d, 0x30, end);
}

/* Borrowed from *d. */
static inline struct span
cert_make(struct der *d, const struct cert_spec *spec)
{
	size_t all = sizeof d->b, end;

	d->at = all;
	der_element(d, 0x03, SPAN_LIT("\x00made up"));
	cert_put_algorithm(d, spec);
	end = d->at;
	if (!spec->no_extensions)
		cert_put_extensions(d, spec);
	{
		size_t key = d->at;

		if (spec->point_n > 0)
			cert_put_point(d, spec);
		else
			cert_put_rsa(d, spec);
		der_head(d, 0x30, key);
	}
	cert_put_name(d, spec);
	der_element(d, 0x30,
	    SPAN_LIT("\x17\x0d"
		     "290101000000Z"
		     "\x17\x0d"
		     "350101000000Z"));
	cert_put_name(d, spec);
	cert_put_algorithm(d, spec);
	der_element(d, 0x02, SPAN_LIT("\x07"));
	der_element(d, 0xa0, SPAN_LIT("\x02\x01\x02"));
	der_head(d, 0x30, end);
	der_head(d, 0x30, all);
	return (struct span){ d->b + d->at, all - d->at };
}

/* The certificate as PEM behind what is in *b. */
static inline void
cert_put_pem(struct buf *b, const struct cert_spec *spec, unsigned flags)
{
	static struct der d;
	struct span cert = cert_make(&d, spec);

	cr_assert(b->cap - b->n > 2 * cert.n + 200);
	b->n += br_pem_encode(
	    b->p + b->n, cert.p, cert.n, "CERTIFICATE", flags);
}

#endif
