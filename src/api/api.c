/* SPDX-License-Identifier: MIT */
#include "api/api.h"

#include "api/api_priv.h"

static unsigned
on_health(void *ctx, struct control_call *call)
{
	const struct app *a = ctx;

	call->type = "text/plain";
	buf_put_str(call->out, a->is_ready ? "ok\n" : "unconfigured\n");
	return a->is_ready ? 200 : 503;
}

const struct control_route api_routes[API_ROUTE_COUNT] = {
	{ CONTROL_GET, true, "/healthz", on_health },
	{ CONTROL_GET, true, "/metrics", api_metrics },
	{ CONTROL_GET, true, "/v1/status", api_status },
	{ CONTROL_GET, false, "/v1/log", api_log },
	{ CONTROL_GET, false, "/v1/support", api_support },
};
