/* SPDX-License-Identifier: MIT */
/*
 * config.h - load and validate config.json.
 *
 * The keys, ranges and defaults are those of the external contract, in one
 * table (config_table.c).  A file is taken as a whole or refused as a whole,
 * with every fault listed by line and column.  There is no secret in it.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "base/limits.h"
#include "base/span.h"
#include "json/json.h"

enum config_severity { /* order matters: compared with >= */
	CONFIG_INFORMATIONAL,
	CONFIG_LOW,
	CONFIG_MEDIUM,
	CONFIG_HIGH,
};

enum { /* bits of connector.statuses */
	CONFIG_STATUS_NEW = 1,
	CONFIG_STATUS_ACTIVE = 2,
	CONFIG_STATUS_CLOSED = 4,
};

enum { /* bits of connector.fetch */
	CONFIG_FETCH_ALERTS = 1,
	CONFIG_FETCH_ENTITIES = 2,
	CONFIG_FETCH_COMMENTS = 4,
};

enum config_cloud { CONFIG_PUBLIC, CONFIG_USGOV, CONFIG_CUSTOM };
enum config_auth { CONFIG_CLIENT_SECRET, CONFIG_CLIENT_CERTIFICATE };
enum config_alg { CONFIG_PS256, CONFIG_RS256 };
enum config_sync { CONFIG_PULL };
enum config_exclude_kind {
	CONFIG_TITLE_CONTAINS,
	CONFIG_LABEL,
	CONFIG_PRODUCT,
	CONFIG_RULE_ID,
};

struct config_exclude {
	enum config_exclude_kind kind;
	struct span value; /* canonical JSON text (json/json.h) */
};

/*
 * All spans of the configuration are decoded UTF-8 without control characters,
 * except where said.  They lie in config.pool or, defaults, in constants; a
 * struct config is filled in its place and never copied.
 *
 * Ids and origins are made canonical, so that equal ones have equal bytes:
 * small letters, no ":443".  Names that are compared without case (resource
 * group, workspace) stay as they are written.
 */
struct config_connector {
	struct span name;
	bool enabled;
	struct span tenant_id, client_id, subscription_id; /* lower case */
	struct span resource_group, workspace_name;
	enum config_cloud cloud;
	/* https origins without a trailing slash, filled for every cloud:
	 * "https://login.microsoftonline.com",
	 * "https://management.azure.com". */
	struct span authority_url, arm_url;
	struct span api_version;
	bool api_version_given; /* no fall-back to the older one */
	enum config_auth auth_method;
	enum config_alg certificate_alg;
	uint32_t poll_interval_s;
	uint32_t initial_lookback_h;
	uint32_t overlap_s;
	enum config_severity min_severity;
	uint8_t statuses;
	bool statuses_given; /* Closed was named explicitly */
	uint8_t fetch;
	uint32_t enrichment_calls_per_5min;
	enum config_sync status_sync;
	struct config_exclude exclude[CONFIG_EXCLUDE_MAX_COUNT];
	size_t exclude_count;
};

enum config_sink_type {
	CONFIG_SINK_FILE,
	CONFIG_SINK_NATS,
	CONFIG_SINK_ANALYTICS
};
enum config_format { CONFIG_WORKUNIT, CONFIG_ARTIFACT };

/* Fields of other types than the sink's own are absent or 0. */
struct config_sink {
	struct span name;
	enum config_sink_type type;
	bool enabled, required;
	enum config_format format;
	struct span path; /* file: as written */
	uint32_t rotate_mib, keep;
	/* nats: 1 or more of "nats://host:port", "tls://host:port" with ','
	 * between; analytics: an https origin. */
	struct span url;
	/* nats; "{appliance_id}" may stand in the two subjects. */
	struct span subject, stream, user, status_subject;
	struct span ca_file;
	struct span email;
	uint32_t batch;
};

enum config_log_level {
	CONFIG_LOG_ERROR,
	CONFIG_LOG_WARNING,
	CONFIG_LOG_INFO,
	CONFIG_LOG_DEBUG
};

struct config {
	uint32_t version; /* as written: may be above ours */
	struct span appliance_id, org_id;
	struct config_connector connector[CONFIG_CONNECTOR_MAX_COUNT];
	size_t connector_count;
	struct span proxy, proxy_user, ca_file; /* absent: none */
	uint32_t connect_timeout_s, request_timeout_s;
	struct span control_socket, status_socket, web_user;
	struct span web_admins[CONFIG_WEB_ADMIN_MAX_COUNT];
	size_t web_admin_count; /* 0: all */
	enum config_log_level log_level;
	uint32_t store_max_mib, store_keep_days;
	struct config_sink sink[CONFIG_SINK_MAX_COUNT];
	size_t sink_count;
	uint8_t pool[CONFIG_FILE_MAX_BYTES];
	size_t pool_n;
};

/* Working memory of one load, lent by the caller; nothing of it is kept. */
struct config_scratch {
	uint8_t text[CONFIG_FILE_MAX_BYTES];
	jsmntok_t tok[CONFIG_TOKEN_MAX_COUNT];
};

/*
 * One fault.  `key` is the path ("connectors[0].tenant_id") or "".  Warnings
 * (unknown keys where `version` is above ours) do not refuse the file.
 *
 * Both texts are printable ASCII, whatever is in the file: other characters
 * are shown as \uxxxx, values are quoted and cut.  A value that may be a
 * secret is never shown: below a key such as "password", a URL with user
 * information, a PEM text, something that looks like a client secret.
 */
struct config_fault {
	unsigned line, column; /* from 1; the column counts bytes */
	bool warning;
	char key[CONFIG_FAULT_KEY_MAX_BYTES];
	char text[CONFIG_FAULT_TEXT_MAX_BYTES];
};

/* Called for each fault in the order of the file (what an object misses, at
 * its opening bracket); no limit on their number. */
typedef void config_report(void *ctx, const struct config_fault *fault);

/* Values that the appliance gives where the file has none (node.json); the
 * file's own win.  What is not a UUID or a DNS label is taken as absent. */
struct config_defaults {
	struct span appliance_id, org_id;
};

/*
 * config_parse - a configuration text to a struct.
 *
 * text      borrowed for the call; may be s->text
 * defaults  borrowed for the call; may be NULL
 * report    called for every fault; must not be NULL
 * returns   ST_OK       *c is complete, defaults filled in
 *           ST_CONFIG   at least one fault was reported; *c is not usable
 *           ST_FULL     more than CONFIG_FILE_MAX_BYTES or too many values
 *                       (reported as a fault too); *c is not usable
 * cost      O(bytes) and, for objects with many unknown keys, their square
 */
enum st config_parse(struct config *c, struct span text,
    const struct config_defaults *defaults, struct config_scratch *s,
    config_report *report, void *ctx) MUST_CHECK;

/* config_parse of a file.  Besides its results ST_NOT_FOUND and ST_IO, which
 * are not reported. */
enum st config_load(struct config *c, const char *path,
    const struct config_defaults *defaults, struct config_scratch *s,
    config_report *report, void *ctx) MUST_CHECK;

/*
 * config_write - a configuration as JSON, defaults included, piece by piece.
 *
 * piece    0 for the first one; private then
 * out      takes the next piece: less than CONFIG_PIECE_MAX_BYTES
 * returns  false, and nothing was put: there is no further one
 * All pieces together are one JSON object and a newline; it is a configuration
 * file but for what stands for user information in a URL, "***".
 */
bool config_write(const struct config *c, uint64_t *piece, struct buf *out);

/* "FILE:LINE:COLUMN: key: text" for people. */
void config_fault_write(
    struct buf *b, const char *file, const struct config_fault *fault);

/* The appliance's own ids from the text of /witfoo/configs/node.json; absent
 * members, ones that are not a UUID or a DNS label, and all members of a file
 * that is not JSON, are SPAN_NONE.  The spans borrow `text`; s->text is not
 * touched, so that it may be the place of `text`. */
void config_node_parse(struct span text, struct config_scratch *s,
    struct config_defaults *defaults);

#endif
