/* SPDX-License-Identifier: MIT */
#include "health/counters.h"

#include <assert.h>
#include <string.h>

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static const char *const OPERATION_TEXT[] = {
#define X(name, text) [name] = text,
	COUNTERS_OPERATION_LIST(X)
#undef X
};

static const struct {
	const char *text;
	uint16_t first, last;
} STATUS[] = {
#define X(name, text, first, last) [name] = { text, first, last },
	COUNTERS_STATUS_LIST(X)
#undef X
};

static const char *const RULE_TEXT[] = {
#define X(name, text) [name] = text,
	COUNTERS_RULE_LIST(X)
#undef X
};

/* ---- places ------------------------------------------------------------- */

/* Of an array of structs that begin with a place, the i-th one. */
static struct counters_place *
place_at(void *array, size_t size_bytes, size_t i)
{
	return (void *)((char *)array + i * size_bytes);
}

/* The places of an array of structs that begin with one. */
struct places {
	void *array;
	size_t size_bytes, count;
};

static bool
find(const struct places *p, struct span name, size_t *index)
{
	for (size_t i = 0; i < p->count; i++) {
		struct counters_place *place = place_at(
		    p->array, p->size_bytes, i);

		if (!span_eq(span_str(place->name), name))
			continue;
		place->is_used = true;
		*index = i;
		return true;
	}
	return false;
}

/* A place that was never used, or else one that is not in use now. */
static size_t
take(const struct places *p, struct span name)
{
	size_t found = SIZE_MAX;
	struct counters_place *place;

	for (size_t i = p->count; i-- > 0;) {
		place = place_at(p->array, p->size_bytes, i);
		if (place->name[0] == '\0' && !place->is_used)
			found = i;
	}
	for (size_t i = 0; found == SIZE_MAX && i < p->count; i++)
		if (!place_at(p->array, p->size_bytes, i)->is_used)
			found = i;
	assert(found != SIZE_MAX);
	place = place_at(p->array, p->size_bytes, found);
	memset(place, 0, p->size_bytes);
	place->is_used = true;
	if (span_to_str(name, place->name, sizeof place->name) != ST_OK)
		place->name[0] = '\0';
	return found;
}

/* Those that have a place first, so that nobody else takes it. */
static void
assign(const struct places *p, const struct span *name, size_t n, size_t *at,
    bool *is_new)
{
	for (size_t i = 0; i < p->count; i++)
		place_at(p->array, p->size_bytes, i)->is_used = false;
	for (size_t i = 0; i < n; i++)
		is_new[i] = !find(p, name[i], &at[i]);
	for (size_t i = 0; i < n; i++)
		if (is_new[i])
			at[i] = take(p, name[i]);
}

void
counters_connectors(struct counters *c, const struct span *name, size_t n,
    struct counters_connector *at[])
{
	const struct places p = { c->connector, sizeof c->connector[0],
		COUNT_OF(c->connector) };
	size_t index[CONFIG_CONNECTOR_MAX_COUNT];
	bool is_new[CONFIG_CONNECTOR_MAX_COUNT];

	assert(n <= CONFIG_CONNECTOR_MAX_COUNT);
	assign(&p, name, n, index, is_new);
	for (size_t i = 0; i < n; i++) {
		at[i] = &c->connector[index[i]];
		if (is_new[i])
			at[i]->poll_ms = at[i]->lag = -1;
	}
}

void
counters_sinks(struct counters *c, const struct span *name, size_t n,
    struct counters_sink *at[])
{
	const struct places p = { c->sink, sizeof c->sink[0],
		COUNT_OF(c->sink) };
	size_t index[CONFIG_SINK_MAX_COUNT];
	bool is_new[CONFIG_SINK_MAX_COUNT];

	assert(n <= CONFIG_SINK_MAX_COUNT);
	assign(&p, name, n, index, is_new);
	for (size_t i = 0; i < n; i++)
		at[i] = &c->sink[index[i]];
}

/* ---- counting ----------------------------------------------------------- */

void
counters_request(
    struct counters *c, enum counters_operation operation, unsigned status)
{
	for (size_t i = 0; i < COUNT_OF(STATUS); i++)
		if (status >= STATUS[i].first && status <= STATUS[i].last) {
			c->request[operation][i]++;
			return;
		}
}

void
counters_aside(struct counters *c, const char *reason)
{
	size_t i = 0;

	while (i + 1 < COUNT_OF(c->reason) && c->reason[i].text != NULL &&
	    strcmp(c->reason[i].text, reason) != 0)
		i++;
	if (c->reason[i].text == NULL)
		c->reason[i].text = i + 1 < COUNT_OF(c->reason) ? reason :
								  "other";
	c->reason[i].n++;
	c->aside++;
}

/* ---- texts -------------------------------------------------------------- */

const char *
counters_operation_text(enum counters_operation operation)
{
	return OPERATION_TEXT[operation];
}

const char *
counters_status_text(enum counters_status status)
{
	return STATUS[status].text;
}

const char *
counters_rule_text(enum counters_rule rule)
{
	return RULE_TEXT[rule];
}
