/* SPDX-License-Identifier: MIT */
/*
 * clock.h - the two clocks.
 *
 * Timers use the monotonic clock; the wall clock is for certificates, for log
 * lines and for judging the skew against the server, never for the cursor.
 */
#ifndef PLATFORM_CLOCK_H
#define PLATFORM_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* A seam, so that tests can be in 1970: both return the time now. */
struct clock {
	int64_t (*monotonic_ms)(void *ctx);
	int64_t (*wall_ticks)(void *ctx); /* base/ticks.h */
	void *ctx;
};

/* The clocks of the system. */
extern const struct clock clock_system;

int64_t clock_monotonic_ms(const struct clock *c);
int64_t clock_wall_ticks(const struct clock *c);

#endif
