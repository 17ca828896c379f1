/* SPDX-License-Identifier: MIT */
#include <curl/curl.h>

#include "http/http.h"

/* One part as NUL-ended text; an absent one is "". */
static enum st
get_part(CURLU *url, CURLUPart part, unsigned flags, struct buf out)
{
	char *text = NULL;
	CURLUcode rc = curl_url_get(url, part, &text, flags);
	enum st st = ST_OK;

	out.p[0] = '\0';
	if (rc == CURLUE_OK) {
		st = span_to_str(span_str(text), (char *)out.p, out.cap);
		curl_free(text);
	} else if (rc == CURLUE_OUT_OF_MEMORY)
		st = ST_FULL;
	return st;
}

static bool
has_part(CURLU *url, CURLUPart part)
{
	char *text = NULL;
	CURLUcode rc = curl_url_get(url, part, &text, 0);

	curl_free(text);
	return rc == CURLUE_OK || rc == CURLUE_OUT_OF_MEMORY;
}

enum st
http_url_parse(const char *text, struct http_url *parts)
{
	CURLU *url = curl_url();
	enum st st = ST_OK;
	CURLUcode rc;

	if (url == NULL)
		return ST_FULL;
	rc = curl_url_set(url, CURLUPART_URL, text,
	    CURLU_URLENCODE | CURLU_NON_SUPPORT_SCHEME);
	if (rc != CURLUE_OK)
		st = rc == CURLUE_OUT_OF_MEMORY ? ST_FULL : ST_MALFORM;
	if (st == ST_OK)
		st = get_part(
		    url, CURLUPART_SCHEME, 0, BUF_OVER(parts->scheme));
	if (st == ST_OK)
		st = get_part(url, CURLUPART_HOST, 0, BUF_OVER(parts->host));
	if (st == ST_OK)
		st = get_part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT,
		    BUF_OVER(parts->port));
	if (st == ST_OK)
		st = get_part(url, CURLUPART_PATH, 0, BUF_OVER(parts->path));
	if (st == ST_OK)
		st = get_part(url, CURLUPART_QUERY, 0, BUF_OVER(parts->query));
	parts->has_user = st == ST_OK &&
	    (has_part(url, CURLUPART_USER) ||
		has_part(url, CURLUPART_PASSWORD));
	curl_url_cleanup(url);
	return st;
}
