/* SPDX-License-Identifier: MIT */
/*
 * tls_verify.c - BearSSL's minimal engine with what it overlooks.
 *
 * Every byte of the chain goes to the minimal engine, which checks order,
 * signatures, dates, CA flags, key usage and the host name, and to a walk
 * (tls_walk.c) that finds what the engine does not look at:
 *
 *   leaf              no subject alternative name    TLS_NO_SAN
 *                     EKU without serverAuth         TLS_WRONG_USAGE
 *   intermediate      EKU without serverAuth or any  TLS_WRONG_USAGE
 *   each of both      not read to its end            TLS_UNUSABLE
 *   no host name      (an IP address, a mistake)     TLS_WRONG_NAME
 *   leaf's key        cannot sign, P-521             TLS_WRONG_USAGE, _UNUSABLE
 *
 * A server may send certificates behind the last one that is needed (its root,
 * often); the engine has said yes by then and they are not judged.  The
 * engine's own refusal comes first: it tells the operator more.
 */
#include "tls/tls_priv.h"

#include "base/ticks.h"

/* BearSSL counts days from year 0 of the Gregorian calendar. */
#define DAYS_TO_1601 584754
#define S_PER_DAY    86400

static struct tls_verifier *
from_class(const br_x509_class **ctx)
{
	return (struct tls_verifier *)(void *)ctx;
}

static void
note(struct tls_verifier *v, enum tls_verdict verdict)
{
	if (v->own == TLS_FINE)
		v->own = verdict;
}

static void
start_chain(const br_x509_class **ctx, const char *server_name)
{
	struct tls_verifier *v = from_class(ctx);

	v->verdict = TLS_FINE;
	v->own = TLS_FINE;
	v->count = 0;
	v->walking = false;
	v->done = false;
	/* Without a name the engine would believe any host's certificate. */
	if (server_name == NULL || server_name[0] == '\0')
		note(v, TLS_WRONG_NAME);
	v->minimal.vtable->start_chain(&v->minimal.vtable, server_name);
}

static void
start_cert(const br_x509_class **ctx, uint32_t n)
{
	struct tls_verifier *v = from_class(ctx);

	/* The engine has no function to ask whether it has decided. */
	v->walking = v->minimal.err == 0;
	if (!v->walking)
		return;
	if (v->count++ == TLS_CHAIN_MAX_COUNT) {
		v->minimal.err = BR_ERR_X509_LIMIT_EXCEEDED;
		v->walking = false;
		return;
	}
	tls_walk_init(&v->walk, n);
	v->minimal.vtable->start_cert(&v->minimal.vtable, n);
}

static void
append(const br_x509_class **ctx, const unsigned char *bytes, size_t n)
{
	struct tls_verifier *v = from_class(ctx);

	if (!v->walking)
		return;
	tls_walk_push(&v->walk, (struct span){ bytes, n });
	v->minimal.vtable->append(&v->minimal.vtable, bytes, n);
}

static void
end_cert(const br_x509_class **ctx)
{
	struct tls_verifier *v = from_class(ctx);
	unsigned facts = v->walk.facts;
	unsigned server = TLS_FACT_EKU_SERVER;

	if (!v->walking)
		return;
	v->minimal.vtable->end_cert(&v->minimal.vtable);
	if (v->count > 1)
		server |= TLS_FACT_EKU_ANY;
	if (!tls_walk_is_complete(&v->walk))
		note(v, TLS_UNUSABLE);
	else if (v->count == 1 && (facts & TLS_FACT_SAN) == 0)
		note(v, TLS_NO_SAN);
	else if ((facts & TLS_FACT_EKU) != 0 && (facts & server) == 0)
		note(v, TLS_WRONG_USAGE);
}

static enum tls_verdict
verdict_of(const struct tls_verifier *v, unsigned err)
{
	switch (err) {
	case BR_ERR_X509_EXPIRED:
		return TLS_EXPIRED;
	case BR_ERR_X509_BAD_SERVER_NAME:
		return v->own == TLS_NO_SAN ? TLS_NO_SAN : TLS_WRONG_NAME;
	case BR_ERR_X509_NOT_TRUSTED:
	case BR_ERR_X509_BAD_SIGNATURE:
		return TLS_UNTRUSTED;
	case BR_ERR_X509_WEAK_PUBLIC_KEY:
		return TLS_WEAK;
	case BR_ERR_X509_NOT_CA:
	case BR_ERR_X509_FORBIDDEN_KEY_USAGE:
		return TLS_WRONG_USAGE;
	case BR_ERR_X509_UNSUPPORTED:
		/* said of a hash that is not installed, too */
		if ((v->walk.facts & TLS_FACT_WEAK_HASH) != 0)
			return TLS_WEAK;
		return TLS_UNUSABLE;
	default:
		return TLS_UNUSABLE;
	}
}

/* The engine's code for what it did not find itself. */
static unsigned
err_of(enum tls_verdict verdict)
{
	switch (verdict) {
	case TLS_WRONG_NAME:
	case TLS_NO_SAN:
		return BR_ERR_X509_BAD_SERVER_NAME;
	case TLS_WRONG_USAGE:
		return BR_ERR_X509_FORBIDDEN_KEY_USAGE;
	case TLS_FINE:
	case TLS_UNTRUSTED:
	case TLS_EXPIRED:
	case TLS_WEAK:
	case TLS_UNUSABLE:
		break;
	}
	return BR_ERR_X509_UNSUPPORTED;
}

/* All our suites want a signature by the leaf's key, on a curve of ours. */
static void
check_leaf_key(struct tls_verifier *v)
{
	const br_x509_class *const *minimal = &v->minimal.vtable;
	unsigned usages = 0;
	const br_x509_pkey *key = (*minimal)->get_pkey(minimal, &usages);

	if (key == NULL || (usages & BR_KEYTYPE_SIGN) == 0)
		note(v, TLS_WRONG_USAGE);
	else if (key->key_type == BR_KEYTYPE_EC &&
	    key->key.ec.curve == BR_EC_secp521r1)
		note(v, TLS_UNUSABLE);
}

static unsigned
end_chain(const br_x509_class **ctx)
{
	struct tls_verifier *v = from_class(ctx);
	unsigned err = v->minimal.vtable->end_chain(&v->minimal.vtable);

	if (err != 0) {
		v->verdict = verdict_of(v, err);
		return err;
	}
	check_leaf_key(v);
	v->verdict = v->own;
	v->done = v->own == TLS_FINE;
	return v->done ? 0 : err_of(v->own);
}

static const br_x509_pkey *
get_pkey(const br_x509_class *const *ctx, unsigned *usages)
{
	const struct tls_verifier *v = (const void *)ctx;

	if (!v->done)
		return NULL;
	return v->minimal.vtable->get_pkey(&v->minimal.vtable, usages);
}

static const br_x509_class verifier_class = {
	sizeof(struct tls_verifier),
	start_chain,
	start_cert,
	append,
	end_cert,
	end_chain,
	get_pkey,
};

void
tls_verifier_init(struct tls_verifier *v, const struct tls_anchors *anchors,
    int64_t now_ticks)
{
	br_x509_minimal_context *m = &v->minimal;
	int64_t s = now_ticks < 0 ? 0 : now_ticks / TICKS_PER_S;

	br_x509_minimal_init(m, &br_sha256_vtable, anchors->ta, anchors->count);
	br_x509_minimal_set_rsa(m, br_rsa_pkcs1_vrfy_get_default());
	/* P-521 is right for certificates: Azure's list names it. */
	br_x509_minimal_set_ecdsa(
	    m, br_ec_get_default(), br_ecdsa_vrfy_asn1_get_default());
	/* A hash that is not set here is not known: MD5, SHA-1, SHA-224. */
	br_x509_minimal_set_hash(m, br_sha256_ID, &br_sha256_vtable);
	br_x509_minimal_set_hash(m, br_sha384_ID, &br_sha384_vtable);
	br_x509_minimal_set_hash(m, br_sha512_ID, &br_sha512_vtable);
	br_x509_minimal_set_minrsa(m, TLS_RSA_MIN_BITS / 8);
	br_x509_minimal_set_time(m, (uint32_t)(s / S_PER_DAY) + DAYS_TO_1601,
	    (uint32_t)(s % S_PER_DAY));
	v->vtable = &verifier_class;
	v->verdict = TLS_FINE;
	v->own = TLS_FINE;
	v->count = 0;
	v->walking = false;
	v->done = false;
}
