/* SPDX-License-Identifier: MIT */
/*
 * What changed on disk since it was loaded: the configuration, the CA file, and
 * what names mean.
 *
 *	/etc/resolv.conf, /etc/hosts ...   then ...
 *	written anew in place              begin again: a live handle of c-ares
 *	                                   does not read it again
 *	another file of that name          a new process: the sandbox holds the
 *	                                   file that was there, not its name
 *
 * The CA file likewise, where it is not in a folder of ours.
 */
#include <string.h>
#include <sys/stat.h>

#include "app/app.h"

/* Name servers, names, and who the web server's user is. */
static const char *const NAMES[APP_NAMES_COUNT] = {
	"/etc/resolv.conf",
	"/etc/hosts",
	"/etc/passwd",
};

/* A replaced file has another inode, one that was written in place another time
 * of change, which nobody can set back. */
static struct app_stamp
stamp_of(const char *path)
{
	struct stat about;

	if (path[0] == '\0' || stat(path, &about) != 0)
		return (struct app_stamp){ 0, 0, 0, 0 };
	return (struct app_stamp){
		.device = about.st_dev,
		.inode = about.st_ino,
		.size = (uint64_t)about.st_size,
		.changed_ns = (int64_t)about.st_ctim.tv_sec * 1000000000 +
		    about.st_ctim.tv_nsec,
	};
}

static bool
is_same_file(const struct app_stamp *a, const struct app_stamp *b)
{
	return a->device == b->device && a->inode == b->inode;
}

static bool
is_same(const struct app_stamp *a, const struct app_stamp *b)
{
	return is_same_file(a, b) && a->size == b->size &&
	    a->changed_ns == b->changed_ns;
}

/* ---- names -------------------------------------------------------------- */

void
app_stamp_names(struct app *a)
{
	for (size_t i = 0; i < APP_NAMES_COUNT; i++)
		a->name_stamp[i] = stamp_of(NAMES[i]);
}

static void
say_name(struct app *a, const char *event, const char *file, const char *hint)
{
	log_event(&a->log, LOG_LEVEL_WARNING, event,
	    LOG_FIELDS(log_str("file", file), log_str("hint", hint)));
}

static bool
has_new_names(struct app *a)
{
	bool found = false;

	for (size_t i = 0; i < APP_NAMES_COUNT; i++) {
		struct app_stamp was = a->name_stamp[i];
		struct app_stamp *now = &a->name_stamp[i];

		*now = stamp_of(NAMES[i]);
		if (is_same(&was, now))
			continue;
		found = true;
		if (a->sandbox.landlock_abi != 0 && !is_same_file(&was, now)) {
			a->is_outside = true;
			say_name(a, "names_replaced", NAMES[i],
			    "a new start is needed");
		} else
			say_name(a, "names_changed", NAMES[i],
			    "connections begin anew");
	}
	return found;
}

/* ---- configuration and CA file ------------------------------------------ */

void
app_stamp_config(struct app *a)
{
	a->config_stamp = stamp_of(a->options.config);
}

static struct app_stamp
ca_stamp(const struct app *a)
{
	char path[PATH_MAX_BYTES];

	return app_ca_path(a, a->config, path) == ST_OK ?
	    stamp_of(path) :
	    (struct app_stamp){ 0, 0, 0, 0 };
}

void
app_stamp_ca(struct app *a)
{
	a->ca_stamp = ca_stamp(a);
}

/* Was the CA file written anew with something usable?  One that is not stays
 * out: the one that was loaded is still in use. */
static bool
has_new_ca(struct app *a)
{
	struct app_stamp now = ca_stamp(a);
	struct buf pem = BUF_OVER(a->edit.scratch.text);
	uint8_t text[PATH_MAX_BYTES + 128];
	struct buf wrong = BUF_OVER(text);

	if (is_same(&now, &a->ca_stamp))
		return false;
	a->ca_stamp = now;
	if (!app_has_places(a, a->config)) {
		a->is_outside = true;
		say_name(
		    a, "ca_file_replaced", "ca_file", "a new start is needed");
		return true;
	}
	if (app_read_ca(a, a->config, &pem, &wrong) &&
	    app_add_ca(&a->edit.anchors, span_of(&pem), &wrong))
		return true;
	log_event(&a->log, LOG_LEVEL_ERROR, "ca_file_refused",
	    LOG_FIELDS(log_str("setting", "network.ca_file"),
		log_text("reason", span_of(&wrong)),
		log_str("hint", "the old one stays in use")));
	return false;
}

bool
app_has_changed(struct app *a)
{
	int64_t now_ms = clock_monotonic_ms(&clock_system);
	struct app_stamp now;

	if (a->has_edited)
		return true;
	if (now_ms - a->config_looked_ms < APP_CONFIG_LOOK_MS)
		return false;
	a->config_looked_ms = now_ms;
	now = stamp_of(a->options.config);
	return has_new_names(a) || !is_same(&now, &a->config_stamp) ||
	    (a->has_config && has_new_ca(a));
}
