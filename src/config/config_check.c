/* SPDX-License-Identifier: MIT */
/*
 * What texts must look like.  Every function gets a decoded value of at least
 * one byte without control characters, and says what is wrong with it; some
 * make it canonical in its place.  URLs are in config_url.c.
 */
#include "config/config_priv.h"

#include "base/uuid.h"

#include <string.h>

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alnum(uint8_t c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* Only letters, digits and the characters of `extra`. */
static bool
is_all_of(struct span s, const char *extra)
{
	struct span others = span_str(extra);

	for (size_t i = 0; i < s.n; i++)
		if (!is_alnum(s.p[i]) &&
		    span_find_byte(others, s.p[i]) == SIZE_MAX)
			return false;
	return true;
}

static bool
has_capital(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 'A' && s.p[i] <= 'Z')
			return true;
	return false;
}

static void
make_lower(struct buf *value)
{
	struct buf same = { value->p, 0, value->n, false };

	buf_put_lower(&same, span_of(value));
}

const char *
config_check_name(struct buf *value)
{
	struct span s = span_of(value);

	if (!is_all_of(s, "-") || has_capital(s) || s.p[0] == '-')
		return "is not a name";
	return NULL;
}

const char *
config_check_guid(struct buf *value)
{
	if (!uuid_is_text(span_of(value)))
		return "is not a GUID";
	make_lower(value);
	return NULL;
}

const char *
config_check_label(struct buf *value)
{
	struct span s = span_of(value);

	if (!is_all_of(s, "-") || s.p[0] == '-' || s.p[s.n - 1] == '-')
		return "is not a DNS label";
	make_lower(value);
	return NULL;
}

const char *
config_check_group(struct buf *value)
{
	struct span s = span_of(value);

	if (!is_all_of(s, "-_.()"))
		return "has a character that resource groups cannot have";
	if (s.p[s.n - 1] == '.')
		return "ends with a '.'";
	return NULL;
}

const char *
config_check_workspace(struct buf *value)
{
	struct span s = span_of(value);

	if (uuid_is_text(s))
		return "is the workspace's GUID";
	if (s.n < 4)
		return "is too short";
	if (!is_all_of(s, "-"))
		return "has a character that workspaces cannot have";
	if (s.p[0] == '-' || s.p[s.n - 1] == '-')
		return "has a '-' at an end";
	return NULL;
}

/* A decimal number in low..high of exactly two digits. */
static bool
is_two_digits(struct span s, uint64_t low, uint64_t high)
{
	uint64_t v;

	return s.n == 2 && span_to_u64(s, &v) == ST_OK && v >= low && v <= high;
}

const char *
config_check_api_version(struct buf *value)
{
	struct span s = span_of(value);
	struct span tail = span_sub(s, 10, s.n);
	uint64_t year;

	if (s.n < 10 || s.p[4] != '-' || s.p[7] != '-' ||
	    span_to_u64(span_sub(s, 0, 4), &year) != ST_OK ||
	    !is_two_digits(span_sub(s, 5, 2), 1, 12) ||
	    !is_two_digits(span_sub(s, 8, 2), 1, 31))
		return "is not an API version";
	if (tail.n != 0 && !span_eq(tail, SPAN_LIT("-preview")))
		return "is not an API version";
	return NULL;
}

const char *
config_check_subject(struct buf *value)
{
	static const char PLACE[] = "{appliance_id}";
	struct span rest = span_of(value);
	struct span word;

	while (span_split(&rest, '.', &word)) {
		if (word.n == 0)
			return "has an empty word";
		if (span_eq(word, SPAN_LIT(PLACE)))
			continue;
		for (size_t i = 0; i < word.n; i++) {
			if (word.p[i] <= ' ' || word.p[i] > '~')
				return "has a character that subjects cannot "
				       "have";
			if (strchr("*>{}", word.p[i]) != NULL)
				return "has a wildcard or a bracket";
		}
	}
	return NULL;
}

const char *
config_check_stream(struct buf *value)
{
	if (!is_all_of(span_of(value), "-_"))
		return "has a character that stream names cannot have";
	return NULL;
}

const char *
config_check_email(struct buf *value)
{
	struct span s = span_of(value);
	size_t at = span_find_byte(s, '@');

	if (at == SIZE_MAX || at == 0 || at == s.n - 1 ||
	    span_find_byte(span_sub(s, at + 1, s.n), '@') != SIZE_MAX ||
	    span_find_byte(s, ' ') != SIZE_MAX)
		return "is not an e-mail address";
	return NULL;
}

const char *
config_check_path(struct buf *value)
{
	return value->p[value->n - 1] == '/' ? "is a directory" : NULL;
}

const char *
config_check_user(struct buf *value)
{
	struct span s = span_of(value);

	if (!is_all_of(s, "-_.") || s.p[0] == '-')
		return "is not a user name";
	return NULL;
}

/* RFC 7617: the first ':' ends the name. */
const char *
config_check_basic_user(struct buf *value)
{
	if (span_find_byte(span_of(value), ':') != SIZE_MAX)
		return "has a ':'";
	return NULL;
}

const char *
config_check_not_blank(struct buf *value)
{
	/* Blanks are in every title. */
	return span_trim(span_of(value)).n == 0 ? "is blank" : NULL;
}
