/* SPDX-License-Identifier: MIT */
/* http_priv.h - shared inside http. */
#ifndef HTTP_HTTP_PRIV_H
#define HTTP_HTTP_PRIV_H

#include <curl/curl.h>

#include "http/http.h"

/* One header line (or status line) of a reply into the result. */
void http_header_read(struct http_result *result, struct span line);

/* What a finished transfer means: the result code, and in *cause the code of
 * the diagnosis ("" with ST_OK). */
enum st http_cause(struct http_slot *slot, CURLcode rc, const char **cause);

#endif
