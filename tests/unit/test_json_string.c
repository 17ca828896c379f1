/* SPDX-License-Identifier: MIT */
/* The projector: strings that are kept. */
#include "json_run.h"

/* The same string as the wire may write it, and its characters' canonical
 * texts.  Cut at every limit, it is what json_cut says. */
#define CANONICAL                                                              \
	"a\\\"\xc3\xa9\\u0001\xf0\x9f\x98\x80\\n\\\\/\xe3\x81\x82\xef\xbf\xbd" \
	"\\u0000z"
static const char *const WIRE[] = {
	"a\\\"\xc3\xa9\\u0001\xf0\x9f\x98\x80\\n\\\\\\/\xe3\x81\x82\\ud800"
	"\\u0000z",
	"\\u0061\\u0022\\u00E9\\u0001\\uD83D\\uDE00\\u000a\\u005c\\u002F\\u3042"
	"\\uDC00\\u0000\\u007a",
};

Test(json, a_string_is_cut_between_characters_at_every_limit)
{
	const struct span whole = SPAN_LIT(CANONICAL);
	struct json_want w[] = {
		{ NULL, 0, JSON_ARRAY | JSON_EMIT, 9 },
		{ "*", 0, JSON_STRING, 0 },
	};
	char json[256], want[256];

	for (size_t i = 0; i < COUNT(WIRE); i++)
		for (unsigned max = 0; max <= whole.n + 2; max++) {
			struct span cut = json_cut(whole, max);

			w[1].max = (uint16_t)max;
			snprintf(json, sizeof json, "['%s','']", WIRE[i]);
			snprintf(want, sizeof want, "0:['%.*s','']%s\n",
			    (int)cut.n, (const char *)cut.p,
			    max < whole.n ? " cut=1" : "");
			expect((struct table){ w, 2 }, json, want);
		}
}

Test(json, nothing_is_taken_behind_the_place_of_a_cut)
{
	/* The two-byte character does not fit, the letter behind it would. */
	expect(PAGE_TABLE,
	    "{'value':[{'labels':[{'labelName':'abc\xc3\xa9z'},"
	    "{'labelName':'abc\\nz'},{'labelName':'abcde\\u0000'}]}]}",
	    "2:{'labels':[{'labelName':'abc'},{'labelName':'abc'}]} cut=4,6\n");
}

static const struct {
	const char *wire, *canonical, *why;
} STRINGS[] = {
	{ "\\ud800", "\xef\xbf\xbd", "a high surrogate at the end" },
	{ "\\ud800x", "\xef\xbf\xbdx", "a high one before a letter" },
	{ "\\ud800\xc3\xa9", "\xef\xbf\xbd\xc3\xa9", "before a character" },
	{ "\\ud800\\n", "\xef\xbf\xbd\\n", "before an escape" },
	{ "\\ud800\\u0041", "\xef\xbf\xbd\x41", "before a unit" },
	{ "\\ud800\\ud800", "\xef\xbf\xbd\xef\xbf\xbd", "two high ones" },
	{ "\\ud800\\ud83d\\ude00", "\xef\xbf\xbd\xf0\x9f\x98\x80",
	    "a high one before a pair" },
	{ "\\ude00", "\xef\xbf\xbd", "a low one" },
	{ "\\ude00\\ud83d", "\xef\xbf\xbd\xef\xbf\xbd", "the wrong way round" },
	{ "\\ud83d\\ude00\\ude00", "\xf0\x9f\x98\x80\xef\xbf\xbd",
	    "a low one behind a pair" },
	{ "\\uD800\\uDC00\\uDBFF\\uDFFF", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
	    "the first and last pair" },
	{ "\\u0000", "\\u0000", "NUL" },
	{ "\\u001F\\u007f", "\\u001f\x7f", "small digits; DEL is no control" },
	{ "\\b\\f\\n\\r\\t\\/\\\\\\\"", "\\b\\f\\n\\r\\t/\\\\\\\"",
	    "one letter" },
	{ "\\u0008\\u000c\\u000a\\u000d\\u0009\\u002f\\u005c\\u0022",
	    "\\b\\f\\n\\r\\t/\\\\\\\"", "the same as units" },
	{ "\\u07ff\\u0800\\uffff", "\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf",
	    "where the lengths change" },
	{ "\\u2028\xe2\x80\xa8", "\xe2\x80\xa8\xe2\x80\xa8", "as itself" },
};

Test(json, a_kept_string_is_canonical)
{
	static const struct json_want S[] = {
		{ NULL, 0, JSON_STRING | JSON_EMIT, 64 },
	};
	char json[128], want[128];

	for (size_t i = 0; i < COUNT(STRINGS); i++) {
		snprintf(json, sizeof json, "'%s'", STRINGS[i].wire);
		snprintf(want, sizeof want, "0:'%s'\n", STRINGS[i].canonical);
		cr_log_info("%s", STRINGS[i].why);
		expect((struct table){ S, 1 }, json, want);
	}
}

Test(json, a_high_surrogate_at_the_end_of_a_key_does_not_reach_the_value)
{
	expect(PAGE_TABLE, "{'value':[{'x\\ud83d':1,'name':'\\ude00'}]}",
	    "2:{'name':'\xef\xbf\xbd'}\n");
}
