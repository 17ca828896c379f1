/* SPDX-License-Identifier: MIT */
/*
 * CRC-32C.  Every row of the store has one, and 15 KiB are summed up for an
 * incident: with tables alone that was 7 % of the program's instructions, so
 * that the processor's own instruction is worth its few lines.
 */
#define _GNU_SOURCE /* le64toh */

#include <endian.h>
#include <string.h>

#include "seal/seal_priv.h"

/*
 * Eight bytes at a time with tables, the reflected polynomial 0x82f63b78.  Row
 * k holds the remainders of all byte values with k bytes behind them.  They are
 * linear, R(a ^ b) = R(a) ^ R(b), so that those of the eight bits make all 256.
 */
/* clang-format off */
#define BIT(b, i, r) (((b) >> (i) & 1u) * (r))
#define R(b, r0, r1, r2, r3, r4, r5, r6, r7) \
	(BIT(b, 0, r0) ^ BIT(b, 1, r1) ^ BIT(b, 2, r2) ^ BIT(b, 3, r3) ^ \
	 BIT(b, 4, r4) ^ BIT(b, 5, r5) ^ BIT(b, 6, r6) ^ BIT(b, 7, r7))
#define R0(b) R(b, \
	0xf26b8303u, 0xe13b70f7u, 0xc79a971fu, 0x8ad958cfu, \
	0x105ec76fu, 0x20bd8edeu, 0x417b1dbcu, 0x82f63b78u)
#define R1(b) R(b, \
	0x13a29877u, 0x274530eeu, 0x4e8a61dcu, 0x9d14c3b8u, \
	0x3fc5f181u, 0x7f8be302u, 0xff17c604u, 0xfbc3faf9u)
#define R2(b) R(b, \
	0xa541927eu, 0x4f6f520du, 0x9edea41au, 0x38513ec5u, \
	0x70a27d8au, 0xe144fb14u, 0xc76580d9u, 0x8b277743u)
#define R3(b) R(b, \
	0xdd45aab8u, 0xbf672381u, 0x7b2231f3u, 0xf64463e6u, \
	0xe964b13du, 0xd725148bu, 0xaba65fe7u, 0x52a0c93fu)
#define R4(b) R(b, \
	0x38116facu, 0x7022df58u, 0xe045beb0u, 0xc5670b91u, \
	0x8f2261d3u, 0x1ba8b557u, 0x37516aaeu, 0x6ea2d55cu)
#define R5(b) R(b, \
	0xef306b19u, 0xdb8ca0c3u, 0xb2f53777u, 0x6006181fu, \
	0xc00c303eu, 0x85f4168du, 0x0e045bebu, 0x1c08b7d6u)
#define R6(b) R(b, \
	0x68032cc8u, 0xd0065990u, 0xa5e0c5d1u, 0x4e2dfd53u, \
	0x9c5bfaa6u, 0x3d5b83bdu, 0x7ab7077au, 0xf56e0ef4u)
#define R7(b) R(b, \
	0x493c7d27u, 0x9278fa4eu, 0x211d826du, 0x423b04dau, \
	0x847609b4u, 0x0d006599u, 0x1a00cb32u, 0x34019664u)
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
seal_crc32c_table(uint32_t crc, struct span s)
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

#ifdef __x86_64__

/* Intel SDM 2, CRC32: SSE4.2, in every x86-64 processor since 2013. */
__attribute__((target("sse4.2"))) static uint32_t
by_instruction(uint32_t crc, struct span s)
{
	uint64_t sum = ~crc, x;
	size_t i = 0;

	for (; s.n - i >= sizeof x; i += sizeof x) {
		memcpy(&x, s.p + i, sizeof x);
		sum = __builtin_ia32_crc32di(sum, x);
	}
	for (; i < s.n; i++)
		sum = __builtin_ia32_crc32qi((uint32_t)sum, s.p[i]);
	return ~(uint32_t)sum;
}

uint32_t
seal_crc32c(uint32_t crc, struct span s)
{
	/* The compiler's library asked the processor before main. */
	return __builtin_cpu_supports("sse4.2") ? by_instruction(crc, s) :
						  seal_crc32c_table(crc, s);
}

#else

uint32_t
seal_crc32c(uint32_t crc, struct span s)
{
	return seal_crc32c_table(crc, s);
}

#endif
