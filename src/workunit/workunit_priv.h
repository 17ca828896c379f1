/* SPDX-License-Identifier: MIT */
/*
 * workunit_priv.h - shared inside workunit.
 *
 *	workunit_incident.c   what the poller asks of an incident
 *	workunit_source.c     values of a pruned element
 *	workunit_field.c      an array's element while it is built, and written
 *	workunit_table.c      rows and their quotas
 *	workunit_alert.c      alert, comment -> row
 *	workunit_entity.c     entity -> row
 *	workunit_node.c       entity row -> node rows
 *	workunit_address.c    IP addresses and host names
 *	workunit_pointer.c    what was cut
 *	workunit_timeline.c   the timeline
 *	workunit_core.c       the incident's own part of the record
 *	workunit_write.c      the record
 */
#ifndef WORKUNIT_PRIV_H
#define WORKUNIT_PRIV_H

#include "base/ticks.h"
#include "workunit/workunit.h"
#include "workunit/workunit_want.h"

/* ---- workunit_source.c -------------------------------------------------- */

/*
 * workunit_source_read - find the values of a pruned element.
 *
 * tok      ELEMENT_TOKEN_MAX_COUNT of the caller's, free again afterwards
 * doc      takes the index over `tok`
 * returns  ST_OK; *s borrows `text` only.  ST_MALFORM it is not readable
 */
enum st workunit_source_read(struct workunit_source *s,
    enum workunit_reply reply, struct span text, struct json_doc *doc,
    jsmntok_t *tok) MUST_CHECK;
/* A text or number as written; absent also when it is empty or "null". */
struct span workunit_source_text(
    const struct workunit_source *s, unsigned want);
/* A whole number, or a text that is one. */
enum st workunit_source_int(
    const struct workunit_source *s, unsigned want, int64_t *value) MUST_CHECK;
bool workunit_source_is_cut(const struct workunit_source *s, unsigned want);
/* The index of an array, over `tok` again; its elements are texts, or objects
 * with a text. */
void workunit_source_array(const struct workunit_source *s, unsigned want,
    struct json_doc *doc, jsmntok_t *tok);

/* A string's text; absent also when it is empty or "null" (rule 15). */
struct span workunit_text(const struct json_doc *doc, int token);

/* A point in time as the record shows it. */
struct workunit_when {
	int64_t ticks;
	uint8_t text[TICKS_TEXT_MAX_BYTES];
	uint8_t n; /* 0: absent */
};

/* The text as it is where the contract's pattern fits it, else rewritten from
 * ticks; absent when it is no RFC 3339 time. */
struct workunit_when workunit_when(struct span given);
struct workunit_when workunit_when_ticks(int64_t ticks);
struct span workunit_when_text(const struct workunit_when *when);

/* ---- workunit_field.c --------------------------------------------------- */

/* Fields of elements, sorted by member, so that the order of rows is that of
 * their texts.  X(field, "member", how it is written) */
/* clang-format off */
#define WORKUNIT_FIELD_LIST(X)				\
	X(F_ADDRESS, "address", TEXT) \
	X(F_ALGORITHM, "algorithm", TEXT) \
	X(F_APP_ID, "app_id", NUMBER) \
	X(F_ASN, "asn", NUMBER) \
	X(F_AT, "at", TEXT) \
	X(F_AZURE_ID, "azure_id", TEXT) \
	X(F_CATEGORY, "category", TEXT) \
	X(F_CITY, "city", TEXT) \
	X(F_COMMAND, "command_line", TEXT) \
	X(F_COMPROMISED, "compromised_entity", TEXT) \
	X(F_COUNTRY, "country_code", TEXT) \
	X(F_CREATED_AT, "created_at", TIME) \
	X(F_DELIVERY, "delivery_action", TEXT) \
	X(F_DIRECTORY, "directory", TEXT) \
	X(F_DISPLAY_NAME, "display_name", TEXT) \
	X(F_DOMAIN, "domain", TEXT) \
	X(F_ENDED_AT, "ended_at", TEXT) \
	X(F_FQDN, "fqdn", TEXT) \
	X(F_GENERATED, "", HIDDEN) \
	X(F_HIVE, "hive", TEXT) \
	X(F_ID, "id", TEXT) \
	X(F_INSTANCE, "instance", TEXT) \
	X(F_KEY, "key", TEXT) \
	X(F_KIND, "kind", TEXT) \
	X(F_MESSAGE_ID, "message_id", TEXT) \
	X(F_NAME, "name", TEXT) \
	X(F_OBJECT_ID, "object_id", TEXT) \
	X(F_OS, "os", TEXT) \
	X(F_PRODUCT, "product", TEXT) \
	X(F_RECIPIENT, "recipient", TEXT) \
	X(F_REF, "ref", TEXT) \
	X(F_RESOURCE, "resource_id", TEXT) \
	X(F_SENDER, "sender", TEXT) \
	X(F_SENDER_IP, "sender_ip", TEXT) \
	X(F_SEVERITY, "severity", TEXT) \
	X(F_SID, "sid", TEXT) \
	X(F_STARTED_AT, "started_at", TEXT) \
	X(F_STATUS, "status", TEXT) \
	X(F_SUBJECT, "subject", TEXT) \
	X(F_TACTICS, "tactics", ARRAY) \
	X(F_TECHNIQUES, "techniques", ARRAY) \
	X(F_TEXT, "text", TEXT) \
	X(F_UPN, "upn", TEXT) \
	X(F_URL, "url", TEXT) \
	X(F_VALUE, "value", TEXT) \
	X(F_VALUE_NAME, "value_name", TEXT) \
	X(F_VALUE_TYPE, "value_type", TEXT) \
	X(F_VENDOR, "vendor", TEXT)
/* clang-format on */

enum workunit_field {
#define X(field, member, how) field,
	WORKUNIT_FIELD_LIST(X)
#undef X
	    F_COUNT
};

enum workunit_how {
	WORKUNIT_HOW_TEXT,
	WORKUNIT_HOW_TIME, /* text in a row; normalised when it is put */
	WORKUNIT_HOW_NUMBER,
	WORKUNIT_HOW_ARRAY,  /* several fields one behind the other */
	WORKUNIT_HOW_HIDDEN, /* not written */
};

const char *workunit_field_member(enum workunit_field field);
enum workunit_how workunit_field_how(enum workunit_field field);

/* An element while it is built. */
struct workunit_fields {
	struct buf b;   /* over the caller's storage */
	size_t written; /* bytes it will take in the record, at most */
};

/* Begin.  `key` goes before the fields and decides the order of the rows;
 * negative for none. */
void workunit_fields_init(
    struct workunit_fields *f, struct buf storage, int64_t key);
/* Add a field; nothing for an absent text. */
void workunit_fields_put(struct workunit_fields *f, enum workunit_field field,
    struct span text, bool cut);

/* Read a row's fields in turn. */
struct workunit_item {
	enum workunit_field field;
	struct span text;
	bool cut;
};
bool workunit_fields_next(struct span *rest, struct workunit_item *item);

/* ---- workunit_table.c --------------------------------------------------- */

void workunit_rows_clear(struct workunit *w, enum workunit_class class);

/* Where a row goes. */
struct workunit_slot {
	enum workunit_class class;
	unsigned group;
	uint64_t rank; /* of equal groups the smallest are kept */
};

/* Take a copy, unless it is there or the quota leaves it out. */
void workunit_rows_add(struct workunit *w, struct workunit_slot slot,
    const struct workunit_fields *f);

bool workunit_rows_cut(
    const struct workunit *w, enum workunit_class class, unsigned group);
struct span workunit_row_text(const struct workunit *w, unsigned row);
/* Without the key. */
struct span workunit_row_fields(
    const struct workunit *w, enum workunit_class class, unsigned row);

/* The rows of a group into w->order, by their texts; how many. */
unsigned workunit_rows_sort(
    struct workunit *w, enum workunit_class class, unsigned group);
/* All rows of a class into w->order, the one to keep first. */
unsigned workunit_rows_rank(struct workunit *w, enum workunit_class class);

/* Spreads evenly over 64 bits; the same on every machine. */
uint64_t workunit_hash(struct span s, unsigned seed);

/* Heap sort of n numbers: no memory, no recursion, O(n log n) always. */
typedef int workunit_compare(const struct workunit *w, unsigned a, unsigned b);
void workunit_sort(const struct workunit *w, uint16_t *order, size_t n,
    workunit_compare *compare);

/* workunit_incident_parse, with the values. */
enum st workunit_incident_read(struct workunit_incident *inc,
    struct workunit_source *s, struct span text, jsmntok_t *tok,
    const char **reason) MUST_CHECK;

/* An unknown one counts as medium. */
enum workunit_severity workunit_severity(struct span text);

/* ---- elements ----------------------------------------------------------- */

void workunit_alert_add(struct workunit *w, const struct workunit_source *s);
void workunit_comment_add(struct workunit *w, const struct workunit_source *s);
void workunit_entity_add(struct workunit *w, const struct workunit_source *s);
void workunit_nodes_add(
    struct workunit *w, enum workunit_group group, struct span fields);

/* The name of a type of nodes. */
const char *workunit_node_type(unsigned group);

/* ---- workunit_address.c ------------------------------------------------- */

/* An IPv4 or IPv6 address in its one normal form (RFC 5952).  False, and
 * nothing put, for anything else. */
bool workunit_address_put(struct buf *b, struct span text);
/* A DNS name, small, without a dot at its end; not an IP address in any of
 * the notations that browsers take. */
bool workunit_host_put(struct buf *b, struct span text);
/* The host of a URL, if it has one that is a name. */
struct span workunit_url_host(struct span url);

/* ---- workunit_pointer.c ------------------------------------------------- */

/* What can be named in `truncated`, sorted. */
/* clang-format off */
#define WORKUNIT_PLACE_LIST(X) \
	X(PLACE_ALERTS, "/", "alerts") \
	X(PLACE_OWNER_EMAIL, "/assignee/", "email") \
	X(PLACE_OWNER_NAME, "/assignee/", "name") \
	X(PLACE_OWNER_UPN, "/assignee/", "upn") \
	X(PLACE_DESCRIPTION, "/", "description") \
	X(PLACE_COMMENT, "/", "disposition_comment") \
	X(PLACE_REASON, "/", "disposition_reason") \
	X(PLACE_APPLICATIONS, "/entities/", "applications") \
	X(PLACE_CLOUD_RESOURCES, "/entities/", "cloud_resources") \
	X(PLACE_DOMAINS, "/entities/", "domains") \
	X(PLACE_EMAILS, "/entities/", "emails") \
	X(PLACE_FILES, "/entities/", "files") \
	X(PLACE_HASHES, "/entities/", "hashes") \
	X(PLACE_HOSTS, "/entities/", "hosts") \
	X(PLACE_IPS, "/entities/", "ips") \
	X(PLACE_MAILBOXES, "/entities/", "mailboxes") \
	X(PLACE_MALWARE, "/entities/", "malware") \
	X(PLACE_OTHERS, "/entities/", "others") \
	X(PLACE_PROCESSES, "/entities/", "processes") \
	X(PLACE_REGISTRY, "/entities/", "registry") \
	X(PLACE_URLS, "/entities/", "urls") \
	X(PLACE_USERS, "/entities/", "users") \
	X(PLACE_LABELS, "/", "labels") \
	X(PLACE_MERGED, "/", "merged_into") \
	X(PLACE_NODES, "/", "nodes") \
	X(PLACE_PRODUCTS, "/", "products") \
	X(PLACE_CLASS, "/source/", "classification") \
	X(PLACE_ETAG, "/source/", "etag") \
	X(PLACE_PROVIDER, "/source/", "provider") \
	X(PLACE_PROVIDER_ID, "/source/", "provider_incident_id") \
	X(PLACE_SEVERITY, "/source/", "severity") \
	X(PLACE_STATUS, "/source/", "status") \
	X(PLACE_TACTICS, "/", "tactics") \
	X(PLACE_TECHNIQUES, "/", "techniques") \
	X(PLACE_TIMELINE, "/", "timeline") \
	X(PLACE_TITLE, "/", "title") \
	X(PLACE_URL, "/", "url")
/* clang-format on */

enum workunit_place {
#define X(place, before, member) place,
	WORKUNIT_PLACE_LIST(X)
#undef X
	    PLACE_COUNT
};

/* The member's name: what stands behind the last slash. */
const char *workunit_place_member(enum workunit_place place);
void workunit_pointers_mark(
    struct workunit_pointers *p, enum workunit_place place);
/* A field of an element of that array.  Too many of them name the array. */
void workunit_pointers_add(struct workunit_pointers *p,
    enum workunit_place place, unsigned index, enum workunit_field field);
/* The array of texts. */
void workunit_pointers_write(
    const struct workunit_pointers *p, struct json_out *o);

/* ---- writing ------------------------------------------------------------ */

/* Where the record is written to. */
struct workunit_writing {
	struct workunit *w;
	const struct workunit_context *c;
	const struct workunit_source *s; /* the incident */
	struct json_out o;
	bool open; /* not Complete or Cancelled */
	struct workunit_when created, first, last, closed;
};

/* A member with a text; nothing when it is absent. */
void workunit_put_member(
    struct json_out *o, const char *name, struct span text);
/* One array element from a row's fields. */
void workunit_put_fields(struct workunit_writing *g, struct span fields,
    enum workunit_place place, unsigned index);

/* From `schema` to `merged_into`, and `source`. */
void workunit_core_put(struct workunit_writing *g, const struct uuid *id);
void workunit_source_put(struct workunit_writing *g);
void workunit_timeline_put(struct workunit_writing *g);

#endif
