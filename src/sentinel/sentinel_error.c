/* SPDX-License-Identifier: MIT */
/*
 * What ARM's refusals mean.  Decided on status and code; the message is read in
 * two places only, where one code stands for two faults.
 */
#include "sentinel/sentinel_priv.h"

static bool
says(const struct sentinel_call *call, const char *text)
{
	struct span message = { call->message, call->message_n };

	return span_find_nocase(message, span_str(text)) != SIZE_MAX;
}

static bool
is_code(const struct sentinel_call *call, const char *code)
{
	return span_eq_nocase(span_str(call->code), span_str(code));
}

/* The code under which the diagnosis is filed. */
static struct span
filed_as(const struct sentinel_call *call, unsigned status)
{
	enum sentinel_operation op = call->query.operation;

	if (says(call, "is not onboarded to Microsoft Sentinel"))
		return SPAN_LIT("NotOnboarded");
	if (is_code(call, "InvalidAuthenticationToken") &&
	    says(call, "altsecid"))
		return SPAN_LIT("NoServicePrincipal");
	if (status == 403 && (op == SENTINEL_ALERTS || op == SENTINEL_ENTITIES))
		return SPAN_LIT("EnrichmentForbidden");
	if (call->code[0] != '\0')
		return span_str(call->code);
	if (status == 429)
		return SPAN_LIT("TooManyRequests");
	return SPAN_LIT("http_unexpected");
}

static enum st
result_of(const struct sentinel_call *call, unsigned status,
    const struct diagnosis *d)
{
	if (status == 429)
		return ST_AGAIN;
	if (call->code[0] == '\0')
		return ST_MALFORM;
	if (status == 404 && call->query.incident.n != 0)
		return ST_NOT_FOUND;
	if (status == 401 || status == 403)
		return ST_DENIED;
	if (status == 404 || d->exit_code == 78)
		return ST_CONFIG;
	return d->exit_code == 75 ? ST_IO : ST_DENIED;
}

void
sentinel_judge_error(const struct sentinel_call *call,
    const struct http_result *result, struct sentinel_reply *reply,
    struct diagnosis *d)
{
	unsigned status = result->status;
	struct span detail = { call->message, call->message_n };

	if (call->code[0] == '\0')
		detail = call->owner->connector->arm_url;
	diagnosis_set(d, filed_as(call, status), detail);
	reply->st = result_of(call, status, d);
	reply->token_refused = status == 401 ||
	    (status == 403 && is_code(call, "AuthorizationFailed"));
	reply->version_unknown = is_code(call, "NoRegisteredProviderFound") ||
	    is_code(call, "UnsupportedApiVersion") ||
	    is_code(call, "InvalidApiVersionParameter");
	if (status == 429 && reply->retry_after_s == 0)
		reply->retry_after_s = 1;
}
