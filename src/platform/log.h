/* SPDX-License-Identifier: MIT */
/*
 * log.h - one event, one line, whatever the values hold.
 *
 *     time=2026-03-25T07:31:57.501Z level=info event=poll_done
 *         connector=contoso incidents=12 title="a \"quoted\" one"
 *
 * (on one line) in logfmt.  A value that came from outside cannot end its
 * line, forge a field or steer a terminal: what is not plain is quoted, and
 * within quotes every control character, line or paragraph separator, bidi or
 * invisible format character is \n, \r, \t, \uXXXX or \UXXXXXXXX, and every
 * byte that is not UTF-8 is \xXX.
 *
 * A line has at most LOG_LINE_MAX_BYTES with its newline and goes out in one
 * write(2).  Once a value had to be cut, cut=true ends the line.  A flood is
 * thinned (limits.h); the next line says suppressed=N.  Nothing here fails
 * visibly: a log that cannot be written must not stop the work.
 *
 * The level debug goes back to info after LOG_DEBUG_MS, and the event
 * debug_ended says so.  The last lines stay in a ring, if there is one.
 *
 * No secret and no token is ever handed to the log.
 */
#ifndef PLATFORM_LOG_H
#define PLATFORM_LOG_H

#include "base/span.h"
#include "platform/clock.h"
#include "platform/log_ring.h"

/* clang-format off */
/* Sorted: a log shows its level and those before it. */
#define LOG_LEVEL_LIST(X)            \
	X(LOG_LEVEL_ERROR, "error")     \
	X(LOG_LEVEL_WARNING, "warning") \
	X(LOG_LEVEL_INFO, "info")       \
	X(LOG_LEVEL_DEBUG, "debug")

enum log_level {
#define X(level, text) level,
	LOG_LEVEL_LIST(X)
#undef X
	LOG_LEVEL_COUNT
};
/* clang-format on */

struct log {
	const struct clock *clock; /* borrowed for the life of the log */
	int fd;                    /* borrowed */
	enum log_level level;
	int64_t debug_until_ms; /* with LOG_LEVEL_DEBUG */
	struct log_ring *ring;  /* borrowed; NULL: none */
	int64_t milli_lines;    /* what may be written now, x 1000 */
	int64_t refilled_ms;
	uint64_t suppressed; /* lines lost since the last one */
	bool torn;           /* the last line went out in part */
};

/* One key and its value: made by log_text, log_str or log_number. */
struct log_field {
	const char *key; /* a constant of ours: a-z, 0-9, '_' */
	struct span text;
	int64_t number;
	bool is_number;
};

static inline struct log_field
log_text(const char *key, struct span text)
{
	return (struct log_field){ key, text, 0, false };
}

static inline struct log_field
log_str(const char *key, const char *text)
{
	return (struct log_field){ key, span_str(text), 0, false };
}

static inline struct log_field
log_number(const char *key, int64_t number)
{
	return (struct log_field){ key, SPAN_NONE, number, true };
}

/* The last two arguments of log_event, from a list of at least one:
 * log_event(l, LOG_LEVEL_INFO, "started", LOG_FIELDS(log_number("pid", 1))) */
#define LOG_FIELDS(...)                                         \
	(const struct log_field[]){ __VA_ARGS__ },              \
	    sizeof((const struct log_field[]){ __VA_ARGS__ }) / \
	    sizeof(struct log_field)

void log_init(
    struct log *l, int fd, enum log_level level, const struct clock *clock);

/* LOG_LEVEL_DEBUG begins its LOG_DEBUG_MS anew. */
void log_set_level(struct log *l, enum log_level level);

/* What is shown now. */
enum log_level log_level_now(struct log *l);

/* Keep every line that is written, or that could not be, in `ring` too. */
void log_keep(struct log *l, struct log_ring *ring);

/*
 * log_event - one line, if the level is shown and the flood limit allows it.
 *
 * l       NULL: nothing happens
 * event   a constant of ours, as a key
 * fields  n of them, borrowed for the call; may be NULL when n is 0
 * cost    one write; errno stays as it was, so that it can still be told
 */
void log_event(struct log *l, enum log_level level, const char *event,
    const struct log_field *fields, size_t n);

/* "error", "warning", … of the configuration.  ST_MALFORM, and *level
 * untouched, for another text. */
enum st log_level_parse(struct span s, enum log_level *level) MUST_CHECK;

/* The reverse; a constant text. */
const char *log_level_text(enum log_level level);

#endif
