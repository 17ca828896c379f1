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

/* What a reader would not see, or a terminal or log viewer would obey:
 * Unicode's Cc, Cf, Zl and Zp, sorted. */
/* clang-format off */
static const struct {
	uint32_t first, last;
} HIDDEN[] = {
	{ 0x00, 0x1f },       /* C0 controls */
	{ 0x7f, 0x9f },       /* DEL, C1 controls (0x9b is CSI) */
	{ 0xad, 0xad },       /* soft hyphen */
	{ 0x600, 0x605 },     /* Arabic number signs */
	{ 0x61c, 0x61c },     /* Arabic letter mark (bidi) */
	{ 0x6dd, 0x6dd },     { 0x70f, 0x70f },
	{ 0x890, 0x891 },     { 0x8e2, 0x8e2 },
	{ 0x180e, 0x180e },   /* Mongolian vowel separator */
	{ 0x200b, 0x200f },   /* zero width, LRM, RLM */
	{ 0x2028, 0x202e },   /* line, paragraph separator, bidi embedding */
	{ 0x2060, 0x206f },   /* word joiner, bidi isolates */
	{ 0xfeff, 0xfeff },   /* byte order mark */
	{ 0xfff9, 0xfffb },   /* interlinear annotation */
	{ 0x110bd, 0x110bd }, { 0x110cd, 0x110cd },
	{ 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 },
	{ 0x1d173, 0x1d17a },
	{ 0xe0000, 0xe0fff }, /* tags, variation selectors */
};
/* clang-format on */

static bool
is_hidden(uint32_t c)
{
	size_t n = sizeof HIDDEN / sizeof HIDDEN[0];

	for (size_t i = 0; i < n && c >= HIDDEN[i].first; i++)
		if (c <= HIDDEN[i].last)
			return true;
	return false;
}

/* How many bytes the lead byte of a character announces; 0: none does. */
static size_t
length_from_lead(uint8_t lead)
{
	if (lead < 0x80)
		return 1;
	if (lead < 0xc2) /* a continuation, or an overlong pair */
		return 0;
	if (lead < 0xe0)
		return 2;
	if (lead < 0xf0)
		return 3;
	return lead < 0xf5 ? 4 : 0;
}

/*
 * Split the first character off *s, which is not empty.  False when it is not
 * well-formed (Unicode, table 3-7): then it is one byte, to be shown as such.
 */
static bool
take_character(struct span *s, struct span *bytes, uint32_t *c)
{
	static const uint32_t LEAST[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = length_from_lead(s->p[0]);
	struct span one = span_sub(*s, 0, n);

	*c = s->p[0];
	if (n > 1)
		*c &= 0x7fu >> n;
	for (size_t i = 1; i < one.n; i++) {
		if ((one.p[i] & 0xc0) != 0x80)
			n = 0;
		*c = *c << 6 | (one.p[i] & 0x3fu);
	}
	if (n == 0 || one.n != n || *c < LEAST[n] || *c > 0x10ffff ||
	    (*c >= 0xd800 && *c <= 0xdfff)) {
		*c = s->p[0];
		(void)span_take(s, 1, bytes);
		return false;
	}
	return span_take(s, n, bytes);
}

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

	if (!take_character(s, &bytes, &c))
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
	else if (!is_hidden(c))
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

void
log_event(struct log *l, enum log_level level, const char *event,
    const struct log_field *fields, size_t n)
{
	uint8_t room[LOG_LINE_MAX_BYTES];
	struct buf line = { room, 0, sizeof room - LINE_END.n, false };
	bool whole = true;
	int saved = errno;

	if (l == NULL || level > l->level)
		return;
	if (!may_write(l, level)) {
		l->suppressed++;
		return;
	}
	if (l->torn)
		buf_put_byte(&line, '\n');
	put_head(&line, l, level, event);
	for (size_t i = 0; i < n; i++)
		whole = put_field(&line, &fields[i]) && whole;
	line.cap = sizeof room;
	buf_put(&line, whole ? SPAN_LIT("\n") : LINE_END);
	write_line(l, span_of(&line));
	errno = saved;
}

void
log_init(struct log *l, int fd, enum log_level level, const struct clock *clock)
{
	*l = (struct log){ .clock = clock,
		.fd = fd,
		.level = level,
		.milli_lines = INT64_C(1000) * LOG_BURST_COUNT,
		.refilled_ms = clock_monotonic_ms(clock) };
}

void
log_set_level(struct log *l, enum log_level level)
{
	l->level = level;
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
