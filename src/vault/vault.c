/* SPDX-License-Identifier: MIT */
/*
 * The page of struct vault is the only place where key and secret are:
 *
 *     enter    nothing but zeros in the page
 *     ...      the key and, in page.bytes, a file; then the secret in its
 *              place (lend), or the other way round (set)
 *     lend     the key is wiped; the borrower sees the secret
 *     leave    zeros again, on every way out
 *
 * The files are described in vault_file.c.
 */
#define _GNU_SOURCE

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vault/vault_priv.h"

/* "/secrets/sink_<32>.<31>.new" and a NUL, behind the state directory. */
#define TAIL_MAX_BYTES 96u

#define NO_SUCH_NAME "no secret has this name"

/* --- the page ---------------------------------------------------------- */

static void
enter(struct vault *v)
{
	assert(!v->busy);
	v->busy = true;
	v->why = "";
}

static enum st
leave(struct vault *v, enum st st)
{
	wipe(&v->page, sizeof v->page);
	v->busy = false;
	return st;
}

static enum st
refuse(struct vault *v, enum st st, const char *why)
{
	return leave(v, vault_failed(v, st, why));
}

/* Whole pages of the system around ours; what else is in them is locked and
 * left out too, which hurts nobody. */
static enum st
lock_page(struct vault *v)
{
	uintptr_t mask = (uintptr_t)sysconf(_SC_PAGESIZE) - 1;
	uintptr_t from = (uintptr_t)&v->page & ~mask;
	size_t n = (((uintptr_t)&v->page + sizeof v->page + mask) & ~mask) -
	    from;
	struct rlimit limit;

	if (madvise((void *)from, n, MADV_DONTDUMP) != 0)
		return ST_IO;
	v->locked = mlock((void *)from, n) == 0;
	if (v->locked)
		return ST_OK;
	/* EPERM, ENOMEM: a limit below what we ask for explains it. */
	if ((errno == EPERM || errno == ENOMEM) &&
	    getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur < n)
		return ST_OK;
	return ST_IO;
}

enum st
vault_init(struct vault *v, struct span dir, const struct vault_kind *kind)
{
	/* Not by an assignment: that may take 20 KiB of stack. */
	memset(v, 0, sizeof *v);
	v->kind = kind;
	v->why = "";
	if (dir.n == 0 || dir.n > sizeof v->dir - TAIL_MAX_BYTES ||
	    span_to_str(dir, v->dir, sizeof v->dir) != ST_OK)
		return vault_failed(v, ST_CONFIG,
		    "the path of the state directory is not usable");
	if (lock_page(v) != ST_OK)
		return vault_failed(
		    v, ST_IO, "memory for secrets cannot be locked");
	return ST_OK;
}

/* --- the key ----------------------------------------------------------- */

static bool
see_secret(void *ctx, struct span file)
{
	bool *any = ctx;
	struct vault_entry entry;

	*any = vault_file_parse(file, &entry);
	return !*any;
}

static enum st
list_folder(struct vault *v, file_visitor *each, void *ctx)
{
	char path[PATH_MAX_BYTES];
	enum st st;

	vault_state_path(v, SPAN_LIT(VAULT_FOLDER), path);
	st = file_list(path, each, ctx);
	if (st == ST_IO)
		v->why = "the folder of secrets cannot be read";
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* Before the secret is lent: the kind's scratch may hold the key too. */
static void
forget_key(struct vault *v)
{
	wipe(&v->page.key, sizeof v->page.key);
	wipe(v->page.scratch, sizeof v->page.scratch);
}

/* The key to open what is there. */
static enum st
load_key(struct vault *v)
{
	enum st st = v->kind->load(v, &v->page.key);

	/* Something was sealed, so that there was a key. */
	return st == ST_NOT_FOUND ? ST_CORRUPT : st;
}

/* The key to seal with, made when nothing was ever sealed. */
static enum st
load_or_make_key(struct vault *v)
{
	bool any = false;
	enum st st = v->kind->load(v, &v->page.key);

	if (st != ST_NOT_FOUND)
		return st;
	st = list_folder(v, see_secret, &any);
	if (st != ST_OK)
		return st;
	if (any) /* why: as the kind has said */
		return ST_CORRUPT;
	v->why = "";
	return v->kind->provision(v, &v->page.key);
}

/* --- writing ----------------------------------------------------------- */

static enum st
store(struct vault *v, const char *path, struct span file)
{
	char folder[PATH_MAX_BYTES];

	vault_state_path(v, SPAN_LIT(VAULT_FOLDER), folder);
	if (file_make_dir(folder, S_IRWXU) != ST_OK)
		return vault_failed(
		    v, ST_IO, "the folder of secrets cannot be made");
	if (file_replace(path, file, S_IRUSR | S_IWUSR) != ST_OK)
		return vault_failed(v, ST_IO, "the secret cannot be written");
	return ST_OK;
}

enum st
vault_set(struct vault *v, const struct vault_name *name, struct span value,
    int64_t set_at, int64_t expires_at)
{
	const struct vault_times times = { set_at, expires_at };
	struct buf file = BUF_OVER(v->page.bytes);
	char path[PATH_MAX_BYTES];
	enum st st;

	enter(v);
	if (!vault_file_path(v, name, path))
		return refuse(v, ST_CONFIG, NO_SUCH_NAME);
	if (name->binding.n == 0)
		return refuse(
		    v, ST_CONFIG, "the secret's destination is not known");
	if (value.n == 0 || value.n > SECRET_MAX_BYTES)
		return refuse(v, ST_CONFIG, "the secret is empty or too long");
	st = load_or_make_key(v);
	if (st == ST_OK)
		st = vault_file_seal(v, name, value, &times, &file);
	if (st == ST_OK)
		st = store(v, path, span_of(&file));
	return leave(v, st);
}

enum st
vault_delete(struct vault *v, const struct vault_name *name)
{
	char path[PATH_MAX_BYTES];

	enter(v);
	if (!vault_file_path(v, name, path))
		return refuse(v, ST_CONFIG, NO_SUCH_NAME);
	if (file_remove(path) != ST_OK)
		return refuse(v, ST_IO, "the secret cannot be removed");
	return leave(v, ST_OK);
}

/* --- reading ----------------------------------------------------------- */

static enum st
load_file(struct vault *v, const char *path, struct buf *file)
{
	enum st st = file_load(path, file);

	if (st == ST_NOT_FOUND)
		return vault_failed(v, st, "there is no such secret");
	if (st == ST_FULL)
		return vault_failed(
		    v, ST_CORRUPT, "the secret's file is damaged");
	if (st != ST_OK)
		return vault_failed(
		    v, ST_IO, "the secret's file cannot be read");
	return ST_OK;
}

enum st
vault_lend(struct vault *v, const struct vault_name *name,
    vault_borrower *borrow, void *ctx)
{
	struct buf file = BUF_OVER(v->page.bytes);
	struct buf secret = BUF_OVER(v->page.bytes);
	char path[PATH_MAX_BYTES];
	enum st st;

	enter(v);
	if (!vault_file_path(v, name, path))
		return refuse(v, ST_CONFIG, NO_SUCH_NAME);
	st = load_file(v, path, &file);
	if (st == ST_OK)
		st = load_key(v);
	if (st == ST_OK)
		st = vault_file_open(v, name, span_of(&file), &secret);
	forget_key(v);
	if (st == ST_OK)
		st = borrow(ctx, span_of(&secret));
	return leave(v, st);
}

struct listing {
	struct vault *v;
	enum st key; /* whether it is in the page */
	bool (*each)(void *ctx, const struct vault_entry *entry);
	void *ctx;
};

static enum st
check_entry(struct listing *l, struct vault_entry *entry)
{
	struct vault *v = l->v;
	struct vault_name name = { .scope = span_str(entry->scope),
		.field = span_str(entry->field) };
	struct buf file = BUF_OVER(v->page.bytes);
	struct vault_parts parts;
	char path[PATH_MAX_BYTES];
	enum st st = l->key;

	if (st == ST_OK && !vault_file_path(v, &name, path))
		st = ST_CORRUPT;
	if (st == ST_OK)
		st = load_file(v, path, &file);
	if (st == ST_OK)
		st = vault_file_check(v, &name, span_of(&file), &parts);
	if (st == ST_OK) {
		entry->set_at = parts.times.set_at;
		entry->expires_at = parts.times.expires_at;
	}
	return st;
}

static bool
list_entry(void *ctx, struct span file)
{
	struct listing *l = ctx;
	struct vault_entry entry = { .state = ST_OK };

	if (!vault_file_parse(file, &entry))
		return true;
	entry.state = check_entry(l, &entry);
	/* Removed since the folder was read. */
	if (entry.state == ST_NOT_FOUND)
		return true;
	return l->each(l->ctx, &entry);
}

enum st
vault_list(struct vault *v,
    bool (*each)(void *ctx, const struct vault_entry *entry), void *ctx)
{
	struct listing l = { .v = v, .each = each, .ctx = ctx };
	enum st st;

	enter(v);
	l.key = load_key(v);
	st = list_folder(v, list_entry, &l);
	if (st == ST_OK)
		v->why = ""; /* what a single file had was told by its row */
	return leave(v, st);
}
