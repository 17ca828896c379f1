/* SPDX-License-Identifier: MIT */
#include "command/command_hold.h"

#include <errno.h>
#include <string.h>

#include "platform/file.h"

int
command_hold(struct app *a, bool makes)
{
	char path[PATH_MAX_BYTES];
	enum st st = file_path(
	    path, span_str(a->options.state), SPAN_LIT("lock"));

	if (st == ST_OK)
		st = file_lock(path, &a->lock_fd);
	if (st == ST_IO && errno == ENOENT && !makes) {
		app_say(a->options.state, ": there is no state directory: ",
		    "name it with --state, or begin as in README.md, "
		    "'On the appliance'");
		return EXIT_SETTING;
	}
	/* Perhaps there is no such directory yet. */
	if (st == ST_IO && file_make_dir(a->options.state, 0750) == ST_OK)
		st = file_lock(path, &a->lock_fd);
	if (st == ST_OK)
		return EXIT_DONE;
	(void)app_find_sockets(a);
	return COMMAND_DAEMON;
}

int
command_asked(struct app *a, int code)
{
	/* It has just begun or ended, or it is `run --once`; or the directory
	 * cannot be used: the lock's own words say which. */
	if (code != COMMAND_NOBODY)
		return code;
	code = app_make_state(a);
	if (code == EXIT_DONE)
		code = app_lock_state(a);
	if (code != EXIT_DONE)
		return code;
	app_say("the daemon has just ended: ", "try again", "");
	return EXIT_TEMPORARY;
}

int
command_refuse(const char *what, const struct app_refusal *why)
{
	uint8_t text[DIAGNOSIS_MESSAGE_MAX_BYTES + 256];
	struct buf b = BUF_OVER(text);

	buf_put_str(&b, why->message);
	buf_put_str(&b, " Setting: ");
	buf_put_str(&b, why->setting);
	buf_put_str(&b, ". Code: ");
	buf_put_str(&b, why->code);
	buf_put_str(&b, ". See README.md.");
	app_say(what, ": ", buf_str(&b));
	switch (why->status) {
	case 400:
	case 404:
		return EXIT_USAGE;
	case 413:
	case 415:
		return EXIT_REPLY;
	case 500:
		return EXIT_IO;
	default:
		return EXIT_SETTING;
	}
}

void
command_say_unmade(const char *file)
{
	app_say(file, ": cannot be made: ",
	    errno == EACCES ? "choose a folder that the owner of the state "
			      "directory may write, such as /tmp: commands "
			      "work as that user" :
			      strerror(errno));
}
