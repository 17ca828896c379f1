/* SPDX-License-Identifier: MIT */
/*
 * The stored configuration, looked at and replaced while the old one is in use.
 * The new text is checked with memory of its own: the record buffer, which the
 * loader uses, is the relay's meanwhile.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "app/app.h"
#include "platform/file.h"

static_assert(sizeof((struct app_edit *)0)->text ==
	sizeof((struct config_scratch *)0)->text,
    "a body is a configuration, and the other way round");
static_assert(sizeof((struct app *)0)->u.ca_file <=
	sizeof((struct config_scratch *)0)->text,
    "the scratch text is free again for the CA file");

static void
put_cut(char *to, size_t size, const char *text)
{
	struct buf b = { (uint8_t *)to, 0, size - 1, false };

	buf_put(&b, span_sub(span_str(text), 0, b.cap));
	to[b.n] = '\0';
}

unsigned
app_refuse(struct app_refusal *why, unsigned status, const char *code,
    const char *message, const char *setting)
{
	why->status = status;
	why->has_faults = false;
	put_cut(why->code, sizeof why->code, code);
	put_cut(why->setting, sizeof why->setting, setting);
	put_cut(why->message, sizeof why->message, message);
	return status;
}

void
app_etag(struct span text, char etag[CONTROL_ETAG_MAX_BYTES])
{
	uint8_t digest[SEAL_DIGEST_BYTES];
	struct buf b = { (uint8_t *)etag, 0, CONTROL_ETAG_MAX_BYTES, false };

	seal_sha256(text, digest);
	buf_put_byte(&b, '"');
	buf_put_hex(&b, (struct span){ digest, sizeof digest });
	buf_put_str(&b, "\"");
	buf_put_byte(&b, 0);
	assert(!b.cut);
}

enum st
app_edit_load(struct app *a, char etag[CONTROL_ETAG_MAX_BYTES])
{
	struct buf text = BUF_OVER(a->edit.text);
	enum st st = file_load(a->options.config, &text);

	app_edit_begin(a);
	a->edit.text_n = text.n;
	etag[0] = '\0';
	if (st == ST_OK)
		app_etag(span_of(&text), etag);
	else if (st == ST_NOT_FOUND)
		memcpy(etag, "\"\"", sizeof "\"\"");
	return st;
}

void
app_edit_begin(struct app *a)
{
	a->edit.generation++;
	a->edit.text_n = 0;
	a->edit.lines_before = a->edit.columns_before = 0;
}

/* ---- checking ----------------------------------------------------------- */

struct shifted {
	const struct app_edit *edit;
	config_report *report;
	void *ctx;
};

static void
report_shifted(void *ctx, const struct config_fault *fault)
{
	const struct shifted *s = ctx;
	struct config_fault f = *fault;

	if (f.line == 1)
		f.column += s->edit->columns_before;
	f.line += s->edit->lines_before;
	s->report(s->ctx, &f);
}

enum st
app_edit_faults(struct app *a, config_report *report, void *ctx)
{
	struct app_edit *e = &a->edit;
	struct shifted shifted = { e, report, ctx };

	return config_parse(&e->config, (struct span){ e->text, e->text_n },
	    &a->defaults, &e->scratch, report_shifted, &shifted);
}

struct first_fault {
	unsigned count;
	char key[CONFIG_FAULT_KEY_MAX_BYTES];
};

static void
count_fault(void *ctx, const struct config_fault *fault)
{
	struct first_fault *first = ctx;

	if (fault->warning)
		return;
	if (first->count++ == 0)
		memcpy(first->key, fault->key, sizeof first->key);
}

static unsigned
refuse_faults(struct app_refusal *why, const struct first_fault *first)
{
	uint8_t text[DIAGNOSIS_MESSAGE_MAX_BYTES];
	struct buf b = BUF_OVER(text);

	buf_put_str(&b, "The configuration is refused as a whole, with ");
	buf_put_u64(&b, first->count);
	buf_put_str(&b, first->count == 1 ? " fault." : " faults.");
	(void)app_refuse(why, 422, "config_invalid", buf_str(&b),
	    first->key[0] != '\0' ? first->key : "config");
	why->has_faults = true;
	return why->status;
}

/* Where a socket is made: a daemon that cannot does not start. */
static bool
has_folder(struct span socket)
{
	char folder[CONFIG_SOCKET_MAX_BYTES + 1];
	char *slash;

	if (span_to_str(socket, folder, sizeof folder) != ST_OK)
		return false;
	slash = strrchr(folder, '/');
	if (slash == NULL || slash == folder)
		return slash != NULL;
	*slash = '\0';
	return access(folder, W_OK | X_OK) == 0;
}

unsigned
app_edit_check(struct app *a, struct app_refusal *why)
{
	struct app_edit *e = &a->edit;
	struct first_fault first = { .count = 0 };
	struct buf pem = BUF_OVER(e->scratch.text);
	uint8_t text[DIAGNOSIS_MESSAGE_MAX_BYTES];
	struct buf wrong = BUF_OVER(text);
	struct diagnosis d;

	if (app_edit_faults(a, count_fault, &first) != ST_OK)
		return refuse_faults(why, &first);
	app_check_supported(&e->config, &d);
	if (diagnosis_is_set(&d))
		return app_refuse(why, 422, d.code, d.message, d.setting);
	if (!has_folder(e->config.control_socket) ||
	    !has_folder(e->config.status_socket))
		return app_refuse(why, 422, "socket_folder",
		    "The folder of a socket is missing, or the daemon's user "
		    "may not write it.",
		    "control.socket, control.status_socket");
	buf_put_str(&wrong, "network.ca_file ");
	/* Then a new process reads it, and waits where it is of no use. */
	if (!app_has_places(a, &e->config))
		return 200;
	if (!app_read_ca(a, &e->config, &pem, &wrong) ||
	    !app_add_ca(&e->anchors, span_of(&pem), &wrong))
		return app_refuse(why, 422, "ca_file_unusable", buf_str(&wrong),
		    "network.ca_file");
	return 200;
}

/* ---- what has changed --------------------------------------------------- */

/* The value of the same key in the other document; SPAN_NONE without one. */
static struct span
value_of(const struct json_doc *doc, struct span key)
{
	for (int t = json_first(doc, 0); t >= 0; t = json_next(doc, t))
		if (span_eq(json_string(doc, t), key))
			return json_raw(doc, json_value(doc, t));
	return SPAN_NONE;
}

/* The next byte of a JSON text, without the blanks between its tokens. */
static bool
take_byte(struct span *json, bool *in_string, bool *is_escaped, uint8_t *c)
{
	struct span head;

	while (span_take(json, 1, &head)) {
		*c = head.p[0];
		if (!*in_string && span_trim(head).n == 0)
			continue;
		if (*c == '"' && !*is_escaped)
			*in_string = !*in_string;
		*is_escaped = *in_string && *c == '\\' && !*is_escaped;
		return true;
	}
	return false;
}

/* Equal but for blanks; both were checked. */
static bool
is_same_json(struct span a, struct span b)
{
	bool in_a = false, in_b = false, escaped_a = false, escaped_b = false;
	bool more_a, more_b;
	uint8_t byte_a = 0, byte_b = 0;

	do {
		more_a = take_byte(&a, &in_a, &escaped_a, &byte_a);
		more_b = take_byte(&b, &in_b, &escaped_b, &byte_b);
	} while (more_a && more_b && byte_a == byte_b);
	return !more_a && !more_b;
}

static void
put_changed(struct json_out *o, const struct json_doc *in,
    const struct json_doc *other, bool also_changed)
{
	for (int t = json_first(in, 0); t >= 0; t = json_next(in, t)) {
		struct span key = json_string(in, t);
		struct span there = value_of(other, key);
		size_t start = o->b->n;

		if (there.p != NULL &&
		    (!also_changed ||
			is_same_json(json_raw(in, json_value(in, t)), there)))
			continue;
		/* Of our keys the longest is half of this. */
		if (key.n <= CONFIG_NAME_MAX_BYTES)
			json_put_text(o, key);
		if (o->b->cut)
			buf_rewind(o->b, start);
	}
}

/* The names of the settings that differ, as a JSON array; nothing when one of
 * the texts cannot be compared.  After the check, whose scratch it uses. */
static struct span
list_changed(struct app *a, struct buf *out)
{
	enum { HALF = CONFIG_TOKEN_MAX_COUNT / 2 };
	struct app_edit *e = &a->edit;
	struct buf old_text = BUF_OVER(e->scratch.text);
	struct json_doc old = { SPAN_NONE, NULL, 0 }, new;
	struct json_out o = { out, false };
	size_t offset;

	if (file_load(a->options.config, &old_text) == ST_OK &&
	    json_check(span_of(&old_text), &offset) == ST_OK &&
	    json_doc_parse(&old, span_of(&old_text), e->scratch.tok, HALF) !=
		ST_OK)
		return SPAN_NONE;
	if (json_doc_parse(&new, (struct span){ e->text, e->text_n },
		e->scratch.tok + HALF, HALF) != ST_OK)
		return SPAN_NONE;
	json_put_open(&o, '[');
	put_changed(&o, &new, &old, true);
	put_changed(&o, &old, &new, false);
	json_put_close(&o, ']');
	return out->cut ? SPAN_NONE : span_of(out);
}

/* ---- storing ------------------------------------------------------------ */

static unsigned
store(struct app *a, const struct app_change *change, struct app_refusal *why)
{
	struct span text = { a->edit.text, a->edit.text_n };

	a->has_edited = true;
	if (file_replace(a->options.config, text, 0640) == ST_OK)
		return app_audit(a, change, "done") == ST_OK ?
		    200 :
		    app_refuse(why, 500, "audit_failed",
			"The configuration is stored, but the audit log "
			"cannot be written: is the disk full?",
			"state");
	(void)app_refuse(
	    why, 500, "config_unwritable", strerror(errno), "config");
	(void)app_audit(a, change, "failed");
	return why->status;
}

unsigned
app_edit_store(struct app *a, const struct app_actor *actor, const char *action,
    unsigned (*first)(struct app *a, struct app_refusal *why),
    char etag[CONTROL_ETAG_MAX_BYTES], struct app_refusal *why)
{
	uint8_t room[AUDIT_CHANGED_MAX_BYTES];
	struct buf names = BUF_OVER(room);
	struct app_change change = { .actor = *actor, .action = action };
	unsigned status = app_edit_check(a, why);

	if (status != 200)
		return status;
	app_etag((struct span){ a->edit.text, a->edit.text_n }, etag);
	change.etag = span_str(etag);
	change.changed = list_changed(a, &names);
	if (app_audit(a, &change, "started") != ST_OK)
		return app_refuse(why, 500, "audit_failed",
		    "Nothing was changed, since the audit log cannot be "
		    "written: is the disk full?",
		    "state");
	status = first == NULL ? 200 : first(a, why);
	if (status != 200) {
		(void)app_audit(a, &change, "failed");
		return status;
	}
	return store(a, &change, why);
}
