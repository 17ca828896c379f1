/* SPDX-License-Identifier: MIT */
/*
 * identity.h - users of this machine, by /etc/passwd (passwd(5)).
 *
 * Read by ourselves: getpwnam(3) allocates, and would ask other sources that a
 * static program cannot load.  A user that only LDAP knows is not found.
 */
#ifndef PLATFORM_IDENTITY_H
#define PLATFORM_IDENTITY_H

#include <sys/types.h>

#include "base/limits.h"
#include "base/span.h"

/*
 * identity_find_user - the ids of a user.
 *
 * name     compared byte by byte
 * returns  ST_OK         *uid and *gid are set, by the first line of that name
 *          ST_NOT_FOUND  no such user, or no /etc/passwd
 *          ST_IO         it cannot be read: nothing is known of anybody
 * cost     reads the file, at most IDENTITY_FILE_MAX_BYTES of it
 */
enum st identity_find_user(struct span name, uid_t *uid, gid_t *gid) MUST_CHECK;

/* Is this line of passwd(5), without its newline, the one of `name`?  Then
 * *uid and *gid are set; a line with ids that are no numbers is nobody's. */
bool identity_is_user(
    struct span line, struct span name, uid_t *uid, gid_t *gid);

#endif
