/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE

#include <criterion/criterion.h>
#include <string.h>
#include <time.h>

#include "base/ticks.h"
#include "platform/clock.h"
#include "platform/random.h"

Test(clock, wall_clock_is_that_of_the_system_in_ticks)
{
	int64_t before = time(NULL);
	int64_t now = ticks_to_unix_s(clock_wall_ticks(&clock_system));

	cr_expect_geq(now, before);
	cr_expect_leq(now, time(NULL));
}

Test(clock, monotonic_clock_counts_milliseconds_and_never_falls)
{
	const struct timespec nap = { 0, 20 * 1000 * 1000 };
	int64_t start = clock_monotonic_ms(&clock_system);
	int64_t last = start;

	for (int i = 0; i < 1000; i++) {
		int64_t now = clock_monotonic_ms(&clock_system);

		cr_assert_geq(now, last);
		last = now;
	}
	nanosleep(&nap, NULL);
	last = clock_monotonic_ms(&clock_system);
	cr_expect_geq(last - start, 20);
	cr_expect_lt(last - start, 20000, "not in a smaller unit");
}

static int64_t
add_one(void *ctx)
{
	return ++*(int64_t *)ctx;
}

Test(clock, seam_is_asked_with_its_context)
{
	int64_t n = 41;
	const struct clock c = { add_one, add_one, &n };

	cr_expect_eq(clock_monotonic_ms(&c), 42);
	cr_expect_eq(clock_wall_ticks(&c), 43);
}

Test(random, every_byte_is_filled_and_no_more)
{
	static uint8_t a[5000], sum[5000];

	for (int round = 0; round < 20; round++) {
		memset(a, 0, sizeof a);
		random_bytes(a, sizeof a - 1);
		cr_assert_eq(a[sizeof a - 1], 0);
		for (size_t i = 0; i < sizeof a; i++)
			sum[i] |= a[i];
	}
	/* A byte that stays 0 in 20 rounds: one chance in 2^160. */
	for (size_t i = 0; i < sizeof a - 1; i++)
		cr_assert_neq(sum[i], 0, "byte %zu", i);
	random_bytes(a, 0);
}
