/* SPDX-License-Identifier: MIT */
#include "api/api.h"

#include "api/api_priv.h"

static unsigned
on_health(void *ctx, struct control_call *call)
{
	const struct app *a = ctx;

	call->type = "text/plain";
	buf_put_str(call->out,
	    !a->sandbox.is_set ? "no sandbox\n" :
		!a->is_ready   ? "unconfigured\n" :
				 "ok\n");
	return a->is_ready && a->sandbox.is_set ? 200 : 503;
}

struct app_actor
api_actor(const struct control_call *call)
{
	return (struct app_actor){ call->uid, call->user, "socket" };
}

unsigned
api_refuse(struct control_call *call, const struct app_refusal *why)
{
	return control_error(
	    call, why->status, why->code, why->message, why->setting);
}

bool
api_number(const struct control_call *call, const char *name, uint64_t fallback,
    uint64_t most, uint64_t *value)
{
	return control_request_number(call->request->query, span_str(name),
		   fallback, value) == ST_OK &&
	    *value <= most;
}

unsigned
api_unconfigured(struct control_call *call)
{
	return control_error(call, 409, "unconfigured",
	    "The daemon waits for a configuration that is right.", "config");
}

const struct control_route api_routes[API_ROUTE_COUNT] = {
	{ CONTROL_GET, true, "/healthz", on_health },
	{ CONTROL_GET, true, "/metrics", api_metrics },
	{ CONTROL_GET, true, "/v1/status", api_status },
	{ CONTROL_GET, false, "/v1/log", api_log },
	{ CONTROL_GET, false, "/v1/support", api_support },
	{ CONTROL_GET, false, "/v1/audit", api_audit },
	{ CONTROL_GET, false, "/v1/config", api_config },
	{ CONTROL_PUT, false, "/v1/config", api_config_put },
	{ CONTROL_GET, false, "/v1/export", api_export },
	{ CONTROL_POST, false, "/v1/import", api_import },
	{ CONTROL_GET, false, "/v1/secrets", api_secrets },
	{ CONTROL_PUT, false, "/v1/secrets/*/*", api_secret_put },
	{ CONTROL_DELETE, false, "/v1/secrets/*/*", api_secret_delete },
	{ CONTROL_GET, false, "/v1/workunits", api_workunits },
	{ CONTROL_GET, false, "/v1/events", api_events },
	{ CONTROL_POST, false, "/v1/connectors/*/test", api_test },
	{ CONTROL_POST, false, "/v1/connectors/*/poll", api_poll },
};
