/* SPDX-License-Identifier: MIT */
/* Canonical text and the writer. */
#include "json/json.h"

#include <criterion/criterion.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static uint8_t storage[8192], storage2[8192];

/* Criterion prints no spans. */
static void
expect_text(struct span got, const char *want, const char *why)
{
	cr_expect(span_eq(got, span_str(want)), "%s: %.*s, not %s", why,
	    (int)got.n, (const char *)got.p, want);
}

static const struct {
	const char *utf8, *canonical, *why;
} ENCODED[] = {
	{ "", "", "nothing" },
	{ "plain/text", "plain/text", "plain; no \\/" },
	{ "\"\\\b\f\n\r\t", "\\\"\\\\\\b\\f\\n\\r\\t", "short escapes" },
	{ "\x01\x0b\x1f", "\\u0001\\u000b\\u001f", "other controls" },
	{ "\x7f", "\x7f", "DEL is not escaped" },
	{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
	    "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "two, three, four bytes" },
	{ "a\xffz", "a\xef\xbf\xbdz", "no such byte" },
	{ "\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd", "continuation bytes" },
	{ "\xe2\x82", "\xef\xbf\xbd", "broken off at the end" },
	{ "\xe2\x82z", "\xef\xbf\xbdz", "broken off by a letter" },
	{ "\xf0\x9f\x98\xc3\xa9", "\xef\xbf\xbd\xc3\xa9", "by a character" },
	{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
	    "a surrogate" },
	{ "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd", "overlong" },
	{ "\xf4\x90\x80\x80",
	    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
	    "above U+10FFFF" },
	{ "1234567\"12345678\"", "1234567\\\"12345678\\\"",
	    "a quote at the eighth byte" },
};

Test(json, encoding_gives_canonical_text)
{
	for (size_t i = 0; i < COUNT(ENCODED); i++) {
		struct buf b = BUF_OVER(storage);

		json_encode(&b, span_str(ENCODED[i].utf8));
		expect_text(span_of(&b), ENCODED[i].canonical, ENCODED[i].why);
	}
}

Test(json, encoding_escapes_nul)
{
	struct buf b = BUF_OVER(storage);

	json_encode(&b, SPAN_LIT("a\0b"));
	expect_text(span_of(&b), "a\\u0000b", "NUL");
}

static const struct {
	const char *inside, *utf8, *why;
} DECODED[] = {
	{ "", "", "nothing" },
	{ "plain", "plain", "plain" },
	{ "\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t", "short escapes" },
	{ "\\u0041\\u00e9\\u20AC", "A\xc3\xa9\xe2\x82\xac", "units" },
	{ "\\ud83d\\ude00", "\xf0\x9f\x98\x80", "a pair" },
	{ "\\ud83d", "\xef\xbf\xbd", "a high one alone" },
	{ "\\ude00\\ud83dx", "\xef\xbf\xbd\xef\xbf\xbdx",
	    "the wrong way round" },
	{ "\\ud83d\\ud83d\\ude00", "\xef\xbf\xbd\xf0\x9f\x98\x80",
	    "a high one before a pair" },
	{ "\\ud83d\\n", "\xef\xbf\xbd\n", "a high one before an escape" },
	{ "\xe3\x81\x82\\u3042", "\xe3\x81\x82\xe3\x81\x82", "both forms" },
	{ "x\\", "x", "not checked: a backslash at the end" },
	{ "x\\u12", "x", "not checked: a broken escape" },
	{ "x\\u12g4", "x", "not checked: not a digit" },
	{ "x\\q", "x", "not checked: no such escape" },
};

Test(json, decoding_does_not_look_behind_the_end)
{
	const struct span text = SPAN_LIT("x\\u0041");

	for (size_t n = 1; n < text.n; n++) {
		struct buf b = BUF_OVER(storage);

		json_decode(&b, span_sub(text, 0, n));
		expect_text(span_of(&b), "x", "a broken escape");
	}
}

Test(json, decoding_gives_utf8)
{
	for (size_t i = 0; i < COUNT(DECODED); i++) {
		struct buf b = BUF_OVER(storage);

		json_decode(&b, span_str(DECODED[i].inside));
		expect_text(span_of(&b), DECODED[i].utf8, DECODED[i].why);
	}
}

Test(json, decoding_gives_nul_for_its_escape)
{
	struct buf b = BUF_OVER(storage);

	json_decode(&b, SPAN_LIT("a\\u0000b"));
	cr_assert(span_eq(span_of(&b), SPAN_LIT("a\0b")));
}

Test(json, text_that_does_not_fit_leaves_the_buffer_as_it_was)
{
	for (size_t cap = 2; cap < 8; cap++) {
		struct buf b = { storage, 0, cap, false };

		buf_put_str(&b, "xy");
		json_encode(&b, SPAN_LIT("a\nb\xc3\xa9"));
		cr_expect(b.cut && b.n == 2, "encode into %zu", cap);
		b = (struct buf){ storage, 0, cap, false };
		buf_put_str(&b, "xy");
		json_decode(&b, SPAN_LIT("a\\nb\\u0041cde"));
		cr_expect(b.cut && b.n == 2, "decode into %zu", cap);
	}
}

/* xorshift: the same texts in every run */
static uint32_t
next_random(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

/* A string as a server may write it: every form of every kind of character. */
static struct span
random_wire(struct buf *b, uint32_t *x)
{
	static const char *const PIECE[] = { "a", "Z", "plain text ", "/",
		"\\/", "\\\"", "\\\\", "\\n", "\\b", "\\u0000", "\\u001F",
		"\\u0041", "\\u00E9", "\\uFFFD", "\\ud83d", "\\ude00",
		"\\uD83D\\uDE00", "\xc3\xa9", "\xe3\x81\x82",
		"\xf0\x9f\x98\x80", "\x7f", "\\u2028", "\\u0022", "\\u005c",
		"12345678" };
	unsigned n = next_random(x) % 24;

	buf_reset(b);
	while (n-- > 0)
		buf_put_str(b, PIECE[next_random(x) % COUNT(PIECE)]);
	return span_of(b);
}

static enum st
keep_text(void *ctx, const struct json_element *e)
{
	struct buf *b = ctx;

	buf_put(b, span_sub(e->text, 1, e->text.n - 2));
	return ST_OK;
}

/* The canonical text of a wire string, by the projector. */
static struct span
project_string(struct buf *b, struct span wire)
{
	static const struct json_want S[] = {
		{ NULL, 0, JSON_STRING | JSON_EMIT, UINT16_MAX },
	};
	static uint8_t out[8192];
	struct json_project jp;

	buf_reset(b);
	json_project_init(&jp, S, 1, BUF_OVER(out), keep_text, b);
	cr_assert_eq(json_project_push(&jp, SPAN_LIT("\"")), ST_OK);
	cr_assert_eq(json_project_push(&jp, wire), ST_OK);
	cr_assert_eq(json_project_push(&jp, SPAN_LIT("\"")), ST_OK);
	cr_assert_eq(json_project_finish(&jp), ST_OK);
	return span_of(b);
}

/* Two ways to the same text: the projector's, and decode with encode. */
Test(json, encode_of_decode_is_what_the_projector_writes)
{
	uint8_t wire_bytes[1024], canonical_bytes[4096];
	struct buf wire = BUF_OVER(wire_bytes),
		   by_projector = BUF_OVER(canonical_bytes);
	uint32_t x = 1;

	for (unsigned i = 0; i < 5000; i++) {
		struct span inside = random_wire(&wire, &x);
		struct span canonical = project_string(&by_projector, inside);
		struct buf utf8 = BUF_OVER(storage), again = BUF_OVER(storage2);

		json_decode(&utf8, inside);
		json_encode(&again, span_of(&utf8));
		cr_assert(span_eq(span_of(&again), canonical), "%.*s gave %.*s",
		    (int)inside.n, (const char *)inside.p, (int)again.n,
		    (const char *)again.p);
		/* Canonical text is its own canonical text. */
		buf_reset(&utf8);
		json_decode(&utf8, canonical);
		buf_reset(&again);
		json_encode(&again, span_of(&utf8));
		cr_assert(span_eq(span_of(&again), canonical));
	}
}

Test(json, lower_case_canonical_text_is_canonical)
{
	uint8_t wire_bytes[1024], canonical_bytes[4096], low_bytes[4096];
	struct buf wire = BUF_OVER(wire_bytes),
		   canonical = BUF_OVER(canonical_bytes);
	uint32_t x = 7;

	for (unsigned i = 0; i < 2000; i++) {
		struct buf low = BUF_OVER(low_bytes);
		struct buf utf8 = BUF_OVER(storage), again = BUF_OVER(storage2);

		buf_put_lower(
		    &low, project_string(&canonical, random_wire(&wire, &x)));
		json_decode(&utf8, span_of(&low));
		json_encode(&again, span_of(&utf8));
		cr_assert(span_eq(span_of(&again), span_of(&low)));
	}
}

/* ---- json_cut ----------------------------------------------------------- */

Test(json, cutting_takes_whole_characters_up_to_the_limit)
{
	/* clang-format off */
	static const struct {
		const char *text;
		size_t      max, n;
	} C[] = {
		{ "abc", 3, 3 }, { "abc", 2, 2 }, { "abc", 0, 0 }, { "", 0, 0 },
		{ "a\\nb", 3, 3 }, { "a\\nb", 2, 1 }, { "\\\\\\\\", 3, 2 },
		{ "\\\\\\\\x", 4, 4 }, { "\\u001fx", 6, 6 },
		{ "\\u001fx", 5, 0 }, { "a\\u001f", 6, 1 },
		{ "\\\\u0041", 3, 3 }, { "\\\\u0041", 2, 2 },
		{ "\xc3\xa9x", 1, 0 }, { "\xc3\xa9x", 2, 2 },
		{ "\xe3\x81\x82x", 2, 0 }, { "\xe3\x81\x82x", 3, 3 },
		{ "\xf0\x9f\x98\x80x", 3, 0 }, { "\xf0\x9f\x98\x80x", 4, 4 },
		{ "a\xf0\x9f\x98\x80", 4, 1 },
	};
	/* clang-format on */

	for (size_t i = 0; i < COUNT(C); i++)
		cr_expect_eq(json_cut(span_str(C[i].text), C[i].max).n, C[i].n,
		    "%s to %zu", C[i].text, C[i].max);
	cr_assert_null(json_cut(SPAN_NONE, 4).p);
}

/* ---- writer ------------------------------------------------------------- */

Test(json, the_writer_puts_commas_and_escapes)
{
	struct buf b = BUF_OVER(storage);
	struct json_out o = { &b, false };
	size_t offset;

	json_put_open(&o, '{');
	json_put_key(&o, "empty");
	json_put_open(&o, '[');
	json_put_close(&o, ']');
	json_put_key(&o, "a");
	json_put_open(&o, '[');
	json_put_int(&o, 0);
	json_put_int(&o, INT64_MIN);
	json_put_int(&o, INT64_MAX);
	json_put_bool(&o, true);
	json_put_bool(&o, false);
	json_put_null(&o);
	json_put_open(&o, '{');
	json_put_close(&o, '}');
	json_put_open(&o, '{');
	json_put_key(&o, "k");
	json_put_text(&o, SPAN_LIT("\\n"));
	json_put_close(&o, '}');
	json_put_json(&o, SPAN_LIT("[1,2]"));
	json_put_close(&o, ']');
	json_put_key(&o, "s");
	json_put_string(&o, SPAN_LIT("\"\xff"));
	json_put_key(&o, "j");
	json_put_json(&o, SPAN_LIT("1.0"));
	json_put_close(&o, '}');
	expect_text(span_of(&b),
	    "{\"empty\":[],\"a\":[0,-9223372036854775808,"
	    "9223372036854775807,true,false,null,{},{\"k\":\"\\n\"},[1,2]],"
	    "\"s\":\"\\\"\xef\xbf\xbd\",\"j\":1.0}",
	    "all of it");
	cr_assert_eq(json_check(span_of(&b), &offset), ST_OK);
}

Test(json, the_writer_says_when_something_did_not_fit)
{
	for (size_t cap = 0; cap < 16; cap++) {
		struct buf b = { storage, 0, cap, false };
		struct json_out o = { &b, false };

		json_put_open(&o, '{');
		json_put_key(&o, "k");
		json_put_text(&o, SPAN_LIT("12345678"));
		json_put_close(&o, '}'); /* 16 bytes */
		cr_expect(b.cut, "%zu", cap);
		cr_expect_leq(b.n, cap);
	}
}
