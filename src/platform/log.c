/* SPDX-License-Identifier: MIT */
/*
 * A line is built in a fixed buffer whose last bytes are kept for its end:
 *
 *     +--------------------------------------------+------------+----+
 *     | time level event [suppressed] fields ...    | " cut=true" | \n |
 *     +--------------------------------------------+------------+----+
 *      \__ cap while fields are put ______________/
 *
 * A value is put character by character, each as a whole or not at all, so
 * that a cut value still has its closing quote and no half escape.  What a
 * cut looks like cannot be forged: inside a value `cut=true` is in quotes.
 */
#define _POSIX_C_SOURCE 200809L

#include "platform/log.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/ticks.h"

#define LINE_END SPAN_LIT(" cut=true\n")

/* ' ', key, '=', two quotes: a field that has not this much is left out. */
#define FIELD_FRAME_BYTES 4u

static const char *const LEVEL_TEXT[] = {
#define X(level, text) [level] = text,
	LOG_LEVEL_LIST(X)
#undef X
};

_Static_assert(sizeof LEVEL_TEXT / sizeof LEVEL_TEXT[0] == LOG_LEVEL_COUNT,
    "one text per level");
_Static_assert(LOG_RESERVE_COUNT < LOG_BURST_COUNT, "some lines for everyone");

static void
put_code(struct buf *b, const char *prefix, uint32_t code, unsigned digits)
{
	static const char HEX[] = "0123456789abcdef";

	buf_put_str(b, prefix);
	for (unsigned i = digits; i != 0; i--)
		buf_put_byte(b, (uint8_t)HEX[code >> (4 * (i - 1)) & 15]);
}

/* The first character of *s as it may stand within quotes; at most 10 bytes
 * (\U and eight digits). */
static void
put_escaped(struct buf *b, struct span *s)
{
	struct span bytes;
	uint32_t c;

	if (!span_take_character(s, &bytes, &c))
		put_code(b, "\\x", c, 2);
	else if (c == '"' || c == '\\') {
		buf_put_byte(b, '\\');
		buf_put(b, bytes);
	} else if (c == '\n')
		buf_put_str(b, "\\n");
	else if (c == '\r')
		buf_put_str(b, "\\r");
	else if (c == '\t')
		buf_put_str(b, "\\t");
	else if (!span_is_hidden(c))
		buf_put(b, bytes);
	else if (c <= 0xffff)
		put_code(b, "\\u", c, 4);
	else
		put_code(b, "\\U", c, 8);
}

/* Text that needs no quotes. */
static bool
is_plain(struct span s)
{
	static const char PLAIN[] = "-._:/@+,";

	if (s.n == 0 || s.n > LOG_VALUE_MAX_BYTES)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') &&
		    !(c >= 'A' && c <= 'Z') &&
		    span_find_byte(SPAN_LIT(PLAIN), c) == SIZE_MAX)
			return false;
	}
	return true;
}

/* True: all of it; else what fits, with its closing quote. */
static bool
put_value(struct buf *line, struct span value)
{
	size_t end = line->cap - 1; /* the closing quote's place */

	if (is_plain(value) && value.n <= line->cap - line->n) {
		buf_put(line, value);
		return true;
	}
	if (line->n + LOG_VALUE_MAX_BYTES - 1 < end)
		end = line->n + LOG_VALUE_MAX_BYTES - 1;
	buf_put_byte(line, '"');
	while (value.n != 0) {
		struct span rest = value;
		uint8_t room[10];
		struct buf shown = BUF_OVER(room);

		put_escaped(&shown, &rest);
		if (shown.n > end - line->n)
			break;
		buf_put(line, span_of(&shown));
		value = rest;
	}
	buf_put_byte(line, '"');
	return value.n == 0;
}

/* Keys and events are ours: a bad one is a mistake in the program. */
static void
check_name(const char *name)
{
	assert(name[0] != '\0');
	for (size_t i = 0; name[i] != '\0'; i++)
		assert((name[i] >= 'a' && name[i] <= 'z') || name[i] == '_' ||
		    (name[i] >= '0' && name[i] <= '9'));
}

/* False: the field is missing, or its value was cut. */
static bool
put_field(struct buf *line, const struct log_field *field)
{
	size_t start = line->n;

	check_name(field->key);
	if (line->cap - line->n < strlen(field->key) + FIELD_FRAME_BYTES)
		return false;
	buf_put_byte(line, ' ');
	buf_put_str(line, field->key);
	buf_put_byte(line, '=');
	if (!field->is_number)
		return put_value(line, field->text);
	buf_put_i64(line, field->number);
	if (!line->cut)
		return true;
	line->cut = false;
	buf_rewind(line, start);
	return false;
}

/* Nothing in it can be cut: about 140 bytes at most. */
static void
put_head(struct buf *line, const struct log *l, enum log_level level,
    const char *event)
{
	int64_t now = clock_wall_ticks(l->clock);

	check_name(event);
	buf_put_str(line, "time=");
	ticks_write(line, now - now % TICKS_PER_MS);
	buf_put_str(line, " level=");
	buf_put_str(line, log_level_text(level));
	buf_put_str(line, " event=");
	buf_put_str(line, event);
	if (l->suppressed != 0) {
		buf_put_str(line, " suppressed=");
		buf_put_u64(line, l->suppressed);
	}
	assert(!line->cut);
}

/* The flood limit: a bucket of lines that fills with time. */
static bool
may_write(struct log *l, enum log_level level)
{
	const int64_t full = INT64_C(1000) * LOG_BURST_COUNT;
	int64_t now_ms = clock_monotonic_ms(l->clock);
	int64_t passed_ms = now_ms - l->refilled_ms;
	int64_t kept = 0;

	if (level > LOG_LEVEL_WARNING)
		kept = INT64_C(1000) * LOG_RESERVE_COUNT;
	l->refilled_ms = now_ms;
	if (passed_ms > full / LOG_REFILL_PER_S_COUNT)
		l->milli_lines = full;
	else if (passed_ms > 0)
		l->milli_lines += passed_ms * LOG_REFILL_PER_S_COUNT;
	if (l->milli_lines > full)
		l->milli_lines = full;
	if (l->milli_lines - 1000 < kept)
		return false;
	l->milli_lines -= 1000;
	return true;
}

/* One write.  A part of a line gets its newline from the next one. */
static void
write_line(struct log *l, struct span line)
{
	ssize_t n;

	do
		n = write(l->fd, line.p, line.n);
	while (n < 0 && errno == EINTR);
	if (n <= 0) {
		l->suppressed++;
		return;
	}
	l->suppressed = 0;
	l->torn = (size_t)n != line.n;
}

static void
put_event(struct log *l, enum log_level level, const char *event,
    const struct log_field *fields, size_t n)
{
	uint8_t room[LOG_LINE_MAX_BYTES];
	struct buf line = { room, 0, sizeof room - LINE_END.n, false };
	size_t start;
	bool whole = true;

	if (!may_write(l, level)) {
		l->suppressed++;
		return;
	}
	if (l->torn)
		buf_put_byte(&line, '\n');
	start = line.n;
	put_head(&line, l, level, event);
	for (size_t i = 0; i < n; i++)
		whole = put_field(&line, &fields[i]) && whole;
	line.cap = sizeof room;
	buf_put(&line, whole ? SPAN_LIT("\n") : LINE_END);
	if (l->ring != NULL)
		log_ring_put(l->ring, span_sub(span_of(&line), start, line.n));
	write_line(l, span_of(&line));
}

enum log_level
log_level_now(struct log *l)
{
	if (l->level != LOG_LEVEL_DEBUG ||
	    clock_monotonic_ms(l->clock) < l->debug_until_ms)
		return l->level;
	l->level = LOG_LEVEL_INFO;
	put_event(l, LOG_LEVEL_INFO, "debug_ended",
	    LOG_FIELDS(log_str("setting", "log_level"),
		log_str("hint",
		    "debug ends after 30 minutes; "
		    "change the configuration to have it again")));
	return l->level;
}

void
log_event(struct log *l, enum log_level level, const char *event,
    const struct log_field *fields, size_t n)
{
	int saved = errno;

	if (l != NULL && level <= log_level_now(l))
		put_event(l, level, event, fields, n);
	errno = saved;
}

void
log_init(struct log *l, int fd, enum log_level level, const struct clock *clock)
{
	*l = (struct log){ .clock = clock,
		.fd = fd,
		.milli_lines = INT64_C(1000) * LOG_BURST_COUNT,
		.refilled_ms = clock_monotonic_ms(clock) };
	log_set_level(l, level);
}

void
log_set_level(struct log *l, enum log_level level)
{
	l->level = level;
	l->debug_until_ms = clock_monotonic_ms(l->clock) + LOG_DEBUG_MS;
}

void
log_keep(struct log *l, struct log_ring *ring)
{
	l->ring = ring;
}

enum st
log_level_parse(struct span s, enum log_level *level)
{
	for (unsigned i = 0; i < LOG_LEVEL_COUNT; i++)
		if (span_eq(s, span_str(LEVEL_TEXT[i]))) {
			*level = (enum log_level)i;
			return ST_OK;
		}
	return ST_MALFORM;
}

const char *
log_level_text(enum log_level level)
{
	return (unsigned)level < LOG_LEVEL_COUNT ? LEVEL_TEXT[level] : "?";
}
