/* SPDX-License-Identifier: MIT */
/*
 * A slot is a libcurl easy handle that is kept, so that its connection and its
 * name-server channel are kept.  Three events throw a handle away: a secret
 * request (its copies go with it), a failed name look-up (a channel reads
 * resolv.conf once), and an exhausted arena.
 *
 *	http_start   slot free -> busy, options set, handle added to the multi
 *	http_wait    perform; for each finished handle: result, slot free,
 *	             on_done
 *
 * The SSL context callback is where libcurl's TLS becomes ours (tls.h): it runs
 * for every handshake, after libcurl has prepared the context and before any
 * byte is sent.  There is no option in this program that weakens it.
 */
#include "http/http.h"

#include <assert.h>
#include <curl/curl.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "arena/arena.h"
#include "http/http_priv.h"
#include "platform/random.h"

_Static_assert(offsetof(struct curl_slist, data) == 0 &&
	offsetof(struct curl_slist, next) == sizeof(char *),
    "a header node of ours is a curl_slist");

/* ---- callbacks ---------------------------------------------------------- */

static CURLcode
on_tls(CURL *easy, void *context, void *user)
{
	struct http_slot *slot = user;
	const struct http_settings *settings = &slot->http->settings;
	uint8_t random48[48];

	(void)easy;
	random_bytes(random48, sizeof random48);
	tls_client_harden(context, &slot->verifier, settings->anchors,
	    clock_wall_ticks(settings->clock), random48);
	wipe(random48, sizeof random48);
	return CURLE_OK;
}

static size_t
on_header(char *p, size_t size, size_t count, void *user)
{
	struct http_slot *slot = user;

	(void)size;
	http_header_read(
	    &slot->result, (struct span){ (const uint8_t *)p, count });
	return count;
}

static size_t
on_body(char *p, size_t size, size_t count, void *user)
{
	struct http_slot *slot = user;
	struct span bytes = { (const uint8_t *)p, count };

	(void)size;
	slot->body_bytes += count;
	if (slot->body_bytes > HTTP_BODY_MAX_BYTES)
		slot->body_st = ST_MALFORM;
	else if (slot->result.status < 300 || slot->result.status >= 400)
		slot->body_st = slot->request.on_body(
		    slot->request.ctx, slot->result.status, bytes);
	return slot->body_st == ST_OK ? count : CURL_WRITEFUNC_ERROR;
}

/* ---- handles ------------------------------------------------------------ */

/* The first failure of a row of setopt calls; a failed one would mean another
 * request than the one we meant. */
#define SET(option, value)                                          \
	do {                                                        \
		if (rc == CURLE_OK)                                 \
			rc = curl_easy_setopt(easy, option, value); \
	} while (0)

/* What is the same for every request of a slot. */
static enum st
set_constant_options(struct http_slot *slot)
{
	const struct http_settings *settings = &slot->http->settings;
	CURL *easy = slot->easy;
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_PROTOCOLS_STR, "https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_SSL_CTX_FUNCTION, on_tls);
	SET(CURLOPT_SSL_CTX_DATA, slot);
	SET(CURLOPT_SSL_SESSIONID_CACHE, 0L);
	SET(CURLOPT_PROXY, settings->proxy);
	SET(CURLOPT_NOPROXY, "");
	SET(CURLOPT_BUFFERSIZE, (long)HTTP_RECEIVE_BYTES);
	SET(CURLOPT_UPLOAD_BUFFERSIZE, (long)HTTP_SEND_BYTES);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)settings->connect_timeout_ms);
	SET(CURLOPT_TIMEOUT_MS, (long)settings->request_timeout_ms);
	SET(CURLOPT_TCP_KEEPALIVE, 1L);
	SET(CURLOPT_MAXAGE_CONN, (long)HTTP_IDLE_MAX_S);
	SET(CURLOPT_USERAGENT, "wf-sentinel/" WF_VERSION);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, slot);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, slot);
	SET(CURLOPT_PRIVATE, slot);
	return rc == CURLE_OK ? ST_OK : ST_FULL;
}

static void
add_header(struct http_slot *slot, const char *line)
{
	size_t i = slot->header_count;

	assert(i < HTTP_HEADER_MAX_COUNT);
	/* libcurl only reads; its type is older than const. */
	memcpy(&slot->header[i].data, &line, sizeof line);
	slot->header[i].next = NULL;
	if (i != 0)
		slot->header[i - 1].next = &slot->header[i];
	slot->header_count = i + 1;
}

static enum st
set_request_options(struct http_slot *slot)
{
	const struct http_request *r = &slot->request;
	CURL *easy = slot->easy;
	CURLcode rc = CURLE_OK;

	slot->header_count = 0;
	add_header(slot, "Accept: application/json");
	add_header(slot, "Accept-Language: en-US");
	add_header(slot, "Expect:");
	if (r->authorization != NULL)
		add_header(slot, r->authorization);
	add_header(
	    slot, r->content_type != NULL ? r->content_type : "Content-Type:");
	SET(CURLOPT_URL, r->url);
	SET(CURLOPT_HTTPHEADER, (struct curl_slist *)(void *)slot->header);
	if (r->method == HTTP_POST) {
		SET(CURLOPT_POSTFIELDS,
		    r->body.n == 0 ? "" : (const char *)r->body.p);
		SET(CURLOPT_POSTFIELDSIZE, (long)r->body.n);
	} else
		SET(CURLOPT_HTTPGET, 1L);
	SET(CURLOPT_FORBID_REUSE, r->secret ? 1L : 0L);
	SET(CURLOPT_FRESH_CONNECT, r->secret ? 1L : 0L);
	return rc == CURLE_OK ? ST_OK : ST_FULL;
}

#undef SET

static void
drop_handle(struct http_slot *slot)
{
	if (slot->easy != NULL)
		curl_easy_cleanup(slot->easy);
	slot->easy = NULL;
}

/* ---- life --------------------------------------------------------------- */

enum st
http_open(struct http *h, const struct http_settings *settings)
{
	memset(h, 0, sizeof *h);
	h->settings = *settings;
	if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, arena_hook_malloc,
		arena_hook_free, arena_hook_realloc, arena_hook_strdup,
		arena_hook_calloc) != CURLE_OK)
		return ST_FULL;
	h->multi = curl_multi_init();
	if (h->multi == NULL) {
		curl_global_cleanup();
		return ST_FULL;
	}
	for (size_t i = 0; i < HTTP_SLOT_COUNT; i++)
		h->slot[i].http = h;
	if (curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS,
		(long)HTTP_SLOT_COUNT) == CURLM_OK &&
	    curl_multi_setopt(h->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
		(long)HTTP_SLOT_COUNT) == CURLM_OK &&
	    curl_multi_setopt(h->multi, CURLMOPT_PIPELINING,
		(long)CURLPIPE_NOTHING) == CURLM_OK)
		return ST_OK;
	http_close(h);
	return ST_FULL;
}

void
http_close(struct http *h)
{
	if (h->multi == NULL)
		return;
	for (size_t i = 0; i < HTTP_SLOT_COUNT; i++) {
		struct http_slot *slot = &h->slot[i];

		if (slot->busy)
			curl_multi_remove_handle(h->multi, slot->easy);
		slot->busy = false;
		drop_handle(slot);
	}
	curl_multi_cleanup(h->multi);
	h->multi = NULL;
	curl_global_cleanup();
}

static struct http_slot *
free_slot(struct http *h)
{
	for (size_t i = 0; i < HTTP_SLOT_COUNT; i++)
		if (!h->slot[i].busy)
			return &h->slot[i];
	return NULL;
}

unsigned
http_busy_slots(const struct http *h)
{
	unsigned n = 0;

	for (size_t i = 0; i < HTTP_SLOT_COUNT; i++)
		n += h->slot[i].busy;
	return n;
}

unsigned
http_free_slots(const struct http *h)
{
	return HTTP_SLOT_COUNT - http_busy_slots(h);
}

static void
reset_result(struct http_slot *slot)
{
	memset(&slot->result, 0, sizeof slot->result);
	slot->result.cause = "";
	slot->result.date = -1;
	slot->result.remaining = UINT32_MAX;
	slot->body_st = ST_OK;
	slot->body_bytes = 0;
	slot->verifier.verdict = TLS_FINE;
}

enum st
http_start(struct http *h, const struct http_request *request)
{
	struct http_slot *slot = free_slot(h);
	enum st st = ST_OK;

	if (slot == NULL)
		return ST_AGAIN;
	reset_result(slot);
	slot->request = *request;
	if (request->secret)
		drop_handle(slot);
	if (slot->easy == NULL) {
		slot->easy = curl_easy_init();
		st = slot->easy == NULL ? ST_FULL : set_constant_options(slot);
	}
	if (st == ST_OK)
		st = set_request_options(slot);
	if (st == ST_OK &&
	    curl_multi_add_handle(h->multi, slot->easy) != CURLM_OK)
		st = ST_FULL;
	if (st != ST_OK) {
		drop_handle(slot);
		return st;
	}
	slot->busy = true;
	return ST_OK;
}

void
http_cancel(struct http *h, const void *ctx)
{
	for (size_t i = 0; i < HTTP_SLOT_COUNT; i++) {
		struct http_slot *slot = &h->slot[i];

		if (!slot->busy || slot->request.ctx != ctx)
			continue;
		curl_multi_remove_handle(h->multi, slot->easy);
		slot->busy = false;
		/* A half-read reply must not meet the next request. */
		drop_handle(slot);
	}
}

/* ---- the end of a request ----------------------------------------------- */

/* A proxy's answer to CONNECT is none of Azure's when nothing followed it. */
static void
count(struct http *h, const struct http_slot *slot, CURLcode rc)
{
	bool is_reply = rc == CURLE_OK || slot->body_bytes != 0;

	counters_request(h->settings.counters, slot->request.operation,
	    is_reply ? slot->result.status : 0);
}

static void
finish(struct http *h, struct http_slot *slot, CURLcode rc)
{
	struct http_result result;
	struct http_request request = slot->request;

	slot->result.st = http_cause(slot, rc, &slot->result.cause);
	count(h, slot, rc);
	result = slot->result;
	curl_multi_remove_handle(h->multi, slot->easy);
	slot->busy = false;
	if (request.secret || rc == CURLE_COULDNT_RESOLVE_HOST ||
	    rc == CURLE_COULDNT_RESOLVE_PROXY || result.st == ST_FULL)
		drop_handle(slot);
	request.on_done(request.ctx, &result);
}

static struct http_slot *
slot_of(struct http *h, const CURL *easy)
{
	for (size_t i = 0; i < HTTP_SLOT_COUNT; i++)
		if (h->slot[i].busy && h->slot[i].easy == easy)
			return &h->slot[i];
	return NULL;
}

/* Hand over what has ended.  A request that is started in on_done may end at
 * once, so the round is bounded: the rest waits for the next call. */
static unsigned
collect(struct http *h)
{
	unsigned ended = 0;
	CURLMsg *message;
	int left;

	while (ended < HTTP_SLOT_COUNT &&
	    (message = curl_multi_info_read(h->multi, &left)) != NULL) {
		struct http_slot *slot = slot_of(h, message->easy_handle);

		if (message->msg != CURLMSG_DONE || slot == NULL)
			continue;
		finish(h, slot, message->data.result);
		ended++;
	}
	return ended;
}

/* libcurl itself could not go on: end everything that is under way, so that
 * no request waits for ever. */
static void
fail_all(struct http *h, CURLcode rc)
{
	for (size_t i = 0; i < HTTP_SLOT_COUNT; i++)
		if (h->slot[i].busy)
			finish(h, &h->slot[i], rc);
}

static CURLMcode
poll_all(struct http *h, struct watch_list *watch, uint32_t timeout_ms)
{
	struct curl_waitfd extra[WATCH_MAX_COUNT];
	CURLMcode mc;
	int ready;

	for (size_t i = 0; i < watch->n; i++)
		extra[i] = (struct curl_waitfd){ watch->at[i].fd,
			watch->at[i].write ? CURL_WAIT_POLLOUT :
					     CURL_WAIT_POLLIN,
			0 };
	mc = curl_multi_poll(
	    h->multi, extra, (unsigned)watch->n, (int)timeout_ms, &ready);
	for (size_t i = 0; mc == CURLM_OK && i < watch->n; i++)
		watch->at[i].ready = extra[i].revents != 0;
	return mc;
}

enum st
http_wait(struct http *h, uint32_t timeout_ms, struct watch_list *watch)
{
	CURLMcode mc;
	int running;

	mc = curl_multi_perform(h->multi, &running);
	if (mc == CURLM_OK && collect(h) != 0)
		return ST_OK;
	if (mc == CURLM_OK)
		mc = poll_all(h, watch, timeout_ms);
	if (mc == CURLM_OK)
		mc = curl_multi_perform(h->multi, &running);
	if (mc == CURLM_OK) {
		(void)collect(h);
		return ST_OK;
	}
	if (http_busy_slots(h) == 0)
		return ST_IO;
	fail_all(h,
	    mc == CURLM_OUT_OF_MEMORY ? CURLE_OUT_OF_MEMORY : CURLE_RECV_ERROR);
	return ST_OK;
}

const char *
http_library_version(void)
{
	return curl_version();
}
