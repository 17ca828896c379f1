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

/*
 * The remainder of one byte value, for the reflected polynomial 0x82f63b78.
 * Remainders are linear, T[a ^ b] = T[a] ^ T[b], so that two tables of 16, one
 * for each half of the byte, do the work of one of 256: 128 bytes instead of
 * 1 KiB, and the two look-ups do not wait for each other.
 */
/* clang-format off */
static const uint32_t LOW[16] = {
	0x00000000, 0xf26b8303, 0xe13b70f7, 0x1350f3f4,
	0xc79a971f, 0x35f1141c, 0x26a1e7e8, 0xd4ca64eb,
	0x8ad958cf, 0x78b2dbcc, 0x6be22838, 0x9989ab3b,
	0x4d43cfd0, 0xbf284cd3, 0xac78bf27, 0x5e133c24,
};
static const uint32_t HIGH[16] = {
	0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1,
	0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
	0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
	0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};
/* clang-format on */

uint32_t
seal_crc32c(uint32_t crc, struct span s)
{
	crc = ~crc;
	for (size_t i = 0; i < s.n; i++) {
		uint32_t at = (crc ^ s.p[i]) & 0xff;

		crc = crc >> 8 ^ LOW[at & 15] ^ HIGH[at >> 4];
	}
	return ~crc;
}
