/* SPDX-License-Identifier: MIT */
/*
 * limits_app.h - the part of limits.h for the daemon's face: control socket,
 * routes, command line.  Included by limits.h only.
 */
#ifndef BASE_LIMITS_APP_H
#define BASE_LIMITS_APP_H

/* ---- control ------------------------------------------------------------ */

/* The contract's: a request's head, and the one body at a time. */
#define CONTROL_HEAD_MAX_BYTES (8u * 1024u)
#define CONTROL_BODY_MAX_BYTES (64u * 1024u)

/* Fields of a head; a browser behind a reverse proxy sends about 25. */
#define CONTROL_FIELD_MAX_COUNT 64u

/* Connections, likewise; those that wait for one in the kernel; and those
 * that are taken at a time, so that a flood of them stops nothing. */
#define CONTROL_CONNECTION_MAX_COUNT 8u
#define CONTROL_BACKLOG_COUNT        16
#define CONTROL_ACCEPT_MAX_COUNT     16u

/* One piece of an answer; with status line, fields and the chunk around it, it
 * takes the place of the head. */
#define CONTROL_PIECE_MAX_BYTES (8u * 1024u)
#define CONTROL_BUFFER_BYTES    (CONTROL_PIECE_MAX_BYTES + 512u)

/* Names in a path, at most: a scope of the vault has 37 bytes. */
#define CONTROL_ARG_MAX_COUNT 2u
#define CONTROL_ARG_MAX_BYTES 64u

/* A quoted hash of 64 digits, and a NUL. */
#define CONTROL_ETAG_MAX_BYTES 72u

/* Head and body must be there within the contract's five seconds; a peer that
 * takes no byte of its answer for ten, or not all of it in a minute, goes. */
#define CONTROL_REQUEST_MS 5000
#define CONTROL_STALL_MS   10000
#define CONTROL_ANSWER_MS  60000

/* What a command reads at a time: a line of the head, or a part of a chunk. */
#define CONTROL_CLIENT_BUFFER_BYTES 4096u

/* An error that it is told: message, setting and code, escaped. */
#define CONTROL_CLIENT_ERROR_MAX_BYTES 2048u

/* How long a command waits for the daemon to go on. */
#define CONTROL_CLIENT_WAIT_MS 10000

/* Groups of a peer that are looked at. */
#define CONTROL_GROUP_MAX_COUNT 64u

/* ---- app and command ----------------------------------------------------- */

/* "http://", a DNS name and a port. */
#define APP_PROXY_MAX_BYTES 300u

/* The ids of node.json: a UUID (36) and a DNS label (63). */
#define APP_NODE_IDS_BYTES 128u

/* The daemon's status: 1 KiB for each of 8 connectors and 4 sinks, and the
 * rest.  Twelve members and five of an error each take two tokens. */
#define APP_STATUS_MAX_BYTES       (32u * 1024u)
#define APP_STATUS_TOKEN_MAX_COUNT 600u

/* The most that a member of a support bundle holds (of log and status what they
 * hold themselves), in whole blocks of a tar; and work units in one. */
#define SUPPORT_ABOUT_BYTES   2048u
#define SUPPORT_METRICS_BYTES (32u * 1024u)
#define SUPPORT_CONFIG_BYTES  (CONFIG_FILE_MAX_BYTES + 32u * 1024u)
#define SUPPORT_SECRETS_BYTES 8192u
#define SUPPORT_AUDIT_BYTES   (32u * 1024u)
#define SUPPORT_RECORD_COUNT  20u

/* Entra's client secrets have 40 characters, old ones up to 256. */
#define APP_CLIENT_SECRET_MAX_BYTES 512u

/* A secret that expires within a month is warned of: making a new one may need
 * somebody else. */
#define APP_EXPIRY_DAYS 30

/* The longest wait for the network before the loop looks up, and how often the
 * daemon looks for a changed configuration, to apply it within two seconds. */
#define APP_WAIT_MS        1000u
#define APP_CONFIG_LOOK_MS 1000u

/* ---- api ---------------------------------------------------------------- */

/* Work units of one answer: what a page shows unless asked, and at most. */
#define API_WORKUNIT_COUNT     20u
#define API_WORKUNIT_MAX_COUNT 10000u

/* Streams of events at a time, so that half of the connections are left for
 * others; how long one may be silent; what an event takes at most, a status row
 * being the longest; and how many records one piece brings. */
#define API_STREAM_MAX_COUNT 4u
#define API_EVENT_KEEP_MS    15000
#define API_EVENT_MAX_BYTES  2560u
#define API_EVENT_BURST      16u

/* A forecast is made when so many incidents were enriched, in so long at least:
 * what comes before says little. */
#define RELAY_FORECAST_COUNT 20u
#define RELAY_FORECAST_MS    3000

/* So many that wait at the start are the rest of a first look-back. */
#define RELAY_QUEUE_LONG_COUNT 200u

/* How often a run says how far it is. */
#define APP_PROGRESS_MS 10000

/* Damaged records that are passed over before the loop goes on. */
#define API_PASS_COUNT 16u

/* How long a command waits for a check of the daemon: three requests of the
 * longest configurable time, and a slot for each. */
#define APP_TEST_WAIT_MS 3600000u

/* Pieces of an answer that go out before the sockets close: the checks of a
 * test and its end. */
#define APP_FLUSH_COUNT 8u

/* For who reads the store without a configuration: the most that one allows. */
#define APP_STORE_MAX_MIB 4096u

/* Tables of the command line: columns of one; what a line has where there is no
 * terminal; and what is used of a wide one. */
#define COMMAND_COLUMN_MAX_COUNT 8u
#define COMMAND_LINE_COLUMNS     120u
#define COMMAND_LINE_MAX_COLUMNS 400u

#endif
