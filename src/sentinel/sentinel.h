/* SPDX-License-Identifier: MIT */
/*
 * sentinel.h - the Microsoft Sentinel API of one workspace, over ARM.
 *
 * Builds the requests, streams the replies through the projector, judges what
 * came back.  Knows nothing of cursors, budgets or records: relay decides what
 * is asked and when.
 *
 * Source: the API description SecurityInsights 2025-09-01 (Incidents.json,
 * OnboardingStates.json).
 */
#ifndef SENTINEL_SENTINEL_H
#define SENTINEL_SENTINEL_H

#include "base/limits.h"
#include "base/span.h"
#include "config/config.h"
#include "health/diagnosis.h"
#include "http/http.h"
#include "json/json.h"
#include "workunit/workunit.h"

enum sentinel_operation {
	SENTINEL_ONBOARDING, /* GET onboardingStates/default */
	SENTINEL_LIST,       /* GET incidents */
	SENTINEL_NEWEST,     /* GET incidents?$top=1, newest first */
	SENTINEL_ALERTS,     /* POST incidents/{name}/alerts */
	SENTINEL_ENTITIES,   /* POST incidents/{name}/entities */
	SENTINEL_COMMENTS,   /* GET incidents/{name}/comments */
};

struct sentinel_query {
	enum sentinel_operation operation;
	const char *authorization; /* header line; borrowed */
	/* LIST: what was modified at this time or later (ticks) … */
	int64_t since;
	bool after;   /* … or only later */
	uint32_t top; /* 1..1000 */
	/* ALERTS, ENTITIES, COMMENTS: the incident's resource name. */
	struct span incident;
};

/* What came of a request. */
struct sentinel_reply {
	/*
	 * ST_OK       a whole, valid reply; all its elements were handed over
	 * ST_DENIED   refused by ARM or by a certificate check
	 * ST_NOT_FOUND  404 for an incident
	 * ST_AGAIN    429: not before retry_after_s
	 * ST_MALFORM  not a reply of this API, or broken JSON
	 * ST_CONFIG   a setting is wrong (404 of the workspace, API version)
	 * ST_TIMEOUT, ST_IO, ST_FULL  temporary
	 * other       what the element handler returned
	 */
	enum st st;
	unsigned status;
	bool more;            /* a next page is known: sentinel_follow */
	bool token_refused;   /* a fresh token may help, once */
	bool version_unknown; /* the API version is not known here */
	int64_t date;         /* server's Date in ticks, -1 */
	uint32_t retry_after_s;
	const struct diagnosis *diagnosis; /* set unless ST_OK */
};

typedef enum st sentinel_element(void *ctx, const struct json_element *element);
typedef void sentinel_done(void *ctx, const struct sentinel_reply *reply);

struct sentinel_call {
	struct sentinel *owner;
	bool busy;
	struct sentinel_query query;
	sentinel_element *on_element;
	sentinel_done *on_done;
	void *ctx;
	struct json_project project;
	const struct workunit_wants *wants; /* NULL: an error body */
	bool begun;
	bool readable;
	enum st element_st;
	char code[64];
	uint8_t message[600];
	size_t message_n;
	char next[NEXT_LINK_MAX_BYTES]; /* rebuilt, or "" */
	unsigned followed;              /* links of this chain */
	uint32_t kept_next;             /* CRC of one of them */
	enum st next_st;
	uint8_t element[ELEMENT_MAX_BYTES];
};

/* Private; about 60 KiB, touched as far as it is used. */
struct sentinel {
	struct http *http;
	const struct config_connector *connector;
	struct span api_version;
	char base[SENTINEL_BASE_MAX_BYTES];
	struct sentinel_call call[HTTP_SLOT_COUNT];
};

/* *s is all zero before (static memory, which is then not touched as a whole),
 * or was used with an http that has been closed since: what was under way is
 * forgotten.  http is borrowed for the life of *s. */
void sentinel_init(struct sentinel *s, struct http *http);

/*
 * sentinel_choose - work for this connector from now on.
 *
 * connector  borrowed until the next call; no request may be under way
 * returns    ST_OK; ST_FULL the names do not fit (config checked them: never)
 */
enum st sentinel_choose(
    struct sentinel *s, const struct config_connector *connector) MUST_CHECK;

/* The older API version that every cloud knows, from now on. */
void sentinel_fall_back(struct sentinel *s);

/* "/subscriptions/…/providers/Microsoft.SecurityInsights" of a connector. */
enum st sentinel_base_path(
    const struct config_connector *connector, struct buf *out) MUST_CHECK;

/*
 * sentinel_start - send a query.
 *
 * on_element  called for every element of the reply, in its order; what it
 *             returns other than ST_OK ends the request with it
 * on_done     called once, from http_wait
 * returns     ST_OK; ST_AGAIN all slots are busy; ST_FULL no memory now
 */
enum st sentinel_start(struct sentinel *s, const struct sentinel_query *query,
    sentinel_element *on_element, sentinel_done *on_done, void *ctx) MUST_CHECK;

/*
 * sentinel_follow - ask for the next page, from within on_done or after it.
 *
 * ctx      that of the call whose reply had `more`; handlers stay the same
 * returns  as sentinel_start; ST_MALFORM when there is no next page
 * A link that repeats an earlier one of its chain, and one beyond
 * SENTINEL_FOLLOW_MAX_COUNT, is refused with the page that it comes with.
 */
enum st sentinel_follow(
    struct sentinel *s, const void *ctx, const char *authorization) MUST_CHECK;

/*
 * sentinel_check_link - the rules for a nextLink.
 *
 * It must be an https URL of the same host and port, without user and fragment,
 * below the workspace's incidents; the URL that is sent is rebuilt from our
 * origin and its path and query.
 *
 * link     decoded UTF-8 as the service sent it (raw spaces happen)
 * out      takes the rebuilt URL
 * returns  ST_OK; ST_DENIED it leads elsewhere; ST_FULL
 */
enum st sentinel_check_link(
    const struct sentinel *s, struct span link, struct buf *out) MUST_CHECK;

#endif
