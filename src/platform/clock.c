/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L

#include "platform/clock.h"

#include <time.h>

#include "base/ticks.h"

static int64_t
system_monotonic_ms(void *ctx)
{
	struct timespec now;

	(void)ctx;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t
system_wall_ticks(void *ctx)
{
	struct timespec now;
	int64_t ticks;

	(void)ctx;
	clock_gettime(CLOCK_REALTIME, &now);
	ticks = ticks_from_unix_s(now.tv_sec) + now.tv_nsec / 100;
	if (ticks < 0)
		return 0;
	return ticks > TICKS_MAX ? TICKS_MAX : ticks;
}

const struct clock clock_system = { system_monotonic_ms, system_wall_ticks,
	NULL };

int64_t
clock_monotonic_ms(const struct clock *c)
{
	return c->monotonic_ms(c->ctx);
}

int64_t
clock_wall_ticks(const struct clock *c)
{
	return c->wall_ticks(c->ctx);
}
