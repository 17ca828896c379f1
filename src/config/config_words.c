/* SPDX-License-Identifier: MIT */
/*
 * Words for people.
 *
 * What is in the file goes out through put_char only, as printable ASCII, and
 * values only through config_put_shown, which keeps back what may be a secret.
 */
#include "config/config_priv.h"

#define DECODED_MAX_BYTES 512u /* of a value, to look for secrets in it */

/* ---- text of the file --------------------------------------------------- */

/* The code point at the front of checked UTF-8, which is taken off. */
static uint32_t
take_code(struct span *s)
{
	uint8_t lead = s->p[0];
	size_t n = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	uint32_t code = n == 1 ? lead : lead & (0x7fu >> n);
	struct span head;

	if (!span_take(s, n, &head)) {
		*s = SPAN_NONE;
		return 0xfffd;
	}
	for (size_t i = 1; i < n; i++)
		code = code << 6 | (head.p[i] & 0x3fu);
	return code;
}

static void
put_unit(struct buf *b, uint32_t unit)
{
	const uint8_t two[2] = { (uint8_t)(unit >> 8), (uint8_t)unit };

	buf_put_str(b, "\\u");
	buf_put_hex(b, (struct span){ two, sizeof two });
}

/* One character as printable ASCII. */
static void
put_char(struct buf *b, uint32_t code)
{
	if (code >= 0x10000) {
		put_unit(b, 0xd800 + ((code - 0x10000) >> 10));
		put_unit(b, 0xdc00 + (code & 0x3ff));
	} else if (code < 0x20 || code > 0x7e) {
		put_unit(b, code);
	} else {
		if (code == '"' || code == '\\')
			buf_put_byte(b, '\\');
		buf_put_byte(b, (uint8_t)code);
	}
}

/* At most `max` bytes and, where more was there, "...". */
void
config_put_cut(struct buf *b, struct span utf8, size_t max)
{
	size_t start = b->n;
	size_t last = start;

	while (utf8.n != 0 && b->n - start <= max) {
		last = b->n;
		put_char(b, take_code(&utf8));
	}
	if (b->n - start > max)
		buf_rewind(b, last);
	else if (utf8.n == 0)
		return;
	buf_put_str(b, "...");
}

/* Passwords in URLs, PEM texts, and the form of an Entra client secret: about
 * 40 characters with "Q~" near the front.  `is_head`: more stands behind. */
static bool
may_be_secret(struct span s, bool is_head)
{
	if (span_find_byte(s, ':') != SIZE_MAX &&
	    (is_head || span_find_byte(s, '@') != SIZE_MAX))
		return true;
	if (span_find_nocase(s, SPAN_LIT("-----BEGIN")) != SIZE_MAX)
		return true;
	return s.n >= 30 && s.n <= 64 &&
	    span_find_nocase(span_sub(s, 0, 8), SPAN_LIT("Q~")) != SIZE_MAX;
}

void
config_put_shown(
    struct buf *b, const struct json_doc *doc, int token, bool hide)
{
	uint8_t text[DECODED_MAX_BYTES];
	struct buf value = BUF_OVER(text);
	unsigned type = json_type(doc, token);
	struct span inside = json_string(doc, token);
	struct span head = json_cut(inside, sizeof text);

	if (type == JSON_OBJECT || type == JSON_ARRAY) {
		buf_put_str(b, type == JSON_OBJECT ? "an object" : "a list");
		return;
	}
	if (type != JSON_STRING) {
		config_put_cut(b, json_raw(doc, token), CONFIG_SHOWN_MAX_BYTES);
		return;
	}
	/* Decoding makes nothing longer. */
	json_decode(&value, head);
	if (hide || may_be_secret(span_of(&value), head.n < inside.n)) {
		buf_put_str(b, "the value (not shown)");
		return;
	}
	buf_put_byte(b, '"');
	config_put_cut(b, span_of(&value), CONFIG_SHOWN_MAX_BYTES);
	buf_put_byte(b, '"');
}

/* ---- what is allowed ---------------------------------------------------- */

static void
put_words(struct buf *b, const char *const *words)
{
	for (size_t i = 0; words[i] != NULL; i++) {
		buf_put_str(b, i == 0 ? "\"" : ", \"");
		buf_put_str(b, words[i]);
		buf_put_byte(b, '"');
	}
}

static void
put_range(struct buf *b, const struct config_key *key)
{
	buf_put_u64(b, key->min);
	buf_put_str(b, " to ");
	buf_put_u64(b, key->max);
}

void
config_put_allowed(struct buf *b, const struct config_key *key)
{
	buf_put_str(b, ", allowed: ");
	switch (key->kind) {
	case CONFIG_KIND_TEXT:
		buf_put_str(b, key->form->allowed);
		break;
	case CONFIG_KIND_INT:
		buf_put_str(b, "a number, ");
		if (key->allowed != NULL)
			buf_put_str(b, key->allowed);
		else
			put_range(b, key);
		break;
	case CONFIG_KIND_BOOL:
		buf_put_str(b, "true or false");
		break;
	case CONFIG_KIND_WORD:
		put_words(b, key->words);
		break;
	case CONFIG_KIND_WORDS:
		buf_put_str(b,
		    key->min == 0 ? "a list of " :
				    "a list of at least one of ");
		put_words(b, key->words);
		break;
	case CONFIG_KIND_OBJECT:
		buf_put_str(b, "an object");
		break;
	case CONFIG_KIND_LIST:
		buf_put_str(b, "a list of ");
		put_range(b, key);
		buf_put_byte(b, ' ');
		buf_put_str(b, key->allowed);
		break;
	}
}

/* Names of the table's keys, as many as there is room for. */
void
config_put_keys(struct buf *b, const struct config_schema *schema)
{
	for (size_t i = 0; i < schema->count; i++) {
		const char *name = schema->keys[i].name;

		if (b->cap - b->n < span_str(name).n + 2 * sizeof ", ...") {
			buf_put_str(b, ", ...");
			return;
		}
		if (i != 0)
			buf_put_str(b, ", ");
		buf_put_str(b, name);
	}
}

/* ---- the text as a whole ------------------------------------------------ */

const char *
config_why_syntax(struct span text, size_t offset)
{
	if (span_trim(text).n == 0)
		return "the file is empty, allowed: a JSON object";
	if (span_has_prefix(text, SPAN_LIT("\xef\xbb\xbf")))
		return "the file begins with a byte order mark, allowed: JSON "
		       "in UTF-8 without one";
	if (offset >= text.n)
		return "the file ends too early: a bracket or quote is not "
		       "closed";
	switch (text.p[offset]) {
	case '/':
	case '#':
		return "comments are not JSON";
	case '\'':
		return "not JSON: strings stand in double quotes";
	case '}':
	case ']':
		return "not JSON: this bracket is not expected here (is there "
		       "a comma before it?)";
	case '{':
	case '[':
		return "not JSON: this bracket is not expected here, or more "
		       "than 64 are nested";
	case '"':
		return "not JSON: a quote is not expected here (is there a "
		       "comma missing?)";
	default:
		break;
	}
	if (text.p[offset] < 0x20)
		return "not JSON: a control character or the end of a line is "
		       "not expected here";
	if (text.p[offset] >= 0x80)
		return "not JSON in UTF-8";
	return "not JSON from here on";
}
