/* SPDX-License-Identifier: MIT */
/*
 * The configuration as it is stored, and a new one in its place.
 *
 *	GET /v1/config    its bytes, and their ETag.  404 when there is none,
 *	                  with the ETag `""` (two quotes) that stands for that
 *	PUT /v1/config    If-Match is required: 428 without.  It lists ETags;
 *	                  `""` matches where there is none, `*` whatever there
 *	                  is; otherwise 412.  All is checked before anything is
 *	                  stored: 422 {"error":{…},"faults":[{"line","column",
 *	                  "key","text"}]}, the list is empty where the fault is
 *	                  not in the text (a CA file that cannot be read).
 *	                  200 with the new ETag: it is stored, and taken at once
 *
 * Both texts are sent from struct app_edit, which the next such request needs
 * for itself: an answer that is overtaken ends in the middle, as its reader
 * can see.
 */
#include "api/api_priv.h"

/* ---- answers from a->edit.text ------------------------------------------ */

static uint64_t
pack(const struct app *a, uint64_t n)
{
	return (uint64_t)a->edit.generation << 32 | n;
}

static enum control_more
next_text(void *ctx, uint64_t *state, struct buf *out)
{
	const struct app *a = ctx;
	uint32_t at = (uint32_t)*state;
	struct span text = { a->edit.text, a->edit.text_n };

	if (*state != pack(a, at)) {
		out->cut = true;
		return CONTROL_PIECE;
	}
	if (at >= text.n)
		return CONTROL_END;
	text = span_sub(text, at, out->cap);
	buf_put(out, text);
	*state = pack(a, at + text.n);
	return CONTROL_PIECE;
}

void
api_send_text(const struct app *a, struct control_call *call)
{
	call->more = next_text;
	call->state = pack(a, 0);
}

struct listing {
	struct json_out o;
	uint32_t skip, seen;
	bool is_full;
};

/* Both texts are ASCII, in which each character may need a backslash. */
#define FAULT_MAX_BYTES \
	(2 * (CONFIG_FAULT_KEY_MAX_BYTES + CONFIG_FAULT_TEXT_MAX_BYTES) + 96u)

static void
put_fault(void *ctx, const struct config_fault *fault)
{
	struct listing *l = ctx;
	struct json_out *o = &l->o;

	if (fault->warning || l->seen++ < l->skip || l->is_full)
		return;
	if (o->b->cap - o->b->n < FAULT_MAX_BYTES) {
		l->is_full = true;
		return;
	}
	l->skip++;
	json_put_open(o, '{');
	json_put_key(o, "line");
	json_put_int(o, fault->line);
	json_put_key(o, "column");
	json_put_int(o, fault->column);
	json_put_key(o, "key");
	json_put_string(o, span_str(fault->key));
	json_put_key(o, "text");
	json_put_string(o, span_str(fault->text));
	json_put_close(o, '}');
}

/* The text is read again for each piece: there may be any number of faults. */
static enum control_more
next_faults(void *ctx, uint64_t *state, struct buf *out)
{
	struct app *a = ctx;
	struct listing l = { .o = { out, (uint32_t)*state != 0 },
		.skip = (uint32_t)*state };

	if (l.skip == UINT32_MAX)
		return CONTROL_END;
	if (*state != pack(a, l.skip)) {
		out->cut = true;
		return CONTROL_PIECE;
	}
	if (app_edit_faults(a, put_fault, &l) == ST_OK)
		out->cut = true; /* it was refused before */
	*state = pack(a, l.is_full ? l.skip : UINT32_MAX);
	if (!l.is_full)
		buf_put_str(out, "]}\n");
	return CONTROL_PIECE;
}

unsigned
api_refuse_config(const struct app *a, struct control_call *call,
    const struct app_refusal *why)
{
	unsigned status = api_refuse(call, why);

	if (status != 422)
		return status;
	/* The closing bracket of the object comes behind the faults. */
	buf_rewind(call->out, call->out->n - 1);
	buf_put_str(call->out, ",\"faults\":[");
	if (why->has_faults) {
		call->more = next_faults;
		call->state = pack(a, 0);
	} else
		buf_put_str(call->out, "]}\n");
	return status;
}

/* ---- GET and PUT -------------------------------------------------------- */

static unsigned
refuse_stored(struct control_call *call, enum st st)
{
	if (st == ST_NOT_FOUND)
		return control_error(call, 404, "unconfigured",
		    "There is no configuration yet.", "config");
	return control_error(call, 500, "config_unreadable",
	    "The configuration's file cannot be read.", "config");
}

unsigned
api_config(void *ctx, struct control_call *call)
{
	struct app *a = ctx;
	enum st st = app_edit_load(a, call->etag);

	if (st != ST_OK)
		return refuse_stored(call, st);
	api_send_text(a, call);
	return 200;
}

/* RFC 9110, 13.1.1: strong comparison, so that a W/ never matches. */
static bool
is_match(struct span list, struct span etag)
{
	struct span one;

	while (span_split(&list, ',', &one)) {
		one = span_trim(one);
		if ((one.n != 0 && span_eq(one, etag)) ||
		    span_eq(one, SPAN_LIT("*")))
			return true;
	}
	return false;
}

/* 200: the request is about what is stored now. */
static unsigned
check_match(struct app *a, struct control_call *call)
{
	/* One that is there and cannot be read has no ETag: * matches it. */
	if (app_edit_load(a, call->etag) != ST_OK)
		app_edit_begin(a);
	if (call->request->if_match.p == NULL)
		return control_error(call, 428, "if_match_required",
		    "If-Match names the version that is to be replaced: the "
		    "ETag of GET /v1/config.",
		    "config");
	if (!is_match(call->request->if_match, span_str(call->etag)))
		return control_error(call, 412, "config_changed",
		    "The configuration has been changed meanwhile: get it "
		    "again.",
		    "config");
	return 200;
}

unsigned
api_stored(const struct app *a, struct control_call *call, unsigned status,
    const struct app_refusal *why)
{
	struct json_out o = { call->out, false };

	if (status != 200) {
		call->etag[0] = '\0';
		return api_refuse_config(a, call, why);
	}
	json_put_open(&o, '{');
	json_put_key(&o, "etag");
	json_put_string(&o, span_str(call->etag));
	json_put_close(&o, '}');
	buf_put_byte(call->out, '\n');
	return 200;
}

unsigned
api_config_put(void *ctx, struct control_call *call)
{
	struct app *a = ctx;
	struct app_actor actor = api_actor(call);
	struct buf text = BUF_OVER(a->edit.text);
	struct app_refusal why;
	unsigned status = check_match(a, call);

	if (status != 200)
		return status;
	app_edit_begin(a);
	buf_put(&text, call->body);
	a->edit.text_n = text.n;
	status = app_edit_store(
	    a, &actor, "config_put", NULL, call->etag, &why);
	return api_stored(a, call, status, &why);
}
