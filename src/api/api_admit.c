/* SPDX-License-Identifier: MIT */
/* Who may use the control socket: see api.h. */
#include <unistd.h>

#include "api/api_priv.h"
#include "platform/identity.h"

/* As in the configuration's table, for when there is none yet. */
#define DEFAULT_WEB_USER SPAN_LIT("www-data")

static unsigned
refuse(struct app *a, struct control_call *call, const char *code,
    const char *message, const char *setting)
{
	log_event(&a->log, LOG_LEVEL_WARNING, "control_refused",
	    LOG_FIELDS(log_str("code", code),
		log_number("uid", (int64_t)call->uid),
		log_text("user", call->request->user),
		log_text("path", call->request->path)));
	return control_error(call, 403, code, message, setting);
}

static bool
is_web_admin(const struct app *a, struct span user)
{
	if (!a->has_config || a->config->web_admin_count == 0)
		return true;
	for (size_t i = 0; i < a->config->web_admin_count; i++)
		if (span_eq(a->config->web_admins[i], user))
			return true;
	return false;
}

unsigned
api_admit(void *ctx, struct control_call *call)
{
	struct app *a = ctx;
	struct span user = call->request->user;
	uid_t uid;
	gid_t gid;
	enum st st;

	if (call->uid == 0 || call->uid == geteuid())
		return 0;
	st = identity_find_user(
	    a->has_config ? a->config->web_user : DEFAULT_WEB_USER, &uid, &gid);
	/* A file that is refused may name another web user and its admins. */
	if (!a->has_config && call->request->method != CONTROL_GET &&
	    access(a->options.config, F_OK) == 0)
		return refuse(a, call, "config_refused",
		    "The configuration is refused, so that nobody knows who "
		    "may change things: ask root.",
		    "control.web_admins");
	if (st == ST_NOT_FOUND || (st == ST_OK && uid != call->uid))
		return 0;
	/* Nobody knows who this is: it may be the web server. */
	if (st != ST_OK)
		return refuse(a, call, "users_unreadable",
		    "/etc/passwd cannot be read, so that the web user is not "
		    "known; root may use the socket.",
		    "control.web_user");
	if (user.n == 0 || user.n > CONFIG_USER_MAX_BYTES)
		return refuse(a, call, "user_required",
		    "The web server has to say for whom it asks, in the "
		    "header X-Remote-User (1 to 128 bytes).",
		    "control.web_user");
	call->user = user;
	if (call->request->method != CONTROL_GET && !is_web_admin(a, user))
		return refuse(a, call, "not_web_admin",
		    "This user may look and not change anything.",
		    "control.web_admins");
	return 0;
}
