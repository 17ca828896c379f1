/* SPDX-License-Identifier: MIT */
/* What the poller asks of an incident before anything is written. */
#include "workunit/workunit_priv.h"

#include "seal/seal.h"

#include <assert.h>

/* Of 6f1d3c0a-6b0e-5f0c-9c37-2f6f0d4b9a10: all ids are made in it. */
static const struct uuid SPACE = { { 0x6f, 0x1d, 0x3c, 0x0a, 0x6b, 0x0e, 0x5f,
    0x0c, 0x9c, 0x37, 0x2f, 0x6f, 0x0d, 0x4b, 0x9a, 0x10 } };

_Static_assert(WORKUNIT_ARM_PATH_MAX_BYTES >= SENTINEL_BASE_MAX_BYTES +
	    sizeof "/incidents/" - 1 + WORKUNIT_SHORT_MAX_BYTES,
    "an ARM path does not fit");

/* A count that is not there says nothing: the call is made. */
#define COUNT_UNKNOWN 1u

/* [A-Za-z0-9._-]{1,64}: it becomes a part of URLs, where "." and ".." would
 * lead elsewhere. */
static bool
is_resource_name(struct span s)
{
	if (s.n == 0 || s.n > WORKUNIT_SHORT_MAX_BYTES ||
	    span_eq(s, SPAN_LIT(".")) || span_eq(s, SPAN_LIT("..")))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];

		if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z') &&
		    !(c >= '0' && c <= '9') && c != '.' && c != '_' && c != '-')
			return false;
	}
	return true;
}

enum workunit_severity
workunit_severity(struct span text)
{
	if (span_eq_nocase(text, SPAN_LIT("High")))
		return WORKUNIT_HIGH;
	if (span_eq_nocase(text, SPAN_LIT("Low")))
		return WORKUNIT_LOW;
	if (span_eq_nocase(text, SPAN_LIT("Informational")))
		return WORKUNIT_INFORMATIONAL;
	return WORKUNIT_MEDIUM;
}

static enum workunit_status
status_of(struct span text)
{
	if (span_eq_nocase(text, SPAN_LIT("New")))
		return WORKUNIT_NEW;
	if (span_eq_nocase(text, SPAN_LIT("Active")))
		return WORKUNIT_ACTIVE;
	if (span_eq_nocase(text, SPAN_LIT("Closed")))
		return WORKUNIT_CLOSED;
	return WORKUNIT_STATUS_OTHER;
}

static uint32_t
count_of(const struct workunit_source *s, unsigned want)
{
	int64_t value;

	if (workunit_source_int(s, want, &value) != ST_OK)
		return COUNT_UNKNOWN;
	return value < 0           ? 0 :
	    value > UINT32_MAX / 2 ? UINT32_MAX / 2 :
				     (uint32_t)value;
}

static void
read_counts(struct workunit_incident *inc, const struct workunit_source *s)
{
	uint32_t alerts = count_of(s, WI_ALERTS);

	inc->count[WORKUNIT_PART_ALERTS] = alerts;
	inc->count[WORKUNIT_PART_ENTITIES] = alerts + count_of(s, WI_BOOKMARKS);
	inc->count[WORKUNIT_PART_COMMENTS] = count_of(s, WI_COMMENTS);
}

enum st
workunit_incident_read(struct workunit_incident *inc, struct workunit_source *s,
    struct span text, jsmntok_t *tok, const char **reason)
{
	*inc = (struct workunit_incident){ .name = SPAN_NONE };
	if (workunit_source_read(s, WORKUNIT_INCIDENTS, text, &inc->doc, tok) !=
	    ST_OK) {
		*reason = "the incident is not readable";
		return ST_MALFORM;
	}
	inc->name = workunit_source_text(s, WI_NAME);
	if (!is_resource_name(inc->name)) {
		*reason = "the incident has no usable name";
		return ST_MALFORM;
	}
	if (ticks_parse(workunit_source_text(s, WI_MODIFIED), &inc->modified) !=
		ST_OK &&
	    ticks_parse(workunit_source_text(s, WI_CREATED), &inc->modified) !=
		ST_OK) {
		*reason = "the incident has no time of modification";
		return ST_MALFORM;
	}
	inc->status = status_of(workunit_source_text(s, WI_STATUS));
	inc->severity = workunit_severity(workunit_source_text(s, WI_SEVERITY));
	inc->merged = workunit_source_text(s, WI_MERGED).p != NULL ||
	    (inc->status == WORKUNIT_CLOSED &&
		workunit_has_label(inc, SPAN_LIT("Redirected")));
	read_counts(inc, s);
	return ST_OK;
}

enum st
workunit_incident_parse(struct workunit_incident *inc, struct span text,
    jsmntok_t *tok, const char **reason)
{
	struct workunit_source s;

	return workunit_incident_read(inc, &s, text, tok, reason);
}

/* ---- filters ------------------------------------------------------------ */

static bool
ends_with_segment(struct span path, struct span name)
{
	struct span tail;

	if (path.n <= name.n)
		return span_eq_nocase(path, name);
	tail = span_sub(path, path.n - name.n - 1, path.n);
	return span_eq_nocase(path, name) ||
	    (tail.p[0] == '/' &&
		span_eq_nocase(span_sub(tail, 1, tail.n), name));
}

bool
workunit_has_label(const struct workunit_incident *inc, struct span value)
{
	const struct json_doc *d = &inc->doc;
	int labels = json_path(d, 0, "properties.labels");

	for (int i = json_first(d, labels); i >= 0; i = json_next(d, i))
		if (value.n != 0 &&
		    span_eq_nocase(
			json_string(d, json_member(d, i, "labelName")), value))
			return true;
	return false;
}

bool
workunit_has_product(const struct workunit_incident *inc, struct span value)
{
	const struct json_doc *d = &inc->doc;
	int products = json_path(
	    d, 0, "properties.additionalData.alertProductNames");

	for (int i = json_first(d, products); i >= 0; i = json_next(d, i))
		if (value.n != 0 && span_eq_nocase(json_string(d, i), value))
			return true;
	return false;
}

bool
workunit_has_rule(const struct workunit_incident *inc, struct span value)
{
	const struct json_doc *d = &inc->doc;
	int rules = json_path(d, 0, "properties.relatedAnalyticRuleIds");

	for (int i = json_first(d, rules); i >= 0; i = json_next(d, i))
		if (value.n != 0 && ends_with_segment(json_string(d, i), value))
			return true;
	return false;
}

bool
workunit_title_contains(const struct workunit_incident *inc, struct span value)
{
	struct span title = json_string(
	    &inc->doc, json_path(&inc->doc, 0, "properties.title"));

	return value.n != 0 && span_find_nocase(title, value) != SIZE_MAX;
}

void
workunit_id(struct span base, struct span name, struct uuid *id)
{
	uint8_t storage[WORKUNIT_ARM_PATH_MAX_BYTES];
	struct buf path = BUF_OVER(storage);

	buf_put_lower(&path, base);
	buf_put(&path, SPAN_LIT("/incidents/"));
	buf_put_lower(&path, name);
	assert(!path.cut);
	seal_uuid5(&SPACE, span_of(&path), id);
}
