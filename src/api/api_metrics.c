/* SPDX-License-Identifier: MIT */
/*
 * GET /metrics, in the text format of Prometheus 0.0.4: a table of metrics,
 * a piece each; `state` is the number of the next one.
 *
 * A label's value is a name of the configuration or one of our constants, so
 * that nobody outside can make series: at most 77 of requests and 56 of filters
 * are the longest pieces, and both fit (tests/unit/test_api_metrics.c).
 */
#include "api/api_priv.h"
#include "arena/arena.h"
#include "base/ticks.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

struct metric {
	const char *name, *type, *help;
	void (*put)(struct app *a, struct buf *b, const char *name);
};

struct label {
	const char *name;
	struct span value;
};

/* ---- one line ----------------------------------------------------------- */

/* Backslash, quote and line feed have a backslash in front (Prometheus,
 * "Exposition formats"). */
static void
put_escaped(struct buf *b, struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\n')
			buf_put_str(b, "\\n");
		else if (s.p[i] == '\\' || s.p[i] == '"') {
			buf_put_byte(b, '\\');
			buf_put_byte(b, s.p[i]);
		} else
			buf_put_byte(b, s.p[i]);
	}
}

/* name{label="value",...} and the space before the number. */
static void
put_series(struct buf *b, const char *name, const struct label *label, size_t n)
{
	buf_put_str(b, name);
	for (size_t i = 0; i < n; i++) {
		buf_put_byte(b, i == 0 ? '{' : ',');
		buf_put_str(b, label[i].name);
		buf_put_str(b, "=\"");
		put_escaped(b, label[i].value);
		buf_put_byte(b, '"');
	}
	if (n != 0)
		buf_put_byte(b, '}');
	buf_put_byte(b, ' ');
}

#define LABELS(...)                                         \
	(const struct label[]){ __VA_ARGS__ },              \
	    sizeof((const struct label[]){ __VA_ARGS__ }) / \
	    sizeof(struct label)

static void
put_number(struct buf *b, uint64_t n)
{
	buf_put_u64(b, n);
	buf_put_byte(b, '\n');
}

static void
put_seconds(struct buf *b, int64_t ms)
{
	buf_put_i64(b, ms / 1000);
	buf_put_byte(b, '.');
	for (int64_t unit = 100; unit != 0; unit /= 10)
		buf_put_byte(b, (uint8_t)('0' + ms / unit % 10));
	buf_put_byte(b, '\n');
}

/* ---- of the program ----------------------------------------------------- */

static void
put_up(struct app *a, struct buf *b, const char *name)
{
	put_series(b, name, NULL, 0);
	put_number(b, a->is_ready);
}

static void
put_read(struct app *a, struct buf *b, const char *name)
{
	put_series(b, name, NULL, 0);
	put_number(b, a->counters.read);
}

static void
put_set_aside(struct app *a, struct buf *b, const char *name)
{
	for (size_t i = 0; i < COUNT_OF(a->counters.reason); i++) {
		const struct counters_reason *reason = &a->counters.reason[i];

		if (reason->text == NULL)
			continue;
		put_series(
		    b, name, LABELS({ "reason", span_str(reason->text) }));
		put_number(b, reason->n);
	}
}

/* What did not happen yet is left out, but for success. */
static void
put_requests(struct app *a, struct buf *b, const char *name)
{
	for (unsigned op = 0; op < COUNTERS_OPERATION_COUNT; op++)
		for (unsigned s = 0; s < COUNTERS_STATUS_COUNT; s++) {
			uint64_t n = a->counters.request[op][s];

			if (n == 0 && s != COUNTERS_200)
				continue;
			put_series(b, name,
			    LABELS({ "operation",
				       span_str(counters_operation_text(op)) },
				{ "status",
				    span_str(counters_status_text(s)) }));
			put_number(b, n);
		}
}

static void
put_throttled(struct app *a, struct buf *b, const char *name)
{
	uint64_t n = 0;

	for (size_t op = 0; op < COUNTERS_OPERATION_COUNT; op++)
		n += a->counters.request[op][COUNTERS_429];
	put_series(b, name, NULL, 0);
	put_number(b, n);
}

static void
put_skew(struct app *a, struct buf *b, const char *name)
{
	put_series(b, name, NULL, 0);
	buf_put_i64(b, a->relay.skew_s);
	buf_put_byte(b, '\n');
}

static void
put_arena(struct app *a, struct buf *b, const char *name)
{
	(void)a;
	put_series(b, name, NULL, 0);
	put_number(b, arena_shared()->used_bytes);
}

static void
put_arena_peak(struct app *a, struct buf *b, const char *name)
{
	(void)a;
	put_series(b, name, NULL, 0);
	put_number(b, arena_shared()->peak_bytes);
}

static void
put_store(struct app *a, struct buf *b, const char *name)
{
	struct store_figures figures;

	store_figures(&a->store, &figures);
	put_series(b, name, NULL, 0);
	put_number(b, figures.file_bytes);
}

static void
put_stage(struct app *a, struct buf *b, const char *name)
{
	const struct {
		const char *status;
		uint64_t n;
	} row[] = {
		{ "success", a->counters.records },
		{ "error", a->counters.aside },
		{ "dropped", a->counters.filtered },
	};

	for (size_t i = 0; i < COUNT_OF(row); i++) {
		put_series(b, name,
		    LABELS({ "stage", SPAN_LIT("source_client") },
			{ "status", span_str(row[i].status) }));
		put_number(b, row[i].n);
	}
}

/* ---- of each connector and sink ----------------------------------------- */

/* Without a configuration there are none. */
static size_t
connector_count(const struct app *a)
{
	return a->is_ready ? a->config->connector_count : 0;
}

static void
put_connector_series(
    const struct relay_connector *c, struct buf *b, const char *name)
{
	put_series(b, name, LABELS({ "connector", c->config->name }));
}

static void
put_polls(struct app *a, struct buf *b, const char *name)
{
	for (size_t i = 0; i < connector_count(a); i++) {
		const struct relay_connector *c = &a->relay.connector[i];

		put_series(b, name,
		    LABELS({ "connector", c->config->name },
			{ "result", SPAN_LIT("success") }));
		put_number(b, c->counters->polls_done);
		put_series(b, name,
		    LABELS({ "connector", c->config->name },
			{ "result", SPAN_LIT("failure") }));
		put_number(b, c->counters->polls_failed);
	}
}

static void
put_duration(struct app *a, struct buf *b, const char *name)
{
	for (size_t i = 0; i < connector_count(a); i++) {
		const struct relay_connector *c = &a->relay.connector[i];

		if (c->counters->poll_ms < 0)
			continue;
		put_connector_series(c, b, name);
		put_seconds(b, c->counters->poll_ms);
	}
}

static void
put_filtered(struct app *a, struct buf *b, const char *name)
{
	for (size_t i = 0; i < connector_count(a); i++)
		for (unsigned rule = COUNTERS_PASSED + 1;
		     rule < COUNTERS_RULE_COUNT; rule++) {
			const struct relay_connector *c = &a->relay
							       .connector[i];

			put_series(b, name,
			    LABELS({ "connector", c->config->name },
				{ "rule",
				    span_str(counters_rule_text(rule)) }));
			put_number(b, c->counters->filtered[rule]);
		}
}

/* What the store cannot say now is left out. */
static void
put_pending(struct app *a, struct buf *b, const char *name)
{
	for (size_t i = 0; i < connector_count(a); i++) {
		const struct relay_connector *c = &a->relay.connector[i];
		uint64_t n;
		int64_t due;

		if (c->ws == 0 ||
		    store_todo_count(&a->store, c->ws, &n, &due) != ST_OK)
			continue;
		put_connector_series(c, b, name);
		put_number(b, n);
	}
}

/* It grows while something waits, for example for a sink. */
static void
put_lag(struct app *a, struct buf *b, const char *name)
{
	int64_t now = clock_wall_ticks(&clock_system) -
	    a->relay.skew_s * TICKS_PER_S;

	for (size_t i = 0; i < connector_count(a); i++) {
		const struct relay_connector *c = &a->relay.connector[i];
		int64_t waits = c->counters->undelivered;
		int64_t lag = waits == 0 ? c->counters->lag :
		    waits < now          ? now - waits :
					   0;

		if (lag < 0)
			continue;
		put_connector_series(c, b, name);
		put_seconds(b, lag / TICKS_PER_MS);
	}
}

static void
put_expiry(struct app *a, struct buf *b, const char *name)
{
	for (size_t i = 0; i < connector_count(a); i++) {
		if (a->secret_expires[i] == 0)
			continue;
		put_connector_series(&a->relay.connector[i], b, name);
		buf_put_i64(b, ticks_to_unix_s(a->secret_expires[i]));
		buf_put_byte(b, '\n');
	}
}

static size_t
sink_count(const struct app *a)
{
	return a->is_ready ? a->config->sink_count : 0;
}

static void
put_delivered(struct app *a, struct buf *b, const char *name)
{
	for (size_t i = 0; i < sink_count(a); i++) {
		const struct relay_sink *s = &a->relay.sink[i];

		put_series(b, name, LABELS({ "sink", s->config->name }));
		put_number(b, s->counters->delivered);
	}
}

static void
put_backlog(struct app *a, struct buf *b, const char *name)
{
	for (size_t i = 0; i < sink_count(a); i++) {
		const struct relay_sink *s = &a->relay.sink[i];
		uint64_t n;

		if (!s->config->enabled ||
		    store_backlog(&a->store, s->acknowledged, &n) != ST_OK)
			continue;
		put_series(b, name, LABELS({ "sink", s->config->name }));
		put_number(b, n);
	}
}

/* ---- the table ---------------------------------------------------------- */

#define P "wf_sentinel_"

static const struct metric METRICS[] = {
	{ P "up", "gauge",
	    "1: configured, with vault and store open; 0: not yet.", put_up },
	{ P "polls_total", "counter",
	    "Polls that ended, by connector and result.", put_polls },
	/* Polls are a minute apart at least, so that each is scraped: a
	 * histogram would only hide which one was slow. */
	{ P "poll_duration_seconds", "gauge",
	    "What the last poll took, with its enrichment.", put_duration },
	{ P "incidents_read_total", "counter",
	    "Incidents that were read, counted each time they were.",
	    put_read },
	{ P "records_delivered_total", "counter",
	    "Work unit records that a sink has acknowledged.", put_delivered },
	{ P "records_set_aside_total", "counter",
	    "Incidents that could not be mapped, by what is wrong with them.",
	    put_set_aside },
	{ P "filtered_total", "counter",
	    "Incidents that were not delivered, by the first setting that "
	    "kept them out.",
	    put_filtered },
	{ P "api_requests_total", "counter",
	    "Requests to Entra ID (token) and Azure that ended, by the HTTP "
	    "status of the reply; none: there was no reply.",
	    put_requests },
	{ P "throttled_total", "counter",
	    "Requests that were answered with 429.", put_throttled },
	{ P "enrichment_pending", "gauge",
	    "Incidents that wait for alerts, entities or comments.",
	    put_pending },
	{ P "lag_seconds", "gauge",
	    "From the newest modification that was read until its delivery; "
	    "until now while it is not delivered.",
	    put_lag },
	{ P "backlog_records", "gauge",
	    "Records that a sink has not acknowledged yet.", put_backlog },
	{ P "secret_expiry_timestamp_seconds", "gauge",
	    "When the client secret expires, where that was entered.",
	    put_expiry },
	{ P "clock_skew_seconds", "gauge",
	    "The appliance's clock minus Azure's.", put_skew },
	{ P "arena_bytes", "gauge",
	    "Memory that the network libraries have in use.", put_arena },
	{ P "arena_peak_bytes", "gauge", "The most that it was.",
	    put_arena_peak },
	{ P "store_bytes", "gauge", "The database and its log.", put_store },
	{ "pipeline_stage_count", "counter",
	    "The platform's count for this stage. success: a work unit record "
	    "was made; error: an incident could not be mapped; dropped: an "
	    "incident was kept out by a filter.",
	    put_stage },
};

#undef P

static enum control_more
next_piece(void *ctx, uint64_t *state, struct buf *out)
{
	const struct metric *m = &METRICS[*state];

	if (*state >= COUNT_OF(METRICS))
		return CONTROL_END;
	++*state;
	buf_put_str(out, "# HELP ");
	buf_put_str(out, m->name);
	buf_put_byte(out, ' ');
	buf_put_str(out, m->help);
	buf_put_str(out, "\n# TYPE ");
	buf_put_str(out, m->name);
	buf_put_byte(out, ' ');
	buf_put_str(out, m->type);
	buf_put_byte(out, '\n');
	m->put(ctx, out, m->name);
	return CONTROL_PIECE;
}

unsigned
api_metrics(void *ctx, struct control_call *call)
{
	(void)ctx;
	call->type = "text/plain; version=0.0.4; charset=utf-8";
	call->more = next_piece;
	return 200;
}
