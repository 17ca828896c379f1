/* SPDX-License-Identifier: MIT */
/*
 * vault.h - secrets at rest, lent for the length of a call.
 *
 * A secret is sealed (seal/seal.h) in a file of its own, <state>/secrets/
 * <scope>.<field>, under the key of the appliance's protected storage.  The
 * associated data binds it to the destination it is for, to its field and to
 * the file format: a value that is copied elsewhere, or whose destination was
 * changed in the configuration, does not open.  There is no way to read one
 * back over any interface.  The format, and why it is so: vault_file.c.
 *
 * Kinds of protected storage are behind one interface, struct vault_kind.  The
 * kind `device_key` is a file <state>/vault.key, 0600, made on first use: it
 * protects copies of single files and of the configuration, not the disk.
 *
 * A key that is lost or damaged is reported (ST_CORRUPT) and never replaced
 * while there are secrets under it: whoever has the right one can still put
 * it back.  Removing the secrets, then a damaged key, starts anew.
 *
 * One caller at a time, the holder of the state lock; no call from within a
 * borrower or a visitor (asserted).
 */
#ifndef VAULT_VAULT_H
#define VAULT_VAULT_H

#include "base/limits.h"
#include "base/span.h"
#include "platform/file.h"
#include "seal/seal.h"

/* What a file has beside the secret, see vault_file.c. */
#define VAULT_HEADER_BYTES   88u
#define VAULT_OVERHEAD_BYTES (VAULT_HEADER_BYTES + SEAL_OVERHEAD_BYTES)
#define VAULT_FILE_MAX_BYTES (SECRET_MAX_BYTES + VAULT_OVERHEAD_BYTES)

/* For a kind's own use while it makes or loads the key. */
#define VAULT_SCRATCH_BYTES 64u

struct vault;

/* Where the sealing key comes from.  Both fill *key, which vault wipes, and
 * may use v->page.scratch; when they fail they set v->why. */
struct vault_kind {
	const char *name;
	/* Make a key on first use, durably.  ST_OK, ST_IO. */
	enum st (*provision)(struct vault *v, struct seal_key *key);
	/* ST_OK; ST_NOT_FOUND before provisioning; ST_IO, ST_CORRUPT. */
	enum st (*load)(struct vault *v, struct seal_key *key);
};

/* <state>/vault.key.  ST_CORRUPT, and nothing is changed, when it has another
 * size or check sum, or when group or others have any right to it. */
extern const struct vault_kind vault_device_key;

/* All that is secret, wiped when a call ends. */
struct vault_page {
	struct seal_key key;
	uint8_t scratch[VAULT_SCRATCH_BYTES];
	uint8_t bytes[VAULT_FILE_MAX_BYTES]; /* file, then the secret */
};

struct vault {
	char dir[PATH_MAX_BYTES]; /* the state directory */
	const struct vault_kind *kind;
	/* For logs and messages: why the last call failed, as a constant
	 * English text without names or values; "" when it did not. */
	const char *why;
	bool locked; /* mlock was possible */
	bool busy;   /* within a call */
	_Alignas(VAULT_PAGE_BYTES) struct vault_page page;
};

/* What a secret is called and what it is for. */
struct vault_name {
	struct span scope;   /* connector name, "network", "sink:NAME" */
	struct span field;   /* "client_secret", … (vault_is_field) */
	struct span binding; /* destination: what it may be sent to */
};

/* One row of vault_list; no value. */
struct vault_entry {
	char scope[48];
	char field[32];
	/* ST_OK; ST_CORRUPT damaged, or sealed under another key; ST_IO.
	 * The times are authenticated, and 0 unless ST_OK. */
	enum st state;
	int64_t set_at;     /* ticks, by our clock */
	int64_t expires_at; /* ticks; 0: not known */
};

/*
 * vault_init - take the state directory, lock the page.  Opens nothing yet.
 *
 * v        static, or as long-lived: its page is locked and left out of core
 *          files for as long as it is there
 * dir      the state directory, which exists; copied
 * returns  ST_OK; also when RLIMIT_MEMLOCK does not let us lock so much
 *          (v->locked is false then: the secret could be swapped out)
 *          ST_CONFIG  dir is empty, holds a NUL or is too long
 *          ST_IO      the kernel refuses to lock, or to leave out of cores
 */
enum st vault_init(
    struct vault *v, struct span dir, const struct vault_kind *kind) MUST_CHECK;

/* The fields of the contract: client_secret, client_secret_next, … */
bool vault_is_field(struct span field);

/* A connector's name, [a-z0-9][a-z0-9-]{0,31}, "network" among them, or "sink:"
 * and a sink's name of the same form. */
bool vault_is_scope(struct span scope);

/*
 * vault_set - seal and store a secret durably, over an older one.
 *
 * value       1..SECRET_MAX_BYTES bytes; the caller wipes its copy
 * set_at, expires_at  ticks; expires_at 0 when not known
 * returns     ST_OK      durable; the old one is gone
 *             ST_CONFIG  scope or field are not of the allowed form, no
 *                        binding, or empty or over-long value; nothing changed
 *             ST_CORRUPT the key is damaged, or missing though there are
 *                        secrets; nothing changed
 *             ST_IO      the old one or the new one is there, whole
 * cost        three syncs, two more on first use
 * power cut   the old or the new one
 */
enum st vault_set(struct vault *v, const struct vault_name *name,
    struct span value, int64_t set_at, int64_t expires_at) MUST_CHECK;

/* Gets the secret; valid only during the call, wiped after it. */
typedef enum st vault_borrower(void *ctx, struct span secret);

/*
 * vault_lend - open a secret and lend it to `borrow`.
 *
 * returns  what `borrow` returned; before it is called:
 *          ST_NOT_FOUND  no such secret
 *          ST_DENIED     it is there, for another destination: it must be
 *                        entered again
 *          ST_CORRUPT    damaged, or sealed under another key; or the key is
 *                        damaged or missing
 *          ST_CONFIG     scope or field are not of the allowed form
 *          ST_IO
 * The copy is in memory that is locked, left out of core files, and wiped on
 * every way out.
 */
enum st vault_lend(struct vault *v, const struct vault_name *name,
    vault_borrower *borrow, void *ctx) MUST_CHECK;

/* Remove durably, whatever its binding and whether or not the key is there.
 * ST_OK also when there was none; ST_CONFIG as vault_lend; ST_IO. */
enum st vault_delete(struct vault *v, const struct vault_name *name) MUST_CHECK;

/* Calls `each` for every stored secret, damaged ones too, in no order, until
 * it returns false.  ST_OK; ST_IO when the folder cannot be read. */
enum st vault_list(struct vault *v,
    bool (*each)(void *ctx, const struct vault_entry *entry),
    void *ctx) MUST_CHECK;

#endif
