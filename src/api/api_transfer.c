/* SPDX-License-Identifier: MIT */
/*
 * GET /v1/export and POST /v1/import: the document of app/app_transfer.h.
 * Import answers 200 with the new ETag of the configuration, 422 with faults
 * as PUT /v1/config does, by their place in the document.
 */
#include "api/api_priv.h"
#include "app/app_transfer.h"

unsigned
api_export(void *ctx, struct control_call *call)
{
	struct app *a = ctx;
	struct app_refusal why;

	if (app_export(a, &why) != 200)
		return api_refuse(call, &why);
	api_send_text(a, call);
	return 200;
}

unsigned
api_import(void *ctx, struct control_call *call)
{
	struct app *a = ctx;
	struct app_actor actor = api_actor(call);
	struct app_refusal why;
	unsigned status = app_import_take(a, call->body, &why);

	if (status == 200)
		status = app_import(a, &actor, call->etag, &why);
	return api_stored(a, call, status, &why);
}
