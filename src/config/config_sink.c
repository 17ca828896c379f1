/* SPDX-License-Identifier: MIT */
/* The list of sinks: defaults that depend on type and place, unique names, a
 * file for each. */
#include "config/config_priv.h"

#include <assert.h>

#define KEYS (&config_sink_keys)

/* The defaults of one sink of a known type; `index` is its place. */
static void
set_defaults(struct config_sink *sink, size_t index, enum config_sink_type type)
{
	config_set_defaults(KEYS, 0, sink);
	config_set_defaults(KEYS, 1u << type, sink);
	sink->type = type;
	sink->name = span_str(config_sink_types[type]);
	sink->required = index == 0;
	sink->format = type == CONFIG_SINK_FILE ? CONFIG_WORKUNIT :
						  CONFIG_ARTIFACT;
}

/* Two sinks that rotate the same file would lose records. */
static bool
is_same_file(const struct config_sink *a, const struct config_sink *b)
{
	return a->type == CONFIG_SINK_FILE && b->type == CONFIG_SINK_FILE &&
	    a->enabled && b->enabled && a->path.n != 0 &&
	    span_eq(a->path, b->path);
}

/* The last part of a path, as the state directory has them: a sink would write
 * over the store, the key or the audit log. */
static bool
is_ours(struct span path)
{
	static const char *const OURS[] = { "store.db", "vault.key",
		"config.json", "audit.ndjson" };
	struct span rest = path, name = path;

	while (span_split(&rest, '/', &name))
		if (span_eq(name, SPAN_LIT("..")) ||
		    span_eq(name, SPAN_LIT("secrets")))
			return true;
	for (size_t i = 0; i < sizeof OURS / sizeof OURS[0]; i++)
		if (span_has_prefix(name, span_str(OURS[i])))
			return true;
	return span_eq(name, SPAN_LIT("lock"));
}

static void
check_unique(struct config_object *o, const struct config *c, size_t index)
{
	const struct config_sink *sink = &c->sink[index];
	bool named = config_object_value(o, "name") >= 0;
	bool placed = config_object_value(o, "path") >= 0;

	for (size_t i = 0; i < index; i++) {
		const struct config_sink *other = &c->sink[i];

		if (sink->name.n != 0 && span_eq(sink->name, other->name))
			config_object_blame(o, "name",
			    named ? "is the name of another sink" :
				    "is missing, and the default is the name "
				    "of another sink");
		if (is_same_file(sink, other))
			config_object_blame(o, "path",
			    placed ? "is the file of another sink" :
				     "is missing, and the default is the file "
				     "of another sink");
	}
}

static void
read_sink(struct config_walk *w, int token, size_t index)
{
	struct config_sink *sink = &w->c->sink[index];
	size_t pool_n = w->c->pool_n;
	const struct config_key *key;
	struct config_object o;

	config_object_open(&o, w, KEYS, token);
	config_object_read(&o, 0, sink);
	if (config_object_is_right(&o, "type")) {
		enum config_sink_type type = sink->type;

		/* The defaults depend on the type: again, over them. */
		w->c->pool_n = pool_n;
		set_defaults(sink, index, type);
		config_object_read(&o, 0, sink);
		config_object_read(&o, 1u << type, sink);
	}
	check_unique(&o, w->c, index);
	if (config_object_is_right(&o, "path") && is_ours(sink->path))
		config_object_blame(&o, "path",
		    "is a file of the state directory, or has \"..\" in it");
	key = config_object_next(&o);
	assert(key == NULL); /* the table has no object and no list */
}

void
config_read_sinks(
    struct config_walk *w, const struct config_key *key, int token)
{
	struct config_list list;

	config_list_open(&list, w, key, token);
	while (config_list_next(&list)) {
		read_sink(w, list.at, list.i);
		w->c->sink_count = list.i + 1;
	}
}

void
config_set_default_sink(struct config *c)
{
	set_defaults(&c->sink[0], 0, CONFIG_SINK_FILE);
	c->sink_count = 1;
}
