/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <string.h>

#include "base/st.h"
#include "base/uuid.h"

Test(uuid, text_of_either_case_is_read_and_written_small)
{
	static const uint8_t EXPECTED[16] = { 0x6f, 0x1d, 0x3c, 0x0a, 0x6b,
		0x0e, 0x5f, 0x0c, 0x9c, 0x37, 0x2f, 0x6f, 0x0d, 0x4b, 0x9a,
		0x10 };
	uint8_t room[UUID_TEXT_BYTES];
	struct buf b = BUF_OVER(room);
	struct uuid u;

	cr_assert_eq(
	    uuid_parse(SPAN_LIT("6F1D3C0A-6b0e-5F0C-9c37-2f6f0d4b9A10"), &u),
	    ST_OK);
	cr_assert_arr_eq(u.b, EXPECTED, 16);
	uuid_write(&b, &u);
	cr_assert(span_eq(
	    span_of(&b), SPAN_LIT("6f1d3c0a-6b0e-5f0c-9c37-2f6f0d4b9a10")));
	cr_assert_not(b.cut);
}

Test(uuid, other_texts_are_refused_and_leave_the_result_alone)
{
	static const char *const BAD[] = {
		"",
		"6f1d3c0a6b0e5f0c9c372f6f0d4b9a10",       /* no dashes */
		"{6f1d3c0a-6b0e-5f0c-9c37-2f6f0d4b9a10}", /* braces */
		"6f1d3c0a-6b0e-5f0c-9c37-2f6f0d4b9a1",    /* short */
		"6f1d3c0a-6b0e-5f0c-9c37-2f6f0d4b9a100",  /* long */
		"6f1d3c0a-6b0e-5f0c-9c372-f6f0d4b9a10",   /* a dash moved */
		"6f1d3c0a-6b0e-5f0c-9c37-2f6f0d4b9a1g",
		"6f1d3c0a-6b0e-5f0c-9c37-2f6f0d4b9a1 ",
		"6f1d3c0a-6b0e-5f0c-9c37-2f6f0d4b9a1-",
		"-f1d3c0a-6b0e-5f0c-9c37-2f6f0d4b9a10",
		"6f1d3c0a_6b0e_5f0c_9c37_2f6f0d4b9a10",
		/* one below '0', one above '9', around 'a' and 'f' */
		"/f1d3c0a-6b0e-5f0c-9c37-2f6f0d4b9a10",
		":f1d3c0a-6b0e-5f0c-9c37-2f6f0d4b9a10",
		"@f1d3c0a-6b0e-5f0c-9c37-2f6f0d4b9a10",
		"Gf1d3c0a-6b0e-5f0c-9c37-2f6f0d4b9a10",
		"`f1d3c0a-6b0e-5f0c-9c37-2f6f0d4b9a10",
	};
	struct uuid u, before;

	memset(&u, 7, sizeof u);
	before = u;
	for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
		cr_expect_eq(
		    uuid_parse(span_str(BAD[i]), &u), ST_MALFORM, "%s", BAD[i]);
		cr_expect_not(uuid_is_text(span_str(BAD[i])), "%s", BAD[i]);
	}
	cr_expect_arr_eq(u.b, before.b, 16);
	cr_expect(
	    uuid_is_text(SPAN_LIT("00000000-0000-0000-0000-000000000000")));
}

Test(uuid, every_digit_of_a_byte_keeps_its_value)
{
	for (unsigned byte = 0; byte < 256; byte++) {
		uint8_t room[UUID_TEXT_BYTES];
		struct buf b = BUF_OVER(room);
		struct uuid u, back;

		memset(u.b, (int)byte, sizeof u.b);
		uuid_write(&b, &u);
		cr_assert_eq(uuid_parse(span_of(&b), &back), ST_OK);
		cr_assert_arr_eq(u.b, back.b, 16);
	}
}

Test(st, every_code_has_its_own_text)
{
	for (int i = 0; i < ST_COUNT; i++)
		for (int j = 0; j < i; j++)
			cr_assert_str_neq(
			    st_text((enum st)i), st_text((enum st)j));
	cr_assert_str_eq(st_text(ST_OK), "ok");
	cr_assert_str_eq(st_text(ST_COUNT), "?");
}
