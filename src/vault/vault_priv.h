/* SPDX-License-Identifier: MIT */
/* vault_priv.h - names of secrets, and their files in the vault's page. */
#ifndef VAULT_VAULT_PRIV_H
#define VAULT_VAULT_PRIV_H

#include "vault/vault.h"

/* Below the state directory, 0700. */
#define VAULT_FOLDER "secrets"

/* "<state>/secrets/<scope>.<field>"; a sink's scope is written "sink_NAME",
 * since not every file system takes a ':' and no name has a '_'.  False when
 * scope or field are not of the allowed form. */
bool vault_file_path(const struct vault *v, const struct vault_name *name,
    char path[PATH_MAX_BYTES]);

/* The reverse, from the file's own name into entry->scope and ->field.  False
 * for every other file, such as a left-over "<file>.new". */
bool vault_file_parse(struct span file, struct vault_entry *entry);

/* "<state>/<file>".  vault_init has seen that it fits. */
void vault_state_path(
    const struct vault *v, struct span file, char path[PATH_MAX_BYTES]);

struct vault_times {
	int64_t set_at, expires_at;
};

/* A file's parts, borrowed from the page. */
struct vault_parts {
	struct span checked, mark, check, sealed;
	struct vault_times times;
};

/* All three work with the key in the page, and set v->why when they fail. */

/* The whole file for a value into `file`, which lies over page.bytes. */
enum st vault_file_seal(struct vault *v, const struct vault_name *name,
    struct span value, const struct vault_times *times,
    struct buf *file) MUST_CHECK;

/* Is it a whole file of ours, under its own name?  The name's binding is not
 * looked at.  ST_OK, *parts filled; ST_CORRUPT. */
enum st vault_file_check(struct vault *v, const struct vault_name *name,
    struct span file, struct vault_parts *parts) MUST_CHECK;

/* From the file in the page to the secret in its place.  ST_OK; ST_DENIED for
 * another destination; ST_CORRUPT. */
enum st vault_file_open(struct vault *v, const struct vault_name *name,
    struct span file, struct buf *secret) MUST_CHECK;

/* `st`, with its reason in v->why. */
static inline enum st
vault_failed(struct vault *v, enum st st, const char *why)
{
	v->why = why;
	return st;
}

#endif
