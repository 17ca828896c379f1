/* SPDX-License-Identifier: MIT */
/*
 * arena.h - the only memory that libraries can allocate from.
 *
 * A fixed pool with a small general allocator.  libcurl and c-ares get it
 * through their memory hooks; in the product every libc allocation ends here
 * as well (arena_libc.c), so that nothing in the process has a heap.  Freed
 * memory is wiped: no copy of a secret outlives the block it was in.  Running
 * out is an ordinary error that the caller of the library sees.
 *
 * One thread.  Our own code does not allocate.
 */
#ifndef ARENA_ARENA_H
#define ARENA_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"

/* Where a search begins depends on the size: 32, 64, … 1024 bytes and more. */
#define ARENA_CLASS_COUNT 6u

/* Private but for the figures. */
struct arena {
	uint8_t *pool;
	size_t size;
	/* Below it no free block is as large as the class's smallest. */
	size_t hint[ARENA_CLASS_COUNT];
	size_t used_bytes; /* in use now, block headers included */
	size_t peak_bytes; /* the most that was ever in use */
	size_t high_bytes; /* the highest byte of the pool ever used */
	uint64_t count;    /* allocations ever made */
	uint64_t failed;   /* allocations refused */
	size_t last_refused_bytes;
	uint64_t fail_at;    /* test hook: refuse this one (0: none) … */
	uint64_t fail_count; /* … and so many in all from there on */
};

/* The largest alignment that arena_take promises. */
#define ARENA_ALIGN 16u

/*
 * arena_init - begin with an empty pool.
 *
 * pool   ARENA_ALIGN-aligned, zeroed, `size` bytes (at least 64, a multiple of
 *        ARENA_ALIGN); borrowed for ever
 */
void arena_init(struct arena *a, void *pool, size_t size);

/* `n` bytes, ARENA_ALIGN-aligned and zeroed; NULL when there is no room.
 * First fit by address.  O(blocks), few of them by the hints. */
void *arena_take(struct arena *a, size_t n);

/* As arena_take, aligned to `align` (a power of two up to 4096). */
void *arena_take_aligned(struct arena *a, size_t n, size_t align);

/* Give a block back; its bytes are wiped.  NULL is allowed.  A pointer that
 * arena_take did not give, or gave back before, aborts. */
void arena_give(struct arena *a, void *p);

/* Resize, in place where the block behind is free; NULL, and the old block
 * untouched, when there is no room. */
void *arena_resize(struct arena *a, void *p, size_t n);

/* Bytes usable at p, 0 for NULL. */
size_t arena_usable(const struct arena *a, const void *p);

/* The largest block that could be taken now.  O(blocks). */
size_t arena_largest(const struct arena *a);

/* Test hook: refuse allocation number a->count + 1 + after, and `count` in all
 * from there on (UINT64_MAX: all further ones); count 0 switches it off. */
void arena_fail(struct arena *a, uint64_t after, uint64_t count);

/* The process's one arena, ARENA_POOL_BYTES large; initialised on first use. */
struct arena *arena_shared(void);

/* Memory hooks over arena_shared, with the signatures of malloc and friends. */
void *arena_hook_malloc(size_t n);
void *arena_hook_calloc(size_t count, size_t n);
void *arena_hook_realloc(void *p, size_t n);
void arena_hook_free(void *p);
char *arena_hook_strdup(const char *s);

#endif
