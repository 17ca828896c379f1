/* SPDX-License-Identifier: MIT */
#include "app/app_secret.h"

#include <string.h>

#include "app/app.h"
#include "base/ticks.h"
#include "base/uuid.h"

const char *
app_secret_wrong(struct span value)
{
	if (value.n == 0)
		return "the value is empty";
	if (value.n > APP_CLIENT_SECRET_MAX_BYTES)
		return "the value is longer than a client secret can be";
	if (uuid_is_text(value))
		return "this is a GUID: enter the secret's Value, not its "
		       "Secret ID";
	for (size_t i = 0; i < value.n; i++)
		if (value.p[i] <= 0x20 || value.p[i] > 0x7e)
			return "the value holds a space or a character that "
			       "no client secret has: copy it again";
	return NULL;
}

enum st
app_secret_expiry(struct span text, int64_t *expires)
{
	uint8_t full[40];
	struct buf b = BUF_OVER(full);

	buf_put(&b, text);
	if (b.n == 10)
		buf_put_str(&b, "T23:59:59Z");
	return b.cut ? ST_MALFORM : ticks_parse(span_of(&b), expires);
}

unsigned
app_secret_vault(struct app *a, struct app_refusal *why)
{
	if (a->vault.kind != NULL ||
	    vault_init(&a->vault, span_str(a->options.state),
		&vault_device_key) == ST_OK)
		return 200;
	a->vault.kind = NULL;
	return app_refuse(why, 500, "vault_failed", a->vault.why, "state");
}

static unsigned
refuse_vault(struct app *a, struct app_refusal *why)
{
	return app_refuse(why, 500, "vault_failed", a->vault.why, "state");
}

static unsigned
refuse_audit(struct app_refusal *why)
{
	return app_refuse(why, 500, "audit_failed",
	    "Nothing was changed, since the audit log cannot be written: is "
	    "the disk full?",
	    "state");
}

/* The end of a change that was started: its status, or that of a log which
 * cannot say so any more. */
static unsigned
finish(struct app *a, const struct app_change *change, unsigned status,
    struct app_refusal *why)
{
	enum st st = app_audit(a, change, status == 200 ? "done" : "failed");

	if (status != 200 || st == ST_OK)
		return status;
	return app_refuse(why, 500, "audit_failed",
	    "It was done, but the audit log cannot be written: is the disk "
	    "full?",
	    "state");
}

/* Scope and field to a name. */
static unsigned
find_name(struct app *a, struct span scope, struct span field,
    struct buf *binding, struct vault_name *name, struct app_refusal *why)
{
	const struct config_connector *connector = NULL;

	if (!vault_is_field(field))
		return app_refuse(why, 400, "no_such_field",
		    "FIELD is client_secret.", "client_secret");
	if (!a->has_config)
		return app_refuse(why, 409, "unconfigured",
		    "There is no configuration yet that says what the secret "
		    "is for.",
		    "connectors");
	connector = app_connector(a, scope);
	if (connector == NULL)
		return app_refuse(why, 404, "no_such_connector",
		    "No connector of this name is configured.", "connectors");
	if (!span_eq(field, SPAN_LIT("client_secret")))
		return app_refuse(why, 400, "secret_unsupported",
		    "This version uses client_secret only.", "client_secret");
	if (!a->has_route)
		return app_refuse(why, 409, "ca_file_unusable",
		    "The CA file cannot be used, and a secret is bound to it: "
		    "correct it first.",
		    "network.ca_file");
	*name = auth_secret_name(&a->route, connector, field, binding);
	return 200;
}

/* Its next login is now: the failure that it waits for the end of was ours. */
static void
wake(struct app *a, struct span scope)
{
	if (!a->is_ready)
		return;
	app_note_expiry(a);
	for (size_t i = 0; i < a->config->connector_count; i++) {
		struct relay_connector *c = &a->relay.connector[i];

		if (span_eq(a->config->connector[i].name, scope) &&
		    strcmp(c->diagnosis.setting, "client_secret") == 0)
			c->next_poll_ms = 0;
	}
}

unsigned
app_secret_set(struct app *a, const struct app_actor *actor, struct span scope,
    struct span field, struct span value, int64_t expires,
    struct app_refusal *why)
{
	uint8_t text[AUTH_BINDING_MAX_BYTES];
	struct buf binding = BUF_OVER(text);
	struct app_change change = { .actor = *actor,
		.action = "secret_set",
		.scope = scope,
		.field = field };
	struct vault_name name;
	unsigned status = find_name(a, scope, field, &binding, &name, why);

	if (status == 200 && app_secret_wrong(value) != NULL)
		status = app_refuse(why, 422, "secret_malformed",
		    app_secret_wrong(value), "client_secret");
	if (status == 200)
		status = app_secret_vault(a, why);
	if (status != 200)
		return status;
	if (app_audit(a, &change, "started") != ST_OK)
		return refuse_audit(why);
	if (vault_set(&a->vault, &name, value, clock_wall_ticks(&clock_system),
		expires) != ST_OK)
		status = refuse_vault(a, why);
	if (status == 200)
		wake(a, scope);
	return finish(a, &change, status, why);
}

struct search {
	const struct vault_name *name;
	bool found;
};

static bool
is_found(void *ctx, const struct vault_entry *entry)
{
	struct search *s = ctx;

	s->found = span_eq(s->name->scope, span_str(entry->scope)) &&
	    span_eq(s->name->field, span_str(entry->field));
	return !s->found;
}

unsigned
app_secret_delete(struct app *a, const struct app_actor *actor,
    struct span scope, struct span field, struct app_refusal *why)
{
	struct vault_name name = { scope, field, SPAN_NONE };
	struct search search = { &name, false };
	struct app_change change = { .actor = *actor,
		.action = "secret_delete",
		.scope = scope,
		.field = field };
	unsigned status;

	if (!vault_is_scope(scope) || !vault_is_field(field))
		return app_refuse(why, 400, "no_such_field",
		    "There is no such SCOPE or FIELD.", "client_secret");
	status = app_secret_vault(a, why);
	if (status != 200)
		return status;
	if (vault_list(&a->vault, is_found, &search) != ST_OK)
		return refuse_vault(a, why);
	if (!search.found)
		return app_refuse(why, 404, "no_such_secret",
		    "There is no such secret.", "client_secret");
	if (app_audit(a, &change, "started") != ST_OK)
		return refuse_audit(why);
	if (vault_delete(&a->vault, &name) != ST_OK)
		status = refuse_vault(a, why);
	if (a->is_ready)
		app_note_expiry(a);
	return finish(a, &change, status, why);
}
