/* SPDX-License-Identifier: MIT */
/*
 * run: the daemon.  One loop: let transfers go on, let the relay do what it
 * can, start what is due, wait for the next event.  SIGTERM and SIGINT end it
 * between two steps; what is not committed is read again at the next start.
 *
 * A changed configuration ends it in the same way, and it begins again with
 * the new one, or with the old one where the new one cannot be used.
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/command.h"

static const enum log_level LEVEL[] = {
	[CONFIG_LOG_ERROR] = LOG_LEVEL_ERROR,
	[CONFIG_LOG_WARNING] = LOG_LEVEL_WARNING,
	[CONFIG_LOG_INFO] = LOG_LEVEL_INFO,
	[CONFIG_LOG_DEBUG] = LOG_LEVEL_DEBUG,
};

/* Not an exit code: begin again. */
#define RELOAD (-1)

/* Wait; false when the daemon has to end or begin again. */
static bool
wait_for_event(struct app *a, uint32_t most_ms)
{
	if (app_wait(a, most_ms) != ST_OK)
		return false;
	a->reloading = a->is_serving && app_has_changed(a);
	return !a->stopping && !a->reloading;
}

/* A cycle of one connector to its end.  False: as wait_for_event. */
static bool
finish_cycle(struct app *a)
{
	while (!relay_is_idle(&a->relay)) {
		relay_step(&a->relay);
		if (relay_is_idle(&a->relay))
			break;
		app_note_progress(a);
		/* Without a reply to wait for there is more to do now. */
		if (!wait_for_event(
			a, relay_is_waiting(&a->relay) ? APP_WAIT_MS : 0))
			return false;
	}
	return true;
}

/* ---- once --------------------------------------------------------------- */

static int
worse(int a, int b)
{
	return a > b ? a : b;
}

static int
run_once(struct app *a)
{
	const struct diagnosis *failure;
	int code = EXIT_DONE;

	for (size_t i = 0; i < a->config->connector_count; i++) {
		struct relay_connector *c = &a->relay.connector[i];
		char name[64];

		if (!c->config->enabled)
			continue;
		relay_begin(&a->relay, i);
		if (!finish_cycle(a))
			return EXIT_TEMPORARY;
		if (!diagnosis_is_set(&c->diagnosis))
			continue;
		if (span_to_str(c->config->name, name, sizeof name) != ST_OK)
			name[0] = '\0';
		app_say_diagnosis(name, &c->diagnosis, "'wf-sentinel test'");
		code = worse(code, c->diagnosis.exit_code);
	}
	relay_deliver(&a->relay);
	failure = relay_sink_failure(&a->relay);
	if (failure != NULL) {
		app_say_diagnosis("delivery", failure, "the log above");
		code = worse(code, failure->exit_code);
	}
	return code;
}

/* ---- for ever ----------------------------------------------------------- */

/* Why a wait was cut short. */
static int
interrupted(struct app *a)
{
	if (a->stopping) {
		log_event(&a->log, LOG_LEVEL_INFO, "stopped", NULL, 0);
		return EXIT_DONE;
	}
	return a->reloading && !a->is_outside ? RELOAD : EXIT_TEMPORARY;
}

static int
run_daemon(struct app *a)
{
	for (;;) {
		uint32_t wait_ms;
		size_t due = relay_due(&a->relay, &wait_ms);

		if (due != SIZE_MAX) {
			app_note_expiry(a);
			relay_begin(&a->relay, due);
		} else if (!relay_enrich_due(&a->relay, &wait_ms)) {
			relay_deliver(&a->relay);
			if (!wait_for_event(a,
				wait_ms < APP_CONFIG_LOOK_MS ?
				    wait_ms :
				    APP_CONFIG_LOOK_MS))
				return interrupted(a);
		}
		if (!finish_cycle(a))
			return interrupted(a);
		if (a->relay.store_failed) {
			app_say("the store failed: ", "starting again is ",
			    "the only safe way on");
			return EXIT_TEMPORARY;
		}
	}
}

/* ---- beginning ---------------------------------------------------------- */

static int
open_relay(struct app *a)
{
	struct relay_settings settings = {
		.config = a->config,
		.clock = &clock_system,
		.log = &a->log,
		.counters = &a->counters,
		.state_dir = a->options.state,
	};
	struct relay_parts parts = {
		.http = &a->http,
		.store = &a->store,
		.auth = &a->auth,
		.sentinel = &a->sentinel,
		.workunit = &a->workunit,
		.record = a->u.record,
	};
	struct diagnosis d;

	diagnosis_clear(&d);
	if (relay_open(&a->relay, &settings, &parts, &d) == ST_OK)
		return EXIT_DONE;
	app_say_diagnosis("start", &d, "the log above");
	return d.exit_code;
}

/* What becomes of the stored configuration is in the audit log too: a file may
 * have been edited by hand.  It is what it is: a log that cannot be written
 * stops nobody here. */
static void
note_config(struct app *a, const char *outcome)
{
	struct stat about;

	if (a->etag[0] != '\0' && stat(a->options.config, &about) == 0)
		app_audit_load(a, about.st_uid, outcome);
}

/* The stamps are taken first: a change during the load is another change. */
static int
load_config(struct app *a)
{
	int code;

	app_stamp_config(a);
	a->has_edited = false;
	code = app_load_config(a);
	if (code == EXIT_DONE)
		app_stamp_ca(a);
	note_config(a, code == EXIT_DONE ? "done" : "refused");
	return code;
}

/* Stay up without a usable configuration until one is written: a console must
 * be able to set it up.  EXIT_DONE with one, else the code to end with. */
static int
wait_for_config(struct app *a)
{
	log_event(&a->log, LOG_LEVEL_WARNING, "unconfigured",
	    LOG_FIELDS(log_str("file", a->options.config),
		log_str("hint", "waiting for a configuration that is right")));
	for (;;) {
		if (app_wait_offline(a, APP_CONFIG_LOOK_MS) != ST_OK ||
		    a->stopping)
			return EXIT_SETTING;
		if (!app_has_changed(a))
			continue;
		if (a->is_outside)
			return EXIT_TEMPORARY;
		/* What is out of reach now is for the next process to judge. */
		if (load_config(a) == EXIT_DONE &&
		    (!app_has_places(a, a->config) ||
			app_check_network(a) == EXIT_DONE))
			return EXIT_DONE;
	}
}

static int
start_serving(struct app *a, bool is_configured)
{
	int code = app_open_control(a, is_configured);

	a->is_serving = code == EXIT_DONE;
	return code;
}

static void
stop_serving(struct app *a)
{
	app_flush_answers(a);
	if (a->is_serving)
		control_close(&a->control);
	a->is_serving = false;
}

/* Only a process that begins with these settings can reach what they name. */
static int
say_outside(void)
{
	app_say("control.socket, control.status_socket, network.ca_file or "
		"sinks name a place outside of the sandbox: ",
	    "a new start is needed", "");
	return EXIT_TEMPORARY;
}

/* The sockets are there from the first moment on, at the usual place until the
 * configuration names another one. */
static int
configure_daemon(struct app *a)
{
	bool is_read = load_config(a) == EXIT_DONE;
	bool is_usable = is_read && app_check_network(a) == EXIT_DONE;
	int code = start_serving(a, is_read);

	/* Without sockets at the usual place a configuration still helps. */
	if (code != EXIT_DONE && is_read)
		return code;
	code = app_enter_sandbox(a, is_read);
	if (code != EXIT_DONE || is_usable)
		return code;
	code = wait_for_config(a);
	stop_serving(a);
	if (code == EXIT_DONE && !app_has_places(a, a->config))
		return say_outside();
	return code == EXIT_DONE ? start_serving(a, true) : code;
}

static int
run_configured(struct app *a, bool once)
{
	int code;

	a->has_begun = false;
	code = app_open_store(a);

	if (code != EXIT_DONE)
		return code;
	log_set_level(&a->log, LEVEL[a->config->log_level]);
	code = app_open_network(a);
	if (code == EXIT_DONE) {
		code = open_relay(a);
		if (code == EXIT_DONE) {
			log_event(&a->log, LOG_LEVEL_INFO, "started",
			    LOG_FIELDS(log_str("version", WF_VERSION),
				log_number("connectors",
				    (int64_t)a->config->connector_count)));
			a->is_ready = a->has_begun = true;
			code = once ? run_once(a) : run_daemon(a);
			a->is_ready = false;
			if (!a->relay_is_closed)
				relay_close(&a->relay);
			a->relay_is_closed = false;
		}
		app_test_interrupt(a);
		app_close_network(a);
	}
	store_close(&a->store);
	return code;
}

static bool
has_moved(const struct config *from, const struct config *to)
{
	return !span_eq(from->control_socket, to->control_socket) ||
	    !span_eq(from->status_socket, to->status_socket);
}

/* With the new configuration, or with the old one where the new one is refused
 * or cannot be begun with.  New sockets need a new start. */
static int
run_again(struct app *a)
{
	struct config *old = a->config;
	int code, loaded;

	a->config = &a->configs[old == &a->configs[0]];
	code = loaded = load_config(a);
	if (code == EXIT_DONE &&
	    (has_moved(old, a->config) || !app_has_places(a, a->config)))
		return say_outside();
	memset(&a->relay, 0, sizeof a->relay);
	if (code == EXIT_DONE) {
		log_event(&a->log, LOG_LEVEL_INFO, "config_changed", NULL, 0);
		code = run_configured(a, false);
		if (a->has_begun)
			return code;
	}
	if (loaded == EXIT_DONE)
		note_config(a, "refused");
	a->config = old;
	a->has_config = true;
	app_stamp_ca(a);
	memset(&a->relay, 0, sizeof a->relay);
	log_event(&a->log, LOG_LEVEL_ERROR, "config_refused",
	    LOG_FIELDS(log_str("file", a->options.config),
		log_str("hint", "the old configuration stays in use")));
	return run_configured(a, false);
}

int
command_run(struct app *a)
{
	bool once = false;
	int code;

	for (int i = 0; i < a->options.argc; i++) {
		if (strcmp(a->options.argv[i], "--once") != 0) {
			app_say(
			    "run: unknown argument: ", a->options.argv[i], "");
			return EXIT_USAGE;
		}
		once = true;
	}
	log_init(&a->log, STDERR_FILENO, LOG_LEVEL_INFO, &clock_system);
	a->started_ms = clock_monotonic_ms(&clock_system);
	if (!once) {
		/* For those who ask the daemon. */
		log_keep(&a->log, &a->log_ring);
		(void)uname(&a->machine);
	}
	app_note_identity(a);
	if (signals_open(&a->signals) != ST_OK)
		return EXIT_INTERNAL;
	code = app_make_state(a);
	if (code == EXIT_DONE)
		code = app_lock_state(a);
	if (code == EXIT_DONE)
		code = once ? app_load_config(a) : configure_daemon(a);
	if (code == EXIT_DONE && once)
		code = app_enter_sandbox(a, true);
	if (code == EXIT_DONE)
		code = run_configured(a, once);
	while (code == RELOAD)
		code = run_again(a);
	stop_serving(a);
	return code;
}
