/* SPDX-License-Identifier: MIT */
/*
 * relay.h - the polling cycle: read, enrich, deliver.
 *
 * One connector at a time goes through a cycle of two phases over the store.
 * Reading keeps every changed incident, pruned, together with the cursor that
 * covers it, page by page.  Enriching takes what waits in the store, the most
 * severe and newest first, fetches alerts, entities and comments within the
 * call budget, writes the record and hands it to the sinks; what the budget or
 * the service withholds is delivered `pending` and completed later.  A crash at
 * any point loses nothing: what was not committed is read again, what was not
 * acknowledged is delivered again under the same identity.
 *
 * The rules that are implemented here are numbered as in relay_read.c and
 * relay_enrich.c.  Read relay_state.h next.
 */
#ifndef RELAY_RELAY_H
#define RELAY_RELAY_H

#include "auth/auth.h"
#include "base/limits.h"
#include "config/config.h"
#include "health/counters.h"
#include "health/diagnosis.h"
#include "http/http.h"
#include "platform/clock.h"
#include "platform/log.h"
#include "relay/relay_state.h"
#include "sentinel/sentinel.h"
#include "sinks/sink_file.h"
#include "store/store.h"
#include "workunit/workunit.h"

/* Calls of one endpoint within a window of five minutes. */
struct relay_budget {
	int64_t window_ms;  /* monotonic: when the window began */
	int64_t blocked_ms; /* not before, after a 429 */
	uint32_t used;
};

/* How far a first look-back is, or a queue as long as one; see
 * relay_progress.c. */
struct relay_progress {
	bool active;
	uint64_t read_before; /* read_count when it began */
	int64_t since_ms;     /* enriching since; 0: not yet */
	uint64_t done;        /* incidents enriched since */
	uint64_t calls[WORKUNIT_PART_COUNT];
};

/* What is known of one connector while we run. */
struct relay_connector {
	const struct config_connector *config;
	uint32_t ws; /* its workspace in the store; 0: not read yet */
	struct store_cursor cursor;
	struct auth_token token;
	struct relay_budget budget[WORKUNIT_PART_COUNT];
	int64_t next_poll_ms;  /* monotonic */
	int64_t not_before_ms; /* likewise: Azure asked for this wait */
	bool poll_again;       /* asked for while it was enriching */
	bool old_api;          /* the older API version is in use */
	bool forbidden_said;
	struct relay_progress progress;
	struct diagnosis diagnosis; /* last failure; clear after success */
	int64_t failed_since;       /* ticks: the first of those in a row */
	int64_t last_poll;          /* ticks: the last that was read whole */
	struct counters_connector *counters;
};

struct relay_sink {
	const struct config_sink *config;
	struct sink_file file;
	int64_t acknowledged; /* seq: written and synced */
	bool moved;           /* since it was stored */
	bool open;
	struct diagnosis diagnosis;
	int64_t failed_since; /* ticks: the first failure in a row */
	struct counters_sink *counters;
};

/* One reading of a connector's incidents. */
struct relay_read {
	int64_t since; /* key of the page that is asked for */
	bool after;    /* "gt" in place of "ge" */
	uint32_t top;
	uint32_t elements; /* on this page */
	int64_t last;      /* largest key on this page */
	int64_t previous;  /* key of the element before */
	bool unsorted;     /* the service did not sort: follow links only */
	int64_t newest;    /* largest key of the whole reading */
	uint32_t pages;
};

/* The incident that is being enriched. */
struct relay_enrich {
	bool active;
	struct store_todo todo;
	struct span name;
	enum workunit_enrichment state[WORKUNIT_PART_COUNT];
	bool wanted[WORKUNIT_PART_COUNT]; /* still to be called */
	bool running[WORKUNIT_PART_COUNT];
	bool answered[WORKUNIT_PART_COUNT];    /* with a list */
	bool failed[WORKUNIT_PART_COUNT];      /* called, and no answer */
	bool restart;                          /* with a fresh token */
	uint32_t retry_s[WORKUNIT_PART_COUNT]; /* 429: not before */
	uint8_t memory_failures;
};

struct relay;

/* What on_done of a sub-request gets as its context. */
struct relay_part {
	struct relay *relay;
	enum workunit_part part;
};

struct relay_settings {
	const struct config *config; /* borrowed */
	const struct clock *clock;
	struct log *log;
	struct counters *counters; /* borrowed */
	const char *state_dir;
};

/* Private; static in the caller, zeroed. */
struct relay {
	struct relay_settings settings;
	struct http *http;
	struct store *store;
	struct auth *auth;
	struct sentinel *sentinel;
	struct workunit *workunit;
	enum relay_state state;
	int64_t state_since_ms;
	struct relay_connector connector[CONFIG_CONNECTOR_MAX_COUNT];
	struct relay_sink sink[CONFIG_SINK_MAX_COUNT];
	struct relay_connector *current; /* whose cycle it is */
	struct workunit_origin origin;
	char base[SENTINEL_BASE_MAX_BYTES];
	struct relay_read read;
	struct relay_enrich enrich;
	struct relay_part part[WORKUNIT_PART_COUNT];
	bool poll_only_enriches; /* no reading this time */
	int64_t begun_ms;        /* the cycle */
	bool token_renewed;      /* once in a cycle */
	unsigned failures;       /* sub-requests in a row */
	enum st cycle_st;        /* how the cycle went */
	unsigned batch;          /* records not committed */
	size_t batch_bytes;      /* their length */
	int64_t batch_since_ms;
	int64_t skew_s; /* our clock minus Azure's */
	bool skew_said;
	bool store_failed; /* must be opened again */
	bool store_full;   /* delivered records go, whatever their age */
	uint8_t pruned[ELEMENT_MAX_BYTES];
	jsmntok_t tok[ELEMENT_TOKEN_MAX_COUNT];
	struct buf record; /* over the caller's RECORD_MAX_BYTES */
};

struct relay_parts {
	struct http *http;
	struct store *store;
	struct auth *auth;
	struct sentinel *sentinel;
	struct workunit *workunit;
	uint8_t *record; /* RECORD_MAX_BYTES */
};

/* What a cursor belongs to: ARM origin and resource path in lower case, behind
 * what `key` holds; STORE_WORKSPACE_KEY_MAX_BYTES suffice.  ST_OK, ST_FULL. */
enum st relay_workspace_key(
    const struct config_connector *config, struct buf *key) MUST_CHECK;

/*
 * relay_open - read cursors, open sinks.
 *
 * r        all zero
 * returns  ST_OK, or a failure of the store; *d says which setting
 */
enum st relay_open(struct relay *r, const struct relay_settings *settings,
    const struct relay_parts *parts, struct diagnosis *d) MUST_CHECK;

/*
 * relay_begin - start a cycle of a connector, if none is under way.
 *
 * index    of the configuration's connectors
 * Nothing happens while another cycle runs; relay_is_idle tells.
 */
void relay_begin(struct relay *r, size_t index);

bool relay_is_idle(const struct relay *r);

/*
 * relay_step - do what can be done now, without waiting for the network.
 * To be called after every http_wait, until relay_is_idle.
 */
void relay_step(struct relay *r);

/* The connector whose poll is due; SIZE_MAX when there is none.  *wait_ms is
 * the time until the next one. */
size_t relay_due(struct relay *r, uint32_t *wait_ms);

/*
 * relay_poll_now - poll a connector next, and from then on by its interval.
 *
 * returns  ST_OK; ST_CONFIG it is disabled; ST_AGAIN Azure asked to be left
 *          alone until r->connector[index].not_before_ms
 * A poll that is reading now is the one; behind one that enriches another is
 * begun.
 */
enum st relay_poll_now(struct relay *r, size_t index) MUST_CHECK;

/* Where a long first look-back is. */
struct relay_forecast {
	const char *phase; /* "reading", "enriching"; NULL: there is none */
	uint64_t done;
	uint64_t left;        /* 0 while reading: Azure does not say */
	int64_t seconds_left; /* -1: not known, or not yet */
};

/* By the rate so far and the call budget.  cost: as store_todo_count. */
void relay_forecast(
    struct relay *r, size_t index, struct relay_forecast *forecast);

/* A cycle is under way, and only a reply lets it go on. */
bool relay_is_waiting(const struct relay *r);

/* Start a cycle without reading for a connector with enrichment that is due.
 * False: there is none; *wait_ms falls to the time until the next one. */
bool relay_enrich_due(struct relay *r, uint32_t *wait_ms);

/* Hand over what waits in the store; each sink's diagnosis says how it went,
 * and relay_sink_failure which one failed first. */
void relay_deliver(struct relay *r);
const struct diagnosis *relay_sink_failure(const struct relay *r);

/* Commit what is pending and close the sinks; a cycle that runs ends where it
 * is, a page that is being read is undone. */
void relay_close(struct relay *r);

#endif
