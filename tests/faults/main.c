/* SPDX-License-Identifier: MIT */
/*
 * The product's whole program, native, with the sanitizers, and with arena
 * allocations that fail on purpose: WF_ARENA_FAIL=AFTER refuses the allocation
 * behind the first AFTER ones, WF_ARENA_FAIL=AFTER+ that and all later ones,
 * WF_ARENA_FAIL=AFTER:COUNT so many.  At the end the arena's figures go to the
 * file WF_ARENA_REPORT, with those of the last request of each kind.  The
 * Makefile renames the product's main to wf_main and lets the linker put
 * __wrap_http_start in front of http_start.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "arena/arena.h"
#include "http/http.h"

int wf_main(int argc, char **argv);
enum st __real_http_start(struct http *h, const struct http_request *request);
enum st __wrap_http_start(struct http *h, const struct http_request *request);

enum kind { KIND_TOKEN, KIND_GET, KIND_POST, KIND_COUNT };

/* What the last request of each kind took until the next one began; only of
 * requests that were alone. */
static struct {
	size_t bytes; /* beyond those in use before it */
	uint64_t count;
} last[KIND_COUNT];

static struct {
	enum kind kind; /* KIND_COUNT: none is looked at */
	size_t used_bytes;
	uint64_t count;
} now = { KIND_COUNT, 0, 0 };
static size_t peak_bytes;

static void
note_request(const struct arena *a)
{
	if (a->peak_bytes > peak_bytes)
		peak_bytes = a->peak_bytes;
	if (now.kind == KIND_COUNT)
		return;
	last[now.kind].bytes = a->peak_bytes - now.used_bytes;
	last[now.kind].count = a->count - now.count;
}

enum st
__wrap_http_start(struct http *h, const struct http_request *request)
{
	struct arena *a = arena_shared();
	bool alone = http_busy_slots(h) == 0;

	if (!alone)
		now.kind = KIND_COUNT;
	note_request(a);
	now.kind = !alone                ? KIND_COUNT :
	    request->secret              ? KIND_TOKEN :
	    request->method == HTTP_POST ? KIND_POST :
					   KIND_GET;
	a->peak_bytes = a->used_bytes;
	now.used_bytes = a->used_bytes;
	now.count = a->count;
	return __real_http_start(h, request);
}

static void
report(void)
{
	static const char *const NAMES[] = { "token", "get", "post" };
	const char *path = getenv("WF_ARENA_REPORT");
	const struct arena *a = arena_shared();
	FILE *f = path == NULL ? NULL : fopen(path, "w");

	if (f == NULL)
		return;
	note_request(a);
	fprintf(f,
	    "{\"count\":%llu,\"failed\":%llu,\"used\":%zu,"
	    "\"peak\":%zu,\"largest\":%zu",
	    (unsigned long long)a->count, (unsigned long long)a->failed,
	    a->used_bytes, peak_bytes, arena_largest(a));
	for (unsigned i = 0; i < KIND_COUNT; i++)
		fprintf(f, ",\"%s\":{\"bytes\":%zu,\"count\":%llu}", NAMES[i],
		    last[i].bytes, (unsigned long long)last[i].count);
	fputs("}\n", f);
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
