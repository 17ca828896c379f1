/* SPDX-License-Identifier: MIT */
#ifndef API_API_PRIV_H
#define API_API_PRIV_H

#include "api/api.h"
#include "app/app.h"

control_handler api_events;    /* api_events.c */
control_handler api_poll;      /* api_poll.c */
control_handler api_status;    /* api_status.c */
control_handler api_test;      /* api_test.c */
control_handler api_workunits; /* api_workunits.c */

/* The rows of GET /v1/status as objects. */
const char *api_connector_state(const struct app *a, size_t i);
void api_put_connector(struct app *a, struct json_out *o, size_t i);
void api_put_sink(struct app *a, struct json_out *o, struct relay_sink *s);
const char *api_sink_state(const struct relay_sink *s);

/* The wall clock's time at a monotonic one, ticks. */
int64_t api_wall_of(int64_t monotonic_ms);

/* A number of the query, at most `most`; false: it is not. */
bool api_number(const struct control_call *call, const char *name,
    uint64_t fallback, uint64_t most, uint64_t *value);

/* 409: the daemon waits for a configuration. */
unsigned api_unconfigured(struct control_call *call);

#endif
