/* SPDX-License-Identifier: MIT */
/*
 * audit.h - who changed what: an append-only file, <state>/audit.ndjson.
 *
 * One JSON object a line, synced before append returns.  Where a change is
 * under way its line says `started`; the next one says `done` or `failed`.  A
 * `started` without an end is a change that a power cut met: it may have
 * happened or not.  No line ever holds the value of a secret.
 *
 *	{"at":"2026-11-23T10:00:00.1Z","uid":33,"user":"alice","via":"socket",
 *	 "action":"secret_set","scope":"contoso","field":"client_secret",
 *	 "outcome":"done"}
 *
 * (on one line).  At AUDIT_FILE_MAX_BYTES the file becomes audit.ndjson.1, in
 * place of an older one.
 */
#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H

#include <sys/types.h>

#include "base/limits.h"
#include "base/span.h"

/* Members that are absent (SPAN_NONE, NULL) are left out of the line.  All
 * spans are UTF-8 but `changed`. */
struct audit_entry {
	int64_t at;          /* ticks */
	uid_t uid;           /* whose process asked, or wrote the file */
	struct span user;    /* of the web console: X-Remote-User */
	const char *via;     /* "socket", "command", "file" */
	const char *action;  /* "config_put", "secret_set", … */
	struct span scope;   /* of a secret */
	struct span field;   /* of a secret */
	struct span etag;    /* of the configuration that it is about */
	struct span changed; /* a JSON array of names */
	const char *outcome; /* "started", "done", "failed", "refused" */
};

/*
 * audit_append - add a line, durably.
 *
 * dir        the state directory; the caller holds its lock
 * returns    ST_OK    it survives power loss from now on
 *            ST_FULL  it would be longer than AUDIT_LINE_MAX_BYTES
 *            ST_IO    it cannot be written (errno)
 *            Unless ST_OK there is no such line, as far as that can be made.
 * cost       one sync, two more when the file is new
 * power cut  the line is there, or not, or torn; the next append removes a
 *            torn one first, audit_before does not show it
 */
enum st audit_append(
    const char *dir, const struct audit_entry *entry) MUST_CHECK;

/* A place between two lines; AUDIT_END is behind the newest one. */
struct audit_place {
	uint32_t offset;
	uint8_t file; /* 0 the present one, 1 the older one */
};
#define AUDIT_END ((struct audit_place){ UINT32_MAX, 0 })

/*
 * audit_before - the line before a place, which becomes the place of it.
 *
 * line     takes it, without the newline, behind what it holds
 * returns  ST_OK; ST_NOT_FOUND there is no older one; ST_FULL it does not fit,
 *          and the place is as it was; ST_IO
 * Lines that are damaged are passed over.  When the file becomes the older one
 * meanwhile, lines may be missed.
 */
enum st audit_before(
    const char *dir, struct audit_place *place, struct buf *line) MUST_CHECK;

#endif
