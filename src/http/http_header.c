/* SPDX-License-Identifier: MIT */
/* The few reply headers that are read, RFC 9110. */
#include <string.h>

#include "base/ticks.h"
#include "http/http_priv.h"

/* "HTTP/1.1 200 OK": a new reply begins (after a 1xx, or a proxy's CONNECT);
 * nothing of the one before counts. */
static void
read_status(struct http_result *result, struct span line)
{
	size_t space = span_find_byte(line, ' ');
	uint64_t status = 0;

	if (span_to_u64(
		span_sub(line, space == SIZE_MAX ? line.n : space + 1, 3),
		&status) != ST_OK)
		status = 0;
	result->status = (unsigned)status;
	result->date = -1;
	result->retry_after_s = 0;
	result->remaining = UINT32_MAX;
	result->request_id[0] = '\0';
	result->correlation_id[0] = '\0';
}

/* An id for support; only a GUID is one. */
static void
read_id(char id[UUID_TEXT_BYTES + 1], struct span value)
{
	if (!uuid_is_text(value) ||
	    span_to_str(value, id, UUID_TEXT_BYTES + 1) != ST_OK)
		id[0] = '\0';
}

/* Seconds, or a date that is compared with the reply's own (RFC 9110, 10.2.3);
 * the server may send Date after it, then the wait is the least one. */
static uint32_t
retry_after(const struct http_result *result, struct span value)
{
	uint64_t seconds;
	int64_t date;

	if (span_to_u64(value, &seconds) == ST_OK)
		return seconds > HTTP_RETRY_MAX_S ? HTTP_RETRY_MAX_S :
		    seconds == 0                  ? 1 :
						    (uint32_t)seconds;
	if (ticks_parse_http(value, &date) != ST_OK || result->date < 0 ||
	    date <= result->date)
		return 1;
	date = (date - result->date) / TICKS_PER_S;
	return date > HTTP_RETRY_MAX_S ? HTTP_RETRY_MAX_S : (uint32_t)date;
}

void
http_header_read(struct http_result *result, struct span line)
{
	struct span value = line, name;
	uint64_t number;

	if (span_has_prefix(line, SPAN_LIT("HTTP/"))) {
		read_status(result, line);
		return;
	}
	/* Of some 25 headers in a reply most are none of ours. */
	if (line.n == 0 || strchr("DdRrXx", line.p[0]) == NULL)
		return;
	if (!span_split(&value, ':', &name) || value.p == NULL)
		return;
	value = span_trim(value);
	if (span_eq_nocase(name, SPAN_LIT("date"))) {
		if (ticks_parse_http(value, &result->date) != ST_OK)
			result->date = -1;
	} else if (span_eq_nocase(name, SPAN_LIT("retry-after"))) {
		result->retry_after_s = retry_after(result, value);
	} else if (span_eq_nocase(name, SPAN_LIT("x-ms-request-id"))) {
		read_id(result->request_id, value);
	} else if (span_eq_nocase(
		       name, SPAN_LIT("x-ms-correlation-request-id"))) {
		read_id(result->correlation_id, value);
	} else if (span_eq_nocase(span_sub(name, 0, 25),
		       SPAN_LIT("x-ms-ratelimit-remaining-")) &&
	    span_to_u64(value, &number) == ST_OK && number < result->remaining)
		result->remaining = (uint32_t)number;
}
