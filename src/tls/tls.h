/* SPDX-License-Identifier: MIT */
/*
 * tls.h - which server is believed, decided here and nowhere else.
 *
 * An own br_x509_class around BearSSL's minimal engine, with trust anchors that
 * are compiled in (the roots that cover Azure) or were loaded once from the
 * operator's CA file.  What it asks beyond the minimal engine: a host name to
 * compare with, RSA from 2048 bits, SHA-256, SHA-384 or SHA-512 in signatures,
 * server use wherever the leaf or an intermediate names a use, a subject
 * alternative name.  What it cannot check is in src/tls/README.md.
 * tls_client_harden sets protocol, suites, curves and randomness of an engine;
 * http calls it from libcurl's SSL context callback.
 */
#ifndef TLS_TLS_H
#define TLS_TLS_H

#include <bearssl.h>
#include <stdbool.h>

#include "base/limits.h"
#include "base/span.h"

/* As much as the strongest suite's hash can hold. */
#define TLS_RANDOM_BYTES 48u

/* Subject names and keys of loaded anchors lie in the pool and `ta` points to
 * them: the struct stays where it was initialised and is never copied. */
struct tls_anchors {
	br_x509_trust_anchor ta[TLS_ANCHOR_MAX_COUNT];
	size_t count;
	uint8_t pool[TLS_ANCHOR_POOL_BYTES];
	size_t pool_n;
};

/* Start with the compiled-in anchors (no copy: they point to constants).  Their
 * names, fingerprints and dates are in src/tls/anchors.txt. */
void tls_anchors_init(struct tls_anchors *anchors);

/* Why a CA file was refused: for the operator, with the number of the
 * PEM block in the file (from 1; 0 when it is the file as a whole).  The text
 * is a constant and says what to do. */
struct tls_ca_fault {
	unsigned certificate;
	const char *text;
};

/*
 * tls_anchors_add_pem - add the certificates of a PEM text as anchors.
 *
 * Text outside of PEM blocks, Windows line ends, a byte order mark, indented
 * lines and a missing last line end are all right.  Dates, signatures and key
 * usage of these certificates are not looked at: the operator vouches for them.
 *
 * pem      borrowed for the call; at most TLS_CA_FILE_MAX_BYTES
 * fault    set unless ST_OK is returned
 * returns  ST_OK       all of them were added, at least one
 *          ST_CONFIG   nothing was added; *fault says which block and why: not
 *                      PEM, not a certificate, not a CA's certificate, RSA
 *                      above 4096 or below 2048 bits, a key type that is not
 *                      known, an empty or too large file, a private key in it
 *          ST_FULL     too many; nothing was added; *fault says so
 * cost     no I/O; 2 KiB of stack
 */
enum st tls_anchors_add_pem(struct tls_anchors *anchors, struct span pem,
    struct tls_ca_fault *fault) MUST_CHECK;

/* Why a server was refused; TLS_FINE while nothing was wrong. */
enum tls_verdict {
	TLS_FINE,
	TLS_UNTRUSTED,  /* no anchor for the chain: wrong or missing CA */
	TLS_EXPIRED,    /* not yet or no longer valid by our clock */
	TLS_WRONG_NAME, /* another host's certificate */
	TLS_NO_SAN,
	TLS_WEAK,        /* RSA below 2048 bits, SHA-1, MD5 */
	TLS_WRONG_USAGE, /* not for servers, or not for a CA where it is one */
	TLS_UNUSABLE,    /* anything else: malformed, wrong order, an algorithm
	                  * or a critical extension that is not known */
};

/* What one certificate says, found while its bytes fly past: tls_walk.c. */
struct tls_walk {
	uint32_t pos; /* bytes seen */
	uint32_t n;   /* length of an element, then what is left of it */
	uint32_t end[TLS_DER_DEPTH_MAX]; /* where each open element ends */
	uint8_t in[TLS_DER_DEPTH_MAX];   /* and which one it is */
	uint8_t depth;
	uint8_t step;
	uint8_t tag;
	uint8_t octets; /* of a long length, still to come */
	uint8_t oid[TLS_OID_MAX_BYTES];
	uint8_t oid_n;
	uint8_t oid_in; /* where it stands */
	uint8_t facts;
};

/* State of one handshake: one for each transfer, never shared.  After a
 * handshake that failed `verdict` says whether the certificates were why;
 * everything else is private to tls_verify.c. */
struct tls_verifier {
	const br_x509_class *vtable; /* first: BearSSL casts */
	br_x509_minimal_context minimal;
	br_ec_impl curves; /* the default one without P-521 */
	struct tls_walk walk;
	enum tls_verdict verdict;
	enum tls_verdict own; /* the first thing minimal overlooks */
	unsigned count;       /* certificates begun in this chain */
	bool walking;
	bool done; /* end_chain said yes */
};

/*
 * tls_client_harden - make a BearSSL client context ours.
 *
 * Sets the verifier, TLS 1.2 only, four ECDHE AES-GCM suites, P-256, P-384 and
 * X25519, handshake signatures with SHA-256, SHA-384 or SHA-512, no
 * renegotiation; adds fresh kernel randomness.  The server name is given later,
 * to br_ssl_client_reset; without one every server is refused.
 *
 * client     a context that br_ssl_client_init_full prepared, before its reset
 * v          storage for this transfer; must live as long as the context
 * anchors    borrowed likewise
 * now_ticks  the time by which certificates are judged (base/ticks.h)
 * random48   TLS_RANDOM_BYTES fresh bytes from platform/random.h; the caller
 *            wipes them
 */
void tls_client_harden(br_ssl_client_context *client, struct tls_verifier *v,
    const struct tls_anchors *anchors, int64_t now_ticks,
    const uint8_t *random48);

/* The verdict in words for a message: "the certificate is for another host".
 * A constant; "?" for a value outside the list. */
const char *tls_verdict_text(enum tls_verdict verdict);

#endif
