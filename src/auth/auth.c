/* SPDX-License-Identifier: MIT */
/*
 * The secret's way: vault -> form (percent-encoded, in a->form) -> libcurl's
 * send buffer in the arena.  a->form is wiped as soon as the request has ended;
 * the arena wipes what is freed, and http destroys handle and connection of a
 * secret request.
 *
 * The reply is projected whatever its status; a body that is not JSON matters
 * only where the status promises a token.
 */
#include "auth/auth.h"

#include <assert.h>

enum {
	WANT_ROOT,
	WANT_TOKEN,
	WANT_TYPE,
	WANT_EXPIRES,
	WANT_ERROR,
	WANT_DESCRIPTION,
	WANT_CODES,
	WANT_CODE,
	WANT_TRACE,
	WANT_CORRELATION,
};

static const struct json_want WANTS[] = {
	[WANT_ROOT] = { NULL, 0, JSON_OBJECT | JSON_EMIT, 0 },
	[WANT_TOKEN] = { "access_token", WANT_ROOT, JSON_STRING,
	    TOKEN_MAX_BYTES },
	[WANT_TYPE] = { "token_type", WANT_ROOT, JSON_STRING, 16 },
	[WANT_EXPIRES] = { "expires_in", WANT_ROOT, JSON_STRING | JSON_NUMBER,
	    16 },
	[WANT_ERROR] = { "error", WANT_ROOT, JSON_STRING, 64 },
	[WANT_DESCRIPTION] = { "error_description", WANT_ROOT, JSON_STRING,
	    600 },
	[WANT_CODES] = { "error_codes", WANT_ROOT, JSON_ARRAY, 1 },
	[WANT_CODE] = { "*", WANT_CODES, JSON_NUMBER, 12 },
	[WANT_TRACE] = { "trace_id", WANT_ROOT, JSON_STRING,
	    DIAGNOSIS_ID_MAX_BYTES },
	[WANT_CORRELATION] = { "correlation_id", WANT_ROOT, JSON_STRING,
	    DIAGNOSIS_ID_MAX_BYTES },
};

#define TOKEN_COUNT 24

#define HEADER "Authorization: Bearer "

void
auth_init(struct auth *a, struct http *http, struct vault *vault,
    const struct auth_route *route, const struct clock *clock)
{
	/* A request that http_close has cut short leaves its secret here. */
	wipe(a->form, a->form_n);
	a->form_n = 0;
	a->route = route;
	a->http = http;
	a->vault = vault;
	a->clock = clock;
}

void
auth_use_unsaved(struct auth *a, struct span secret)
{
	a->unsaved = secret;
}

/* Parts stand in a fixed order with a space between, which none of them can
 * hold, so that no two lists of parts look the same.  The ARM origin is one:
 * a token is as good as the secret for as long as it lives, and goes there. */
struct vault_name
auth_secret_name(const struct auth_route *route,
    const struct config_connector *connector, struct span field,
    struct buf *out)
{
	struct vault_name name = { connector->name, field, SPAN_NONE };
	size_t start = out->n;

	buf_put_str(out, "entra ");
	buf_put(out, connector->authority_url);
	buf_put_byte(out, ' ');
	buf_put(out, connector->tenant_id);
	buf_put_byte(out, ' ');
	buf_put(out, connector->client_id);
	buf_put_byte(out, ' ');
	buf_put(out, connector->arm_url);
	buf_put_byte(out, ' ');
	buf_put(out, route->proxy);
	buf_put_byte(out, ' ');
	buf_put_hex(
	    out, (struct span){ route->ca_digest, sizeof route->ca_digest });
	name.binding = span_sub(span_of(out), start, out->n - start);
	return name;
}

bool
auth_token_is_good(const struct auth_token *token, int64_t now_ms)
{
	return token->header[0] != '\0' && now_ms < token->good_until_ms;
}

struct span
auth_header_token(const char *header)
{
	return span_sub(span_str(header), sizeof HEADER - 1, SIZE_MAX);
}

void
auth_token_forget(struct auth_token *token)
{
	wipe(token, sizeof *token);
}

/* ---- the request -------------------------------------------------------- */

static enum st
write_form(void *ctx, struct span secret)
{
	struct auth *a = ctx;
	struct buf b = BUF_OVER(a->form);
	size_t start;

	buf_put_str(&b, "client_id=");
	buf_put_percent(&b, a->connector->client_id);
	buf_put_str(&b, "&scope=");
	buf_put_percent(&b, a->connector->arm_url);
	buf_put_percent(&b, SPAN_LIT("/.default"));
	buf_put_str(&b, "&client_secret=");
	start = b.n;
	buf_put_percent(&b, secret);
	a->secret = span_sub(span_of(&b), start, b.n - start);
	buf_put_str(&b, "&grant_type=client_credentials");
	a->form_n = b.n;
	return b.cut ? ST_CONFIG : ST_OK;
}

static void
forget_form(struct auth *a)
{
	wipe(a->form, sizeof a->form);
	a->form_n = 0;
	a->secret = SPAN_NONE;
}

static const char *
vault_code(enum st st)
{
	switch (st) {
	case ST_NOT_FOUND:
		return "secret_required";
	case ST_DENIED:
		return "secret_destination";
	case ST_IO:
		return "secret_unreadable";
	case ST_OK:
	case ST_AGAIN:
	case ST_FULL:
	case ST_TIMEOUT:
	case ST_BUSY:
	case ST_CONFIG:
	case ST_MALFORM:
	case ST_CORRUPT:
	case ST_COUNT:
		break;
	}
	return "secret_damaged";
}

static enum st
on_element(void *ctx, const struct json_element *element)
{
	struct auth *a = ctx;

	a->element = *element;
	a->complete = true;
	return ST_OK;
}

static enum st
on_body(void *ctx, unsigned status, struct span bytes)
{
	struct auth *a = ctx;

	(void)status;
	if (a->readable && json_project_push(&a->project, bytes) != ST_OK)
		a->readable = false;
	return ST_OK;
}

static http_done on_done;

static enum st
send_form(struct auth *a, struct diagnosis *d)
{
	struct buf url = BUF_OVER(a->url);
	struct http_request request = {
		.method = HTTP_POST,
		.operation = COUNTERS_TOKEN,
		.url = a->url,
		.body = { a->form, a->form_n },
		.content_type =
		    "Content-Type: application/x-www-form-urlencoded",
		.secret = true,
		.on_body = on_body,
		.on_done = on_done,
		.ctx = a,
	};
	enum st st;

	buf_put(&url, a->connector->authority_url);
	buf_put_byte(&url, '/');
	buf_put(&url, a->connector->tenant_id);
	buf_put_str(&url, "/oauth2/v2.0/token");
	if (buf_str(&url)[0] == '\0') {
		diagnosis_set(d, SPAN_LIT("AADSTS900023"), SPAN_NONE);
		return ST_CONFIG;
	}
	a->readable = true;
	a->complete = false;
	json_project_init(&a->project, WANTS, sizeof WANTS / sizeof WANTS[0],
	    BUF_OVER(a->reply), on_element, a);
	st = http_start(a->http, &request);
	if (st != ST_OK && st != ST_AGAIN)
		diagnosis_set(d, SPAN_LIT("out_of_memory"), SPAN_NONE);
	return st;
}

enum st
auth_start(struct auth *a, const struct config_connector *connector,
    struct auth_token *token, auth_done *done, void *ctx, struct diagnosis *d)
{
	uint8_t binding[AUTH_BINDING_MAX_BYTES];
	struct buf b = BUF_OVER(binding);
	struct vault_name name;
	enum st st;

	if (http_free_slots(a->http) == 0)
		return ST_AGAIN;
	auth_token_forget(token);
	a->connector = connector;
	a->token = token;
	a->done = done;
	a->ctx = ctx;
	if (connector->auth_method != CONFIG_CLIENT_SECRET) {
		diagnosis_set(
		    d, SPAN_LIT("auth_method_unsupported"), SPAN_NONE);
		return ST_CONFIG;
	}
	name = auth_secret_name(
	    a->route, connector, SPAN_LIT("client_secret"), &b);
	if (a->unsaved.n != 0)
		st = write_form(a, a->unsaved);
	else
		st = b.cut ? ST_CONFIG :
			     vault_lend(a->vault, &name, write_form, a);
	if (st != ST_OK) {
		diagnosis_set(d, span_str(vault_code(st)), connector->name);
		st = ST_CONFIG;
	} else
		st = send_form(a, d);
	if (st != ST_OK)
		forget_form(a);
	return st;
}

/* ---- the reply ---------------------------------------------------------- */

/* Characters of a token: RFC 6750, 2.1 (b64token).  Nothing else gets into a
 * header line. */
static bool
is_token_text(struct span s)
{
	static const char EXTRA[] = "-._~+/=";

	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];

		if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z') &&
		    !(c >= '0' && c <= '9') &&
		    span_find_byte(SPAN_LIT(EXTRA), c) == SIZE_MAX)
			return false;
	}
	return s.n != 0;
}

/* Seconds that a token may be used: a number, or a string that holds one (both
 * have been seen); an unusable value counts as the shortest. */
static int64_t
lifetime_s(const struct json_doc *doc)
{
	uint64_t s;

	if (span_to_u64(json_raw(doc, json_member(doc, 0, "expires_in")), &s) !=
		ST_OK ||
	    s < AUTH_LIFETIME_MIN_S)
		return AUTH_LIFETIME_MIN_S;
	if (s > AUTH_LIFETIME_MAX_S)
		s = AUTH_LIFETIME_MAX_S;
	/* A tenth earlier, at most five minutes: a poll that begins must not
	 * meet the end of its token. */
	return (int64_t)(s - (s / 10 < 300 ? s / 10 : 300));
}

static enum st
take_token(struct auth *a, const struct json_doc *doc, struct diagnosis *d)
{
	struct span text = json_string(
	    doc, json_member(doc, 0, "access_token"));
	struct buf b = BUF_OVER(a->token->header);

	if ((a->element.cut & (UINT64_C(1) << WANT_TOKEN)) != 0) {
		diagnosis_set(d, SPAN_LIT("reply_too_large"), SPAN_NONE);
		return ST_MALFORM;
	}
	if (!is_token_text(text)) {
		diagnosis_set(d, SPAN_LIT("http_unexpected"),
		    a->connector->authority_url);
		return ST_MALFORM;
	}
	buf_put_str(&b, HEADER);
	buf_put(&b, text);
	assert(buf_str(&b)[0] != '\0');
	a->token->good_until_ms = clock_monotonic_ms(a->clock) +
	    lifetime_s(doc) * 1000;
	return ST_OK;
}

/* "AADSTS" and the first error code; a reply without codes says only what
 * `error` says. */
static enum st
take_error(struct auth *a, const struct json_doc *doc, unsigned status,
    struct diagnosis *d)
{
	uint8_t text[64], shown[640];
	struct buf code = BUF_OVER(text), detail = BUF_OVER(shown);
	int codes = json_member(doc, 0, "error_codes");
	struct span number = json_raw(doc, json_first(doc, codes));

	if (status == 429 && number.n == 0)
		buf_put_str(&code, "TooManyRequests");
	else if (number.n != 0) {
		buf_put_str(&code, "AADSTS");
		buf_put(&code, number);
	} else
		buf_put(&code, json_string(doc, json_member(doc, 0, "error")));
	if (code.n == 0) {
		diagnosis_set(d, SPAN_LIT("http_unexpected"),
		    a->connector->authority_url);
		return ST_MALFORM;
	}
	json_decode(&detail,
	    json_string(doc, json_member(doc, 0, "error_description")));
	diagnosis_set(d, span_of(&code), span_of(&detail));
	diagnosis_set_ids(d, json_string(doc, json_member(doc, 0, "trace_id")),
	    json_string(doc, json_member(doc, 0, "correlation_id")));
	return d->exit_code == 75 ? ST_IO : ST_DENIED;
}

static enum st
judge(struct auth *a, const struct http_result *result, struct diagnosis *d)
{
	jsmntok_t tok[TOKEN_COUNT];
	struct json_doc doc;
	enum st st;

	if (http_diagnose(result, a->connector->authority_url, d))
		return result->st != ST_OK ? result->st : ST_IO;
	if (!a->readable || json_project_finish(&a->project) != ST_OK ||
	    !a->complete || a->element.flags != 0 ||
	    json_doc_parse(&doc, a->element.text, tok, TOKEN_COUNT) != ST_OK) {
		diagnosis_set(d, SPAN_LIT("http_unexpected"),
		    a->connector->authority_url);
		return ST_MALFORM;
	}
	if (result->status == 200)
		st = take_token(a, &doc, d);
	else
		st = take_error(a, &doc, result->status, d);
	return st;
}

static uint8_t
hex_value(uint8_t digit)
{
	return (uint8_t)(digit <= '9' ? digit - '0' : digit - 'A' + 10);
}

/* buf_put_percent back; `s` is what that made. */
static void
put_plain(struct buf *b, struct span s)
{
	struct span c;

	while (span_take(&s, 1, &c)) {
		uint8_t byte = c.p[0];

		if (byte == '%' && span_take(&s, 2, &c))
			byte = (uint8_t)(hex_value(c.p[0]) << 4 |
			    hex_value(c.p[1]));
		buf_put_byte(b, byte);
	}
}

/* What an error says of the request may hold the secret, as it was sent or as
 * it is.  a->reply is free for it, and wiped after. */
static void
withhold_secret(struct auth *a, struct diagnosis *d)
{
	struct buf plain = BUF_OVER(a->reply);

	_Static_assert(AUTH_REPLY_MAX_BYTES >= AUTH_FORM_MAX_BYTES,
	    "a decoded secret is no longer than the form");
	put_plain(&plain, a->secret);
	diagnosis_withhold(d, a->secret);
	diagnosis_withhold(d, span_of(&plain));
}

static void
on_done(void *ctx, const struct http_result *result)
{
	struct auth *a = ctx;
	struct diagnosis d;
	enum st st;

	diagnosis_clear(&d);
	st = judge(a, result, &d);
	/* Entra's header has the same trace id as its body. */
	if (st != ST_OK && d.trace_id[0] == '\0')
		diagnosis_set_ids(&d, span_str(result->request_id),
		    span_str(result->correlation_id));
	if (st != ST_OK)
		withhold_secret(a, &d);
	forget_form(a);
	wipe(a->reply, sizeof a->reply);
	a->done(a->ctx, st, &d, result);
}
