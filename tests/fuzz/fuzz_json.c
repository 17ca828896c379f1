/* SPDX-License-Identifier: MIT */
/*
 * fuzz_json.c - libFuzzer target for the projector, the document and the text
 * functions.  Each input is run whole and in pieces, and what must hold is
 * asserted.
 *
 * Input: byte 0 chooses the length of the pieces, byte 1 the room for an
 * element, byte 2 the limits in the table, the rest is the document.
 *
 * Fuzz (clang):
 *	clang -std=c11 -g -O1 -fsanitize=fuzzer,address,undefined -Isrc \
 *	    src/json/json_*.c src/base/span.c tests/fuzz/fuzz_json.c \
 *	    -o build/fuzz_json
 *	build/fuzz_json CORPUS_DIR ../shared/data/JSONTestSuite/test_parsing
 * Replay (any compiler), each file twice:
 *	cc -std=c11 -g -DFUZZ_REPLAY -Isrc src/json/json_*.c src/base/span.c \
 *	    tests/fuzz/fuzz_json.c -o build/replay_json
 *	build/replay_json FILE...
 */
#include "json/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_COUNT 16384
#define HEAD_BYTES  3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(c) ((c) ? (void)0 : must_failed(#c, __LINE__))

static void
must_failed(const char *what, int line)
{
	fprintf(stderr, "fuzz_json.c:%d: %s does not hold\n", line, what);
	abort();
}

/* Short names, so that a fuzzer finds them; every type; two emitters. */
static struct json_want table[] = {
	{ NULL, 0, JSON_OBJECT | JSON_ARRAY, 9 },
	{ "v", 0, JSON_ARRAY, 0 },
	{ "*", 1, JSON_OBJECT | JSON_ARRAY | JSON_EMIT, 4 },
	{ "s", 2, JSON_STRING, 8 },
	{ "n", 2, JSON_NUMBER | JSON_STRING, 4 },
	{ "b", 2, JSON_BOOL, 0 },
	{ "o", 2, JSON_OBJECT, 0 },
	{ "s", 6, JSON_STRING | JSON_NUMBER | JSON_BOOL, 3 },
	{ "o", 6, JSON_OBJECT | JSON_ARRAY, 2 },
	{ "*", 8, JSON_STRING | JSON_NUMBER, 5 },
	{ "\xc3\xa9\n", 8, JSON_NUMBER, 9 },
	{ "a", 2, JSON_ARRAY, 3 },
	{ "*", 11, JSON_STRING | JSON_NUMBER | JSON_BOOL | JSON_ARRAY, 6 },
	{ "*", 12, JSON_STRING, 4 },
	{ "*", 2, JSON_STRING, 12 },
	{ "l", 0, JSON_STRING | JSON_NUMBER | JSON_EMIT, 5 },
	{ "*", 0, JSON_STRING | JSON_BOOL | JSON_EMIT, 6 },
};

#define TABLE_COUNT ((unsigned)(sizeof table / sizeof *table))

static jsmntok_t tok[TOKEN_COUNT];
static uint8_t out[4096], scratch[1u << 17], scratch2[1u << 17];
static uint8_t encoded[6 * 4096];

/* Visit every value and key; the number of them. */
static int
walk(const struct json_doc *doc)
{
	int n = 1; /* the document */
	int64_t number;
	bool b;

	for (int t = 0; t < doc->n; t++) {
		bool object = json_type(doc, t) == JSON_OBJECT;
		struct span raw = json_raw(doc, t);

		MUST(raw.p >= doc->text.p &&
		    raw.p + raw.n <= doc->text.p + doc->text.n);
		(void)!json_int(doc, t, &number);
		(void)!json_bool(doc, t, &b);
		for (int e = json_first(doc, t); e >= 0;
		     e = json_next(doc, e)) {
			MUST(e > t && e < doc->n);
			if (json_type(doc, t) == JSON_STRING)
				continue;
			n += 1 + (object && json_value(doc, e) >= 0);
		}
	}
	return n;
}

/* Strings of an element are canonical: they come back the same. */
static void
check_canonical(struct span text)
{
	struct buf utf8 = BUF_OVER(scratch), again = BUF_OVER(scratch2);
	struct span cut;
	size_t offset;

	json_decode(&utf8, text);
	json_encode(&again, span_of(&utf8));
	MUST(span_eq(span_of(&again), text));
	for (size_t max = 0; max <= text.n && max < 24; max++) {
		cut = json_cut(text, max);
		MUST(cut.n <= max && (max - cut.n < 6 || cut.n == text.n));
		buf_reset(&again);
		buf_put_byte(&again, '"');
		buf_put(&again, cut);
		buf_put_byte(&again, '"');
		MUST(json_check(span_of(&again), &offset) == ST_OK);
	}
}

static void
check_element(const struct json_element *e)
{
	struct json_doc doc;
	size_t offset;

	MUST((table[e->want].types & JSON_EMIT) != 0);
	MUST(e->cut >> TABLE_COUNT == 0);
	MUST(e->text.n <= sizeof out);
	if ((e->flags & JSON_FLAG_OVERFLOW) != 0)
		return;
	MUST(json_check(e->text, &offset) == ST_OK);
	MUST(json_doc_parse(&doc, e->text, tok, TOKEN_COUNT) == ST_OK);
	MUST(walk(&doc) == doc.n);
	for (int t = 0; t < doc.n; t++)
		if (json_type(&doc, t) == JSON_STRING)
			check_canonical(json_string(&doc, t));
}

/* FNV-1a over all that came out, to compare runs. */
struct digest {
	uint64_t hash;
	unsigned count;
};

static void
add(struct digest *d, const void *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		d->hash ^= ((const uint8_t *)p)[i];
		d->hash *= UINT64_C(0x100000001b3);
	}
}

static enum st
take(void *ctx, const struct json_element *e)
{
	struct digest *d = ctx;

	check_element(e);
	add(d, &e->want, sizeof e->want);
	add(d, &e->cut, sizeof e->cut);
	add(d, &e->flags, sizeof e->flags);
	add(d, &e->text.n, sizeof e->text.n);
	add(d, e->text.p, e->text.n);
	d->count++;
	return ST_OK;
}

static enum st
project(struct digest *d, struct span json, size_t piece, size_t room)
{
	struct json_project jp;
	enum st st = ST_OK;

	*d = (struct digest){ UINT64_C(0xcbf29ce484222325), 0 };
	json_project_init(&jp, table, TABLE_COUNT,
	    (struct buf){ out, 0, room, false }, take, d);
	for (size_t i = 0; i < json.n && st == ST_OK; i += piece)
		st = json_project_push(&jp, span_sub(json, i, piece));
	if (st == ST_OK)
		st = json_project_finish(&jp);
	MUST(jp.offset <= json.n && (st != ST_OK || jp.offset == json.n));
	add(d, &jp.offset, sizeof jp.offset);
	add(d, &jp.outer_cut, sizeof jp.outer_cut);
	add(d, &jp.outer_flags, sizeof jp.outer_flags);
	return st;
}

/* The text functions take any bytes. */
static void
check_any(struct span bytes)
{
	struct buf b = BUF_OVER(encoded), again = BUF_OVER(scratch2);
	unsigned line, column;
	struct json_doc doc;
	size_t offset;

	if (bytes.n > 4096)
		return;
	json_encode(&b, bytes);
	MUST(!b.cut);
	buf_put_byte(&again, '"');
	buf_put(&again, span_of(&b));
	buf_put_byte(&again, '"');
	MUST(json_check(span_of(&again), &offset) == ST_OK);
	check_canonical(span_of(&b));
	buf_reset(&b);
	json_decode(&b, bytes);
	for (size_t max = 0; max <= 8; max++)
		MUST(json_cut(bytes, max).n <= max);
	json_position(bytes, bytes.n / 2, &line, &column);
	/* Not allowed, and harmless. */
	if (json_doc_parse(&doc, bytes, tok, 64) == ST_OK)
		(void)walk(&doc);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct digest whole, pieces;
	struct json_doc doc;
	struct span json;
	size_t offset, room, piece;
	enum st st;

	if (size < HEAD_BYTES)
		return 0;
	json = (struct span){ data + HEAD_BYTES, size - HEAD_BYTES };
	piece = 1 + data[0] % 32u;
	room = data[1] < 128 ? data[1] : sizeof out;
	table[3].max = data[2];
	table[12].max = data[2] % 8;
	st = json_check(json, &offset);
	MUST(offset <= json.n);
	MUST(project(&whole, json, json.n + 1, room) == st);
	MUST(project(&pieces, json, piece, room) == st);
	MUST(whole.hash == pieces.hash && whole.count == pieces.count);
	MUST(project(&pieces, json, 1, room) == st);
	MUST(whole.hash == pieces.hash && whole.count == pieces.count);
	if (st == ST_OK &&
	    json_doc_parse(&doc, json, tok, TOKEN_COUNT) != ST_FULL) {
		MUST(doc.n > 0);
		if (doc.n < 512)
			MUST(walk(&doc) == doc.n);
	}
	check_any(json);
	return 0;
}

#ifdef FUZZ_REPLAY
int
main(int argc, char **argv)
{
	static uint8_t data[1u << 20];

	for (int i = 1; i < argc; i++) {
		FILE *f = fopen(argv[i], "rb");
		size_t n;

		if (f == NULL) {
			perror(argv[i]);
			return 1;
		}
		n = fread(data, 1, sizeof data, f);
		fclose(f);
		LLVMFuzzerTestOneInput(data, n);
		LLVMFuzzerTestOneInput(data, n);
	}
	printf("%d inputs\n", argc - 1);
	return 0;
}
#endif
