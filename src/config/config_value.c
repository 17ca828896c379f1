/* SPDX-License-Identifier: MIT */
/*
 * One value of the file, as its table entry says: is it of the type, in the
 * range, of the form?  Right ones go to their field, decoded and canonical.
 */
#include "config/config_priv.h"

#include <string.h>

const char config_wrong_type[] = "has the wrong type";

static bool
has_control(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	return false;
}

const char *
config_read_text(struct config_walk *w, const struct config_form *form,
    int token, struct span *text)
{
	struct config *c = w->c;
	struct buf value = { c->pool + c->pool_n, 0, sizeof c->pool - c->pool_n,
		false };
	const char *wrong = NULL;

	if (json_type(&w->doc, token) != JSON_STRING)
		return config_wrong_type;
	json_decode(&value, json_string(&w->doc, token));
	if (value.n == 0 && !value.cut)
		return "is empty";
	if (value.cut || value.n > form->max)
		return "is too long";
	if (has_control(span_of(&value)))
		return "has a control character";
	if (form->check != NULL)
		wrong = form->check(&value);
	if (wrong != NULL)
		return wrong;
	*text = span_of(&value);
	c->pool_n += value.n;
	return NULL;
}

static const char *
read_int(const struct json_doc *doc, const struct config_key *key, int token,
    uint32_t *value)
{
	struct span raw = json_raw(doc, token);
	int64_t v;

	if (json_type(doc, token) != JSON_NUMBER)
		return config_wrong_type;
	if (span_find_byte(raw, '.') != SIZE_MAX ||
	    span_find_nocase(raw, SPAN_LIT("e")) != SIZE_MAX)
		return "is not a whole number";
	if (json_int(doc, token, &v) != ST_OK || v < (int64_t)key->min ||
	    v > (int64_t)key->max)
		return "is out of range";
	*value = (uint32_t)v;
	return NULL;
}

/* The words have no letter that needs an escape, but may be written so. */
static const char *
read_word(const struct json_doc *doc, const struct config_key *key, int token,
    unsigned *value)
{
	uint8_t text[32];
	struct buf word = BUF_OVER(text);

	if (json_type(doc, token) != JSON_STRING)
		return config_wrong_type;
	json_decode(&word, json_string(doc, token));
	for (unsigned i = 0; key->words[i] != NULL; i++)
		if (!word.cut &&
		    span_eq(span_of(&word), span_str(key->words[i]))) {
			*value = i;
			return NULL;
		}
	return "is not known";
}

/* A list of words.  With `w` every fault is reported, else nothing is; the
 * result is the set of what was right. */
static unsigned
read_words(const struct json_doc *doc, const struct config_key *key, int list,
    struct config_walk *w)
{
	unsigned set = 0;
	unsigned i = 0;

	for (int t = json_first(doc, list); t >= 0; t = json_next(doc, t)) {
		unsigned word = 0;
		const char *wrong = read_word(doc, key, t, &word);

		if (wrong == NULL && (set & 1u << word) != 0)
			wrong = "stands twice";
		if (wrong == NULL)
			set |= 1u << word;
		if (wrong != NULL && w != NULL) {
			struct config_mark mark = config_path_mark(w);

			config_path_index(w, i);
			config_say_value(w, t, key, wrong);
			config_path_return(w, mark);
		}
		i++;
	}
	return set;
}

/* Does the list have the length that the table asks for?  Too long is said at
 * the first element that is too many. */
static const char *
check_list(const struct json_doc *doc, const struct config_key *key, int token)
{
	if (json_type(doc, token) != JSON_ARRAY)
		return config_wrong_type;
	return key->min != 0 && json_first(doc, token) < 0 ? "is empty" : NULL;
}

void
config_say_words(struct config_walk *w, const struct config_key *key, int token)
{
	(void)read_words(&w->doc, key, token, w);
}

static void *
field_at(const struct config_key *key, void *base)
{
	return key->at == CONFIG_NOWHERE ? NULL : (uint8_t *)base + key->at;
}

/* memcpy, since the field may be any enum. */
static void
store_unsigned(const struct config_key *key, void *base, unsigned value)
{
	memcpy(field_at(key, base), &value, sizeof value);
}

static const char *
read_bool(const struct json_doc *doc, int token, bool *value)
{
	return json_bool(doc, token, value) == ST_OK ? NULL : config_wrong_type;
}

const char *
config_read_value(
    struct config_walk *w, const struct config_key *key, int token, void *base)
{
	struct span text;
	unsigned number;
	uint8_t set;
	const char *wrong = NULL;

	switch (key->kind) {
	case CONFIG_KIND_TEXT:
		wrong = config_read_text(w, key->form, token, &text);
		if (wrong == NULL && key->at == CONFIG_NOWHERE)
			w->c->pool_n -= text.n; /* it was the last one */
		else if (wrong == NULL)
			memcpy(field_at(key, base), &text, sizeof text);
		break;
	case CONFIG_KIND_INT:
		wrong = read_int(&w->doc, key, token, &number);
		if (wrong == NULL)
			store_unsigned(key, base, number);
		break;
	case CONFIG_KIND_WORD:
		wrong = read_word(&w->doc, key, token, &number);
		if (wrong == NULL)
			store_unsigned(key, base, number);
		break;
	case CONFIG_KIND_BOOL:
		wrong = read_bool(&w->doc, token, field_at(key, base));
		break;
	case CONFIG_KIND_WORDS:
		wrong = check_list(&w->doc, key, token);
		set = (uint8_t)read_words(&w->doc, key, token, NULL);
		memcpy(field_at(key, base), &set, sizeof set);
		break;
	case CONFIG_KIND_LIST:
		wrong = check_list(&w->doc, key, token);
		break;
	case CONFIG_KIND_OBJECT:
		if (json_type(&w->doc, token) != JSON_OBJECT)
			wrong = config_wrong_type;
		break;
	}
	return wrong;
}

void
config_set_default(const struct config_key *key, void *base)
{
	struct span text = key->text == NULL ? SPAN_NONE : span_str(key->text);
	uint8_t set = (uint8_t)key->value;
	bool flag = key->value != 0;

	switch (key->kind) {
	case CONFIG_KIND_TEXT:
		memcpy(field_at(key, base), &text, sizeof text);
		break;
	case CONFIG_KIND_INT:
	case CONFIG_KIND_WORD:
		store_unsigned(key, base, key->value);
		break;
	case CONFIG_KIND_BOOL:
		memcpy(field_at(key, base), &flag, sizeof flag);
		break;
	case CONFIG_KIND_WORDS:
		memcpy(field_at(key, base), &set, sizeof set);
		break;
	case CONFIG_KIND_LIST:
	case CONFIG_KIND_OBJECT:
		break;
	}
}
