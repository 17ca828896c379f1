/* SPDX-License-Identifier: MIT */
/*
 * fuzz_control.c - libFuzzer target for requests at the control socket.
 *
 * Input: what a peer sends.
 *
 * Fuzz (clang):
 *	clang -std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined -Isrc \
 *	    src/control/control_request.c src/base/span.c \
 *	    tests/fuzz/fuzz_control.c -o build/fuzz_control
 *	build/fuzz_control -max_len=8192 CORPUS_DIR
 * Replay (any compiler):
 *	cc -std=c11 -g -DFUZZ_REPLAY -Isrc -fsanitize=address,undefined \
 *	    src/control/control_request.c src/base/span.c \
 *	    tests/fuzz/fuzz_control.c -o build/replay_control
 *	build/replay_control FILE...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "control/control_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(c) ((c) ? (void)0 : must_failed(#c, __LINE__))

static void
must_failed(const char *what, int line)
{
	fprintf(stderr, "fuzz_control.c:%d: %s does not hold\n", line, what);
	abort();
}

static void
check_inside(struct span head, struct span part)
{
	MUST(part.p == NULL ||
	    (part.p >= head.p && part.n <= head.n &&
		part.p + part.n <= head.p + head.n));
	for (size_t i = 0; i < part.n; i++)
		MUST(part.p[i] != '\0' && part.p[i] != '\n' &&
		    part.p[i] != '\r');
}

static void
check_path(struct span path)
{
	uint8_t room[CONTROL_ARG_MAX_BYTES];

	MUST(path.n != 0 && path.p[0] == '/');
	for (size_t left = path.n;; left = path.n) {
		struct buf text = BUF_OVER(room);

		if (!control_request_segment(&path, &text)) {
			MUST(path.n == left);
			return;
		}
		MUST(path.n < left && text.n != 0 && !text.cut);
		for (size_t i = 0; i < text.n; i++)
			MUST(text.p[i] >= 0x20 && text.p[i] != '/' &&
			    text.p[i] != 0x7f);
	}
}

static void
check_request(struct span head)
{
	struct control_request r;
	unsigned status = control_request_parse(head, &r);
	uint64_t n;

	MUST(status == 200 || (status >= 400 && status <= 505));
	if (status != 200)
		return;
	MUST(r.method < CONTROL_METHOD_COUNT);
	MUST(r.body_bytes <= CONTROL_BODY_MAX_BYTES);
	MUST(r.body_bytes == 0 || r.method == CONTROL_PUT ||
	    r.method == CONTROL_POST);
	MUST(!r.wants_continue || r.body_bytes != 0);
	check_inside(head, r.path);
	check_inside(head, r.query);
	check_inside(head, r.if_match);
	check_inside(head, r.user);
	check_path(r.path);
	if (control_request_number(r.query, SPAN_LIT("limit"), 7, &n) == ST_OK)
		MUST(n == 7 || r.query.n > sizeof "limit=" - 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span all = { data, size };
	size_t n = control_request_head(all, 0), seen = 0, found = 0;

	/* Byte by byte it is the same head. */
	while (seen < size && found == 0) {
		found = control_request_head(span_sub(all, 0, seen + 1), seen);
		seen++;
	}
	MUST(found == n && n <= size);
	check_request(all);
	if (n != 0)
		check_request(span_sub(all, 0, n));
	return 0;
}

#ifdef FUZZ_REPLAY
int
main(int argc, char **argv)
{
	static uint8_t bytes[1u << 20];

	for (int i = 1; i < argc; i++) {
		FILE *f = fopen(argv[i], "rb");
		size_t n = f == NULL ? 0 : fread(bytes, 1, sizeof bytes, f);

		if (f != NULL)
			fclose(f);
		(void)LLVMFuzzerTestOneInput(bytes, n);
	}
	return 0;
}
#endif
