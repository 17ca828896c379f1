/* SPDX-License-Identifier: MIT */
/*
 * auth.h - a token from Entra ID by client credentials.
 *
 * POST {authority}/{tenant}/oauth2/v2.0/token, as Microsoft documents it
 * ("OAuth 2.0 client credentials flow").  The secret is borrowed from the vault
 * for the time of the request, goes to the login origin only, and is wiped; so
 * is the handle that carried it.  The token is kept as the header line that
 * will carry it, until shortly before it expires.
 *
 * One request at a time in a struct auth; a token for each connector.
 */
#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

#include "base/limits.h"
#include "base/span.h"
#include "config/config.h"
#include "health/diagnosis.h"
#include "http/http.h"
#include "json/json.h"
#include "platform/clock.h"
#include "seal/seal.h"
#include "vault/vault.h"

struct auth_token {
	char header[AUTH_HEADER_MAX_BYTES]; /* "Authorization: Bearer …", "" */
	int64_t good_until_ms;              /* on the monotonic clock */
};

/*
 * The end of a request.
 *
 * st  ST_OK       the token is good
 *     ST_DENIED   Entra ID, a certificate check or the vault refused
 *     ST_CONFIG   a setting or the secret is missing
 *     ST_TIMEOUT, ST_IO, ST_FULL  temporary
 *     ST_MALFORM  the reply was not Entra's
 * d   set unless ST_OK; borrowed for the call
 */
typedef void auth_done(void *ctx, enum st st, const struct diagnosis *d,
    const struct http_result *result);

/* By which way the login origin is reached, and who vouches for it: whoever
 * changes these could have the secret sent to himself. */
struct auth_route {
	struct span proxy;                    /* absent: none */
	uint8_t ca_digest[SEAL_DIGEST_BYTES]; /* SHA-256 of the operator's CA
	                                       * file; zeros without one */
};

/* Private. */
struct auth {
	const struct auth_route *route;
	struct http *http;
	struct vault *vault;
	const struct clock *clock;
	struct span unsaved; /* used in place of the vault's secret, if any */
	const struct config_connector *connector;
	struct auth_token *token;
	auth_done *done;
	void *ctx;
	struct json_project project;
	bool readable; /* the body is JSON so far */
	bool complete; /* … and the element was handed over */
	uint8_t reply[AUTH_REPLY_MAX_BYTES];
	struct json_element element;
	uint8_t form[AUTH_FORM_MAX_BYTES];
	size_t form_n;
	struct span secret; /* the form's, percent-encoded; borrows `form` */
	char url[512];
};

/* *a is all zero before, or was used with an http that has been closed since.
 * The pointers are borrowed for its life. */
void auth_init(struct auth *a, struct http *http, struct vault *vault,
    const struct auth_route *route, const struct clock *clock);

/* Use this secret, which is not stored, from now on; SPAN_NONE: the vault's.
 * Borrowed until it is changed; the caller wipes it. */
void auth_use_unsaved(struct auth *a, struct span secret);

/* What a connector's secret is bound to: login origin, tenant, client, the ARM
 * origin that tokens are asked for, and the route.  The name's spans borrow the
 * connector and `out`, which AUTH_BINDING_MAX_BYTES suffice for. */
struct vault_name auth_secret_name(const struct auth_route *route,
    const struct config_connector *connector, struct span field,
    struct buf *out);

/*
 * auth_start - ask for a token.
 *
 * connector  borrowed until done
 * token      forgotten now, filled before done(ST_OK)
 * returns    ST_OK     done will be called, from http_wait
 *            ST_AGAIN  no free slot; done is not called
 *            other     it cannot even be asked: done is not called, *d says why
 */
enum st auth_start(struct auth *a, const struct config_connector *connector,
    struct auth_token *token, auth_done *done, void *ctx,
    struct diagnosis *d) MUST_CHECK;

/* Can be sent now and for some minutes more. */
bool auth_token_is_good(const struct auth_token *token, int64_t now_ms);

/* What is secret in a header line of a struct auth_token; borrows it. */
struct span auth_header_token(const char *header);

/* Wipe it, so that the next use asks again. */
void auth_token_forget(struct auth_token *token);

#endif
