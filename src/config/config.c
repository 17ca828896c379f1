/* SPDX-License-Identifier: MIT */
/*
 * The file as a whole.
 *
 *	bytes --json_check--> text --json_doc_parse--> tokens
 *	tokens + tables --config_object_*--> struct config, faults
 *
 * One pass over the objects in the order of the file; each object's values are
 * parsed before its faults are reported, so that a rule may look at all keys
 * of the object and at the objects before it, and faults still come in order.
 */
#include "config/config_priv.h"

#include "platform/file.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static_assert(CONFIG_FILE_MAX_BYTES == 65536 && CONFIG_TOKEN_MAX_COUNT == 3000,
    "the messages below say these numbers");

static void
begin(struct config_walk *w, struct config *c, config_report *report, void *ctx)
{
	/* The pool is written before it is read; most is never touched. */
	memset(c, 0, offsetof(struct config, pool));
	c->pool_n = 0;
	*w = (struct config_walk){
		.c = c, .report = report, .ctx = ctx, .line = 1, .column = 1
	};
	w->path = BUF_OVER(w->path_text);
}

/* ---- the appliance's own values ----------------------------------------- */

/* A checked and canonical copy in the pool. */
static bool
keep(struct config *c, const struct config_form *form, struct span value,
    struct span *kept)
{
	struct buf b = { c->pool + c->pool_n, 0, sizeof c->pool - c->pool_n,
		false };

	if (value.n == 0 || value.n > form->max)
		return false;
	buf_put(&b, value);
	if (b.cut || form->check(&b) != NULL)
		return false;
	*kept = span_of(&b);
	c->pool_n += b.n;
	return true;
}

static void
apply_defaults(struct config_object *o, struct config *c,
    const struct config_defaults *defaults)
{
	struct config_defaults given = { SPAN_NONE, SPAN_NONE };

	if (defaults != NULL)
		given = *defaults;
	if (config_object_value(o, "appliance_id") < 0 &&
	    !keep(c, &config_form_guid, given.appliance_id, &c->appliance_id))
		config_object_blame(o, "appliance_id",
		    "is missing, and this "
		    "appliance has no node.json to take it from, allowed: a "
		    "GUID");
	if (config_object_value(o, "org_id") < 0 &&
	    !keep(c, &config_form_label, given.org_id, &c->org_id))
		c->org_id = SPAN_LIT("witfoo");
}

/* ---- sections ----------------------------------------------------------- */

static const struct {
	const char *name;
	const struct config_schema *schema;
} SECTION[] = {
	{ "network", &config_network },
	{ "control", &config_control },
	{ "store", &config_store },
};

#define SECTION_COUNT (sizeof SECTION / sizeof *SECTION)

static void
read_admins(struct config_walk *w, const struct config_key *key, int token)
{
	struct config *c = w->c;
	struct config_list list;

	config_list_open(&list, w, key, token);
	while (config_list_next(&list)) {
		struct span *name = &c->web_admins[list.i];
		const char *wrong = config_read_text(
		    w, key->form, list.at, name);

		if (wrong != NULL)
			config_say_value(w, list.at, key, wrong);
		c->web_admin_count = list.i + 1;
	}
}

static void
read_section(struct config_walk *w, const char *name, int token)
{
	const struct config_key *key;
	struct config_object o;
	size_t i = 0;

	while (i < SECTION_COUNT && strcmp(SECTION[i].name, name) != 0)
		i++;
	assert(i < SECTION_COUNT);
	config_object_open(&o, w, SECTION[i].schema, token);
	config_object_read(&o, 0, w->c);
	while ((key = config_object_next(&o)) != NULL)
		read_admins(w, key, o.value);
}

static void
read_root(struct config_walk *w, const struct config_defaults *defaults)
{
	struct config *c = w->c;
	const struct config_key *key;
	struct config_object o;

	config_set_defaults(&config_root, 0, c);
	for (size_t i = 0; i < SECTION_COUNT; i++)
		config_set_defaults(SECTION[i].schema, 0, c);
	config_object_open(&o, w, &config_root, 0);
	config_object_read(&o, 0, c);
	w->lenient = c->version > 1;
	apply_defaults(&o, c, defaults);
	if (config_object_value(&o, "sinks") < 0)
		config_set_default_sink(c);
	while ((key = config_object_next(&o)) != NULL) {
		if (strcmp(key->name, "connectors") == 0)
			config_read_connectors(w, key, o.value);
		else if (strcmp(key->name, "sinks") == 0)
			config_read_sinks(w, key, o.value);
		else
			read_section(w, key->name, o.value);
	}
}

/* ---- public ------------------------------------------------------------- */

static enum st
refuse_too_large(struct config_walk *w)
{
	config_say_at(w, 0, "the file is too large, allowed: 65536 bytes");
	return ST_FULL;
}

enum st
config_parse(struct config *c, struct span text,
    const struct config_defaults *defaults, struct config_scratch *s,
    config_report *report, void *ctx)
{
	struct config_walk w;
	size_t offset;
	enum st st;

	begin(&w, c, report, ctx);
	if (text.n > sizeof s->text)
		return refuse_too_large(&w);
	w.doc.text = text;
	if (json_check(text, &offset) != ST_OK) {
		config_say_syntax(&w, text, offset);
		return ST_CONFIG;
	}
	st = json_doc_parse(&w.doc, text, s->tok, CONFIG_TOKEN_MAX_COUNT);
	if (st == ST_FULL) {
		config_say_at(&w, 0,
		    "the file has too many keys and values, "
		    "allowed: 3000");
		return ST_FULL;
	}
	if (st != ST_OK || json_type(&w.doc, 0) != JSON_OBJECT) {
		config_say_at(&w, 0,
		    "the file is not an object, allowed: a "
		    "JSON object");
		return ST_CONFIG;
	}
	read_root(&w, defaults);
	return w.failed ? ST_CONFIG : ST_OK;
}

enum st
config_load(struct config *c, const char *path,
    const struct config_defaults *defaults, struct config_scratch *s,
    config_report *report, void *ctx)
{
	struct buf text = BUF_OVER(s->text);
	struct config_walk w;
	enum st st = file_load(path, &text);

	if (st == ST_FULL) {
		begin(&w, c, report, ctx);
		return refuse_too_large(&w);
	}
	if (st != ST_OK)
		return st;
	return config_parse(c, span_of(&text), defaults, s, report, ctx);
}

/* The text of a member where it has the form, else SPAN_NONE.  An escape is
 * not of the form, so that nothing has to be decoded. */
static struct span
node_member(const struct json_doc *doc, const char *name,
    const struct config_form *form)
{
	struct span s = json_string(doc, json_member(doc, 0, name));
	uint8_t copy[64];
	struct buf b = BUF_OVER(copy);

	buf_put(&b, s);
	if (s.n == 0 || s.n > form->max || b.cut || form->check(&b) != NULL)
		return SPAN_NONE;
	return s;
}

void
config_node_parse(struct span text, struct config_scratch *s,
    struct config_defaults *defaults)
{
	struct json_doc doc;
	size_t offset;

	*defaults = (struct config_defaults){ SPAN_NONE, SPAN_NONE };
	if (json_check(text, &offset) != ST_OK ||
	    json_doc_parse(&doc, text, s->tok, CONFIG_TOKEN_MAX_COUNT) != ST_OK)
		return;
	defaults->appliance_id = node_member(
	    &doc, "appliance_id", &config_form_guid);
	defaults->org_id = node_member(&doc, "org_id", &config_form_label);
}
