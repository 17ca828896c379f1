/* SPDX-License-Identifier: MIT */
/*
 * Days are counted with March as the first month, so that the leap day is the
 * last of its year and month lengths need no table: the day of the year of
 * month m (0 = March) is (153 * m + 2) / 5.  Four hundred years have 146097
 * days.  All arithmetic is on values below 2^63: year 9999 is 2.65e18 ticks.
 */
#include "base/ticks.h"

#include <assert.h>

#define DAYS_PER_400_YEARS INT64_C(146097)
#define DAYS_0000_TO_1601  INT64_C(584694) /* 0000-03-01 to 1601-01-01 */
#define UNIX_EPOCH_S       INT64_C(11644473600)
#define S_PER_DAY          INT64_C(86400)

struct date {
	int64_t year, month, day;
};

static int64_t
days_from_date(struct date d)
{
	int64_t month = (d.month + 9) % 12;
	int64_t year = d.year - month / 10;
	int64_t of_year = (153 * month + 2) / 5 + d.day - 1;

	return year * 365 + year / 4 - year / 100 + year / 400 + of_year -
	    DAYS_0000_TO_1601;
}

static struct date
date_from_days(int64_t days)
{
	int64_t z = days + DAYS_0000_TO_1601;
	int64_t era = z / DAYS_PER_400_YEARS;
	int64_t of_era = z % DAYS_PER_400_YEARS;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 -
			   of_era / 146096) /
	    365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153;

	year += era * 400 + (month >= 10);
	return (struct date){ year, month < 10 ? month + 3 : month - 9,
		of_year - (153 * month + 2) / 5 + 1 };
}

static bool
is_date(struct date d)
{
	struct date back;

	if (d.year < 1601 || d.month < 1 || d.month > 12 || d.day < 1 ||
	    d.day > 31)
		return false;
	back = date_from_days(days_from_date(d));
	return back.month == d.month && back.day == d.day;
}

/* Take exactly n digits. */
static bool
take_number(struct span *s, size_t n, int64_t *value)
{
	struct span digits;
	uint64_t v;

	if (!span_take(s, n, &digits) || span_to_u64(digits, &v) != ST_OK)
		return false;
	*value = (int64_t)v;
	return true;
}

static bool
take_byte(struct span *s, uint8_t c)
{
	struct span head;

	if (s->n == 0 || (s->p[0] != c && s->p[0] != (c | 0x20)))
		return false;
	return span_take(s, 1, &head);
}

static bool
take_clock(struct span *s, int64_t *seconds)
{
	int64_t h, m, sec;

	if (!take_number(s, 2, &h) || !take_byte(s, ':') ||
	    !take_number(s, 2, &m) || !take_byte(s, ':') ||
	    !take_number(s, 2, &sec) || h > 23 || m > 59 || sec > 60)
		return false;
	*seconds = (h * 60 + m) * 60 + sec;
	return true;
}

/* An optional ".d{1,9}" in ticks. */
static bool
take_fraction(struct span *s, int64_t *fraction)
{
	int64_t scale = TICKS_PER_S;
	struct span digit;
	size_t n = 0;

	*fraction = 0;
	if (!take_byte(s, '.'))
		return true;
	while (n < 9 && s->n != 0 && s->p[0] >= '0' && s->p[0] <= '9' &&
	    span_take(s, 1, &digit)) {
		scale /= 10;
		*fraction += scale * (digit.p[0] - '0');
		n++;
	}
	return n != 0;
}

static bool
take_zone(struct span *s, int64_t *offset_s)
{
	int64_t h, m, sign = 1;

	*offset_s = 0;
	if (take_byte(s, 'Z'))
		return true;
	if (take_byte(s, '-'))
		sign = -1;
	else if (!take_byte(s, '+'))
		return false;
	if (!take_number(s, 2, &h) || !take_byte(s, ':') ||
	    !take_number(s, 2, &m) || h > 23 || m > 59)
		return false;
	*offset_s = sign * (h * 60 + m) * 60;
	return true;
}

enum st
ticks_parse(struct span s, int64_t *ticks)
{
	struct date d;
	int64_t seconds, fraction, offset_s, t;

	if (!take_number(&s, 4, &d.year) || !take_byte(&s, '-') ||
	    !take_number(&s, 2, &d.month) || !take_byte(&s, '-') ||
	    !take_number(&s, 2, &d.day) || !take_byte(&s, 'T') ||
	    !take_clock(&s, &seconds) || !take_fraction(&s, &fraction) ||
	    !take_zone(&s, &offset_s) || s.n != 0 || !is_date(d))
		return ST_MALFORM;
	t = (days_from_date(d) * S_PER_DAY + seconds - offset_s) * TICKS_PER_S +
	    fraction;
	if (t < 0 || t > TICKS_MAX)
		return ST_MALFORM;
	*ticks = t;
	return ST_OK;
}

enum st
ticks_parse_http(struct span s, int64_t *ticks)
{
	static const char NAMES[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct span head, name;
	struct date d;
	int64_t seconds, t;

	/* The name of the day says nothing new; its shape tells the formats
	 * apart. */
	if (!span_take(&s, 5, &head) ||
	    !span_has_suffix(head, SPAN_LIT(", ")) ||
	    !take_number(&s, 2, &d.day) || !take_byte(&s, ' ') ||
	    !span_take(&s, 3, &name) || !take_byte(&s, ' ') ||
	    !take_number(&s, 4, &d.year) || !take_byte(&s, ' ') ||
	    !take_clock(&s, &seconds) || !span_eq(s, SPAN_LIT(" GMT")))
		return ST_MALFORM;
	for (d.month = 1; d.month <= 12; d.month++)
		if (span_eq(name,
			span_sub(
			    SPAN_LIT(NAMES), (size_t)(d.month - 1) * 3, 3)))
			break;
	if (!is_date(d))
		return ST_MALFORM;
	t = (days_from_date(d) * S_PER_DAY + seconds) * TICKS_PER_S;
	if (t > TICKS_MAX) /* the leap second at the end of 9999 */
		return ST_MALFORM;
	*ticks = t;
	return ST_OK;
}

static void
put_digits(struct buf *b, int64_t value, unsigned width)
{
	uint8_t digits[8];

	assert(width <= sizeof digits);
	for (unsigned i = width; i != 0; i--) {
		digits[i - 1] = (uint8_t)('0' + value % 10);
		value /= 10;
	}
	buf_put(b, (struct span){ digits, width });
}

void
ticks_write(struct buf *b, int64_t ticks)
{
	int64_t seconds = ticks / TICKS_PER_S;
	int64_t fraction = ticks % TICKS_PER_S;
	struct date d = date_from_days(seconds / S_PER_DAY);
	unsigned width = 7;

	assert(ticks >= 0 && ticks <= TICKS_MAX);
	seconds %= S_PER_DAY;
	put_digits(b, d.year, 4);
	buf_put_byte(b, '-');
	put_digits(b, d.month, 2);
	buf_put_byte(b, '-');
	put_digits(b, d.day, 2);
	buf_put_byte(b, 'T');
	put_digits(b, seconds / 3600, 2);
	buf_put_byte(b, ':');
	put_digits(b, seconds / 60 % 60, 2);
	buf_put_byte(b, ':');
	put_digits(b, seconds % 60, 2);
	if (fraction != 0) {
		while (fraction % 10 == 0) {
			fraction /= 10;
			width--;
		}
		buf_put_byte(b, '.');
		put_digits(b, fraction, width);
	}
	buf_put_byte(b, 'Z');
}

int64_t
ticks_from_unix_s(int64_t unix_s)
{
	/* The bounds first: the product of any other value could overflow. */
	if (unix_s < -UNIX_EPOCH_S)
		return 0;
	if (unix_s > TICKS_MAX / TICKS_PER_S - UNIX_EPOCH_S)
		return TICKS_MAX;
	return (unix_s + UNIX_EPOCH_S) * TICKS_PER_S;
}

int64_t
ticks_to_unix_s(int64_t ticks)
{
	/* C divides towards zero: the remainder tells when that was up. */
	return ticks / TICKS_PER_S - (ticks % TICKS_PER_S < 0) - UNIX_EPOCH_S;
}
