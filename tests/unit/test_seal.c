/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <string.h>

#include "hex.h"
#include "seal/seal_priv.h"

/* --- the vectors of the RFCs ------------------------------------------- */

struct hkdf_row {
	const char *secret, *salt, *info;
	const char *output;
	const char *why;
};

/* clang-format off */
/* RFC 5869, A.1 to A.3. */
static const struct hkdf_row HKDF[] = {
	{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
	    "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
	    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
	    "34007208d5b887185865",
	    "A.1, basic" },
	{ "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	    "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
	    "404142434445464748494a4b4c4d4e4f",
	    "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
	    "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
	    "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
	    "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
	    "d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeef"
	    "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
	    "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
	    "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
	    "cc30c58179ec3e87c14c01d5c1f3434f1d87",
	    "A.2, longer inputs and output" },
	{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
	    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
	    "9d201395faa4b61a96c8",
	    "A.3, no salt and no info" },
};
/* clang-format on */

Test(seal, hkdf_makes_the_vectors_of_rfc_5869)
{
	for (size_t i = 0; i < sizeof HKDF / sizeof HKDF[0]; i++) {
		uint8_t secret[128], salt[128], info[128], output[128];
		uint8_t made[128];
		const struct seal_hkdf_input in = {
			hex_bytes(HKDF[i].secret, secret, sizeof secret),
			hex_bytes(HKDF[i].salt, salt, sizeof salt),
			hex_bytes(HKDF[i].info, info, sizeof info),
		};
		struct span want = hex_bytes(
		    HKDF[i].output, output, sizeof output);

		seal_hkdf(&in, made, want.n);
		cr_expect_arr_eq(made, want.p, want.n, "%s", HKDF[i].why);
	}
}

#define SUNSCREEN                                                              \
	"Ladies and Gentlemen of the class of '99: If I could offer you only " \
	"one tip for the future, sunscreen would be it."

Test(seal, aead_makes_and_opens_the_vector_of_rfc_8439)
{
	struct seal_aead a;
	uint8_t ad[12], bytes[114], tag[SEAL_TAG_BYTES];

	hex_bytes(
	    "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e"
	    "9f",
	    a.key.b, sizeof a.key.b);
	hex_bytes("070000004041424344454647", a.nonce, sizeof a.nonce);
	a.ad = hex_bytes("50515253c0c1c2c3c4c5c6c7", ad, sizeof ad);
	memcpy(bytes, SUNSCREEN, sizeof bytes);
	seal_aead_close(&a, bytes, sizeof bytes, tag);
	cr_assert(hex_is((struct span){ bytes, sizeof bytes },
	    "d31a8d34648e60db7b86afbc53ef7ec2 a4aded51296e08fea9e2b5a736ee62d6"
	    "3dbea45e8ca9671282fafb69da92728b 1a71de0a9e060b2905d6a5b67ecd3b36"
	    "92ddbd7f2d778b8c9803aee328091b58 fab324e4fad675945585808b4831d7bc"
	    "3ff4def08e4b7a9de576d26586cec64b 6116"));
	cr_assert(hex_is((struct span){ tag, sizeof tag },
	    "1ae10b594f09e26a7e902ecbd0600691"));
	cr_assert(seal_aead_open(&a, bytes, sizeof bytes, tag));
	cr_assert_arr_eq(bytes, SUNSCREEN, sizeof bytes);
}

Test(seal, sha256_of_abc_is_that_of_fips_180)
{
	uint8_t digest[SEAL_DIGEST_BYTES];

	seal_sha256(SPAN_LIT("abc"), digest);
	cr_assert(hex_is((struct span){ digest, sizeof digest },
	    "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad"));
	seal_sha256(SPAN_LIT(""), digest);
	cr_assert(hex_is((struct span){ digest, sizeof digest },
	    "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855"));
}

static bool
uuid5_is(const char *space, struct span name, const char *expected)
{
	struct uuid s, u;
	uint8_t room[UUID_TEXT_BYTES];
	struct buf text = BUF_OVER(room);

	cr_assert_eq(uuid_parse(span_str(space), &s), ST_OK);
	seal_uuid5(&s, name, &u);
	uuid_write(&text, &u);
	return span_eq(span_of(&text), span_str(expected));
}

Test(seal, uuid5_is_that_of_rfc_9562)
{
	cr_assert(uuid5_is("6ba7b810-9dad-11d1-80b4-00c04fd430c8",
		      SPAN_LIT("www.example.com"),
		      "2ed6657d-e927-568b-95e1-2665a8aea6a2"),
	    "RFC 9562, A.4");
	cr_assert(uuid5_is("6f1d3c0a-6b0e-5f0c-9c37-2f6f0d4b9a10", SPAN_LIT(""),
		      "a18db71a-cf1b-5f09-9643-d8c165e62d19"),
	    "an empty name; expected value from Python");
	cr_assert(uuid5_is("6f1d3c0a-6b0e-5f0c-9c37-2f6f0d4b9a10",
		      SPAN_LIT("/subscriptions/a"),
		      "acbc8cb5-852d-5cd0-a0de-2b936797ff5e"),
	    "as above");
}

Test(seal, crc32c_makes_the_vectors_of_rfc_3720)
{
	static const char PDU[] =
	    "01c00000000000000000000000000000 14000000000004000000001400000018"
	    "28000000000000000200000000000000";
	uint8_t bytes[48];

	memset(bytes, 0, 32);
	cr_expect_eq(seal_crc32c(0, (struct span){ bytes, 32 }), 0x8a9136aa);
	memset(bytes, 0xff, 32);
	cr_expect_eq(seal_crc32c(0, (struct span){ bytes, 32 }), 0x62a8ab43);
	for (size_t i = 0; i < 32; i++)
		bytes[i] = (uint8_t)i;
	cr_expect_eq(seal_crc32c(0, (struct span){ bytes, 32 }), 0x46dd794e);
	for (size_t i = 0; i < 32; i++)
		bytes[i] = (uint8_t)(31 - i);
	cr_expect_eq(seal_crc32c(0, (struct span){ bytes, 32 }), 0x113fdb5c);
	cr_expect_eq(
	    seal_crc32c(0, hex_bytes(PDU, bytes, sizeof bytes)), 0xd9963a56);
	cr_expect_eq(seal_crc32c(0, SPAN_LIT("123456789")), 0xe3069283);
	cr_expect_eq(seal_crc32c(0, SPAN_NONE), 0);
}

/* Bit by bit, as the polynomial says. */
static uint32_t
slow_crc32c(struct span s)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < s.n; i++) {
		crc ^= s.p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
	}
	return ~crc;
}

Test(seal, crc32c_of_every_byte_and_every_split_is_that_of_the_polynomial)
{
	uint8_t all[256];
	struct span s = { all, sizeof all };

	for (unsigned i = 0; i < 256; i++) {
		all[i] = (uint8_t)i;
		cr_expect_eq(seal_crc32c(0, (struct span){ &all[i], 1 }),
		    slow_crc32c((struct span){ &all[i], 1 }), "byte %u", i);
	}
	for (size_t i = 0; i <= s.n; i++)
		cr_expect_eq(seal_crc32c(seal_crc32c(0, span_sub(s, 0, i)),
				 span_sub(s, i, s.n)),
		    slow_crc32c(s), "cut at %zu", i);
}

/* Each length with each place in a word, begun with something. */
Test(seal, crc32c_is_the_same_with_tables_and_by_instruction)
{
	uint8_t all[80];

	for (unsigned i = 0; i < sizeof all; i++)
		all[i] = (uint8_t)(i * 73 + 5);
	for (size_t from = 0; from < 8; from++)
		for (size_t n = 0; n + from <= sizeof all; n++) {
			struct span s = { all + from, n };

			cr_expect_eq(seal_crc32c(0x12345678, s),
			    seal_crc32c_table(0x12345678, s), "%zu+%zu", from,
			    n);
			cr_expect_eq(seal_crc32c_table(0, s), slow_crc32c(s));
		}
}

/* --- sealing ----------------------------------------------------------- */

static const struct seal_key KEY = { { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
    13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
    31 } };
static const uint8_t SALT[] = "@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_";

/* Sealed by another implementation (Python's cryptography package). */
static const char SEALED
    [] = "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
	 "2d94f6a7f2bed59a64082b76ea9973d65e065b0598513d87dbd82a408d";

Test(seal, close_makes_what_another_implementation_makes)
{
	uint8_t room[61], mark[SEAL_DIGEST_BYTES];
	struct buf out = BUF_OVER(room);

	cr_assert_eq(seal_close(&KEY, SALT, SPAN_LIT("for contoso"),
			 SPAN_LIT("correct horse"), &out),
	    ST_OK);
	cr_assert(hex_is(span_of(&out), SEALED));
	seal_mark(&KEY, SALT, SPAN_LIT("a text"), mark);
	cr_assert(hex_is((struct span){ mark, sizeof mark },
	    "a66f5b83f5d7457cce923dc416f22a67"
	    "1296632727ba8fce10ac203fe901fe43"));
}

Test(seal, open_gives_back_every_length)
{
	static uint8_t plain[300], sealed[300 + SEAL_OVERHEAD_BYTES];
	static uint8_t opened[300];

	for (size_t n = 0; n <= sizeof plain; n++) {
		struct buf out = BUF_OVER(sealed), back = BUF_OVER(opened);

		plain[n == 0 ? 0 : n - 1] = (uint8_t)(n * 7);
		cr_assert_eq(seal_close(&KEY, SALT, SPAN_NONE,
				 (struct span){ plain, n }, &out),
		    ST_OK);
		cr_assert_eq(out.n, n + SEAL_OVERHEAD_BYTES);
		cr_assert_eq(
		    seal_open(&KEY, SPAN_NONE, span_of(&out), &back), ST_OK);
		cr_assert(span_eq(span_of(&back), (struct span){ plain, n }));
	}
}

Test(seal, open_in_the_place_of_the_sealed_bytes_works)
{
	uint8_t room[128];
	struct buf file = BUF_OVER(room), out = BUF_OVER(room);

	buf_put_str(&file, "head");
	cr_assert_eq(
	    seal_close(&KEY, SALT, SPAN_LIT("ad"),
		SPAN_LIT("a secret that is longer than its tag"), &file),
	    ST_OK);
	cr_assert_eq(seal_open(&KEY, SPAN_LIT("ad"),
			 span_sub(span_of(&file), 4, file.n), &out),
	    ST_OK);
	cr_assert(span_eq(
	    span_of(&out), SPAN_LIT("a secret that is longer than its tag")));
}

/* Refused, and nothing of it left where it was decrypted. */
static void
expect_corrupt(const struct seal_key *key, struct span ad, struct span sealed,
    const char *why)
{
	uint8_t room[64] = { 0 };
	struct buf out = BUF_OVER(room);

	cr_expect_eq(seal_open(key, ad, sealed, &out), ST_CORRUPT, "%s", why);
	cr_expect_eq(out.n, 0, "%s", why);
	cr_expect_not(out.cut, "%s", why);
	for (size_t i = 0; i < sizeof room; i++)
		cr_expect_eq(room[i], 0, "%s", why);
}

Test(seal, every_flipped_bit_of_message_key_and_ad_is_refused)
{
	uint8_t bytes[61];
	struct span sealed = hex_bytes(SEALED, bytes, sizeof bytes);
	uint8_t ad[] = "for contoso";
	struct span ad_span = { ad, sizeof ad - 1 };
	struct seal_key key = KEY;

	for (size_t bit = 0; bit < sealed.n * 8; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		expect_corrupt(&KEY, ad_span, sealed, "message");
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t bit = 0; bit < sizeof key.b * 8; bit++) {
		key.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		expect_corrupt(&key, ad_span, sealed, "key");
		key.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t bit = 0; bit < ad_span.n * 8; bit++) {
		ad[bit / 8] ^= (uint8_t)(1u << bit % 8);
		expect_corrupt(&KEY, ad_span, sealed, "ad");
		ad[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

Test(seal, every_other_length_is_refused)
{
	uint8_t bytes[62] = { 0 };
	struct span sealed = hex_bytes(SEALED, bytes, sizeof bytes);
	struct span ad = SPAN_LIT("for contoso");

	for (size_t n = 0; n < sealed.n; n++)
		expect_corrupt(&KEY, ad, span_sub(sealed, 0, n), "too short");
	expect_corrupt(
	    &KEY, ad, (struct span){ bytes, sealed.n + 1 }, "a byte behind");
	expect_corrupt(&KEY, span_sub(ad, 0, ad.n - 1), sealed, "a shorter ad");
	expect_corrupt(&KEY, SPAN_NONE, sealed, "no ad");
}

Test(seal, close_without_room_puts_nothing)
{
	for (size_t cap = 0; cap < 61; cap++) {
		uint8_t room[61];
		struct buf out = { room, 0, cap, false };

		cr_expect_eq(seal_close(&KEY, SALT, SPAN_NONE,
				 SPAN_LIT("correct horse"), &out),
		    ST_FULL);
		cr_expect_eq(out.n, 0);
		cr_expect(out.cut);
	}
}

Test(seal, open_without_room_puts_nothing)
{
	uint8_t bytes[61], room[12];
	struct span sealed = hex_bytes(SEALED, bytes, sizeof bytes);
	struct buf out = BUF_OVER(room);

	cr_expect_eq(
	    seal_open(&KEY, SPAN_LIT("for contoso"), sealed, &out), ST_FULL);
	cr_expect_eq(out.n, 0);
}

Test(seal, another_salt_makes_other_bytes)
{
	uint8_t a[61], b[61], salt[SEAL_SALT_BYTES];
	struct buf out_a = BUF_OVER(a), out_b = BUF_OVER(b);

	memcpy(salt, SALT, sizeof salt);
	salt[31] ^= 1;
	cr_assert_eq(seal_close(&KEY, SALT, SPAN_NONE,
			 SPAN_LIT("correct horse"), &out_a),
	    ST_OK);
	cr_assert_eq(seal_close(&KEY, salt, SPAN_NONE,
			 SPAN_LIT("correct horse"), &out_b),
	    ST_OK);
	cr_assert_arr_neq(a + 32, b + 32, 13);
}

Test(seal, marks_are_compared_to_the_last_bit)
{
	uint8_t a[32], b[32];

	memset(a, 0x5a, sizeof a);
	memcpy(b, a, sizeof b);
	cr_expect(seal_is_same(a, b, sizeof a));
	for (size_t bit = 0; bit < 256; bit++) {
		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		cr_expect_not(seal_is_same(a, b, sizeof a), "bit %zu", bit);
		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}
