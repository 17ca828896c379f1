/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "app/app.h"
#include "platform/file.h"

/* ---- configuration ------------------------------------------------------ */

static void
report_fault(void *ctx, const struct config_fault *fault)
{
	struct app *a = ctx;
	uint8_t text[PATH_MAX_BYTES + 512];
	struct buf line = BUF_OVER(text);

	config_fault_write(&line, a->options.config, fault);
	/* A daemon has readers of its log only. */
	if (app_is_daemon(a)) {
		log_event(&a->log,
		    fault->warning ? LOG_LEVEL_WARNING : LOG_LEVEL_ERROR,
		    "config_fault",
		    LOG_FIELDS(log_text("fault", span_of(&line))));
		return;
	}
	buf_put_byte(&line, '\n');
	if (file_write_all(STDERR_FILENO, span_of(&line)) != ST_OK)
		return;
}

/* On a new appliance: the image's own configuration, to begin with. */
static void
copy_factory_config(struct app *a)
{
	struct buf text = BUF_OVER(a->u.scratch.text);

	if (access(a->options.config, F_OK) == 0 ||
	    file_load(APP_FACTORY_FILE, &text) != ST_OK)
		return;
	if (file_replace(a->options.config, span_of(&text), 0640) != ST_OK)
		app_say(a->options.config,
		    ": cannot be written: ", strerror(errno));
}

/* The text is read here, and not by config_load, since its ETag is wanted. */
static enum st
load(struct app *a, config_report *report)
{
	struct config_scratch *s = &a->u.scratch;
	struct buf text = BUF_OVER(s->text);
	enum st st;

	a->etag[0] = '\0';
	st = file_load(a->options.config, &text);
	if (st == ST_FULL) /* says so */
		st = config_load(
		    a->config, a->options.config, &a->defaults, s, report, a);
	else if (st == ST_OK) {
		app_etag(span_of(&text), a->etag);
		st = config_parse(
		    a->config, span_of(&text), &a->defaults, s, report, a);
	}
	a->has_config = st == ST_OK;
	return st;
}

static void
ignore_fault(void *ctx, const struct config_fault *fault)
{
	(void)ctx;
	(void)fault;
}

bool
app_find_sockets(struct app *a)
{
	bool is_configured = load(a, ignore_fault) == ST_OK;

	app_socket_paths(a, is_configured);
	return is_configured;
}

int
app_load_config(struct app *a)
{
	enum st st;

	copy_factory_config(a);
	st = load(a, report_fault);
	if (st == ST_OK)
		return EXIT_DONE;
	if (st == ST_NOT_FOUND)
		app_say(a->options.config, ": there is no configuration: ",
		    "write one as in README.md, 'On the appliance'");
	else if (st == ST_IO && errno == EACCES)
		app_say(a->options.config, ": cannot be read: ",
		    "let the owner of the state directory read it and its "
		    "folder: the program works as that user");
	else if (st == ST_IO)
		app_say(
		    a->options.config, ": cannot be read: ", strerror(errno));
	else
		app_say(a->options.config, ": the configuration is refused: ",
		    "correct the settings above");
	return EXIT_SETTING;
}

const struct config_connector *
app_connector(const struct app *a, struct span name)
{
	for (size_t i = 0; i < a->config->connector_count; i++)
		if (span_eq(a->config->connector[i].name, name))
			return &a->config->connector[i];
	return NULL;
}

/* ---- state directory ---------------------------------------------------- */

int
app_make_state(struct app *a)
{
	if (file_make_dir(a->options.state, 0750) == ST_OK)
		return EXIT_DONE;
	app_say(a->options.state, ": cannot be made: ", strerror(errno));
	return EXIT_CREATE;
}

int
app_lock_state(struct app *a)
{
	char path[PATH_MAX_BYTES];
	enum st st = file_path(
	    path, span_str(a->options.state), SPAN_LIT("lock"));

	if (st == ST_OK)
		st = file_lock(path, &a->lock_fd);
	if (st == ST_OK)
		return EXIT_DONE;
	if (st == ST_BUSY) {
		app_say(a->options.state, ": another wf-sentinel is running ",
		    "on this state directory: stop it first");
		return EXIT_TEMPORARY;
	}
	app_say(a->options.state, ": cannot be locked: ", strerror(errno));
	return EXIT_IO;
}

int
app_open_store(struct app *a)
{
	enum st st = store_open(&a->store, span_str(a->options.state),
	    a->config->store_max_mib, &a->store_memory);

	if (st == ST_OK)
		return EXIT_DONE;
	app_say(a->options.state, "/store.db: cannot be opened: ",
	    st == ST_CORRUPT ? "it is damaged; move it away and start again" :
		st == ST_CONFIG ? "it was written by a newer version" :
				  st_text(st));
	return EXIT_IO;
}

/* ---- network ------------------------------------------------------------ */

enum st
app_ca_path(
    const struct app *a, const struct config *config, char path[PATH_MAX_BYTES])
{
	path[0] = '\0';
	if (config->ca_file.n == 0)
		return ST_NOT_FOUND;
	/* A relative path is below the state directory. */
	return config->ca_file.p[0] == '/' ?
	    span_to_str(config->ca_file, path, PATH_MAX_BYTES) :
	    file_path(path, span_str(a->options.state), config->ca_file);
}

bool
app_read_ca(const struct app *a, const struct config *config, struct buf *pem,
    struct buf *wrong)
{
	char path[PATH_MAX_BYTES];
	enum st st = app_ca_path(a, config, path);

	if (config->ca_file.n == 0)
		return true;
	if (st == ST_OK)
		st = file_load(path, pem);
	if (st == ST_OK)
		return true;
	buf_put_str(wrong, "cannot be read: ");
	buf_put_str(wrong, path);
	buf_put_str(wrong, st == ST_FULL ? ": it is larger than 64 KiB" : "");
	return false;
}

bool
app_add_ca(struct tls_anchors *anchors, struct span pem, struct buf *wrong)
{
	struct tls_ca_fault fault = { 0, "" };

	tls_anchors_init(anchors);
	if (pem.n == 0 || tls_anchors_add_pem(anchors, pem, &fault) == ST_OK)
		return true;
	buf_put_str(wrong, fault.text);
	if (fault.certificate == 0)
		return false;
	buf_put_str(wrong, " (certificate ");
	buf_put_u64(wrong, fault.certificate);
	buf_put_byte(wrong, ')');
	return false;
}

void
app_set_route(struct app *a, struct span pem)
{
	a->has_route = true;
	a->route.proxy = a->config->proxy;
	memset(a->route.ca_digest, 0, sizeof a->route.ca_digest);
	if (a->config->ca_file.n != 0)
		seal_sha256(pem, a->route.ca_digest);
}

static int
load_anchors(struct app *a)
{
	struct buf pem = BUF_OVER(a->u.ca_file);
	uint8_t text[PATH_MAX_BYTES + 128];
	struct buf wrong = BUF_OVER(text);

	a->has_route = false;
	if (app_read_ca(a, a->config, &pem, &wrong) &&
	    app_add_ca(&a->anchors, span_of(&pem), &wrong)) {
		app_set_route(a, span_of(&pem));
		return EXIT_DONE;
	}
	if (app_is_daemon(a))
		log_event(&a->log, LOG_LEVEL_ERROR, "config_fault",
		    LOG_FIELDS(log_str("setting", "network.ca_file"),
			log_text("fault", span_of(&wrong))));
	else
		app_say("network.ca_file: ", buf_str(&wrong), "");
	return EXIT_SETTING;
}

void
app_check_supported(const struct config *config, struct diagnosis *d)
{
	diagnosis_clear(d);
	if (config->proxy_user.n != 0)
		diagnosis_set(
		    d, SPAN_LIT("proxy_user_unsupported"), config->proxy_user);
	for (size_t i = 0; i < config->sink_count; i++) {
		const struct config_sink *sink = &config->sink[i];

		if (sink->enabled &&
		    (sink->type != CONFIG_SINK_FILE ||
			sink->format != CONFIG_WORKUNIT))
			diagnosis_set(
			    d, SPAN_LIT("sink_unsupported"), sink->name);
	}
}

/* What the contract has and this version has not is refused before anything
 * is sent, rather than left out in silence. */
static int
check_supported(struct app *a)
{
	struct diagnosis d;

	app_check_supported(a->config, &d);
	if (!diagnosis_is_set(&d))
		return EXIT_DONE;
	if (app_is_daemon(a))
		log_event(&a->log, LOG_LEVEL_ERROR, "config_fault",
		    LOG_FIELDS(log_str("setting", d.setting),
			log_str("fault", d.message), log_str("code", d.code)));
	else
		app_say_diagnosis(
		    "configuration", &d, "README.md, 'On the appliance'");
	return d.exit_code;
}

int
app_check_network(struct app *a)
{
	int code = check_supported(a);

	return code == EXIT_DONE ? load_anchors(a) : code;
}

int
app_open_network(struct app *a)
{
	struct http_settings settings = {
		.anchors = &a->anchors,
		.clock = &clock_system,
		.counters = &a->counters,
		.proxy = a->proxy,
		.connect_timeout_ms = a->config->connect_timeout_s * 1000,
		.request_timeout_ms = a->config->request_timeout_s * 1000,
	};
	int code = app_check_network(a);

	if (code != EXIT_DONE)
		return code;
	if (span_to_str(a->config->proxy, a->proxy, sizeof a->proxy) != ST_OK ||
	    vault_init(&a->vault, span_str(a->options.state),
		&vault_device_key) != ST_OK) {
		app_say("the state directory's or proxy's name is too long", "",
		    "");
		return EXIT_SETTING;
	}
	if (http_open(&a->http, &settings) != ST_OK) {
		app_say("the fixed memory is too small to begin", "", "");
		return EXIT_INTERNAL;
	}
	auth_init(&a->auth, &a->http, &a->vault, &a->route, &clock_system);
	sentinel_init(&a->sentinel, &a->http);
	return EXIT_DONE;
}

void
app_close_network(struct app *a)
{
	for (size_t i = 0; i < a->config->connector_count; i++)
		auth_token_forget(&a->relay.connector[i].token);
	http_close(&a->http);
}
