/* SPDX-License-Identifier: MIT */
/*
 * The product's whole program, native, with the sanitizers, and with arena
 * allocations that fail on purpose: WF_ARENA_FAIL=AFTER refuses the allocation
 * behind the first AFTER ones, WF_ARENA_FAIL=AFTER+ that and all later ones,
 * WF_ARENA_FAIL=AFTER:COUNT so many.  At the end the arena's figures go to the
 * file WF_ARENA_REPORT.  The Makefile renames the product's main to wf_main.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "arena/arena.h"

int wf_main(int argc, char **argv);

static void
report(void)
{
	const char *path = getenv("WF_ARENA_REPORT");
	const struct arena *a = arena_shared();
	FILE *f = path == NULL ? NULL : fopen(path, "w");

	if (f == NULL)
		return;
	fprintf(f,
	    "{\"count\":%llu,\"failed\":%llu,\"used\":%zu,"
	    "\"peak\":%zu,\"largest\":%zu}\n",
	    (unsigned long long)a->count, (unsigned long long)a->failed,
	    a->used_bytes, a->peak_bytes, arena_largest(a));
	fclose(f);
}

int
main(int argc, char **argv)
{
	const char *order = getenv("WF_ARENA_FAIL");
	char *end;

	if (order != NULL) {
		unsigned long long after = strtoull(order, &end, 10);
		unsigned long long count = *end == '+' ? UINT64_MAX :
		    *end == ':' ? strtoull(end + 1, NULL, 10) :
				  1;

		arena_fail(arena_shared(), after, count);
	}
	atexit(report);
	return wf_main(argc, argv);
}
