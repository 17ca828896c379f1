/* SPDX-License-Identifier: MIT */
/* Expected numbers come from another calendar (Python's datetime), or are
 * counted here day by day with a table of month lengths. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "base/ticks.h"

struct parse_row {
	const char *text;
	int64_t ticks;
	const char *why;
};

/* clang-format off */
static const struct parse_row GOOD[] = {
	{ "1601-01-01T00:00:00Z", 0, "the epoch" },
	{ "1601-01-01T00:00:00.0000001Z", 1, "one tick" },
	{ "1601-01-01T01:00:00+00:30", INT64_C(18000000000),
	    "an offset that stays in range" },
	{ "1970-01-01T00:00:00Z", INT64_C(116444736000000000), "Unix epoch" },
	{ "2000-02-29T00:00:00Z", INT64_C(125962560000000000),
	    "a leap year by the 400 rule" },
	{ "2024-02-29T23:59:59.9999999Z", INT64_C(133537247999999999),
	    "the last tick of a leap day" },
	{ "2100-03-01T00:00:00Z", INT64_C(157520160000000000),
	    "after the leap day that 2100 does not have" },
	{ "9999-12-31T23:59:59.9999999Z", TICKS_MAX, "the last tick" },
	{ "2016-12-31T23:59:60Z", INT64_C(131277024000000000),
	    "a leap second is the next second" },
	{ "2026-03-25T07:31:57Z", INT64_C(134188975170000000), "no fraction" },
	{ "2026-03-25T07:31:57.5Z", INT64_C(134188975175000000), "1 digit" },
	{ "2026-03-25T07:31:57.50Z", INT64_C(134188975175000000), "2 digits" },
	{ "2026-03-25T07:31:57.501Z", INT64_C(134188975175010000), "3 digits" },
	{ "2026-03-25T07:31:57.5018Z", INT64_C(134188975175018000), "4" },
	{ "2026-03-25T07:31:57.50180Z", INT64_C(134188975175018000), "5" },
	{ "2026-03-25T07:31:57.501801Z", INT64_C(134188975175018010), "6" },
	{ "2026-03-25T07:31:57.5018012Z", INT64_C(134188975175018012), "7" },
	{ "2026-03-25T07:31:57.50180123Z", INT64_C(134188975175018012),
	    "8: the last is dropped" },
	{ "2026-03-25T07:31:57.501801299Z", INT64_C(134188975175018012),
	    "9: dropped, not rounded" },
	{ "2026-03-25T07:31:57.501801+05:30", INT64_C(134188777175018010),
	    "east of Greenwich is earlier" },
	{ "2026-03-25T07:31:57.501801-08:00", INT64_C(134189263175018010),
	    "west is later" },
	{ "2026-03-25T07:31:57.501801-00:00", INT64_C(134188975175018010),
	    "unknown local offset, RFC 3339 4.3" },
	{ "2026-03-25t07:31:57.501801z", INT64_C(134188975175018010),
	    "small t and z" },
};
/* clang-format on */

Test(ticks, well_formed_times_become_the_ticks_of_another_calendar)
{
	for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++) {
		int64_t ticks = -1;

		cr_expect_eq(ticks_parse(span_str(GOOD[i].text), &ticks), ST_OK,
		    "%s: %s", GOOD[i].text, GOOD[i].why);
		cr_expect_eq(ticks, GOOD[i].ticks, "%s: %s: %lld", GOOD[i].text,
		    GOOD[i].why, (long long)ticks);
	}
}

/* clang-format off */
static const struct parse_row BAD[] = {
	{ "", 0, "nothing" },
	{ "2026-03-25", 0, "no time" },
	{ "2026-03-25T07:31:57", 0, "no zone" },
	{ "2026-03-25 07:31:57Z", 0, "a blank for T" },
	{ "2026-03-25T07:31Z", 0, "no seconds" },
	{ "2026-03-25T07:31:57.Z", 0, "a dot and no digit" },
	{ "2026-03-25T07:31:57,5Z", 0, "a comma" },
	{ "2026-03-25T07:31:57.5018012345Z", 0, "ten digits" },
	{ "2026-03-25T07:31:57Z ", 0, "something behind" },
	{ "2026-03-25T07:31:57ZZ", 0, "two zones" },
	{ "2026-03-25T07:31:57+0530", 0, "an offset without colon" },
	{ "2026-03-25T07:31:57+24:00", 0, "an offset of a day" },
	{ "2026-03-25T07:31:57+05:60", 0, "sixty minutes" },
	{ "2026-03-25T24:00:00Z", 0, "hour 24" },
	{ "2026-03-25T07:60:00Z", 0, "minute 60" },
	{ "2026-03-25T07:31:61Z", 0, "second 61" },
	{ "2026-00-25T07:31:57Z", 0, "month 0" },
	{ "2026-13-25T07:31:57Z", 0, "month 13" },
	{ "2026-03-00T07:31:57Z", 0, "day 0" },
	{ "2026-03-32T07:31:57Z", 0, "day 32" },
	{ "2026-04-31T07:31:57Z", 0, "31 April" },
	{ "2026-02-29T07:31:57Z", 0, "29 February of a common year" },
	{ "2100-02-29T07:31:57Z", 0, "a century that is no leap year" },
	{ "1600-12-31T23:59:59Z", 0, "before the epoch" },
	{ "0001-01-01T00:00:00Z", 0, "the zero of .NET" },
	{ "1601-01-01T00:00:00+00:01", 0, "before the epoch by its offset" },
	{ "9999-12-31T23:59:60Z", 0, "after the end by a leap second" },
	{ "9999-12-31T23:59:59-00:01", 0, "after the end by its offset" },
	{ "+026-03-25T07:31:57Z", 0, "a sign" },
	{ "2026-3-25T07:31:57Z", 0, "a month of one digit" },
	{ "12026-03-25T07:31:57Z", 0, "a year of five digits" },
};
/* clang-format on */

Test(ticks, malformed_times_are_refused_and_leave_the_result_alone)
{
	for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
		int64_t ticks = 42;

		cr_expect_eq(ticks_parse(span_str(BAD[i].text), &ticks),
		    ST_MALFORM, "%s: %s", BAD[i].text, BAD[i].why);
		cr_expect_eq(ticks, 42, "%s", BAD[i].why);
	}
}

Test(ticks, every_beginning_of_a_time_is_refused)
{
	struct span text = SPAN_LIT("2026-03-25T07:31:57.5018012+05:30");

	for (size_t n = 0; n < text.n; n++) {
		int64_t ticks;

		cr_expect_eq(ticks_parse(span_sub(text, 0, n), &ticks),
		    ST_MALFORM, "the first %zu bytes", n);
	}
}

static struct span
written(struct buf *b, int64_t ticks)
{
	buf_reset(b);
	ticks_write(b, ticks);
	return span_of(b);
}

Test(ticks, are_written_as_dotnet_writes_them)
{
	uint8_t room[TICKS_TEXT_MAX_BYTES];
	struct buf b = BUF_OVER(room);

	cr_expect(span_eq(written(&b, 0), SPAN_LIT("1601-01-01T00:00:00Z")));
	cr_expect(
	    span_eq(written(&b, 1), SPAN_LIT("1601-01-01T00:00:00.0000001Z")));
	cr_expect(span_eq(written(&b, INT64_C(134188975175018010)),
	    SPAN_LIT("2026-03-25T07:31:57.501801Z")));
	cr_expect(span_eq(written(&b, INT64_C(134188975175000000)),
	    SPAN_LIT("2026-03-25T07:31:57.5Z")));
	cr_expect(span_eq(written(&b, INT64_C(134188975170000010)),
	    SPAN_LIT("2026-03-25T07:31:57.000001Z")));
	cr_expect(span_eq(
	    written(&b, TICKS_MAX), SPAN_LIT("9999-12-31T23:59:59.9999999Z")));
	cr_expect_not(b.cut, "TICKS_TEXT_MAX_BYTES is enough");
}

static int
days_in(int year, int month)
{
	static const int DAYS[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return DAYS[month - 1] + (leap && month == 2);
}

/* Every day of [from, to], which begins `day` days after the epoch. */
static void
check_days(int from, int to, int64_t day)
{
	const int64_t per_day = 86400 * TICKS_PER_S;
	uint8_t room[TICKS_TEXT_MAX_BYTES];
	struct buf b = BUF_OVER(room);
	int64_t ticks;

	for (int y = from; y <= to; y++)
		for (int m = 1; m <= 12; m++)
			for (int d = 1; d <= days_in(y, m); d++, day++) {
				char text[64];

				snprintf(text, sizeof text,
				    "%04d-%02d-%02dT23:59:59.75Z", y, m, d);
				cr_assert_eq(
				    ticks_parse(span_str(text), &ticks), ST_OK,
				    "%s", text);
				cr_assert_eq(ticks,
				    (day + 1) * per_day - TICKS_PER_S / 4, "%s",
				    text);
				cr_assert(
				    span_eq(written(&b, ticks), span_str(text)),
				    "%s", text);
			}
}

Test(ticks, every_day_of_four_hundred_years_and_the_last_is_read_and_written)
{
	int64_t day = 0;

	check_days(1601, 2004, 0);
	for (int y = 1601; y < 9999; y++)
		day += 337 + days_in(y, 2); /* without February: 337 */
	check_days(9999, 9999, day);
}

Test(ticks, http_date_of_the_rfc_is_read)
{
	int64_t ticks = -1;

	cr_assert_eq(
	    ticks_parse_http(SPAN_LIT("Sun, 06 Nov 1994 08:49:37 GMT"), &ticks),
	    ST_OK);
	cr_assert_eq(ticks, INT64_C(124285853770000000));
	cr_assert_eq(ticks_to_unix_s(ticks), 784111777);
}

Test(ticks, every_month_name_of_a_http_date_is_read)
{
	static const char *const MONTH[] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

	for (int m = 0; m < 12; m++) {
		char http[64], rfc3339[64];
		int64_t a = -1, b = -2;

		snprintf(http, sizeof http, "Mon, 09 %s 2026 01:02:03 GMT",
		    MONTH[m]);
		snprintf(
		    rfc3339, sizeof rfc3339, "2026-%02d-09T01:02:03Z", m + 1);
		cr_expect_eq(ticks_parse_http(span_str(http), &a), ST_OK);
		cr_expect_eq(ticks_parse(span_str(rfc3339), &b), ST_OK);
		cr_expect_eq(a, b, "%s", http);
	}
}

/* clang-format off */
static const struct parse_row BAD_HTTP[] = {
	{ "", 0, "nothing" },
	{ "Sunday, 06-Nov-94 08:49:37 GMT", 0, "RFC 850" },
	{ "Sun Nov  6 08:49:37 1994", 0, "asctime" },
	{ "Sun, 6 Nov 1994 08:49:37 GMT", 0, "a day of one digit" },
	{ "Sun  06 Nov 1994 08:49:37 GMT", 0, "no comma" },
	{ "Sun, 06 nov 1994 08:49:37 GMT", 0, "a small month" },
	{ "Sun, 06 anF 1994 08:49:37 GMT", 0, "letters between two names" },
	{ "Sun, 06 Nov 1994 08:49:37", 0, "no zone" },
	{ "Sun, 06 Nov 1994 08:49:37 UTC", 0, "another zone" },
	{ "Sun, 06 Nov 1994 08:49:37 +0000", 0, "an offset" },
	{ "Sun, 06 Nov 1994 08:49:37 GMT ", 0, "something behind" },
	{ "Sun, 31 Nov 1994 08:49:37 GMT", 0, "no such day" },
	{ "Sun, 06 Nov 1994 24:49:37 GMT", 0, "no such hour" },
	{ "Sun, 06 Nov 1600 08:49:37 GMT", 0, "before the epoch" },
	{ "Fri, 31 Dec 9999 23:59:60 GMT", 0, "after the end" },
};
/* clang-format on */

Test(ticks, other_http_dates_are_refused)
{
	for (size_t i = 0; i < sizeof BAD_HTTP / sizeof BAD_HTTP[0]; i++) {
		int64_t ticks = 42;

		cr_expect_eq(
		    ticks_parse_http(span_str(BAD_HTTP[i].text), &ticks),
		    ST_MALFORM, "%s: %s", BAD_HTTP[i].text, BAD_HTTP[i].why);
		cr_expect_eq(ticks, 42, "%s", BAD_HTTP[i].why);
	}
}

Test(ticks, unix_seconds_are_rounded_down_on_both_sides_of_1970)
{
	int64_t epoch = ticks_from_unix_s(0);

	cr_expect_eq(epoch, INT64_C(116444736000000000));
	cr_expect_eq(ticks_to_unix_s(epoch), 0);
	cr_expect_eq(ticks_to_unix_s(epoch + TICKS_PER_S - 1), 0);
	cr_expect_eq(ticks_to_unix_s(epoch - 1), -1);
	cr_expect_eq(ticks_to_unix_s(epoch - TICKS_PER_S), -1);
	cr_expect_eq(ticks_to_unix_s(epoch - TICKS_PER_S - 1), -2);
	cr_expect_eq(ticks_to_unix_s(0), INT64_C(-11644473600));
	cr_expect_eq(ticks_to_unix_s(-1), INT64_C(-11644473601));
}

Test(ticks, unix_seconds_out_of_range_stay_within_it)
{
	cr_expect_eq(ticks_from_unix_s(INT64_MAX), TICKS_MAX);
	cr_expect_eq(ticks_from_unix_s(INT64_MIN), 0);
	cr_expect_eq(ticks_from_unix_s(INT64_C(-11644473600)), 0);
	cr_expect_eq(ticks_from_unix_s(INT64_C(-11644473601)), 0);
	cr_expect_eq(ticks_from_unix_s(INT64_C(253402300799)),
	    TICKS_MAX - (TICKS_PER_S - 1), "the last second of 9999");
	cr_expect_eq(ticks_from_unix_s(INT64_C(253402300800)), TICKS_MAX);
}
