/* SPDX-License-Identifier: MIT */
/*
 * GET /v1/workunits?limit=N, newest first, straight from the store.
 *
 *	{"workunits":[ record , record , … ],"damaged":0}
 *
 * A record is many pieces long and is read part by part, so that no memory is
 * needed for it; all of it is checked before its first part is sent.  Records
 * may be added and pruned meanwhile: what is newer than the first one is not
 * shown, and a record that is pruned while it is being sent ends the answer in
 * its middle, which the peer can see.
 *
 * ?before=SEQ and ?after=SEQ leave out the others; see api_events.c.
 */
#include <string.h>

#include "api/api_priv.h"

static void
forget(void *ctx, uint64_t state)
{
	struct app *a = ctx;

	a->walk[state].busy = false;
}

/* The next record that is whole into w->seq; 0: there is none.  ST_AGAIN: many
 * damaged ones were passed over, and there may be more. */
static enum st
find_next(struct app *a, struct app_walk *w)
{
	for (unsigned i = 0; i < API_PASS_COUNT; i++) {
		struct store_record rec;
		enum st st = w->left == 0 ?
		    ST_NOT_FOUND :
		    store_record_look(&a->store, w->before, &rec);

		w->seq = 0;
		if (st == ST_NOT_FOUND || (st == ST_OK && rec.seq <= w->after))
			return ST_OK;
		if (st == ST_CORRUPT && rec.seq != 0) {
			w->damaged++;
			w->before = rec.seq;
			continue;
		}
		if (st != ST_OK)
			return st;
		w->before = w->seq = rec.seq;
		w->n = rec.n;
		w->sent = 0;
		w->left--;
		return ST_OK;
	}
	return ST_AGAIN;
}

static void
put_end(const struct app_walk *w, struct buf *out)
{
	buf_put_str(out, "],\"damaged\":");
	buf_put_u64(out, w->damaged);
	buf_put_str(out, "}\n");
}

static enum control_more
next_piece(void *ctx, uint64_t *state, struct buf *out)
{
	struct app *a = ctx;
	struct app_walk *w = &a->walk[*state];
	size_t start;
	enum st st = a->is_ready ? ST_OK : ST_IO;

	if (w->ended)
		return CONTROL_END;
	if (st == ST_OK && w->seq == 0) {
		st = find_next(a, w);
		if (st == ST_AGAIN) {
			buf_put_byte(out, ' ');
			return CONTROL_PIECE;
		}
		if (st == ST_OK && w->seq == 0) {
			w->ended = true;
			put_end(w, out);
			return CONTROL_PIECE;
		}
		if (w->begun)
			buf_put_byte(out, ',');
		w->begun = true;
	}
	start = out->n;
	if (st == ST_OK)
		st = store_record_part(&a->store, w->seq, w->sent, out);
	w->sent += (uint32_t)(out->n - start);
	if (w->sent == w->n)
		w->seq = 0;
	/* The peer sees that the answer is not whole. */
	if (st != ST_OK)
		out->cut = true;
	return CONTROL_PIECE;
}

static struct app_walk *
free_walk(struct app *a, uint64_t *index)
{
	for (*index = 0; *index < CONTROL_CONNECTION_MAX_COUNT; ++*index)
		if (!a->walk[*index].busy)
			return &a->walk[*index];
	return NULL;
}

unsigned
api_workunits(void *ctx, struct control_call *call)
{
	struct app *a = ctx;
	struct app_walk *w = free_walk(a, &call->state);
	uint64_t limit, before, after;
	int64_t settled;

	if (!api_number(call, "limit", API_WORKUNIT_COUNT,
		API_WORKUNIT_MAX_COUNT, &limit) ||
	    limit == 0)
		return control_error(call, 400, "bad_query",
		    "limit is a number from 1 to 10000.", "limit");
	if (!api_number(call, "before", INT64_MAX, INT64_MAX, &before) ||
	    !api_number(call, "after", 0, INT64_MAX, &after))
		return control_error(call, 400, "bad_query",
		    "before and after are numbers of records.", "before");
	if (!a->is_ready)
		return api_unconfigured(call);
	if (w == NULL || store_record_settled(&a->store, &settled) != ST_OK)
		return control_error(call, 503, "busy",
		    "The store cannot be read now; try again.",
		    "store.max_mib");
	memset(w, 0, sizeof *w);
	w->busy = true;
	w->before = (int64_t)before <= settled ? (int64_t)before : settled + 1;
	w->after = (int64_t)after;
	w->left = limit;
	buf_put_str(call->out, "{\"workunits\":[");
	call->more = next_piece;
	call->ended = forget;
	return 200;
}
