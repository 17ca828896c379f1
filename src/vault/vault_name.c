/* SPDX-License-Identifier: MIT */
#include <assert.h>

#include "vault/vault_priv.h"

#define SINK_SCOPE SPAN_LIT("sink:")
#define SINK_FILE  SPAN_LIT("sink_")

#define SIZE_OF_MEMBER(type, member) sizeof((type *)0)->member

_Static_assert(SIZE_OF_MEMBER(struct vault_entry, scope) >
	sizeof "sink:" + VAULT_NAME_MAX_BYTES,
    "every scope fits");
_Static_assert(
    SIZE_OF_MEMBER(struct vault_entry, field) > VAULT_FIELD_MAX_BYTES,
    "every field fits");

static const char *const FIELDS[] = {
	"client_secret",
	"client_secret_next",
	"client_certificate",
	"client_certificate_next",
	"proxy_password",
	"password",
	"token",
};

bool
vault_is_field(struct span field)
{
	for (size_t i = 0; i < sizeof FIELDS / sizeof FIELDS[0]; i++)
		if (span_eq(field, span_str(FIELDS[i])))
			return true;
	return false;
}

/* [a-z0-9][a-z0-9-]{0,31}: nothing that a path could be made of. */
static bool
is_name(struct span s)
{
	if (s.n == 0 || s.n > VAULT_NAME_MAX_BYTES || s.p[0] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') &&
		    !(s.p[i] >= '0' && s.p[i] <= '9') && s.p[i] != '-')
			return false;
	return true;
}

bool
vault_is_scope(struct span scope)
{
	if (span_has_prefix(scope, SINK_SCOPE))
		scope = span_sub(scope, SINK_SCOPE.n, scope.n);
	return is_name(scope);
}

void
vault_state_path(
    const struct vault *v, struct span file, char path[PATH_MAX_BYTES])
{
	enum st st = file_path(path, span_str(v->dir), file);

	assert(st == ST_OK);
	(void)st;
}

bool
vault_file_path(const struct vault *v, const struct vault_name *name,
    char path[PATH_MAX_BYTES])
{
	uint8_t room[128];
	struct buf file = BUF_OVER(room);
	struct span scope = name->scope;

	if (!vault_is_scope(scope) || !vault_is_field(name->field))
		return false;
	buf_put_str(&file, VAULT_FOLDER "/");
	if (span_has_prefix(scope, SINK_SCOPE)) {
		buf_put(&file, SINK_FILE);
		scope = span_sub(scope, SINK_SCOPE.n, scope.n);
	}
	buf_put(&file, scope);
	buf_put_byte(&file, '.');
	buf_put(&file, name->field);
	vault_state_path(v, span_of(&file), path);
	return true;
}

bool
vault_file_parse(struct span file, struct vault_entry *entry)
{
	struct span scope, rest = file;
	struct buf text = BUF_OVER(entry->scope);

	if (!span_split(&rest, '.', &scope) || !vault_is_field(rest))
		return false;
	if (span_has_prefix(scope, SINK_FILE)) {
		buf_put(&text, SINK_SCOPE);
		scope = span_sub(scope, SINK_FILE.n, scope.n);
	}
	if (!is_name(scope))
		return false;
	buf_put(&text, scope);
	buf_put_byte(&text, 0);
	return !text.cut &&
	    span_to_str(rest, entry->field, sizeof entry->field) == ST_OK;
}
