/* SPDX-License-Identifier: MIT */
/* seal_priv.h - the standard algorithms, so that tests can try the vectors of
 * their RFCs; nobody else includes this. */
#ifndef SEAL_SEAL_PRIV_H
#define SEAL_SEAL_PRIV_H

#include "seal/seal.h"

#define SEAL_NONCE_BYTES 12u

struct seal_hkdf_input {
	struct span secret, salt, info;
};

/* HKDF-SHA-256, RFC 5869: n bytes of output, at most 255 * 32. */
void seal_hkdf(const struct seal_hkdf_input *in, uint8_t *out, size_t n);

/* Key, nonce and associated data of one message, RFC 8439. */
struct seal_aead {
	struct seal_key key;
	uint8_t nonce[SEAL_NONCE_BYTES];
	struct span ad;
};

/* Encrypt n bytes in their place; the tag is made from the cipher text. */
void seal_aead_close(const struct seal_aead *a, uint8_t *bytes, size_t n,
    uint8_t tag[SEAL_TAG_BYTES]);

/* Decrypt in place.  False, and the bytes wiped, when the tag differs. */
bool seal_aead_open(const struct seal_aead *a, uint8_t *bytes, size_t n,
    const uint8_t tag[SEAL_TAG_BYTES]);

/* seal_crc32c as a processor without an instruction for it makes it. */
uint32_t seal_crc32c_table(uint32_t crc, struct span s);

#endif
