/* SPDX-License-Identifier: MIT */
/*
 * The keys of the configuration, an object after the other.  Parsing, ranges,
 * defaults and messages come from here; rules between keys are in config.c.
 */
#include "config/config_priv.h"

#include <assert.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static_assert(sizeof(enum config_cloud) == sizeof(unsigned),
    "config_object.c stores words as unsigned");

/* clang-format off */

/* ---- words, in the order of their enums --------------------------------- */

static const char *const CLOUDS[] = { "public", "usgov", "custom", NULL };
static const char *const AUTHS[] = { "client_secret", "client_certificate",
	NULL };
static const char *const ALGS[] = { "PS256", "RS256", NULL };
static const char *const SEVERITIES[] = { "informational", "low", "medium",
	"high", NULL };
static const char *const STATUSES[] = { "New", "Active", "Closed", NULL };
static const char *const FETCHES[] = { "alerts", "entities", "comments",
	NULL };
static const char *const SYNCS[] = { "pull", NULL };
static const char *const LOG_LEVELS[] = { "error", "warning", "info", "debug",
	NULL };
const char *const config_sink_types[] = { "file", "nats", "analytics", NULL };
static const char *const FORMATS[] = { "workunit", "artifact", NULL };

#define ALL_STATUSES (CONFIG_STATUS_NEW | CONFIG_STATUS_ACTIVE | \
	CONFIG_STATUS_CLOSED)
#define ALL_FETCHES (CONFIG_FETCH_ALERTS | CONFIG_FETCH_ENTITIES | \
	CONFIG_FETCH_COMMENTS)

/* ---- what texts look like ----------------------------------------------- */

const struct config_form config_form_guid = { config_check_guid, 36, false,
	"a GUID, for example 01234567-89ab-cdef-0123-456789abcdef" };
const struct config_form config_form_label = { config_check_label, 63, false,
	"1 to 63 letters, digits, '-', not at an end" };
const struct config_form config_form_admin = { NULL, CONFIG_USER_MAX_BYTES,
	false, "a user name of 1 to 128 bytes" };
const struct config_form config_form_exclude = { config_check_not_blank,
	CONFIG_EXCLUDE_MAX_BYTES, false, "a text of 1 to 1024 bytes" };

static const struct config_form NAME = { config_check_name,
	CONFIG_NAME_MAX_BYTES, false,
	"1 to 32 of a-z, 0-9, '-', with a letter or digit first" };
static const struct config_form GROUP = { config_check_group, 90, false,
	"1 to 90 letters, digits, '-', '_', '.', '(', ')', without '.' at the "
	"end" };
static const struct config_form WORKSPACE = { config_check_workspace, 63,
	false, "the workspace name, not the GUID: 4 to 63 letters, digits, "
	"'-', not at an end" };
static const struct config_form API_VERSION = { config_check_api_version, 18,
	false, "YYYY-MM-DD or YYYY-MM-DD-preview" };
static const struct config_form ORIGIN = { config_check_origin,
	CONFIG_URL_MAX_BYTES, false, "https://HOST or https://HOST:PORT" };
static const struct config_form PROXY = { config_check_proxy,
	CONFIG_URL_MAX_BYTES, false, "http://HOST:PORT" };
static const struct config_form SERVERS = { config_check_servers,
	CONFIG_URL_MAX_BYTES, false,
	"nats://HOST:PORT or tls://HOST:PORT, several with ',' between" };
static const struct config_form BASIC_USER = { config_check_basic_user,
	CONFIG_USER_MAX_BYTES, true,
	"a user name of 1 to 128 bytes without ':' (a password is a secret and "
	"has no place in this file)" };
static const struct config_form LOCAL_USER = { config_check_user, 32, false,
	"1 to 32 letters, digits, '_', '-', '.'" };
static const struct config_form EMAIL = { config_check_email,
	CONFIG_EMAIL_MAX_BYTES, false, "an e-mail address" };
static const struct config_form FILE_PATH = { config_check_path,
	PATH_MAX_BYTES - 1, false, "a path of 1 to 511 bytes" };
static const struct config_form SOCKET_PATH = { config_check_path,
	CONFIG_SOCKET_MAX_BYTES, false, "a path of 1 to 107 bytes" };
static const struct config_form SUBJECT = { config_check_subject,
	CONFIG_SUBJECT_MAX_BYTES, false,
	"words with '.' between, without blanks and wildcards" };
static const struct config_form STREAM = { config_check_stream,
	CONFIG_SUBJECT_MAX_BYTES, false,
	"1 to 255 letters, digits, '-', '_'" };

static_assert(PATH_MAX_BYTES == 512 && CONFIG_SOCKET_MAX_BYTES == 107 &&
    CONFIG_USER_MAX_BYTES == 128 && CONFIG_NAME_MAX_BYTES == 32 &&
    CONFIG_EXCLUDE_MAX_BYTES == 1024 && CONFIG_SUBJECT_MAX_BYTES == 255,
    "the texts above say these numbers");

/* ---- the tables --------------------------------------------------------- */

#define REQUIRED .required = true
#define FOR_FILE (1u << CONFIG_SINK_FILE)
#define FOR_NATS (1u << CONFIG_SINK_NATS)
#define FOR_ANALYTICS (1u << CONFIG_SINK_ANALYTICS)
#define FOR(bits) .types = (bits)
#define DEFAULT(s) .text = (s)

#define IN(field) .at = offsetof(struct OF, field)
#define TEXT(n, field, f) .name = n, .kind = CONFIG_KIND_TEXT, IN(field), \
	.form = &(f)
#define INT(n, field, low, high, def) .name = n, .kind = CONFIG_KIND_INT, \
	IN(field), .min = (low), .max = (high), .value = (def)
#define BOOL(n, field, def) .name = n, .kind = CONFIG_KIND_BOOL, IN(field), \
	.value = (def)
#define WORD(n, field, list, def) .name = n, .kind = CONFIG_KIND_WORD, \
	IN(field), .words = (list), .value = (def)
#define WORDS(n, field, list, low, def) .name = n, \
	.kind = CONFIG_KIND_WORDS, IN(field), .words = (list), .min = (low), \
	.value = (def)
#define LIST(n, low, high, of) .name = n, .kind = CONFIG_KIND_LIST, \
	.at = CONFIG_NOWHERE, .min = (low), .max = (high), .allowed = of
#define OBJECT(n) .name = n, .kind = CONFIG_KIND_OBJECT, .at = CONFIG_NOWHERE

#define OF config

static const struct config_key ROOT[] = {
	{ INT("version", version, 1, UINT32_MAX, 0), REQUIRED, .allowed = "1" },
	{ TEXT("appliance_id", appliance_id, config_form_guid) },
	{ TEXT("org_id", org_id, config_form_label) },
	{ LIST("connectors", 0, CONFIG_CONNECTOR_MAX_COUNT, "objects") },
	{ OBJECT("network") },
	{ OBJECT("control") },
	{ WORD("log_level", log_level, LOG_LEVELS, CONFIG_LOG_INFO) },
	{ OBJECT("store") },
	{ LIST("sinks", 1, CONFIG_SINK_MAX_COUNT, "objects") },
};

static const struct config_key NETWORK[] = {
	{ TEXT("proxy", proxy, PROXY) },
	{ TEXT("proxy_user", proxy_user, BASIC_USER) },
	{ TEXT("ca_file", ca_file, FILE_PATH) },
	{ INT("connect_timeout_seconds", connect_timeout_s, 1, 120, 10) },
	{ INT("request_timeout_seconds", request_timeout_s, 5, 600, 60) },
};

static const struct config_key CONTROL[] = {
	{ TEXT("socket", control_socket, SOCKET_PATH),
	    DEFAULT("/run/wf-sentinel/control.sock") },
	{ TEXT("status_socket", status_socket, SOCKET_PATH),
	    DEFAULT("/run/wf-sentinel/status.sock") },
	{ TEXT("web_user", web_user, LOCAL_USER), DEFAULT("www-data") },
	{ LIST("web_admins", 1, CONFIG_WEB_ADMIN_MAX_COUNT,
	    "user names (leave the key out to allow all)"),
	    .form = &config_form_admin },
};

static const struct config_key STORE[] = {
	{ INT("max_mib", store_max_mib, 16, 4096, 256) },
	{ INT("keep_days", store_keep_days, 0, 365, 7) },
};

#undef OF
#define OF config_connector

static const struct config_key CONNECTOR[] = {
	{ TEXT("name", name, NAME), REQUIRED },
	{ BOOL("enabled", enabled, true) },
	{ TEXT("tenant_id", tenant_id, config_form_guid), REQUIRED },
	{ TEXT("client_id", client_id, config_form_guid), REQUIRED },
	{ TEXT("subscription_id", subscription_id, config_form_guid),
	    REQUIRED },
	{ TEXT("resource_group", resource_group, GROUP), REQUIRED },
	{ TEXT("workspace_name", workspace_name, WORKSPACE), REQUIRED },
	{ WORD("cloud", cloud, CLOUDS, CONFIG_PUBLIC) },
	{ TEXT("authority_url", authority_url, ORIGIN) },
	{ TEXT("arm_url", arm_url, ORIGIN) },
	{ TEXT("api_version", api_version, API_VERSION),
	    DEFAULT("2025-09-01") },
	{ WORD("auth_method", auth_method, AUTHS, CONFIG_CLIENT_SECRET) },
	{ WORD("certificate_alg", certificate_alg, ALGS, CONFIG_PS256) },
	{ INT("poll_interval_seconds", poll_interval_s, 60, 86400, 300) },
	{ INT("initial_lookback_hours", initial_lookback_h, 0, 8760, 24) },
	{ INT("overlap_seconds", overlap_s, 0, 7200, 900) },
	{ WORD("min_severity", min_severity, SEVERITIES,
	    CONFIG_INFORMATIONAL) },
	/* With no status at all nothing would ever be delivered. */
	{ WORDS("statuses", statuses, STATUSES, 1, ALL_STATUSES) },
	{ LIST("exclude", 0, CONFIG_EXCLUDE_MAX_COUNT, "objects") },
	{ WORDS("fetch", fetch, FETCHES, 0, ALL_FETCHES) },
	{ INT("enrichment_calls_per_5min", enrichment_calls_per_5min, 10,
	    1000000, 100) },
	{ WORD("status_sync", status_sync, SYNCS, CONFIG_PULL) },
};

#undef OF
#define OF config_sink

static const struct config_key SINK[] = {
	{ WORD("type", type, config_sink_types, CONFIG_SINK_FILE), REQUIRED },
	{ TEXT("name", name, NAME) },
	{ BOOL("enabled", enabled, true) },
	{ BOOL("required", required, false) },
	{ WORD("format", format, FORMATS, CONFIG_WORKUNIT) },
	{ TEXT("path", path, FILE_PATH), FOR(FOR_FILE),
	    DEFAULT("workunits.ndjson") },
	{ INT("rotate_mib", rotate_mib, 1, 1024, 16), FOR(FOR_FILE) },
	{ INT("keep", keep, 1, 100, 4), FOR(FOR_FILE) },
	{ TEXT("url", url, SERVERS), FOR(FOR_NATS),
	    DEFAULT("nats://127.0.0.1:4223") },
	{ TEXT("subject", subject, SUBJECT), FOR(FOR_NATS),
	    DEFAULT("{appliance_id}.data.artifacts.raw") },
	{ TEXT("stream", stream, STREAM), FOR(FOR_NATS), DEFAULT("DATA") },
	{ TEXT("user", user, BASIC_USER), FOR(FOR_NATS) },
	{ TEXT("ca_file", ca_file, FILE_PATH), FOR(FOR_NATS | FOR_ANALYTICS) },
	{ TEXT("status_subject", status_subject, SUBJECT), FOR(FOR_NATS) },
	{ TEXT("url", url, ORIGIN), FOR(FOR_ANALYTICS), REQUIRED },
	{ TEXT("email", email, EMAIL), FOR(FOR_ANALYTICS), REQUIRED },
	{ INT("batch", batch, 1, 1000, 50), FOR(FOR_ANALYTICS) },
};

/* In the order of enum config_exclude_kind.  The values are not kept as they
 * are: see add_exclude in config_connector.c. */
static const struct config_key EXCLUDE[] = {
	{ .name = "title_contains", .at = CONFIG_NOWHERE,
	    .form = &config_form_exclude },
	{ .name = "label", .at = CONFIG_NOWHERE,
	    .form = &config_form_exclude },
	{ .name = "product", .at = CONFIG_NOWHERE,
	    .form = &config_form_exclude },
	{ .name = "rule_id", .at = CONFIG_NOWHERE,
	    .form = &config_form_exclude },
};

/* clang-format on */

static_assert(COUNT(CONNECTOR) <= CONFIG_KEY_MAX_COUNT &&
	COUNT(SINK) <= CONFIG_KEY_MAX_COUNT,
    "struct config_object has room");

const struct config_schema config_root = { ROOT, COUNT(ROOT) };
const struct config_schema config_network = { NETWORK, COUNT(NETWORK) };
const struct config_schema config_control = { CONTROL, COUNT(CONTROL) };
const struct config_schema config_store = { STORE, COUNT(STORE) };
const struct config_schema config_connector_keys = { CONNECTOR,
	COUNT(CONNECTOR) };
const struct config_schema config_exclude_keys = { EXCLUDE, COUNT(EXCLUDE) };
const struct config_schema config_sink_keys = { SINK, COUNT(SINK) };
