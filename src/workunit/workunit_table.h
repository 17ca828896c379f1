/* SPDX-License-Identifier: MIT */
/*
 * workunit_table.h - the tables of one incident.  Private to workunit; visible
 * so that the caller can own the storage.  See workunit_table.c.
 */
#ifndef WORKUNIT_WORKUNIT_TABLE_H
#define WORKUNIT_WORKUNIT_TABLE_H

enum workunit_class {
	WORKUNIT_ALERT_ROWS,
	WORKUNIT_COMMENT_ROWS,
	WORKUNIT_ENTITY_ROWS,
	WORKUNIT_NODE_ROWS,
	WORKUNIT_CLASS_COUNT
};

/* Kinds of entities in the order of the record, then types of nodes. */
enum workunit_group {
	WORKUNIT_IPS,
	WORKUNIT_USERS,
	WORKUNIT_HOSTS,
	WORKUNIT_DOMAINS,
	WORKUNIT_URLS,
	WORKUNIT_EMAILS,
	WORKUNIT_MAILBOXES,
	WORKUNIT_FILES,
	WORKUNIT_HASHES,
	WORKUNIT_PROCESSES,
	WORKUNIT_REGISTRY,
	WORKUNIT_CLOUD_RESOURCES,
	WORKUNIT_APPLICATIONS,
	WORKUNIT_MALWARE,
	WORKUNIT_OTHERS,
	WORKUNIT_ENTITY_GROUP_COUNT,
	WORKUNIT_NODE_IP = 0,
	WORKUNIT_NODE_USER,
	WORKUNIT_NODE_HOST,
	WORKUNIT_NODE_DOMAIN,
	WORKUNIT_NODE_EMAIL,
	WORKUNIT_NODE_GROUP_COUNT
};

/* clang-format off */

/* What a row costs at least, so that a quota's worth of rows fits the table. */
#define WORKUNIT_ROW_COST(quota, count) ((quota) / (count))
#define WORKUNIT_ROWS(quota, count) ((quota) / WORKUNIT_ROW_COST(quota, count))

/* One row more than a quota's worth, while a new one pushes out others. */
#define WORKUNIT_ROW_COUNT                                                   \
	(WORKUNIT_ROWS(WORKUNIT_ALERTS_QUOTA_BYTES,                          \
	     WORKUNIT_ALERT_MAX_COUNT) +                                     \
	    WORKUNIT_ROWS(WORKUNIT_COMMENTS_QUOTA_BYTES,                     \
	        WORKUNIT_COMMENT_MAX_COUNT) +                                \
	    WORKUNIT_ROWS(WORKUNIT_ENTITIES_QUOTA_BYTES,                     \
	        WORKUNIT_ENTITY_MAX_COUNT) +                                 \
	    WORKUNIT_ROWS(WORKUNIT_NODES_QUOTA_BYTES,                        \
	        WORKUNIT_NODE_MAX_COUNT) +                                   \
	    WORKUNIT_CLASS_COUNT)

#define WORKUNIT_POOL_BYTES                                                  \
	(WORKUNIT_ALERTS_POOL_BYTES + WORKUNIT_COMMENTS_POOL_BYTES +         \
	    WORKUNIT_ENTITIES_POOL_BYTES + WORKUNIT_NODES_POOL_BYTES +       \
	    WORKUNIT_SLACK_BYTES)

/* clang-format on */

struct workunit_row {
	uint64_t rank; /* smaller is kept rather */
	uint32_t at;   /* its text in the pool; the group in the top byte */
	uint16_t n;    /* bytes of text */
	uint16_t cost; /* share of the quota */
};

struct workunit_share {
	uint64_t cutoff; /* with `cut`: no row of this rank or above is kept */
	uint32_t cost;   /* of the rows that are kept */
	bool cut;
};

struct workunit_rows {
	uint16_t count;
	struct workunit_share share[WORKUNIT_ENTITY_GROUP_COUNT];
};

/* An entry of the timeline while it is written. */
struct workunit_moment {
	int64_t at;
	uint16_t row; /* of an alert or comment; place of a status change */
	uint8_t kind;
};

#define WORKUNIT_MOMENT_MAX_COUNT                                \
	(WORKUNIT_ALERT_MAX_COUNT + WORKUNIT_COMMENT_MAX_COUNT + \
	    STORE_CHANGE_MAX_COUNT + 8u)

/* A field inside of an array's element that was cut. */
struct workunit_pointer {
	uint8_t place; /* the array */
	uint8_t field;
	uint16_t index;
};

struct workunit_pointers {
	uint64_t places; /* a bit for each that is named */
	uint64_t whole;  /* that stand for all their elements */
	unsigned count;
	struct workunit_pointer in[WORKUNIT_POINTER_MAX_COUNT];
};

/* The values of a pruned element, by the entries of its want table. */
struct workunit_source {
	struct span text;
	uint64_t cut; /* as the projector gave it */
	struct {
		uint16_t at, n; /* without quotes; n is 0 when absent */
	} value[JSON_WANT_MAX_COUNT];
};

struct workunit {
	struct workunit_incident inc;
	struct workunit_source source; /* of the incident */
	uint32_t seen[WORKUNIT_PART_COUNT];
	bool strange[WORKUNIT_PART_COUNT];
	bool nodes_cut;
	struct workunit_pointers pointers;
	struct workunit_rows rows[WORKUNIT_CLASS_COUNT];
	uint32_t pool_n;
	union {
		jsmntok_t tok[ELEMENT_TOKEN_MAX_COUNT];
		struct workunit_moment moment[WORKUNIT_MOMENT_MAX_COUNT];
	} u; /* no index is read while the timeline is sorted */
	uint16_t order[WORKUNIT_ROW_COUNT];
	struct workunit_row row[WORKUNIT_ROW_COUNT];
	uint8_t pool[WORKUNIT_POOL_BYTES];
};

_Static_assert(sizeof(struct workunit) <= WORKUNIT_TABLES_MAX_BYTES,
    "the tables of one incident outgrew their limit");

#endif
