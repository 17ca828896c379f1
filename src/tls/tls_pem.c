/* SPDX-License-Identifier: MIT */
/*
 * tls_pem.c - the operator's CA file to anchors, guarded.
 *
 *   file ── lines, trimmed ──► PEM decoder ── DER ──► X.509 decoder
 *                                                      │ name   │ key
 *                                                      └► pool ◄┘
 *
 * The file is outside input.  BearSSL 0.6's X.509 decoder overwrites memory
 * when it is fed on after an error (one RSA-8192 certificate is enough), so
 * nothing is pushed into it after the first one, with and without our patch to
 * it.  Lines go in without their ends: the PEM decoder mistakes a carriage
 * return for a part of the block's name, and needs a line feed after the last
 * line.  Any fault puts `count` and `pool_n` back: all of the file or nothing.
 */
#include "tls/tls_priv.h"

#include <string.h>

struct load {
	struct tls_anchors *anchors;
	struct tls_ca_fault *fault;
	br_pem_decoder_context pem;
	br_x509_decoder_context x509;
	struct buf pool; /* over what is free in the pool */
	size_t name_n;   /* of the certificate being read */
	bool open;       /* within a block */
};

static enum st
refuse(struct load *l, enum st st, const char *why)
{
	l->fault->text = why;
	return st;
}

static void
take_name(void *ctx, const void *bytes, size_t n)
{
	struct load *l = ctx;

	buf_put(&l->pool, (struct span){ bytes, n });
	l->name_n += n;
}

static void
take_der(void *ctx, const void *bytes, size_t n)
{
	struct load *l = ctx;
	int err = br_x509_decoder_last_error(&l->x509);

	/* TRUNCATED means "not at the end yet"; 0 is the end, and what follows
	 * makes it an error. */
	if (err == 0 || err == BR_ERR_X509_TRUNCATED)
		br_x509_decoder_push(&l->x509, bytes, n);
}

static enum st
begin_block(struct load *l)
{
	struct span name = span_str(br_pem_decoder_name(&l->pem));

	l->fault->certificate++;
	l->open = true;
	if (span_has_suffix(name, SPAN_LIT("PRIVATE KEY")))
		return refuse(
		    l, ST_CONFIG, "a private key is in the file; remove it");
	if (!span_eq(name, SPAN_LIT("CERTIFICATE")) &&
	    !span_eq(name, SPAN_LIT("X509 CERTIFICATE")))
		return refuse(l, ST_CONFIG,
		    "a block is not a certificate; keep only those that begin "
		    "with BEGIN CERTIFICATE");
	l->name_n = 0;
	br_x509_decoder_init(&l->x509, take_name, l);
	br_pem_decoder_setdest(&l->pem, take_der, l);
	return ST_OK;
}

static unsigned
bits_of(struct span number)
{
	unsigned bits = (unsigned)number.n * 8;

	for (unsigned top = number.p[0]; top < 0x80; top <<= 1) {
		if (top == 0)
			return bits - 8;
		bits--;
	}
	return bits;
}

static const char *
fault_of_rsa(const br_rsa_public_key *key)
{
	unsigned bits;

	/* The decoder has removed leading zeros, so an empty number is 0. */
	if (key->nlen == 0 || key->elen == 0 ||
	    (key->n[key->nlen - 1] & 1) == 0 ||
	    (key->e[key->elen - 1] & 1) == 0 ||
	    (key->elen == 1 && key->e[0] == 1))
		return "the RSA key is not one; ask for a new certificate";
	bits = bits_of((struct span){ key->n, key->nlen });
	if (bits < TLS_RSA_MIN_BITS)
		return "the RSA key is shorter than 2048 bits; use a CA with a "
		       "stronger key";
	if (bits > TLS_RSA_MAX_BITS)
		return "the RSA key is longer than 4096 bits, which is not "
		       "supported; use a CA with another key";
	return NULL;
}

static const char *
fault_of_ec(const br_ec_public_key *key)
{
	size_t n = 0;

	if (key->curve == BR_EC_secp256r1)
		n = 1 + 2 * 32;
	else if (key->curve == BR_EC_secp384r1)
		n = 1 + 2 * 48;
	else if (key->curve == BR_EC_secp521r1)
		n = 1 + 2 * 66;
	/* 4: both coordinates are there, the only form that BearSSL reads */
	if (n == 0 || key->qlen != n || key->q[0] != 4)
		return "the elliptic curve key is compressed or not on P-256, "
		       "P-384 or P-521; use a CA with another key";
	return NULL;
}

/* Why BearSSL did not decode it. */
static const char *
fault_of_decoder(int err)
{
	if (err == BR_ERR_X509_LIMIT_EXCEEDED)
		return "the key is longer than RSA 4096, which is not "
		       "supported; use a CA with another key";
	if (err == BR_ERR_X509_UNSUPPORTED)
		return "the key is neither RSA nor on P-256, P-384 or P-521; "
		       "use a CA with another key";
	return "the certificate is damaged; export it again";
}

/* Point to bytes that are copied behind the name. */
static unsigned char *
keep(struct load *l, const unsigned char *bytes, size_t n)
{
	size_t at = l->pool.n;

	buf_put(&l->pool, (struct span){ bytes, n });
	return l->pool.p + at;
}

static enum st
add_anchor(struct load *l, const br_x509_pkey *key)
{
	struct tls_anchors *anchors = l->anchors;
	br_x509_trust_anchor ta = { .flags = BR_X509_TA_CA, .pkey = *key };

	if (anchors->count == TLS_ANCHOR_MAX_COUNT)
		return refuse(l, ST_FULL,
		    "there are too many certificates; keep only the roots "
		    "that are needed");
	ta.dn.len = l->name_n;
	if (key->key_type == BR_KEYTYPE_RSA) {
		ta.pkey.key.rsa.n = keep(l, key->key.rsa.n, key->key.rsa.nlen);
		ta.pkey.key.rsa.e = keep(l, key->key.rsa.e, key->key.rsa.elen);
	} else {
		ta.pkey.key.ec.q = keep(l, key->key.ec.q, key->key.ec.qlen);
	}
	if (l->pool.cut)
		return refuse(l, ST_FULL,
		    "the certificates are too large together; keep only the "
		    "roots that are needed");
	ta.dn.data = l->pool.p;
	anchors->ta[anchors->count++] = ta;
	anchors->pool_n += l->pool.n;
	l->pool = (struct buf){ l->pool.p + l->pool.n, 0,
		l->pool.cap - l->pool.n, false };
	return ST_OK;
}

static enum st
end_block(struct load *l)
{
	const br_x509_pkey *key = br_x509_decoder_get_pkey(&l->x509);
	const char *why;

	l->open = false;
	if (key == NULL)
		return refuse(l, ST_CONFIG,
		    fault_of_decoder(br_x509_decoder_last_error(&l->x509)));
	if (br_x509_decoder_isCA(&l->x509) == 0)
		return refuse(l, ST_CONFIG,
		    "the certificate is not a CA's; take that of the CA that "
		    "signed it");
	why = key->key_type == BR_KEYTYPE_RSA ? fault_of_rsa(&key->key.rsa) :
						fault_of_ec(&key->key.ec);
	if (why != NULL)
		return refuse(l, ST_CONFIG, why);
	return add_anchor(l, key);
}

static enum st
push(struct load *l, struct span text)
{
	enum st st = ST_OK;

	/* Every round takes bytes: the decoder stops only behind a line. */
	while (st == ST_OK && text.n > 0) {
		size_t n = br_pem_decoder_push(&l->pem, text.p, text.n);

		text = span_sub(text, n, text.n);
		switch (br_pem_decoder_event(&l->pem)) {
		case BR_PEM_BEGIN_OBJ:
			st = begin_block(l);
			break;
		case BR_PEM_END_OBJ:
			st = end_block(l);
			break;
		case BR_PEM_ERROR:
			st = refuse(l, ST_CONFIG,
			    "the text of the certificate is damaged; copy it "
			    "again");
			break;
		default:
			break;
		}
	}
	return st;
}

static enum st
load_lines(struct load *l, struct span pem)
{
	enum st st = ST_OK;
	struct span line;

	if (pem.n > TLS_CA_FILE_MAX_BYTES)
		return refuse(l, ST_CONFIG,
		    "the file is too large; keep only the roots that are "
		    "needed, not a whole bundle");
	/* the mark that Windows editors put in front */
	if (span_has_prefix(pem, SPAN_LIT("\xef\xbb\xbf")))
		pem = span_sub(pem, 3, pem.n);
	while (st == ST_OK && span_split(&pem, '\n', &line)) {
		st = push(l, span_trim(line));
		if (st == ST_OK)
			st = push(l, SPAN_LIT("\n"));
	}
	if (st == ST_OK && l->open)
		return refuse(l, ST_CONFIG,
		    "the file ends within a certificate; copy it again");
	if (st == ST_OK && l->fault->certificate == 0)
		return refuse(l, ST_CONFIG,
		    "the file holds no certificate in PEM format; convert it "
		    "so that it begins with BEGIN CERTIFICATE");
	return st;
}

enum st
tls_anchors_add_pem(
    struct tls_anchors *anchors, struct span pem, struct tls_ca_fault *fault)
{
	struct load l = { .anchors = anchors, .fault = fault };
	size_t count = anchors->count;
	size_t pool_n = anchors->pool_n;
	enum st st;

	l.pool.p = anchors->pool + pool_n;
	l.pool.cap = sizeof anchors->pool - pool_n;
	fault->certificate = 0;
	fault->text = "";
	br_pem_decoder_init(&l.pem);
	st = load_lines(&l, pem);
	if (st != ST_OK) {
		anchors->count = count;
		anchors->pool_n = pool_n;
	}
	return st;
}
