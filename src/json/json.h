/* SPDX-License-Identifier: MIT */
/*
 * json.h - JSON in fixed memory, in both directions.
 *
 * Reading has two steps.  The projector (json_project_*) takes bytes as they
 * arrive, checks them strictly against RFC 8259, drops every value that is not
 * wanted while it flies past, cuts what is too long, and hands each wanted
 * element over as a small *canonical* text.  The document (json_doc_*) indexes
 * such a small text with jsmn over the caller's tokens.  Nothing reaches jsmn
 * that the projector has not checked, since jsmn accepts invalid input.
 *
 * Canonical text: UTF-8, no white space, and inside strings only the escapes
 * \" \\ \b \f \n \r \t and \u00xx (lower-case hexadecimal, other controls).
 * Two canonical texts are equal exactly when their strings are equal; such a
 * text can be put between quotes in an output as it is; making A-Z small keeps
 * it canonical.  A lone surrogate is U+FFFD.
 *
 * The writer (json_put_*) makes canonical text over a struct buf.
 */
#ifndef JSON_JSON_H
#define JSON_JSON_H

#include "base/limits.h"
#include "base/span.h"

#define JSMN_STRICT       /* primitives only where JSON allows them */
#define JSMN_PARENT_LINKS /* linear time: without it arrays are quadratic */
#define JSMN_HEADER
#include <jsmn.h>

/* ---- projector ---------------------------------------------------------- */

enum {
	JSON_STRING = 1,
	JSON_NUMBER = 2,
	JSON_BOOL = 4,
	JSON_OBJECT = 8,
	JSON_ARRAY = 16,
	/* When the value at this path ends, it is handed over and forgotten.
	 * An emitting path lies inside no other emitting path. */
	JSON_EMIT = 32,
};

/*
 * One wanted path.  A projection is a table of these, parents before children;
 * entry 0 is the document itself (name NULL).
 *
 * name    the member's key, compared byte by byte after unescaping; "*" means
 *         the elements of an array
 * parent  index of the object or array that holds it; smaller than its own
 * types   the types that are kept (JSON_…), or'ed with JSON_EMIT.  A value of
 *         another type, null included, is dropped as if it were absent.
 * max     JSON_STRING: bytes of canonical text; a longer one is cut between
 *         characters.  JSON_NUMBER: bytes; a longer one is dropped.
 *         JSON_ARRAY: elements; later ones are dropped, and those that are
 *         dropped for their type do not count.  Where something is cut or
 *         dropped for length, the entry's bit is set in `cut` (the array's,
 *         not its element's).
 *         0 with JSON_ARRAY: no limit (for arrays of emitted elements).
 */
struct json_want {
	const char *name;
	uint8_t parent;
	uint8_t types;
	uint16_t max;
};

enum {
	/* The element did not fit the output buffer: `text` is what there was
	 * room for and not valid JSON. */
	JSON_FLAG_OVERFLOW = 1,
	/* A wanted key stands twice in one object.  The first one was kept. */
	JSON_FLAG_DUPLICATE = 2,
};

struct json_element {
	unsigned want;    /* index of the emitting entry */
	struct span text; /* canonical; borrowed until the handler returns */
	uint64_t cut;     /* bit i: something at entry i was cut */
	unsigned flags;   /* JSON_FLAG_… */
};

/* Takes one element.  Anything but ST_OK stops the projector, whose push
 * returns the same. */
typedef enum st json_handler(void *ctx, const struct json_element *element);

struct json_level {
	uint8_t want;  /* entry of this object or array, or JSON_NOT_WANTED */
	uint8_t child; /* entry of an array's elements, likewise */
	bool array;
	bool written;      /* something stands before: a comma is due */
	uint16_t elements; /* kept, of an array; sticks at its maximum */
};

#define JSON_NOT_WANTED 255u

/* The state; private but for the first three.  About 750 bytes. */
struct json_project {
	uint64_t offset; /* bytes accepted so far */
	/* What was cut (bits as in an element) and flagged outside of every
	 * emitted element, in the document so far. */
	uint64_t outer_cut;
	unsigned outer_flags;

	enum st st; /* first failure, sticky */
	const struct json_want *wants;
	struct buf out;
	json_handler *handler;
	void *ctx;

	/* The value that is being read. */
	uint8_t state;   /* enum json_state */
	uint8_t want;    /* its entry, or JSON_NOT_WANTED */
	uint8_t literal; /* place of the next letter of true, false, null */
	uint8_t sink;    /* enum json_sink: where characters go */
	bool is_key;
	bool start_cut; /* out.cut and out.n before its comma and key */
	size_t start;
	size_t length; /* canonical bytes of it so far */
	uint16_t hex, hex_left;
	uint16_t surrogate; /* the high one that waits for its low one, or 0 */
	uint8_t utf8_left, utf8_low, utf8_high;
	uint8_t utf8_n, utf8[4];
	uint8_t key_n; /* JSON_KEY_MAX_BYTES + 1: longer */
	uint8_t key[JSON_KEY_MAX_BYTES];

	/* The element that is being written. */
	uint8_t emit;        /* its entry, or JSON_NOT_WANTED */
	unsigned emit_depth; /* depth outside of it */
	uint64_t cut;
	unsigned flags;

	/* The tree of wanted paths. */
	uint64_t seen; /* bit i: entry i stood in the object that is open */
	uint8_t first[JSON_WANT_MAX_COUNT]; /* child, or JSON_NOT_WANTED */
	uint8_t next[JSON_WANT_MAX_COUNT];  /* sibling, likewise */

	unsigned depth;
	struct json_level level[JSON_DEPTH_MAX];
};

/*
 * json_project_init - begin a document.
 *
 * wants    want_count (1..JSON_WANT_MAX_COUNT) entries, borrowed until the
 *          document ends.  A table of one entry, {NULL, 0, 0, 0}, wants
 *          nothing: the projector is then a plain checker.
 * out      the caller's storage for one element at a time
 * handler  called for every emitted element; NULL when there are none
 */
void json_project_init(struct json_project *jp, const struct json_want *wants,
    unsigned want_count, struct buf out, json_handler *handler, void *ctx);

/*
 * json_project_push - take the next bytes, of any length, cut anywhere.
 *
 * returns  ST_OK       go on
 *          ST_MALFORM  not JSON (RFC 8259), not UTF-8, or deeper than
 *                      JSON_DEPTH_MAX; jp->offset is the byte that was wrong.
 *                      Elements handed over before were well-formed themselves.
 *          other       what the handler returned
 *          After a failure every later call returns the same.
 * cost     O(bytes); no system call
 */
enum st json_project_push(
    struct json_project *jp, struct span bytes) MUST_CHECK;

/* The end of the document.  ST_OK when exactly one value was complete,
 * ST_MALFORM otherwise, or what the handler returned: a number that is the
 * whole document and emitted ends here. */
enum st json_project_finish(struct json_project *jp) MUST_CHECK;

/* Check a whole text at once.  *offset is the length, or the byte that was
 * wrong. */
enum st json_check(struct span text, size_t *offset) MUST_CHECK;

/* ---- document ----------------------------------------------------------- */

/* An index over a checked text.  A token number below 0 means "absent" and is
 * taken by every function, so that look-ups can be chained. */
struct json_doc {
	struct span text;
	const jsmntok_t *tok;
	int n;
};

/*
 * json_doc_parse - index a text that the projector made or json_check passed.
 *
 * text     borrowed as long as *doc is used
 * tok      `cap` tokens of the caller's, likewise; one for each value and key
 * returns  ST_OK       doc->n tokens; 0 is the document itself
 *          ST_FULL     more values and keys than tokens
 *          ST_MALFORM  jsmn refused it, or it holds a NUL
 *          *doc is empty (everything is absent) after a failure.
 * cost     O(bytes)
 */
enum st json_doc_parse(struct json_doc *doc, struct span text, jsmntok_t *tok,
    unsigned cap) MUST_CHECK;

/* The value of member `name` (canonical text) of an object, or -1.  The first
 * of several.  O(values inside of it). */
int json_member(const struct json_doc *doc, int object, const char *name);

/* json_member along a path, for example "properties.owner.email". */
int json_path(const struct json_doc *doc, int object, const char *path);

/* The first element of an array or key of an object; -1 when there is none. */
int json_first(const struct json_doc *doc, int container);

/* The element or key behind `child` in the same container, or -1.  O(values
 * inside of `child`), so that a walk over a container is linear. */
int json_next(const struct json_doc *doc, int child);

/* The value behind a key that json_first or json_next gave for an object. */
int json_value(const struct json_doc *doc, int key);

/* The type as JSON_STRING …, 0 for null and absent. */
unsigned json_type(const struct json_doc *doc, int token);

/* The text between the quotes, SPAN_NONE for anything but a string. */
struct span json_string(const struct json_doc *doc, int token);

/* Any value as it is written (strings without their quotes); SPAN_NONE when
 * absent.  json_raw(...).p - text.p is its place in the text. */
struct span json_raw(const struct json_doc *doc, int token);

/* A number without fraction and exponent that fits (-0 is 0); ST_MALFORM, and
 * *value untouched, otherwise. */
enum st json_int(
    const struct json_doc *doc, int token, int64_t *value) MUST_CHECK;

/* true or false; ST_MALFORM, and *value untouched, otherwise. */
enum st json_bool(
    const struct json_doc *doc, int token, bool *value) MUST_CHECK;

/* Line and column (both from 1; the column counts bytes) of an offset. */
void json_position(
    struct span text, size_t offset, unsigned *line, unsigned *column);

/* ---- text and writer ---------------------------------------------------- */

/* Unescape the inside of a string that the checker passed to UTF-8.  Takes
 * every JSON escape, not only canonical ones; lone surrogates become U+FFFD.
 * All or none: what does not fit leaves *b as it was, and cut. */
void json_decode(struct buf *b, struct span inside);

/* Escape UTF-8 to canonical text (no quotes), all or none.  Invalid UTF-8
 * becomes U+FFFD, one for each broken beginning of a character. */
void json_encode(struct buf *b, struct span utf8);

/* The longest beginning of a canonical text with at most `max` bytes that ends
 * between characters (and not inside an escape). */
struct span json_cut(struct span canonical, size_t max);

/*
 * A writer puts commas by itself: the first member after an opening bracket has
 * none.  Nesting is the caller's to keep right.  Overflow is b->cut.
 */
struct json_out {
	struct buf *b;
	bool comma;
};

void json_put_open(struct json_out *o, char bracket);
void json_put_close(struct json_out *o, char bracket);
/* `name` is canonical. */
void json_put_key(struct json_out *o, const char *name);
/* A string given as canonical text. */
void json_put_text(struct json_out *o, struct span canonical);
/* A string given as any UTF-8. */
void json_put_string(struct json_out *o, struct span utf8);
void json_put_int(struct json_out *o, int64_t value);
void json_put_bool(struct json_out *o, bool value);
void json_put_null(struct json_out *o);
/* A value that is JSON already. */
void json_put_json(struct json_out *o, struct span json);

#endif
