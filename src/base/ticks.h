/* SPDX-License-Identifier: MIT */
/*
 * ticks.h - points in time as Sentinel counts them.
 *
 * A point in time is an int64_t: 100 ns since 1601-01-01T00:00:00Z (the
 * FILETIME epoch), exact for everything that .NET can write.  Texts are never
 * compared or cut: "…57.5Z" and "…57.501801Z" sort wrongly as texts.
 * A duration is in ticks too, or in _ms and _s where its name says so.
 */
#ifndef BASE_TICKS_H
#define BASE_TICKS_H

#include <stdint.h>

#include "base/span.h"

#define TICKS_PER_S  INT64_C(10000000)
#define TICKS_PER_MS INT64_C(10000)
/* 9999-12-31T23:59:59.9999999Z, the last point that can be written. */
#define TICKS_MAX INT64_C(2650467743999999999)
/* "2026-03-25T07:31:57.5018010Z" */
#define TICKS_TEXT_MAX_BYTES 28u

/*
 * ticks_parse - RFC 3339 date-time to ticks.
 *
 * s        YYYY-MM-DDThh:mm:ss, 0 to 9 fraction digits (beyond the seventh
 *          they are dropped), then Z or ±hh:mm; t and z may be small.
 *          Second 60 is read as the next second's start.
 * returns  ST_OK       *ticks in 0..TICKS_MAX
 *          ST_MALFORM  not such a text, or no such day; *ticks untouched
 */
enum st ticks_parse(struct span s, int64_t *ticks) MUST_CHECK;

/*
 * ticks_parse_http - an HTTP Date header to ticks.
 *
 * s        IMF-fixdate of RFC 9110, 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT".
 *          The obsolete forms are refused.
 */
enum st ticks_parse_http(struct span s, int64_t *ticks) MUST_CHECK;

/* RFC 3339 UTC, trailing zeros of the fraction cut, as .NET writes it.
 * ticks in 0..TICKS_MAX. */
void ticks_write(struct buf *b, int64_t ticks);

/* Seconds since 1970 to ticks, held within 0..TICKS_MAX, and back (rounded
 * down, also before 1970). */
int64_t ticks_from_unix_s(int64_t unix_s);
int64_t ticks_to_unix_s(int64_t ticks);

#endif
