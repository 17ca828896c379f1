/* SPDX-License-Identifier: MIT */
/*
 * http.h - one HTTPS request at a time in each of a few slots; the only user
 * of libcurl.
 *
 * Connections are kept between requests and capped.  Redirects are never
 * followed, only https is spoken, proxies come from the configuration only, no
 * cookie, no cache, no decompression.  Which server is believed is tls's
 * decision.  Bodies are streamed to the caller, whatever their size; memory is
 * the arena's.
 *
 * Everything happens inside http_wait, in the caller's thread.
 */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include "base/limits.h"
#include "base/span.h"
#include "base/uuid.h"
#include "health/counters.h"
#include "health/diagnosis.h"
#include "platform/clock.h"
#include "platform/watch.h"
#include "tls/tls.h"

enum http_method { HTTP_GET, HTTP_POST };

/* How a request ended. */
struct http_result {
	/*
	 * ST_OK       a whole reply arrived; see `status`
	 * ST_TIMEOUT  a time limit passed
	 * ST_IO       it broke off, or no connection could be made
	 * ST_DENIED   the server's certificate or the proxy's login was
	 *             refused
	 * ST_FULL     the arena was too small: try again with fewer at once
	 * other       what on_body returned
	 */
	enum st st;
	const char *cause;      /* code for diagnosis_set; "" with ST_OK */
	unsigned status;        /* HTTP status; 0 when there was none */
	int64_t date;           /* Date header in ticks; -1: none */
	uint32_t retry_after_s; /* 0: none */
	uint32_t remaining;     /* smallest x-ms-ratelimit-remaining-*;
	                          * UINT32_MAX: none */
	char request_id[UUID_TEXT_BYTES + 1];     /* x-ms-request-id or "" */
	char correlation_id[UUID_TEXT_BYTES + 1]; /* x-ms-correlation-… */
};

/* Bytes of the reply's body with its HTTP status; redirects have none.
 * Anything but ST_OK ends the request with that result. */
typedef enum st http_body(void *ctx, unsigned status, struct span bytes);

/* Called once at the end, when the slot is free again: it may start the next
 * request. */
typedef void http_done(void *ctx, const struct http_result *result);

struct http_request {
	enum http_method method;
	enum counters_operation operation; /* what it is counted as */
	const char *url;                   /* https, NUL-ended; copied */
	const char *authorization; /* a whole header line, or NULL; borrowed
	                                 * until done */
	struct span body;          /* POST; borrowed until done */
	const char *content_type;  /* of the body; NULL without one */
	/* The body is a secret: use a connection and a handle of their own and
	 * destroy both at the end, so that no copy stays in memory. */
	bool secret;
	http_body *on_body;
	http_done *on_done;
	void *ctx;
};

struct http_settings {
	const struct tls_anchors *anchors; /* borrowed */
	const struct clock *clock;         /* borrowed */
	struct counters *counters;         /* borrowed */
	const char *proxy;                 /* "http://host:port", "" for none */
	uint32_t connect_timeout_ms;
	uint32_t request_timeout_ms;
};

/* A header that we send; libcurl's list node is built in our memory. */
#define HTTP_HEADER_MAX_COUNT 6u

struct http_slot {
	void *easy; /* CURL, NULL until first used */
	bool busy;
	struct http_request request;
	struct http_result result;
	enum st body_st; /* first failure of on_body */
	uint64_t body_bytes;
	struct tls_verifier verifier;
	struct http *http;
	struct {
		char *data;
		void *next;
	} header[HTTP_HEADER_MAX_COUNT];
	size_t header_count;
};

/* Private. */
struct http {
	void *multi;
	struct http_settings settings;
	struct http_slot slot[HTTP_SLOT_COUNT];
};

/*
 * http_open - get libcurl ready, over the shared arena.
 *
 * settings  copied; what it points to is borrowed until http_close
 * returns   ST_OK; ST_FULL when the arena is too small
 */
enum st http_open(
    struct http *h, const struct http_settings *settings) MUST_CHECK;

/* End everything; requests under way end without on_done. */
void http_close(struct http *h);

/*
 * http_start - begin a request in a free slot.
 *
 * returns  ST_OK     on_done will be called, from http_wait, within
 *                    request_timeout_ms
 *          ST_AGAIN  all slots are busy
 *          ST_FULL   the arena is too small now
 *          ST_CONFIG the URL is not usable
 *          In the last three on_done is not called.
 */
enum st http_start(
    struct http *h, const struct http_request *request) MUST_CHECK;

/* Free slots now, 0..HTTP_SLOT_COUNT. */
unsigned http_free_slots(const struct http *h);

/* Requests under way. */
unsigned http_busy_slots(const struct http *h);

/*
 * http_wait - let transfers go on until something ended, a watched descriptor
 * is ready, or timeout_ms passed.
 *
 * timeout_ms  0..: at most this long
 * watch       also waited for; their `ready` is set, or left as it was when
 *             there was no need to wait.  May be empty.
 * returns     ST_OK; ST_IO when waiting itself is not possible
 */
enum st http_wait(
    struct http *h, uint32_t timeout_ms, struct watch_list *watch) MUST_CHECK;

/*
 * http_diagnose - say what went wrong below the level of the API.
 *
 * host     what was asked, for the message
 * returns  true with *d set: no whole reply, a redirect, or a server error;
 *          false, *d untouched: the reply's body says what it means
 */
bool http_diagnose(
    const struct http_result *result, struct span host, struct diagnosis *d);

/* Stop a request by the ctx it was started with; no on_done.  No effect when
 * there is none. */
void http_cancel(struct http *h, const void *ctx);

/* libcurl's version for `version`. */
const char *http_library_version(void);

/* Parts of a URL that a server sent, for the rules on nextLink: parsed by the
 * same code that would connect.  All NUL-ended. */
struct http_url {
	char scheme[16];
	char host[256];
	char port[8]; /* always given, the scheme's own when there is none */
	char path[HTTP_URL_MAX_BYTES / 2];
	char query[HTTP_URL_MAX_BYTES / 2];
	bool has_user;
};

/*
 * http_url_parse - take an absolute URL apart.
 *
 * returns  ST_OK; ST_MALFORM not an absolute URL; ST_FULL a part is too long,
 *          or the arena was too small
 * Path and query come as they stand in the URL (dot segments removed by
 * libcurl), bytes that a URL may not hold percent-encoded.
 */
enum st http_url_parse(const char *url, struct http_url *parts) MUST_CHECK;

#endif
