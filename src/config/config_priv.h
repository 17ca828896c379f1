/* SPDX-License-Identifier: MIT */
/*
 * config_priv.h - how the parts of config work together.
 *
 *	config_table.c      what keys there are: type, range, default, place
 *	config_check.c      what a text must look like
 *	config_url.c        the same for URLs
 *	config_object.c     one object of the file against one table
 *	config_value.c      one value of it
 *	config_strange.c    secrets and repeated keys in what no table knows
 *	config_fault.c      what is reported, and where
 *	config_words.c      the words for it
 *	config_connector.c  rules between the keys of connectors
 *	config_sink.c       and of sinks
 *	config.c            the file as a whole
 *	config_write.c      and back to JSON
 *
 * A new key is one line in a table and a field in config.h.
 */
#ifndef CONFIG_CONFIG_PRIV_H
#define CONFIG_CONFIG_PRIV_H

#include "config/config.h"

/* ---- tables ------------------------------------------------------------- */

/*
 * What a text must look like.
 *
 * check    looks at the decoded value, which is neither empty nor longer than
 *          `max` and has no control character.  It may make it canonical in
 *          its place: small letters, a shorter text.  NULL when it is right,
 *          else what is wrong with it: "is not a GUID".  May be NULL.
 * hide     never show a wrong value: it may hold a password
 */
struct config_form {
	const char *(*check)(struct buf *value);
	size_t max;
	bool hide;
	const char *allowed;
};

/* The kind of value, and in brackets the type of its field. */
enum config_kind {
	CONFIG_KIND_TEXT,   /* a string of a form (struct span) */
	CONFIG_KIND_INT,    /* min..max (uint32_t) */
	CONFIG_KIND_BOOL,   /* (bool) */
	CONFIG_KIND_WORD,   /* one of `words` (an enum in the same order) */
	CONFIG_KIND_WORDS,  /* a set of them, not empty if min is 1 (uint8_t) */
	CONFIG_KIND_OBJECT, /* the two are handed to the caller */
	CONFIG_KIND_LIST,   /* min..max elements, `allowed` says of what */
};

struct config_key {
	const char *name;
	enum config_kind kind;
	bool required;
	uint8_t types; /* sinks: bits 1 << type; 0: for all */
	size_t at;     /* offsetof, or CONFIG_NOWHERE */
	uint32_t min, max;
	uint32_t value;   /* default of INT, BOOL, WORD, WORDS */
	const char *text; /* default of TEXT; NULL: absent */
	const struct config_form *form;
	const char *const *words; /* NULL-ended */
	const char *allowed;      /* instead of the usual words */
};

#define CONFIG_NOWHERE SIZE_MAX

struct config_schema {
	const struct config_key *keys;
	size_t count; /* at most CONFIG_KEY_MAX_COUNT */
};

extern const struct config_schema config_root, config_connector_keys,
    config_exclude_keys, config_network, config_control, config_store,
    config_sink_keys;

/* What the ids of the appliance look like: also in node.json. */
extern const struct config_form config_form_guid, config_form_label;

/* The words of enum config_sink_type, NULL-ended. */
extern const char *const config_sink_types[];

/* ---- one load ----------------------------------------------------------- */

struct config_walk {
	struct config *c;
	struct json_doc doc;
	config_report *report;
	void *ctx;
	bool lenient;    /* the version is above ours */
	bool failed;     /* something was reported that refuses */
	struct buf path; /* of the value at hand */
	char path_text[CONFIG_FAULT_KEY_MAX_BYTES - sizeof "..."];
	/* The position that was asked for last: the next one is not far. */
	size_t offset;
	unsigned line, column;
};

/* A place in w->path to come back to. */
struct config_mark {
	uint16_t n;
	bool cut;
};

struct config_mark config_path_mark(const struct config_walk *w);
void config_path_return(struct config_walk *w, struct config_mark mark);
void config_path_name(struct config_walk *w, const char *name);
/* A key that the file spells: escaped and cut. */
void config_path_key(struct config_walk *w, int key);
void config_path_index(struct config_walk *w, size_t i);

/* ---- words (what does not fit is left out) ------------------------------ */

/* UTF-8 as printable ASCII: at most `max` bytes and, where more was there,
 * "...". */
void config_put_cut(struct buf *b, struct span utf8, size_t max);

/* A value: quoted and cut, or "the value (not shown)" where it may be a secret
 * or `hide`. */
void config_put_shown(
    struct buf *b, const struct json_doc *doc, int token, bool hide);

/* ", allowed: ..." */
void config_put_allowed(struct buf *b, const struct config_key *key);

/* Names of the table's keys, as many as there is room for. */
void config_put_keys(struct buf *b, const struct config_schema *schema);

/* Why is `text` no JSON at `offset`? */
const char *config_why_syntax(struct span text, size_t offset);

/* ---- faults ------------------------------------------------------------- */

/* Report `text` at a byte of the file, under the path at hand. */
void config_say_at(struct config_walk *w, size_t offset, const char *text);

/* The same at a token: a key, a value, or the object that misses a key. */
void config_say(struct config_walk *w, int token, const char *text);

/* "VALUE <wrong>, allowed: ..." of a value that `key` describes, and a look
 * for secrets in it. */
void config_say_value(struct config_walk *w, int token,
    const struct config_key *key, const char *wrong);

/* "VALUE <rule>", where the rule says itself what is allowed. */
void config_say_rule(struct config_walk *w, int token,
    const struct config_key *key, const char *rule);

/* A required key is not in `object`. */
void config_say_missing(
    struct config_walk *w, int object, const struct config_key *key);

/* A key that `schema` does not have: a warning where w->lenient. */
void config_say_unknown(
    struct config_walk *w, int key, const struct config_schema *schema);

/* A key that belongs to other types of sink: `types` has a bit for each. */
void config_say_foreign(struct config_walk *w, int key, unsigned types);

/* The file as a whole cannot be read as JSON: the byte at `offset`. */
void config_say_syntax(struct config_walk *w, struct span text, size_t offset);

/* ---- values ------------------------------------------------------------- */

extern const char config_wrong_type[];

/* Decode a string, check it and keep it in the pool.  NULL when it is right,
 * and *text is set; else what is wrong. */
const char *config_read_text(struct config_walk *w,
    const struct config_form *form, int token, struct span *text);

/* Parse a value to its field of the struct at `base`.  NULL, or what is wrong;
 * of WORDS the faults of the elements are not told. */
const char *config_read_value(
    struct config_walk *w, const struct config_key *key, int token, void *base);

/* Report what is wrong with the elements of a list of words. */
void config_say_words(
    struct config_walk *w, const struct config_key *key, int token);

/* The default to its field; the key has one (not CONFIG_NOWHERE). */
void config_set_default(const struct config_key *key, void *base);

/* ---- objects ------------------------------------------------------------ */

/* A key of the table, as it was found in the file. */
struct config_member {
	int key, value;    /* tokens of the first one, or -1 */
	const char *wrong; /* NULL: nothing */
	bool is_rule;      /* `wrong` says what is allowed */
};

struct config_object {
	struct config_walk *w;
	const struct config_schema *schema;
	int token;
	unsigned types;   /* whose keys were read */
	unsigned strange; /* keys that no table knows */
	bool begun;
	int at;    /* key at hand */
	int value; /* its value */
	struct config_mark mark;
	struct config_member member[CONFIG_KEY_MAX_COUNT];
};

/* Fill the fields at `base` with the defaults of the keys for `types` (a bit
 * of config_key.types; 0: the keys for all). */
void config_set_defaults(
    const struct config_schema *schema, unsigned types, void *base);

/*
 * Reading one object goes: open, read (twice where keys depend on a type),
 * blame as often as needed, then next until NULL.  Only next reports, so that
 * faults come in the order of the file although rules look at several keys.
 */
void config_object_open(struct config_object *o, struct config_walk *w,
    const struct config_schema *schema, int token);

/* Parse the values of the keys for `types` into `base`; what is wrong is kept
 * for next. */
void config_object_read(struct config_object *o, unsigned types, void *base);

/* The value of a key of the table, -1 when it is absent. */
int config_object_value(const struct config_object *o, const char *name);

/* Is there such a key with a right value? */
bool config_object_is_right(const struct config_object *o, const char *name);

/* Keep a broken rule between keys for next: it goes before a fault of the value
 * alone, and the first one wins.  `rule` is constant. */
void config_object_blame(
    struct config_object *o, const char *name, const char *rule);

/*
 * Go on through the keys in the order of the file, reporting every fault.
 *
 * returns  the next key of kind OBJECT or LIST that has a value of that type:
 *          o->value, whose path is w->path until the next call.  NULL at the
 *          end.
 */
const struct config_key *config_object_next(struct config_object *o);

/* Going through a list: open, then next until false. */
struct config_list {
	struct config_walk *w;
	const struct config_key *key;
	int next;
	int at;   /* the element at hand */
	size_t i; /* its place */
	size_t count;
	struct config_mark mark;
};

void config_list_open(struct config_list *l, struct config_walk *w,
    const struct config_key *key, int token);

/* The next element of the right type: strings where the key has a form, else
 * objects.  Others are reported, and the first one that is too many. */
bool config_list_next(struct config_list *l);

/* ---- the lists of the file ---------------------------------------------- */

void config_read_connectors(
    struct config_walk *w, const struct config_key *key, int token);
void config_read_sinks(
    struct config_walk *w, const struct config_key *key, int token);
/* The one sink of a file that names none. */
void config_set_default_sink(struct config *c);

/* ---- what no table describes -------------------------------------------- */

/* Look at everything below a value that no table describes. */
void config_look_below(struct config_walk *w, int token);

/* Report `key` if it looks like a place for a secret.  True if so. */
bool config_is_secret(struct config_walk *w, int key);

/* Report `key` if the same one stood before in `object`. */
bool config_is_repeated(struct config_walk *w, int object, int key);

/* Equal without case, '-' and '_': "tenantId" is like "tenant_id". */
bool config_is_like(struct span a, const char *b);

/* ---- checks ------------------------------------------------------------- */

const char *config_check_name(struct buf *value);
const char *config_check_guid(struct buf *value);
const char *config_check_label(struct buf *value);
const char *config_check_group(struct buf *value);
const char *config_check_workspace(struct buf *value);
const char *config_check_api_version(struct buf *value);
const char *config_check_origin(struct buf *value);
const char *config_check_proxy(struct buf *value);
const char *config_check_servers(struct buf *value);
const char *config_check_subject(struct buf *value);
const char *config_check_stream(struct buf *value);
const char *config_check_email(struct buf *value);
const char *config_check_path(struct buf *value);
const char *config_check_user(struct buf *value);
const char *config_check_basic_user(struct buf *value);
const char *config_check_not_blank(struct buf *value);

#endif
