/* SPDX-License-Identifier: MIT */
#include "app/app_transfer.h"

#include <assert.h>
#include <string.h>

#include "app/app.h"
#include "base/ticks.h"
#include "platform/file.h"

#define FORMAT SPAN_LIT("wf-sentinel.export/1")

/* A version is the modification, or a little more where that would not have
 * grown (relay_read.c); this is more than it can be. */
#define VERSION_MARGIN TICKS_PER_S

/* A cursor that is further ahead would leave out what is still to come. */
#define AHEAD_MAX ((int64_t)CLOCK_SKEW_MAX_S * TICKS_PER_S)

static unsigned
refuse_store(struct app_refusal *why, enum st st)
{
	return app_refuse(why, 500, "store_failed",
	    st == ST_FULL ? "The store is full: give it more room." :
			    "The store cannot be read or written.",
	    "store.max_mib");
}

/* ---- one member out of an object ---------------------------------------- */

static bool
is_appliance_id(const struct json_doc *doc, int key)
{
	uint8_t room[JSON_KEY_MAX_BYTES];
	struct buf name = BUF_OVER(room);

	json_decode(&name, json_string(doc, key));
	return !name.cut && span_eq(span_of(&name), SPAN_LIT("appliance_id"));
}

/* Bytes [from, to) of the text, but for line ends: places stay as they are. */
static void
blank(uint8_t *text, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (text[i] != '\n' && text[i] != '\r')
			text[i] = ' ';
}

/* Where the member of a key begins, with its quote. */
static size_t
start_of(const struct json_doc *doc, int key)
{
	return (size_t)(json_string(doc, key).p - doc->text.p) - 1;
}

/* Blank out every appliance_id of the object at token `object`, with a comma.
 * The document's text is `text`; its tokens are not touched. */
static void
blank_id(const struct json_doc *doc, int object, uint8_t *text)
{
	int next;

	for (int t = json_first(doc, object); t >= 0; t = next) {
		struct span value = json_raw(doc, json_value(doc, t));
		size_t from = start_of(doc, t), to;

		next = json_next(doc, t);
		if (!is_appliance_id(doc, t))
			continue;
		to = (size_t)(value.p - doc->text.p) + value.n;
		if (json_type(doc, json_value(doc, t)) == JSON_STRING)
			to++;
		if (next >= 0) /* and the comma behind it */
			to = start_of(doc, next);
		else /* the comma before it, unless it is the only one */
			while (
			    from != 0 && text[from] != ',' && text[from] != '{')
				from--;
		blank(text, text[from] == '{' ? from + 1 : from, to);
	}
}

/* ---- export ------------------------------------------------------------- */

/* The oldest point that one of these may be about: what waits for enrichment,
 * and what some sink has not acknowledged. */
static enum st
undelivered_since(struct app *a, uint32_t ws, int64_t *since)
{
	const struct config *config = &a->edit.config;
	int64_t acknowledged = INT64_MAX, seq;
	uint64_t version;
	enum st st = store_todo_oldest(&a->store, ws, since);

	for (size_t i = 0; st == ST_OK && i < config->sink_count; i++) {
		if (!config->sink[i].enabled)
			continue;
		st = store_sink_get(&a->store, config->sink[i].name, &seq);
		if (st == ST_OK && seq < acknowledged)
			acknowledged = seq;
	}
	if (st == ST_OK)
		st = store_record_lowest(&a->store, acknowledged, &version);
	if (st == ST_OK && version < INT64_MAX &&
	    (int64_t)version - VERSION_MARGIN < *since)
		*since = (int64_t)version - VERSION_MARGIN;
	return st;
}

static enum st
read_cursor(struct app *a, const struct config_connector *connector,
    struct app_cursor *c)
{
	struct buf key = BUF_OVER(c->workspace);
	int64_t since;
	uint32_t ws;
	enum st st = relay_workspace_key(connector, &key);

	if (st == ST_OK)
		st = store_workspace(&a->store, span_of(&key), &ws);
	if (st == ST_OK)
		st = store_cursor_get(&a->store, ws, &c->cursor);
	if (st == ST_OK)
		st = undelivered_since(a, ws, &since);
	if (st != ST_OK)
		return st;
	if (since < c->cursor.modified)
		c->cursor.modified = since < 0 ? 0 : since;
	return buf_str(&key)[0] != '\0' ? ST_OK : ST_FULL;
}

/* Of all connectors of the configuration that have one. */
static enum st
read_cursors(struct app *a)
{
	struct app_edit *e = &a->edit;
	enum st st = ST_OK;

	e->cursor_count = 0;
	for (size_t i = 0; st == ST_OK && i < e->config.connector_count; i++) {
		struct app_cursor *c = &e->cursor[e->cursor_count];

		st = read_cursor(a, &e->config.connector[i], c);
		if (st == ST_OK && c->cursor.modified >= 0)
			e->cursor_count++;
	}
	return st;
}

static void
put_cursor(struct json_out *o, const struct app_cursor *c)
{
	uint8_t room[TICKS_TEXT_MAX_BYTES];
	struct buf at = BUF_OVER(room);

	ticks_write(&at, c->cursor.modified);
	json_put_open(o, '{');
	json_put_key(o, "workspace");
	json_put_string(o, span_str(c->workspace));
	json_put_key(o, "modified");
	json_put_text(o, span_of(&at));
	json_put_key(o, "backfilled");
	json_put_bool(o, c->cursor.backfilled);
	json_put_close(o, '}');
}

/* From the configuration in a->edit.text, which was checked, to the whole
 * document in its place. */
static unsigned
write_document(struct app *a, struct app_refusal *why)
{
	struct app_edit *e = &a->edit;
	struct buf config = BUF_OVER(e->scratch.text);
	struct buf out = BUF_OVER(e->text);
	struct json_out o = { &out, false };
	struct json_doc doc;

	buf_put(&config, (struct span){ e->text, e->text_n });
	if (json_doc_parse(&doc, span_of(&config), e->scratch.tok,
		CONFIG_TOKEN_MAX_COUNT) != ST_OK)
		return app_refuse(why, 500, "config_unreadable",
		    "The configuration cannot be read.", "config");
	blank_id(&doc, 0, e->scratch.text);
	json_put_open(&o, '{');
	json_put_key(&o, "format");
	json_put_string(&o, FORMAT);
	buf_put_str(&out, ",\n\"config\":");
	buf_put(&out, span_trim(span_of(&config)));
	buf_put_str(&out, ",\n\"cursors\":");
	o.comma = false;
	json_put_open(&o, '[');
	for (size_t i = 0; i < e->cursor_count; i++)
		put_cursor(&o, &e->cursor[i]);
	buf_put_str(&out, "]}\n");
	if (out.cut)
		return app_refuse(why, 413, "export_too_large",
		    "Settings and cursors are longer than 64 KiB.", "config");
	e->text_n = out.n;
	return 200;
}

static void
ignore_fault(void *ctx, const struct config_fault *fault)
{
	(void)ctx;
	(void)fault;
}

unsigned
app_export(struct app *a, struct app_refusal *why)
{
	char etag[CONTROL_ETAG_MAX_BYTES];
	enum st st = app_edit_load(a, etag);

	if (st == ST_OK)
		st = app_edit_faults(a, ignore_fault, NULL);
	if (st != ST_OK || a->store.db == NULL)
		return app_refuse(why, 409, "unconfigured",
		    "There is no usable configuration to export.", "config");
	st = read_cursors(a);
	return st == ST_OK ? write_document(a, why) : refuse_store(why, st);
}

/* ---- import: taking the document apart ---------------------------------- */

static unsigned
refuse_document(struct app_refusal *why, const char *message)
{
	return app_refuse(why, 415, "import_invalid", message, "FILE");
}

/* Exactly so many members. */
static bool
has_members(const struct json_doc *doc, int object, unsigned count)
{
	unsigned n = 0;

	for (int t = json_first(doc, object); t >= 0; t = json_next(doc, t))
		n++;
	return json_type(doc, object) == JSON_OBJECT && n == count;
}

/* NULL, or what is wrong with it. */
static const char *
take_cursor(const struct json_doc *doc, int token, struct app_cursor *c)
{
	struct buf key = BUF_OVER(c->workspace);

	json_decode(
	    &key, json_string(doc, json_member(doc, token, "workspace")));
	if (!has_members(doc, token, 3) || key.n == 0 ||
	    span_find_byte(span_of(&key), 0) != SIZE_MAX ||
	    buf_str(&key)[0] == '\0')
		return "A cursor is {\"workspace\",\"modified\","
		       "\"backfilled\"}.";
	if (ticks_parse(json_string(doc, json_member(doc, token, "modified")),
		&c->cursor.modified) != ST_OK)
		return "A cursor's \"modified\" is not an RFC 3339 time.";
	if (json_bool(doc, json_member(doc, token, "backfilled"),
		&c->cursor.backfilled) != ST_OK)
		return "A cursor's \"backfilled\" is not true or false.";
	if (c->cursor.modified > clock_wall_ticks(&clock_system) + AHEAD_MAX)
		return "A cursor's \"modified\" is in the future: is the clock "
		       "right?";
	return NULL;
}

static const char *
take_cursors(struct app_edit *e, const struct json_doc *doc, int list)
{
	e->cursor_count = 0;
	for (int t = json_first(doc, list); t >= 0; t = json_next(doc, t)) {
		const char *wrong;

		if (e->cursor_count == CONFIG_CONNECTOR_MAX_COUNT)
			return "There are more cursors than there can be "
			       "connectors.";
		wrong = take_cursor(doc, t, &e->cursor[e->cursor_count++]);
		if (wrong != NULL)
			return wrong;
	}
	return NULL;
}

/* The id that the file here has: its text between the quotes.  An appliance
 * that has it from its agent needs none in the file. */
static void
find_own_id(struct app *a, struct buf *id)
{
	struct app_edit *e = &a->edit;
	struct buf text = BUF_OVER(e->scratch.text);
	struct json_doc doc;
	size_t offset;

	if (file_load(a->options.config, &text) == ST_OK &&
	    json_check(span_of(&text), &offset) == ST_OK &&
	    json_doc_parse(&doc, span_of(&text), e->scratch.tok,
		CONFIG_TOKEN_MAX_COUNT) == ST_OK)
		buf_put(id,
		    json_string(&doc, json_member(&doc, 0, "appliance_id")));
}

/* The configuration's own text, with our id in place of another one. */
static unsigned
take_config(struct app *a, const struct json_doc *doc, int config,
    struct span id, struct app_refusal *why)
{
	struct app_edit *e = &a->edit;
	struct span raw = json_raw(doc, config);
	struct buf out = BUF_OVER(e->text);
	size_t at = (size_t)(raw.p - doc->text.p);
	unsigned line, column;

	/* The whole document first, so that the tokens' places hold. */
	buf_put(&out, doc->text);
	assert(!out.cut);
	blank_id(doc, config, e->text);
	memmove(e->text, e->text + at, raw.n);
	out.n = raw.n;
	json_position(doc->text, at, &line, &column);
	e->lines_before = line - 1;
	e->columns_before = column - 1;
	if (id.n != 0) {
		out.n--; /* the closing bracket */
		buf_put_str(&out, ",\"appliance_id\":\"");
		buf_put(&out, id);
		buf_put_str(&out, "\"}");
	}
	buf_put_str(&out, "\n");
	if (out.cut)
		return refuse_document(
		    why, "With the appliance_id it is longer than 64 KiB.");
	e->text_n = out.n;
	return 200;
}

unsigned
app_import_take(struct app *a, struct span document, struct app_refusal *why)
{
	struct app_edit *e = &a->edit;
	uint8_t room[64];
	struct buf id = BUF_OVER(room);
	struct json_doc doc;
	const char *wrong;
	size_t offset;
	int config, cursors;

	app_edit_begin(a);
	find_own_id(a, &id);
	if (document.n > sizeof e->text ||
	    json_check(document, &offset) != ST_OK ||
	    json_doc_parse(&doc, document, e->scratch.tok,
		CONFIG_TOKEN_MAX_COUNT) != ST_OK)
		return refuse_document(why, "This is not JSON of an export.");
	config = json_member(&doc, 0, "config");
	cursors = json_member(&doc, 0, "cursors");
	if (!span_eq(json_string(&doc, json_member(&doc, 0, "format")), FORMAT))
		return refuse_document(
		    why, "The format is not \"wf-sentinel.export/1\".");
	if (!has_members(&doc, 0, 3) ||
	    json_type(&doc, config) != JSON_OBJECT ||
	    json_type(&doc, cursors) != JSON_ARRAY)
		return refuse_document(
		    why, "An export has \"format\", \"config\", \"cursors\".");
	wrong = take_cursors(e, &doc, cursors);
	if (wrong != NULL)
		return refuse_document(why, wrong);
	return take_config(
	    a, &doc, config, id.cut ? SPAN_NONE : span_of(&id), why);
}

/* ---- import: doing it --------------------------------------------------- */

static const struct app_cursor *
imported_for(const struct app_edit *e, struct span workspace)
{
	for (size_t i = 0; i < e->cursor_count; i++)
		if (span_eq(span_str(e->cursor[i].workspace), workspace))
			return &e->cursor[i];
	return NULL;
}

static enum st
set_cursor(struct app *a, const struct config_connector *connector)
{
	uint8_t room[STORE_WORKSPACE_KEY_MAX_BYTES];
	struct buf key = BUF_OVER(room);
	const struct app_cursor *imported;
	struct store_cursor own;
	uint32_t ws;
	enum st st = relay_workspace_key(connector, &key);

	if (st != ST_OK)
		return st;
	imported = imported_for(&a->edit, span_of(&key));
	if (imported == NULL)
		return ST_OK;
	st = store_workspace(&a->store, span_of(&key), &ws);
	if (st == ST_OK)
		st = store_cursor_get(&a->store, ws, &own);
	if (st != ST_OK ||
	    (own.modified >= 0 && own.modified <= imported->cursor.modified))
		return st;
	return store_cursor_put(&a->store, ws, &imported->cursor);
}

static enum st
set_cursors(struct app *a)
{
	const struct config *config = &a->edit.config;
	enum st st = store_begin(&a->store);

	if (st != ST_OK)
		return st;
	for (size_t i = 0; st == ST_OK && i < config->connector_count; i++)
		st = set_cursor(a, &config->connector[i]);
	if (st == ST_OK)
		return store_commit(&a->store);
	store_rollback(&a->store);
	return st;
}

/* In the store that is open, whose relay must not write its own cursors over
 * them, or in one that is opened for it. */
static unsigned
set_cursors_anywhere(struct app *a, struct app_refusal *why)
{
	bool was_open = a->store.db != NULL;
	enum st st = ST_OK;

	if (a->is_ready && !a->relay_is_closed) {
		relay_close(&a->relay);
		a->relay_is_closed = true;
		a->has_edited = true; /* it begins again in every case */
	}
	if (!was_open)
		st = store_open(&a->store, span_str(a->options.state),
		    a->edit.config.store_max_mib, &a->store_memory);
	if (st == ST_OK)
		st = set_cursors(a);
	if (!was_open)
		store_close(&a->store);
	return st == ST_OK ? 200 : refuse_store(why, st);
}

unsigned
app_import(struct app *a, const struct app_actor *actor,
    char etag[CONTROL_ETAG_MAX_BYTES], struct app_refusal *why)
{
	return app_edit_store(
	    a, actor, "import", set_cursors_anywhere, etag, why);
}
