/* SPDX-License-Identifier: MIT */
#include "log_bench.h"

#include <stdio.h>

static struct log_ring ring;

/* Lines of the ring, newest first, joined by '|'. */
static const char *
kept(void)
{
	static uint8_t all[LOG_RING_BYTES + 1];
	struct buf b = BUF_OVER(all);
	uint64_t place = UINT64_MAX;

	for (;;) {
		size_t start = b.n;

		if (!log_ring_before(&ring, &place, &b))
			break;
		cr_assert(!b.cut);
		cr_assert_eq(
		    span_find_byte(span_sub(span_of(&b), start, b.n), '\n'),
		    SIZE_MAX);
		buf_put_byte(&b, '|');
	}
	return buf_str(&b);
}

Test(log_ring, lines_come_back_newest_first)
{
	cr_expect_str_eq(kept(), "");
	log_ring_put(&ring, SPAN_LIT("one\n"));
	log_ring_put(&ring, SPAN_LIT("\n"));
	log_ring_put(&ring, SPAN_LIT("three\n"));
	cr_expect_str_eq(kept(), "three||one|");
}

/* With lines of every length, so that they end at every place of the ring. */
Test(log_ring, oldest_lines_go_as_a_whole_and_no_earlier)
{
	uint8_t line[LOG_LINE_MAX_BYTES];
	size_t length[4096];
	unsigned n = 0;
	uint32_t seed = 1;

	for (; n < 4096; n++) {
		size_t sum = 0, count = 0;
		uint64_t place = UINT64_MAX;

		seed = seed * 1664525u + 1013904223u;
		length[n] = 1 + (seed >> 8) % sizeof line;
		memset(line, 'a' + (int)(n % 26), length[n]);
		line[length[n] - 1] = '\n';
		log_ring_put(&ring, (struct span){ line, length[n] });
		for (;; count++) {
			uint8_t room[LOG_LINE_MAX_BYTES];
			struct buf b = BUF_OVER(room);

			if (!log_ring_before(&ring, &place, &b))
				break;
			cr_assert_eq(b.n + 1, length[n - count]);
			cr_assert(
			    b.n == 0 || room[0] == 'a' + (n - count) % 26);
			sum += b.n + 1;
		}
		cr_assert_leq(sum, LOG_RING_BYTES);
		if (count <= n)
			cr_assert_gt(sum + length[n - count], LOG_RING_BYTES);
	}
	cr_expect_gt(ring.end, 4 * LOG_RING_BYTES);
}

Test(log_ring, line_of_the_whole_ring_is_the_only_one)
{
	static uint8_t line[LOG_RING_BYTES];
	uint64_t place = UINT64_MAX;
	static uint8_t room[LOG_RING_BYTES];
	struct buf b = BUF_OVER(room);

	memset(line, 'x', sizeof line);
	line[sizeof line - 1] = '\n';
	log_ring_put(&ring, SPAN_LIT("one\n"));
	log_ring_put(&ring, (struct span){ line, sizeof line });
	cr_assert(log_ring_before(&ring, &place, &b));
	cr_expect_eq(b.n, sizeof line - 1);
	cr_expect_not(log_ring_before(&ring, &place, &b));
}

Test(log_ring, reader_whose_line_was_overwritten_is_at_the_end)
{
	uint64_t place = UINT64_MAX;
	uint8_t room[LOG_LINE_MAX_BYTES], line[1000];
	struct buf b = BUF_OVER(room);

	memset(line, 'x', sizeof line);
	line[sizeof line - 1] = '\n';
	log_ring_put(&ring, SPAN_LIT("one\n"));
	log_ring_put(&ring, SPAN_LIT("two\n"));
	cr_assert(log_ring_before(&ring, &place, &b));
	for (unsigned i = 0; i < 100; i++)
		log_ring_put(&ring, (struct span){ line, sizeof line });
	buf_reset(&b);
	cr_expect_not(log_ring_before(&ring, &place, &b));
	cr_expect_eq(b.n, 0);
}

/* ---- of the log --------------------------------------------------------- */

Test(log, ring_has_the_line_that_was_written)
{
	struct bench t;
	char line[LOG_LINE_MAX_BYTES + 2];

	set_up(&t, LOG_LEVEL_INFO);
	log_keep(&t.log, &ring);
	log_event(&t.log, LOG_LEVEL_DEBUG, "hidden", NULL, 0);
	said_value(&t, SPAN_LIT("a\nb\x1b"));
	snprintf(line, sizeof line, "%.*s|", (int)strlen(t.text) - 1, t.text);
	cr_expect_str_eq(kept(), line);
	/* Nor is a line lost that stderr did not take. */
	t.log.fd = -1;
	log_event(&t.log, LOG_LEVEL_ERROR, "unwritten", NULL, 0);
	cr_expect_not_null(strstr(kept(), "event=unwritten|"));
}

Test(log, flood_is_thinned_in_the_ring_too)
{
	struct bench t;
	uint64_t place = UINT64_MAX;
	unsigned lines = 0;
	uint8_t room[LOG_LINE_MAX_BYTES];

	set_up(&t, LOG_LEVEL_INFO);
	log_keep(&t.log, &ring);
	for (unsigned i = 0; i < 10000; i++)
		log_event(&t.log, LOG_LEVEL_ERROR, "e", NULL, 0);
	for (;;) {
		struct buf b = BUF_OVER(room);

		if (!log_ring_before(&ring, &place, &b))
			break;
		lines++;
	}
	cr_expect_eq(lines, LOG_BURST_COUNT);
}

/* ---- debug -------------------------------------------------------------- */

Test(log, debug_ends_by_itself_and_says_so)
{
	struct bench t;

	set_up(&t, LOG_LEVEL_DEBUG);
	t.now_ms += LOG_DEBUG_MS - 1;
	log_event(&t.log, LOG_LEVEL_DEBUG, "e", NULL, 0);
	cr_expect_not_null(strstr((char *)said(&t).p, "event=e\n"));
	t.now_ms++;
	log_event(&t.log, LOG_LEVEL_DEBUG, "e", NULL, 0);
	said(&t);
	cr_expect_not_null(strstr(t.text, "level=info event=debug_ended "));
	cr_expect_null(strstr(t.text, "event=e\n"));
	cr_expect_eq(log_level_now(&t.log), LOG_LEVEL_INFO);
	log_event(&t.log, LOG_LEVEL_INFO, "e", NULL, 0);
	said(&t);
	cr_expect_null(strstr(t.text, "debug_ended"), "said once");
	cr_expect_not_null(strstr(t.text, "event=e\n"));
}

Test(log, debug_that_is_set_again_begins_anew)
{
	struct bench t;

	set_up(&t, LOG_LEVEL_INFO);
	t.now_ms += 10 * LOG_DEBUG_MS;
	log_set_level(&t.log, LOG_LEVEL_DEBUG);
	t.now_ms += LOG_DEBUG_MS - 1;
	cr_expect_eq(log_level_now(&t.log), LOG_LEVEL_DEBUG);
	log_set_level(&t.log, LOG_LEVEL_DEBUG);
	t.now_ms += LOG_DEBUG_MS - 1;
	cr_expect_eq(log_level_now(&t.log), LOG_LEVEL_DEBUG);
	cr_expect_eq(said(&t).n, 0);
	t.now_ms++;
	cr_expect_eq(log_level_now(&t.log), LOG_LEVEL_INFO);
}

Test(log, other_levels_do_not_end)
{
	struct bench t;

	for (int level = 0; level < LOG_LEVEL_DEBUG; level++) {
		set_up(&t, (enum log_level)level);
		t.now_ms += 2 * LOG_DEBUG_MS;
		cr_expect_eq((int)log_level_now(&t.log), level);
		close(t.fd);
	}
}
