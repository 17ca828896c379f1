/* SPDX-License-Identifier: MIT */
/*
 * sentinel_check.h - Test Connection: three checks that tell an operator what
 * to correct.
 *
 *	authentication     a token from Entra ID
 *	workspace_access   onboardingStates/default of the workspace
 *	incident_read      the newest incident, its alerts and entities
 *
 * After a failed check the later ones are skipped.  A refusal of alerts and
 * entities alone is a warning: incidents are delivered without them.  So is a
 * clock that differs from that of the token's reply, in the first check.
 *
 * One request at a time, so that a poll which shares the two slots of http
 * always finds one; a request waits for a free slot.
 */
#ifndef SENTINEL_SENTINEL_CHECK_H
#define SENTINEL_SENTINEL_CHECK_H

#include "auth/auth.h"
#include "json/json.h"
#include "platform/clock.h"
#include "sentinel/sentinel.h"

#define SENTINEL_CHECK_LIST(X)                             \
	X(SENTINEL_CHECK_AUTHENTICATION, "authentication") \
	X(SENTINEL_CHECK_ACCESS, "workspace_access")       \
	X(SENTINEL_CHECK_READ, "incident_read")

enum sentinel_check_name {
#define X(name, text) name,
	SENTINEL_CHECK_LIST(X)
#undef X
	    SENTINEL_CHECK_COUNT
};

enum sentinel_verdict { /* in the order of gravity */
	SENTINEL_SKIPPED,
	SENTINEL_PASSED,
	SENTINEL_WARNING,
	SENTINEL_FAILED,
};

struct sentinel_check_result {
	enum sentinel_verdict verdict;
	struct diagnosis diagnosis; /* set for warning and failed */
	int64_t elapsed_ms;
};

/* Private but for the results. */
struct sentinel_check {
	struct auth *auth;
	struct sentinel *sentinel;
	const struct clock *clock;
	const struct config_connector *connector;
	struct auth_token *token;
	bool running;
	enum sentinel_check_name step;
	int64_t step_ms;
	size_t part; /* of alerts and entities: which is asked for */
	void (*waiting)(struct sentinel_check *c); /* for a free slot */
	char incident[65];
	jsmntok_t tok[ELEMENT_TOKEN_MAX_COUNT];
	struct sentinel_check_result result[SENTINEL_CHECK_COUNT];
};

/* Everything is borrowed until sentinel_check_is_done.  The token is fetched
 * anew, and good for use afterwards when the first check passed. */
void sentinel_check_start(struct sentinel_check *c, struct auth *auth,
    struct sentinel *sentinel, const struct config_connector *connector,
    struct auth_token *token);

/* Send what waits for a free slot; to be called after every http_wait. */
void sentinel_check_step(struct sentinel_check *c);

/* The HTTP client is about to be closed: the check that runs fails with
 * `test_interrupted`.  Nothing when it is done. */
void sentinel_check_interrupt(struct sentinel_check *c);

/* Nothing is under way any more. */
bool sentinel_check_is_done(const struct sentinel_check *c);

/* Checks whose result is final, 0..SENTINEL_CHECK_COUNT. */
size_t sentinel_check_finished(const struct sentinel_check *c);

/* The gravest verdict of the three. */
enum sentinel_verdict sentinel_check_verdict(const struct sentinel_check *c);

/* sysexits code of the gravest failure; 0 without one. */
int sentinel_check_exit_code(const struct sentinel_check *c);

/*
 * sentinel_check_write - go on with the JSON object of the contract.
 *
 * written  0 at first; then what the call before left
 * out      takes the next part that is known: the name, a finished check, the
 *          result.  2 KiB suffice
 * returns  false: nothing is known now, or that was all; nothing was put
 * Beside the contract's members a check has "code", "trace_id" and
 * "correlation_id".
 */
bool sentinel_check_write(
    const struct sentinel_check *c, uint64_t *written, struct buf *out);

/* The members of one check, in an object of the caller's. */
void sentinel_check_put(
    const struct sentinel_check *c, size_t i, struct json_out *out);

const char *sentinel_check_text(enum sentinel_check_name name);
const char *sentinel_verdict_text(enum sentinel_verdict verdict);

#endif
