/* SPDX-License-Identifier: MIT */
/*
 * app.h - the one struct that holds the program's memory, and what the
 * commands and the routes of the control socket have in common.
 *
 * All of it is static (see main.c); a command touches what it needs.  What is
 * in a union is never needed at the same time.
 */
#ifndef APP_APP_H
#define APP_APP_H

#include <sys/utsname.h>

#include "app/app_audit.h"
#include "app/app_edit.h"
#include "auth/auth.h"
#include "config/config.h"
#include "control/control.h"
#include "health/counters.h"
#include "http/http.h"
#include "platform/log.h"
#include "platform/sandbox.h"
#include "platform/signals.h"
#include "relay/relay.h"
#include "sentinel/sentinel.h"
#include "sentinel/sentinel_check.h"
#include "store/store.h"
#include "tls/tls.h"
#include "vault/vault.h"
#include "workunit/workunit.h"

/* sysexits.h, as the contract has them. */
enum {
	EXIT_DONE = 0,
	EXIT_USAGE = 64,
	EXIT_REPLY = 65,
	EXIT_INTERNAL = 70,
	EXIT_CREATE = 73,
	EXIT_IO = 74,
	EXIT_TEMPORARY = 75,
	EXIT_REFUSED = 77,
	EXIT_SETTING = 78,
};

/* The image's own configuration, to begin with. */
#define APP_FACTORY_FILE "/usr/share/wf-sentinel/config.json"

/* Files of the machine whose change counts: see app_change.c. */
#define APP_NAMES_COUNT 3

struct options {
	char state[PATH_MAX_BYTES];
	char config[PATH_MAX_BYTES];
	const char *command;
	int argc; /* what follows the command */
	char **argv;
};

/* The support bundle that is being sent, one at a time; api/api_support.c. */
struct app_support {
	bool is_sending, with_incidents;
	size_t member;    /* of the table */
	uint32_t records; /* that were sent */
	int64_t seq;      /* of the record at hand */
	uint64_t left;    /* bytes of the member's content */
	size_t blanks;    /* NUL bytes to the end of its last block */
	bool has_begun;   /* its content */
	control_handler *make;
	control_more *more;
	uint64_t state; /* of `more` */
	uint8_t record[RECORD_MAX_BYTES];
};

/* What tells one state of a file from another; zeros: there is none. */
struct app_stamp {
	uint64_t device, inode, size;
	int64_t changed_ns;
};

/* Test Connection.  It has all memory of its own, since a poll may go on at the
 * same time; touched when something is tested only. */
struct app_test {
	uint64_t number; /* of the last one that was begun; 0: none was */
	struct auth auth;
	struct sentinel sentinel;
	struct auth_token token;
	struct sentinel_check check;
	/* What is not saved: the whole connector is laid out anew. */
	struct config config;
	struct config_scratch scratch;
	uint8_t secret[APP_CLIENT_SECRET_MAX_BYTES];
	size_t secret_n;
};

/* Where an answer with work units is; one for each connection. */
struct app_walk {
	bool busy, begun, ended;
	int64_t before, after; /* records between these are to come */
	uint64_t left;         /* so many at most */
	int64_t seq;           /* the record that is being sent; 0: none */
	uint32_t n, sent;      /* its length; what was sent of it */
	uint64_t damaged;
};

/* What a stream of events has said last: no events are queued. */
struct app_stream {
	bool busy;
	uint32_t daemon; /* digests: see api_events.c */
	uint32_t connector[CONFIG_CONNECTOR_MAX_COUNT];
	uint32_t sink[CONFIG_SINK_MAX_COUNT];
	uint64_t test;
	size_t checks;
	int64_t record;  /* number */
	int64_t said_ms; /* when it said anything; monotonic */
};

struct app {
	struct options options;
	bool has_config;      /* *config is complete */
	bool has_edited;      /* its file was changed over the socket */
	bool relay_is_closed; /* by an import: it begins again */
	char etag[CONTROL_ETAG_MAX_BYTES]; /* of the file as it was loaded */
	const char *revision,
	    *dependencies;                  /* what this program was built of */
	struct utsname machine;             /* what it runs on */
	const struct control_route *routes; /* of the control socket */
	size_t route_count;
	control_handler *admit; /* who may use it */
	uint8_t node_ids[APP_NODE_IDS_BYTES];
	struct config_defaults defaults; /* into it */
	struct sandbox sandbox;
	struct log log;
	struct counters counters; /* also over a reload */
	struct signals signals;
	struct config *config; /* the one of these that is in use */
	struct config configs[2];
	struct vault vault;
	struct tls_anchors anchors;
	struct auth_route route;
	bool has_route; /* it is that of *config */
	struct http http;
	struct auth auth;
	struct sentinel sentinel;
	struct store store;
	struct store_memory store_memory;
	struct relay relay;
	struct control control;
	char control_path[CONFIG_SOCKET_MAX_BYTES + 1];
	char status_path[CONFIG_SOCKET_MAX_BYTES + 1];
	/* When each connector's secret expires, ticks; 0 not known. */
	int64_t secret_expires[CONFIG_CONNECTOR_MAX_COUNT];
	bool expiry_said[CONFIG_CONNECTOR_MAX_COUNT];
	int lock_fd;
	int64_t started_ms; /* monotonic */
	bool is_serving;    /* the sockets are open */
	bool is_ready;      /* configured, vault and store open */
	bool has_begun;     /* with this configuration */
	bool stopping;      /* a signal came */
	bool reloading;     /* the configuration's file has changed */
	bool is_outside;    /* what is needed now is out of the sandbox */
	int64_t config_looked_ms;
	/* As they were loaded. */
	struct app_stamp config_stamp, ca_stamp, name_stamp[APP_NAMES_COUNT];
	int64_t progress_said_ms;
	char proxy[APP_PROXY_MAX_BYTES];
	struct workunit workunit;
	union {
		uint8_t record[RECORD_MAX_BYTES];
		struct config_scratch scratch; /* while the file is read */
		uint8_t ca_file[TLS_CA_FILE_MAX_BYTES];
		struct {
			uint8_t body[APP_STATUS_MAX_BYTES];
			jsmntok_t tok[APP_STATUS_TOKEN_MAX_COUNT];
		} status;
	} u;
	/* Last: an ordinary poll touches none of it. */
	struct log_ring log_ring; /* the last lines of `log` */
	struct app_walk walk[CONTROL_CONNECTION_MAX_COUNT];
	struct app_stream stream[API_STREAM_MAX_COUNT];
	struct app_test test;
	struct app_support support;
	struct app_edit edit;
};

/* ---- app_identity.c: whose rights the program has ------------------------ */

/*
 * app_take_identity - before any command: as root, become the owner of the
 * state directory (which `run` and others make first), without any capability;
 * remember the appliance's ids, which perhaps only root may read.
 *
 * returns  EXIT_DONE, and nothing that is done from now on is done as root,
 *          unless root itself owns the directory; or the code to end with, said
 */
int app_take_identity(struct app *a);

/* A warning in the log when the program works as root. */
void app_note_identity(struct app *a);

/* `run` that goes on until it is stopped. */
bool app_is_daemon(const struct app *a);

/* ---- app_sandbox.c: what the process may reach --------------------------- */

/*
 * app_enter_sandbox - for good, before anything is sent or received.
 *
 * is_configured  what a->config names is allowed too
 * returns        EXIT_DONE, or the code to end with, said
 */
int app_enter_sandbox(struct app *a, bool is_configured);

/* Is what this configuration names within it? */
bool app_has_places(struct app *a, const struct config *config);

/* ---- app_change.c: what changed on disk --------------------------------- */

/* Remember what is there now: before it is read. */
void app_stamp_config(struct app *a);
void app_stamp_ca(struct app *a);
void app_stamp_names(struct app *a);

/*
 * app_has_changed - begin again: the configuration, the CA file or what names
 * mean is another one.
 *
 * a->is_outside  set when only a new process can reach what is there now
 * cost           looks once in APP_CONFIG_LOOK_MS, and at once after a change
 *                over the socket
 */
bool app_has_changed(struct app *a);

/* ---- app_setup.c: what several commands need first ---------------------- */

/* Load the configuration, the appliance's ids included; faults go to stderr.
 * EXIT_DONE, or the code to end with. */
int app_load_config(struct app *a);

/* The operator's CA file: its path (ST_NOT_FOUND: none is configured), its
 * bytes, and as anchors beside the built-in ones.  False: `wrong` says why. */
enum st app_ca_path(const struct app *a, const struct config *config,
    char path[PATH_MAX_BYTES]) MUST_CHECK;
bool app_read_ca(const struct app *a, const struct config *config,
    struct buf *pem, struct buf *wrong);
bool app_add_ca(
    struct tls_anchors *anchors, struct span pem, struct buf *wrong);

/* What secrets are bound to besides their connector: a->route, by a->config
 * and the bytes of its CA file. */
void app_set_route(struct app *a, struct span pem);

/* What a configuration asks for that this version has not; clear: nothing. */
void app_check_supported(const struct config *config, struct diagnosis *d);

/* Can this version do what the configuration asks for, and is its CA file one?
 * EXIT_DONE, with a->anchors and a->route set; or a code; said. */
int app_check_network(struct app *a);

/* Anchors, HTTP client, vault, API client; not with a configuration that asks
 * for what this version has not.  EXIT_DONE or a code; said. */
int app_open_network(struct app *a);
void app_close_network(struct app *a);

/* The state directory, its lock and the store.  EXIT_DONE or a code; said. */
int app_make_state(struct app *a);
int app_lock_state(struct app *a);
int app_open_store(struct app *a);

/* The connector of this name, or NULL. */
const struct config_connector *app_connector(
    const struct app *a, struct span name);

/* ---- app_serve.c: the sockets ------------------------------------------- */

/* Where they are: as configured, or at the usual place. */
void app_socket_paths(struct app *a, bool is_configured);

/* The same for a command: as the configuration has them, which is loaded into
 * a->config, or at the usual place where it cannot be used.  Says nothing.
 * True: a->config is complete. */
bool app_find_sockets(struct app *a);

/* Bind them there.  EXIT_DONE or a code; said. */
int app_open_control(struct app *a, bool is_configured);

/* http_wait, serving the sockets and taking signals (a->stopping) the while. */
enum st app_wait(struct app *a, uint32_t most_ms) MUST_CHECK;
/* Likewise while there is no HTTP client yet. */
enum st app_wait_offline(struct app *a, uint32_t most_ms) MUST_CHECK;

/* Let answers that wait say what they have to say: before the sockets close. */
void app_flush_answers(struct app *a);

/* ---- app_test.c: Test Connection ---------------------------------------- */

/*
 * app_test_start - begin to test a connector.
 *
 * connector  borrowed until the next start, since results name it
 * secret     a client secret that is not stored, copied into a->test.secret
 *            before; 0 bytes: the vault's
 * No test is running (app_test_is_running), and the network is open.
 */
void app_test_start(
    struct app *a, const struct config_connector *connector, size_t secret_n);
bool app_test_is_running(const struct app *a);

/* Go on; to be called after every http_wait. */
void app_test_step(struct app *a);

/* The network is about to be closed: a test that runs ends now. */
void app_test_interrupt(struct app *a);

/* ---- app_expiry.c: secrets that are about to expire --------------------- */

/* Look at the stored secrets; a warning in the log, once for each. */
void app_note_expiry(struct app *a);

/* Does this time, if there is one, come within APP_EXPIRY_DAYS? */
bool app_is_expiring(int64_t expires);

/* ---- app_progress.c ------------------------------------------------------ */

/* How far a long first look-back is: to the log, now and then. */
void app_note_progress(struct app *a);

/* ---- app_text.c: words for people --------------------------------------- */

/* "wf-sentinel: " and the parts, as one line on stderr. */
void app_say(const char *a, const char *b, const char *c);

/* The last line of a failure: what, which setting, where to look. */
void app_say_diagnosis(
    const char *what, const struct diagnosis *d, const char *look);

/* Columns that a character takes on a terminal: 2 for East Asian wide ones and
 * emoji, 0 for combining ones, else 1. */
size_t app_columns(struct span character);

/* Canonical text in exactly `width` columns and a space behind them; one '?'
 * for what a terminal must not get. */
void app_put_column(struct buf *b, struct span canonical, size_t width);
/* Without the spaces at its end. */
void app_trim(struct buf *b);

/* To stdout; EXIT_DONE or EXIT_IO. */
int app_print(struct span text);

#endif
