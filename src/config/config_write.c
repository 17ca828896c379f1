/* SPDX-License-Identifier: MIT */
/*
 * The configuration back to JSON, from the same table that it is read by: what
 * is in use, defaults included.  In pieces, since a connector may have 32 KiB
 * of exclusions; which one comes next is in *piece:
 *
 *	0                    what stands before the connectors
 *	1 + i, 0             connector i
 *	1 + i, e             its exclusion e - 1, or its end
 *	1 + connectors + i   sink i, or the end
 */
#include <string.h>

#include "config/config_priv.h"

#define STEP UINT64_C(256)

_Static_assert(CONFIG_EXCLUDE_MAX_COUNT + 1 < STEP, "pieces of a connector");

/* No URL with user information is taken (config_url.c).  Should one be: what
 * stands between "://" and "@" is not shown. */
static void
put_text(struct json_out *o, struct span text)
{
	const struct span scheme = SPAN_LIT("://");
	uint8_t room[CONFIG_EXCLUDE_MAX_BYTES];
	struct buf shown = BUF_OVER(room);
	struct span before;

	for (;;) {
		size_t at = span_find_nocase(text, scheme);
		size_t user;

		if (at == SIZE_MAX || !span_take(&text, at + scheme.n, &before))
			break;
		buf_put(&shown, before);
		user = span_find_byte(text, '@');
		if (user != SIZE_MAX && span_take(&text, user, &before))
			buf_put_str(&shown, "***");
	}
	buf_put(&shown, text);
	json_put_string(o, span_of(&shown));
}

/* The field of a key in the struct at `base`. */
static const void *
field(const struct config_key *key, const void *base)
{
	return (const char *)base + key->at;
}

static uint32_t
number_of(const struct config_key *key, const void *base)
{
	uint32_t wide = 0;
	uint8_t narrow;
	bool flag;

	switch (key->kind) {
	case CONFIG_KIND_BOOL:
		memcpy(&flag, field(key, base), sizeof flag);
		return flag;
	case CONFIG_KIND_WORDS:
		memcpy(&narrow, field(key, base), sizeof narrow);
		return narrow;
	case CONFIG_KIND_INT:
	case CONFIG_KIND_WORD:
		memcpy(&wide, field(key, base), sizeof wide);
		return wide;
	case CONFIG_KIND_TEXT:
	case CONFIG_KIND_LIST:
	case CONFIG_KIND_OBJECT:
		break;
	}
	return wide;
}

static void
put_words(struct json_out *o, const char *const *words, uint32_t bits)
{
	json_put_open(o, '[');
	for (size_t i = 0; words[i] != NULL; i++)
		if ((bits >> i & 1) != 0)
			json_put_string(o, span_str(words[i]));
	json_put_close(o, ']');
}

static void
put_value(struct json_out *o, const struct config_key *key, const void *base)
{
	uint32_t n = number_of(key, base);
	struct span text;

	switch (key->kind) {
	case CONFIG_KIND_TEXT:
		memcpy(&text, field(key, base), sizeof text);
		put_text(o, text);
		break;
	case CONFIG_KIND_BOOL:
		json_put_bool(o, n != 0);
		break;
	case CONFIG_KIND_INT:
		json_put_int(o, n);
		break;
	case CONFIG_KIND_WORD:
		json_put_string(o, span_str(key->words[n]));
		break;
	case CONFIG_KIND_WORDS:
		put_words(o, key->words, n);
		break;
	case CONFIG_KIND_LIST:
	case CONFIG_KIND_OBJECT:
		json_put_null(o);
		break;
	}
}

/* Is there a field, and something in it? */
static bool
is_written(const struct config_key *key, unsigned types, const void *base)
{
	struct span text = SPAN_LIT("x");

	if (key->at == CONFIG_NOWHERE ||
	    (key->types != 0 && (key->types & types) == 0))
		return false;
	if (key->kind == CONFIG_KIND_TEXT)
		memcpy(&text, field(key, base), sizeof text);
	return text.n != 0;
}

static void
put_members(struct json_out *o, const struct config_schema *schema,
    unsigned types, const void *base)
{
	for (size_t i = 0; i < schema->count; i++) {
		const struct config_key *key = &schema->keys[i];

		if (!is_written(key, types, base))
			continue;
		json_put_key(o, key->name);
		put_value(o, key, base);
	}
}

/* Some keys of a connector say something by being there. */
static void
put_connector_members(struct json_out *o, const struct config_connector *c)
{
	const struct {
		size_t at;
		bool is_given;
	} only[] = {
		{ offsetof(struct config_connector, authority_url),
		    c->cloud == CONFIG_CUSTOM },
		{ offsetof(struct config_connector, arm_url),
		    c->cloud == CONFIG_CUSTOM },
		{ offsetof(struct config_connector, api_version),
		    c->api_version_given },
		{ offsetof(struct config_connector, statuses),
		    c->statuses_given },
	};

	for (size_t i = 0; i < config_connector_keys.count; i++) {
		struct config_schema one = { &config_connector_keys.keys[i],
			1 };
		bool is_given = true;

		for (size_t k = 0; k < sizeof only / sizeof only[0]; k++)
			if (one.keys->at == only[k].at)
				is_given = only[k].is_given;
		if (is_given)
			put_members(o, &one, 0, c);
	}
}

static void
put_head(struct json_out *o, const struct config *c)
{
	json_put_open(o, '{');
	put_members(o, &config_root, 0, c);
	json_put_key(o, "network");
	json_put_open(o, '{');
	put_members(o, &config_network, 0, c);
	json_put_close(o, '}');
	json_put_key(o, "control");
	json_put_open(o, '{');
	put_members(o, &config_control, 0, c);
	if (c->web_admin_count != 0) {
		json_put_key(o, "web_admins");
		json_put_open(o, '[');
		for (size_t i = 0; i < c->web_admin_count; i++)
			put_text(o, c->web_admins[i]);
		json_put_close(o, ']');
	}
	json_put_close(o, '}');
	json_put_key(o, "store");
	json_put_open(o, '{');
	put_members(o, &config_store, 0, c);
	json_put_close(o, '}');
	json_put_key(o, "connectors");
	json_put_open(o, '[');
}

/* One piece of a connector; true: that was its last. */
static bool
put_connector(struct json_out *o, const struct config_connector *c, size_t part)
{
	if (part == 0) {
		json_put_open(o, '{');
		put_connector_members(o, c);
		json_put_key(o, "exclude");
		json_put_open(o, '[');
		return false;
	}
	if (part > c->exclude_count) {
		json_put_close(o, ']');
		json_put_close(o, '}');
		return true;
	}
	o->comma = part != 1;
	json_put_open(o, '{');
	json_put_key(
	    o, config_exclude_keys.keys[c->exclude[part - 1].kind].name);
	/* Kept as canonical text. */
	json_put_text(o, c->exclude[part - 1].value);
	json_put_close(o, '}');
	return false;
}

bool
config_write(const struct config *c, uint64_t *piece, struct buf *out)
{
	struct json_out o = { out, false };
	uint64_t i = *piece / STEP;
	size_t part = *piece % STEP;

	if (i == 0) {
		put_head(&o, c);
		*piece = STEP;
		return true;
	}
	if (--i < c->connector_count) {
		o.comma = part == 0 && i != 0;
		*piece = put_connector(&o, &c->connector[i], part) ?
		    (i + 2) * STEP :
		    *piece + 1;
		return true;
	}
	i -= c->connector_count;
	if (i > c->sink_count)
		return false;
	if (i == 0) {
		json_put_close(&o, ']');
		json_put_key(&o, "sinks");
		json_put_open(&o, '[');
	}
	if (i < c->sink_count) {
		o.comma = i != 0;
		json_put_open(&o, '{');
		put_members(
		    &o, &config_sink_keys, 1u << c->sink[i].type, &c->sink[i]);
		json_put_close(&o, '}');
	} else {
		json_put_close(&o, ']');
		json_put_close(&o, '}');
		buf_put_byte(out, '\n');
	}
	*piece += STEP;
	return true;
}
