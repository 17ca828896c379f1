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
	const struct app *a = ctx;
	uint8_t text[PATH_MAX_BYTES + 512];
	struct buf line = BUF_OVER(text);

	config_fault_write(&line, a->options.config, fault);
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

int
app_load_config(struct app *a)
{
	enum st st;

	copy_factory_config(a);
	st = config_load(a->config, a->options.config, &a->defaults,
	    &a->u.scratch, report_fault, a);
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

static int
load_anchors(struct app *a)
{
	struct buf pem = BUF_OVER(a->u.ca_file);
	struct tls_ca_fault fault = { 0, "" };
	char path[PATH_MAX_BYTES];
	uint8_t number[24];
	struct buf digits = BUF_OVER(number);
	enum st st;

	tls_anchors_init(&a->anchors);
	if (a->config->ca_file.n == 0)
		return EXIT_DONE;
	/* A relative path is below the state directory. */
	st = a->config->ca_file.p[0] == '/' ?
	    span_to_str(a->config->ca_file, path, sizeof path) :
	    file_path(path, span_str(a->options.state), a->config->ca_file);
	if (st == ST_OK)
		st = file_load(path, &pem);
	if (st != ST_OK) {
		app_say("network.ca_file: cannot be read: ", path,
		    st == ST_FULL ? ": it is larger than 64 KiB" : "");
		return EXIT_SETTING;
	}
	st = tls_anchors_add_pem(&a->anchors, span_of(&pem), &fault);
	if (st == ST_OK)
		return EXIT_DONE;
	buf_put_str(&digits, " (certificate ");
	buf_put_u64(&digits, fault.certificate);
	buf_put_str(&digits, ")");
	app_say("network.ca_file: ", fault.text,
	    fault.certificate != 0 ? buf_str(&digits) : "");
	return EXIT_SETTING;
}

/* What the contract has and this version has not is refused before anything
 * is sent, rather than left out in silence. */
static int
check_supported(const struct app *a)
{
	struct diagnosis d;

	diagnosis_clear(&d);
	if (a->config->proxy_user.n != 0)
		diagnosis_set(&d, SPAN_LIT("proxy_user_unsupported"),
		    a->config->proxy_user);
	for (size_t i = 0; i < a->config->sink_count; i++) {
		const struct config_sink *sink = &a->config->sink[i];

		if (sink->enabled &&
		    (sink->type != CONFIG_SINK_FILE ||
			sink->format != CONFIG_WORKUNIT))
			diagnosis_set(
			    &d, SPAN_LIT("sink_unsupported"), sink->name);
	}
	if (!diagnosis_is_set(&d))
		return EXIT_DONE;
	app_say_diagnosis("configuration", &d, "README.md, 'On the appliance'");
	return d.exit_code;
}

int
app_open_network(struct app *a)
{
	struct http_settings settings = {
		.anchors = &a->anchors,
		.clock = &clock_system,
		.proxy = a->proxy,
		.connect_timeout_ms = a->config->connect_timeout_s * 1000,
		.request_timeout_ms = a->config->request_timeout_s * 1000,
	};
	int code = check_supported(a);

	if (code == EXIT_DONE)
		code = load_anchors(a);
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
	auth_init(&a->auth, &a->http, &a->vault, &clock_system);
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
