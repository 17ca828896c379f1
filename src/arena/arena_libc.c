/* SPDX-License-Identifier: MIT */
/*
 * libc's own allocation functions, over the shared arena.  Linked into the
 * product only: whatever in libc or a library still allocates lands in the
 * arena, where it is counted and wiped.  musl calls these for its own needs
 * too, since its malloc is meant to be replaced.
 */
#define _POSIX_C_SOURCE 200809L /* posix_memalign */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arena/arena.h"

/* These names are the C library's (hence no module prefix). */
size_t malloc_usable_size(void *p);
void *memalign(size_t align, size_t n);

static void *
checked(void *p)
{
	if (p == NULL)
		errno = ENOMEM;
	return p;
}

void *
malloc(size_t n)
{
	return checked(arena_hook_malloc(n));
}

void *
calloc(size_t count, size_t n)
{
	return checked(arena_hook_calloc(count, n));
}

void *
realloc(void *p, size_t n)
{
	return checked(arena_hook_realloc(p, n));
}

void
free(void *p)
{
	arena_hook_free(p);
}

void *
memalign(size_t align, size_t n)
{
	if (align < ARENA_ALIGN)
		align = ARENA_ALIGN;
	return checked(arena_take_aligned(arena_shared(), n, align));
}

void *
aligned_alloc(size_t align, size_t n)
{
	return memalign(align, n);
}

int
posix_memalign(void **p, size_t align, size_t n)
{
	void *got = memalign(align, n);

	if (got == NULL)
		return ENOMEM;
	*p = got;
	return 0;
}

size_t
malloc_usable_size(void *p)
{
	return arena_usable(arena_shared(), p);
}
