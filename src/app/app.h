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

#include "auth/auth.h"
#include "config/config.h"
#include "control/control.h"
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

/* /etc/resolv.conf and /etc/hosts, to see that they have changed. */
#define APP_NAMES_COUNT 2

enum app_names { APP_NAMES_SAME, APP_NAMES_WRITTEN, APP_NAMES_REPLACED };

struct app_name_file {
	dev_t dev;
	ino_t ino; /* 0: there is none */
	int64_t mtime_ns;
};

struct options {
	char state[PATH_MAX_BYTES];
	char config[PATH_MAX_BYTES];
	const char *command;
	int argc; /* what follows the command */
	char **argv;
};

struct app {
	struct options options;
	const char *revision,
	    *dependencies;                  /* what this program was built of */
	const struct control_route *routes; /* of the control socket */
	size_t route_count;
	uint8_t node_ids[APP_NODE_IDS_BYTES];
	struct config_defaults defaults; /* into it */
	struct sandbox sandbox;
	struct app_name_file name_file[APP_NAMES_COUNT];
	struct log log;
	struct signals signals;
	struct config *config; /* the one of these that is in use */
	struct config configs[2];
	struct vault vault;
	struct tls_anchors anchors;
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
	int64_t config_mtime_ns, config_looked_ms;
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

/* What became of the files since the last look. */
enum app_names app_look_names(struct app *a);

/* ---- app_setup.c: what several commands need first ---------------------- */

/* Load the configuration, the appliance's ids included; faults go to stderr.
 * EXIT_DONE, or the code to end with. */
int app_load_config(struct app *a);

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

/* ---- app_serve.c: the sockets -------------------------------------------- */

/* Where they are: as configured, or at the usual place. */
void app_socket_paths(struct app *a, bool is_configured);

/* Bind them there.  EXIT_DONE or a code; said. */
int app_open_control(struct app *a, bool is_configured);

/* http_wait, serving the sockets and taking signals (a->stopping) the while. */
enum st app_wait(struct app *a, uint32_t most_ms) MUST_CHECK;
/* Likewise while there is no HTTP client yet. */
enum st app_wait_offline(struct app *a, uint32_t most_ms) MUST_CHECK;

/* ---- app_expiry.c: secrets that are about to expire ---------------------- */

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
