/* SPDX-License-Identifier: MIT */
/*
 * GET /v1/events: server-sent events (HTML Living Standard, 9.2).
 *
 *	event: daemon     it began with a configuration: ask for /v1/status
 *	event: connector  its row of /v1/status: another state or failure, or a
 *	event: sink       poll has finished
 *	event: check      a finished check of a test: {"connector","check", …}
 *	event: test       the end of a test: {"connector","result"}
 *	event: record     a new work unit, with its number as `id:` and what a
 *	                  list shows of it
 *
 * Nothing is queued.  A stream remembers what it said last of each thing, as a
 * digest or a number, and says what differs when its peer has read the rest: a
 * slow reader gets what is current.  A new one gets all rows once.
 *
 * Records are numbered without a gap, and the store is their queue: `id` tells
 * a client what it missed by pruning.  ?after=ID goes on behind that record,
 * ?last=N with the last N.
 *
 * A comment every API_EVENT_KEEP_MS shows that we are there.
 */
#include <string.h>

#include "api/api_priv.h"
#include "base/ticks.h"
#include "json/json.h"
#include "seal/seal.h"

/* ---- what a record's event holds ---------------------------------------- */

enum { W_ROOT };

static const struct json_want WANTS[] = {
	[W_ROOT] = { NULL, 0, JSON_OBJECT | JSON_EMIT, 0 },
	{ "id", W_ROOT, JSON_STRING, 64 },
	{ "version", W_ROOT, JSON_STRING, 32 },
	{ "event", W_ROOT, JSON_STRING, 16 },
	{ "title", W_ROOT, JSON_STRING, 600 },
	{ "severity", W_ROOT, JSON_STRING, 16 },
	{ "status", W_ROOT, JSON_STRING, 16 },
	{ "updated_at", W_ROOT, JSON_STRING, 40 },
};

static void
begin_event(struct buf *out, const char *name)
{
	buf_put_str(out, "event: ");
	buf_put_str(out, name);
	buf_put_str(out, "\ndata: ");
}

static void
end_event(struct buf *out)
{
	buf_put_str(out, "\n\n");
}

static enum st
put_summary(void *ctx, const struct json_element *element)
{
	struct buf *out = ctx;

	buf_put(out, element->text);
	return ST_OK;
}

/* A record as an event; one that cannot be read is left out. */
static void
put_record(struct app *a, struct buf *out, const struct store_record *rec)
{
	struct json_project project;
	uint8_t kept[1024], bytes[STORE_PART_BYTES];
	size_t start = out->n;
	enum st st = ST_OK;

	buf_put_str(out, "id: ");
	buf_put_i64(out, rec->seq);
	buf_put_byte(out, '\n');
	begin_event(out, "record");
	json_project_init(&project, WANTS, sizeof WANTS / sizeof WANTS[0],
	    BUF_OVER(kept), put_summary, out);
	for (uint32_t n = 0; n < rec->n && st == ST_OK;) {
		struct buf part = BUF_OVER(bytes);

		st = store_record_part(&a->store, rec->seq, n, &part);
		if (st == ST_OK)
			st = json_project_push(&project, span_of(&part));
		n += (uint32_t)part.n;
	}
	end_event(out);
	if (st != ST_OK || out->cut)
		buf_rewind(out, start);
}

/* ---- what is new -------------------------------------------------------- */

static bool
has_room(const struct buf *out)
{
	return out->cap - out->n >= API_EVENT_MAX_BYTES;
}

/* A digest that is never 0, and whether it differs from the one kept. */
static bool
is_new(uint32_t *kept, uint32_t digest)
{
	digest |= 1;
	if (*kept == digest)
		return false;
	*kept = digest;
	return true;
}

static uint32_t
digest_of(const char *state, const struct diagnosis *d, int64_t since,
    int64_t last_poll, struct span name)
{
	uint8_t text[2 * TICKS_TEXT_MAX_BYTES + 64];
	struct buf b = BUF_OVER(text);

	buf_put_i64(&b, since);
	buf_put_byte(&b, ' ');
	buf_put_i64(&b, last_poll);
	buf_put_byte(&b, ' ');
	buf_put_str(&b, state);
	return seal_crc32c(
	    seal_crc32c(seal_crc32c(0, span_of(&b)), span_str(d->code)), name);
}

static void
put_daemon(struct app *a, struct app_stream *s, struct buf *out)
{
	struct json_out o = { out, false };

	/* A configuration has its own time. */
	if (!is_new(&s->daemon,
		seal_crc32c(0,
		    (struct span){ (const uint8_t *)&a->config_stamp,
			sizeof a->config_stamp })))
		return;
	begin_event(out, "daemon");
	json_put_open(&o, '{');
	json_put_key(&o, "version");
	json_put_string(&o, SPAN_LIT(WF_VERSION));
	json_put_key(&o, "connectors");
	json_put_int(&o, (int64_t)a->config->connector_count);
	json_put_key(&o, "sinks");
	json_put_int(&o, (int64_t)a->config->sink_count);
	json_put_close(&o, '}');
	end_event(out);
}

static void
put_connectors(struct app *a, struct app_stream *s, struct buf *out)
{
	for (size_t i = 0; i < a->config->connector_count; i++) {
		const struct relay_connector *c = &a->relay.connector[i];
		struct json_out o = { out, false };

		if (!has_room(out) ||
		    !is_new(&s->connector[i],
			digest_of(api_connector_state(a, i), &c->diagnosis,
			    c->failed_since, c->last_poll, c->config->name)))
			continue;
		begin_event(out, "connector");
		api_put_connector(a, &o, i);
		end_event(out);
	}
}

static void
put_sinks(struct app *a, struct app_stream *s, struct buf *out)
{
	for (size_t i = 0; i < a->config->sink_count; i++) {
		struct relay_sink *sink = &a->relay.sink[i];
		struct json_out o = { out, false };

		if (!has_room(out) ||
		    !is_new(&s->sink[i],
			digest_of(api_sink_state(sink), &sink->diagnosis,
			    sink->failed_since, 0, sink->config->name)))
			continue;
		begin_event(out, "sink");
		api_put_sink(a, &o, sink);
		end_event(out);
	}
}

/* Of the test that was begun last: the checks that have not been said. */
static void
put_checks(struct app *a, struct app_stream *s, struct buf *out)
{
	const struct sentinel_check *check = &a->test.check;
	size_t finished = sentinel_check_finished(check);
	struct json_out o = { out, false };

	if (s->test != a->test.number) {
		s->test = a->test.number;
		s->checks = 0;
	}
	if (s->test == 0)
		return;
	for (; s->checks < finished && has_room(out); s->checks++) {
		o.comma = false;
		begin_event(out, "check");
		json_put_open(&o, '{');
		json_put_key(&o, "connector");
		json_put_string(&o, check->connector->name);
		sentinel_check_put(check, s->checks, &o);
		json_put_close(&o, '}');
		end_event(out);
	}
	if (s->checks != SENTINEL_CHECK_COUNT || app_test_is_running(a) ||
	    !has_room(out))
		return;
	s->checks++;
	o.comma = false;
	begin_event(out, "test");
	json_put_open(&o, '{');
	json_put_key(&o, "connector");
	json_put_string(&o, check->connector->name);
	json_put_key(&o, "result");
	json_put_string(
	    &o, span_str(sentinel_verdict_text(sentinel_check_verdict(check))));
	json_put_close(&o, '}');
	end_event(out);
}

static void
put_records(struct app *a, struct app_stream *s, struct buf *out)
{
	int64_t settled;

	if (store_record_settled(&a->store, &settled) != ST_OK)
		return;
	for (unsigned i = 0;
	     i < API_EVENT_BURST && s->record < settled && has_room(out); i++) {
		struct store_record rec;
		enum st st = store_record_look(&a->store, s->record + 2, &rec);
		uint64_t left;

		if (st == ST_OK && rec.seq == s->record + 1)
			put_record(a, out, &rec);
		else if (st != ST_CORRUPT && st != ST_OK && st != ST_NOT_FOUND)
			return;
		else if (rec.seq <= s->record &&
		    store_backlog(&a->store, s->record, &left) == ST_OK) {
			/* Pruned: on with the oldest that is there. */
			s->record = settled - (int64_t)left;
			continue;
		}
		s->record++;
	}
}

static enum control_more
next_events(void *ctx, uint64_t *state, struct buf *out)
{
	struct app *a = ctx;
	struct app_stream *s = &a->stream[*state];
	int64_t now_ms = clock_monotonic_ms(&clock_system);

	if (a->is_ready) {
		put_daemon(a, s, out);
		put_connectors(a, s, out);
		put_sinks(a, s, out);
		put_checks(a, s, out);
		put_records(a, s, out);
	}
	if (out->n == 0 && now_ms - s->said_ms >= API_EVENT_KEEP_MS)
		buf_put_str(out, ": still here\n\n");
	if (out->n == 0)
		return CONTROL_LATER;
	s->said_ms = now_ms;
	return CONTROL_PIECE;
}

/* ---- begin and end ------------------------------------------------------ */

static void
forget(void *ctx, uint64_t state)
{
	struct app *a = ctx;

	a->stream[state].busy = false;
}

/* The record behind which the stream begins. */
static bool
find_start(const struct control_call *call, int64_t settled, int64_t *record)
{
	uint64_t last, after;

	if (!api_number(call, "last", 0, API_WORKUNIT_MAX_COUNT, &last) ||
	    !api_number(call, "after", INT64_MAX, INT64_MAX, &after))
		return false;
	*record = last > (uint64_t)settled ? 0 : settled - (int64_t)last;
	if ((int64_t)after < settled)
		*record = (int64_t)after;
	return true;
}

unsigned
api_events(void *ctx, struct control_call *call)
{
	struct app *a = ctx;
	struct app_stream *s = NULL;
	int64_t settled, record;

	if (!a->is_ready)
		return api_unconfigured(call);
	for (size_t i = 0; i < API_STREAM_MAX_COUNT && s == NULL; i++)
		if (!a->stream[i].busy) {
			s = &a->stream[i];
			call->state = i;
		}
	if (s == NULL || store_record_settled(&a->store, &settled) != ST_OK)
		return control_error(call, 503, "busy",
		    "There are as many streams of events as are possible; try "
		    "again.",
		    "");
	if (!find_start(call, settled, &record))
		return control_error(call, 400, "bad_query",
		    "last is a number up to 10000, after is that of a record.",
		    "last");
	memset(s, 0, sizeof *s);
	s->busy = true;
	s->record = record;
	s->test = a->test.number;
	s->checks = SENTINEL_CHECK_COUNT + 1;
	s->said_ms = clock_monotonic_ms(&clock_system);
	/* A test that runs is told from here on. */
	if (app_test_is_running(a))
		s->checks = sentinel_check_finished(&a->test.check);
	call->type = "text/event-stream";
	call->more = next_events;
	call->ended = forget;
	return 200;
}
