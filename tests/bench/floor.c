/* SPDX-License-Identifier: MIT */
/*
 * floor.c - the same requests as the product's by libcurl alone.
 *
 *   floor CA_FILE FORM_FILE AUTHORIZATION < requests
 *
 * What nobody can do for less with this libcurl and this TLS.  Each line of
 * standard input is a request, started in this order on two connections; the
 * replies are thrown away, nothing is parsed, mapped or stored:
 *
 *   form URL   POST of FORM_FILE on a connection of its own (the token)
 *   get URL    GET (the pages of the list)
 *   post URL   POST without a body (alerts and entities), two side by side;
 *              the other kinds run alone, as in the product
 *
 * AUTHORIZATION is a whole header line.  Options and TLS context are those of
 * src/http/http.c; memory is libc's.  Printed: replies and bytes.  Exit 1 when
 * a reply is not a 200.
 */
#include <curl/curl.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "platform/clock.h"
#include "platform/random.h"
#include "tls/tls.h"

struct slot {
	CURL *easy;
	struct curl_slist *headers;
	bool busy, alone;
	struct tls_verifier verifier;
};

static struct tls_anchors anchors;
static struct slot slots[HTTP_SLOT_COUNT];
static char line[HTTP_URL_MAX_BYTES];
static uint8_t file[TLS_CA_FILE_MAX_BYTES];
static char form[AUTH_FORM_MAX_BYTES];
static unsigned long long replies, bytes;

static _Noreturn void
fail(const char *what)
{
	fprintf(stderr, "floor: %s\n", what);
	exit(1);
}

static size_t
read_file(const char *path, void *to, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, to, cap);

	if (n <= 0 || (size_t)n == cap)
		fail(path);
	close(fd);
	return (size_t)n;
}

static CURLcode
on_tls(CURL *easy, void *context, void *user)
{
	struct slot *slot = user;
	uint8_t random48[TLS_RANDOM_BYTES];

	(void)easy;
	random_bytes(random48, sizeof random48);
	tls_client_harden(context, &slot->verifier, &anchors,
	    clock_wall_ticks(&clock_system), random48);
	return CURLE_OK;
}

static size_t
on_header(char *p, size_t size, size_t count, void *user)
{
	(void)p;
	(void)user;
	return size * count;
}

static size_t
on_body(char *p, size_t size, size_t count, void *user)
{
	(void)p;
	(void)user;
	bytes += size * count;
	return size * count;
}

#define SET(option, value)                                             \
	do {                                                           \
		if (curl_easy_setopt(easy, option, value) != CURLE_OK) \
			fail(#option);                                 \
	} while (0)

/* What http.c sets once for a slot. */
static void
open_slot(struct slot *slot)
{
	CURL *easy = slot->easy = curl_easy_init();

	if (easy == NULL)
		fail("curl_easy_init");
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_PROTOCOLS_STR, "https");
	SET(CURLOPT_SSL_CTX_FUNCTION, on_tls);
	SET(CURLOPT_SSL_CTX_DATA, slot);
	SET(CURLOPT_SSL_SESSIONID_CACHE, 0L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_BUFFERSIZE, (long)HTTP_RECEIVE_BYTES);
	SET(CURLOPT_UPLOAD_BUFFERSIZE, (long)HTTP_SEND_BYTES);
	SET(CURLOPT_CONNECTTIMEOUT_MS, 10000L);
	SET(CURLOPT_TIMEOUT_MS, 60000L);
	SET(CURLOPT_TCP_KEEPALIVE, 1L);
	SET(CURLOPT_USERAGENT, "floor");
	SET(CURLOPT_HTTPHEADER, slot->headers);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_PRIVATE, slot);
}

static void
start(CURLM *multi, struct slot *slot)
{
	CURL *easy = slot->easy;
	char *url = strchr(line, ' ');
	bool is_form, is_get;

	if (url == NULL)
		fail("a line without a space");
	*url++ = '\0';
	is_form = strcmp(line, "form") == 0;
	is_get = strcmp(line, "get") == 0;
	slot->alone = is_form || is_get;
	SET(CURLOPT_URL, url);
	if (is_get)
		SET(CURLOPT_HTTPGET, 1L);
	else {
		SET(CURLOPT_POSTFIELDS, is_form ? form : "");
		SET(CURLOPT_POSTFIELDSIZE, is_form ? (long)strlen(form) : 0L);
	}
	SET(CURLOPT_FORBID_REUSE, is_form ? 1L : 0L);
	SET(CURLOPT_FRESH_CONNECT, is_form ? 1L : 0L);
	if (curl_multi_add_handle(multi, easy) != CURLM_OK)
		fail("curl_multi_add_handle");
	slot->busy = true;
}

static unsigned
collect(CURLM *multi)
{
	CURLMsg *message;
	unsigned ended = 0;
	int left;

	while ((message = curl_multi_info_read(multi, &left)) != NULL) {
		CURL *easy = message->easy_handle;
		struct slot *slot = NULL;
		long status = 0;

		if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, &slot) !=
			CURLE_OK ||
		    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status) !=
			CURLE_OK ||
		    message->data.result != CURLE_OK || status != 200) {
			fprintf(stderr, "floor: error %d, status %ld\n",
			    (int)message->data.result, status);
			exit(1);
		}
		curl_multi_remove_handle(multi, easy);
		slot->busy = false;
		replies++;
		ended++;
	}
	return ended;
}

static bool
read_line(void)
{
	if (fgets(line, sizeof line, stdin) == NULL)
		return false;
	line[strcspn(line, "\n")] = '\0';
	return true;
}

/* Start what can be started now; false when nothing is left and nothing
 * runs.  A line that has to wait stays in `line`. */
static bool
feed(CURLM *multi)
{
	static bool waiting;
	bool busy = false, alone = false;

	for (size_t i = 0; i < HTTP_SLOT_COUNT; i++) {
		busy = busy || slots[i].busy;
		alone = alone || (slots[i].busy && slots[i].alone);
	}
	for (size_t i = 0; i < HTTP_SLOT_COUNT && !alone; i++) {
		if (slots[i].busy)
			continue;
		if (!waiting && !read_line())
			break;
		waiting = busy && strncmp(line, "post ", 5) != 0;
		if (waiting)
			break;
		start(multi, &slots[i]);
		busy = true;
		alone = slots[i].alone;
	}
	return busy;
}

static void
load_anchors(const char *path)
{
	struct tls_ca_fault fault;

	tls_anchors_init(&anchors);
	if (tls_anchors_add_pem(&anchors,
		(struct span){ file, read_file(path, file, sizeof file) },
		&fault) != ST_OK)
		fail(fault.text);
}

int
main(int argc, char **argv)
{
	struct curl_slist *headers = NULL;
	CURLM *multi;
	int running;

	if (argc != 4)
		fail("usage: floor CA_FILE FORM_FILE AUTHORIZATION");
	load_anchors(argv[1]);
	form[read_file(argv[2], form, sizeof form)] = '\0';
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		fail("curl_global_init");
	headers = curl_slist_append(headers, "Accept: application/json");
	headers = curl_slist_append(headers, "Accept-Language: en-US");
	headers = curl_slist_append(headers, "Expect:");
	headers = curl_slist_append(headers, argv[3]);
	multi = curl_multi_init();
	if (headers == NULL || multi == NULL ||
	    curl_multi_setopt(
		multi, CURLMOPT_MAXCONNECTS, (long)HTTP_SLOT_COUNT) != CURLM_OK)
		fail("curl_multi_init");
	for (size_t i = 0; i < HTTP_SLOT_COUNT; i++) {
		slots[i].headers = headers;
		open_slot(&slots[i]);
	}
	while (feed(multi)) {
		if (curl_multi_perform(multi, &running) != CURLM_OK)
			fail("curl_multi_perform");
		if (collect(multi) == 0 &&
		    curl_multi_poll(multi, NULL, 0, 1000, NULL) != CURLM_OK)
			fail("curl_multi_poll");
	}
	printf("%llu %llu\n", replies, bytes);
	return 0;
}
