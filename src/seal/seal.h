/* SPDX-License-Identifier: MIT */
/*
 * seal.h - the cryptography that is not TLS, over BearSSL: sealing (AEAD),
 * hashes, name-based UUIDs, CRC-32C.  Pure functions; randomness is the
 * caller's, from platform/random.h.
 */
#ifndef SEAL_SEAL_H
#define SEAL_SEAL_H

#include "base/span.h"
#include "base/uuid.h"

#define SEAL_KEY_BYTES    32u
#define SEAL_SALT_BYTES   32u
#define SEAL_TAG_BYTES    16u
#define SEAL_DIGEST_BYTES 32u
/* What sealing adds to the plain text: salt and tag. */
#define SEAL_OVERHEAD_BYTES (SEAL_SALT_BYTES + SEAL_TAG_BYTES)

struct seal_key {
	uint8_t b[SEAL_KEY_BYTES];
};

/*
 * seal_close - encrypt and authenticate.
 *
 * A key for this one message is derived from *key and the salt (HKDF-SHA-256,
 * RFC 5869), so that nonces cannot repeat; then ChaCha20-Poly1305 (RFC 8439).
 *
 * key      borrowed
 * salt     SEAL_SALT_BYTES fresh random bytes
 * ad       authenticated, not stored
 * plain    0..SECRET_MAX_BYTES bytes, not in the storage of `out`
 * out      takes salt, cipher text, tag; nothing is put when it does not fit
 * returns  ST_OK, or ST_FULL when `out` is too small
 */
enum st seal_close(const struct seal_key *key, const uint8_t *salt,
    struct span ad, struct span plain, struct buf *out) MUST_CHECK;

/*
 * seal_open - the reverse.
 *
 * sealed   may lie in the storage of `out`: the plain text then takes its
 *          place, and whatever the result, `sealed` is gone
 * out      takes the plain text; the caller wipes it
 * returns  ST_OK; ST_CORRUPT when key, ad or a single bit differ (nothing of
 *          the plain text is left in `out`); ST_FULL
 */
enum st seal_open(const struct seal_key *key, struct span ad,
    struct span sealed, struct buf *out) MUST_CHECK;

/*
 * seal_mark - a check value of `text` that only the key's holder can make.
 *
 * HKDF-SHA-256 with `text` as its info, which makes the last step HMAC over
 * it.  Texts begin with a name of their use that is not another's beginning,
 * so that no two uses share a value; seal's own begins with "wf-sentinel seal".
 *
 * salt     SEAL_SALT_BYTES bytes: equal texts in two places look different
 */
void seal_mark(const struct seal_key *key, const uint8_t *salt,
    struct span text, uint8_t mark[SEAL_DIGEST_BYTES]);

/* Equal marks, in a time that does not tell where they differ. */
bool seal_is_same(const uint8_t *a, const uint8_t *b, size_t n);

/* SHA-256, FIPS 180-4. */
void seal_sha256(struct span s, uint8_t digest[SEAL_DIGEST_BYTES]);

/* Version 5 UUID (RFC 9562, 5.5) of `name` in a name space. */
void seal_uuid5(const struct uuid *space, struct span name, struct uuid *out);

/* CRC-32C (Castagnoli, RFC 3720 B.4), begun with 0 and continued: the CRC of
 * "ab" is that of "b" begun with that of "a". */
uint32_t seal_crc32c(uint32_t crc, struct span s);

#endif
