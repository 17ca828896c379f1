/* SPDX-License-Identifier: MIT */
/*
 * The key of a board without protected storage, <state>/vault.key:
 *
 *     +------------+--------+-----------------------+
 *     | "WFVKEY01" | key 32 | CRC-32C, LE, of the 40 |
 *     +------------+--------+-----------------------+
 *
 * The CRC is not there for secrecy: it tells a damaged key from one that other
 * secrets were sealed under.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "platform/random.h"
#include "vault/vault_priv.h"

#define KEY_FILE       SPAN_LIT("vault.key")
#define KEY_MAGIC      SPAN_LIT("WFVKEY01")
#define KEY_FILE_BYTES 44u

_Static_assert(KEY_FILE_BYTES <= VAULT_SCRATCH_BYTES, "the kind's own room");

static void
put_crc(struct buf *b)
{
	uint32_t crc = seal_crc32c(0, span_of(b));

	for (unsigned i = 0; i < 4; i++)
		buf_put_byte(b, (uint8_t)(crc >> (8 * i)));
}

/* The whole file for a key, in the vault's scratch. */
static struct buf
make_file(struct vault *v, const uint8_t *key)
{
	struct buf file = BUF_OVER(v->page.scratch);

	buf_put(&file, KEY_MAGIC);
	buf_put(&file, (struct span){ key, SEAL_KEY_BYTES });
	put_crc(&file);
	return file;
}

static enum st
provision(struct vault *v, struct seal_key *key)
{
	char path[PATH_MAX_BYTES];
	struct buf file;

	random_bytes(key->b, sizeof key->b);
	file = make_file(v, key->b);
	vault_state_path(v, KEY_FILE, path);
	if (file_replace(path, span_of(&file), S_IRUSR | S_IWUSR) == ST_OK)
		return ST_OK;
	v->why = "vault.key cannot be written";
	return ST_IO;
}

/* What is read is right when the key in it makes the same file again. */
static enum st
check_file(struct vault *v, struct span found, struct seal_key *key)
{
	uint8_t was[KEY_FILE_BYTES];
	struct buf again;
	bool same;

	if (found.n != KEY_FILE_BYTES)
		return ST_CORRUPT;
	memcpy(was, found.p, sizeof was);
	memcpy(key->b, was + KEY_MAGIC.n, sizeof key->b);
	again = make_file(v, key->b);
	same = span_eq(span_of(&again), (struct span){ was, sizeof was });
	wipe(was, sizeof was);
	return same ? ST_OK : ST_CORRUPT;
}

static enum st
load(struct vault *v, struct seal_key *key)
{
	char path[PATH_MAX_BYTES];
	struct buf file = BUF_OVER(v->page.scratch);
	enum st st;

	vault_state_path(v, KEY_FILE, path);
	st = file_load_private(path, &file);
	if (st == ST_DENIED) {
		v->why = "vault.key is a link, or not for its owner alone "
			 "(mode 0600)";
		return ST_CORRUPT;
	}
	if (st == ST_OK || st == ST_FULL) {
		st = check_file(v, span_of(&file), key);
		if (st != ST_OK)
			v->why = "vault.key is damaged";
	} else if (st == ST_NOT_FOUND)
		v->why = "vault.key is missing";
	else
		v->why = "vault.key cannot be read";
	return st;
}

const struct vault_kind vault_device_key = { "device_key", provision, load };
