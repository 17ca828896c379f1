/* SPDX-License-Identifier: MIT */
/* sentinel_priv.h - shared inside sentinel. */
#ifndef SENTINEL_SENTINEL_PRIV_H
#define SENTINEL_SENTINEL_PRIV_H

#include "sentinel/sentinel.h"

/* The URL of a query.  ST_FULL when it does not fit. */
enum st sentinel_url(const struct sentinel *s,
    const struct sentinel_query *query, struct buf *out) MUST_CHECK;

/* Judge a reply that was no 200: fills st, token_refused, version_unknown and
 * *d from the status and the error body in *call. */
void sentinel_judge_error(const struct sentinel_call *call,
    const struct http_result *result, struct sentinel_reply *reply,
    struct diagnosis *d);

#endif
