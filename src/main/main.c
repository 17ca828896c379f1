/* SPDX-License-Identifier: MIT */
/*
 * Options, and the table of commands.  `app` is all of the program's own
 * mutable memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/api.h"
#include "command/command.h"
#include "main/main_help.h"

static struct app app;

static const struct {
	const char *name;
	int (*run)(struct app *a);
} COMMAND[] = {
	{ "run", command_run },
	{ "test", command_test },
	{ "secret", command_secret },
	{ "status", command_status },
	{ "support", command_support },
	{ "workunits", command_workunits },
	{ "export", command_export },
	{ "import", command_import },
	{ "version", command_version },
};

static int
set_path(char path[PATH_MAX_BYTES], const char *value, const char *option)
{
	if (span_to_str(span_str(value), path, PATH_MAX_BYTES) == ST_OK &&
	    value[0] != '\0')
		return EXIT_DONE;
	app_say(option, ": the path is empty or too long: ", "");
	return EXIT_USAGE;
}

static int
set_default_paths(struct options *o)
{
	const char *state = getenv("WF_SENTINEL_STATE");
	const char *config = getenv("WF_SENTINEL_CONFIG");
	int code = set_path(o->state,
	    state != NULL ? state : MAIN_DEFAULT_STATE, "WF_SENTINEL_STATE");

	if (code == EXIT_DONE && config != NULL)
		code = set_path(o->config, config, "WF_SENTINEL_CONFIG");
	return code;
}

static int
finish_paths(struct options *o)
{
	if (o->config[0] != '\0' ||
	    file_path(o->config, span_str(o->state), SPAN_LIT("config.json")) ==
		ST_OK)
		return EXIT_DONE;
	app_say("--state: the path is too long", "", "");
	return EXIT_USAGE;
}

/* EXIT_DONE with a command, or the code to end with. */
static int
parse_options(struct options *o, int argc, char **argv)
{
	int code = set_default_paths(o);
	int i = 1;

	for (; code == EXIT_DONE && i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--state") == 0)
			code = set_path(o->state, argv[i + 1], argv[i]);
		else if (strcmp(argv[i], "--config") == 0)
			code = set_path(o->config, argv[i + 1], argv[i]);
		else
			break;
	}
	if (code == EXIT_DONE)
		code = finish_paths(o);
	if (code != EXIT_DONE)
		return code;
	if (i >= argc) {
		app_say(
		    "a command is missing: ", "see 'wf-sentinel --help'", "");
		return EXIT_USAGE;
	}
	o->command = argv[i];
	o->argc = argc - i - 1;
	o->argv = argv + i + 1;
	return EXIT_DONE;
}

static int
unknown(const char *word)
{
	app_say(word,
	    word[0] == '-' ? ": no such option, or its value is missing: " :
			     ": no such command: ",
	    "see 'wf-sentinel --help'");
	return EXIT_USAGE;
}

/* help [COMMAND] */
static int
help_wanted(const struct options *o)
{
	int code = main_help(o->argc != 0 ? o->argv[0] : NULL);

	return code >= 0 ? code : unknown(o->argv[0]);
}

/* COMMAND … --help: the exit code; -1 nobody asked. */
static int
help_asked(const struct options *o)
{
	for (int i = 0; i < o->argc; i++)
		if (o->argv[i][0] == '-' && main_is_help(o->argv[i]))
			return main_help(o->command);
	return -1;
}

/* A descriptor that the caller closed would be that of the first file that is
 * opened, and what is said would be written into it. */
static void
fill_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			return;
}

int
main(int argc, char **argv)
{
	int code = parse_options(&app.options, argc, argv);

	fill_descriptors();
	app.config = &app.configs[0];
	app.revision = WF_REVISION;
	app.dependencies = WF_DEPS;
	app.routes = api_routes;
	app.route_count = API_ROUTE_COUNT;
	app.admit = api_admit;
	/* Incidents are nobody else's business. */
	(void)umask(027);
	if (code != EXIT_DONE)
		return code;
	if (main_is_help(app.options.command))
		return help_wanted(&app.options);
	code = help_asked(&app.options);
	if (code >= 0)
		return code;
	for (size_t i = 0; i < sizeof COMMAND / sizeof COMMAND[0]; i++) {
		if (strcmp(app.options.command, COMMAND[i].name) != 0)
			continue;
		/* `version` looks at nothing and makes nothing. */
		code = COMMAND[i].run == command_version ?
		    EXIT_DONE :
		    app_take_identity(&app);
		return code == EXIT_DONE ? COMMAND[i].run(&app) : code;
	}
	return unknown(app.options.command);
}
