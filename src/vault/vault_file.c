/* SPDX-License-Identifier: MIT */
/*
 * A file, <state>/secrets/<scope>.<field>, 0600; numbers are little-endian:
 *
 *      0   8  "WFSECR01"   magic and version
 *      8   8  set_at       ticks
 *     16   8  expires_at   ticks, 0 not known
 *     24  32  mark         of the binding
 *     56  32  check        of bytes 0..55 and the name
 *     88  32  salt         random, new for each file written
 *    120   n  cipher text
 *   +  n  16  tag
 *
 *     key    what the vault's kind holds; all below is under key and salt
 *     mark   = seal_mark("... binding 1", SHA-256(binding))
 *     check  = seal_mark("... header 1", bytes 0..55, scope, field)
 *     ad     = bytes 0..87, scope, field, SHA-256(binding)
 *
 * Three questions, three answers.  Is this file ours, whole, and under its own
 * name?  `check`, which does not need the binding, says so: if not, ST_CORRUPT.
 * Is it for the destination that is asked for?  `mark` says so: if not,
 * ST_DENIED, and the operator is told to enter the secret again instead of
 * that it was damaged.  May it be opened?  That is for the AEAD alone, and the
 * binding itself is in its associated data: were the first two answers wrong,
 * or this code, a secret for another destination would still not open.
 *
 * `mark` is keyed and salted: the file tells nobody what it is for, nor that
 * two secrets are for the same.  Bindings are hashed first so that any length
 * fits.  The times are under `check`, so that a listing needs no secret opened.
 *
 * The file, and in its place the secret, are in struct vault's page only.
 */
#include <assert.h>

#include "platform/random.h"
#include "vault/vault_priv.h"

#define MAGIC         SPAN_LIT("WFSECR01")
#define CHECKED_BYTES 56u

/* Each begins the text of one use of seal_mark; the NUL ends it. */
#define USE_BINDING SPAN_LIT("wf-sentinel vault binding 1\0")
#define USE_HEADER  SPAN_LIT("wf-sentinel vault header 1\0")

/* Header, scope, field and digest, or a use and less. */
#define TEXT_MAX_BYTES 256u

_Static_assert(
    CHECKED_BYTES + SEAL_DIGEST_BYTES == VAULT_HEADER_BYTES, "the picture");

static void
put_i64(struct buf *b, int64_t value)
{
	for (unsigned i = 0; i < 8; i++)
		buf_put_byte(b, (uint8_t)((uint64_t)value >> (8 * i)));
}

static int64_t
get_i64(struct span s)
{
	uint64_t value = 0;

	for (size_t i = 0; i < s.n; i++)
		value |= (uint64_t)s.p[i] << (8 * i);
	return (int64_t)value;
}

static void
put_name(struct buf *b, const struct vault_name *name)
{
	buf_put(b, name->scope);
	buf_put_byte(b, 0);
	buf_put(b, name->field);
	buf_put_byte(b, 0);
}

static void
put_digest(struct buf *b, struct span binding)
{
	uint8_t digest[SEAL_DIGEST_BYTES];

	seal_sha256(binding, digest);
	buf_put(b, (struct span){ digest, sizeof digest });
}

static void
mark_binding(const struct seal_key *key, const uint8_t *salt,
    struct span binding, uint8_t mark[SEAL_DIGEST_BYTES])
{
	uint8_t room[TEXT_MAX_BYTES];
	struct buf text = BUF_OVER(room);

	buf_put(&text, USE_BINDING);
	put_digest(&text, binding);
	assert(!text.cut);
	seal_mark(key, salt, span_of(&text), mark);
}

/* checked: bytes 0..55 of the file. */
static void
mark_header(const struct vault *v, const uint8_t *salt, struct span checked,
    const struct vault_name *name, uint8_t mark[SEAL_DIGEST_BYTES])
{
	uint8_t room[TEXT_MAX_BYTES];
	struct buf text = BUF_OVER(room);

	buf_put(&text, USE_HEADER);
	buf_put(&text, checked);
	put_name(&text, name);
	assert(!text.cut);
	seal_mark(&v->page.key, salt, span_of(&text), mark);
}

/* header: bytes 0..87 of the file. */
static struct span
make_ad(struct buf *ad, struct span header, const struct vault_name *name)
{
	buf_put(ad, header);
	put_name(ad, name);
	put_digest(ad, name->binding);
	assert(!ad->cut);
	return span_of(ad);
}

enum st
vault_file_seal(struct vault *v, const struct vault_name *name,
    struct span value, const struct vault_times *times, struct buf *file)
{
	uint8_t salt[SEAL_SALT_BYTES], mark[SEAL_DIGEST_BYTES];
	uint8_t room[TEXT_MAX_BYTES];
	struct buf ad = BUF_OVER(room);

	random_bytes(salt, sizeof salt);
	buf_put(file, MAGIC);
	put_i64(file, times->set_at);
	put_i64(file, times->expires_at);
	mark_binding(&v->page.key, salt, name->binding, mark);
	buf_put(file, (struct span){ mark, sizeof mark });
	mark_header(v, salt, span_of(file), name, mark);
	buf_put(file, (struct span){ mark, sizeof mark });
	return seal_close(
	    &v->page.key, salt, make_ad(&ad, span_of(file), name), value, file);
}

enum st
vault_file_check(struct vault *v, const struct vault_name *name,
    struct span file, struct vault_parts *parts)
{
	uint8_t check[SEAL_DIGEST_BYTES];
	struct span magic, set_at, expires_at;

	parts->checked = span_sub(file, 0, CHECKED_BYTES);
	if (file.n <= VAULT_OVERHEAD_BYTES ||
	    !span_take(&file, MAGIC.n, &magic) || !span_eq(magic, MAGIC) ||
	    !span_take(&file, 8, &set_at) ||
	    !span_take(&file, 8, &expires_at) ||
	    !span_take(&file, SEAL_DIGEST_BYTES, &parts->mark) ||
	    !span_take(&file, SEAL_DIGEST_BYTES, &parts->check))
		return vault_failed(
		    v, ST_CORRUPT, "the secret's file is damaged");
	parts->sealed = file;
	mark_header(v, parts->sealed.p, parts->checked, name, check);
	if (!seal_is_same(check, parts->check.p, sizeof check))
		return vault_failed(v, ST_CORRUPT,
		    "the secret's file is damaged, "
		    "or was sealed under another key");
	parts->times.set_at = get_i64(set_at);
	parts->times.expires_at = get_i64(expires_at);
	return ST_OK;
}

enum st
vault_file_open(struct vault *v, const struct vault_name *name,
    struct span file, struct buf *secret)
{
	uint8_t mark[SEAL_DIGEST_BYTES], room[TEXT_MAX_BYTES];
	struct buf ad = BUF_OVER(room);
	struct vault_parts parts;
	enum st st = vault_file_check(v, name, file, &parts);

	if (st != ST_OK)
		return st;
	mark_binding(&v->page.key, parts.sealed.p, name->binding, mark);
	if (!seal_is_same(mark, parts.mark.p, sizeof mark))
		return vault_failed(v, ST_DENIED,
		    "the secret was entered for another destination");
	st = seal_open(&v->page.key,
	    make_ad(&ad, span_sub(file, 0, VAULT_HEADER_BYTES), name),
	    parts.sealed, secret);
	if (st != ST_OK)
		return vault_failed(
		    v, ST_CORRUPT, "the secret's file is damaged");
	return ST_OK;
}
