/* SPDX-License-Identifier: MIT */
/*
 * A sealed message is
 *
 *     +---------+-------------+---------+
 *     | salt 32 | cipher text | tag 16  |
 *     +---------+-------------+---------+
 *
 *     message key = HKDF-SHA-256(key, salt, "wf-sentinel seal 1")
 *     cipher text, tag = ChaCha20-Poly1305(message key, nonce 0, ad, plain)
 *
 * Why the nonce may be constant: what must never repeat is the pair of key and
 * nonce, and the key is fresh for each 256-bit random salt.  Twelve random
 * bytes as a nonce under one long-lived key would be weaker, and a counter
 * would have to survive restored backups.
 *
 * BearSSL keeps no state outside the contexts here, which are wiped.
 */
#include "seal/seal_priv.h"

#include <bearssl.h>
#include <string.h>

void
seal_hkdf(const struct seal_hkdf_input *in, uint8_t *out, size_t n)
{
	br_hkdf_context hkdf;

	br_hkdf_init(&hkdf, &br_sha256_vtable, in->salt.p, in->salt.n);
	br_hkdf_inject(&hkdf, in->secret.p, in->secret.n);
	br_hkdf_flip(&hkdf);
	br_hkdf_produce(&hkdf, in->info.p, in->info.n, out, n);
	wipe(&hkdf, sizeof hkdf);
}

bool
seal_is_same(const uint8_t *a, const uint8_t *b, size_t n)
{
	uint8_t differ = 0;

	for (size_t i = 0; i < n; i++)
		differ |= a[i] ^ b[i];
	/* The compiler may not leave the loop at the first difference. */
	__asm__ volatile("" : "+r"(differ));
	return differ == 0;
}

void
seal_aead_close(const struct seal_aead *a, uint8_t *bytes, size_t n,
    uint8_t tag[SEAL_TAG_BYTES])
{
	br_poly1305_ctmul_run(a->key.b, a->nonce, bytes, n, a->ad.p, a->ad.n,
	    tag, br_chacha20_ct_run, 1);
}

bool
seal_aead_open(const struct seal_aead *a, uint8_t *bytes, size_t n,
    const uint8_t tag[SEAL_TAG_BYTES])
{
	uint8_t computed[SEAL_TAG_BYTES];

	br_poly1305_ctmul_run(a->key.b, a->nonce, bytes, n, a->ad.p, a->ad.n,
	    computed, br_chacha20_ct_run, 0);
	if (seal_is_same(computed, tag, sizeof computed))
		return true;
	wipe(bytes, n);
	return false;
}

static void
message_key(
    struct seal_aead *a, const struct seal_key *key, const uint8_t *salt)
{
	const struct seal_hkdf_input in = {
		.secret = { key->b, sizeof key->b },
		.salt = { salt, SEAL_SALT_BYTES },
		.info = SPAN_LIT("wf-sentinel seal 1"),
	};

	seal_hkdf(&in, a->key.b, sizeof a->key.b);
}

enum st
seal_close(const struct seal_key *key, const uint8_t *salt, struct span ad,
    struct span plain, struct buf *out)
{
	struct seal_aead a = { .ad = ad };
	uint8_t *bytes, *tag;
	size_t start = out->n;

	buf_put(out, (struct span){ salt, SEAL_SALT_BYTES });
	bytes = buf_claim(out, plain.n);
	tag = buf_claim(out, SEAL_TAG_BYTES);
	if (bytes == NULL || tag == NULL) {
		buf_rewind(out, start);
		return ST_FULL;
	}
	if (plain.n != 0)
		memcpy(bytes, plain.p, plain.n);
	message_key(&a, key, salt);
	seal_aead_close(&a, bytes, plain.n, tag);
	wipe(&a, sizeof a);
	return ST_OK;
}

enum st
seal_open(const struct seal_key *key, struct span ad, struct span sealed,
    struct buf *out)
{
	struct seal_aead a = { .ad = ad };
	struct span salt, cipher;
	uint8_t tag[SEAL_TAG_BYTES];
	size_t start = out->n;
	uint8_t *bytes;
	bool good;

	if (sealed.n < SEAL_OVERHEAD_BYTES ||
	    !span_take(&sealed, SEAL_SALT_BYTES, &salt) ||
	    !span_take(&sealed, sealed.n - SEAL_TAG_BYTES, &cipher))
		return ST_CORRUPT;
	bytes = buf_claim(out, cipher.n);
	if (bytes == NULL)
		return ST_FULL;
	/* Salt and tag first: the cipher text may move over them. */
	message_key(&a, key, salt.p);
	memcpy(tag, sealed.p, sizeof tag);
	memmove(bytes, cipher.p, cipher.n);
	good = seal_aead_open(&a, bytes, cipher.n, tag);
	wipe(&a, sizeof a);
	if (!good)
		buf_rewind(out, start);
	return good ? ST_OK : ST_CORRUPT;
}

void
seal_mark(const struct seal_key *key, const uint8_t *salt, struct span text,
    uint8_t mark[SEAL_DIGEST_BYTES])
{
	const struct seal_hkdf_input in = {
		.secret = { key->b, sizeof key->b },
		.salt = { salt, SEAL_SALT_BYTES },
		.info = text,
	};

	seal_hkdf(&in, mark, SEAL_DIGEST_BYTES);
}
