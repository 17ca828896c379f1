/* SPDX-License-Identifier: MIT */
/*
 * What no table describes: below an unknown key, or where a value has the
 * wrong type.  It is only looked through for secrets, which have no place
 * anywhere in the file, and for repeated keys.
 */
#include "config/config_priv.h"

/* Fields of the vault, and what people call such things. */
static const char *const SECRET_NAMES[] = {
	"client_secret",
	"client_secret_next",
	"client_certificate",
	"client_certificate_next",
	"proxy_password",
	"password",
	"passwd",
	"passphrase",
	"token",
	"access_token",
	"secret",
	"api_key",
	"private_key",
};

/* The next letter or digit from *i on, as a small one; 0 at the end. */
static uint8_t
next_letter(struct span s, size_t *i)
{
	uint8_t c = 0;

	while (*i < s.n && (c == 0 || c == '-' || c == '_'))
		c = s.p[(*i)++];
	if (c == '-' || c == '_')
		return 0;
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

bool
config_is_like(struct span a, const char *b)
{
	struct span other = span_str(b);
	size_t i = 0;
	size_t j = 0;
	uint8_t x, y;

	do {
		x = next_letter(a, &i);
		y = next_letter(other, &j);
	} while (x == y && x != 0);
	return x == y;
}

bool
config_is_secret(struct config_walk *w, int key)
{
	uint8_t text[JSON_KEY_MAX_BYTES];
	struct buf b = BUF_OVER(text);

	json_decode(&b, json_string(&w->doc, key));
	for (size_t i = 0; i < sizeof SECRET_NAMES / sizeof *SECRET_NAMES; i++)
		if (!b.cut && config_is_like(span_of(&b), SECRET_NAMES[i])) {
			config_say(w, key,
			    "a secret has no place in this "
			    "file; set it with \"wf-sentinel secret set\"");
			return true;
		}
	return false;
}

/* As the keys are written: one that is spelled in two ways and unknown is a
 * fault by itself. */
bool
config_is_repeated(struct config_walk *w, int object, int key)
{
	struct span name = json_string(&w->doc, key);
	int t = json_first(&w->doc, object);

	while (t >= 0 && t < key && !span_eq(json_string(&w->doc, t), name))
		t = json_next(&w->doc, t);
	if (t < 0 || t >= key)
		return false;
	config_say(w, key, "stands twice in one object, allowed: once");
	return true;
}

/* An object or list on the way down. */
struct level {
	int container;
	int child; /* the next one to look at, or -1 */
	unsigned i;
	struct config_mark mark;
};

static unsigned
enter(
    const struct config_walk *w, struct level *level, unsigned depth, int token)
{
	int child = json_first(&w->doc, token);

	if (child < 0 || depth == JSON_DEPTH_MAX)
		return depth;
	level[depth] = (struct level){ token, child, 0, config_path_mark(w) };
	return depth + 1;
}

void
config_look_below(struct config_walk *w, int token)
{
	struct config_mark mark = config_path_mark(w);
	struct level level[JSON_DEPTH_MAX];
	unsigned depth = enter(w, level, 0, token);

	while (depth > 0) {
		struct level *top = &level[depth - 1];
		int child = top->child;

		if (child < 0) {
			depth--;
			continue;
		}
		config_path_return(w, top->mark);
		top->child = json_next(&w->doc, child);
		if (json_type(&w->doc, top->container) == JSON_ARRAY) {
			config_path_index(w, top->i++);
			depth = enter(w, level, depth, child);
			continue;
		}
		config_path_key(w, child);
		(void)config_is_secret(w, child);
		(void)config_is_repeated(w, top->container, child);
		depth = enter(w, level, depth, json_value(&w->doc, child));
	}
	config_path_return(w, mark);
}
