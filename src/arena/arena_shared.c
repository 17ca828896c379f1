/* SPDX-License-Identifier: MIT */
/*
 * The one arena of the process.  The memory hooks of libcurl and libc carry no
 * context, so this instance is the one piece of mutable data outside main.
 */
#include "arena/arena.h"

#include <string.h>

static _Alignas(64) uint8_t pool[ARENA_POOL_BYTES];
static struct arena shared;

struct arena *
arena_shared(void)
{
	if (shared.pool == NULL)
		arena_init(&shared, pool, sizeof pool);
	return &shared;
}

void *
arena_hook_malloc(size_t n)
{
	return arena_take(arena_shared(), n);
}

void *
arena_hook_calloc(size_t count, size_t n)
{
	if (n != 0 && count > SIZE_MAX / n)
		return NULL;
	return arena_take(arena_shared(), count * n);
}

void *
arena_hook_realloc(void *p, size_t n)
{
	return arena_resize(arena_shared(), p, n);
}

void
arena_hook_free(void *p)
{
	arena_give(arena_shared(), p);
}

char *
arena_hook_strdup(const char *s)
{
	size_t n = strlen(s) + 1;
	char *copy = arena_hook_malloc(n);

	if (copy != NULL)
		memcpy(copy, s, n);
	return copy;
}
