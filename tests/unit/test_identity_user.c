/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* getpwent */

#include <criterion/criterion.h>
#include <pwd.h>
#include <unistd.h>

#include "platform/identity.h"

static const struct {
	const char *line;
	bool is_user;
} LINES[] = {
	{ "web:x:33:34:web:/var/www:/usr/sbin/nologin", true },
	{ "web::33:34", true },
	{ "web:x:33:34", true },
	{ "webs:x:33:34:::", false },
	{ "we:x:33:34:::", false },
	{ " web:x:33:34:::", false },
	{ "web:x:33", false },
	{ "web:x::34:::", false },
	{ "web:x:-1:34:::", false },
	{ "web:x:33:4294967295:::", false },
	{ "web", false },
	{ "", false },
	{ "#web:x:33:34:::", false },
};

Test(identity_user, lines_of_passwd)
{
	for (size_t i = 0; i < sizeof LINES / sizeof LINES[0]; i++) {
		uid_t uid = 1;
		gid_t gid = 1;

		cr_expect_eq(identity_is_user(span_str(LINES[i].line),
				 SPAN_LIT("web"), &uid, &gid),
		    LINES[i].is_user, "%s", LINES[i].line);
		cr_expect_eq(uid, LINES[i].is_user ? 33 : 1);
		cr_expect_eq(gid, LINES[i].is_user ? 34 : 1);
	}
	cr_expect_not(identity_is_user(SPAN_LIT(":x:0:0:::"), SPAN_LIT(""),
			  &(uid_t){ 1 }, &(gid_t){ 1 }),
	    "nobody has no name");
}

Test(identity_user, every_user_of_this_machine_is_found)
{
	struct passwd *user;
	unsigned count = 0;

	setpwent();
	while ((user = getpwent()) != NULL && count < 100) {
		uid_t uid;
		gid_t gid;

		cr_expect_eq(
		    identity_find_user(span_str(user->pw_name), &uid, &gid),
		    ST_OK, "%s", user->pw_name);
		cr_expect_eq(uid, user->pw_uid);
		cr_expect_eq(gid, user->pw_gid);
		count++;
	}
	endpwent();
	cr_expect(count > 5);
	cr_expect_eq(identity_find_user(SPAN_LIT("no-such-user-here"),
			 &(uid_t){ 0 }, &(gid_t){ 0 }),
	    ST_NOT_FOUND);
}
