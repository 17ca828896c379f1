/* SPDX-License-Identifier: MIT */
/*
 * POST /v1/connectors/{name}/poll: 202 {"connector","next_poll"}.  The interval
 * counts from this poll on; a wait that Azure asked for is kept.
 */
#include "api/api_priv.h"
#include "base/ticks.h"

static unsigned
answer(const struct app *a, struct control_call *call, size_t i)
{
	const struct relay_connector *c = &a->relay.connector[i];
	uint8_t text[TICKS_TEXT_MAX_BYTES];
	struct buf time = BUF_OVER(text);
	struct json_out o = { call->out, false };

	ticks_write(&time, api_wall_of(c->next_poll_ms));
	json_put_open(&o, '{');
	json_put_key(&o, "connector");
	json_put_string(&o, c->config->name);
	json_put_key(&o, "next_poll");
	json_put_text(&o, span_of(&time));
	json_put_close(&o, '}');
	buf_put_byte(call->out, '\n');
	return 202;
}

static unsigned
refuse_early(struct control_call *call, int64_t not_before)
{
	uint8_t text[TICKS_TEXT_MAX_BYTES + 64];
	struct buf message = BUF_OVER(text);

	buf_put_str(&message, "Azure asked to wait until ");
	ticks_write(&message, not_before);
	buf_put_byte(&message, '.');
	return control_error(
	    call, 409, "retry_after", buf_str(&message), "azure");
}

unsigned
api_poll(void *ctx, struct control_call *call)
{
	struct app *a = ctx;
	size_t i = 0;
	enum st st;

	if (!a->is_ready)
		return api_unconfigured(call);
	while (i < a->config->connector_count &&
	    !span_eq(a->config->connector[i].name, span_str(call->arg[0])))
		i++;
	if (i == a->config->connector_count)
		return control_error(call, 404, "not_found",
		    "No connector of this name is configured.", "connectors");
	st = relay_poll_now(&a->relay, i);
	if (st == ST_CONFIG)
		return control_error(call, 409, "disabled",
		    "The connector is disabled: set enabled to true.",
		    "enabled");
	return st == ST_OK ?
	    answer(a, call, i) :
	    refuse_early(
		call, api_wall_of(a->relay.connector[i].not_before_ms));
}
