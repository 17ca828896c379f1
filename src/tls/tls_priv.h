/* SPDX-License-Identifier: MIT */
/*
 * tls_priv.h - what the parts of this module share: the table of built-in
 * roots, the certificate walker, the verifier without a TLS client around it.
 */
#ifndef TLS_TLS_PRIV_H
#define TLS_TLS_PRIV_H

#include "tls/tls.h"

/* One built-in root.  scripts/make-anchors.py writes the table from Debian's
 * ca-certificates and src/tls/anchors.txt when the program is built. */
struct tls_root {
	struct span dn;       /* DER */
	struct span key;      /* RSA modulus, or EC point */
	struct span exponent; /* RSA */
	int curve;            /* BR_EC_..., 0 for RSA */
};

extern const struct tls_root tls_roots[];
extern const size_t tls_root_count;

/* Facts that a walk finds, bits of `facts`. */
#define TLS_FACT_SAN        0x01u /* has a subject alternative name */
#define TLS_FACT_EKU        0x02u /* has an extended key usage, ... */
#define TLS_FACT_EKU_SERVER 0x04u /* which lists serverAuth */
#define TLS_FACT_EKU_ANY    0x08u /* which lists anyExtendedKeyUsage */
#define TLS_FACT_WEAK_HASH  0x10u /* is signed with MD2, MD5 or SHA-1 */

/* Begin a certificate of n bytes. */
void tls_walk_init(struct tls_walk *walk, uint32_t n);

/* The next bytes of it.  Any cut of a certificate into pieces gives the same
 * facts. */
void tls_walk_push(struct tls_walk *walk, struct span bytes);

/* True when all n bytes came and were well-formed as far as the walk looks:
 * only then an absent fact means that it is not in the certificate. */
bool tls_walk_is_complete(const struct tls_walk *walk);

/* What tls_client_harden does for the verifier alone. */
void tls_verifier_init(struct tls_verifier *v,
    const struct tls_anchors *anchors, int64_t now_ticks);

#endif
