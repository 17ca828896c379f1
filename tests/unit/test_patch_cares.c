/* SPDX-License-Identifier: MIT */
/*
 * Regression test of scripts/patches/c-ares: libcurl opens a c-ares channel
 * for every transfer handle, so a channel has to be small.
 */
#include <sys/select.h> /* ares.h needs fd_set and does not say so */

#include <ares.h>
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>

static size_t asked_bytes;

static void *
count_malloc(size_t n)
{
	asked_bytes += n;
	return malloc(n);
}

static void *
count_realloc(void *p, size_t n)
{
	asked_bytes += n;
	return realloc(p, n);
}

Test(patch_cares, a_channel_costs_less_than_8_kib)
{
	ares_channel channel;

	cr_assert_eq(ares_library_init_mem(
			 ARES_LIB_INIT_ALL, count_malloc, free, count_realloc),
	    ARES_SUCCESS);
	cr_assert_eq(ares_init(&channel), ARES_SUCCESS);
	ares_destroy(channel);
	ares_library_cleanup();
	cr_assert_gt(asked_bytes, 0, "the counting allocator was not used");
	cr_assert_lt(asked_bytes, 8192, "%zu bytes", asked_bytes);
}
