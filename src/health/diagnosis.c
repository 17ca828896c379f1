/* SPDX-License-Identifier: MIT */
/*
 * The table.  A code stands here once; the order is that of the README: Entra
 * ID, ARM, network, certificates, ourselves.  Guidance is one sentence that an
 * operator without Azure knowledge can act on.  Exit codes are sysexits.h's:
 * 65 unusable reply, 75 temporary, 77 refused, 78 configuration.
 *
 * Sources: Microsoft's AADSTS error reference, the ARM error reference, and
 * public reports of the bodies.
 */
#include "health/diagnosis.h"

#include <assert.h>
#include <string.h>

enum { REPLY = 65, TEMPORARY = 75, REFUSED = 77, SETTING = 78 };

/* clang-format off */
static const struct diagnosis_row TABLE[] = {
	/* Entra ID */
	{ "AADSTS7000215", "client_secret", "The client secret is wrong: "
	    "enter the secret's Value, not its Secret ID.", REFUSED },
	{ "AADSTS7000222", "client_secret", "The client secret has expired: "
	    "make a new one in the app registration and enter it.", REFUSED },
	{ "AADSTS7000216", "client_secret", "No client secret was sent: "
	    "enter the client secret.", REFUSED },
	{ "AADSTS7000218", "client_secret", "No client secret was sent: "
	    "enter the client secret.", REFUSED },
	{ "AADSTS50012", "client_secret", "The client secret is wrong: "
	    "enter the secret's Value, not its Secret ID.", REFUSED },
	{ "AADSTS700027", "client_certificate", "The certificate is not "
	    "registered with the app: upload it under Certificates & "
	    "secrets.", REFUSED },
	{ "AADSTS700030", "client_certificate", "The certificate is not "
	    "valid for this app: upload the one in use.", REFUSED },
	{ "AADSTS700025", "client_secret", "The app registration is a public "
	    "client: add a client secret or certificate to it.", REFUSED },
	{ "AADSTS700024", "clock", "The appliance's clock is wrong: the "
	    "login assertion is outside its valid time.", REFUSED },
	{ "AADSTS700016", "client_id", "No app with this client ID is in this "
	    "tenant: check the client ID, then the tenant ID.", REFUSED },
	{ "AADSTS7000112", "client_id", "The app is disabled: in Enterprise "
	    "applications set 'Enabled for users to sign in' to "
	    "Yes.", REFUSED },
	{ "AADSTS90002", "tenant_id", "The tenant was not found: check the "
	    "tenant ID, then the cloud.", REFUSED },
	{ "AADSTS900023", "tenant_id", "The tenant ID is not valid: enter "
	    "the directory (tenant) ID, a GUID.", REFUSED },
	{ "AADSTS50194", "tenant_id", "The app needs its own tenant: enter "
	    "the directory (tenant) ID.", REFUSED },
	{ "AADSTS9001023", "tenant_id", "The app needs its own tenant: enter "
	    "the directory (tenant) ID.", REFUSED },
	{ "AADSTS70011", "cloud", "The scope was refused: choose the cloud "
	    "that the tenant belongs to.", REFUSED },
	{ "AADSTS1002012", "cloud", "The scope was refused: choose the cloud "
	    "that the tenant belongs to.", REFUSED },
	{ "AADSTS500011", "cloud", "The tenant does not know Azure Resource "
	    "Manager under this address: choose the right cloud.", REFUSED },
	{ "AADSTS900382", "cloud", "The tenant is in another cloud: choose "
	    "the right cloud.", REFUSED },
	{ "AADSTS900432", "cloud", "The tenant is in another cloud: choose "
	    "the right cloud.", REFUSED },
	{ "AADSTS90038", "cloud", "The tenant is in another cloud: choose "
	    "the right cloud.", REFUSED },
	{ "AADSTS53003", "conditional_access", "A Conditional Access policy "
	    "for workload identities blocks the app: allow the appliance's "
	    "address.", REFUSED },
	{ "AADSTS530035", "conditional_access", "Security defaults of the "
	    "tenant block the app: ask the tenant's "
	    "administrator.", REFUSED },
	{ "AADSTS50034", "client_id", "Entra ID took the app for a user: "
	    "check the client ID.", REFUSED },
	{ "AADSTS50076", "conditional_access", "Entra ID asked for a second "
	    "factor: exclude the app from the policy.", REFUSED },
	{ "AADSTS50079", "conditional_access", "Entra ID asked for a second "
	    "factor: exclude the app from the policy.", REFUSED },
	{ "AADSTS900144", "azure", "Entra ID missed a part of the request: "
	    "report this to support.", REFUSED },
	{ "AADSTS90033", "azure", "Entra ID is temporarily unavailable; it "
	    "is tried again.", TEMPORARY },
	{ "AADSTS90090", "azure", "Entra ID is temporarily unavailable; it "
	    "is tried again.", TEMPORARY },
	{ "AADSTS90006", "azure", "Entra ID is temporarily unavailable; it "
	    "is tried again.", TEMPORARY },
	{ "AADSTS90024", "azure", "Entra ID is temporarily unavailable; it "
	    "is tried again.", TEMPORARY },
	{ "AADSTS50196", "azure", "Entra ID slows us down; it is tried "
	    "again.", TEMPORARY },

	/* Azure Resource Manager */
	{ "AuthorizationFailed", "role_assignment", "The app has no right on "
	    "the workspace: assign it Microsoft Sentinel Reader there, and "
	    "check resource group and workspace name.", REFUSED },
	{ "SubscriptionNotFound", "subscription_id", "The subscription was "
	    "not found: check the subscription ID, then the "
	    "cloud.", REFUSED },
	{ "ResourceGroupNotFound", "resource_group", "The resource group was "
	    "not found in this subscription: check its name.", REFUSED },
	{ "ResourceNotFound", "workspace_name", "The workspace was not found "
	    "in this resource group: check workspace_name (the "
	    "name, not the GUID) and resource_group.", REFUSED },
	{ "NotOnboarded", "sentinel_onboarding", "Microsoft Sentinel is not "
	    "enabled on this workspace: enable it in the portal, or choose "
	    "another workspace.", REFUSED },
	{ "InvalidAuthenticationTokenTenant", "tenant_id", "The subscription "
	    "belongs to another tenant: check tenant ID and subscription "
	    "ID.", REFUSED },
	{ "InvalidAuthenticationTokenAudience", "cloud", "The token is for "
	    "another cloud: choose the right cloud.", REFUSED },
	{ "ExpiredAuthenticationToken", "clock", "Azure takes a fresh token "
	    "for expired: set the appliance's clock.", REFUSED },
	{ "InvalidAuthenticationToken", "cloud", "Azure does not accept the "
	    "token: choose the right cloud.", REFUSED },
	{ "NoServicePrincipal", "client_id", "The app has no enterprise "
	    "application in this tenant: create it, or check the client "
	    "ID.", REFUSED },
	{ "NoRegisteredProviderFound", "api_version", "This cloud does not "
	    "know the API version: use 2024-03-01.", SETTING },
	{ "UnsupportedApiVersion", "api_version", "This cloud does not know "
	    "the API version: use 2024-03-01.", SETTING },
	{ "InvalidApiVersionParameter", "api_version", "This cloud does not "
	    "know the API version: use 2024-03-01.", SETTING },
	{ "EnrichmentForbidden", "role_assignment", "The app may not read "
	    "alerts and entities: assign it Microsoft Sentinel Responder, or "
	    "a custom role with Microsoft.SecurityInsights/incidents/*/"
	    "action.", REFUSED },
	{ "TooManyRequests", "azure", "Azure slows us down; it is tried again "
	    "when Azure allows.", TEMPORARY },
	{ "SubscriptionRequestsThrottled", "azure", "Azure slows us down; it "
	    "is tried again when Azure allows.", TEMPORARY },
	{ "ResourceRequestsThrottled", "azure", "Azure slows us down; it is "
	    "tried again when Azure allows.", TEMPORARY },
	{ "Conflict", "azure", "The incident was changed at the same time; it "
	    "is tried again.", TEMPORARY },
	{ "BadRequest", "azure", "Azure refused the query: report this to "
	    "support.", REPLY },
	{ "http_5xx", "azure", "Azure answered with a server error; it is "
	    "tried again.", TEMPORARY },
	{ "http_unexpected", "network", "The answer did not come from Azure: "
	    "look for a captive portal or an intercepting proxy.", REPLY },
	{ "redirected", "network", "The answer was a redirect, which Azure "
	    "never sends: look for a captive portal or an intercepting "
	    "proxy.", REPLY },
	{ "reply_malformed", "azure", "Azure's reply was broken off or is not "
	    "JSON; it is tried again.", REPLY },
	{ "reply_too_large", "azure", "Azure's reply is larger than any that "
	    "is known; report this to support.", REPLY },
	{ "next_link_refused", "azure", "Azure's link to the next page leads "
	    "elsewhere or in a circle and was not followed; it is tried "
	    "again.", REPLY },

	/* network */
	{ "dns_failure", "network", "The name cannot be resolved: check the "
	    "appliance's DNS servers and that they know this "
	    "name.", TEMPORARY },
	{ "connect_refused", "network", "The connection was refused: open "
	    "port 443 to this host in the firewall.", TEMPORARY },
	{ "connect_timeout", "network", "There was no answer: open port 443 "
	    "to this host in the firewall, or set the proxy.", TEMPORARY },
	{ "unreachable", "network", "There is no route to the host: check the "
	    "appliance's network settings.", TEMPORARY },
	{ "timeout", "network", "The answer took longer than "
	    "network.request_timeout_seconds; it is tried again.", TEMPORARY },
	{ "connection_lost", "network", "The connection broke off; it is "
	    "tried again.", TEMPORARY },
	{ "proxy_unresolved", "proxy", "The proxy's name cannot be resolved: "
	    "check network.proxy.", TEMPORARY },
	{ "proxy_refused", "proxy", "The proxy refused the connection: check "
	    "network.proxy and the proxy's rules.", TEMPORARY },
	{ "proxy_authentication", "proxy", "The proxy asks for a login, which "
	    "this version cannot give: let the proxy pass the appliance's "
	    "address without one.", REFUSED },
	{ "proxy_user_unsupported", "network.proxy_user", "This version cannot "
	    "log in to a proxy: remove network.proxy_user, and let the proxy "
	    "pass the appliance's address without a login.", SETTING },

	/* certificates */
	{ "tls_untrusted", "ca_file", "The server's certificate is not from a "
	    "CA that we trust: if a proxy inspects TLS, give its CA as "
	    "network.ca_file.", REFUSED },
	{ "tls_expired", "clock", "The server's certificate is not valid at "
	    "the appliance's time: set the clock; if it is right, the "
	    "certificate has expired.", REFUSED },
	{ "tls_wrong_name", "network", "The server's certificate is for "
	    "another host: check DNS and any proxy in between.", REFUSED },
	{ "tls_no_san", "ca_file", "The server's certificate has no subject "
	    "alternative name: the inspecting proxy must make proper "
	    "certificates.", REFUSED },
	{ "tls_weak", "ca_file", "The server's certificate uses RSA below "
	    "2048 bits, SHA-1 or MD5: the inspecting proxy must make stronger "
	    "certificates.", REFUSED },
	{ "tls_wrong_usage", "ca_file", "A certificate of the server is not "
	    "made for this use: the inspecting proxy must make proper "
	    "certificates.", REFUSED },
	{ "tls_unusable", "ca_file", "A certificate of the server cannot be "
	    "checked: RSA 2048 to 4096 or P-256, P-384, P-521 with SHA-2 are "
	    "understood.", REFUSED },
	{ "tls_handshake", "network", "TLS could not be agreed on: the server "
	    "or a proxy must offer TLS 1.2 with ECDHE and "
	    "AES-GCM.", TEMPORARY },

	/* ourselves */
	{ "secret_required", "client_secret", "No client secret is stored for "
	    "this connector: enter it with 'wf-sentinel secret set' and the "
	    "connector's name.", SETTING },
	{ "secret_destination", "client_secret", "The stored client secret is "
	    "for another tenant, client, cloud, proxy or CA file: enter it "
	    "again with 'wf-sentinel secret set' and the connector's name.",
	    SETTING },
	{ "secret_damaged", "client_secret", "The stored client secret cannot "
	    "be opened with this appliance's key: enter it again with "
	    "'wf-sentinel secret set' and the connector's name.", SETTING },
	{ "secret_unreadable", "client_secret", "The stored client secret or "
	    "its key cannot be read: run this as the user that the daemon "
	    "runs as, or check the state directory.", REFUSED },
	{ "auth_method_unsupported", "auth_method", "Client certificates are "
	    "not supported by this version: use client_secret.", SETTING },
	{ "ca_file_unusable", "ca_file", "The CA file cannot be used: give a "
	    "PEM file with CA certificates only.", SETTING },
	{ "out_of_memory", "azure", "The fixed memory was too small for this "
	    "reply; it is tried again.", TEMPORARY },
	{ "store_full", "store.max_mib", "The store is full: raise "
	    "store.max_mib, or bring the required sink back.", TEMPORARY },
	{ "store_failed", "store.max_mib", "The store cannot be written: "
	    "check the data partition.", TEMPORARY },
	{ "sink_full", "sinks", "The file sink has reached its number of "
	    "files: read and remove the rotated files.", TEMPORARY },
	{ "sink_failed", "sinks", "The file sink cannot be written: check its "
	    "path and the free space.", TEMPORARY },
	{ "sink_unsupported", "sinks", "This version delivers work units "
	    "to file sinks only: set the sink's type to file and its format "
	    "to workunit.", SETTING },
	{ "test_interrupted", "connector", "The test was broken off, since the "
	    "configuration changed or the daemon ends: test "
	    "again.", TEMPORARY },
	{ "clock_skew", "clock", "The appliance's clock differs from Azure's "
	    "by more than 5 minutes: set it, or give it a time "
	    "server.", TEMPORARY },
};
/* clang-format on */

const struct diagnosis_row *
diagnosis_row(size_t i)
{
	return i < sizeof TABLE / sizeof TABLE[0] ? &TABLE[i] : NULL;
}

static const struct diagnosis_row *
find(struct span code)
{
	for (size_t i = 0; i < sizeof TABLE / sizeof TABLE[0]; i++)
		if (span_eq_nocase(code, span_str(TABLE[i].code)))
			return &TABLE[i];
	return NULL;
}

/* Show `s` in `room` bytes of `b`: what is not printable as one space. */
static void
put_shown(struct buf *b, struct span s, size_t room)
{
	struct span head;
	bool gap = true;

	while (s.n != 0) {
		size_t n = span_printable(s);
		bool blank = n == 0 || (n == 1 && s.p[0] == ' ');

		if (!span_take(&s, n == 0 ? 1 : n, &head))
			return;
		if (blank && gap)
			continue;
		if (head.n > room)
			return;
		if (blank)
			buf_put_byte(b, ' ');
		else
			buf_put(b, head);
		room -= head.n;
		gap = blank;
	}
}

void
diagnosis_clear(struct diagnosis *d)
{
	memset(d, 0, sizeof *d);
	d->setting = "";
}

bool
diagnosis_is_set(const struct diagnosis *d)
{
	return d->code[0] != '\0';
}

static void
set_id(char id[DIAGNOSIS_ID_MAX_BYTES + 1], struct span s)
{
	struct buf b = { (uint8_t *)id, 0, DIAGNOSIS_ID_MAX_BYTES + 1, false };

	put_shown(&b, s, DIAGNOSIS_ID_MAX_BYTES);
	(void)buf_str(&b);
}

void
diagnosis_set_ids(
    struct diagnosis *d, struct span trace_id, struct span correlation_id)
{
	set_id(d->trace_id, trace_id);
	set_id(d->correlation_id, correlation_id);
}

void
diagnosis_set(struct diagnosis *d, struct span code, struct span detail)
{
	const struct diagnosis_row *row = find(code);
	struct buf b = BUF_OVER(d->message);
	struct buf shown_code = BUF_OVER(d->code);
	size_t trace = span_find_nocase(detail, SPAN_LIT("Trace ID"));

	put_shown(&shown_code, code, sizeof d->code - 1);
	if (shown_code.n == 0)
		buf_put_str(&shown_code, "unknown");
	(void)buf_str(&shown_code);
	detail = span_trim(span_sub(detail, 0, trace));
	diagnosis_set_ids(d, SPAN_NONE, SPAN_NONE);
	d->setting = row != NULL ? row->setting : "azure";
	d->exit_code = row != NULL ? row->exit_code : REFUSED;
	if (row != NULL)
		buf_put_str(&b, row->guidance);
	else
		buf_put_str(&b, "An error that is not known here:");
	if (detail.n != 0) {
		buf_put_str(&b, " [");
		put_shown(&b, detail, sizeof d->message - b.n - 2);
		buf_put_byte(&b, ']');
	}
	(void)buf_str(&b);
}

/* Bytes at the start of `text` that also stand in a row in `secret`. */
static size_t
shared(struct span text, struct span secret)
{
	size_t longest = 0;

	for (size_t i = 0; i + longest < secret.n; i++) {
		size_t n = longest;

		/* Only a longer run than the one before counts. */
		if (n >= text.n ||
		    !span_eq_nocase(
			span_sub(text, 0, n + 1), span_sub(secret, i, n + 1)))
			continue;
		do
			n++;
		while (n < text.n && i + n < secret.n &&
		    span_eq_nocase(
			span_sub(text, n, 1), span_sub(secret, i + n, 1)));
		longest = n;
	}
	return longest;
}

/* A character of several bytes goes as a whole. */
static bool
is_inside(const char *text, size_t i)
{
	return ((uint8_t)text[i] & 0xc0) == 0x80;
}

static void
withhold(char *text, struct span secret)
{
	size_t least = secret.n < DIAGNOSIS_SECRET_RUN_BYTES ?
	    secret.n :
	    DIAGNOSIS_SECRET_RUN_BYTES;
	size_t i = 0;

	while (text[i] != '\0') {
		size_t n = shared(span_str(text + i), secret);
		size_t start = i, end = i + n;

		if (n < least) {
			i++;
			continue;
		}
		while (start != 0 && is_inside(text, start))
			start--;
		while (is_inside(text, end))
			end++;
		memset(text + start, '*', end - start);
		i = end;
	}
}

void
diagnosis_withhold(struct diagnosis *d, struct span secret)
{
	if (secret.n == 0)
		return;
	withhold(d->code, secret);
	withhold(d->message, secret);
	withhold(d->trace_id, secret);
	withhold(d->correlation_id, secret);
}
