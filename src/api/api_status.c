/* SPDX-License-Identifier: MIT */
/*
 * GET /v1/status, made in pieces: the head, each connector, each sink, the
 * rest.  `state` is the number of the piece.
 */
#include <unistd.h>

#include "api/api_priv.h"
#include "arena/arena.h"
#include "base/ticks.h"
#include "json/json.h"

static void
put_text(struct json_out *o, const char *key, const char *text)
{
	json_put_key(o, key);
	json_put_string(o, span_str(text));
}

static void
put_count(struct json_out *o, const char *key, uint64_t n)
{
	json_put_key(o, key);
	json_put_int(o, n > INT64_MAX ? INT64_MAX : (int64_t)n);
}

/* A time, or null when it is 0. */
static void
put_time(struct json_out *o, const char *key, int64_t ticks)
{
	uint8_t room[TICKS_TEXT_MAX_BYTES];
	struct buf b = BUF_OVER(room);

	json_put_key(o, key);
	if (ticks <= 0) {
		json_put_null(o);
		return;
	}
	ticks_write(&b, ticks);
	json_put_text(o, span_of(&b));
}

static void
put_error(struct json_out *o, const struct diagnosis *d, int64_t since)
{
	json_put_key(o, "last_error");
	if (!diagnosis_is_set(d)) {
		json_put_null(o);
		return;
	}
	json_put_open(o, '{');
	put_text(o, "code", d->code);
	put_text(o, "message", d->message);
	put_text(o, "setting", d->setting);
	put_time(o, "since", since);
	json_put_close(o, '}');
}

const char *
api_connector_state(const struct app *a, size_t i)
{
	const struct relay_connector *c = &a->relay.connector[i];
	int64_t expires = a->secret_expires[i];

	if (!c->config->enabled)
		return "disabled";
	if (diagnosis_is_set(&c->diagnosis))
		return span_has_prefix(
			   span_str(c->diagnosis.code), SPAN_LIT("secret_")) ?
		    "secret_required" :
		    "error";
	return c->forbidden_said || app_is_expiring(expires) ? "warning" : "ok";
}

int64_t
api_wall_of(int64_t monotonic_ms)
{
	int64_t from_now = monotonic_ms - clock_monotonic_ms(&clock_system);

	return clock_wall_ticks(&clock_system) + from_now * TICKS_PER_MS;
}

/* Where a long first look-back is, else null. */
static void
put_progress(struct app *a, struct json_out *o, size_t i)
{
	struct relay_forecast f;

	relay_forecast(&a->relay, i, &f);
	json_put_key(o, "progress");
	if (f.phase == NULL) {
		json_put_null(o);
		return;
	}
	json_put_open(o, '{');
	put_text(o, "phase", f.phase);
	put_count(o, "done", f.done);
	put_count(o, "left", f.left);
	json_put_key(o, "seconds_left");
	if (f.seconds_left < 0)
		json_put_null(o);
	else
		json_put_int(o, f.seconds_left);
	json_put_close(o, '}');
}

void
api_put_connector(struct app *a, struct json_out *o, size_t i)
{
	const struct relay_connector *c = &a->relay.connector[i];
	uint64_t known = 0, pending = 0;
	int64_t due;

	/* What the store cannot say now is 0; its failure is a state of its
	 * own. */
	if (c->ws != 0 &&
	    (store_incident_count(&a->store, c->ws, &known) != ST_OK ||
		store_todo_count(&a->store, c->ws, &pending, &due) != ST_OK))
		known = pending = 0;
	json_put_open(o, '{');
	json_put_key(o, "name");
	json_put_string(o, c->config->name);
	put_text(o, "state", api_connector_state(a, i));
	put_time(o, "last_poll", c->last_poll);
	put_time(o, "next_poll",
	    c->config->enabled ? api_wall_of(c->next_poll_ms) : 0);
	put_error(o, &c->diagnosis, c->failed_since);
	put_time(o, "cursor", c->cursor.modified);
	put_count(o, "incidents_known", known);
	put_count(o, "pending_enrichment", pending);
	put_time(o, "secret_expires", a->secret_expires[i]);
	put_progress(a, o, i);
	json_put_close(o, '}');
}

const char *
api_sink_state(const struct relay_sink *s)
{
	if (!s->config->enabled)
		return "disabled";
	return diagnosis_is_set(&s->diagnosis) ? "error" : "ok";
}

void
api_put_sink(struct app *a, struct json_out *o, struct relay_sink *s)
{
	uint64_t backlog = 0;
	bool is_known = store_backlog(&a->store, s->acknowledged, &backlog) ==
	    ST_OK;

	json_put_open(o, '{');
	json_put_key(o, "name");
	json_put_string(o, s->config->name);
	put_text(o, "state", api_sink_state(s));
	put_count(o, "delivered", s->counters->delivered);
	put_count(o, "backlog", is_known ? backlog : 0);
	put_count(o, "set_aside", 0); /* a file refuses no record */
	put_error(o, &s->diagnosis, s->failed_since);
	json_put_close(o, '}');
}

static void
put_sandbox(const struct sandbox *s, struct json_out *o)
{
	json_put_key(o, "sandbox");
	json_put_open(o, '{');
	put_text(o, "state", sandbox_state(s));
	put_count(o, "landlock_abi", (uint64_t)s->landlock_abi);
	json_put_key(o, "seccomp");
	json_put_bool(o, s->has_seccomp);
	put_count(o, "uid", geteuid());
	json_put_close(o, '}');
}

static void
put_rest(struct app *a, struct json_out *o)
{
	const struct arena *arena = arena_shared();
	struct store_figures figures;

	store_figures(&a->store, &figures);
	json_put_key(o, "store");
	json_put_open(o, '{');
	put_text(o, "state",
	    a->store.db == NULL       ? "closed" :
		a->relay.store_failed ? "error" :
					"ok");
	put_count(o, "bytes", figures.file_bytes);
	put_count(o, "max_bytes", (uint64_t)a->config->store_max_mib << 20);
	json_put_close(o, '}');
	json_put_key(o, "memory");
	json_put_open(o, '{');
	put_count(o, "arena_bytes", arena->used_bytes);
	put_count(o, "arena_peak_bytes", arena->peak_bytes);
	put_count(o, "arena_size_bytes", ARENA_POOL_BYTES);
	put_count(o, "store_heap_peak_bytes", figures.heap_peak_bytes);
	json_put_close(o, '}');
	json_put_key(o, "vault");
	json_put_open(o, '{');
	put_text(o, "kind", vault_device_key.name);
	put_text(o, "state", a->is_ready ? "open" : "closed");
	json_put_close(o, '}');
	put_sandbox(&a->sandbox, o);
	json_put_key(o, "clock_skew_seconds");
	json_put_int(o, a->relay.skew_s);
	json_put_close(o, '}');
	buf_put_byte(o->b, '\n');
}

static void
put_head(struct app *a, struct json_out *o)
{
	int64_t up_ms = clock_monotonic_ms(&clock_system) - a->started_ms;

	json_put_open(o, '{');
	put_text(o, "version", WF_VERSION);
	put_count(o, "uptime_seconds", (uint64_t)up_ms / 1000);
	put_text(o, "state", a->is_ready ? "running" : "unconfigured");
	put_text(o, "log_level", log_level_text(log_level_now(&a->log)));
	json_put_key(o, "connectors");
	json_put_open(o, '[');
}

static enum control_more
next_piece(void *ctx, uint64_t *state, struct buf *out)
{
	struct app *a = ctx;
	size_t connectors = a->is_ready ? a->config->connector_count : 0;
	size_t sinks = a->is_ready ? a->config->sink_count : 0;
	uint64_t i = (*state)++;
	struct json_out o = { out, false };

	if (i < connectors) {
		o.comma = i != 0;
		api_put_connector(a, &o, (size_t)i);
		return CONTROL_PIECE;
	}
	i -= connectors;
	if (i == 0) {
		json_put_close(&o, ']');
		json_put_key(&o, "sinks");
		json_put_open(&o, '[');
		return CONTROL_PIECE;
	}
	if (i <= sinks) {
		o.comma = i != 1;
		api_put_sink(a, &o, &a->relay.sink[i - 1]);
		return CONTROL_PIECE;
	}
	if (i > sinks + 1)
		return CONTROL_END;
	json_put_close(&o, ']');
	put_rest(a, &o);
	return CONTROL_PIECE;
}

unsigned
api_status(void *ctx, struct control_call *call)
{
	struct json_out o = { call->out, false };

	put_head(ctx, &o);
	call->more = next_piece;
	return 200;
}
