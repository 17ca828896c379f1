/* SPDX-License-Identifier: MIT */
/*
 * limits_app.h - the part of limits.h for the routes of the control socket and
 * the command line.  Included by limits.h only.
 */
#ifndef BASE_LIMITS_APP_H
#define BASE_LIMITS_APP_H

/* An error that the daemon tells a command: message, setting and code. */
#define CONTROL_CLIENT_ERROR_MAX_BYTES 2048u

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
