/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <string.h>

#include "base/span.h"

Test(span, equality_is_of_bytes_and_absent_equals_empty)
{
	cr_expect(span_eq(SPAN_LIT("abc"), span_str("abc")));
	cr_expect_not(span_eq(SPAN_LIT("abc"), SPAN_LIT("abd")));
	cr_expect_not(span_eq(SPAN_LIT("abc"), SPAN_LIT("ab")));
	cr_expect(span_eq(SPAN_NONE, SPAN_NONE));
	cr_expect(span_eq(SPAN_NONE, SPAN_LIT("")));
	cr_expect_not(span_eq(SPAN_NONE, SPAN_LIT("a")));
	cr_expect(span_eq(SPAN_LIT("a\0b"), SPAN_LIT("a\0b")));
	cr_expect_not(span_eq(SPAN_LIT("a\0b"), SPAN_LIT("a\0c")));
}

Test(span, caseless_equality_is_for_ascii_letters_only)
{
	cr_expect(span_eq_nocase(SPAN_LIT("aZ09"), SPAN_LIT("Az09")));
	/* '@' and '`', '[' and '{' differ by the same bit as the letters. */
	cr_expect_not(span_eq_nocase(SPAN_LIT("@"), SPAN_LIT("`")));
	cr_expect_not(span_eq_nocase(SPAN_LIT("["), SPAN_LIT("{")));
	cr_expect_not(
	    span_eq_nocase(SPAN_LIT("\xc3\x84"), SPAN_LIT("\xc3\xa4")),
	    "A-umlaut is not ASCII");
	cr_expect_not(span_eq_nocase(SPAN_LIT("ab"), SPAN_LIT("abc")));
	cr_expect(span_eq_nocase(SPAN_NONE, SPAN_LIT("")));
}

Test(span, order_is_by_bytes_then_by_length)
{
	cr_expect_eq(span_compare(SPAN_LIT("a"), SPAN_LIT("b")), -1);
	cr_expect_eq(span_compare(SPAN_LIT("b"), SPAN_LIT("a")), 1);
	cr_expect_eq(span_compare(SPAN_LIT("a"), SPAN_LIT("ab")), -1);
	cr_expect_eq(span_compare(SPAN_LIT("ab"), SPAN_LIT("a")), 1);
	cr_expect_eq(span_compare(SPAN_LIT("ab"), SPAN_LIT("ab")), 0);
	cr_expect_eq(span_compare(SPAN_NONE, SPAN_LIT("")), 0);
	cr_expect_eq(span_compare(SPAN_NONE, SPAN_LIT("a")), -1);
	cr_expect_eq(span_compare(SPAN_LIT("\xff"), SPAN_LIT("a")), 1,
	    "bytes are not signed");
}

Test(span, prefix_and_suffix_are_whole_or_not)
{
	cr_expect(span_has_prefix(SPAN_LIT("abc"), SPAN_LIT("ab")));
	cr_expect(span_has_prefix(SPAN_LIT("abc"), SPAN_LIT("abc")));
	cr_expect(span_has_prefix(SPAN_LIT("abc"), SPAN_LIT("")));
	cr_expect(span_has_prefix(SPAN_NONE, SPAN_NONE));
	cr_expect_not(span_has_prefix(SPAN_LIT("ab"), SPAN_LIT("abc")));
	cr_expect_not(span_has_prefix(SPAN_LIT("abc"), SPAN_LIT("bc")));
	cr_expect(span_has_suffix(SPAN_LIT("abc"), SPAN_LIT("bc")));
	cr_expect(span_has_suffix(SPAN_LIT("abc"), SPAN_LIT("")));
	cr_expect_not(span_has_suffix(SPAN_LIT("bc"), SPAN_LIT("abc")));
	cr_expect_not(span_has_suffix(SPAN_LIT("abc"), SPAN_LIT("ab")));
}

Test(span, search_finds_the_first_place_or_none)
{
	struct span s = SPAN_LIT("one TWO two");

	cr_expect_eq(span_find_nocase(s, SPAN_LIT("two")), 4);
	cr_expect_eq(span_find_nocase(s, SPAN_LIT("")), 0);
	cr_expect_eq(span_find_nocase(s, SPAN_LIT("three")), SIZE_MAX);
	cr_expect_eq(
	    span_find_nocase(SPAN_LIT("o"), SPAN_LIT("one")), SIZE_MAX);
	cr_expect_eq(span_find_nocase(SPAN_LIT("xxab"), SPAN_LIT("AB")), 2,
	    "at the very end");
	cr_expect_eq(span_find_byte(s, ' '), 3);
	cr_expect_eq(span_find_byte(s, '!'), SIZE_MAX);
	cr_expect_eq(span_find_byte(SPAN_NONE, 0), SIZE_MAX);
}

Test(span, part_is_cut_to_what_is_there)
{
	struct span s = SPAN_LIT("abc");

	cr_expect(span_eq(span_sub(s, 1, 1), SPAN_LIT("b")));
	cr_expect(span_eq(span_sub(s, 1, SIZE_MAX), SPAN_LIT("bc")));
	cr_expect_eq(span_sub(s, 4, 1).n, 0);
	cr_expect_eq(span_sub(s, SIZE_MAX, SIZE_MAX).n, 0);
	cr_expect_eq(span_sub(s, 3, 1).p, s.p + 3, "empty, but with a place");
	cr_expect_null(span_sub(SPAN_NONE, 1, 1).p);
}

Test(span, take_more_than_there_is_leaves_it_untouched)
{
	struct span s = SPAN_LIT("ab"), head = SPAN_LIT("x");

	cr_assert_not(span_take(&s, 3, &head));
	cr_assert(span_eq(s, SPAN_LIT("ab")));
	cr_assert(span_eq(head, SPAN_LIT("x")));
	cr_assert(span_take(&s, 2, &head));
	cr_assert(span_eq(head, SPAN_LIT("ab")));
	cr_assert_eq(s.n, 0);
	cr_assert_not(span_take(&s, 1, &head));
	s = SPAN_NONE;
	cr_assert(span_take(&s, 0, &head));
}

Test(span, split_gives_every_piece_and_ends)
{
	struct span s = SPAN_LIT(",a,,bc,"), head;
	const char *const pieces[] = { "", "a", "", "bc", "" };

	for (size_t i = 0; i < 5; i++) {
		cr_assert(span_split(&s, ',', &head), "piece %zu", i);
		cr_expect(span_eq(head, span_str(pieces[i])), "piece %zu", i);
	}
	cr_expect_not(span_split(&s, ',', &head));
	s = SPAN_LIT("");
	cr_expect(span_split(&s, ',', &head), "an empty text is one piece");
	cr_expect_not(span_split(&s, ',', &head));
}

Test(span, trim_takes_blanks_from_both_ends_only)
{
	cr_expect(
	    span_eq(span_trim(SPAN_LIT(" \t\r\na b\n ")), SPAN_LIT("a b")));
	cr_expect_eq(span_trim(SPAN_LIT(" \n\t")).n, 0);
	cr_expect_eq(span_trim(SPAN_LIT("")).n, 0);
	cr_expect_eq(span_trim(SPAN_NONE).n, 0);
	cr_expect(span_eq(span_trim(SPAN_LIT("\va\f")), SPAN_LIT("\va\f")));
}

Test(span, whole_numbers_up_to_the_largest_are_read)
{
	uint64_t v = 7;

	cr_expect_eq(span_to_u64(SPAN_LIT("0"), &v), ST_OK);
	cr_expect_eq(v, 0);
	cr_expect_eq(span_to_u64(SPAN_LIT("18446744073709551615"), &v), ST_OK);
	cr_expect_eq(v, UINT64_MAX);
	cr_expect_eq(
	    span_to_u64(SPAN_LIT("00000000000000000000012"), &v), ST_OK);
	cr_expect_eq(v, 12);
}

Test(span, other_texts_are_no_numbers)
{
	static const char *const BAD[] = { "", "-1", "+1", " 1", "1 ", "1.0",
		"0x1", "1e3", "18446744073709551616", "99999999999999999999",
		"184467440737095516150", "/", ":" };

	for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
		uint64_t v = 7;

		cr_expect_eq(span_to_u64(span_str(BAD[i]), &v), ST_MALFORM,
		    "%s", BAD[i]);
		cr_expect_eq(v, 7, "%s", BAD[i]);
	}
}

Test(span, text_for_the_system_is_whole_or_empty)
{
	char text[4] = "xyz";

	cr_expect_eq(span_to_str(SPAN_LIT("abc"), text, sizeof text), ST_OK);
	cr_expect_str_eq(text, "abc");
	cr_expect_eq(span_to_str(SPAN_LIT("abcd"), text, sizeof text), ST_FULL);
	cr_expect_str_eq(text, "");
	cr_expect_eq(
	    span_to_str(SPAN_LIT("a\0b"), text, sizeof text), ST_MALFORM);
	cr_expect_str_eq(text, "");
	cr_expect_eq(span_to_str(SPAN_NONE, text, 1), ST_OK);
	cr_expect_str_eq(text, "");
}

Test(buf, put_that_does_not_fit_is_sticky)
{
	uint8_t room[4];
	struct buf b = BUF_OVER(room);

	buf_put(&b, SPAN_LIT("abc"));
	buf_put(&b, SPAN_LIT("de"));
	buf_put(&b, SPAN_LIT("f"));
	cr_assert(b.cut);
	cr_assert(span_eq(span_of(&b), SPAN_LIT("abc")));
	buf_reset(&b);
	buf_put(&b, SPAN_LIT("wxyz"));
	cr_assert_not(b.cut, "exactly full is not cut");
	cr_assert(span_eq(span_of(&b), SPAN_LIT("wxyz")));
}

Test(buf, every_kind_of_put_is_whole_or_nothing)
{
	/* Each needs five bytes and is given 0 to 5. */
	for (size_t cap = 0; cap <= 5; cap++)
		for (int kind = 0; kind < 6; kind++) {
			uint8_t room[6] = { 0 };
			struct buf b = { room, 0, cap, false };

			if (kind == 0)
				buf_put_str(&b, "abcde");
			else if (kind == 1)
				buf_put_u64(&b, 12345);
			else if (kind == 2)
				buf_put_i64(&b, -1234);
			else if (kind == 3)
				buf_put_lower(&b, SPAN_LIT("ABCDE"));
			else if (kind == 4)
				buf_put_percent(&b, SPAN_LIT("a/b"));
			else {
				buf_put_hex(&b, SPAN_LIT("\x01\x02"));
				buf_put_byte(&b, '!');
			}
			cr_expect_eq(b.cut, cap < 5, "%d in %zu", kind, cap);
			cr_expect_eq(b.n,
			    cap == 5                  ? 5u :
				kind == 5 && cap == 4 ? 4u :
							0u,
			    "%d in %zu", kind, cap);
			cr_expect_eq(room[5], 0);
		}
}

Test(buf, numbers_at_their_limits_are_written)
{
	uint8_t room[64];
	struct buf b = BUF_OVER(room);

	buf_put_u64(&b, UINT64_MAX);
	buf_put_byte(&b, ' ');
	buf_put_i64(&b, INT64_MIN);
	buf_put_byte(&b, ' ');
	buf_put_i64(&b, 0);
	cr_assert(span_eq(span_of(&b),
	    SPAN_LIT("18446744073709551615 -9223372036854775808 0")));
}

Test(buf, percent_encoding_leaves_only_unreserved_characters)
{
	uint8_t room[3 * 256];
	struct buf b = BUF_OVER(room);
	size_t plain = 0;

	buf_put_percent(&b, SPAN_LIT("Az09-._~ /?#\xc3\xa4%\0+"));
	cr_assert(span_eq(
	    span_of(&b), SPAN_LIT("Az09-._~%20%2F%3F%23%C3%A4%25%00%2B")));
	for (unsigned c = 0; c < 256; c++) {
		uint8_t byte = (uint8_t)c;

		buf_reset(&b);
		buf_put_percent(&b, (struct span){ &byte, 1 });
		plain += b.n == 1;
	}
	cr_assert_eq(plain, 26 + 26 + 10 + 4);
}

Test(buf, lower_changes_ascii_letters_only)
{
	uint8_t room[16];
	struct buf b = BUF_OVER(room);

	buf_put_lower(&b, SPAN_LIT("@AZ[`az{\xc3\x84"));
	cr_assert(span_eq(span_of(&b), SPAN_LIT("@az[`az{\xc3\x84")));
}

Test(buf, length_that_cannot_be_doubled_is_cut)
{
	uint8_t room[8];
	struct buf b = BUF_OVER(room);

	buf_put_hex(&b, (struct span){ room, SIZE_MAX / 2 + 1 });
	cr_assert(b.cut);
	cr_assert_eq(b.n, 0);
}

Test(buf, claim_gives_room_to_fill_and_rewind_gives_it_back)
{
	uint8_t room[4];
	struct buf b = BUF_OVER(room);
	uint8_t *at = buf_claim(&b, 3);

	cr_assert_eq(at, room);
	memcpy(at, "abc", 3);
	buf_rewind(&b, 2);
	cr_assert(span_eq(span_of(&b), SPAN_LIT("ab")));
	cr_assert_null(buf_claim(&b, 3));
	cr_assert(b.cut);
	cr_assert_null(buf_claim(&b, 1), "sticky");
}

Test(buf, text_has_its_nul_or_is_empty)
{
	uint8_t room[4] = "????";
	struct buf b = BUF_OVER(room);

	buf_put_str(&b, "abc");
	cr_expect_str_eq(buf_str(&b), "abc");
	buf_put_byte(&b, 'd');
	cr_expect_str_eq(buf_str(&b), "", "no room for the NUL");
	buf_put_byte(&b, 'e');
	cr_expect_str_eq(buf_str(&b), "", "cut");
}

Test(buf, wipe_leaves_zeros_and_touches_nothing_else)
{
	uint8_t room[8];

	memset(room, 0xaa, sizeof room);
	wipe(room + 1, 6);
	cr_assert_eq(room[0], 0xaa);
	cr_assert_eq(room[7], 0xaa);
	for (size_t i = 1; i < 7; i++)
		cr_assert_eq(room[i], 0);
	wipe(NULL, 0);
}

static const struct {
	const char *text;
	size_t n;
	const char *why;
} SHOWN[] = {
	{ "a", 1, "ASCII" },
	{ " ", 1, "the blank" },
	{ "\x1b[2J", 0, "ESC" },
	{ "\x7f", 0, "DEL" },
	{ "\xc2\x85", 0, "U+0085, next line" },
	{ "\xc2\x9b"
	  "31m",
	    0, "U+009B, CSI" },
	{ "\xc2\xa0", 0, "U+00A0, a blank that is none" },
	{ "\xc2\xa1", 2, "U+00A1" },
	{ "\xc2\xad", 0, "soft hyphen" },
	{ "\xd8\x9c", 0, "U+061C, direction" },
	{ "\xe2\x80\x8f", 0, "U+200F, direction" },
	{ "\xe2\x80\x99", 3, "U+2019, an apostrophe" },
	{ "\xe2\x80\xa8", 0, "U+2028, line separator" },
	{ "\xe2\x80\xae", 0, "U+202E, direction" },
	{ "\xe2\x81\xa6", 0, "U+2066, direction" },
	{ "\xe4\xb8\xad", 3, "U+4E2D" },
	{ "\xed\xa0\x80", 0, "a surrogate" },
	{ "\xef\xbb\xbf", 0, "byte order mark" },
	{ "\xf0\x9f\x94\x92", 4, "U+1F512" },
	{ "\xf3\xa0\x81\x81", 0, "U+E0041, a tag" },
	{ "\xf4\x90\x80\x80", 0, "above Unicode" },
	{ "\xf8\x88\x80\x80\x80", 0, "five bytes" },
	{ "\x9b", 0, "a byte alone" },
	{ "\xc1\x9b", 0, "overlong" },
	{ "\xe0\x82\x9b", 0, "overlong CSI" },
	{ "\xf0\x80\x82\x9b", 0, "overlong CSI" },
	{ "\xe4\xb8", 0, "cut" },
	{ "\xe4\xb8z", 0, "broken" },
};

Test(span, printable_is_what_a_terminal_shows_and_does_not_obey)
{
	for (size_t i = 0; i < sizeof SHOWN / sizeof SHOWN[0]; i++)
		cr_expect_eq(span_printable(span_str(SHOWN[i].text)),
		    SHOWN[i].n, "%s", SHOWN[i].why);
}
