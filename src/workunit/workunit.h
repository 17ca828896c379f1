/* SPDX-License-Identifier: MIT */
/*
 * workunit.h - one Sentinel incident to one WitFoo work unit record.
 *
 * Pure functions over fixed tables: nothing is read or written but memory that
 * the caller owns.  The order of use for one incident:
 *
 *	workunit_begin(w, pruned incident)     parses it
 *	workunit_add(w, kind, element) ...     each alert, entity and comment
 *	workunit_write(w, context, out)        sorts, cuts to quota, writes
 *
 * The want tables at the top say what the projector keeps of each reply.
 * All text inside is canonical JSON text (json/json.h), never unescaped.
 */
#ifndef WORKUNIT_WORKUNIT_H
#define WORKUNIT_WORKUNIT_H

#include "base/limits.h"
#include "base/span.h"
#include "base/uuid.h"
#include "json/json.h"

/* Replies that are projected, each with its table. */
enum workunit_reply {
	WORKUNIT_INCIDENTS, /* {"value":[incident],"nextLink"} */
	WORKUNIT_INCIDENT,  /* one incident by itself (GET incidents/{id}) */
	WORKUNIT_ALERTS,    /* {"value":[alert]} */
	WORKUNIT_ENTITIES,  /* {"entities":[entity]} */
	WORKUNIT_COMMENTS,  /* {"value":[comment],"nextLink"} */
	WORKUNIT_REPLY_COUNT
};

struct workunit_wants {
	const struct json_want *wants;
	unsigned count;
	unsigned element;   /* entry that emits the elements */
	unsigned next_link; /* entry that emits nextLink, or 0 */
};

const struct workunit_wants *workunit_wants(enum workunit_reply reply);

enum workunit_status { /* as Sentinel has it */
	WORKUNIT_NEW = 1,
	WORKUNIT_ACTIVE,
	WORKUNIT_CLOSED,
	WORKUNIT_STATUS_OTHER,
};

enum workunit_severity { /* rising; an unknown one counts as medium */
	WORKUNIT_INFORMATIONAL = 1,
	WORKUNIT_LOW,
	WORKUNIT_MEDIUM,
	WORKUNIT_HIGH,
};

enum workunit_part {
	WORKUNIT_PART_ALERTS,
	WORKUNIT_PART_ENTITIES,
	WORKUNIT_PART_COMMENTS,
	WORKUNIT_PART_COUNT
};

enum workunit_enrichment {
	WORKUNIT_PENDING,
	WORKUNIT_COMPLETE,
	WORKUNIT_FAILED,
	WORKUNIT_DISABLED
};

enum workunit_event {
	WORKUNIT_CREATED,
	WORKUNIT_UPDATED,
	WORKUNIT_CLOSED_EVENT,
	WORKUNIT_REOPENED,
	WORKUNIT_MERGED,
	WORKUNIT_DELETED
};

/* What the poller needs to know of a pruned incident. */
struct workunit_incident {
	struct span name; /* 1..64 of [A-Za-z0-9._-]; not . or .. */
	int64_t modified; /* lastModifiedTimeUtc, else created */
	enum workunit_status status;
	enum workunit_severity severity;
	bool merged; /* Redirected label or merged number */
	/* alertsCount; alerts and bookmarks; commentsCount.  One that is not
	 * there counts as 1: it says nothing, so the call must be made. */
	uint32_t count[WORKUNIT_PART_COUNT];
	struct json_doc doc; /* the index, for filters */
};

/*
 * workunit_incident_parse - read a pruned incident.
 *
 * text     the element that the WORKUNIT_INCIDENTS table emitted
 * tok      ELEMENT_TOKEN_MAX_COUNT tokens of the caller's
 * returns  ST_OK       the spans borrow `text`, the index `tok`
 *          ST_MALFORM  it cannot be mapped; *reason is a constant text: no
 *                      usable name, no modification time, not indexable
 */
enum st workunit_incident_parse(struct workunit_incident *inc, struct span text,
    jsmntok_t *tok, const char **reason) MUST_CHECK;

/* Filters of the configuration: has a label, a product or an analytic rule of
 * this value (caseless), or a title that contains it.  `value` is canonical; a
 * rule's is its ARM id or the last segment of it.  Only what the projector kept
 * is seen (limits.h: 24 labels, 16 products, 10 rules). */
bool workunit_has_label(const struct workunit_incident *inc, struct span value);
bool workunit_has_product(
    const struct workunit_incident *inc, struct span value);
bool workunit_has_rule(const struct workunit_incident *inc, struct span value);
bool workunit_title_contains(
    const struct workunit_incident *inc, struct span value);

/* The work unit's id: UUIDv5 over the lower-cased (ASCII) ARM path of the
 * incident.  base is "/subscriptions/…/Microsoft.SecurityInsights" in any case,
 * at most SENTINEL_BASE_MAX_BYTES. */
void workunit_id(struct span base, struct span name, struct uuid *id);

/* Where it came from; raw UTF-8 from the configuration. */
struct workunit_origin {
	struct span connector, tenant_id, subscription_id, resource_group,
	    workspace;
	struct span base_path; /* for workunit_id */
};

/* What the appliance adds. */
struct workunit_context {
	const struct workunit_origin *origin;
	enum workunit_event event;
	uint64_t version;
	int64_t closed_at; /* ticks; 0: none */
	enum workunit_enrichment enrichment[WORKUNIT_PART_COUNT];
	/* the last status changes that we saw; the store may have dropped
	 * older ones once there are as many as fit */
	struct workunit_change {
		int64_t at; /* ticks */
		enum workunit_status status;
	} change[STORE_CHANGE_MAX_COUNT];
	size_t change_count;
	bool deleted;
};

/*
 * The tables of one incident; static in the caller (about 110 KiB, touched only
 * as far as it is used).  Private; see workunit_table.c.
 */
struct workunit;
#include "workunit/workunit_table.h"

/*
 * workunit_begin - start with an incident.
 *
 * pruned   borrowed until workunit_write returned
 * cut      what the projector cut of it (struct json_element)
 * returns  as workunit_incident_parse
 */
enum st workunit_begin(struct workunit *w, struct span pruned, uint64_t cut,
    const char **reason) MUST_CHECK;

/*
 * workunit_add - add one element of a sub-reply.
 *
 * part     which reply it comes from
 * element  as the projector gave it; copied
 * Never fails.  The order of the elements does not matter, nor does one that
 * comes twice.  Of too many are kept: of alerts the most severe and newest, of
 * comments the newest, of entities and nodes a fair share of each kind, chosen
 * by hash, long ones last.  What was left out is noted for `truncated`, and so
 * is an element that cannot be understood.
 * cost     O(size + elements of this part so far); no system call
 */
void workunit_add(struct workunit *w, enum workunit_part part,
    const struct json_element *element);

/* Forget what was added of this part (its reply broke off and comes again). */
void workunit_drop(struct workunit *w, enum workunit_part part);

/* Elements of a part so far, those that did not fit included. */
size_t workunit_count(const struct workunit *w, enum workunit_part part);

/*
 * workunit_write - the record, one JSON object without a final newline.
 *
 * The tables stay as they are: it may be written again, or added to.
 *
 * out      empty, with room for RECORD_MAX_BYTES
 * id       takes the work unit's id
 * returns  ST_OK; ST_FULL only when `out` is smaller than that
 * cost     sorts at most 1,000 rows of a kind; no system call
 */
enum st workunit_write(struct workunit *w, const struct workunit_context *c,
    struct buf *out, struct uuid *id) MUST_CHECK;

#endif
