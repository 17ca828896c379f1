/* SPDX-License-Identifier: MIT */
/* What is reported, and where it stands: by path, line and column. */
#include "config/config_priv.h"

/* Of an unknown key: a path has room for two. */
#define KEY_SHOWN_MAX_BYTES (CONFIG_SHOWN_MAX_BYTES / 2)

/* ---- the path ----------------------------------------------------------- */

struct config_mark
config_path_mark(const struct config_walk *w)
{
	return (struct config_mark){ (uint16_t)w->path.n, w->path.cut };
}

void
config_path_return(struct config_walk *w, struct config_mark mark)
{
	buf_rewind(&w->path, mark.n);
	w->path.cut = mark.cut;
}

static void
put_dot(struct config_walk *w)
{
	if (w->path.n != 0)
		buf_put_byte(&w->path, '.');
}

void
config_path_name(struct config_walk *w, const char *name)
{
	put_dot(w);
	buf_put_str(&w->path, name);
}

void
config_path_index(struct config_walk *w, size_t i)
{
	buf_put_byte(&w->path, '[');
	buf_put_u64(&w->path, i);
	buf_put_byte(&w->path, ']');
}

void
config_path_key(struct config_walk *w, int key)
{
	/* Twelve bytes a shown one at most: two escapes for a pair. */
	uint8_t text[KEY_SHOWN_MAX_BYTES * 12];
	struct buf b = BUF_OVER(text);

	json_decode(&b, json_cut(json_string(&w->doc, key), sizeof text));
	put_dot(w);
	if (b.n == 0)
		buf_put_str(&w->path, "\"\"");
	config_put_cut(&w->path, span_of(&b), KEY_SHOWN_MAX_BYTES);
}

/* ---- sending ------------------------------------------------------------ */

static struct buf
text_of(struct config_fault *f)
{
	*f = (struct config_fault){ 0 };
	return (struct buf){ (uint8_t *)f->text, 0, sizeof f->text - 1, false };
}

/* Faults come nearly in the order of the file, so that the place of the last
 * one is a good beginning. */
static void
locate(struct config_walk *w, size_t offset)
{
	unsigned line, column;

	if (offset < w->offset) {
		w->offset = 0;
		w->line = w->column = 1;
	}
	json_position(span_sub(w->doc.text, w->offset, w->doc.text.n),
	    offset - w->offset, &line, &column);
	w->column = line == 1 ? w->column + column - 1 : column;
	w->line += line - 1;
	w->offset = offset;
}

/* Complete the fault whose text is there, and hand it over. */
static void
hand_over(struct config_walk *w, size_t offset, struct config_fault *f)
{
	struct buf key = { (uint8_t *)f->key, 0, sizeof f->key - 1, false };

	locate(w, offset);
	f->line = w->line;
	f->column = w->column;
	buf_put(&key, span_of(&w->path));
	if (w->path.cut)
		buf_put_str(&key, "...");
	if (!f->warning)
		w->failed = true;
	w->report(w->ctx, f);
}

/* Where a token begins, with its quote. */
static size_t
offset_of(const struct json_doc *doc, int token)
{
	struct span raw = json_raw(doc, token);
	size_t offset = raw.p == NULL ? 0 : (size_t)(raw.p - doc->text.p);

	return json_type(doc, token) == JSON_STRING ? offset - 1 : offset;
}

void
config_say_at(struct config_walk *w, size_t offset, const char *text)
{
	struct config_fault f;
	struct buf b = text_of(&f);

	buf_put_str(&b, text);
	hand_over(w, offset, &f);
}

void
config_say(struct config_walk *w, int token, const char *text)
{
	config_say_at(w, offset_of(&w->doc, token), text);
}

void
config_say_value(struct config_walk *w, int token, const struct config_key *key,
    const char *wrong)
{
	struct config_fault f;
	struct buf b = text_of(&f);

	config_put_shown(
	    &b, &w->doc, token, key->form != NULL && key->form->hide);
	buf_put_byte(&b, ' ');
	buf_put_str(&b, wrong);
	config_put_allowed(&b, key);
	hand_over(w, offset_of(&w->doc, token), &f);
	config_look_below(w, token);
}

void
config_say_rule(struct config_walk *w, int token, const struct config_key *key,
    const char *rule)
{
	struct config_fault f;
	struct buf b = text_of(&f);

	config_put_shown(
	    &b, &w->doc, token, key->form != NULL && key->form->hide);
	buf_put_byte(&b, ' ');
	buf_put_str(&b, rule);
	hand_over(w, offset_of(&w->doc, token), &f);
}

void
config_say_missing(
    struct config_walk *w, int object, const struct config_key *key)
{
	struct config_fault f;
	struct buf b = text_of(&f);

	buf_put_str(&b, "is missing");
	config_put_allowed(&b, key);
	hand_over(w, offset_of(&w->doc, object), &f);
}

void
config_say_unknown(
    struct config_walk *w, int key, const struct config_schema *schema)
{
	struct config_fault f;
	struct buf b = text_of(&f);
	uint8_t text[JSON_KEY_MAX_BYTES];
	struct buf name = BUF_OVER(text);
	const char *like = NULL;

	json_decode(&name, json_string(&w->doc, key));
	for (size_t i = 0; i < schema->count && !name.cut; i++)
		if (config_is_like(span_of(&name), schema->keys[i].name))
			like = schema->keys[i].name;
	f.warning = w->lenient;
	if (w->lenient) {
		buf_put_str(&b,
		    "is not known and ignored, since the version "
		    "is above 1");
	} else if (like != NULL) {
		buf_put_str(&b, "is not known, did you mean \"");
		buf_put_str(&b, like);
		buf_put_str(&b, "\"?");
	} else {
		buf_put_str(&b, "is not known, allowed: ");
		config_put_keys(&b, schema);
	}
	hand_over(w, offset_of(&w->doc, key), &f);
}

void
config_say_foreign(struct config_walk *w, int key, unsigned types)
{
	struct config_fault f;
	struct buf b = text_of(&f);
	const char *before = "is a key of sinks of type ";

	for (unsigned i = 0; config_sink_types[i] != NULL; i++)
		if ((types & 1u << i) != 0) {
			buf_put_str(&b, before);
			buf_put_str(&b, config_sink_types[i]);
			before = " and ";
		}
	buf_put_str(&b, ", not of this one");
	hand_over(w, offset_of(&w->doc, key), &f);
}

void
config_say_syntax(struct config_walk *w, struct span text, size_t offset)
{
	config_say_at(w, offset, config_why_syntax(text, offset));
}

void
config_fault_write(
    struct buf *b, const char *file, const struct config_fault *fault)
{
	buf_put_str(b, file);
	buf_put_byte(b, ':');
	buf_put_u64(b, fault->line);
	buf_put_byte(b, ':');
	buf_put_u64(b, fault->column);
	buf_put_str(b, ": ");
	if (fault->key[0] != '\0') {
		buf_put_str(b, fault->key);
		buf_put_str(b, ": ");
	}
	buf_put_str(b, fault->text);
}
