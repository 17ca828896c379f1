/* SPDX-License-Identifier: MIT */
/*
 * fuzz_workunit.c - libFuzzer target for the mapping of an incident.
 *
 * Whatever the service says, the record is JSON, fits, and does not depend on
 * the order of the elements.
 *
 * Input: an incident, a reply of alerts, one of entities, one of comments, with
 * a line of "--" between them.  An incident that cannot be mapped is replaced.
 *
 * Fuzz (clang):
 *	clang -std=c11 -g -O1 -fsanitize=fuzzer,address,undefined -Isrc \
 *	    -Ibuild/native/deps/include src/workunit/workunit*.c \
 *	    src/json/json_*.c src/base/span.c src/base/ticks.c \
 *	    src/base/uuid.c src/seal/seal_hash.c tests/fuzz/fuzz_workunit.c \
 *	    -Lbuild/native/deps/lib -lbearssl -o build/fuzz_workunit
 *	build/fuzz_workunit CORPUS_DIR
 * A beginning, in tests/vectors/workunit:
 *	{ cat full.incident.json; echo --; cat full.alerts.json; echo --
 *	cat full.entities.json; echo --; cat full.comments.json; }
 * Replay, each file twice: gcc, -fsanitize=address,undefined -DFUZZ_REPLAY.
 */
#include "workunit/workunit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ELEMENT_KEPT_COUNT 512u

#define MUST(c) ((c) ? (void)0 : must_failed(#c, __LINE__))

static void
must_failed(const char *what, int line)
{
	fprintf(stderr, "fuzz_workunit.c:%d: %s does not hold\n", line, what);
	abort();
}

struct kept {
	enum workunit_part part;
	size_t at, n;
	uint64_t cut;
};

/* What the projector made of the input. */
static struct {
	uint8_t text[1u << 20];
	size_t text_n;
	struct kept element[ELEMENT_KEPT_COUNT];
	unsigned count;
	struct kept incident;
	bool has_incident;
} input;

static struct workunit w;
static uint8_t element[ELEMENT_MAX_BYTES];
static uint8_t record[2][RECORD_MAX_BYTES];

struct taking {
	enum workunit_part part; /* COUNT: the incident */
	unsigned want;
};

static enum st
take(void *ctx, const struct json_element *e)
{
	const struct taking *t = ctx;
	struct kept kept = { t->part, input.text_n, e->text.n, e->cut };

	MUST((e->flags & JSON_FLAG_OVERFLOW) == 0);
	if (e->want != t->want || input.count == ELEMENT_KEPT_COUNT ||
	    e->text.n > sizeof input.text - input.text_n)
		return ST_OK;
	memcpy(input.text + input.text_n, e->text.p, e->text.n);
	input.text_n += e->text.n;
	if (t->part == WORKUNIT_PART_COUNT) {
		input.incident = kept;
		input.has_incident = true;
	} else
		input.element[input.count++] = kept;
	return ST_OK;
}

static void
project(enum workunit_reply reply, enum workunit_part part, struct span json)
{
	const struct workunit_wants *wants = workunit_wants(reply);
	struct taking t = { part, wants->element };
	struct json_project jp;

	json_project_init(
	    &jp, wants->wants, wants->count, BUF_OVER(element), take, &t);
	if (json_project_push(&jp, json) == ST_OK)
		(void)!json_project_finish(&jp);
}

static struct span
text_of(const struct kept *k)
{
	return (struct span){ input.text + k->at, k->n };
}

/* Forwards or backwards, into one of the records. */
static size_t
map_input(bool backwards)
{
	const struct workunit_origin origin = { SPAN_LIT("c"), SPAN_LIT("t"),
		SPAN_LIT("s"), SPAN_LIT("g"), SPAN_LIT("w"),
		SPAN_LIT("/subscriptions/S") };
	const struct span plain = SPAN_LIT("{\"name\":\"n\","
					   "\"properties\":{\"createdTimeUtc\":"
					   "\"2026-03-25T07:31:57Z\"}}");
	struct workunit_context c = {
		.origin = &origin, .version = 7, .closed_at = 1
	};
	struct buf out = { record[backwards], 0, RECORD_MAX_BYTES, false };
	const char *reason;
	struct uuid id;
	size_t offset;

	if (!input.has_incident ||
	    workunit_begin(&w, text_of(&input.incident), input.incident.cut,
		&reason) != ST_OK)
		MUST(workunit_begin(&w, plain, 0, &reason) == ST_OK);
	for (unsigned i = 0; i < input.count; i++) {
		const struct kept
		    *k = &input.element[backwards ? input.count - 1 - i : i];
		struct json_element e = { 0, text_of(k), k->cut, 0 };

		workunit_add(&w, k->part, &e);
	}
	MUST(workunit_write(&w, &c, &out, &id) == ST_OK);
	MUST(json_check(span_of(&out), &offset) == ST_OK);
	return out.n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct {
		enum workunit_reply reply;
		enum workunit_part part;
	} PARTS[] = {
		{ WORKUNIT_INCIDENT, WORKUNIT_PART_COUNT },
		{ WORKUNIT_ALERTS, WORKUNIT_PART_ALERTS },
		{ WORKUNIT_ENTITIES, WORKUNIT_PART_ENTITIES },
		{ WORKUNIT_COMMENTS, WORKUNIT_PART_COMMENTS },
	};
	struct span rest = { data, size }, line;
	const uint8_t *from = data;
	unsigned part = 0;
	size_t n;

	input.text_n = 0;
	input.count = 0;
	input.has_incident = false;
	while (size != 0 && part < 4) {
		bool more = span_split(&rest, '\n', &line);

		if (more && !span_eq(line, SPAN_LIT("--")))
			continue;
		project(PARTS[part].reply, PARTS[part].part,
		    (struct span){
			from, (size_t)((more ? line.p : data + size) - from) });
		if (!more)
			break;
		from = line.p + line.n + (rest.p != NULL);
		part++;
	}
	n = map_input(false);
	MUST(n == map_input(true) && memcmp(record[0], record[1], n) == 0);
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
