/* SPDX-License-Identifier: MIT */
/*
 * span.h - borrowed bytes and fixed-size builders.
 *
 * struct span   someone else's bytes, read-only, valid only as long as its
 *               owner says.  A span never owns and never ends in NUL.
 *               {NULL, 0} means "absent" where a field can be absent; an
 *               empty text has a pointer.
 * struct buf    a builder over storage that the caller supplied.  It never
 *               grows.  Once something did not fit, `cut` stays true and
 *               later puts do nothing, so that a chain of puts needs one
 *               check at its end.
 *
 * Pointer arithmetic on bytes from outside lives here and nowhere else.  The
 * smallest functions are in line: the reader of JSON calls them for every few
 * bytes.
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/st.h"

struct span {
	const uint8_t *p;
	size_t n;
};

struct buf {
	uint8_t *p;
	size_t n;   /* bytes in use, 0..cap */
	size_t cap; /* bytes available at p */
	bool cut;   /* sticky: something did not fit */
};

/* A span over a string literal, without its NUL. */
#define SPAN_LIT(s) ((struct span){ (const uint8_t *)(s), sizeof(s) - 1 })
#define SPAN_NONE   ((struct span){ NULL, 0 })
/* A builder over an array (not a pointer). */
#define BUF_OVER(a) ((struct buf){ (uint8_t *)(a), 0, sizeof(a), false })

/* Over a NUL-ended text from or to the operating system.  O(n). */
struct span span_str(const char *s);

/* The bytes built so far; borrowed until the next put. */
static inline struct span
span_of(const struct buf *b)
{
	return (struct span){ b->p, b->n };
}

/* Equal bytes.  Absent equals only absent or empty. */
bool span_eq(struct span a, struct span b);

/* Equal when A-Z and a-z are one (ASCII only). */
bool span_eq_nocase(struct span a, struct span b);

/* As memcmp, the shorter first when one begins the other: -1, 0, 1. */
int span_compare(struct span a, struct span b);

bool span_has_prefix(struct span s, struct span prefix);
bool span_has_suffix(struct span s, struct span suffix);

/* The first place of `needle` in `s` by ASCII-caseless comparison, or SIZE_MAX.
 * O(s.n * needle.n): for short needles only. */
size_t span_find_nocase(struct span s, struct span needle);

/* The first place of byte `c`, or SIZE_MAX. */
size_t span_find_byte(struct span s, uint8_t c);

/* Bytes [from, from + n) of `s`, cut to what is there.  Never fails. */
static inline struct span
span_sub(struct span s, size_t from, size_t n)
{
	if (from > s.n)
		from = s.n;
	if (n > s.n - from)
		n = s.n - from;
	/* An absent span has no bytes: `from` is 0 then. */
	return (struct span){ from == 0 ? s.p : s.p + from, n };
}

/* Split off the first `n` bytes of *s.  False, and *s untouched, if short. */
static inline bool
span_take(struct span *s, size_t n, struct span *head)
{
	if (n > s->n)
		return false;
	*head = (struct span){ s->p, n };
	if (n != 0)
		s->p += n;
	s->n -= n;
	return true;
}

/* Split off what stands before the first `c` (which is dropped); all of *s
 * where there is none.  False when *s is absent; the last piece leaves *s
 * absent, so that a loop ends. */
bool span_split(struct span *s, uint8_t c, struct span *head);

/* Without spaces, tabs, CR and LF at both ends. */
struct span span_trim(struct span s);

/* A whole decimal number without sign, 0..UINT64_MAX; ST_MALFORM otherwise. */
enum st span_to_u64(struct span s, uint64_t *value) MUST_CHECK;

/* Copy as NUL-ended text.  ST_FULL, and an empty text, when `s` with its NUL
 * does not fit into `size` bytes; ST_MALFORM when `s` holds a NUL. */
enum st span_to_str(struct span s, char *text, size_t size) MUST_CHECK;

/*
 * span_take_character - split the first character off *s, which is not empty.
 *
 * bytes    takes it, c its code point
 * returns  false when it is not well-formed (Unicode, table 3-7): then it is
 *          one byte, to be shown as such
 */
bool span_take_character(struct span *s, struct span *bytes, uint32_t *c);

/* A character that a reader would not see, or that a terminal or log viewer
 * would obey: controls, direction marks, every blank but ' '. */
bool span_is_hidden(uint32_t c);

/* Bytes (1..4) of the character at the start of `s`, which is not empty, when
 * it may be shown on a terminal; 0 when it is not well-formed or hidden. */
size_t span_printable(struct span s);

/* Builders.  All keep `cut` sticky and write all of their bytes or none. */

/* The next `n` bytes of the builder, for the caller to fill; NULL when they do
 * not fit (or something did not before).  buf_rewind gives some back. */
uint8_t *buf_claim(struct buf *b, size_t n);

static inline void
buf_put_byte(struct buf *b, uint8_t c)
{
	if (b->cut || b->n >= b->cap)
		b->cut = true;
	else
		b->p[b->n++] = c;
}

void buf_put(struct buf *b, struct span s);
void buf_put_str(struct buf *b, const char *s);
void buf_put_u64(struct buf *b, uint64_t value);
void buf_put_i64(struct buf *b, int64_t value);
/* Two lower-case hexadecimal digits a byte. */
void buf_put_hex(struct buf *b, struct span s);
/* A-Z as a-z, everything else as it is. */
void buf_put_lower(struct buf *b, struct span s);
/* RFC 3986 percent-encoding: all but ALPHA, DIGIT and -._~ */
void buf_put_percent(struct buf *b, struct span s);
/* Back to an earlier length (a value of n read before); clears nothing else. */
void buf_rewind(struct buf *b, size_t n);
/* Empty again, `cut` forgotten; the storage is not wiped. */
void buf_reset(struct buf *b);
/* A NUL behind the text without counting it.  The pointer, or an empty
 * constant text when something was cut or the NUL does not fit. */
const char *buf_str(struct buf *b);

/* Overwrite memory so that the compiler cannot leave it out. */
void wipe(void *p, size_t n);

#endif
