/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "health/diagnosis.h"

static struct diagnosis d;

TestSuite(diagnosis);

Test(diagnosis, code_gives_setting_guidance_and_what_was_said)
{
	diagnosis_clear(&d);
	cr_assert(!diagnosis_is_set(&d));
	diagnosis_set(&d, SPAN_LIT("aadsts7000222"),
	    SPAN_LIT(
		"AADSTS7000222: The secret is expired.\r\nTrace ID: 8c95acf1"
		"\r\nCorrelation ID: d6"));
	cr_assert(diagnosis_is_set(&d));
	cr_assert_str_eq(d.setting, "client_secret");
	cr_assert_eq(d.exit_code, 77);
	cr_assert_not_null(strstr(d.message, "has expired"));
	cr_assert_not_null(
	    strstr(d.message, "[AADSTS7000222: The secret is expired.]"),
	    "cut before the trace id: %s", d.message);
}

Test(diagnosis, unknown_code_is_shown_verbatim)
{
	diagnosis_set(&d, SPAN_LIT("AADSTS4711"), SPAN_LIT("Something new."));
	cr_assert_str_eq(d.code, "AADSTS4711");
	cr_assert_not_null(strstr(d.message, "Something new."));
	cr_assert_str_eq(d.setting, "azure");
}

Test(diagnosis, hostile_detail_stays_one_printable_line)
{
	static const char
	    BAD[] = "a\r\nb\0c\x1b[31md\x7f"
		    "e\xc2\x9b"
		    "f"
		    "\xe2\x80\xa8g\xe2\x80\xaeh\xff\xfei\xed\xa0\x80j\xc3\xa4k";

	diagnosis_set(&d, SPAN_LIT("AuthorizationFailed"),
	    (struct span){ (const uint8_t *)BAD, sizeof BAD - 1 });
	for (const char *p = d.message; *p != '\0'; p++)
		cr_assert((uint8_t)*p >= 0x20 && *p != 0x7f);
	cr_assert_null(strstr(d.message, "\xe2\x80"));
	cr_assert_null(strstr(d.message, "\xc2\x9b"));
	cr_assert_not_null(strstr(d.message, "j\xc3\xa4k"), "text stays");
}

Test(diagnosis, long_detail_is_cut_between_characters)
{
	static uint8_t big[4096];

	for (size_t i = 0; i + 1 < sizeof big; i += 2) {
		big[i] = 0xc3;
		big[i + 1] = 0xa4;
	}
	diagnosis_set(&d, SPAN_LIT("x"), (struct span){ big, sizeof big });
	cr_assert_lt(strlen(d.message), sizeof d.message);
	cr_assert_eq(d.message[strlen(d.message) - 1], ']');
	cr_assert_eq((uint8_t)d.message[strlen(d.message) - 2], 0xa4);
}

Test(diagnosis, ids_are_shown_in_their_length_and_belong_to_one_diagnosis)
{
	static uint8_t big[200];

	memset(big, 'x', sizeof big);
	diagnosis_set(&d, SPAN_LIT("x"), SPAN_NONE);
	diagnosis_set_ids(&d, SPAN_LIT("8c95\x1b[31m\r\nacf1"),
	    (struct span){ big, sizeof big });
	cr_assert_str_eq(d.trace_id, "8c95 [31m acf1");
	cr_assert_eq(strlen(d.correlation_id), DIAGNOSIS_ID_MAX_BYTES);
	diagnosis_set(&d, SPAN_LIT("y"), SPAN_NONE);
	cr_assert_str_eq(d.trace_id, "");
	cr_assert_str_eq(d.correlation_id, "");
}

Test(diagnosis, secret_in_a_text_is_withheld_however_it_is_broken_up)
{
	static const struct {
		const char *detail, *secret, *shown, *why;
	} ROWS[] = {
		{ "got abc8Q~defghij now", "abc8Q~defghij",
		    "got ************* now", "whole" },
		{ "got ABC8q~DEFGHIJ", "abc8Q~defghij", "got *************",
		    "case" },
		{ "abc8Q~defghij abc8Q~defghij", "abc8Q~defghij",
		    "************* *************", "twice" },
		{ "ends abc8Q~de", "abc8Q~defghij", "ends ********",
		    "its beginning" },
		{ "~defghij, abc8Q", "abc8Q~defghij", "********, abc8Q",
		    "its end; five bytes say little" },
		{ "abc8Q~de&amp;fghij", "abc8Q~defghij", "********&amp;fghij",
		    "broken up" },
		{ "abcabc8Q~defghij", "abc8Q~defghij", "abc*************",
		    "a false start" },
		{ "xaaaaaaaaaaaax", "aaaaaaaa", "x********aaaax",
		    "one run, then what is too short" },
		{ "hunter2!", "hunter2", "*******!",
		    "a short secret as a whole" },
		{ "hunter", "hunter2", "hunter", "not in part" },
		{ "\xc3\xa4"
		  "bcdefgh\xc3\xb6x",
		    "\xa4"
		    "bcdefgh\xc3",
		    "***********x", "characters as a whole" },
		{ "any text", "", "any text", "no secret" },
	};

	for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
		char want[200];

		diagnosis_set(
		    &d, span_str("unknown_code"), span_str(ROWS[i].detail));
		diagnosis_withhold(&d, span_str(ROWS[i].secret));
		snprintf(want, sizeof want,
		    "An error that is not known here: [%s]", ROWS[i].shown);
		cr_expect_str_eq(
		    d.message, want, "%s: %s", ROWS[i].why, d.message);
	}
	diagnosis_set(&d, SPAN_LIT("abc8Q~defghij"), SPAN_NONE);
	diagnosis_set_ids(
	    &d, SPAN_LIT("1abc8Q~defghij"), SPAN_LIT("abc8Q~defghij2"));
	diagnosis_withhold(&d, SPAN_LIT("abc8Q~defghij"));
	cr_expect_str_eq(d.code, "*************");
	cr_expect_str_eq(d.trace_id, "1*************");
	cr_expect_str_eq(d.correlation_id, "*************2");
}

Test(diagnosis, table_has_each_code_once_and_fits)
{
	size_t rows = 0;

	for (size_t i = 0; diagnosis_row(i) != NULL; i++, rows++) {
		const struct diagnosis_row *row = diagnosis_row(i);

		for (size_t j = 0; j < i; j++)
			cr_assert_str_neq(diagnosis_row(j)->code, row->code);
		cr_assert_lt(strlen(row->code), DIAGNOSIS_CODE_MAX_BYTES);
		/* Guidance and some of what was said. */
		cr_assert_lt(strlen(row->guidance),
		    DIAGNOSIS_MESSAGE_MAX_BYTES - 200, "%s", row->code);
		cr_assert(row->exit_code == 65 || row->exit_code == 75 ||
		    row->exit_code == 77 || row->exit_code == 78);
		cr_assert_gt(strlen(row->setting), 0);
	}
	cr_assert_gt(rows, 60);
	cr_assert_null(diagnosis_row(rows + 1000));
}
