/* SPDX-License-Identifier: MIT */
/*
 * diagnosis.h - what went wrong, which setting to correct, what to do.
 *
 * One table (diagnosis.c) maps every code that Entra ID, ARM, the network and
 * we ourselves give to one setting and one sentence.  Test Connection, status,
 * the last line on stderr and the README's troubleshooting table all come from
 * it.  Decisions are made on codes only: messages can be localised.
 */
#ifndef HEALTH_DIAGNOSIS_H
#define HEALTH_DIAGNOSIS_H

#include "base/limits.h"
#include "base/span.h"

/* NUL-ended texts, for printing; all from allow-listed characters (printable
 * UTF-8, no control bytes), whatever the service sent. */
struct diagnosis {
	char code[DIAGNOSIS_CODE_MAX_BYTES]; /* "AADSTS7000222", "" = none */
	const char *setting;                 /* "client_secret", … */
	char message[DIAGNOSIS_MESSAGE_MAX_BYTES]; /* sentence + guidance */
	uint8_t exit_code; /* sysexits: 75, 77, 78, 65 */
	/* Names of the request in Microsoft's own logs, "" = none. */
	char trace_id[DIAGNOSIS_ID_MAX_BYTES + 1];
	char correlation_id[DIAGNOSIS_ID_MAX_BYTES + 1];
};

void diagnosis_clear(struct diagnosis *d);

bool diagnosis_is_set(const struct diagnosis *d);

/*
 * diagnosis_set - fill *d from a code.
 *
 * code     as the service or our transport spells it: "AADSTS7000215",
 *          "AuthorizationFailed", "connect_refused"; compared without case
 * detail   what the service said or which host it was, any bytes, may be
 *          SPAN_NONE; put behind the guidance, cut at "Trace ID", control
 *          bytes as spaces.  For an unknown code it is the message, verbatim.
 * Ids of an earlier diagnosis are forgotten.
 */
void diagnosis_set(struct diagnosis *d, struct span code, struct span detail);

/* Add what support asks for: Entra's trace id or ARM's request id, and the
 * correlation id.  Any bytes; one that is too long is cut. */
void diagnosis_set_ids(
    struct diagnosis *d, struct span trace_id, struct span correlation_id);

/*
 * diagnosis_withhold - a secret that was sent may come back in an error text.
 *
 * secret   as it was sent or as it is; any bytes
 * Every run of DIAGNOSIS_SECRET_RUN_BYTES or more bytes that also stands in the
 * secret (ASCII case set aside), or the whole of a shorter secret, becomes as
 * many '*': also a secret that was cut or broken up by escapes.
 * cost     O(bytes of *d times bytes of the secret)
 */
void diagnosis_withhold(struct diagnosis *d, struct span secret);

/* Rows of the table, for documents and tests: NULL past the end. */
struct diagnosis_row {
	const char *code;
	const char *setting;
	const char *guidance;
	uint8_t exit_code;
};
const struct diagnosis_row *diagnosis_row(size_t i);

#endif
