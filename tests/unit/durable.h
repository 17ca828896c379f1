/* SPDX-License-Identifier: MIT */
/*
 * durable.h - the calls by which something becomes durable, counted in their
 * order, and made to fail or to be the last.
 *
 * durable.c defines fsync, rename, unlink and mkdir for the whole test
 * program in place of the C library's.  They do what those do until a test
 * arms them; every test has a process of its own.
 */
#ifndef TESTS_UNIT_DURABLE_H
#define TESTS_UNIT_DURABLE_H

#include <stdbool.h>

struct durable {
	bool armed;
	int calls;
	int fail_at;     /* this call fails with EIO; 0 none */
	int die_at;      /* the process ends before this call; 0 none */
	char trace[512]; /* "unlink fsync rename fsync-dir " */
};

extern struct durable durable;

/* Count from now on; the `fail_at`-th call fails. */
void durable_arm(int fail_at);

/* Run `work` in a child that ends before its `die_at`-th call (0: does not).
 * True when it came to its end and returned true. */
bool durable_survives(int die_at, bool (*work)(void *ctx), void *ctx);

#endif
