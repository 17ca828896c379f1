/* SPDX-License-Identifier: MIT */
/* Each check begins in the callback that ended the one before. */
#include "sentinel/sentinel_check.h"

#include <string.h>

#include "base/ticks.h"

static const char *const CHECK_TEXT[] = {
#define X(name, text) [name] = text,
	SENTINEL_CHECK_LIST(X)
#undef X
};

static const char *const VERDICT_TEXT[] = {
	[SENTINEL_SKIPPED] = "skipped",
	[SENTINEL_PASSED] = "passed",
	[SENTINEL_WARNING] = "warning",
	[SENTINEL_FAILED] = "failed",
};

const char *
sentinel_check_text(enum sentinel_check_name name)
{
	return CHECK_TEXT[name];
}

const char *
sentinel_verdict_text(enum sentinel_verdict verdict)
{
	return VERDICT_TEXT[verdict];
}

/* End the current check; *d is copied unless it passed. */
static void
judge(struct sentinel_check *c, enum sentinel_verdict verdict,
    const struct diagnosis *d)
{
	struct sentinel_check_result *result = &c->result[c->step];
	int64_t now = clock_monotonic_ms(c->clock);

	/* Of two parts the graver one counts. */
	if (verdict >= result->verdict) {
		result->verdict = verdict;
		if (verdict != SENTINEL_PASSED)
			result->diagnosis = *d;
	}
	result->elapsed_ms = now - c->step_ms;
}

static void
begin(struct sentinel_check *c, enum sentinel_check_name step)
{
	c->step = step;
	c->step_ms = clock_monotonic_ms(c->clock);
}

static void
fail_memory(struct sentinel_check *c)
{
	struct diagnosis d;

	diagnosis_clear(&d);
	diagnosis_set(&d, SPAN_LIT("out_of_memory"), SPAN_NONE);
	judge(c, SENTINEL_FAILED, &d);
	c->running = false;
}

static enum st
ask(struct sentinel_check *c, enum sentinel_operation operation,
    sentinel_element *on_element, sentinel_done *on_done, void *ctx)
{
	const struct sentinel_query query = {
		.operation = operation,
		.authorization = c->token->header,
		.top = 1,
		.incident = operation == SENTINEL_ALERTS ||
			operation == SENTINEL_ENTITIES ?
		    span_str(c->incident) :
		    SPAN_NONE,
	};

	return sentinel_start(c->sentinel, &query, on_element, on_done, ctx);
}

/* What becomes of asking: it waits for a slot, or there is no memory. */
static void
asked(struct sentinel_check *c, enum st st,
    void (*again)(struct sentinel_check *c))
{
	if (st == ST_AGAIN)
		c->waiting = again;
	else if (st != ST_OK)
		fail_memory(c);
}

/* ---- third check: alerts and entities of the newest incident ------------ */

static const enum sentinel_operation PART[] = { SENTINEL_ALERTS,
	SENTINEL_ENTITIES };

#define PART_COUNT (sizeof PART / sizeof PART[0])

static sentinel_done on_part;

static enum st
ignore_element(void *ctx, const struct json_element *element)
{
	(void)ctx;
	(void)element;
	return ST_OK;
}

static void
ask_part(struct sentinel_check *c)
{
	asked(c, ask(c, PART[c->part], ignore_element, on_part, c), ask_part);
}

static void
on_part(void *ctx, const struct sentinel_reply *reply)
{
	struct sentinel_check *c = ctx;

	if (reply->st == ST_OK)
		judge(c, SENTINEL_PASSED, NULL);
	else
		judge(c,
		    reply->status == 403 ? SENTINEL_WARNING : SENTINEL_FAILED,
		    reply->diagnosis);
	if (++c->part < PART_COUNT)
		ask_part(c);
	else
		c->running = false;
}

/* ---- third check: the newest incident ----------------------------------- */

static enum st
on_newest(void *ctx, const struct json_element *element)
{
	struct sentinel_check *c = ctx;
	struct workunit_incident inc;
	const char *reason;

	memset(&inc, 0, sizeof inc);
	/* One that cannot be mapped is no fault of the connection. */
	if (element->flags != 0 ||
	    workunit_incident_parse(&inc, element->text, c->tok, &reason) !=
		ST_OK ||
	    span_to_str(inc.name, c->incident, sizeof c->incident) != ST_OK)
		c->incident[0] = '\0';
	return ST_OK;
}

static void
on_list(void *ctx, const struct sentinel_reply *reply)
{
	struct sentinel_check *c = ctx;

	judge(c, reply->st == ST_OK ? SENTINEL_PASSED : SENTINEL_FAILED,
	    reply->diagnosis);
	if (reply->st == ST_OK && c->incident[0] != '\0')
		ask_part(c);
	else
		c->running = false;
}

/* ---- second check ------------------------------------------------------- */

static void on_onboarding(void *ctx, const struct sentinel_reply *reply);

static void
ask_onboarding(struct sentinel_check *c)
{
	asked(c, ask(c, SENTINEL_ONBOARDING, ignore_element, on_onboarding, c),
	    ask_onboarding);
}

static void
ask_newest(struct sentinel_check *c)
{
	asked(c, ask(c, SENTINEL_NEWEST, on_newest, on_list, c), ask_newest);
}

static void
on_onboarding(void *ctx, const struct sentinel_reply *reply)
{
	struct sentinel_check *c = ctx;

	/* As the poller does: the older version where this is not known. */
	if (reply->version_unknown && !c->connector->api_version_given &&
	    !span_eq(
		c->sentinel->api_version, SPAN_LIT(SENTINEL_OLD_API_VERSION))) {
		sentinel_fall_back(c->sentinel);
		ask_onboarding(c);
		return;
	}
	judge(c, reply->st == ST_OK ? SENTINEL_PASSED : SENTINEL_FAILED,
	    reply->diagnosis);
	if (reply->st != ST_OK) {
		c->running = false;
		return;
	}
	begin(c, SENTINEL_CHECK_READ);
	ask_newest(c);
}

/* ---- first check -------------------------------------------------------- */

/* Our clock against a Date in ticks (-1: none); true with *d set. */
static bool
is_skewed(const struct sentinel_check *c, int64_t date, struct diagnosis *d)
{
	int64_t ahead_s = (clock_wall_ticks(c->clock) - date) / TICKS_PER_S;
	uint8_t text[32];
	struct buf b = BUF_OVER(text);

	if (date < 0 ||
	    (ahead_s <= CLOCK_SKEW_MAX_S && ahead_s >= -CLOCK_SKEW_MAX_S))
		return false;
	buf_put_i64(&b, ahead_s < 0 ? -ahead_s : ahead_s);
	buf_put_str(&b, ahead_s < 0 ? " s behind" : " s ahead");
	diagnosis_set(d, SPAN_LIT("clock_skew"), span_of(&b));
	return true;
}

static void
on_token(void *ctx, enum st st, const struct diagnosis *d,
    const struct http_result *result)
{
	struct sentinel_check *c = ctx;
	struct diagnosis skewed;

	diagnosis_clear(&skewed);
	if (st != ST_OK) {
		judge(c, SENTINEL_FAILED, d);
		c->running = false;
		return;
	}
	if (is_skewed(c, result->date, &skewed))
		judge(c, SENTINEL_WARNING, &skewed);
	else
		judge(c, SENTINEL_PASSED, NULL);
	begin(c, SENTINEL_CHECK_ACCESS);
	ask_onboarding(c);
}

static void
ask_token(struct sentinel_check *c)
{
	struct diagnosis d;
	enum st st;

	diagnosis_clear(&d);
	st = auth_start(c->auth, c->connector, c->token, on_token, c, &d);
	if (st == ST_OK)
		return;
	if (st == ST_AGAIN) {
		c->waiting = ask_token;
		return;
	}
	if (!diagnosis_is_set(&d))
		diagnosis_set(&d, SPAN_LIT("out_of_memory"), SPAN_NONE);
	judge(c, SENTINEL_FAILED, &d);
	c->running = false;
}

void
sentinel_check_start(struct sentinel_check *c, struct auth *auth,
    struct sentinel *sentinel, const struct config_connector *connector,
    struct auth_token *token)
{
	memset(c, 0, sizeof *c);
	c->auth = auth;
	c->clock = auth->clock;
	c->sentinel = sentinel;
	c->connector = connector;
	c->token = token;
	c->running = true;
	for (size_t i = 0; i < SENTINEL_CHECK_COUNT; i++)
		diagnosis_clear(&c->result[i].diagnosis);
	begin(c, SENTINEL_CHECK_AUTHENTICATION);
	if (sentinel_choose(sentinel, connector) == ST_OK)
		ask_token(c);
	else
		fail_memory(c);
}

void
sentinel_check_step(struct sentinel_check *c)
{
	void (*again)(struct sentinel_check * c) = c->waiting;

	c->waiting = NULL;
	if (again != NULL)
		again(c);
}

void
sentinel_check_interrupt(struct sentinel_check *c)
{
	struct diagnosis d;

	if (!c->running)
		return;
	diagnosis_clear(&d);
	diagnosis_set(&d, SPAN_LIT("test_interrupted"), SPAN_NONE);
	judge(c, SENTINEL_FAILED, &d);
	c->waiting = NULL;
	c->running = false;
}

size_t
sentinel_check_finished(const struct sentinel_check *c)
{
	return c->running ? (size_t)c->step : SENTINEL_CHECK_COUNT;
}

bool
sentinel_check_is_done(const struct sentinel_check *c)
{
	return !c->running;
}

/* ---- the result --------------------------------------------------------- */

enum sentinel_verdict
sentinel_check_verdict(const struct sentinel_check *c)
{
	enum sentinel_verdict worst = SENTINEL_SKIPPED;

	for (size_t i = 0; i < SENTINEL_CHECK_COUNT; i++)
		if (c->result[i].verdict > worst)
			worst = c->result[i].verdict;
	return worst;
}

int
sentinel_check_exit_code(const struct sentinel_check *c)
{
	for (size_t i = 0; i < SENTINEL_CHECK_COUNT; i++)
		if (c->result[i].verdict == SENTINEL_FAILED)
			return c->result[i].diagnosis.exit_code;
	return 0;
}

static void
put_text(struct json_out *out, const char *key, const char *text)
{
	json_put_key(out, key);
	json_put_string(out, span_str(text));
}

void
sentinel_check_put(
    const struct sentinel_check *c, size_t i, struct json_out *out)
{
	const struct sentinel_check_result *result = &c->result[i];

	put_text(out, "check", CHECK_TEXT[i]);
	put_text(out, "result", VERDICT_TEXT[result->verdict]);
	put_text(out, "message", result->diagnosis.message);
	put_text(out, "setting", result->diagnosis.setting);
	json_put_key(out, "elapsed_ms");
	json_put_int(out, result->elapsed_ms);
	put_text(out, "code", result->diagnosis.code);
	put_text(out, "trace_id", result->diagnosis.trace_id);
	put_text(out, "correlation_id", result->diagnosis.correlation_id);
}

/* *written counts the name, the checks, and the end. */
bool
sentinel_check_write(
    const struct sentinel_check *c, uint64_t *written, struct buf *out)
{
	size_t finished = sentinel_check_finished(c);
	struct json_out o = { out, *written > 1 };

	if (*written == 0) {
		json_put_open(&o, '{');
		json_put_key(&o, "connector");
		json_put_string(&o, c->connector->name);
		json_put_key(&o, "checks");
		json_put_open(&o, '[');
		++*written;
		return true;
	}
	if (*written <= finished) {
		json_put_open(&o, '{');
		sentinel_check_put(c, (size_t)*written - 1, &o);
		json_put_close(&o, '}');
		++*written;
		return true;
	}
	if (c->running || *written > SENTINEL_CHECK_COUNT + 1)
		return false;
	json_put_close(&o, ']');
	put_text(&o, "result", VERDICT_TEXT[sentinel_check_verdict(c)]);
	json_put_close(&o, '}');
	buf_put_byte(out, '\n');
	++*written;
	return true;
}
