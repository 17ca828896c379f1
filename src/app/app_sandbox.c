/* SPDX-License-Identifier: MIT */
/*
 * What this program needs when it polls: the places that its configuration
 * names, and those that libraries look at.  With another configuration it may
 * need others, and then only a new process can have them.
 */
#include <errno.h>
#include <string.h>

#include "app/app.h"
#include "platform/file.h"

static const char *const READ_ALWAYS[] = {
	"/etc/resolv.conf",
	"/etc/hosts",
	"/etc/passwd",
	"/etc/nsswitch.conf",
	"/etc/host.conf",
	"/dev/urandom",
	APP_FACTORY_FILE,
#ifdef __SANITIZE_ADDRESS__
	/* A sanitizer reads maps, tasks and symbols for its report. */
	"/",
#endif
};

typedef enum st place_visitor(
    struct sandbox *s, const char *path, unsigned access);

/* As sandbox_allow: ST_DENIED when there is something that is out of reach. */
static enum st
look(struct sandbox *s, const char *path, unsigned access)
{
	return sandbox_has(s, path, access) ? ST_OK : ST_DENIED;
}

/* A configured path; a relative one is below the state directory. */
static enum st
visit(struct app *a, place_visitor *each, struct span path, unsigned access)
{
	char full[PATH_MAX_BYTES];
	enum st st = path.n != 0 && path.p[0] == '/' ?
	    span_to_str(path, full, sizeof full) :
	    file_path(full, span_str(a->options.state), path);

	return st == ST_OK ? each(&a->sandbox, full, access) : ST_OK;
}

/* The folder that holds it: "/a/b" "/a", "/a" "/", "a" ".". */
static enum st
visit_folder(
    struct app *a, place_visitor *each, struct span path, unsigned access)
{
	char folder[PATH_MAX_BYTES];
	char *slash;

	if (span_to_str(path, folder, sizeof folder) != ST_OK)
		return ST_OK;
	slash = strrchr(folder, '/');
	if (slash == NULL)
		return each(&a->sandbox, ".", access);
	slash[slash == folder ? 1 : 0] = '\0';
	return each(&a->sandbox, folder, access);
}

static enum st
visit_sinks(struct app *a, place_visitor *each, const struct config *c)
{
	enum st st = ST_OK;

	for (size_t i = 0; i < c->sink_count && st == ST_OK; i++) {
		const struct config_sink *sink = &c->sink[i];

		if (sink->enabled && sink->type == CONFIG_SINK_FILE &&
		    sink->path.n != 0 && sink->path.p[0] == '/')
			st = visit_folder(a, each, sink->path, SANDBOX_WRITE);
	}
	return st;
}

static enum st
visit_sockets(
    struct app *a, place_visitor *each, struct span control, struct span status)
{
	enum st st;

	if (!app_is_daemon(a))
		return ST_OK;
	st = visit_folder(a, each, control, SANDBOX_SOCKETS);
	return st == ST_OK ? visit_folder(a, each, status, SANDBOX_SOCKETS) :
			     st;
}

/* What a configuration names. */
static enum st
visit_configured(struct app *a, place_visitor *each, const struct config *c)
{
	enum st st = visit_sockets(
	    a, each, c->control_socket, c->status_socket);

	if (st == ST_OK && c->ca_file.n != 0)
		st = visit(a, each, c->ca_file, SANDBOX_READ);
	return st == ST_OK ? visit_sinks(a, each, c) : st;
}

/* The sockets are where they are at first until they are configured. */
static enum st
visit_always(struct app *a)
{
	enum st st = sandbox_allow(
	    &a->sandbox, a->options.state, SANDBOX_WRITE | SANDBOX_SOCKETS);

	if (st == ST_OK)
		st = visit_folder(a, sandbox_allow, span_str(a->options.config),
		    SANDBOX_WRITE);
	if (st == ST_OK)
		st = visit_sockets(a, sandbox_allow, span_str(a->control_path),
		    span_str(a->status_path));
	for (size_t i = 0;
	     st == ST_OK && i < sizeof READ_ALWAYS / sizeof READ_ALWAYS[0]; i++)
		st = sandbox_allow(&a->sandbox, READ_ALWAYS[i], SANDBOX_READ);
	return st;
}

int
app_enter_sandbox(struct app *a, bool is_configured)
{
	enum st st = sandbox_open(&a->sandbox);

	/* First: a file that is replaced meanwhile is another one later. */
	app_stamp_names(a);
	if (st == ST_OK)
		st = visit_always(a);
	if (st == ST_OK && is_configured)
		st = visit_configured(a, sandbox_allow, a->config);
	if (st == ST_OK)
		st = sandbox_enter(&a->sandbox);
	if (st == ST_OK) {
		if (a->sandbox.landlock_abi == 0)
			app_say("the sandbox does not limit files: ",
			    "this kernel has no Landlock", "");
		return EXIT_DONE;
	}
	app_say(st == ST_FULL ? "too many places" : a->sandbox.why,
	    ": nothing is done without the sandbox: ",
	    st == ST_FULL ? "name fewer sinks" : strerror(errno));
	return EXIT_REFUSED;
}

bool
app_has_places(struct app *a, const struct config *config)
{
	return visit_configured(a, look, config) == ST_OK;
}
