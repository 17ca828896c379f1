/* SPDX-License-Identifier: MIT */
/* The list of connectors: addresses of the clouds, unique names and
 * workspaces, exclusions. */
#include "config/config_priv.h"

#include <assert.h>
#include <limits.h>

/* ---- rules between keys ------------------------------------------------- */

/* sentinel.md 3.5: Entra and ARM of each cloud. */
static const struct {
	const char *authority, *arm;
} CLOUD[] = {
	[CONFIG_PUBLIC] = { "https://login.microsoftonline.com",
	    "https://management.azure.com" },
	[CONFIG_USGOV] = { "https://login.microsoftonline.us",
	    "https://management.usgovcloudapi.net" },
};

/* The origins of a custom cloud are the operator's, all others ours. */
static void
apply_cloud(struct config_object *o, struct config_connector *connector)
{
	static const char *const URLS[] = { "authority_url", "arm_url" };
	bool custom = connector->cloud == CONFIG_CUSTOM;

	if (config_object_value(o, "cloud") >= 0 &&
	    !config_object_is_right(o, "cloud"))
		return;
	for (size_t i = 0; i < 2; i++) {
		bool given = config_object_value(o, URLS[i]) >= 0;

		if (custom && !given)
			config_object_blame(o, URLS[i],
			    "is missing, required "
			    "with cloud \"custom\": https://HOST or "
			    "https://HOST:PORT");
		if (!custom && given)
			config_object_blame(o, URLS[i],
			    "stands with a cloud "
			    "that has its own, allowed: only with cloud "
			    "\"custom\"");
	}
	if (custom)
		return;
	connector->authority_url = span_str(CLOUD[connector->cloud].authority);
	connector->arm_url = span_str(CLOUD[connector->cloud].arm);
}

static bool
is_word(const struct config_walk *w, int token, struct span word)
{
	uint8_t text[16];
	struct buf b = BUF_OVER(text);

	json_decode(&b, json_string(&w->doc, token));
	return !b.cut && span_eq(span_of(&b), word);
}

/* Absent parts are those that were wrong: nothing can be said then. */
static bool
is_same_workspace(
    const struct config_connector *a, const struct config_connector *b)
{
	const struct span parts[][2] = {
		{ a->arm_url, b->arm_url },
		{ a->subscription_id, b->subscription_id },
		{ a->resource_group, b->resource_group },
		{ a->workspace_name, b->workspace_name },
	};

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (parts[i][0].n == 0 ||
		    !span_eq_nocase(parts[i][0], parts[i][1]))
			return false;
	return true;
}

static void
check_unique(struct config_object *o, const struct config *c, size_t index)
{
	const struct config_connector *connector = &c->connector[index];

	for (size_t i = 0; i < index; i++) {
		const struct config_connector *other = &c->connector[i];

		if (connector->name.n != 0 &&
		    span_eq(connector->name, other->name))
			config_object_blame(
			    o, "name", "is the name of another connector");
		if (is_same_workspace(connector, other))
			config_object_blame(o, "workspace_name",
			    "is the workspace of another connector");
	}
}

/* ---- exclusions --------------------------------------------------------- */

/* Keep the right value of kind `kind` in canonical form.  That is never longer
 * than what stands in the file, so that the pool has room. */
static void
add_exclude(struct config_walk *w, int token, enum config_exclude_kind kind,
    struct config_connector *connector)
{
	struct config *c = w->c;
	struct config_exclude
	    *exclude = &connector->exclude[connector->exclude_count];
	uint8_t text[CONFIG_EXCLUDE_MAX_BYTES];
	struct buf utf8 = BUF_OVER(text);
	struct buf canonical = { c->pool + c->pool_n, 0,
		sizeof c->pool - c->pool_n, false };

	json_decode(&utf8, json_string(&w->doc, token));
	json_encode(&canonical, span_of(&utf8));
	assert(!utf8.cut && !canonical.cut);
	c->pool_n += canonical.n;
	exclude->kind = kind;
	exclude->value = span_of(&canonical);
	connector->exclude_count++;
}

/* The key of the table that stands first in the object; schema->count when
 * there is none. */
static size_t
find_first(const struct config_object *o)
{
	size_t first = o->schema->count;
	int lowest = INT_MAX;

	for (size_t i = 0; i < o->schema->count; i++)
		if (o->member[i].key >= 0 && o->member[i].key < lowest) {
			lowest = o->member[i].key;
			first = i;
		}
	return first;
}

static void
read_exclude(
    struct config_walk *w, int token, struct config_connector *connector)
{
	const struct config_schema *schema = &config_exclude_keys;
	const struct config_key *key;
	struct config_object o;
	size_t first;

	config_object_open(&o, w, schema, token);
	config_object_read(&o, 0, NULL);
	first = find_first(&o);
	for (size_t i = 0; i < schema->count; i++)
		if (i != first && o.member[i].key >= 0)
			config_object_blame(&o, schema->keys[i].name,
			    "is a second one in one object, allowed: an "
			    "object for each");
	if (json_first(&w->doc, token) < 0)
		config_say(w, token,
		    "is empty, allowed: one of "
		    "title_contains, label, product, rule_id");
	if (first < schema->count && o.member[first].wrong == NULL)
		add_exclude(w, o.member[first].value,
		    (enum config_exclude_kind)first, connector);
	key = config_object_next(&o);
	assert(key == NULL); /* the table has no object and no list */
}

/* ---- connectors --------------------------------------------------------- */

static void
read_connector(struct config_walk *w, int token, size_t index)
{
	struct config_connector *connector = &w->c->connector[index];
	const struct config_schema *schema = &config_connector_keys;
	const struct config_key *key;
	struct config_object o;
	struct config_list list;

	config_set_defaults(schema, 0, connector);
	config_object_open(&o, w, schema, token);
	config_object_read(&o, 0, connector);
	connector->api_version_given = config_object_value(&o, "api_version") >=
	    0;
	connector->statuses_given = config_object_value(&o, "statuses") >= 0;
	if (is_word(
		w, config_object_value(&o, "status_sync"), SPAN_LIT("both")))
		config_object_blame(&o, "status_sync",
		    "is reserved for a later version, allowed: \"pull\"");
	apply_cloud(&o, connector);
	check_unique(&o, w->c, index);
	while ((key = config_object_next(&o)) != NULL) {
		config_list_open(&list, w, key, o.value);
		while (config_list_next(&list))
			read_exclude(w, list.at, connector);
	}
}

void
config_read_connectors(
    struct config_walk *w, const struct config_key *key, int token)
{
	struct config_list list;

	config_list_open(&list, w, key, token);
	while (config_list_next(&list)) {
		read_connector(w, list.at, list.i);
		w->c->connector_count = list.i + 1;
	}
}
