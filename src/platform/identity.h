/* SPDX-License-Identifier: MIT */
/*
 * identity.h - the user that the program works as, and how root becomes it.
 *
 * A process that was started as root gives everything away for good: groups,
 * user, every capability and the way to get one back.  What cannot be given
 * away, or is still there afterwards, is an error, never a warning.
 *
 * Sources: capabilities(7), setresuid(2), passwd(5).
 */
#ifndef PLATFORM_IDENTITY_H
#define PLATFORM_IDENTITY_H

#include <sys/types.h>

#include "base/limits.h"
#include "base/span.h"

struct identity {
	uid_t uid;
	gid_t gid;
};

/*
 * identity_owner - whose directory this is.
 *
 * returns  ST_OK; ST_NOT_FOUND there is none; ST_IO (errno)
 */
enum st identity_owner(const char *path, struct identity *who) MUST_CHECK;

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

/*
 * identity_make_dir - make a directory, mode 0750, with its owner, durably.
 *
 * path       nothing stands there; its parent is there
 * returns    ST_OK; ST_IO (errno)
 * power cut  no directory, or one that belongs to `who`; perhaps an empty
 *            "<path>.new", taken away next time
 */
enum st identity_make_dir(
    const char *path, const struct identity *who) MUST_CHECK;

/*
 * identity_give_dir - make a folder for sockets, mode 0755, that belongs to
 * `who`; one that is there is given to it and keeps its mode.
 *
 * path     no link, its parent is root's
 * returns  ST_OK; ST_IO (errno)
 */
enum st identity_give_dir(
    const char *path, const struct identity *who) MUST_CHECK;

/* Is there anything to give away: are we root? */
bool identity_is_root(void);

/*
 * identity_drop - become `who`, for good, without any capability.
 *
 * who      when its user is root: still user 0, but without a capability
 * why      unless ST_OK: the step that failed, a constant text
 * returns  ST_OK, and that was verified; ST_IO (errno): end the process, it may
 *          be anything between the two users
 *
 * Not as root: capabilities that a service manager gave are given away; the
 * user stays, whoever `who` is.
 */
enum st identity_drop(const struct identity *who, const char **why) MUST_CHECK;

#endif
