/* SPDX-License-Identifier: MIT */
#ifndef API_API_PRIV_H
#define API_API_PRIV_H

#include "api/api.h"
#include "app/app.h"

control_handler api_log;     /* api_log.c */
control_handler api_metrics; /* api_metrics.c */
control_handler api_status;  /* api_status.c */
control_handler api_support; /* api_support.c */

/* What only a support bundle has; handlers like the others. */
control_handler api_support_about, api_support_config, api_support_secrets,
    api_support_log, api_support_audit; /* api_support_parts.c */

#define API_TAR_BLOCK_BYTES 512u

/*
 * api_tar_header - one block in front of a member of a tar file.
 *
 * name     1..99 bytes
 * size     of what follows, below 8 GiB
 * unix_s   its time
 * Source: POSIX.1-1988's ustar, as in pax(1) of POSIX.1-2017.
 */
void api_tar_header(
    struct buf *out, const char *name, uint64_t size, int64_t unix_s);

control_handler api_audit;                  /* api_audit.c */
control_handler api_export, api_import;     /* api_transfer.c */
control_handler api_config, api_config_put; /* api_config.c */
control_handler api_secrets, api_secret_put,
    api_secret_delete; /* api_secrets.c */

/* ---- api.c -------------------------------------------------------------- */

/* Who asks, for the audit log; borrows the call. */
struct app_actor api_actor(const struct control_call *call);

/* The refusal as the answer; its status. */
unsigned api_refuse(struct control_call *call, const struct app_refusal *why);

/* ---- api_config.c ------------------------------------------------------- */

/* Answer with a->edit.text, piece by piece. */
void api_send_text(const struct app *a, struct control_call *call);

/* api_refuse, with the faults of a->edit.text where it is about them. */
unsigned api_refuse_config(const struct app *a, struct control_call *call,
    const struct app_refusal *why);

/* After a configuration was to be stored, call->etag being its new one: that as
 * the answer, or api_refuse_config. */
unsigned api_stored(const struct app *a, struct control_call *call,
    unsigned status, const struct app_refusal *why);

control_handler api_events;    /* api_events.c */
control_handler api_poll;      /* api_poll.c */
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
