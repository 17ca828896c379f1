/* SPDX-License-Identifier: MIT */
/*
 * tls_client.c - the protocol that we speak, and words for a refusal.
 *
 * br_ssl_client_init_full offers everything that BearSSL knows, down to TLS 1.0
 * and 3DES.  What is taken away here is not offered and, if a server picks it
 * all the same, refused by the engine.
 */
#include "tls/tls_priv.h"

/* Forward secrecy and AEAD only (RFC 9325, 4.2), in the order in which Azure
 * itself prefers them. */
static const uint16_t suites[] = {
	BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
};

/* For key exchange and handshake signatures. */
#define CURVES                                                             \
	((uint32_t)1 << BR_EC_secp256r1 | (uint32_t)1 << BR_EC_secp384r1 | \
	    (uint32_t)1 << BR_EC_curve25519)

void
tls_client_harden(br_ssl_client_context *client, struct tls_verifier *v,
    const struct tls_anchors *anchors, int64_t now_ticks,
    const uint8_t *random48)
{
	br_ssl_engine_context *eng = &client->eng;

	tls_verifier_init(v, anchors, now_ticks);
	br_ssl_engine_set_x509(eng, &v->vtable);
	br_ssl_engine_set_versions(eng, BR_TLS12, BR_TLS12);
	br_ssl_engine_set_suites(eng, suites, sizeof suites / sizeof suites[0]);
	v->curves = *br_ec_get_default();
	v->curves.supported_curves &= CURVES;
	br_ssl_engine_set_ec(eng, &v->curves);
	/* TLS 1.2 needs them for signatures by the server's key only. */
	br_ssl_engine_set_hash(eng, br_md5_ID, NULL);
	br_ssl_engine_set_hash(eng, br_sha1_ID, NULL);
	br_ssl_engine_set_hash(eng, br_sha224_ID, NULL);
	br_ssl_engine_add_flags(eng, BR_OPT_NO_RENEGOTIATION);
	/* On top of what BearSSL reads from /dev/urandom itself. */
	br_ssl_engine_inject_entropy(eng, random48, TLS_RANDOM_BYTES);
}

const char *
tls_verdict_text(enum tls_verdict verdict)
{
	switch (verdict) {
	case TLS_FINE:
		return "the certificate is accepted";
	case TLS_UNTRUSTED:
		return "no trusted root stands behind the certificate";
	case TLS_EXPIRED:
		return "the certificate is not valid at the time of our clock";
	case TLS_WRONG_NAME:
		return "the certificate is for another host";
	case TLS_NO_SAN:
		return "the certificate has no subject alternative name";
	case TLS_WEAK:
		return "the certificate has an RSA key below 2048 bits or is "
		       "signed with SHA-1 or MD5";
	case TLS_WRONG_USAGE:
		return "the certificate, or one above it, is not for the use "
		       "that is made of it";
	case TLS_UNUSABLE:
		return "the certificate chain is damaged, out of order or uses "
		       "something that is not supported";
	}
	return "?";
}
