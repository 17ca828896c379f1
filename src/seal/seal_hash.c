/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* le64toh */

#include <bearssl.h>
#include <endian.h>
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
 * CRC-32C eight bytes at a time, the reflected polynomial 0x82f63b78.  A row
 * k holds the remainders of all byte values with k bytes behind them.  They are
 * linear, R(a ^ b) = R(a) ^ R(b), so that those of the eight bits make all 256.
 */
/* clang-format off */
#define BIT(b, i, r) (((b) >> (i) & 1u) * (r))
#define R0(b) \
	(BIT(b, 0, 0xf26b8303u) ^ BIT(b, 1, 0xe13b70f7u) ^ \
	 BIT(b, 2, 0xc79a971fu) ^ BIT(b, 3, 0x8ad958cfu) ^ \
	 BIT(b, 4, 0x105ec76fu) ^ BIT(b, 5, 0x20bd8edeu) ^ \
	 BIT(b, 6, 0x417b1dbcu) ^ BIT(b, 7, 0x82f63b78u))
#define R1(b) \
	(BIT(b, 0, 0x13a29877u) ^ BIT(b, 1, 0x274530eeu) ^ \
	 BIT(b, 2, 0x4e8a61dcu) ^ BIT(b, 3, 0x9d14c3b8u) ^ \
	 BIT(b, 4, 0x3fc5f181u) ^ BIT(b, 5, 0x7f8be302u) ^ \
	 BIT(b, 6, 0xff17c604u) ^ BIT(b, 7, 0xfbc3faf9u))
#define R2(b) \
	(BIT(b, 0, 0xa541927eu) ^ BIT(b, 1, 0x4f6f520du) ^ \
	 BIT(b, 2, 0x9edea41au) ^ BIT(b, 3, 0x38513ec5u) ^ \
	 BIT(b, 4, 0x70a27d8au) ^ BIT(b, 5, 0xe144fb14u) ^ \
	 BIT(b, 6, 0xc76580d9u) ^ BIT(b, 7, 0x8b277743u))
#define R3(b) \
	(BIT(b, 0, 0xdd45aab8u) ^ BIT(b, 1, 0xbf672381u) ^ \
	 BIT(b, 2, 0x7b2231f3u) ^ BIT(b, 3, 0xf64463e6u) ^ \
	 BIT(b, 4, 0xe964b13du) ^ BIT(b, 5, 0xd725148bu) ^ \
	 BIT(b, 6, 0xaba65fe7u) ^ BIT(b, 7, 0x52a0c93fu))
#define R4(b) \
	(BIT(b, 0, 0x38116facu) ^ BIT(b, 1, 0x7022df58u) ^ \
	 BIT(b, 2, 0xe045beb0u) ^ BIT(b, 3, 0xc5670b91u) ^ \
	 BIT(b, 4, 0x8f2261d3u) ^ BIT(b, 5, 0x1ba8b557u) ^ \
	 BIT(b, 6, 0x37516aaeu) ^ BIT(b, 7, 0x6ea2d55cu))
#define R5(b) \
	(BIT(b, 0, 0xef306b19u) ^ BIT(b, 1, 0xdb8ca0c3u) ^ \
	 BIT(b, 2, 0xb2f53777u) ^ BIT(b, 3, 0x6006181fu) ^ \
	 BIT(b, 4, 0xc00c303eu) ^ BIT(b, 5, 0x85f4168du) ^ \
	 BIT(b, 6, 0x0e045bebu) ^ BIT(b, 7, 0x1c08b7d6u))
#define R6(b) \
	(BIT(b, 0, 0x68032cc8u) ^ BIT(b, 1, 0xd0065990u) ^ \
	 BIT(b, 2, 0xa5e0c5d1u) ^ BIT(b, 3, 0x4e2dfd53u) ^ \
	 BIT(b, 4, 0x9c5bfaa6u) ^ BIT(b, 5, 0x3d5b83bdu) ^ \
	 BIT(b, 6, 0x7ab7077au) ^ BIT(b, 7, 0xf56e0ef4u))
#define R7(b) \
	(BIT(b, 0, 0x493c7d27u) ^ BIT(b, 1, 0x9278fa4eu) ^ \
	 BIT(b, 2, 0x211d826du) ^ BIT(b, 3, 0x423b04dau) ^ \
	 BIT(b, 4, 0x847609b4u) ^ BIT(b, 5, 0x0d006599u) ^ \
	 BIT(b, 6, 0x1a00cb32u) ^ BIT(b, 7, 0x34019664u))
#define FOUR(r, b)  r(b), r((b) + 1u), r((b) + 2u), r((b) + 3u)
#define SOME(r, b)  FOUR(r, b), FOUR(r, (b) + 4u), FOUR(r, (b) + 8u), \
	FOUR(r, (b) + 12u)
#define MANY(r, b)  SOME(r, b), SOME(r, (b) + 16u), SOME(r, (b) + 32u), \
	SOME(r, (b) + 48u)
#define ALL(r)      { MANY(r, 0u), MANY(r, 64u), MANY(r, 128u), MANY(r, 192u) }
static const uint32_t ROW[8][256] = { ALL(R0), ALL(R1), ALL(R2), ALL(R3),
	ALL(R4), ALL(R5), ALL(R6), ALL(R7) };
/* clang-format on */

uint32_t
seal_crc32c(uint32_t crc, struct span s)
{
	size_t i = 0;
	uint64_t x;

	crc = ~crc;
	for (; s.n - i >= sizeof x; i += sizeof x) {
		memcpy(&x, s.p + i, sizeof x);
		x = le64toh(x) ^ crc;
		crc = 0;
		for (unsigned k = 0; k < 8; k++, x >>= 8)
			crc ^= ROW[7 - k][x & 0xff];
	}
	for (; i < s.n; i++)
		crc = crc >> 8 ^ ROW[0][(crc ^ s.p[i]) & 0xff];
	return ~crc;
}
