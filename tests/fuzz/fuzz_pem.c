/* SPDX-License-Identifier: MIT */
/*
 * fuzz_pem.c - libFuzzer target for what reads certificates: the CA file's
 * loader, the walk and the verifier.
 *
 * Input: byte 0 is odd for a CA file as it is; otherwise the rest is one
 * certificate in DER, which goes into the loader as PEM, through the walk in
 * two different cuts, and into the verifier as a server's chain.  Byte 1 is
 * the length of the pieces.
 *
 * Fuzz (clang; BearSSL is compiled in, so that its coverage counts):
 *	clang -std=gnu11 -g -O1 -fsanitize=fuzzer,address -Isrc \
 *	    -Ibuild/src/bearssl/inc -Ibuild/src/bearssl/src -DBR_RDRAND=0 \
 *	    src/tls/tls_*.c build/gen/tls_roots.c src/base/span.c \
 *	    src/base/ticks.c $(find build/src/bearssl/src -name '*.c') \
 *	    tests/fuzz/fuzz_pem.c -o build/fuzz_pem
 *	build/fuzz_pem CORPUS_DIR
 * Replay (any compiler), each file twice:
 *	cc -std=c11 -g -DFUZZ_REPLAY -Isrc -isystem build/native/deps/include \
 *	    -fsanitize=address,undefined src/tls/tls_*.c build/gen/tls_roots.c \
 *	    src/base/span.c src/base/ticks.c tests/fuzz/fuzz_pem.c \
 *	    build/native/deps/lib/libbearssl.a -o build/replay_pem
 *	build/replay_pem FILE...
 */
#include "tls/tls_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ticks.h"

#define HEAD_BYTES 2
#define TEXT_MAX   (2u * TLS_CA_FILE_MAX_BYTES)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(c) ((c) ? (void)0 : must_failed(#c, __LINE__))

static void
must_failed(const char *what, int line)
{
	fprintf(stderr, "fuzz_pem.c:%d: %s does not hold\n", line, what);
	abort();
}

static bool
is_in_pool(const struct tls_anchors *a, const unsigned char *p, size_t n)
{
	return p >= a->pool && n <= a->pool_n && p + n <= a->pool + a->pool_n;
}

static void
check_anchor(const struct tls_anchors *a, const br_x509_trust_anchor *ta)
{
	const br_x509_pkey *key = &ta->pkey;

	MUST(is_in_pool(a, ta->dn.data, ta->dn.len));
	MUST(ta->flags == BR_X509_TA_CA);
	if (key->key_type == BR_KEYTYPE_RSA) {
		MUST(is_in_pool(a, key->key.rsa.n, key->key.rsa.nlen));
		MUST(is_in_pool(a, key->key.rsa.e, key->key.rsa.elen));
		MUST(key->key.rsa.nlen * 8 >= TLS_RSA_MIN_BITS);
		MUST(key->key.rsa.nlen * 8 <= TLS_RSA_MAX_BITS);
	} else {
		MUST(key->key_type == BR_KEYTYPE_EC);
		MUST(is_in_pool(a, key->key.ec.q, key->key.ec.qlen));
	}
}

static void
load(struct tls_anchors *a, struct span pem)
{
	struct tls_ca_fault fault = { 99, NULL };
	enum st st;

	tls_anchors_init(a);
	st = tls_anchors_add_pem(a, pem, &fault);
	MUST(st == ST_OK || st == ST_CONFIG || st == ST_FULL);
	MUST(a->count <= TLS_ANCHOR_MAX_COUNT);
	if (st == ST_OK) {
		MUST(a->count > tls_root_count);
	} else {
		MUST(a->count == tls_root_count && a->pool_n == 0);
		MUST(fault.text != NULL && fault.text[0] != '\0');
	}
	for (size_t i = tls_root_count; i < a->count; i++)
		check_anchor(a, &a->ta[i]);
}

static void
walk(struct span der, size_t chunk)
{
	struct tls_walk whole, cut;
	struct span piece;

	tls_walk_init(&whole, (uint32_t)der.n);
	tls_walk_push(&whole, der);
	MUST(whole.depth < TLS_DER_DEPTH_MAX);
	for (unsigned k = 0; k <= whole.depth; k++)
		MUST(whole.pos <= whole.end[k]);
	tls_walk_init(&cut, (uint32_t)der.n);
	while (
	    der.n > 0 && span_take(&der, der.n < chunk ? der.n : chunk, &piece))
		tls_walk_push(&cut, piece);
	MUST(whole.facts == cut.facts);
	MUST(tls_walk_is_complete(&whole) == tls_walk_is_complete(&cut));
}

/* Nobody can sign for the anchors, so no input is ever believed. */
static void
verify(const struct tls_anchors *a, struct span der, size_t chunk)
{
	struct tls_verifier v;
	const br_x509_class **x = &v.vtable;
	struct span piece;

	tls_verifier_init(&v, a, ticks_from_unix_s(1906502400));
	(*x)->start_chain(x, "login.test");
	(*x)->start_cert(x, (uint32_t)der.n);
	while (
	    der.n > 0 && span_take(&der, der.n < chunk ? der.n : chunk, &piece))
		(*x)->append(x, piece.p, piece.n);
	(*x)->end_cert(x);
	MUST((*x)->end_chain(x) != 0);
	MUST(v.verdict != TLS_FINE);
	MUST((*x)->get_pkey(x, NULL) == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tls_anchors anchors;
	static uint8_t text[TEXT_MAX];
	struct span rest;
	size_t chunk, n;

	if (size < HEAD_BYTES || size > TLS_CA_FILE_MAX_BYTES)
		return 0;
	rest = (struct span){ data + HEAD_BYTES, size - HEAD_BYTES };
	chunk = (size_t)data[1] + 1;
	if ((data[0] & 1) != 0) {
		load(&anchors, rest);
		return 0;
	}
	walk(rest, chunk);
	tls_anchors_init(&anchors);
	verify(&anchors, rest, chunk);
	if (rest.n == 0)
		return 0;
	n = br_pem_encode(text, rest.p, rest.n, "CERTIFICATE", 0);
	load(&anchors, (struct span){ text, n });
	return 0;
}

#ifdef FUZZ_REPLAY
int
main(int argc, char **argv)
{
	static uint8_t input[TLS_CA_FILE_MAX_BYTES];

	for (int i = 1; i < argc; i++) {
		FILE *f = fopen(argv[i], "rb");
		size_t n;

		if (f == NULL) {
			perror(argv[i]);
			return 1;
		}
		n = fread(input, 1, sizeof input, f);
		(void)fclose(f);
		(void)LLVMFuzzerTestOneInput(input, n);
		(void)LLVMFuzzerTestOneInput(input, n);
	}
	printf("%d inputs replayed\n", argc - 1);
	return 0;
}
#endif
