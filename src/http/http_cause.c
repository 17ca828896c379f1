/* SPDX-License-Identifier: MIT */
/*
 * From libcurl's and the kernel's codes to ours.  The order matters: our own
 * verifier knows best why a handshake failed, then the phase in which a time
 * limit passed, then libcurl's code.
 */
#include <errno.h>

#include "http/http_priv.h"

/* By tls_verdict. */
static const char *const VERDICT_CAUSE[] = {
	[TLS_FINE] = "",
	[TLS_UNTRUSTED] = "tls_untrusted",
	[TLS_EXPIRED] = "tls_expired",
	[TLS_WRONG_NAME] = "tls_wrong_name",
	[TLS_NO_SAN] = "tls_no_san",
	[TLS_WEAK] = "tls_weak",
	[TLS_WRONG_USAGE] = "tls_wrong_usage",
	[TLS_UNUSABLE] = "tls_unusable",
};

/* Has the transfer come past the point that `info` times? */
static bool
is_past(struct http_slot *slot, CURLINFO info)
{
	curl_off_t us = 0;

	return curl_easy_getinfo(slot->easy, info, &us) == CURLE_OK && us > 0;
}

static const char *
timeout_cause(struct http_slot *slot)
{
	if (!is_past(slot, CURLINFO_NAMELOOKUP_TIME_T))
		return "dns_failure";
	if (!is_past(slot, CURLINFO_CONNECT_TIME_T))
		return "connect_timeout";
	return "timeout";
}

static const char *
connect_cause(struct http_slot *slot)
{
	long error = 0;

	if (slot->http->settings.proxy[0] != '\0')
		return "proxy_refused";
	(void)curl_easy_getinfo(slot->easy, CURLINFO_OS_ERRNO, &error);
	if (error == ENETUNREACH || error == EHOSTUNREACH)
		return "unreachable";
	if (error == ETIMEDOUT)
		return "connect_timeout";
	return "connect_refused";
}

static bool
is_proxy_login(struct http_slot *slot)
{
	long status = 0;

	(void)curl_easy_getinfo(slot->easy, CURLINFO_HTTP_CONNECTCODE, &status);
	return status == 407;
}

enum st
http_cause(struct http_slot *slot, CURLcode rc, const char **cause)
{
	*cause = "";
	if (rc == CURLE_OK)
		return ST_OK;
	if (rc == CURLE_OUT_OF_MEMORY) {
		*cause = "out_of_memory";
		return ST_FULL;
	}
	if (slot->verifier.verdict != TLS_FINE) {
		*cause = VERDICT_CAUSE[slot->verifier.verdict];
		return ST_DENIED;
	}
	if (slot->body_st != ST_OK) {
		*cause = slot->body_bytes > HTTP_BODY_MAX_BYTES ?
		    "reply_too_large" :
		    "reply_malformed";
		return slot->body_st;
	}
	if (rc == CURLE_OPERATION_TIMEDOUT) {
		*cause = timeout_cause(slot);
		return ST_TIMEOUT;
	}
	if (is_proxy_login(slot)) {
		*cause = "proxy_authentication";
		return ST_DENIED;
	}
	if (rc == CURLE_COULDNT_RESOLVE_HOST)
		*cause = "dns_failure";
	else if (rc == CURLE_COULDNT_RESOLVE_PROXY)
		*cause = "proxy_unresolved";
	else if (rc == CURLE_COULDNT_CONNECT)
		*cause = connect_cause(slot);
	else if (rc == CURLE_SSL_CONNECT_ERROR ||
	    rc == CURLE_PEER_FAILED_VERIFICATION)
		*cause = "tls_handshake";
	else
		*cause = "connection_lost";
	return ST_IO;
}
