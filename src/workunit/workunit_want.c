/* SPDX-License-Identifier: MIT */
/* The want tables; their rows are in workunit_want.h. */
#include "workunit/workunit.h"
#include "workunit/workunit_want.h"

/* clang-format off */

/* How an entry looks in the element, at most: "name":"text", */
#define ENTRY_BYTES(entry, name, parent, types, max, times)           \
	+(times) * (sizeof(name) + 5u +                               \
	    (((types) & (WANT_O | WANT_A)) != 0 ? 0u : (unsigned)(max)))
/* One token for a value, and one for its key unless it is an array's. */
#define ENTRY_TOKENS(entry, name, parent, types, max, times) \
	+(times) * (sizeof(name) == sizeof "*" ? 1u : 2u)

#define CHECK(LIST, what)                                                  \
	_Static_assert(2u LIST(ENTRY_BYTES, 0) <= ELEMENT_MAX_BYTES,       \
	    what ": the maxima add up to more than the element's buffer"); \
	_Static_assert(1u LIST(ENTRY_TOKENS, 0) <= ELEMENT_TOKEN_MAX_COUNT, \
	    what ": more values than tokens")

/* clang-format on */

CHECK(WANT_INCIDENT_LIST, "incident");
CHECK(WANT_ALERT_LIST, "alert");
CHECK(WANT_ENTITY_LIST, "entity");
CHECK(WANT_COMMENT_LIST, "comment");

_Static_assert(WI_COUNT <= JSON_WANT_MAX_COUNT, "incident: too many entries");
_Static_assert(WE_COUNT <= JSON_WANT_MAX_COUNT, "entity: too many entries");

/* clang-format off */

#define ENTRY(entry, name, parent, types, max, times) \
	[entry] = { (name), (parent), (types), (max) },

/* A reply whose elements stand in the array `list`; LINK: types of nextLink. */
#define LISTED(list, LINK)                                             \
	[WANT_DOCUMENT] = { NULL, 0, JSON_OBJECT, 0 },                 \
	[WANT_NEXT_LINK] = { "nextLink", WANT_DOCUMENT, (LINK),        \
		NEXT_LINK_MAX_BYTES },                                 \
	[WANT_LIST] = { (list), WANT_DOCUMENT, JSON_ARRAY, 0 },        \
	[WANT_ELEMENT] = { "*", WANT_LIST, JSON_OBJECT | JSON_EMIT, 0 },

static const struct json_want INCIDENTS[] = {
	LISTED("value", JSON_STRING | JSON_EMIT)
	WANT_INCIDENT_LIST(ENTRY, WANT_ELEMENT)
};

/* The same numbers for the same fields: `cut` means the same in both. */
static const struct json_want INCIDENT[] = {
	[WANT_DOCUMENT] = { NULL, 0, JSON_OBJECT | JSON_EMIT, 0 },
	[WANT_NEXT_LINK] = { "nextLink", WANT_DOCUMENT, 0, 0 },
	[WANT_LIST] = { "value", WANT_DOCUMENT, 0, 0 },
	[WANT_ELEMENT] = { "*", WANT_LIST, 0, 0 },
	WANT_INCIDENT_LIST(ENTRY, WANT_DOCUMENT)
};

static const struct json_want ALERTS[] = {
	LISTED("value", 0)
	WANT_ALERT_LIST(ENTRY, WANT_ELEMENT)
};

static const struct json_want ENTITIES[] = {
	LISTED("entities", 0)
	WANT_ENTITY_LIST(ENTRY, WANT_ELEMENT)
};

static const struct json_want COMMENTS[] = {
	LISTED("value", JSON_STRING | JSON_EMIT)
	WANT_COMMENT_LIST(ENTRY, WANT_ELEMENT)
};

/* clang-format on */

const struct workunit_wants *
workunit_wants(enum workunit_reply reply)
{
	static const struct workunit_wants TABLE[WORKUNIT_REPLY_COUNT] = {
		[WORKUNIT_INCIDENTS] = { INCIDENTS, WI_COUNT, WANT_ELEMENT,
		    WANT_NEXT_LINK },
		[WORKUNIT_INCIDENT] = { INCIDENT, WI_COUNT, WANT_DOCUMENT, 0 },
		[WORKUNIT_ALERTS] = { ALERTS, WA_COUNT, WANT_ELEMENT, 0 },
		[WORKUNIT_ENTITIES] = { ENTITIES, WE_COUNT, WANT_ELEMENT, 0 },
		[WORKUNIT_COMMENTS] = { COMMENTS, WC_COUNT, WANT_ELEMENT,
		    WANT_NEXT_LINK },
	};

	return &TABLE[reply];
}
