/* SPDX-License-Identifier: MIT */
/*
 * run: the daemon.  One loop: let transfers go on, let the relay do what it
 * can, start what is due, wait for the next event.  SIGTERM and SIGINT end it
 * between two steps; what is not committed is read again at the next start.
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "main/app.h"

static const enum log_level LEVEL[] = {
	[CONFIG_LOG_ERROR] = LOG_LEVEL_ERROR,
	[CONFIG_LOG_WARNING] = LOG_LEVEL_WARNING,
	[CONFIG_LOG_INFO] = LOG_LEVEL_INFO,
	[CONFIG_LOG_DEBUG] = LOG_LEVEL_DEBUG,
};

/* A cycle of one connector to its end.  False: a signal came. */
static bool
finish_cycle(struct app *a)
{
	while (!relay_is_idle(&a->relay)) {
		relay_step(&a->relay);
		if (relay_is_idle(&a->relay))
			break;
		/* Nothing under way means that there is more to do now. */
		if (app_wait(
			a, http_busy_slots(&a->http) == 0 ? 0 : APP_WAIT_MS) !=
			ST_OK ||
		    a->stopping)
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

	for (size_t i = 0; i < a->config.connector_count; i++) {
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

static int
stopped(struct app *a)
{
	log_event(&a->log, LOG_LEVEL_INFO, "stopped", NULL, 0);
	return EXIT_DONE;
}

static int
run_daemon(struct app *a)
{
	for (;;) {
		uint32_t wait_ms;
		size_t due = relay_due(&a->relay, &wait_ms);

		if (due != SIZE_MAX)
			relay_begin(&a->relay, due);
		else if (!relay_enrich_due(&a->relay, &wait_ms)) {
			relay_deliver(&a->relay);
			if (app_wait(a, wait_ms) != ST_OK)
				return EXIT_TEMPORARY;
			if (a->stopping)
				return stopped(a);
		}
		if (!finish_cycle(a))
			return stopped(a);
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
		.config = &a->config,
		.clock = &clock_system,
		.log = &a->log,
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

/* When the file was written last; 0 when there is none. */
static int64_t
config_mtime_ns(const struct app *a)
{
	struct stat about;

	if (stat(a->options.config, &about) != 0)
		return 0;
	return (int64_t)about.st_mtim.tv_sec * 1000000000 +
	    about.st_mtim.tv_nsec;
}

/* Stay up without a usable configuration until one is written: a console must
 * be able to set it up.  EXIT_DONE with one, else the code to end with. */
static int
wait_for_config(struct app *a)
{
	int64_t seen = config_mtime_ns(a);

	log_event(&a->log, LOG_LEVEL_WARNING, "unconfigured",
	    LOG_FIELDS(log_str("file", a->options.config),
		log_str("hint", "waiting for a configuration that is right")));
	for (;;) {
		int64_t now;

		if (app_wait_offline(a, APP_CONFIG_WAIT_MS) != ST_OK ||
		    a->stopping)
			return EXIT_SETTING;
		now = config_mtime_ns(a);
		if (now == seen)
			continue;
		seen = now;
		if (app_load_config(a) == EXIT_DONE)
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
	if (a->is_serving)
		control_close(&a->control);
	a->is_serving = false;
}

/* The sockets are there from the first moment on, at the usual place until the
 * configuration names another one. */
static int
configure_daemon(struct app *a)
{
	int code, configured = app_load_config(a);

	code = start_serving(a, configured == EXIT_DONE);
	if (configured == EXIT_DONE)
		return code;
	/* Without sockets at the usual place a configuration still helps. */
	code = wait_for_config(a);
	stop_serving(a);
	return code == EXIT_DONE ? start_serving(a, true) : code;
}

static int
run_configured(struct app *a, bool once)
{
	int code = app_open_store(a);

	if (code != EXIT_DONE)
		return code;
	log_set_level(&a->log, LEVEL[a->config.log_level]);
	code = app_open_network(a);
	if (code == EXIT_DONE) {
		code = open_relay(a);
		if (code == EXIT_DONE) {
			log_event(&a->log, LOG_LEVEL_INFO, "started",
			    LOG_FIELDS(log_str("version", WF_VERSION),
				log_number("connectors",
				    (int64_t)a->config.connector_count)));
			a->is_ready = true;
			code = once ? run_once(a) : run_daemon(a);
			a->is_ready = false;
			relay_close(&a->relay);
		}
		app_close_network(a);
	}
	store_close(&a->store);
	return code;
}

int
app_run(struct app *a)
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
	if (signals_open(&a->signals) != ST_OK)
		return EXIT_INTERNAL;
	code = app_make_state(a);
	if (code == EXIT_DONE)
		code = app_lock_state(a);
	if (code == EXIT_DONE)
		code = once ? app_load_config(a) : configure_daemon(a);
	if (code == EXIT_DONE)
		code = run_configured(a, once);
	stop_serving(a);
	return code;
}
