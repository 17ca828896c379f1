/* SPDX-License-Identifier: MIT */
/*
 * Before a command does anything: what only root may do is done, then the
 * process becomes the owner of the state directory.  So nothing that a command
 * makes there belongs to root, and root never reads a configuration that
 * somebody else may write.
 *
 *	the state directory is ...      the command goes on as ...
 *	of a user                       that user and the directory's group
 *	of root                         user 0 without any capability
 *	missing, and is to be made      the user SERVICE_USER
 *	missing                         SERVICE_USER, or user 0 without any
 *	                                capability: there is nothing to do
 *
 * Started as another user, all of that is as the operator arranged it.
 */
#include <errno.h>
#include <string.h>

#include "app/app.h"
#include "platform/file.h"
#include "platform/identity.h"

#define NODE_FILE     "/witfoo/configs/node.json"
#define SERVICE_USER  "wf-sentinel"
#define SOCKET_FOLDER "/run/wf-sentinel"

/* Commands that may come before there is a state directory. */
static const char *const BEGINNERS[] = {
	"run",
	"secret",
	"configure",
	"import",
};

static bool
is_beginner(const char *command)
{
	for (size_t i = 0; i < sizeof BEGINNERS / sizeof BEGINNERS[0]; i++)
		if (strcmp(command, BEGINNERS[i]) == 0)
			return true;
	return false;
}

/* The ids that the appliance's agent wrote, where it did; kept, since only root
 * may read them. */
static void
load_node(struct app *a)
{
	struct buf text = BUF_OVER(a->u.scratch.text);
	struct buf copy = BUF_OVER(a->node_ids);
	struct config_defaults found = { SPAN_NONE, SPAN_NONE };
	size_t n;

	a->defaults = found;
	if (file_load(NODE_FILE, &text) != ST_OK)
		return;
	config_node_parse(span_of(&text), &a->u.scratch, &found);
	n = found.appliance_id.n;
	buf_put(&copy, found.appliance_id);
	buf_put(&copy, found.org_id);
	if (copy.cut)
		return;
	if (n != 0)
		a->defaults.appliance_id = span_sub(span_of(&copy), 0, n);
	if (found.org_id.n != 0)
		a->defaults.org_id = span_sub(
		    span_of(&copy), n, found.org_id.n);
}

static bool
has_service_user(struct identity *who)
{
	return identity_find_user(
		   SPAN_LIT(SERVICE_USER), &who->uid, &who->gid) == ST_OK;
}

static int
make_state(struct app *a, struct identity *who)
{
	if (!has_service_user(who)) {
		app_say(a->options.state,
		    ": the state directory is missing, and so is the user "
		    "'" SERVICE_USER "' that it would be for: ",
		    "make the user, or the directory with its owner, as in "
		    "README.md, 'On the appliance'");
		return EXIT_SETTING;
	}
	if (identity_make_dir(a->options.state, who) == ST_OK)
		return EXIT_DONE;
	app_say(a->options.state, ": cannot be made: ", strerror(errno));
	return EXIT_CREATE;
}

/* Whom root becomes. */
static int
find_identity(struct app *a, struct identity *who)
{
	enum st st = identity_owner(a->options.state, who);

	if (st == ST_NOT_FOUND && is_beginner(a->options.command))
		return make_state(a, who);
	if (st == ST_NOT_FOUND) {
		if (!has_service_user(who))
			*who = (struct identity){ 0, 0 };
		return EXIT_DONE;
	}
	if (st != ST_OK) {
		app_say(a->options.state,
		    ": cannot be looked at: ", strerror(errno));
		return EXIT_IO;
	}
	if (who->uid != 0 && who->gid == 0) {
		app_say(a->options.state,
		    ": the state directory is of the group of root: ",
		    "give it to the group of its owner (chown USER:GROUP)");
		return EXIT_SETTING;
	}
	return EXIT_DONE;
}

/* Where it cannot be had, the sockets are elsewhere, or cannot be made and that
 * is said. */
static void
give_socket_folder(const struct identity *who)
{
	if (identity_give_dir(SOCKET_FOLDER, who) != ST_OK)
		return;
}

bool
app_is_daemon(const struct app *a)
{
	return strcmp(a->options.command, "run") == 0 && a->options.argc == 0;
}

int
app_take_identity(struct app *a)
{
	struct identity who = { 0, 0 };
	const char *why = "";
	int code = EXIT_DONE;

	load_node(a);
	if (identity_is_root())
		code = find_identity(a, &who);
	if (code != EXIT_DONE)
		return code;
	if (identity_is_root() && app_is_daemon(a))
		give_socket_folder(&who);
	if (identity_drop(&who, &why) == ST_OK)
		return EXIT_DONE;
	app_say(why,
	    ": nothing is done with the rights of root: ", strerror(errno));
	return EXIT_REFUSED;
}

void
app_note_identity(struct app *a)
{
	if (identity_is_root())
		log_event(&a->log, LOG_LEVEL_WARNING, "runs_as_root",
		    LOG_FIELDS(log_str("directory", a->options.state),
			log_str("hint",
			    "root's files are in reach: give the state "
			    "directory to a user of its own")));
}
