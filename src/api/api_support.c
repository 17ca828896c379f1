/* SPDX-License-Identifier: MIT */
/*
 * GET /v1/support: a tar file, made while it is sent.
 *
 *	for each row of the table, then for each record if they are asked for:
 *		header -> content -> line feeds up to the size in the header
 *	two empty blocks
 *
 * A member's content is what a handler answers, so that a bundle shows exactly
 * what the sockets show; and nothing here knows a secret.  Incidents are in it
 * only when asked for: no log line and no status holds a text of theirs.
 */
#include "api/api_priv.h"
#include "base/ticks.h"

#define DIR "wf-sentinel-support/"

static const struct {
	const char *name;
	control_handler *make;
	uint32_t size;
	bool is_daemons; /* says nothing without one */
} MEMBERS[] = {
	{ DIR "about.json", api_support_about, SUPPORT_ABOUT_BYTES, false },
	{ DIR "status.json", api_status, APP_STATUS_MAX_BYTES, true },
	{ DIR "config.json", api_support_config, SUPPORT_CONFIG_BYTES, false },
	{ DIR "secrets.json", api_support_secrets, SUPPORT_SECRETS_BYTES,
	    false },
	{ DIR "metrics.txt", api_metrics, SUPPORT_METRICS_BYTES, true },
	{ DIR "log.txt", api_support_log, LOG_RING_BYTES, true },
	{ DIR "audit.ndjson", api_support_audit, SUPPORT_AUDIT_BYTES, false },
};

#define MEMBER_COUNT (sizeof MEMBERS / sizeof MEMBERS[0])

/* ---- records ------------------------------------------------------------ */

/* A part of the record at hand; *state is how much of it was sent. */
static enum control_more
more_of_record(void *ctx, uint64_t *state, struct buf *out)
{
	struct app *a = ctx;
	struct buf body = BUF_OVER(a->support.record);
	struct store_record rec;
	struct span part;

	/* It may have been pruned meanwhile. */
	if (store_record_next(&a->store, a->support.seq - 1, &rec, &body) !=
		ST_OK ||
	    rec.seq != a->support.seq)
		return CONTROL_END;
	part = span_sub(span_of(&body), (size_t)*state, out->cap - out->n);
	if (part.n == 0)
		return CONTROL_END;
	buf_put(out, part);
	*state += part.n;
	return CONTROL_PIECE;
}

static unsigned
on_record(void *ctx, struct control_call *call)
{
	(void)ctx;
	call->more = more_of_record;
	return 200;
}

/* The next older record; damaged ones are passed. */
static bool
find_record(struct app *a, uint64_t *size)
{
	struct app_support *s = &a->support;
	struct store_record rec;
	enum st st = ST_CORRUPT;

	if (!s->with_incidents || a->store.db == NULL)
		return false;
	for (; st == ST_CORRUPT && s->records < SUPPORT_RECORD_COUNT;
	     s->records++) {
		struct buf body = BUF_OVER(s->record);

		st = store_record_before(&a->store, s->seq, &rec, &body);
		if (rec.seq == 0)
			return false;
		s->seq = rec.seq;
	}
	if (st == ST_OK)
		*size = rec.n;
	return st == ST_OK;
}

/* ---- members ------------------------------------------------------------ */

static void
put_header(struct app *a, struct buf *out, const char *name, uint64_t size,
    control_handler *make)
{
	struct app_support *s = &a->support;
	int64_t now = clock_wall_ticks(&clock_system);

	api_tar_header(out, name, size, ticks_to_unix_s(now));
	s->left = size;
	s->blanks = (size_t)(-size % API_TAR_BLOCK_BYTES);
	s->make = make;
	s->more = NULL;
	s->has_begun = false;
}

static void
put_record_header(struct app *a, struct buf *out, uint64_t size)
{
	char room[64];
	struct buf name = BUF_OVER(room);

	buf_put_str(&name, DIR "incidents/");
	buf_put_i64(&name, a->support.seq);
	buf_put_str(&name, ".json");
	put_header(a, out, buf_str(&name), size, on_record);
}

/* The header of the next member, or the two blocks of the end. */
static void
begin_member(struct app *a, struct buf *out)
{
	struct app_support *s = &a->support;
	uint64_t size;

	while (s->member < MEMBER_COUNT && MEMBERS[s->member].is_daemons &&
	    !a->is_serving)
		s->member++;
	if (s->member < MEMBER_COUNT) {
		put_header(a, out, MEMBERS[s->member].name,
		    MEMBERS[s->member].size, MEMBERS[s->member].make);
		s->member++;
	} else if (find_record(a, &size)) {
		put_record_header(a, out, size);
	} else {
		s->make = NULL;
		s->blanks = 2u * API_TAR_BLOCK_BYTES;
	}
}

static void
put_same(struct buf *out, uint8_t byte, uint64_t n)
{
	while (n-- > 0 && out->n < out->cap)
		buf_put_byte(out, byte);
}

/* What the handler makes; line feeds once it has no more. */
static void
put_content(struct app *a, struct buf *out)
{
	struct app_support *s = &a->support;
	static const struct control_request REQUEST = { .method = CONTROL_GET };
	struct control_call call = { .request = &REQUEST, .out = out };

	if (!s->has_begun) {
		(void)s->make(a, &call);
		s->has_begun = true;
		s->more = call.more;
		s->state = call.state;
	}
	if (out->n == 0 && s->more != NULL &&
	    s->more(a, &s->state, out) != CONTROL_PIECE) {
		s->more = NULL;
		buf_reset(out);
	}
	if (out->n == 0)
		put_same(out, '\n', s->left);
	/* Longer than its limit: the rest is left out. */
	if (out->n > s->left)
		buf_rewind(out, (size_t)s->left);
	s->left -= out->n;
}

static enum control_more
next_piece(void *ctx, uint64_t *state, struct buf *out)
{
	struct app *a = ctx;
	struct app_support *s = &a->support;

	(void)state;
	if (s->left == 0 && s->blanks == 0) {
		if (s->make == NULL)
			return CONTROL_END;
		begin_member(a, out);
	}
	if (out->n != 0)
		return CONTROL_PIECE;
	if (s->left != 0)
		put_content(a, out);
	else {
		put_same(out, 0, s->blanks);
		s->blanks -= out->n;
	}
	return CONTROL_PIECE;
}

static void
on_end(void *ctx, uint64_t state)
{
	struct app *a = ctx;

	(void)state;
	wipe(a->support.record, sizeof a->support.record);
	a->support.is_sending = false;
}

unsigned
api_support(void *ctx, struct control_call *call)
{
	struct app *a = ctx;
	struct app_support *s = &a->support;
	uint64_t with_incidents;

	if (control_request_number(call->request->query,
		SPAN_LIT("with_incidents"), 0, &with_incidents) != ST_OK ||
	    with_incidents > 1)
		return control_error(call, 400, "bad_flag",
		    "with_incidents is 0 or 1.", "with_incidents");
	if (s->is_sending)
		return control_error(call, 503, "busy",
		    "Another bundle is being sent; try again.", "");
	s->is_sending = true;
	s->with_incidents = with_incidents == 1;
	s->member = 0;
	s->records = 0;
	s->seq = INT64_MAX;
	s->blanks = 0;
	begin_member(a, call->out);
	call->type = "application/x-tar";
	call->more = next_piece;
	call->ended = on_end;
	return 200;
}
