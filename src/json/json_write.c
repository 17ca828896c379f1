/* SPDX-License-Identifier: MIT */
/* The writer: see json.h.  `comma` is true behind a value or a closing bracket,
 * false behind an opening bracket or a key. */
#include "json/json.h"

/* Before a value or key. */
static void
put_comma(struct json_out *o)
{
	if (o->comma)
		buf_put_byte(o->b, ',');
	o->comma = true;
}

void
json_put_open(struct json_out *o, char bracket)
{
	put_comma(o);
	buf_put_byte(o->b, (uint8_t)bracket);
	o->comma = false;
}

void
json_put_close(struct json_out *o, char bracket)
{
	buf_put_byte(o->b, (uint8_t)bracket);
	o->comma = true;
}

void
json_put_key(struct json_out *o, const char *name)
{
	json_put_text(o, span_str(name));
	buf_put_byte(o->b, ':');
	o->comma = false;
}

void
json_put_text(struct json_out *o, struct span canonical)
{
	put_comma(o);
	buf_put_byte(o->b, '"');
	buf_put(o->b, canonical);
	buf_put_byte(o->b, '"');
}

void
json_put_string(struct json_out *o, struct span utf8)
{
	put_comma(o);
	buf_put_byte(o->b, '"');
	json_encode(o->b, utf8);
	buf_put_byte(o->b, '"');
}

void
json_put_int(struct json_out *o, int64_t value)
{
	put_comma(o);
	buf_put_i64(o->b, value);
}

void
json_put_bool(struct json_out *o, bool value)
{
	put_comma(o);
	buf_put_str(o->b, value ? "true" : "false");
}

void
json_put_null(struct json_out *o)
{
	put_comma(o);
	buf_put(o->b, SPAN_LIT("null"));
}

void
json_put_json(struct json_out *o, struct span json)
{
	put_comma(o);
	buf_put(o->b, json);
}
