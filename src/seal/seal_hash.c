/* SPDX-License-Identifier: MIT */
#include <bearssl.h>
#include <string.h>

#include "seal/seal.h"

void
seal_sha256(struct span s, uint8_t digest[SEAL_DIGEST_BYTES])
{
	br_sha256_context sha;

	br_sha256_init(&sha);
	br_sha256_update(&sha, s.p, s.n);
	br_sha256_out(&sha, digest);
	wipe(&sha, sizeof sha);
}

void
seal_uuid5(const struct uuid *space, struct span name, struct uuid *out)
{
	br_sha1_context sha;
	uint8_t digest[br_sha1_SIZE];

	br_sha1_init(&sha);
	br_sha1_update(&sha, space->b, sizeof space->b);
	br_sha1_update(&sha, name.p, name.n);
	br_sha1_out(&sha, digest);
	memcpy(out->b, digest, sizeof out->b);
	out->b[6] = (uint8_t)((out->b[6] & 0x0f) | 0x50); /* version 5 */
	out->b[8] = (uint8_t)((out->b[8] & 0x3f) | 0x80); /* the variant */
}
