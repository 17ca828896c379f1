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

const struct control_route api_routes[API_ROUTE_COUNT] = {
	{ CONTROL_GET, true, "/healthz", on_health },
	{ CONTROL_GET, true, "/v1/status", api_status },
};
