/* SPDX-License-Identifier: MIT */
/*
 * POST /v1/connectors/{name}/test, with an optional body of what is not saved:
 *
 *	{"settings":{"tenant_id":"…", …},"secrets":{"client_secret":"…"}}
 *
 * The settings are laid over the stored connector, as JSON, and the whole goes
 * through the same code as the configuration's file.  Without a secret the
 * stored one is used, which opens only for the destination that it was entered
 * for: nobody can have it sent elsewhere by settings of his own.
 *
 * The answer goes out as it becomes known.  A poll may go on meanwhile; see
 * sentinel/sentinel_check.h.
 */
#include <stddef.h>
#include <string.h>

#include "api/api_priv.h"

/* What is wrong with a body. */
struct refusal {
	unsigned status;
	const char *message, *setting;
	struct config_fault fault; /* of the first setting */
	bool has_fault;
};

/* ---- the answer --------------------------------------------------------- */

/* `state` is the number of the test, and in its last byte how much of the
 * result was written. */
static enum control_more
next_piece(void *ctx, uint64_t *state, struct buf *out)
{
	struct app *a = ctx;
	uint64_t number = *state >> 8, written = *state & 0xff;

	/* The next test took the place of a result that nobody read. */
	if (number != a->test.number) {
		out->cut = true;
		return CONTROL_PIECE;
	}
	if (sentinel_check_write(&a->test.check, &written, out)) {
		*state = number << 8 | written;
		return CONTROL_PIECE;
	}
	return app_test_is_running(a) ? CONTROL_LATER : CONTROL_END;
}

/* ---- settings ----------------------------------------------------------- */

static void
put_stored(struct json_out *o, const struct json_doc *doc, int settings,
    const char *name, struct span value)
{
	if (value.n == 0 || json_member(doc, settings, name) >= 0)
		return;
	json_put_key(o, name);
	json_put_string(o, value);
}

/* The members of a stored connector that matter for a test, without those that
 * the settings replace. */
static void
put_connector(struct json_out *o, const struct config_connector *c,
    const struct json_doc *doc, int settings)
{
	static const char *const CLOUD[] = {
		[CONFIG_PUBLIC] = "public",
		[CONFIG_USGOV] = "usgov",
		[CONFIG_CUSTOM] = "custom",
	};
	static const char *const METHOD[] = {
		[CONFIG_CLIENT_SECRET] = "client_secret",
		[CONFIG_CLIENT_CERTIFICATE] = "client_certificate",
	};
	int cloud = json_member(doc, settings, "cloud");

	put_stored(o, doc, settings, "tenant_id", c->tenant_id);
	put_stored(o, doc, settings, "client_id", c->client_id);
	put_stored(o, doc, settings, "subscription_id", c->subscription_id);
	put_stored(o, doc, settings, "resource_group", c->resource_group);
	put_stored(o, doc, settings, "workspace_name", c->workspace_name);
	put_stored(o, doc, settings, "cloud", span_str(CLOUD[c->cloud]));
	put_stored(
	    o, doc, settings, "auth_method", span_str(METHOD[c->auth_method]));
	if (c->api_version_given)
		put_stored(o, doc, settings, "api_version", c->api_version);
	/* The addresses of another cloud are its own. */
	if (c->cloud != CONFIG_CUSTOM ||
	    (cloud >= 0 &&
		!span_eq(json_string(doc, cloud), SPAN_LIT("custom"))))
		return;
	put_stored(o, doc, settings, "authority_url", c->authority_url);
	put_stored(o, doc, settings, "arm_url", c->arm_url);
}

/* A configuration with this one connector. */
static void
put_config(struct json_out *o, const struct app *a, const char *name,
    const struct json_doc *doc, int settings)
{
	const struct config_connector *stored = app_connector(
	    a, span_str(name));
	struct span given = json_raw(doc, settings);

	json_put_open(o, '{');
	json_put_key(o, "version");
	json_put_int(o, 1);
	json_put_key(o, "appliance_id");
	json_put_string(o, a->config->appliance_id);
	json_put_key(o, "connectors");
	json_put_open(o, '[');
	json_put_open(o, '{');
	put_stored(o, doc, settings, "name", span_str(name));
	if (stored != NULL)
		put_connector(o, stored, doc, settings);
	if (json_first(doc, settings) >= 0)
		json_put_json(o, span_sub(given, 1, given.n - 2));
	json_put_close(o, '}');
	json_put_close(o, ']');
	json_put_close(o, '}');
}

static void
keep_first(void *ctx, const struct config_fault *fault)
{
	struct refusal *r = ctx;

	if (!r->has_fault && !fault->warning) {
		r->fault = *fault;
		r->has_fault = true;
	}
}

static bool
lay_settings(struct app *a, const char *name, const struct json_doc *doc,
    int settings, struct refusal *r)
{
	const struct span WHERE = SPAN_LIT("connectors[0].");
	struct app_test *t = &a->test;
	struct buf text = BUF_OVER(t->scratch.text);
	struct json_out o = { &text, false };
	enum st st;

	put_config(&o, a, name, doc, settings);
	r->status = 422;
	r->message = "The settings are longer than a configuration may be.";
	r->setting = "settings";
	if (text.cut)
		return false;
	st = config_parse(
	    &t->config, span_of(&text), NULL, &t->scratch, keep_first, r);
	/* A secret may stand where none belongs. */
	wipe(t->scratch.text, text.n);
	if (st == ST_OK) {
		r->message = "The name is another connector's: test that one.";
		r->setting = "name";
		return span_eq(t->config.connector[0].name, span_str(name));
	}
	r->message = r->fault.text;
	r->setting = r->fault.key;
	if (span_has_prefix(span_str(r->fault.key), WHERE))
		r->setting += WHERE.n;
	return false;
}

/* ---- the body ----------------------------------------------------------- */

/* The secret into t->secret; its length, 0 without one. */
static bool
take_secrets(struct app *a, const struct json_doc *doc, int secrets,
    size_t *secret_n, struct refusal *r)
{
	struct buf b = BUF_OVER(a->test.secret);

	*secret_n = 0;
	r->status = 422;
	r->setting = "secrets";
	r->message = "Only client_secret can be tested, a text of 1 to 512 "
		     "bytes.";
	for (int key = json_first(doc, secrets); key >= 0;
	     key = json_next(doc, key)) {
		int value = json_value(doc, key);

		if (!span_eq(json_raw(doc, key), SPAN_LIT("client_secret")) ||
		    json_type(doc, value) != JSON_STRING || b.n != 0)
			return false;
		json_decode(&b, json_string(doc, value));
		if (b.cut || b.n == 0)
			return false;
	}
	*secret_n = b.n;
	return true;
}

/* An object or nothing at all. */
static bool
is_object(const struct json_doc *doc, int value)
{
	return value < 0 || json_type(doc, value) == JSON_OBJECT;
}

static bool
take_body(struct app *a, struct span body, const char *name, size_t *secret_n,
    struct refusal *r)
{
	struct json_doc doc = { SPAN_NONE, NULL, 0 };
	int settings, secrets;
	size_t offset;

	if (body.n == 0)
		body = SPAN_LIT("{}");
	r->status = 400;
	r->setting = "";
	r->message = "The body is {\"settings\":{…},\"secrets\":{…}}.";
	if (json_check(body, &offset) != ST_OK ||
	    json_doc_parse(&doc, body, a->test.scratch.tok,
		CONFIG_TOKEN_MAX_COUNT) != ST_OK)
		return false;
	for (int t = json_first(&doc, 0); t >= 0; t = json_next(&doc, t))
		if (!span_eq(json_string(&doc, t), SPAN_LIT("settings")) &&
		    !span_eq(json_string(&doc, t), SPAN_LIT("secrets")))
			return false;
	settings = json_member(&doc, 0, "settings");
	secrets = json_member(&doc, 0, "secrets");
	if (json_type(&doc, 0) != JSON_OBJECT || !is_object(&doc, settings) ||
	    !is_object(&doc, secrets))
		return false;
	if (app_connector(a, span_str(name)) == NULL && settings < 0) {
		r->status = 404;
		r->setting = "connectors";
		r->message = "No connector of this name is configured: give "
			     "its settings to test it before it is saved.";
		return false;
	}
	return take_secrets(a, &doc, secrets, secret_n, r) &&
	    lay_settings(a, name, &doc, settings, r);
}

unsigned
api_test(void *ctx, struct control_call *call)
{
	struct app *a = ctx;
	struct refusal r = { .has_fault = false };
	size_t secret_n = 0;

	if (!a->is_ready)
		return api_unconfigured(call);
	if (app_test_is_running(a))
		return control_error(call, 503, "busy",
		    "Another test is running; try again.", "");
	if (!take_body(a, call->body, call->arg[0], &secret_n, &r)) {
		wipe(a->test.secret, sizeof a->test.secret);
		return control_error(call, r.status,
		    r.status == 404     ? "not_found" :
			r.status == 400 ? "bad_request" :
					  "setting_refused",
		    r.message, r.setting);
	}
	app_test_start(a, &a->test.config.connector[0], secret_n);
	call->more = next_piece;
	call->state = a->test.number << 8;
	return 200;
}
