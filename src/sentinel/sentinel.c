/* SPDX-License-Identifier: MIT */
/*
 * A call is a request and what its reply is streamed into:
 *
 *	bytes -> projector (table by status: reply or error body)
 *	      -> elements -> on_element      (200 only)
 *	      -> nextLink -> checked, kept   (200 only)
 *	      -> error code and message      (otherwise)
 *
 * The call stays reserved for its ctx after the end while a next page is known,
 * so that sentinel_follow finds the link; sentinel_start of another ctx may
 * take it over.
 *
 * A chain of links that comes back to one of its own ends by Brent's rule: the
 * link followed as the 1st, 2nd, 4th, 8th ... is kept, and each new one is
 * compared with it.  A circle of n links whose first is the m-th is noticed
 * after fewer than 2 max(m, n) + n pages, with one CRC for memory; that two
 * links have equal CRCs by chance (1 in 2^32) costs a page, asked for again.
 */
#include "sentinel/sentinel.h"

#include <assert.h>
#include <string.h>

#include "auth/auth.h"
#include "seal/seal.h"
#include "sentinel/sentinel_priv.h"

enum { ERROR_ROOT, ERROR_ERROR, ERROR_CODE, ERROR_MESSAGE };

static const struct json_want ERROR_WANTS[] = {
	[ERROR_ROOT] = { NULL, 0, JSON_OBJECT, 0 },
	[ERROR_ERROR] = { "error", ERROR_ROOT, JSON_OBJECT, 0 },
	[ERROR_CODE] = { "code", ERROR_ERROR, JSON_STRING | JSON_EMIT, 63 },
	[ERROR_MESSAGE] = { "message", ERROR_ERROR, JSON_STRING | JSON_EMIT,
	    600 },
};

/* Replies of which nothing but their validity matters. */
static const struct json_want NOTHING[] = { { NULL, 0, 0, 0 } };

static const enum workunit_reply REPLY[] = {
	[SENTINEL_ONBOARDING] = WORKUNIT_REPLY_COUNT,
	[SENTINEL_LIST] = WORKUNIT_INCIDENTS,
	[SENTINEL_NEWEST] = WORKUNIT_INCIDENTS,
	[SENTINEL_ALERTS] = WORKUNIT_ALERTS,
	[SENTINEL_ENTITIES] = WORKUNIT_ENTITIES,
	[SENTINEL_COMMENTS] = WORKUNIT_COMMENTS,
};

static const enum counters_operation COUNTED[] = {
	[SENTINEL_ONBOARDING] = COUNTERS_ONBOARDING,
	[SENTINEL_LIST] = COUNTERS_INCIDENTS,
	[SENTINEL_NEWEST] = COUNTERS_NEWEST,
	[SENTINEL_ALERTS] = COUNTERS_ALERTS,
	[SENTINEL_ENTITIES] = COUNTERS_ENTITIES,
	[SENTINEL_COMMENTS] = COUNTERS_COMMENTS,
};

void
sentinel_init(struct sentinel *s, struct http *http)
{
	s->http = http;
	for (size_t i = 0; i < HTTP_SLOT_COUNT; i++) {
		s->call[i].owner = s;
		s->call[i].busy = false;
	}
}

enum st
sentinel_choose(struct sentinel *s, const struct config_connector *connector)
{
	struct buf base = BUF_OVER(s->base);

	s->connector = connector;
	s->api_version = connector->api_version;
	for (size_t i = 0; i < HTTP_SLOT_COUNT; i++) {
		assert(!s->call[i].busy);
		s->call[i].next[0] = '\0';
	}
	if (sentinel_base_path(connector, &base) != ST_OK ||
	    buf_str(&base)[0] == '\0')
		return ST_FULL;
	return ST_OK;
}

void
sentinel_fall_back(struct sentinel *s)
{
	s->api_version = SPAN_LIT(SENTINEL_OLD_API_VERSION);
}

/* ---- the reply, while it comes ------------------------------------------ */

static enum st
on_next_link(struct sentinel_call *call, const struct json_element *element)
{
	struct span quoted = element->text;
	uint8_t text[NEXT_LINK_MAX_BYTES];
	struct buf link = BUF_OVER(text);
	struct buf out = BUF_OVER(call->next);

	json_decode(&link, span_sub(quoted, 1, quoted.n - 2));
	call->next[0] = '\0';
	/* An empty one is none. */
	if (link.n == 0 && !link.cut)
		return ST_OK;
	call->next_st = link.cut || element->cut != 0 ?
	    ST_DENIED :
	    sentinel_check_link(call->owner, span_of(&link), &out);
	if (call->next_st != ST_OK)
		call->next[0] = '\0';
	/* Judged at the end: a bad link fails the page as a whole. */
	return ST_OK;
}

static enum st
on_reply_element(void *ctx, const struct json_element *element)
{
	struct sentinel_call *call = ctx;

	if (call->wants->next_link != 0 &&
	    element->want == call->wants->next_link)
		return on_next_link(call, element);
	call->element_st = call->on_element(call->ctx, element);
	return call->element_st;
}

static enum st
on_error_element(void *ctx, const struct json_element *element)
{
	struct sentinel_call *call = ctx;
	struct span inside = span_sub(element->text, 1, element->text.n - 2);
	struct buf message = BUF_OVER(call->message);

	if (element->want == ERROR_CODE) {
		if (span_to_str(inside, call->code, sizeof call->code) != ST_OK)
			call->code[0] = '\0';
	} else {
		json_decode(&message, inside);
		call->message_n = message.n;
	}
	return ST_OK;
}

static void
begin_body(struct sentinel_call *call, unsigned status)
{
	struct buf out = BUF_OVER(call->element);
	enum workunit_reply reply = REPLY[call->query.operation];

	call->begun = true;
	call->wants = NULL;
	if (status != 200)
		json_project_init(&call->project, ERROR_WANTS,
		    sizeof ERROR_WANTS / sizeof ERROR_WANTS[0], out,
		    on_error_element, call);
	else if (reply == WORKUNIT_REPLY_COUNT)
		json_project_init(&call->project, NOTHING, 1, out, NULL, NULL);
	else {
		call->wants = workunit_wants(reply);
		json_project_init(&call->project, call->wants->wants,
		    call->wants->count, out, on_reply_element, call);
	}
}

static enum st
on_body(void *ctx, unsigned status, struct span bytes)
{
	struct sentinel_call *call = ctx;
	enum st st;

	if (!call->begun)
		begin_body(call, status);
	st = call->readable ? json_project_push(&call->project, bytes) : ST_OK;
	if (st == ST_OK)
		return ST_OK;
	call->readable = false;
	/* An error's status says enough without its body. */
	return status == 200 ? st : ST_OK;
}

/* ---- the end ------------------------------------------------------------ */

/* The link comes back to an earlier one, or the chain is too long. */
static bool
is_endless(const struct sentinel_call *call)
{
	if (call->next[0] == '\0' || call->followed == 0)
		return false;
	return call->followed == SENTINEL_FOLLOW_MAX_COUNT ||
	    seal_crc32c(0, span_str(call->next)) == call->kept_next;
}

static void
count_link(struct sentinel_call *call)
{
	call->followed++;
	if ((call->followed & (call->followed - 1)) == 0)
		call->kept_next = seal_crc32c(0, span_str(call->next));
}

/* A whole 200 reply: valid to its end, no member twice beside the elements,
 * and its link believable? */
static void
judge_success(struct sentinel_call *call, struct sentinel_reply *reply,
    struct diagnosis *d)
{
	if (!call->begun || json_project_finish(&call->project) != ST_OK ||
	    call->project.outer_flags != 0) {
		reply->st = ST_MALFORM;
		diagnosis_set(d, SPAN_LIT("reply_malformed"),
		    call->owner->connector->arm_url);
	} else if (call->next_st != ST_OK || is_endless(call)) {
		reply->st = call->next_st == ST_FULL ? ST_FULL : ST_MALFORM;
		diagnosis_set(d, SPAN_LIT("next_link_refused"),
		    call->owner->connector->arm_url);
	} else
		reply->more = call->next[0] != '\0';
}

/* The first byte was not JSON's: somebody else answered for Azure. */
static bool
is_foreign(const struct sentinel_call *call, const struct http_result *result)
{
	return result->status == 200 && call->element_st == ST_OK &&
	    result->st == ST_MALFORM && call->project.offset == 0;
}

static void
on_done(void *ctx, const struct http_result *result)
{
	struct sentinel_call *call = ctx;
	struct span host = call->owner->connector->arm_url;
	struct sentinel_reply reply = {
		.status = result->status,
		.date = result->date,
		.retry_after_s = result->retry_after_s,
	};
	struct diagnosis d;

	diagnosis_clear(&d);
	reply.diagnosis = &d;
	call->busy = false;
	if (is_foreign(call, result)) {
		reply.st = ST_MALFORM;
		diagnosis_set(&d, SPAN_LIT("http_unexpected"), host);
	} else if (http_diagnose(result, host, &d))
		reply.st = result->st != ST_OK                    ? result->st :
		    result->status >= 300 && result->status < 400 ? ST_MALFORM :
								    ST_IO;
	else if (result->status == 200)
		judge_success(call, &reply, &d);
	else
		sentinel_judge_error(call, result, &reply, &d);
	if (reply.st != ST_OK) {
		call->next[0] = '\0';
		diagnosis_set_ids(&d, span_str(result->request_id),
		    span_str(result->correlation_id));
		diagnosis_withhold(
		    &d, auth_header_token(call->query.authorization));
	}
	call->on_done(call->ctx, &reply);
}

/* ---- the beginning ------------------------------------------------------ */

static enum st
send(struct sentinel_call *call, const char *url)
{
	enum sentinel_operation op = call->query.operation;
	struct http_request request = {
		.method = op == SENTINEL_ALERTS || op == SENTINEL_ENTITIES ?
		    HTTP_POST :
		    HTTP_GET,
		.operation = COUNTED[op],
		.url = url,
		.authorization = call->query.authorization,
		.on_body = on_body,
		.on_done = on_done,
		.ctx = call,
	};
	enum st st;

	call->begun = false;
	call->readable = true;
	call->element_st = ST_OK;
	call->next_st = ST_OK;
	call->code[0] = '\0';
	call->message_n = 0;
	st = http_start(call->owner->http, &request);
	/* libcurl copied the URL; a link in it is not to be followed again. */
	call->next[0] = '\0';
	call->busy = st == ST_OK;
	return st;
}

/* A free call: that of the same ctx first, then one that waits for nothing. */
static struct sentinel_call *
find_call(struct sentinel *s, const void *ctx)
{
	struct sentinel_call *found = NULL;

	for (size_t i = 0; i < HTTP_SLOT_COUNT; i++) {
		struct sentinel_call *call = &s->call[i];

		if (call->busy)
			continue;
		if (call->ctx == ctx)
			return call;
		if (found == NULL || call->next[0] == '\0')
			found = call;
	}
	return found;
}

enum st
sentinel_start(struct sentinel *s, const struct sentinel_query *query,
    sentinel_element *on_element, sentinel_done *on_done_fn, void *ctx)
{
	struct sentinel_call *call = find_call(s, ctx);
	uint8_t text[HTTP_URL_MAX_BYTES];
	struct buf url = BUF_OVER(text);
	enum st st;

	if (call == NULL)
		return ST_AGAIN;
	st = sentinel_url(s, query, &url);
	if (st != ST_OK)
		return st;
	call->query = *query;
	call->on_element = on_element;
	call->on_done = on_done_fn;
	call->ctx = ctx;
	call->followed = 0;
	return send(call, buf_str(&url));
}

enum st
sentinel_follow(struct sentinel *s, const void *ctx, const char *authorization)
{
	for (size_t i = 0; i < HTTP_SLOT_COUNT; i++) {
		struct sentinel_call *call = &s->call[i];
		char url[NEXT_LINK_MAX_BYTES];

		if (call->busy || call->ctx != ctx || call->next[0] == '\0')
			continue;
		count_link(call);
		call->query.authorization = authorization;
		memcpy(url, call->next, sizeof url);
		return send(call, url);
	}
	return ST_MALFORM;
}
