/* SPDX-License-Identifier: MIT */
/*
 * One object of the file against one table of keys.
 *
 *	open   find the first member of every key of the table
 *	read   parse their values, keep what is wrong with each
 *	blame  (by the caller) rules between keys add to that
 *	next   go through the members in the order of the file and report
 *
 * Objects and lists are handed to the caller, which reads them with a struct
 * of their own: there is no recursion, and the depth is that of the tables.
 */
#include "config/config_priv.h"

#include <assert.h>
#include <string.h>

static bool
is_for(const struct config_key *key, unsigned types)
{
	return types == 0 ? key->types == 0 : (key->types & types) != 0;
}

void
config_set_defaults(
    const struct config_schema *schema, unsigned types, void *base)
{
	for (size_t i = 0; i < schema->count; i++)
		if (is_for(&schema->keys[i], types) &&
		    schema->keys[i].at != CONFIG_NOWHERE)
			config_set_default(&schema->keys[i], base);
}

/* Is this key of the file called so, escapes undone? */
static bool
is_called(const struct json_doc *doc, int key, const char *name)
{
	uint8_t text[JSON_KEY_MAX_BYTES];
	struct buf b = BUF_OVER(text);

	json_decode(&b, json_string(doc, key));
	return !b.cut && span_eq(span_of(&b), span_str(name));
}

void
config_object_open(struct config_object *o, struct config_walk *w,
    const struct config_schema *schema, int token)
{
	*o = (struct config_object){ .w = w,
		.schema = schema,
		.token = token,
		.at = -1,
		.value = -1,
		.mark = config_path_mark(w) };
	for (size_t i = 0; i < CONFIG_KEY_MAX_COUNT; i++)
		o->member[i].key = o->member[i].value = -1;
	for (int t = json_first(&w->doc, token); t >= 0;
	     t = json_next(&w->doc, t))
		for (size_t i = 0; i < schema->count; i++) {
			struct config_member *m = &o->member[i];

			if (m->key >= 0 ||
			    !is_called(&w->doc, t, schema->keys[i].name))
				continue;
			m->key = t;
			m->value = json_value(&w->doc, t);
		}
}

void
config_object_read(struct config_object *o, unsigned types, void *base)
{
	o->types |= types;
	for (size_t i = 0; i < o->schema->count; i++) {
		const struct config_key *key = &o->schema->keys[i];
		struct config_member *m = &o->member[i];

		if (m->value >= 0 && is_for(key, types))
			m->wrong = config_read_value(o->w, key, m->value, base);
	}
}

/* The place of a key that the caller names.  A name that the table does not
 * have is our own mistake. */
static size_t
index_of(const struct config_object *o, const char *name)
{
	size_t i = 0;

	while (
	    i < o->schema->count && strcmp(o->schema->keys[i].name, name) != 0)
		i++;
	assert(i < o->schema->count);
	return i;
}

int
config_object_value(const struct config_object *o, const char *name)
{
	return o->member[index_of(o, name)].value;
}

bool
config_object_is_right(const struct config_object *o, const char *name)
{
	const struct config_member *m = &o->member[index_of(o, name)];

	return m->value >= 0 && m->wrong == NULL;
}

void
config_object_blame(struct config_object *o, const char *name, const char *rule)
{
	struct config_member *m = &o->member[index_of(o, name)];

	if (m->is_rule)
		return;
	m->wrong = rule;
	m->is_rule = true;
}

/* ---- reporting ---------------------------------------------------------- */

/* Is this key read for the object, as far as its type is known? */
static bool
is_ours(const struct config_object *o, const struct config_key *key)
{
	return key->types == 0 || (key->types & o->types) != 0;
}

static void
report_missing(struct config_object *o)
{
	for (size_t i = 0; i < o->schema->count; i++) {
		const struct config_key *key = &o->schema->keys[i];
		const struct config_member *m = &o->member[i];

		if (m->value >= 0 || !is_ours(o, key))
			continue;
		config_path_name(o->w, key->name);
		if (m->wrong != NULL)
			config_say(o->w, o->token, m->wrong);
		else if (key->required)
			config_say_missing(o->w, o->token, key);
		config_path_return(o->w, o->mark);
	}
}

/* The table's entry for the key at hand: the one for the object's type, else
 * any of that name, else NULL. */
static const struct config_key *
find_key(const struct config_object *o)
{
	const struct config_key *found = NULL;

	for (size_t i = 0; i < o->schema->count; i++) {
		const struct config_key *key = &o->schema->keys[i];

		if ((found == NULL || is_ours(o, key)) &&
		    is_called(&o->w->doc, o->at, key->name))
			found = key;
	}
	return found;
}

/* All types that have a key of this name. */
static unsigned
types_of(const struct config_object *o, const char *name)
{
	unsigned types = 0;

	for (size_t i = 0; i < o->schema->count; i++)
		if (strcmp(o->schema->keys[i].name, name) == 0)
			types |= o->schema->keys[i].types;
	return types;
}

/* Report what is wrong with the value at hand.  True when it is an object or a
 * list for the caller. */
static bool
report_value(struct config_object *o, const struct config_key *key)
{
	const struct config_member *m = &o->member[key - o->schema->keys];

	if (m->wrong != NULL) {
		if (m->is_rule)
			config_say_rule(o->w, o->value, key, m->wrong);
		else
			config_say_value(o->w, o->value, key, m->wrong);
		return false;
	}
	if (key->kind == CONFIG_KIND_WORDS)
		config_say_words(o->w, key, o->value);
	return key->kind == CONFIG_KIND_OBJECT || key->kind == CONFIG_KIND_LIST;
}

/* The member at hand; the key when the caller has to go on with it. */
static const struct config_key *
report_member(struct config_object *o)
{
	struct config_walk *w = o->w;
	const struct config_key *key = find_key(o);

	if (key == NULL) {
		bool is_secret;

		config_path_key(w, o->at);
		o->strange++;
		is_secret = config_is_secret(w, o->at);
		if (!config_is_repeated(w, o->token, o->at) && !is_secret)
			config_say_unknown(w, o->at, o->schema);
		config_look_below(w, o->value);
		return NULL;
	}
	config_path_name(w, key->name);
	if (o->member[key - o->schema->keys].key != o->at) {
		config_say(w, o->at,
		    "stands twice in one object, allowed: "
		    "once");
		config_look_below(w, o->value);
	} else if (is_ours(o, key)) {
		return report_value(o, key) ? key : NULL;
	} else {
		/* Without a type that is known nothing can be said. */
		if (o->types != 0)
			config_say_foreign(w, o->at, types_of(o, key->name));
		config_look_below(w, o->value);
	}
	return NULL;
}

const struct config_key *
config_object_next(struct config_object *o)
{
	const struct json_doc *doc = &o->w->doc;
	const struct config_key *key = NULL;

	if (!o->begun)
		report_missing(o);
	while (key == NULL) {
		config_path_return(o->w, o->mark);
		o->at = o->begun ? json_next(doc, o->at) :
				   json_first(doc, o->token);
		o->begun = true;
		if (o->at < 0)
			return NULL;
		o->value = json_value(doc, o->at);
		key = report_member(o);
	}
	return key;
}

/* ---- lists -------------------------------------------------------------- */

void
config_list_open(struct config_list *l, struct config_walk *w,
    const struct config_key *key, int token)
{
	*l = (struct config_list){ .w = w,
		.key = key,
		.next = json_first(&w->doc, token),
		.at = -1,
		.mark = config_path_mark(w) };
}

bool
config_list_next(struct config_list *l)
{
	unsigned type = l->key->form != NULL ? JSON_STRING : JSON_OBJECT;
	struct config_walk *w = l->w;

	for (;;) {
		config_path_return(w, l->mark);
		if (l->next < 0)
			return false;
		l->at = l->next;
		l->i = l->count++;
		l->next = json_next(&w->doc, l->at);
		config_path_index(w, l->i);
		if (l->i >= l->key->max) {
			config_say_value(w, l->at, l->key, "is one too many");
			l->next = -1;
		} else if (json_type(&w->doc, l->at) == type)
			return true;
		else
			config_say_value(w, l->at, l->key, config_wrong_type);
	}
}
