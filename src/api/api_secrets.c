/* SPDX-License-Identifier: MIT */
/*
 * Secrets go in and never come out:
 *
 *	GET    /v1/secrets                 {"secrets":[{"scope","field","state",
 *	                                   "set_at","age_seconds","expires"}]}
 *	PUT    /v1/secrets/SCOPE/FIELD     {"value","expires"}
 *	DELETE /v1/secrets/SCOPE/FIELD
 *
 * `state` is "ok", or "damaged" for one that cannot be opened and is to be
 * entered again.  `expires` is a day, an RFC 3339 time, or null.
 */
#include "api/api_priv.h"
#include "app/app_secret.h"
#include "base/ticks.h"

/* A row: scope 48, field 32, two times, and the names around them. */
#define ROW_MAX_BYTES 320u

/* {"value":…,"expires":…} and then some, to be refused. */
#define TOKEN_COUNT 16

/* ---- GET ---------------------------------------------------------------- */

struct listing {
	struct json_out o;
	uint64_t skip, seen;
	bool is_full;
};

static void
put_time(struct json_out *o, const char *key, int64_t ticks)
{
	uint8_t room[TICKS_TEXT_MAX_BYTES];
	struct buf b = BUF_OVER(room);

	json_put_key(o, key);
	if (ticks <= 0 || ticks > TICKS_MAX) {
		json_put_null(o);
		return;
	}
	ticks_write(&b, ticks);
	json_put_text(o, span_of(&b));
}

static bool
put_row(void *ctx, const struct vault_entry *entry)
{
	struct listing *l = ctx;
	struct json_out *o = &l->o;
	int64_t age = clock_wall_ticks(&clock_system) - entry->set_at;

	if (l->seen++ < l->skip)
		return true;
	if (o->b->cap - o->b->n < ROW_MAX_BYTES) {
		l->seen--;
		l->is_full = true;
		return false;
	}
	json_put_open(o, '{');
	json_put_key(o, "scope");
	json_put_string(o, span_str(entry->scope));
	json_put_key(o, "field");
	json_put_string(o, span_str(entry->field));
	json_put_key(o, "state");
	json_put_string(
	    o, entry->state == ST_OK ? SPAN_LIT("ok") : SPAN_LIT("damaged"));
	put_time(o, "set_at", entry->set_at);
	json_put_key(o, "age_seconds");
	if (entry->state == ST_OK)
		json_put_int(o, age < 0 ? 0 : age / TICKS_PER_S);
	else
		json_put_null(o);
	put_time(o, "expires", entry->expires_at);
	json_put_close(o, '}');
	return true;
}

/* `state` is the number of rows that were shown; UINT64_MAX at the end. */
static enum control_more
next_rows(void *ctx, uint64_t *state, struct buf *out)
{
	struct app *a = ctx;
	struct listing l = { .o = { out, *state != 0 }, .skip = *state };

	if (*state == UINT64_MAX)
		return CONTROL_END;
	if (vault_list(&a->vault, put_row, &l) != ST_OK)
		out->cut = true; /* ends in the middle, and so is seen */
	*state = l.seen;
	if (!l.is_full) {
		buf_put_str(out, "]}\n");
		*state = UINT64_MAX;
	}
	return CONTROL_PIECE;
}

unsigned
api_secrets(void *ctx, struct control_call *call)
{
	struct app_refusal why;

	if (app_secret_vault(ctx, &why) != 200)
		return api_refuse(call, &why);
	buf_put_str(call->out, "{\"secrets\":[");
	call->more = next_rows;
	return 200;
}

/* ---- PUT and DELETE ----------------------------------------------------- */

static unsigned
refuse_body(struct app_refusal *why, const char *message)
{
	return app_refuse(why, 422, "bad_body", message, "client_secret");
}

/* The members of the body: the value, decoded, into `value`. */
static unsigned
take_body(struct span body, struct buf *value, int64_t *expires,
    struct app_refusal *why)
{
	jsmntok_t tok[TOKEN_COUNT];
	struct json_doc doc;
	uint8_t room[40];
	struct buf day = BUF_OVER(room);
	size_t offset, members = 0;
	int text, date;

	*expires = 0;
	if (json_check(body, &offset) != ST_OK ||
	    json_doc_parse(&doc, body, tok, TOKEN_COUNT) != ST_OK ||
	    json_type(&doc, 0) != JSON_OBJECT)
		return refuse_body(why, "The body is {\"value\",\"expires\"}.");
	text = json_member(&doc, 0, "value");
	date = json_member(&doc, 0, "expires");
	for (int t = json_first(&doc, 0); t >= 0; t = json_next(&doc, t))
		members++;
	if (json_type(&doc, text) != JSON_STRING ||
	    members != (date < 0 ? 1u : 2u))
		return refuse_body(why,
		    "The body is {\"value\",\"expires\"} and nothing else.");
	json_decode(value, json_string(&doc, text));
	if (value->cut)
		return app_refuse(why, 422, "secret_malformed",
		    "The value is longer than a client secret can be.",
		    "client_secret");
	if (date < 0 || span_eq(json_raw(&doc, date), SPAN_LIT("null")))
		return 200;
	json_decode(&day, json_string(&doc, date));
	if (day.cut || app_secret_expiry(span_of(&day), expires) != ST_OK)
		return refuse_body(why, "expires is a date as YYYY-MM-DD.");
	return 200;
}

unsigned
api_secret_put(void *ctx, struct control_call *call)
{
	struct app *a = ctx;
	struct app_actor actor = api_actor(call);
	uint8_t bytes[APP_CLIENT_SECRET_MAX_BYTES];
	struct buf value = BUF_OVER(bytes);
	struct app_refusal why;
	int64_t expires;
	unsigned status = take_body(call->body, &value, &expires, &why);

	if (status == 200)
		status = app_secret_set(a, &actor, span_str(call->arg[0]),
		    span_str(call->arg[1]), span_of(&value), expires, &why);
	wipe(bytes, sizeof bytes);
	if (status != 200)
		return api_refuse(call, &why);
	buf_put_str(call->out,
	    expires == 0 ? "{\"stored\":true,\"expires\":null}\n" :
			   "{\"stored\":true}\n");
	return 200;
}

unsigned
api_secret_delete(void *ctx, struct control_call *call)
{
	struct app_actor actor = api_actor(call);
	struct app_refusal why;

	if (app_secret_delete(ctx, &actor, span_str(call->arg[0]),
		span_str(call->arg[1]), &why) != 200)
		return api_refuse(call, &why);
	buf_put_str(call->out, "{\"deleted\":true}\n");
	return 200;
}
