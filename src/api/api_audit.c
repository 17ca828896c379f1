/* SPDX-License-Identifier: MIT */
/*
 * GET /v1/audit?limit=N: {"audit":[…]}, newest first, as many lines in a piece
 * as fit.  `state` is where it stopped: the place in the file, how many are
 * left, and whether one was shown.
 *
 *	bits 0-31 offset, 32 file, 33 not the first, 34 over, 40- left
 */
#include "api/api_priv.h"
#include "audit/audit.h"

#define FILE_BIT  (UINT64_C(1) << 32)
#define SHOWN_BIT (UINT64_C(1) << 33)
#define OVER_BIT  (UINT64_C(1) << 34)
#define LEFT_AT   40

static uint64_t
pack(struct audit_place place, uint64_t left, uint64_t bits)
{
	return place.offset | (place.file != 0 ? FILE_BIT : 0) | bits |
	    left << LEFT_AT;
}

static enum control_more
next_lines(void *ctx, uint64_t *state, struct buf *out)
{
	const struct app *a = ctx;
	struct audit_place place = { (uint32_t)*state,
		(*state & FILE_BIT) != 0 };
	uint64_t left = *state >> LEFT_AT, bits = *state & SHOWN_BIT;
	enum st st = ST_OK;

	if ((*state & OVER_BIT) != 0)
		return CONTROL_END;
	/* Room for a line, a comma and the end. */
	while (left != 0 && st == ST_OK &&
	    out->cap - out->n > AUDIT_LINE_MAX_BYTES + 8) {
		size_t start = out->n;

		if (bits != 0)
			buf_put_byte(out, ',');
		st = audit_before(a->options.state, &place, out);
		if (st != ST_OK) {
			buf_rewind(out, start);
			break;
		}
		bits = SHOWN_BIT;
		left--;
	}
	if (st == ST_IO)
		out->cut = true; /* ends in the middle, and so is seen */
	if (left == 0 || st != ST_OK) {
		buf_put_str(out, "]}\n");
		bits |= OVER_BIT;
	}
	*state = pack(place, left, bits);
	return CONTROL_PIECE;
}

unsigned
api_audit(void *ctx, struct control_call *call)
{
	uint64_t limit;

	(void)ctx;
	if (control_request_number(call->request->query, SPAN_LIT("limit"),
		AUDIT_ANSWER_COUNT, &limit) != ST_OK ||
	    limit < 1 || limit > AUDIT_ANSWER_MAX_COUNT)
		return control_error(call, 400, "bad_limit",
		    "limit is a number from 1 to 10000.", "limit");
	buf_put_str(call->out, "{\"audit\":[");
	call->more = next_lines;
	call->state = pack(AUDIT_END, limit, 0);
	return 200;
}
