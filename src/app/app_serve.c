/* SPDX-License-Identifier: MIT */
/*
 * The control and status sockets of the daemon: where they are, what they
 * answer, and the wait in which they are served.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "app/app.h"

/* As in the configuration's table, for when there is none yet. */
#define DEFAULT_SOCKET        "/run/wf-sentinel/control.sock"
#define DEFAULT_STATUS_SOCKET "/run/wf-sentinel/status.sock"

/* The place of the signals in the list. */
#define SIGNALS 0

static void
set_path(char path[CONFIG_SOCKET_MAX_BYTES + 1], struct span configured,
    const char *otherwise)
{
	if (configured.n == 0)
		configured = span_str(otherwise);
	/* A longer one is refused by the configuration. */
	if (span_to_str(configured, path, CONFIG_SOCKET_MAX_BYTES + 1) != ST_OK)
		path[0] = '\0';
}

void
app_socket_paths(struct app *a, bool is_configured)
{
	set_path(a->control_path,
	    is_configured ? a->config->control_socket : SPAN_NONE,
	    DEFAULT_SOCKET);
	set_path(a->status_path,
	    is_configured ? a->config->status_socket : SPAN_NONE,
	    DEFAULT_STATUS_SOCKET);
}

int
app_open_control(struct app *a, bool is_configured)
{
	struct control_settings settings = {
		.path = a->control_path,
		.status_path = a->status_path,
		.routes = a->routes,
		.route_count = a->route_count,
		.admit = a->admit,
		.ctx = a,
	};
	enum st st;

	app_socket_paths(a, is_configured);
	st = control_open(&a->control, &settings);
	if (st == ST_OK)
		return EXIT_DONE;
	if (st == ST_BUSY) {
		app_say(a->control_path, ": another wf-sentinel answers here ",
		    "(control.socket, control.status_socket)");
		return EXIT_TEMPORARY;
	}
	app_say("control.socket, control.status_socket: cannot be made: ",
	    st == ST_CONFIG ? "something else stands at the path: " :
			      strerror(errno),
	    st == ST_CONFIG ? a->control_path : "");
	return EXIT_CREATE;
}

/* What http_wait or watch_wait found. */
static void
serve(struct app *a, const struct watch_list *w)
{
	if (watch_is_ready(w, SIGNALS) && signals_take(&a->signals) != 0)
		a->stopping = true;
	app_test_step(a);
	if (a->is_serving)
		control_step(&a->control, w, clock_monotonic_ms(&clock_system));
}

void
app_flush_answers(struct app *a)
{
	for (unsigned i = 0; a->is_serving && i < APP_FLUSH_COUNT; i++) {
		struct watch_list w = { .n = 0 };

		control_watch(&a->control, &w);
		if (watch_wait(&w, 0) != ST_OK)
			return;
		control_step(
		    &a->control, &w, clock_monotonic_ms(&clock_system));
	}
}

static uint32_t
gather(struct app *a, struct watch_list *w, uint32_t most_ms)
{
	w->n = 0;
	if (watch_add(w, a->signals.fd, false) != SIGNALS)
		assert(false);
	if (!a->is_serving)
		return most_ms;
	control_watch(&a->control, w);
	return control_wait_ms(
	    &a->control, clock_monotonic_ms(&clock_system), most_ms);
}

enum st
app_wait(struct app *a, uint32_t most_ms)
{
	struct watch_list w;
	uint32_t wait_ms = gather(a, &w, most_ms);
	enum st st = http_wait(&a->http, wait_ms, &w);

	serve(a, &w);
	return st;
}

enum st
app_wait_offline(struct app *a, uint32_t most_ms)
{
	struct watch_list w;
	uint32_t wait_ms = gather(a, &w, most_ms);
	enum st st = watch_wait(&w, (int)wait_ms);

	serve(a, &w);
	return st;
}
