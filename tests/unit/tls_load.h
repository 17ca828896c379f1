/* SPDX-License-Identifier: MIT */
/*
 * tls_load.h - a CA file in a buffer and what the loader makes of it, for the
 * tests of tls_pem.c.
 */
#ifndef TESTS_TLS_LOAD_H
#define TESTS_TLS_LOAD_H

#include <stdlib.h>

#include "tls/tls_priv.h"
#include "tls_cert.h"

#define TEXT_MAX (2 * TLS_CA_FILE_MAX_BYTES)

/* One each: tests run in processes of their own. */
static uint8_t text_bytes[TEXT_MAX];
static struct buf text = { text_bytes, 0, TEXT_MAX, false };
static struct tls_anchors anchors;
static struct tls_ca_fault fault;

static const struct cert_spec rsa2048;

static inline size_t
built_in(void)
{
	return tls_root_count;
}

static inline enum st
load(struct span pem)
{
	/* a copy of its own size, so that ASan sees a read behind it */
	uint8_t *copy = malloc(pem.n + 1);
	enum st st;

	cr_assert(copy != NULL);
	if (pem.n > 0)
		memcpy(copy + 1, pem.p, pem.n);
	st = tls_anchors_add_pem(
	    &anchors, (struct span){ copy + 1, pem.n }, &fault);
	free(copy);
	return st;
}

static inline enum st
load_fresh(struct span pem)
{
	tls_anchors_init(&anchors);
	return load(pem);
}

static inline enum st
load_one(const struct cert_spec *spec)
{
	buf_reset(&text);
	cert_put_pem(&text, spec, BR_PEM_LINE64);
	return load_fresh(span_of(&text));
}

static inline void
expect_nothing_added(const char *what)
{
	cr_expect_eq(anchors.count, built_in(), "%s", what);
	cr_expect_eq(anchors.pool_n, 0, "%s", what);
	cr_expect(strlen(fault.text) > 10, "%s: no reason given", what);
}

/* Refused because of its first block, with a text that holds `word`. */
static inline void
expect_refused(const struct cert_spec *spec, const char *word)
{
	cr_expect_eq(load_one(spec), ST_CONFIG, "%s", word);
	cr_expect_eq(fault.certificate, 1, "%s", word);
	cr_expect(strstr(fault.text, word) != NULL, "\"%s\" without \"%s\"",
	    fault.text, word);
	expect_nothing_added(word);
}

/* The name as tls_cert.h writes it. */
static inline bool
has_name(const br_x509_trust_anchor *ta, const struct cert_spec *spec)
{
	struct der d = { .at = sizeof d.b };

	cert_put_name(&d, spec);
	return span_eq((struct span){ ta->dn.data, ta->dn.len },
	    (struct span){ d.b + d.at, sizeof d.b - d.at });
}

#endif
