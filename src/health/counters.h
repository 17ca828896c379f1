/* SPDX-License-Identifier: MIT */
/*
 * counters.h - what happened since the program was started, as one plain
 * struct.
 *
 * Those who count get a pointer to it in their settings; GET /metrics shows it
 * (api/api_metrics.c).  It outlives the configuration: what stands under the
 * name of a connector or sink goes on after a reload, so that no number ever
 * falls while the program runs.
 */
#ifndef HEALTH_COUNTERS_H
#define HEALTH_COUNTERS_H

#include "base/limits.h"
#include "base/span.h"

/* clang-format off */
/* What is asked of Entra ID and ARM: the label `operation`. */
#define COUNTERS_OPERATION_LIST(X)               \
	X(COUNTERS_TOKEN, "token")               \
	X(COUNTERS_ONBOARDING, "onboarding")     \
	X(COUNTERS_INCIDENTS, "incidents")       \
	X(COUNTERS_NEWEST, "newest_incident")    \
	X(COUNTERS_ALERTS, "alerts")             \
	X(COUNTERS_ENTITIES, "entities")         \
	X(COUNTERS_COMMENTS, "comments")

/* The label `status`: the codes that say something of their own, and the rest
 * of each class.  The first row that a code lies in is its own. */
#define COUNTERS_STATUS_LIST(X)                  \
	X(COUNTERS_200, "200", 200, 200)         \
	X(COUNTERS_400, "400", 400, 400)         \
	X(COUNTERS_401, "401", 401, 401)         \
	X(COUNTERS_403, "403", 403, 403)         \
	X(COUNTERS_404, "404", 404, 404)         \
	X(COUNTERS_429, "429", 429, 429)         \
	X(COUNTERS_3XX, "3xx", 300, 399)         \
	X(COUNTERS_4XX, "4xx", 400, 499)         \
	X(COUNTERS_5XX, "5xx", 500, 599)         \
	X(COUNTERS_NO_REPLY, "none", 0, 0)       \
	X(COUNTERS_OTHER, "other", 0, UINT16_MAX)

/* Why an incident is not delivered: the label `rule`.  NONE is not shown. */
#define COUNTERS_RULE_LIST(X)                    \
	X(COUNTERS_PASSED, "")                   \
	X(COUNTERS_MERGED, "merged")             \
	X(COUNTERS_STATUSES, "statuses")         \
	X(COUNTERS_SEVERITY, "min_severity")     \
	X(COUNTERS_TITLE, "exclude.title_contains") \
	X(COUNTERS_LABEL, "exclude.label")       \
	X(COUNTERS_PRODUCT, "exclude.product")   \
	X(COUNTERS_RULE_ID, "exclude.rule_id")
/* clang-format on */

enum counters_operation {
#define X(name, text) name,
	COUNTERS_OPERATION_LIST(X)
#undef X
	    COUNTERS_OPERATION_COUNT
};

enum counters_status {
#define X(name, text, first, last) name,
	COUNTERS_STATUS_LIST(X)
#undef X
	    COUNTERS_STATUS_COUNT
};

enum counters_rule {
#define X(name, text) name,
	COUNTERS_RULE_LIST(X)
#undef X
	    COUNTERS_RULE_COUNT
};

/* Whose numbers are in a place. */
struct counters_place {
	char name[CONFIG_NAME_MAX_BYTES + 1]; /* "": nobody's yet */
	bool is_used;                         /* by the configuration */
};

struct counters_connector {
	struct counters_place place;
	uint64_t polls_done, polls_failed;
	int64_t poll_ms; /* what the last poll took; -1: none yet */
	uint64_t read, aside, records;
	uint64_t filtered[COUNTERS_RULE_COUNT];
	/* Ticks.  The newest modification of an incident that was read and is
	 * not delivered yet, 0: there is none; and how long the last one took
	 * from there to the sinks, -1: not known. */
	int64_t undelivered, lag;
};

struct counters_sink {
	struct counters_place place;
	uint64_t delivered;
};

struct counters_reason {
	const char *text; /* a constant of ours; NULL: not in use */
	uint64_t n;
};

struct counters {
	struct counters_connector connector[CONFIG_CONNECTOR_MAX_COUNT];
	struct counters_sink sink[CONFIG_SINK_MAX_COUNT];
	uint64_t request[COUNTERS_OPERATION_COUNT][COUNTERS_STATUS_COUNT];
	/* Of all connectors, also of those that are gone. */
	uint64_t read, filtered, aside, records;
	struct counters_reason reason[COUNTERS_REASON_MAX_COUNT];
};

/*
 * counters_connectors, counters_sinks - the place of each of these names.
 *
 * name     n different ones, n at most the number of places
 * at       takes a pointer into *c for each
 * A name that had a place keeps it and its numbers; a new one gets one that was
 * never used, or else one whose name is not among these, emptied.
 */
void counters_connectors(struct counters *c, const struct span *name, size_t n,
    struct counters_connector *at[]);
void counters_sinks(struct counters *c, const struct span *name, size_t n,
    struct counters_sink *at[]);

/* A request has ended with this status; 0: there was no reply. */
void counters_request(
    struct counters *c, enum counters_operation operation, unsigned status);

/* An incident was set aside.  reason: a constant text, kept as a pointer; when
 * there are more different ones than places, the last place takes the rest. */
void counters_aside(struct counters *c, const char *reason);

/* The labels' values; constant texts. */
const char *counters_operation_text(enum counters_operation operation);
const char *counters_status_text(enum counters_status status);
const char *counters_rule_text(enum counters_rule rule);

#endif
