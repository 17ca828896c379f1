/* SPDX-License-Identifier: MIT */
/*
 * limits.h - every fixed size in the program, with its unit and its reason.
 *
 * A number that bounds memory, disk, time or retries lives here and nowhere
 * else.  Suffixes: _BYTES, _MS, _S, _COUNT.  Sorted by module.  The memory
 * ceiling of the process is the sum of the buffers below: see src/README.md.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

/* ---- platform ----------------------------------------------------------- */

/* The longest path that the program builds (state directory + names). */
#define PATH_MAX_BYTES 512u

/* One log line, as much as a syslog daemon surely takes (RFC 5424, 6.1). */
#define LOG_LINE_MAX_BYTES 1024u

/* One value in it, quotes and escapes included: the longest message for the
 * operator, so that one hostile title leaves room for what follows it. */
#define LOG_VALUE_MAX_BYTES 512u

/* A flood of lines must not fill the log's disk: so many at once, then so many
 * a second (at 200 bytes a line 170 MB in a day of nothing else).  The last 64
 * of the burst are kept for warnings and errors. */
#define LOG_BURST_COUNT        256u
#define LOG_RESERVE_COUNT      64u
#define LOG_REFILL_PER_S_COUNT 10u

/* The last lines of the log: 160 or so, two hours of a quiet connector; and how
 * long debug lasts, so that no disk fills with it (the contract's). */
#define LOG_RING_BYTES (32u * 1024u)
#define LOG_DEBUG_MS   (INT64_C(30) * 60 * 1000)

/* A difference between our clock and Azure's beyond this is said: Entra ID
 * itself allows five minutes. */
#define CLOCK_SKEW_MAX_S 300

/* Directory entries read at a time: about 30 names of secrets. */
#define FILE_LIST_BUFFER_BYTES 2048u

/* /etc/passwd: a line, and as much as is looked at (some 10,000 users). */
#define IDENTITY_LINE_MAX_BYTES 1024u
#define IDENTITY_FILE_MAX_BYTES (1024u * 1024u)

/* Signals, two listening sockets and their connections, and some more. */
#define WATCH_MAX_COUNT 16u

/* Files and folders that the sandbox allows: state, configuration, two of
 * sockets, four of sinks, CA file, three of /etc, randomness, factory default,
 * and some more. */
#define SANDBOX_PLACE_MAX_COUNT 20u

/* Open at the same time: about 20 for store, sinks and sockets, 8 peers, two
 * transfers and their name servers. */
#define SANDBOX_FILE_MAX_COUNT 128u

/* ---- arena -------------------------------------------------------------- */

/* What libcurl and c-ares need: 88 KiB base and 51 KiB a connection, measured
 * at their high water; two connections. */
#define ARENA_POOL_BYTES (192u * 1024u)

/* ---- json --------------------------------------------------------------- */

/* Nesting of a document.  The deepest reply of the API description has 9
 * levels; alerts may carry escaped JSON as text, which does not count. */
#define JSON_DEPTH_MAX 64u

/* The longest key that is compared with the wanted ones; a longer key is
 * valid and never wanted.  Ours are at most 24 bytes. */
#define JSON_KEY_MAX_BYTES 64u

/* Wanted paths in one projection (one bit each in struct json_element). */
#define JSON_WANT_MAX_COUNT 64u

/* ---- tls ---------------------------------------------------------------- */

/* Six built-in anchors and an operator's private roots: a CA file is for the
 * few that an inspecting proxy needs, not for a whole distribution bundle. */
#define TLS_ANCHOR_MAX_COUNT 24u

/* Subject names and keys of loaded anchors: an RSA-4096 one takes 512 bytes
 * of key and about 150 of name. */
#define TLS_ANCHOR_POOL_BYTES (16u * 1024u)
#define TLS_CA_FILE_MAX_BYTES (64u * 1024u)

/* Keys that are believed: 2048 is what browsers ask for, 4096 what BearSSL's
 * buffers hold. */
#define TLS_RSA_MIN_BITS 2048u
#define TLS_RSA_MAX_BITS 4096u

/* Certificates of one chain that are looked at.  Microsoft sends two or three;
 * each one costs up to 11 ms (P-521). */
#define TLS_CHAIN_MAX_COUNT 10u

/* Nesting on the way to an extended key usage: file, certificate, TBS,
 * [3], extensions, extension, OCTET STRING, the list in it. */
#define TLS_DER_DEPTH_MAX 8u

/* The longest object identifier that is compared (sha1WithRSAEncryption). */
#define TLS_OID_MAX_BYTES 9u

/* ---- sentinel and workunit ---------------------------------------------- */

/* One pruned incident, alert, entity or comment.  The largest is an incident:
 * description 8 KiB, rules 4 KiB, labels and two URLs 4 KiB; the lists in
 * workunit/workunit_want.h are added up by static asserts. */
#define ELEMENT_MAX_BYTES (24u * 1024u)

/* Tokens that jsmn needs for the largest pruned element; added up likewise. */
#define ELEMENT_TOKEN_MAX_COUNT 256u

/* One work unit record, fixed by the contract. */
#define RECORD_MAX_BYTES (128u * 1024u)

/* What is kept of texts, in bytes of canonical JSON text.  Sentinel's own
 * limits: description 5,000 characters, comment 30,000, title a line. */
#define WORKUNIT_DESCRIPTION_MAX_BYTES 8192u
#define WORKUNIT_LONG_MAX_BYTES        2048u /* URLs and command lines */
#define WORKUNIT_TEXT_MAX_BYTES        1024u /* titles, messages, recipients */
#define WORKUNIT_URL_MAX_BYTES         900u  /* portal links: 350 seen */
#define WORKUNIT_PATH_MAX_BYTES        512u  /* folders, ARM ids (370) */
#define WORKUNIT_NAME_MAX_BYTES        256u  /* mail, DNS names: 254 */
#define WORKUNIT_SHORT_MAX_BYTES       64u   /* GUIDs, IP addresses, products */
#define WORKUNIT_ENUM_MAX_BYTES        32u /* InhibitResponseFunction has 23 */
#define WORKUNIT_TIME_MAX_BYTES        40u /* nine digits and a zone have 35 */
#define WORKUNIT_NUMBER_MAX_BYTES      20u /* 64 bits */

/* Arrays of an incident.  There are 17 tactics; an analytic rule has an ARM id
 * of 370 bytes. */
#define WORKUNIT_LABEL_MAX_COUNT     24u
#define WORKUNIT_LABEL_MAX_BYTES     96u
#define WORKUNIT_RULE_MAX_COUNT      10u
#define WORKUNIT_RULE_MAX_BYTES      384u
#define WORKUNIT_PRODUCT_MAX_COUNT   16u
#define WORKUNIT_TACTIC_MAX_COUNT    20u
#define WORKUNIT_TECHNIQUE_MAX_COUNT 40u
#define WORKUNIT_TECHNIQUE_MAX_BYTES 12u /* "T1078.004" */

/* Tables of one incident: the service's own limits (150 alerts, 100 comments);
 * entities have none that is documented for an incident, and 1,000 fill the
 * quota of the record many times over, 400 nodes theirs. */
#define WORKUNIT_ALERT_MAX_COUNT   150u
#define WORKUNIT_COMMENT_MAX_COUNT 100u
#define WORKUNIT_ENTITY_MAX_COUNT  1000u
#define WORKUNIT_NODE_MAX_COUNT    400u

/* Byte quotas of the parts of a record.  They add up to RECORD_MAX_BYTES. */
#define WORKUNIT_CORE_QUOTA_BYTES     (20u * 1024u)
#define WORKUNIT_ALERTS_QUOTA_BYTES   (44u * 1024u)
#define WORKUNIT_ENTITIES_QUOTA_BYTES (32u * 1024u)
#define WORKUNIT_NODES_QUOTA_BYTES    (12u * 1024u)
#define WORKUNIT_TIMELINE_QUOTA_BYTES (20u * 1024u)

/* Of the timeline's, for comments: they stand nowhere else, so that 36 marks
 * of our own (3 KiB) and 5 KiB of alerts are the least beside them. */
#define WORKUNIT_COMMENTS_QUOTA_BYTES (12u * 1024u)

/* Memory for the texts of each table.  A table holds values without the names
 * of their members: an alert of 330 bytes takes 215, an entity of 26 takes 14.
 * Quotas are filled by anything but the longest texts. */
#define WORKUNIT_ALERTS_POOL_BYTES   (32u * 1024u)
#define WORKUNIT_COMMENTS_POOL_BYTES (10u * 1024u)
#define WORKUNIT_ENTITIES_POOL_BYTES (24u * 1024u)
#define WORKUNIT_NODES_POOL_BYTES    (7u * 1024u)

/* Room in the pool beyond these, so that it is not tidied for every element
 * once it is full. */
#define WORKUNIT_SLACK_BYTES 2048u

/* All tables of an incident. */
#define WORKUNIT_TABLES_MAX_BYTES (112u * 1024u)

/* The largest element in a table: an alert (20 tactics, 40 techniques, link,
 * names) takes 3.1 KiB. */
#define WORKUNIT_ROW_MAX_BYTES 4096u

/* Entities above this size are the first to go when there are too many. */
#define WORKUNIT_LONG_ROW_BYTES 512u

/* Cut texts inside of array elements that are named one by one in `truncated`;
 * with more, the array is named. */
#define WORKUNIT_POINTER_MAX_COUNT 16u

/* The ARM path of an incident: SENTINEL_BASE_MAX_BYTES, "/incidents/", name. */
#define WORKUNIT_ARM_PATH_MAX_BYTES 768u

/* nextLink: a URL with a skip token of the service; 2 KiB seen. */
#define NEXT_LINK_MAX_BYTES 4096u

/* "/subscriptions/…/Microsoft.SecurityInsights": 140 bytes of fixed text, a
 * GUID, and names of at most 90 and 63 bytes that may triple when encoded. */
#define SENTINEL_BASE_MAX_BYTES 640u

/* "https://", a DNS name and a port. */
#define SENTINEL_ORIGIN_MAX_BYTES 300u

/* Pages of one chain of links.  One chain is followed only while a single
 * timestamp fills whole pages, or through 100 comments. */
#define SENTINEL_FOLLOW_MAX_COUNT 1000u

/* The API version that other connectors ship and every cloud knows. */
#define SENTINEL_OLD_API_VERSION "2024-03-01"

/* ---- http --------------------------------------------------------------- */

/* Connections at the same time; two give 1.9 x the rate of one at 30 ms
 * latency for 51 KiB more. */
#define HTTP_SLOT_COUNT 2u

/* A request URL: origin, resource path (at most 90 + 63 bytes of names and
 * 300 of fixed text) and query; or a nextLink rebuilt. */
#define HTTP_URL_MAX_BYTES 6144u

/* libcurl's buffers for each direction: a reply is streamed, a request is a
 * form of a few KiB; its defaults would pin 64 KiB for a token request. */
#define HTTP_RECEIVE_BYTES 4096u
#define HTTP_SEND_BYTES    (16u * 1024u)

/* A body that is longer than this is no reply of this API: 1,000 incidents at
 * their largest are about 40 MiB. */
#define HTTP_BODY_MAX_BYTES (UINT64_C(64) * 1024 * 1024)

/* The longest Retry-After that is believed. */
#define HTTP_RETRY_MAX_S 3600u

/* An idle connection is not used again after this: load balancers drop theirs
 * after four minutes without a word. */
#define HTTP_IDLE_MAX_S 100u

/* Request header that carries the token: a token may have 4 KiB. */
#define TOKEN_MAX_BYTES 4096u

/* ---- store -------------------------------------------------------------- */

/* SQLite's own heap, of which only what is used becomes memory: 102 KiB with
 * everything in use.  Of that 32 are the log's index and 32 are needed for a
 * moment whenever a tree is balanced.  Freeing many pages all over a large
 * file in one transaction takes up to 32 more: 134, and room for memsys5, a
 * buddy allocator, to be untidy. */
#define STORE_HEAP_BYTES (160u * 1024u)

/* Its smallest piece.  SQLite asks for many of 20 to 60 bytes. */
#define STORE_HEAP_UNIT_BYTES 32u

/* Static page cache: 4096 bytes a page and SQLite's header of 272, rounded up
 * to what it accepts (a smaller slot is passed over without a word); 24 pages
 * keep the trees that a transaction touches in memory: with 20 it reads half
 * as often again, with 28 it reads 5 % less for 18 KiB. */
#define STORE_PAGE_BYTES      4096u
#define STORE_PAGE_SLOT_BYTES (STORE_PAGE_BYTES + 320u)
#define STORE_PAGE_COUNT      24u

/* What SQLite may cache of them.  With as many as there are slots it is the
 * lack of free slots that makes it write pages out early, and then it keeps
 * half of them for pages that are only read: the upper levels of the trees.
 * A lower number keeps a tenth, and reads three times as often. */
#define STORE_CACHE_PAGE_COUNT 24u

/* Prepared statements that are kept. */
#define STORE_STATEMENT_MAX_COUNT 40u

/* The write-ahead log is copied into the database at this length (1.5 MiB),
 * and after a larger transaction cut back to it.  Up to 4,062 pages its index
 * is one block of 32 KiB of the heap. */
#define STORE_LOG_PAGE_COUNT 384u

/* Kept back from store.max_mib for the log: a transaction of
 * RELAY_BATCH_BYTES, its last record and the texts of its incidents is
 * 5 MiB. */
#define STORE_LOG_RESERVE_MIB 6u

/* An incident's resource name: a GUID (36) in practice. */
#define STORE_NAME_MAX_BYTES 64u

/* ARM origin (SENTINEL_ORIGIN_MAX_BYTES) and resource path
 * (SENTINEL_BASE_MAX_BYTES), lower case. */
#define STORE_WORKSPACE_KEY_MAX_BYTES 960u

/* Workspaces that were ever polled; they are never forgotten, and a number up
 * to 2,000 fits into two bytes of each key. */
#define STORE_WORKSPACE_MAX_COUNT 2000u

/* A sink's name in the configuration has 32; a reason is one of our texts. */
#define STORE_SINK_NAME_MAX_BYTES 64u
#define STORE_REASON_MAX_BYTES    128u

/* Rows of incidents that wait for the commit: as many as a batch or a page
 * changes, and of one all but rows with many status changes (23 bytes beside a
 * GUID's key of 17, 11 more a change). */
#define STORE_WAITING_MAX_COUNT 128u
#define STORE_WAITING_MAX_BYTES 94u

/* What is read of a body at a time where there is no room for all of it. */
#define STORE_PART_BYTES 4096u

/* Status changes of one incident that the timeline shows. */
#define STORE_CHANGE_MAX_COUNT 32u

/* An entry that is due further ahead than this was put off by a clock that
 * has been set back since: it is due now.  The longest retry is 30 minutes. */
#define STORE_DUE_AHEAD_MAX_S (24u * 3600u)

/* Likewise a record this much newer than what may be pruned: store.keep_days
 * is at most 365. */
#define STORE_KEEP_MAX_S (366u * 24u * 3600u)

/* ---- auth --------------------------------------------------------------- */

/* "Authorization: Bearer " and the token. */
#define AUTH_HEADER_MAX_BYTES (TOKEN_MAX_BYTES + 32u)

/* The wanted part of a token reply: token, or description. */
#define AUTH_REPLY_MAX_BYTES (TOKEN_MAX_BYTES + 1024u)

/* The form: two GUIDs, the scope, and a secret of which each byte takes up to
 * three; Entra's secrets have 40 bytes, old ones up to 256. */
#define AUTH_FORM_MAX_BYTES 4096u

/* Three URLs of CONFIG_URL_MAX_BYTES, tenant, client, digest in hexadecimal. */
#define AUTH_BINDING_MAX_BYTES 2048u

/* A token is asked for at most so often, whatever a reply says; and used no
 * longer than the longest life that Entra gives (28 hours). */
#define AUTH_LIFETIME_MIN_S 60u
#define AUTH_LIFETIME_MAX_S (28u * 3600u)

/* ---- relay -------------------------------------------------------------- */

/* Incidents a page: 100 are about 130 KB typically and 1 MB at worst, which a
 * slow line carries within the request's time limit.  The larger page is the
 * service's maximum, for when one timestamp fills the small one. */
#define RELAY_PAGE_COUNT     100u
#define RELAY_PAGE_MAX_COUNT 1000u

/* Records in one transaction and one sync of a sink (a sync costs as much CPU
 * as half an incident), and the longest that a record waits for them.  With
 * twice as many SQLite writes more pages more than once, with half as many it
 * syncs twice as often.  The bytes are what STORE_LOG_RESERVE_MIB holds. */
#define RELAY_BATCH_COUNT 128u
#define RELAY_BATCH_BYTES (4u * 1024u * 1024u)
#define RELAY_BATCH_MS    1000

/* The service's own window for calls per endpoint. */
#define RELAY_WINDOW_MS INT64_C(300000)

/* Sub-requests that fail in a row before a cycle stops asking: each may have
 * cost a whole time limit. */
#define RELAY_FAILURE_MAX_COUNT      3u
#define RELAY_MEMORY_RETRY_MAX_COUNT 6u

/* An answer that does not come within a day is given up. */
#define RELAY_PENDING_MAX_S INT64_C(86400)

/* A failed poll is tried again after this, or after the interval if shorter. */
#define RELAY_RETRY_MS INT64_C(60000)

/* The longest sleep, and the farthest due time that is believed. */
#define RELAY_IDLE_WAIT_MS INT64_C(60000)
#define RELAY_DUE_MAX_MS   INT64_C(86400000)

/* Records removed in one transaction after their time, and transactions in
 * one go: 16,384 records are a month's delivery of a busy workspace. */
#define RELAY_PRUNE_COUNT  256u
#define RELAY_PRUNE_ROUNDS 64u

/* ---- vault -------------------------------------------------------------- */

/* A client secret (Entra: 40 today) or a PEM key and certificate. */
#define SECRET_MAX_BYTES 16384u

/* A scope is a connector's name or "sink:" and a sink's name; both have at
 * most 32 bytes by the contract.  The longest field has 23. */
#define VAULT_NAME_MAX_BYTES  32u
#define VAULT_FIELD_MAX_BYTES 31u

/* Secrets are in memory that is locked page by page; a kernel with larger
 * pages locks a little more. */
#define VAULT_PAGE_BYTES 4096u

/* ---- audit -------------------------------------------------------------- */

/* A line: a user name of 128 bytes and the names of what was changed.  A file:
 * about 2,500 changes.  Lines in one answer, and those that are looked through
 * for the last load of the configuration. */
#define AUDIT_LINE_MAX_BYTES    1024u
#define AUDIT_CHANGED_MAX_BYTES 384u
#define AUDIT_FILE_MAX_BYTES    (1024u * 1024u)
#define AUDIT_ANSWER_COUNT      100u
#define AUDIT_ANSWER_MAX_COUNT  10000u
#define AUDIT_BACK_COUNT        64u

/* ---- config ------------------------------------------------------------- */

/* The configuration file; the control API takes bodies of 64 KiB. */
#define CONFIG_FILE_MAX_BYTES (64u * 1024u)

/* Keys and values in it: a full one (8 connectors with 32 exclusions) has
 * about 1,600.  20 bytes each while the file is read. */
#define CONFIG_TOKEN_MAX_COUNT 3000u

#define CONFIG_CONNECTOR_MAX_COUNT 8u
#define CONFIG_SINK_MAX_COUNT      4u
#define CONFIG_EXCLUDE_MAX_COUNT   32u
#define CONFIG_WEB_ADMIN_MAX_COUNT 16u

/* Keys of one object; a connector has 22 (asserted in config_table.c). */
#define CONFIG_KEY_MAX_COUNT 24u

/* Names of connectors and sinks: "sink:NAME" fits a scope of the vault. */
#define CONFIG_NAME_MAX_BYTES 32u

/* The value of an exclusion: titles are cut to as much. */
#define CONFIG_EXCLUDE_MAX_BYTES 1024u

/* sun_path of Linux has 108 bytes, one of them the NUL. */
#define CONFIG_SOCKET_MAX_BYTES 107u

/* An origin: a host name has at most 253 bytes.  With it a list of two or
 * three NATS servers of the usual length. */
#define CONFIG_URL_MAX_BYTES 512u

/* User names: a UTF-8 e-mail address has at most 254 bytes, RFC 5321. */
#define CONFIG_USER_MAX_BYTES  128u
#define CONFIG_EMAIL_MAX_BYTES 254u

/* NATS refuses longer subjects in its default and longer stream names. */
#define CONFIG_SUBJECT_MAX_BYTES 255u

/* A piece of a written configuration: 16 users of 128 bytes, paths and URLs. */
#define CONFIG_PIECE_MAX_BYTES 8192u

/* A fault: path of the key, text, and how much it shows of a value. */
#define CONFIG_FAULT_KEY_MAX_BYTES  96u
#define CONFIG_FAULT_TEXT_MAX_BYTES 320u
#define CONFIG_SHOWN_MAX_BYTES      64u

/* ---- health ------------------------------------------------------------- */

/* A message for the operator, guidance included. */
#define DIAGNOSIS_MESSAGE_MAX_BYTES 512u
#define DIAGNOSIS_CODE_MAX_BYTES    48u

/* Different texts for incidents that cannot be mapped; there are five. */
#define COUNTERS_REASON_MAX_COUNT 12u

/* Bytes of a secret in a row that are not shown; no word has so many. */
#define DIAGNOSIS_SECRET_RUN_BYTES 8u

/* What Microsoft's support asks for: GUIDs (36), should their form change. */
#define DIAGNOSIS_ID_MAX_BYTES 64u

/* ---- control, api, command, app: see there ----------------------------- */

#include "base/limits_app.h"

#endif
