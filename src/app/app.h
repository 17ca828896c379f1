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

#include "app/app_audit.h"
#include "app/app_edit.h"
#include "auth/auth.h"
#include "config/config.h"
#include "control/control.h"
#include "http/http.h"
#include "platform/log.h"
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

struct options {
	char state[PATH_MAX_BYTES];
	char config[PATH_MAX_BYTES];
	const char *command;
	int argc; /* what follows the command */
	char **argv;
};

/* What tells one state of a file from another; zeros: there is none. */
struct app_stamp {
	uint64_t inode, size;
	int64_t changed_ns;
};

struct app {
	struct options options;
	bool has_config;      /* *config is complete */
	bool has_edited;      /* its file was changed over the socket */
	bool relay_is_closed; /* by an import: it begins again */
	char etag[CONTROL_ETAG_MAX_BYTES]; /* of the file as it was loaded */
	const char *revision,
	    *dependencies;                  /* what this program was built of */
	const struct control_route *routes; /* of the control socket */
	size_t route_count;
	control_handler *admit; /* who may use it */
	struct log log;
	struct signals signals;
	struct config *config; /* the one of these that is in use */
	struct config configs[2];
	struct vault vault;
	struct tls_anchors anchors;
	struct auth_route route;
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
	int64_t config_looked_ms;
	struct app_stamp config_stamp, ca_stamp; /* as they were loaded */
	char proxy[APP_PROXY_MAX_BYTES];
	struct workunit workunit;
	union {
		uint8_t record[RECORD_MAX_BYTES];
		struct config_scratch scratch; /* while the file is read */
		uint8_t ca_file[TLS_CA_FILE_MAX_BYTES];
		struct sentinel_check check; /* Test Connection */
		struct {
			uint8_t body[APP_STATUS_MAX_BYTES];
			jsmntok_t tok[APP_STATUS_TOKEN_MAX_COUNT];
		} status;
	} u;
	struct app_edit edit; /* last: an ordinary poll touches none of it */
};

/* ---- app_setup.c: what several commands need first ---------------------- */

/* Load the configuration, the appliance's ids included; faults go to stderr.
 * EXIT_DONE, or the code to end with. */
int app_load_config(struct app *a);

/* The ids of the appliance's agent, where it wrote them: `defaults` borrows
 * `ids`; the scratch is free afterwards. */
void app_defaults(struct config_defaults *defaults, struct config_scratch *s,
    uint8_t ids[APP_IDS_MAX_BYTES]);

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

/* ---- app_expiry.c: secrets that are about to expire --------------------- */

/* Look at the stored secrets; a warning in the log, once for each. */
void app_note_expiry(struct app *a);

/* Does this time, if there is one, come within APP_EXPIRY_DAYS? */
bool app_is_expiring(int64_t expires);

/* ---- app_text.c: words for people --------------------------------------- */

/* "wf-sentinel: " and the parts, as one line on stderr. */
void app_say(const char *a, const char *b, const char *c);

/* The last line of a failure: what, which setting, where to look. */
void app_say_diagnosis(
    const char *what, const struct diagnosis *d, const char *look);

/* Canonical text in exactly `width` columns, a character in each and a space
 * behind them; one '?' for what a terminal must not get. */
void app_put_column(struct buf *b, struct span canonical, size_t width);
/* Without the spaces at its end. */
void app_trim(struct buf *b);

/* To stdout; EXIT_DONE or EXIT_IO. */
int app_print(struct span text);

#endif
