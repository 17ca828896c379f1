/* SPDX-License-Identifier: MIT */
/*
 * GET /v1/log?limit=N: the last lines of the log as they are on stderr, the
 * newest first, as many in a piece as surely fit.
 *
 * `state` is where the next line ends in the ring, times LIMIT, and how many
 * may still follow.  A line that is overwritten meanwhile ends the list.
 */
#include "api/api_priv.h"
#include "json/json.h"

#define LIMIT         (UINT64_C(1) << 16)
#define DEFAULT_LIMIT 100u

/* Every byte of a line may be a quote; quotes and comma around it. */
#define LINE_MAX_BYTES (2u * LOG_LINE_MAX_BYTES + 4u)

_Static_assert(LOG_RING_BYTES / sizeof "time= level= event=" < LIMIT,
    "a number for each line of the ring");

static bool
put_line(struct app *a, uint64_t *state, struct json_out *o)
{
	uint64_t place = *state / LIMIT, left = *state % LIMIT;
	uint8_t room[LOG_LINE_MAX_BYTES];
	struct buf line = BUF_OVER(room);

	if (left == 0 || !log_ring_before(&a->log_ring, &place, &line))
		return false;
	json_put_string(o, span_of(&line));
	*state = place * LIMIT + left - 1;
	return true;
}

static enum control_more
next_piece(void *ctx, uint64_t *state, struct buf *out)
{
	struct json_out o = { out, true };

	if (*state == UINT64_MAX)
		return CONTROL_END;
	while (out->cap - out->n > LINE_MAX_BYTES)
		if (!put_line(ctx, state, &o)) {
			json_put_close(&o, ']');
			json_put_close(&o, '}');
			buf_put_byte(out, '\n');
			*state = UINT64_MAX;
			break;
		}
	return CONTROL_PIECE;
}

unsigned
api_log(void *ctx, struct control_call *call)
{
	struct app *a = ctx;
	struct json_out o = { call->out, false };
	uint64_t limit;

	if (control_request_number(call->request->query, SPAN_LIT("limit"),
		DEFAULT_LIMIT, &limit) != ST_OK)
		return control_error(call, 400, "bad_limit",
		    "The limit is a whole number.", "limit");
	if (limit >= LIMIT)
		limit = LIMIT - 1;
	json_put_open(&o, '{');
	json_put_key(&o, "log");
	json_put_open(&o, '[');
	call->state = a->log_ring.end * LIMIT + limit;
	/* The first line has no comma in front. */
	(void)put_line(a, &call->state, &o);
	call->more = next_piece;
	return 200;
}
