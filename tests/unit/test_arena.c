/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

#include "arena/arena.h"

static _Alignas(4096) uint8_t pool[64 * 1024];
static struct arena a;

static void
fresh(void)
{
	memset(pool, 0, sizeof pool);
	arena_init(&a, pool, sizeof pool);
}

TestSuite(arena, .init = fresh);

static bool
all_zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != 0)
			return false;
	return true;
}

Test(arena, block_is_aligned_zeroed_and_counted)
{
	uint8_t *p = arena_take(&a, 100);

	cr_assert_not_null(p);
	cr_assert_eq((uintptr_t)p % ARENA_ALIGN, 0);
	cr_assert(all_zero(p, 100));
	cr_assert_geq(arena_usable(&a, p), 100);
	cr_assert_eq(a.used_bytes, 128);
	cr_assert_eq(a.count, 1);
}

Test(arena, given_block_is_wiped_and_merged)
{
	uint8_t *p = arena_take(&a, 1000);
	uint8_t *q = arena_take(&a, 1000);
	uint8_t *r = arena_take(&a, 1000);
	size_t whole = sizeof pool - 32;

	memset(p, 0xaa, 1000);
	memset(q, 0xbb, 1000);
	memset(r, 0xcc, 1000);
	arena_give(&a, q);
	cr_assert(all_zero(q, 1000));
	arena_give(&a, p);
	arena_give(&a, r);
	cr_assert_eq(a.used_bytes, 0);
	cr_assert_eq(arena_largest(&a), whole);
	cr_assert_eq(a.peak_bytes, 3 * 1024);
	cr_assert(all_zero(pool + 16, whole), "free bytes are all zero");
}

Test(arena, exhausted_pool_refuses_and_recovers)
{
	void *p[100];
	size_t n = 0;

	while (n < 100 && (p[n] = arena_take(&a, 1000)) != NULL)
		n++;
	cr_assert_eq(n, 63);
	cr_assert_eq(a.failed, 1);
	cr_assert_eq(a.last_refused_bytes, 1000);
	for (size_t i = 0; i < n; i += 2)
		arena_give(&a, p[i]);
	cr_assert_null(arena_take(&a, 5000), "fragments do not add up");
	for (size_t i = 1; i < n; i += 2)
		arena_give(&a, p[i]);
	cr_assert_not_null(arena_take(&a, 60000));
}

Test(arena, sizes_that_overflow_are_refused)
{
	cr_assert_null(arena_take(&a, SIZE_MAX));
	cr_assert_null(arena_take(&a, SIZE_MAX - 15));
	cr_assert_null(arena_take(&a, sizeof pool));
	cr_assert_null(arena_hook_calloc(SIZE_MAX / 2, 3));
}

Test(arena, resize_keeps_the_content_or_the_old_block)
{
	uint8_t *p = arena_take(&a, 100);
	uint8_t *q;

	memset(p, 7, 100);
	q = arena_resize(&a, p, 3000);
	cr_assert_not_null(q);
	cr_assert(q[0] == 7 && q[99] == 7 && q[100] == 0);
	cr_assert_null(arena_resize(&a, q, sizeof pool));
	cr_assert_eq(q[99], 7);
	cr_assert_eq(arena_resize(&a, q, 2000), q, "a small shrink stays");
	cr_assert_not_null(arena_resize(&a, NULL, 10));
}

Test(arena, alignment_is_kept_and_the_padding_usable)
{
	void *small = arena_take(&a, 1);
	void *p = arena_take_aligned(&a, 100, 4096);

	cr_assert_eq((uintptr_t)p % 4096, 0);
	arena_give(&a, p);
	arena_give(&a, small);
	cr_assert_eq(arena_largest(&a), sizeof pool - 32);
}

Test(arena, chosen_allocations_fail_once_or_from_then_on)
{
	arena_fail(&a, 1, 1);
	cr_assert_not_null(arena_take(&a, 1));
	cr_assert_null(arena_take(&a, 1));
	cr_assert_not_null(arena_take(&a, 1));
	arena_fail(&a, 0, UINT64_MAX);
	cr_assert_null(arena_take(&a, 1));
	cr_assert_null(arena_take(&a, 1));
	arena_fail(&a, 0, 0);
	cr_assert_not_null(arena_take(&a, 1));
}

Test(arena, double_free_aborts, .signal = SIGABRT)
{
	void *p = arena_take(&a, 10);

	(void)arena_take(&a, 10);
	arena_give(&a, p);
	arena_give(&a, p);
}

Test(arena, foreign_pointer_aborts, .signal = SIGABRT)
{
	arena_give(&a, &a);
}

Test(arena, growing_block_takes_what_is_free_behind_it)
{
	uint8_t *p = arena_take(&a, 100);
	uint8_t *q = arena_take(&a, 200);
	uint8_t *r = arena_take(&a, 100);

	memset(p, 7, 100);
	arena_give(&a, q);
	cr_assert_eq(arena_resize(&a, p, 300), p);
	cr_assert(p[99] == 7 && all_zero(p + 100, 200));
	cr_assert_neq(arena_resize(&a, p, 400), p, "r is in the way");
	arena_give(&a, r);
	cr_assert_eq(a.used_bytes, 416);
}

Test(arena, growing_in_place_is_counted_and_can_be_made_to_fail)
{
	uint8_t *p = arena_take(&a, 100);

	arena_fail(&a, 0, 1);
	cr_assert_null(arena_resize(&a, p, 300));
	cr_assert_eq(a.failed, 1);
	cr_assert_eq(arena_resize(&a, p, 300), p);
	cr_assert_eq(a.count, 3);
	cr_assert_eq(a.used_bytes, 320);
}

Test(arena, small_block_goes_into_a_large_one_that_was_given_back)
{
	uint8_t *p = arena_take(&a, 1000);

	cr_assert_not_null(arena_take(&a, 10));
	arena_give(&a, p);
	cr_assert_eq(arena_take(&a, 10), p);
}

Test(arena, hole_that_was_too_small_is_not_forgotten)
{
	uint8_t *p = arena_take(&a, 48);

	cr_assert_not_null(arena_take(&a, 1));
	arena_give(&a, p);
	cr_assert_neq(arena_take(&a, 96), p, "of the same class");
	cr_assert_eq(arena_take(&a, 48), p);
}

/* Each class of sizes has a place to begin: what is given back must be found by
 * all classes that it serves, wherever a search for another one ended. */
Test(arena, first_fit_by_address_whatever_was_searched_before)
{
	static const size_t SIZE[] = { 10, 40, 100, 200, 400, 900, 3000 };
	uint8_t *p[7], *end;

	for (size_t i = 0; i < 7; i++)
		p[i] = arena_take(&a, SIZE[i]);
	end = arena_take(&a, 5000);
	for (size_t i = 7; i-- > 0;) {
		arena_give(&a, p[i]);
		cr_assert_eq(arena_take(&a, SIZE[i]), p[i]);
		arena_give(&a, p[i]);
	}
	cr_assert_eq(arena_take(&a, 4000), p[0], "merged into one");
	arena_give(&a, p[0]);
	for (size_t i = 0; i < 7; i++)
		cr_assert_eq(arena_take(&a, SIZE[i]), p[i]);
	cr_assert_geq((uint8_t *)arena_take(&a, 1), end);
}

/* A random walk of takes, resizes and gives with patterns in every block: no
 * block overlaps another, and the end is one free block again. */
Test(arena, random_use_never_overlaps_and_leaves_nothing)
{
	struct {
		uint8_t *p;
		size_t n;
		uint8_t mark;
	} b[64] = { 0 };
	uint32_t seed = 12345;

	for (unsigned i = 0; i < 200000; i++) {
		size_t k, n;

		seed = seed * 1664525u + 1013904223u;
		k = (seed >> 8) % 64;
		n = (seed >> 14) % 3000;
		if (b[k].p != NULL && (seed & 0x80) != 0) {
			uint8_t *moved = arena_resize(&a, b[k].p, n);

			for (size_t j = 0; moved != NULL && j < n; j++)
				if (j < b[k].n)
					cr_assert_eq(moved[j], b[k].mark);
			if (moved != NULL) {
				b[k].p = moved;
				b[k].n = n;
			}
		} else if (b[k].p == NULL) {
			b[k].p = arena_take(&a, n);
			b[k].n = b[k].p == NULL ? 0 : n;
		} else {
			for (size_t j = 0; j < b[k].n; j++)
				cr_assert_eq(b[k].p[j], b[k].mark);
			arena_give(&a, b[k].p);
			b[k].p = NULL;
		}
		b[k].mark = (uint8_t)i;
		if (b[k].p != NULL)
			memset(b[k].p, b[k].mark, b[k].n);
	}
	for (size_t k = 0; k < 64; k++)
		arena_give(&a, b[k].p);
	cr_assert_eq(a.used_bytes, 0);
	cr_assert_eq(arena_largest(&a), sizeof pool - 32);
}
