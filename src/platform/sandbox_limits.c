/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <sys/resource.h>

#include "base/limits.h"
#include "platform/sandbox_priv.h"

static const struct {
	int resource;
	rlim_t most;
	const char *step;
} LIMITS[] = {
	{ RLIMIT_CORE, 0, "RLIMIT_CORE cannot be set" },
	{ RLIMIT_NOFILE, SANDBOX_FILE_MAX_COUNT,
	    "RLIMIT_NOFILE cannot be set" },
#ifndef __SANITIZE_ADDRESS__
	/* A sanitizer looks for leaks from a process of its own. */
	{ RLIMIT_NPROC, 0, "RLIMIT_NPROC cannot be set" },
#endif
};

static bool
lower(int resource, rlim_t most)
{
	struct rlimit now;

	if (getrlimit(resource, &now) != 0)
		return false;
	if (now.rlim_max > most)
		now.rlim_max = most;
	now.rlim_cur = now.rlim_max;
	return setrlimit(resource, &now) == 0;
}

const char *
sandbox_limits(void)
{
	for (size_t i = 0; i < sizeof LIMITS / sizeof LIMITS[0]; i++)
		if (!lower(LIMITS[i].resource, LIMITS[i].most))
			return LIMITS[i].step;
	return NULL;
}
