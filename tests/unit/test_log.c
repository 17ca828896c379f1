/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE

#include "log_bench.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

/* --- form -------------------------------------------------------------- */

Test(log, event_is_one_line_of_logfmt)
{
	struct bench t;

	set_up(&t, LOG_LEVEL_INFO);
	log_event(&t.log, LOG_LEVEL_INFO, "poll_done",
	    LOG_FIELDS(log_str("connector", "contoso"),
		log_number("incidents", 12), log_number("skew", INT64_MIN),
		log_text("title", SPAN_LIT("a \"quoted\" \\ one"))));
	cr_expect(
	    span_eq(said(&t),
		SPAN_LIT(TIME
		    "level=info event=poll_done "
		    "connector=contoso incidents=12 skew=-9223372036854775808 "
		    "title=\"a \\\"quoted\\\" \\\\ one\"\n")),
	    "%s", t.text);
	log_event(&t.log, LOG_LEVEL_ERROR, "stopped", NULL, 0);
	cr_expect(
	    span_eq(said(&t), SPAN_LIT(TIME "level=error event=stopped\n")),
	    "%s", t.text);
}

Test(log, only_the_level_and_those_before_it_are_shown)
{
	for (int shown = 0; shown < LOG_LEVEL_COUNT; shown++)
		for (int level = 0; level < LOG_LEVEL_COUNT; level++) {
			struct bench t;

			set_up(&t, LOG_LEVEL_DEBUG);
			log_set_level(&t.log, (enum log_level)shown);
			log_event(&t.log, (enum log_level)level, "e", NULL, 0);
			cr_expect_eq(said(&t).n != 0, level <= shown,
			    "%d at %d", level, shown);
			close(t.fd);
		}
}

Test(log, level_names_are_read_and_written)
{
	static const char *const NAME[] = { "error", "warning", "info",
		"debug" };
	enum log_level level = LOG_LEVEL_COUNT;

	for (int i = 0; i < LOG_LEVEL_COUNT; i++) {
		cr_expect_eq(log_level_parse(span_str(NAME[i]), &level), ST_OK);
		cr_expect_eq((int)level, i);
		cr_expect_str_eq(log_level_text(level), NAME[i]);
	}
	cr_expect_eq(log_level_parse(SPAN_LIT("INFO"), &level), ST_MALFORM);
	cr_expect_eq(log_level_parse(SPAN_LIT(""), &level), ST_MALFORM);
	cr_expect_eq(level, LOG_LEVEL_DEBUG, "untouched");
	cr_expect_str_eq(log_level_text(LOG_LEVEL_COUNT), "?");
}

Test(log, no_log_and_no_file_stop_nobody_and_keep_errno)
{
	struct bench t;

	log_event(NULL, LOG_LEVEL_ERROR, "e", NULL, 0);
	set_up(&t, LOG_LEVEL_INFO);
	t.log.fd = -1;
	errno = ENOENT;
	log_event(&t.log, LOG_LEVEL_ERROR, "e", NULL, 0);
	cr_expect_eq(errno, ENOENT);
	t.log.fd = t.fd;
	log_event(&t.log, LOG_LEVEL_ERROR, "e", NULL, 0);
	cr_expect(span_eq(said(&t),
		      SPAN_LIT(TIME "level=error event=e suppressed=1\n")),
	    "%s", t.text);
}

struct value_row {
	struct span value;
	const char *shown;
	const char *why;
};

/* clang-format off */
#define ROW(value, shown, why) { { (const uint8_t *)(value),                 \
	sizeof(value) - 1 }, shown, why }

static const struct value_row VALUES[] = {
	ROW("a-b._:/@+,Z9", "a-b._:/@+,Z9", "plain"),
	ROW("", "\"\"", "empty"),
	ROW("a b", "\"a b\"", "a blank"),
	ROW("a=b", "\"a=b\"", "looks like a field"),
	ROW("x cut=true", "\"x cut=true\"", "looks like our mark"),
	ROW("\"", "\"\\\"\"", "a quote"),
	ROW("\\", "\"\\\\\"", "a backslash"),
	ROW("a\r\nlevel=error event=forged",
	    "\"a\\r\\nlevel=error event=forged\"",
	    "CR LF"),
	ROW("a\tb", "\"a\\tb\"", "tab"),
	ROW("a\0b", "\"a\\u0000b\"", "NUL"),
	ROW("\x1b[2J\x07", "\"\\u001b[2J\\u0007\"", "ESC and BEL"),
	ROW("\x7f", "\"\\u007f\"", "DEL"),
	ROW("\xc2\x9b""2J", "\"\\u009b2J\"", "CSI as a C1 control"),
	ROW("\xc2\x85", "\"\\u0085\"", "NEL"),
	ROW("\x9b", "\"\\x9b\"", "the byte alone is not UTF-8"),
	ROW("\xe2\x80\xa8\xe2\x80\xa9", "\"\\u2028\\u2029\"", "separators"),
	ROW("\xe2\x80\xae" "gpj.exe", "\"\\u202egpj.exe\"", "RLO"),
	ROW("\xe2\x81\xa6\xe2\x81\xa9", "\"\\u2066\\u2069\"", "isolates"),
	ROW("\xd8\x9c", "\"\\u061c\"", "Arabic letter mark"),
	ROW("\xe2\x80\x8b\xef\xbb\xbf", "\"\\u200b\\ufeff\"", "zero width"),
	ROW("\xf3\xa0\x81\x81", "\"\\U000e0041\"", "a tag character"),
	ROW("%n%s%x", "\"%n%s%x\"", "a format"),
	ROW("Gr\xc3\xbc\xc3\x9f" "e \xe6\x97\xa5\xf0\x9f\x98\x80",
	    "\"Gr\xc3\xbc\xc3\x9f" "e \xe6\x97\xa5\xf0\x9f\x98\x80\"",
	    "visible text stays"),
	ROW("\xc2\xa1\xef\xbf\xbd", "\"\xc2\xa1\xef\xbf\xbd\"",
	    "the first after C1 and its blank; U+FFFD"),
	ROW("\xc2\xa0\xe2\x80\x83\xe3\x80\x80", "\"\\u00a0\\u2003\\u3000\"",
	    "blanks that are none"),
	ROW("\xc0\x8a", "\"\\xc0\\x8a\"", "LF overlong in two"),
	ROW("\xe0\x80\x8a", "\"\\xe0\\x80\\x8a\"", "LF overlong in three"),
	ROW("\xf0\x80\x80\x8a", "\"\\xf0\\x80\\x80\\x8a\"", "overlong in four"),
	ROW("\xed\xa0\x80", "\"\\xed\\xa0\\x80\"", "a surrogate"),
	ROW("\xf4\x90\x80\x80", "\"\\xf4\\x90\\x80\\x80\"", "above U+10FFFF"),
	ROW("\xf5\x80\x80\x80", "\"\\xf5\\x80\\x80\\x80\"", "no lead byte"),
	ROW("\xff\xfe", "\"\\xff\\xfe\"", "no bytes of UTF-8"),
	ROW("\xe2\x80", "\"\\xe2\\x80\"", "cut off at the end"),
	ROW("\xe2\nx", "\"\\xe2\\nx\"", "a lead byte does not eat the LF"),
	ROW("\xf0\x9f\x98\"", "\"\\xf0\\x9f\\x98\\\"\"", "nor the quote"),
};
/* clang-format on */

Test(log, values_cannot_end_their_line_or_steer_a_terminal)
{
	struct bench t;

	set_up(&t, LOG_LEVEL_INFO);
	for (size_t i = 0; i < sizeof VALUES / sizeof VALUES[0]; i++) {
		char line[512];

		snprintf(line, sizeof line, TIME "level=error event=e v=%s\n",
		    VALUES[i].shown);
		cr_expect(
		    span_eq(said_value(&t, VALUES[i].value), span_str(line)),
		    "%s: %s", VALUES[i].why, t.text);
	}
	said_value(&t, SPAN_NONE);
	cr_expect_not_null(strstr(t.text, " v=\"\"\n"), "absent");
}

/* --- length ------------------------------------------------------------ */

Test(log, huge_value_is_cut_at_its_limit_and_leaves_room_for_the_next)
{
	static uint8_t huge[65536];
	struct span value = { huge, sizeof huge };
	struct bench t;
	struct span line;

	memset(huge, 'a', sizeof huge);
	set_up(&t, LOG_LEVEL_INFO);
	log_event(&t.log, LOG_LEVEL_INFO, "e",
	    LOG_FIELDS(log_text("title", value), log_number("n", 7)));
	line = said(&t);
	check_line(line, "64 KiB");
	cr_expect(span_has_suffix(line, SPAN_LIT("aaa\" n=7 cut=true\n")), "%s",
	    t.text);
	cr_expect_eq(line.n,
	    strlen(TIME "level=info event=e title=") + LOG_VALUE_MAX_BYTES +
		strlen(" n=7 cut=true\n"));
}

Test(log, value_of_exactly_the_limit_is_whole)
{
	static uint8_t value[LOG_VALUE_MAX_BYTES + 1];
	struct bench t;

	set_up(&t, LOG_LEVEL_INFO);
	memset(value, 'a', sizeof value);
	said_value(&t, (struct span){ value, LOG_VALUE_MAX_BYTES });
	cr_expect_null(strstr(t.text, "cut=true"), "plain: no quotes needed");
	said_value(&t, (struct span){ value, LOG_VALUE_MAX_BYTES + 1 });
	cr_expect_not_null(strstr(t.text, "a\" cut=true\n"));
	value[0] = ' ';
	said_value(&t, (struct span){ value, LOG_VALUE_MAX_BYTES - 2 });
	cr_expect_null(strstr(t.text, "cut=true"), "with its two quotes");
	said_value(&t, (struct span){ value, LOG_VALUE_MAX_BYTES - 1 });
	cr_expect_not_null(strstr(t.text, "a\" cut=true\n"));
}

Test(log, line_of_any_length_ends_clean_within_the_limit)
{
	static uint8_t value[LOG_VALUE_MAX_BYTES];
	struct bench t;

	set_up(&t, LOG_LEVEL_INFO);
	memset(value, ' ', sizeof value);
	for (size_t n = 0; n < 2 * sizeof value; n++) {
		size_t first = n < sizeof value ? n : sizeof value;
		struct span line;

		t.log.milli_lines = 1000;
		log_event(&t.log, LOG_LEVEL_ERROR, "e",
		    LOG_FIELDS(log_text("a", (struct span){ value, first }),
			log_text("b", (struct span){ value, n - first }),
			log_number("number", INT64_MAX),
			log_text("c", SPAN_LIT("\x1b\x1b")),
			log_text("plain", SPAN_LIT("abcdefghijklmnop"))));
		line = said(&t);
		check_line(line, "any length");
		cr_assert(span_has_suffix(line, SPAN_LIT("nop\n")) ||
			span_has_suffix(line, SPAN_LIT(" cut=true\n")),
		    "%zu: %s", n, t.text);
		if (span_has_suffix(line, SPAN_LIT("nop\n")))
			cr_assert_not_null(strstr(t.text,
			    "number=9223372036854775807 "
			    "c=\"\\u001b\\u001b\" "));
	}
}

/* --- flood ------------------------------------------------------------- */

static unsigned
lines_of(struct bench *t, enum log_level level, unsigned tries)
{
	unsigned lines = 0;

	for (unsigned i = 0; i < tries; i++) {
		log_event(&t->log, level, "e", NULL, 0);
		lines += said(t).n != 0;
	}
	return lines;
}

Test(log, flood_is_thinned_and_the_next_line_says_by_how_much)
{
	struct bench t;

	set_up(&t, LOG_LEVEL_DEBUG);
	cr_expect_eq(lines_of(&t, LOG_LEVEL_INFO, 1000),
	    LOG_BURST_COUNT - LOG_RESERVE_COUNT);
	cr_expect_eq(lines_of(&t, LOG_LEVEL_WARNING, 1000), LOG_RESERVE_COUNT,
	    "kept for what matters");
	cr_expect_eq(lines_of(&t, LOG_LEVEL_ERROR, 5), 0);
	t.now_ms += 1000;
	cr_expect_eq(
	    lines_of(&t, LOG_LEVEL_ERROR, 1000), LOG_REFILL_PER_S_COUNT);
	t.now_ms += 100;
	log_event(&t.log, LOG_LEVEL_ERROR, "e", NULL, 0);
	said(&t);
	cr_expect_not_null(
	    strstr(t.text, " event=e suppressed=990\n"), "%s", t.text);
	t.now_ms += 100;
	log_event(&t.log, LOG_LEVEL_ERROR, "e", NULL, 0);
	said(&t);
	cr_expect_null(strstr(t.text, "suppressed"), "said once");
}

Test(log, quiet_time_does_not_save_up_more_than_a_burst)
{
	struct bench t;

	set_up(&t, LOG_LEVEL_DEBUG);
	t.now_ms += 5000;
	cr_expect_eq(lines_of(&t, LOG_LEVEL_ERROR, 1000), LOG_BURST_COUNT);
}

Test(log, limit_survives_clocks_that_jump)
{
	struct bench t;

	set_up(&t, LOG_LEVEL_WARNING);
	cr_expect_eq(lines_of(&t, LOG_LEVEL_ERROR, 1000), LOG_BURST_COUNT);
	t.now_ms = INT64_C(1) << 60;
	cr_expect_eq(lines_of(&t, LOG_LEVEL_ERROR, 1000), LOG_BURST_COUNT,
	    "full again, no more");
	t.now_ms = 0;
	cr_expect_eq(lines_of(&t, LOG_LEVEL_ERROR, 1000), 0);
	t.now_ms = 100;
	cr_expect_eq(lines_of(&t, LOG_LEVEL_ERROR, 1000), 1);
	t.now_ms = 1000;
	t.wall = 0;
	log_event(&t.log, LOG_LEVEL_ERROR, "e", NULL, 0);
	said(&t);
	cr_expect_eq(strncmp(t.text, "time=1601-01-01T00:00:00Z ", 26), 0);
}

/* --- writing ----------------------------------------------------------- */

Test(log, line_after_a_torn_one_stands_alone)
{
	struct bench t;
	const struct rlimit little = { 20, 1000000 },
			    much = { 1000000, 1000000 };

	set_up(&t, LOG_LEVEL_INFO);
	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &little), 0);
	log_event(&t.log, LOG_LEVEL_INFO, "first", NULL, 0);
	log_event(&t.log, LOG_LEVEL_INFO, "second", NULL, 0);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &much), 0);
	log_event(&t.log, LOG_LEVEL_INFO, "third", NULL, 0);
	log_event(&t.log, LOG_LEVEL_INFO, "fourth", NULL, 0);
	cr_expect(span_eq(said(&t),
		      SPAN_LIT("time=2026-03-25T07:3\n" TIME
			       "level=info event=third suppressed=1\n" TIME
			       "level=info event=fourth\n")),
	    "%s", t.text);
}

Test(log, pipe_that_nobody_reads_does_not_block, .timeout = 10)
{
	struct bench t;
	int ends[2];

	set_up(&t, LOG_LEVEL_INFO);
	cr_assert_eq(pipe2(ends, O_NONBLOCK), 0);
	t.log.fd = ends[1];
	for (int i = 0; i < 5000; i++) {
		t.log.milli_lines = 1000;
		log_event(&t.log, LOG_LEVEL_ERROR, "e", NULL, 0);
	}
	cr_expect_gt(t.log.suppressed, 0);
}

Test(log, key_that_is_not_ours_is_a_mistake_that_stops, .signal = SIGABRT)
{
	struct bench t;

	set_up(&t, LOG_LEVEL_INFO);
	log_event(
	    &t.log, LOG_LEVEL_ERROR, "e", LOG_FIELDS(log_number("a b", 1)));
}
