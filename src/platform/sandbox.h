/* SPDX-License-Identifier: MIT */
/*
 * sandbox.h - what the process may still do when it begins to talk to others.
 *
 *	limits     no core, few descriptors, no further process
 *	           (sandbox_limits.c); not traceable, no privilege by a program
 *	           that it would start
 *	Landlock   which files and folders it may open
 *	seccomp    which system calls it may make (sandbox_filter.c); asking for
 *	           memory is refused as an error, any other call ends it
 *
 * There is no way back and no switch: a process without it has not called
 * sandbox_enter.  Landlock alone may be missing, on a kernel that has none.
 *
 *	sandbox_open    what does this kernel have?
 *	sandbox_allow   once for each file or folder
 *	sandbox_enter   from here on
 *
 * Sources: landlock(7), seccomp(2), prctl(2), getrlimit(2).
 */
#ifndef PLATFORM_SANDBOX_H
#define PLATFORM_SANDBOX_H

#include <stdint.h>
#include <sys/types.h>

#include "base/limits.h"
#include "base/st.h"

/* What is allowed with a file, or below a folder. */
enum {
	SANDBOX_READ = 1,    /* open, list */
	SANDBOX_WRITE = 2,   /* READ, and make, change, rename, remove */
	SANDBOX_SOCKETS = 4, /* make and remove sockets */
};

/* Private. */
struct sandbox {
	bool is_set; /* entered */
	bool has_seccomp;
	int landlock_abi; /* 0: this kernel has none */
	int ruleset;
	const char *why; /* after ST_IO: the step that failed */
	size_t n;
	struct sandbox_place {
		dev_t dev;
		ino_t ino;
		unsigned access;
	} place[SANDBOX_PLACE_MAX_COUNT];
};

/*
 * sandbox_open - begin the list of what is allowed: nothing yet.
 *
 * returns  ST_OK, also without Landlock (s->landlock_abi is 0 then);
 *          ST_IO (errno, s->why): end the process
 */
enum st sandbox_open(struct sandbox *s) MUST_CHECK;

/*
 * sandbox_allow - one file, or a folder and all below it.
 *
 * access   SANDBOX_... bits
 * returns  ST_OK, also when nothing is there or nothing can be seen of it: it
 *          is not allowed then, and who wants it says so; ST_FULL more than
 *          SANDBOX_PLACE_MAX_COUNT; ST_IO (errno, s->why)
 * What stands there now is meant, not the name: a file that takes its place by
 * rename(2) later is another one, unless its folder is allowed.
 */
enum st sandbox_allow(
    struct sandbox *s, const char *path, unsigned access) MUST_CHECK;

/*
 * sandbox_enter - from here on, until the process ends.
 *
 * returns  ST_OK; ST_IO (errno, s->why): some of it may be set, end the process
 */
enum st sandbox_enter(struct sandbox *s) MUST_CHECK;

/* May `path`, as it stands there now, be used so?  True when nothing limits
 * files, and when nothing can be seen there. */
bool sandbox_has(const struct sandbox *s, const char *path, unsigned access);

/* All of it: "on"; without Landlock, or in a build for the sanitizers, which
 * need memory: "partial"; not entered: "off". */
const char *sandbox_state(const struct sandbox *s);

#endif
