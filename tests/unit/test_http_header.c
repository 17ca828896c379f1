/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <string.h>

#include "base/ticks.h"
#include "http/http_priv.h"

static struct http_result result;

static void
read_line(const char *line)
{
	http_header_read(&result, span_str(line));
}

static void
setup(void)
{
	memset(&result, 0, sizeof result);
	read_line("HTTP/1.1 200 OK\r\n");
}

TestSuite(http_header, .init = setup);

Test(http_header, status_line_begins_a_new_reply)
{
	read_line("Retry-After: 5\r\n");
	read_line("x-ms-request-id: 5eed0000-0000-4000-8000-000000000001\r\n");
	read_line("x-ms-correlation-request-id: "
		  "5eed0000-0000-4000-8000-000000000002\r\n");
	cr_assert_str_eq(
	    result.correlation_id, "5eed0000-0000-4000-8000-000000000002");
	cr_assert_eq(result.retry_after_s, 5);
	read_line("HTTP/1.1 429 Too Many Requests\r\n");
	cr_assert_eq(result.status, 429);
	cr_assert_eq(result.retry_after_s, 0);
	cr_assert_str_eq(result.request_id, "");
	cr_assert_str_eq(result.correlation_id, "");
	read_line("HTTP/1.1\r\n");
	cr_assert_eq(result.status, 0);
	read_line("HTTP/1.1 abc\r\n");
	cr_assert_eq(result.status, 0);
}

Test(http_header, date_is_read_and_a_bad_one_is_none)
{
	read_line("DATE:Wed, 25 Mar 2026 07:31:57 GMT\r\n");
	cr_assert_eq(result.date, 134188975170000000);
	read_line("Date: yesterday\r\n");
	cr_assert_eq(result.date, -1);
}

static const struct {
	const char *value;
	uint32_t seconds;
	const char *why;
} RETRY[] = {
	{ "17", 17, "seconds" },
	{ "0", 1, "zero means at once: at least one second" },
	{ "3600", 3600, "the longest that is believed" },
	{ "3601", 3600, "more than that" },
	{ "99999999999999999999", 1, "no number" },
	{ "-5", 1, "negative" },
	{ "5.5", 1, "a fraction" },
	{ "", 1, "empty" },
	{ "soon", 1, "a word" },
	{ "Wed, 25 Mar 2026 07:32:57 GMT", 60, "a date" },
	{ "Wed, 25 Mar 2026 07:31:57 GMT", 1, "now" },
	{ "Wed, 25 Mar 2026 07:30:57 GMT", 1, "a date in the past" },
	{ "Thu, 25 Mar 2027 07:31:57 GMT", 3600, "in a year" },
};

Test(http_header, retry_after_is_seconds_or_a_date_and_at_least_one)
{
	read_line("Date: Wed, 25 Mar 2026 07:31:57 GMT\r\n");
	for (size_t i = 0; i < sizeof RETRY / sizeof RETRY[0]; i++) {
		char line[128];
		struct buf b = BUF_OVER(line);

		buf_put_str(&b, "retry-after: ");
		buf_put_str(&b, RETRY[i].value);
		read_line(buf_str(&b));
		cr_assert_eq(result.retry_after_s, RETRY[i].seconds, "%s: %u",
		    RETRY[i].why, result.retry_after_s);
	}
}

Test(http_header, request_id_is_taken_only_as_a_guid)
{
	read_line("X-MS-Request-Id: 5eed0000-0000-4000-8000-000000000001\r\n");
	cr_assert_str_eq(
	    result.request_id, "5eed0000-0000-4000-8000-000000000001");
	read_line("x-ms-request-id: \x1b[31m5eed0000-0000-4000-8000-0000\r\n");
	cr_assert_str_eq(result.request_id, "");
}

Test(http_header, smallest_remaining_budget_counts)
{
	read_line("x-ms-ratelimit-remaining-subscription-reads: 1099\r\n");
	read_line("X-MS-RateLimit-Remaining-Subscription-Global-Reads: 7\r\n");
	read_line("x-ms-ratelimit-remaining-x: many\r\n");
	cr_assert_eq(result.remaining, 7);
	read_line("HTTP/1.1 200 OK\r\n");
	cr_assert_eq(result.remaining, UINT32_MAX);
}

Test(http_header, lines_without_colon_or_value_change_nothing)
{
	struct http_result before = result;

	read_line("\r\n");
	read_line(":\r\n");
	read_line("Date\r\n");
	read_line("x\r\n");
	cr_assert_eq(memcmp(&before, &result, sizeof result), 0);
}
