/* SPDX-License-Identifier: MIT */
/* log_bench.h - a log on a file, with a clock that stands still. */
#ifndef TESTS_UNIT_LOG_BENCH_H
#define TESTS_UNIT_LOG_BENCH_H

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "platform/log.h"

struct bench {
	struct log log;
	struct clock clock;
	int64_t now_ms;
	int64_t wall;
	int fd; /* a file: each read starts where the last ended */
	char text[8192];
};

static inline int64_t
log_bench_monotonic(void *ctx)
{
	return ((struct bench *)ctx)->now_ms;
}

static inline int64_t
log_bench_wall(void *ctx)
{
	return ((struct bench *)ctx)->wall;
}

/* 2026-03-25T07:31:57.501801Z */
#define WALL INT64_C(134188975175018010)
#define TIME "time=2026-03-25T07:31:57.501Z "

static inline void
set_up(struct bench *t, enum log_level level)
{
	char path[] = "/tmp/wf-log-XXXXXX";

	*t = (struct bench){ .wall = WALL, .now_ms = 1000 };
	t->clock = (struct clock){ log_bench_monotonic, log_bench_wall, t };
	t->fd = mkstemp(path);
	cr_assert(t->fd >= 0);
	unlink(path);
	/* Appends, as a log does, so that reading moves nothing. */
	cr_assert_eq(fcntl(t->fd, F_SETFL, O_APPEND), 0);
	log_init(&t->log, t->fd, level, &t->clock);
}

/* What was written since the file was emptied last; empties it. */
static inline struct span
said(struct bench *t)
{
	ssize_t n = pread(t->fd, t->text, sizeof t->text - 1, 0);

	cr_assert(n >= 0);
	cr_assert_eq(ftruncate(t->fd, 0), 0);
	t->text[n] = '\0';
	return (struct span){ (uint8_t *)t->text, (size_t)n };
}

static inline struct span
said_value(struct bench *t, struct span value)
{
	log_event(
	    &t->log, LOG_LEVEL_ERROR, "e", LOG_FIELDS(log_text("v", value)));
	return said(t);
}

/* Is it what a viewer may get: printable, UTF-8, nothing hidden?  Written
 * apart from the code under test: it knows the bytes, not the characters. */
static inline void
check_line(struct span line, const char *why)
{
	cr_assert(line.n != 0 && line.n <= LOG_LINE_MAX_BYTES, "%s", why);
	cr_assert_eq(line.p[line.n - 1], '\n', "%s", why);
	for (size_t i = 0; i + 1 < line.n; i++) {
		uint8_t c = line.p[i];
		uint8_t d = line.p[i + 1];
		uint8_t e = i + 2 < line.n ? line.p[i + 2] : 0;

		cr_assert(c >= 0x20 && c != 0x7f, "%s: %02x", why, c);
		cr_assert(c < 0xf5 && c != 0xc0 && c != 0xc1, "%s", why);
		cr_assert_not(
		    c == 0xc2 && (d < 0xa0 || d == 0xad), "%s: C1", why);
		cr_assert_not(c == 0xed && d >= 0xa0, "%s: surrogate", why);
		cr_assert_not(c == 0xe2 && d == 0x80 &&
			((e >= 0x8b && e <= 0x8f) || (e >= 0xa8 && e <= 0xae)),
		    "%s", why);
		cr_assert_not(c == 0xe2 && d == 0x81 && e >= 0xa0 && e <= 0xaf,
		    "%s", why);
		cr_assert_not(c == 0xef && d == 0xbb && e == 0xbf, "%s", why);
		if (c >= 0xc2) /* as many continuations as it says */
			cr_assert((d & 0xc0) == 0x80 &&
				(c < 0xe0 || (e & 0xc0) == 0x80),
			    "%s", why);
		if (i != 0 && (c & 0xc0) == 0x80)
			cr_assert(line.p[i - 1] >= 0x80, "%s", why);
	}
}

#endif
