/* SPDX-License-Identifier: MIT */
/*
 * tls_anchors.c - the built-in anchors, from the table that
 * scripts/make-anchors.py wrote.
 */
#include "tls/tls_priv.h"

/* BearSSL's structures have no const for what is never written through. */
static unsigned char *
bytes_of(struct span s)
{
	return (unsigned char *)(uintptr_t)s.p;
}

static void
anchor_from_root(br_x509_trust_anchor *ta, const struct tls_root *root)
{
	ta->dn.data = bytes_of(root->dn);
	ta->dn.len = root->dn.n;
	ta->flags = BR_X509_TA_CA;
	if (root->curve == 0) {
		ta->pkey.key_type = BR_KEYTYPE_RSA;
		ta->pkey.key.rsa.n = bytes_of(root->key);
		ta->pkey.key.rsa.nlen = root->key.n;
		ta->pkey.key.rsa.e = bytes_of(root->exponent);
		ta->pkey.key.rsa.elen = root->exponent.n;
	} else {
		ta->pkey.key_type = BR_KEYTYPE_EC;
		ta->pkey.key.ec.curve = root->curve;
		ta->pkey.key.ec.q = bytes_of(root->key);
		ta->pkey.key.ec.qlen = root->key.n;
	}
}

void
tls_anchors_init(struct tls_anchors *anchors)
{
	anchors->count = 0;
	anchors->pool_n = 0;
	/* the table asserts that it fits */
	for (size_t i = 0; i < tls_root_count; i++)
		anchor_from_root(&anchors->ta[anchors->count++], &tls_roots[i]);
}
