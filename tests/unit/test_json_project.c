/* SPDX-License-Identifier: MIT */
/* The projector: what is kept, and what is said about the rest. */
#include "json_run.h"

Test(json, what_is_not_wanted_is_dropped)
{
	expect(PAGE_TABLE,
	    " { 'x' : [ { 'name' : 'no' } ] , 'value' : [\n"
	    "  { 'a' : 1 , 'name' : 'one' , 'b' : { 'name' : 'no' } } ,\r\n"
	    "\t{ 'ok' : true , 'c' : null , 'count' : -1 , 'z' : [[],{}] }"
	    " ] , 'y' : 0 } ",
	    "2:{'name':'one'}\n"
	    "2:{'ok':true,'count':-1}\n");
}

Test(json, members_keep_the_order_of_the_document)
{
	expect(PAGE_TABLE, "{'value':[{'ok':false,'name':'n','count':7}]}",
	    "2:{'ok':false,'name':'n','count':7}\n");
}

Test(json, an_emitted_string_has_its_quotes)
{
	expect(PAGE_TABLE, "{'nextLink':'a\\u002fb\\\\','value':[]}",
	    "9:'a/b\\\\'\n");
}

Test(json, elements_come_in_the_order_of_the_document)
{
	expect(PAGE_TABLE, "{'nextLink':'u','value':[{},{'name':'x'}]}",
	    "9:'u'\n2:{}\n2:{'name':'x'}\n");
}

Test(json, a_container_with_nothing_wanted_in_it_is_empty)
{
	expect(PAGE_TABLE,
	    "{'value':[{'labels':[1,{'x':2}],'properties':{'x':[1]},"
	    "'tags':[null,[],{}],'grid':[[],['a']]}]}",
	    "2:{'labels':[{}],'properties':{},'tags':[],'grid':[[],[]]}\n");
}

Test(json, a_value_of_another_type_is_as_if_absent)
{
	static const char *const OTHER[] = { "null", "{'a':1}", "['x']", "1.5",
		"true" };
	char json[256];

	for (size_t i = 0; i < COUNT(OTHER); i++) {
		snprintf(json, sizeof json,
		    "{'nextLink':%s,'value':[%s,{'name':%s,'ok':true}]}",
		    OTHER[i], i == 1 ? "1" : OTHER[i], OTHER[i]);
		expect(PAGE_TABLE, json, "2:{'ok':true}\n");
	}
	expect(PAGE_TABLE,
	    "{'value':[{'ok':'true','count':'1','labels':{},"
	    "'properties':[],'name':'n'}]}",
	    "2:{'name':'n'}\n");
	expect(PAGE_TABLE, "{'value':{'name':'x'}}", "");
	expect(PAGE_TABLE, "[{'value':[{'name':'x'}]}]", "");
}

Test(json, several_types_can_be_wanted_at_one_path)
{
	static const struct json_want ANY[] = {
		{ NULL, 0, JSON_OBJECT, 0 },
		{ "a", 0,
		    JSON_EMIT | JSON_STRING | JSON_NUMBER | JSON_BOOL |
			JSON_OBJECT | JSON_ARRAY,
		    9 },
		{ "k", 1, JSON_NUMBER, 4 },
		{ "*", 1, JSON_BOOL, 0 },
	};
	const struct table t = { ANY, COUNT(ANY) };

	expect(t, "{'a':'s'}", "1:'s'\n");
	expect(t, "{'a':12e4}", "1:12e4\n");
	expect(t, "{'a':false}", "1:false\n");
	expect(t, "{'a':[true,1,false]}", "1:[true,false]\n");
	expect(t, "{'a':{'*':true,'k':1,'j':2}}", "1:{'k':1}\n");
	expect(t, "{'a':null}", "");
}

Test(json, nested_arrays_are_kept_and_cut_at_each_level)
{
	expect(PAGE_TABLE,
	    "{'value':[{'grid':[[1,22],[3,'x',4,5]]},{'grid':[[1],[2],[3]]}]}",
	    "2:{'grid':[[1,22],[3,4]]} cut=13\n"
	    "2:{'grid':[[1],[2]]} cut=12\n");
}

Test(json, elements_behind_an_array_s_limit_are_dropped_and_marked)
{
	expect(PAGE_TABLE,
	    "{'value':[{'labels':[{'labelName':'a'},{'labelName':'b'},"
	    "{'labelName':'c'}]},{'labels':[{},{}]},{'tags':['a','b','c']}]}",
	    "2:{'labels':[{'labelName':'a'},{'labelName':'b'}]} cut=4\n"
	    "2:{'labels':[{},{}]}\n"
	    "2:{'tags':['a','b']} cut=10\n");
}

Test(json, elements_of_another_type_do_not_count_towards_a_limit)
{
	expect(PAGE_TABLE, "{'value':[{'tags':[1,null,'a',{},'b',[],null]}]}",
	    "2:{'tags':['a','b']}\n");
}

Test(json, an_array_without_limit_hands_over_every_element)
{
	static char json[1500], want[4000];
	struct buf in = BUF_OVER(json), out = BUF_OVER(want);

	buf_put_str(&in, "{'value':[");
	for (unsigned i = 0; i < 300; i++) {
		buf_put_str(&in, i == 0 ? "{}" : ",{}");
		buf_put_str(&out, "2:{}\n");
	}
	buf_put_str(&in, "]}");
	expect(PAGE_TABLE, buf_str(&in), buf_str(&out));
}

Test(json, the_count_of_elements_does_not_wrap_at_65536)
{
	static const struct json_want MANY[] = {
		{ NULL, 0, JSON_ARRAY | JSON_EMIT, 65535 },
		{ "*", 0, JSON_BOOL, 0 },
	};
	static uint8_t json[5 * 70000 + 2], out[5 * 70000 + 2];
	struct buf in = BUF_OVER(json), log;
	static char text[5 * 70000];
	struct json_project jp;

	buf_put_byte(&in, '[');
	for (unsigned i = 0; i < 70000; i++)
		buf_put_str(&in, i == 0 ? "true" : ",true");
	buf_put_byte(&in, ']');
	log = BUF_OVER(text);
	json_project_init(&jp, MANY, 2, BUF_OVER(out), record, &log);
	cr_assert_eq(json_project_push(&jp, span_of(&in)), ST_OK);
	cr_assert_eq(json_project_finish(&jp), ST_OK);
	cr_assert_eq(
	    log.n, strlen("0:[]") + 65535 * 5 - 1 + strlen(" cut=0\n"));
}

Test(json, elements_behind_the_limit_of_an_outer_array_are_marked_outside)
{
	static const struct json_want TWO[] = {
		{ NULL, 0, JSON_ARRAY, 2 },
		{ "*", 0, JSON_NUMBER | JSON_EMIT, 4 },
	};
	static struct outcome o;

	run_all(&o, (struct table){ TWO, 2 }, SPAN_LIT("[1,22,333]"), 64);
	cr_assert_str_eq(o.text, "1:1\n1:22\n");
	cr_assert_eq(o.jp.outer_cut, 1u);
	run_all(&o, (struct table){ TWO, 2 }, SPAN_LIT("[1,22]"), 64);
	cr_assert_eq(o.jp.outer_cut, 0u);
	/* A number that is itself an element and too long is no element. */
	run_all(&o, (struct table){ TWO, 2 }, SPAN_LIT("[123,55555,3]"), 64);
	cr_assert_str_eq(o.text, "1:123\n1:3\n");
	cr_assert_eq(o.jp.outer_cut, 2u);
}

Test(json, a_number_longer_than_its_limit_is_dropped_with_its_key)
{
	expect(PAGE_TABLE, "{'value':[{'count':1234},{'count':123}]}",
	    "2:{} cut=7\n2:{'count':123}\n");
	expect(PAGE_TABLE, "{'value':[{'name':'a','count':1e10,'ok':true}]}",
	    "2:{'name':'a','ok':true} cut=7\n");
	expect(PAGE_TABLE, "{'value':[{'count':0.001,'ok':true}]}",
	    "2:{'ok':true} cut=7\n");
	expect(PAGE_TABLE, "{'value':[{'grid':[[100,1,-20,2]]}]}",
	    "2:{'grid':[[1,2]]} cut=14\n");
}

Test(json, numbers_are_kept_as_they_are_written)
{
	static const struct json_want N[] = {
		{ NULL, 0, JSON_ARRAY, 0 },
		{ "*", 0, JSON_NUMBER | JSON_EMIT, 40 },
	};

	expect((struct table){ N, 2 },
	    "[0,-0,10,-1.50,1E5,1e+05,2.25e-10,123456789012345678901234567890]",
	    "1:0\n1:-0\n1:10\n1:-1.50\n1:1E5\n1:1e+05\n1:2.25e-10\n"
	    "1:123456789012345678901234567890\n");
}

/* ---- keys --------------------------------------------------------------- */

Test(json, a_key_is_compared_after_unescaping)
{
	expect(PAGE_TABLE,
	    "{'v\\u0061lue':[{'na\\u006de':'x','\\u006f\\u006B':true}]}",
	    "2:{'name':'x','ok':true}\n");
}

Test(json, a_key_that_only_begins_like_a_wanted_one_is_not_wanted)
{
	expect(PAGE_TABLE,
	    "{'value':[{'nam':'a','name2':'b','name\\u0000':'c','':'d',"
	    "'Name':'e','*':{}}]}",
	    "2:{}\n");
}

Test(json, a_key_outside_ascii_can_be_wanted_and_is_written_canonical)
{
	static const struct json_want K[] = {
		{ NULL, 0, JSON_OBJECT | JSON_EMIT, 0 },
		{ "\xf0\x9f\x98\x80\"\n\xc3\xa9", 0, JSON_NUMBER, 4 },
		{ "\xef\xbf\xbd", 0, JSON_NUMBER, 4 },
	};
	const struct table t = { K, COUNT(K) };

	expect(t, "{'\\ud83d\\ude00\\u0022\\u000a\\u00e9':1,'x':2}",
	    "0:{'\xf0\x9f\x98\x80\\'\\n\xc3\xa9':1}\n");
	expect(t, "{'\xf0\x9f\x98\x80\\'\\n\xc3\xa9':1}",
	    "0:{'\xf0\x9f\x98\x80\\'\\n\xc3\xa9':1}\n");
	expect(t, "{'\\ud83d':3}", "0:{'\xef\xbf\xbd':3}\n");
}

/* The table's own key has as many bytes as are compared. */
Test(json, a_key_of_64_bytes_can_be_wanted_and_a_longer_one_is_valid)
{
	char key[JSON_KEY_MAX_BYTES + 1] = "";
	const struct json_want K[] = {
		{ NULL, 0, JSON_OBJECT | JSON_EMIT, 0 },
		{ key, 0, JSON_NUMBER, 4 },
	};
	const struct table t = { K, 2 };
	char json[512], want[256];

	memset(key, 'k', JSON_KEY_MAX_BYTES);
	snprintf(want, sizeof want, "0:{'%s':1}\n", key);
	snprintf(json, sizeof json,
	    "{'%sk':2,'%s':1,'%skkkkk':3,'%s\\n':4,"
	    "'%s\xc3\xa9':5}",
	    key, key, key, key, key);
	expect(t, json, want);
}

Test(json, a_wanted_key_that_stands_twice_keeps_the_first_and_is_flagged)
{
	expect(PAGE_TABLE,
	    "{'value':[{'name':'a','x':1,'x':2,'n\\u0061me':'b'},"
	    "{'name':'c'}]}",
	    "2:{'name':'a'} dup\n2:{'name':'c'}\n");
	expect(PAGE_TABLE,
	    "{'value':[{'properties':{'title':'a'},'properties':"
	    "{'title':'b'}}]}",
	    "2:{'properties':{'title':'a'}} dup\n");
}

Test(json, the_first_of_two_keys_decides_even_when_its_type_is_wrong)
{
	expect(
	    PAGE_TABLE, "{'value':[{'name':null,'name':'b'}]}", "2:{} dup\n");
}

Test(json, the_same_key_in_other_objects_is_no_duplicate)
{
	expect(PAGE_TABLE,
	    "{'value':[{'labels':[{'labelName':'a'},{'labelName':'b'}],"
	    "'properties':{'title':'t'}},{'labels':[{'labelName':'c'}],"
	    "'properties':{'title':'t'}}]}",
	    "2:{'labels':[{'labelName':'a'},{'labelName':'b'}],"
	    "'properties':{'title':'t'}}\n"
	    "2:{'labels':[{'labelName':'c'}],'properties':{'title':'t'}}\n");
	expect(PAGE_TABLE,
	    "{'value':[{'labels':[{'labelName':'a','labelName':'b'},{}]}]}",
	    "2:{'labels':[{'labelName':'a'},{}]} dup\n");
}

Test(json, a_duplicate_outside_of_every_element_is_flagged_outside)
{
	static struct outcome o;
	static char in[256];

	run_all(&o, PAGE_TABLE,
	    quoted(
		in, "{'nextLink':'a','value':[],'nextLink':'b','value':[{}]}"),
	    64);
	cr_assert_str_eq(o.text, "9:\"a\"\n");
	cr_assert_eq(o.jp.outer_flags, (unsigned)JSON_FLAG_DUPLICATE);
	run_all(&o, PAGE_TABLE, quoted(in, "{'x':1,'x':2,'value':[{}]}"), 64);
	cr_assert_eq(o.jp.outer_flags, 0u);
}

Test(json, all_64_entries_of_a_table_work)
{
	static char name[JSON_WANT_MAX_COUNT][4];
	static struct json_want w[JSON_WANT_MAX_COUNT];
	static char json[1024], want[1024];
	struct buf in = BUF_OVER(json), out = BUF_OVER(want);

	w[0] = (struct json_want){ NULL, 0, JSON_OBJECT | JSON_EMIT, 0 };
	buf_put_byte(&in, '{');
	buf_put_str(&out, "0:{");
	for (unsigned i = 1; i < JSON_WANT_MAX_COUNT; i++) {
		snprintf(name[i], sizeof name[i], "k%u", i);
		w[i] = (struct json_want){ name[i], 0, JSON_STRING, 1 };
		for (unsigned k = 0; k < 2; k++) {
			struct buf *b = k == 0 ? &in : &out;

			buf_put_str(b, i == 1 ? "'" : ",'");
			buf_put_str(b, name[i]);
			buf_put_str(b, k == 0 ? "':'xy'" : "':'x'");
		}
	}
	buf_put_str(&in, ",'k63':'z'}");
	buf_put_str(&out, "} cut=");
	for (unsigned i = 1; i < JSON_WANT_MAX_COUNT; i++) {
		buf_put_str(&out, i == 1 ? "" : ",");
		buf_put_u64(&out, i);
	}
	buf_put_str(&out, " dup\n");
	expect((struct table){ w, JSON_WANT_MAX_COUNT }, buf_str(&in),
	    buf_str(&out));
}

/* ---- overflow, handler -------------------------------------------------- */

Test(json, an_element_that_does_not_fit_is_flagged_at_every_size)
{
	static const char *const
	    ELEMENT = "{\"name\":\"\xc3\xa9\\n\",\"labels\":"
		      "[{\"labelName\":\"b\"}],\"count\":12,\"ok\":true}";
	static struct outcome o;
	static char json[256], want[256];

	for (size_t cap = 0; cap <= strlen(ELEMENT) + 1; cap++) {
		bool fits = cap >= strlen(ELEMENT);

		snprintf(json, sizeof json, "{\"value\":[{},%s,{}]}", ELEMENT);
		run_all(&o, PAGE_TABLE, span_str(json), cap);
		cr_assert_eq(o.st, ST_OK);
		cr_assert_eq(strstr(o.text, " over") == NULL, fits,
		    "%zu bytes: %s", cap, o.text);
		if (cap < 2 || fits)
			continue;
		/* The others are whole, and of this one the beginning. */
		snprintf(want, sizeof want, "2:{}\n2:%.*s over\n2:{}\n",
		    (int)(strstr(o.text, " over") - o.text - 7), ELEMENT);
		cr_assert_str_eq(o.text, want);
	}
}

Test(json, a_number_that_is_dropped_does_not_overflow)
{
	static struct outcome o;
	static char in[128];

	run_all(&o, PAGE_TABLE, quoted(in, "{'value':[{'count':123456789}]}"),
	    strlen("{\"count\":12"));
	cr_assert_str_eq(o.text, "2:{} cut=7\n");
	/* When something before it did not fit, that is not forgotten. */
	run_all(&o, PAGE_TABLE,
	    quoted(in, "{'value':[{'name':'abcdefgh','count':123456789}]}"),
	    12);
	cr_assert_not_null(strstr(o.text, " over"));
	/* Not even when there is room again for the end. */
	run_all(&o, PAGE_TABLE,
	    quoted(in, "{'value':[{'properties':{},'count':123456789}]}"), 11);
	cr_assert_str_eq(o.text, "2:{\" cut=7 over\n");
}

static enum st
stop_at_second(void *ctx, const struct json_element *e)
{
	unsigned *n = ctx;

	(void)e;
	return ++*n == 2 ? ST_FULL : ST_OK;
}

Test(json, a_handler_that_fails_stops_the_projector_for_good)
{
	uint8_t out[64];
	unsigned n = 0;
	struct json_project jp;

	json_project_init(
	    &jp, PAGE, COUNT(PAGE), BUF_OVER(out), stop_at_second, &n);
	cr_assert_eq(
	    json_project_push(&jp, SPAN_LIT("{\"value\":[{},{},{},{}]}")),
	    ST_FULL);
	cr_assert_eq(n, 2u);
	cr_assert_eq(json_project_push(&jp, SPAN_LIT("]")), ST_FULL);
	cr_assert_eq(json_project_finish(&jp), ST_FULL);
	cr_assert_eq(n, 2u);
}

Test(json, a_number_that_ends_with_the_document_is_handed_over_by_finish)
{
	static const struct json_want N[] = {
		{ NULL, 0, JSON_NUMBER | JSON_EMIT, 40 },
	};
	uint8_t out[64];
	unsigned n = 1;
	struct json_project jp;

	expect((struct table){ N, 1 }, "12.5", "0:12.5\n");
	expect((struct table){ N, 1 }, " 12.5 ", "0:12.5\n");
	json_project_init(&jp, N, 1, BUF_OVER(out), stop_at_second, &n);
	cr_assert_eq(json_project_push(&jp, SPAN_LIT("1")), ST_OK);
	cr_assert_eq(json_project_finish(&jp), ST_FULL);
}

Test(json, scalars_outside_of_every_element_are_dropped)
{
	static const struct json_want S[] = {
		{ NULL, 0, JSON_OBJECT, 0 },
		{ "a", 0, JSON_STRING, 9 },
		{ "b", 0, JSON_NUMBER, 9 },
		{ "c", 0, JSON_BOOL | JSON_EMIT, 0 },
	};

	static struct outcome o;
	static char in[128];

	run_all(&o, (struct table){ S, COUNT(S) },
	    quoted(in, "{'a':'0123456789','b':1234567890,'c':true,'d':'y'}"),
	    4);
	cr_assert_str_eq(o.text, "3:true\n");
	cr_assert_eq(o.jp.outer_cut, 0u);
}

Test(json, what_was_cut_in_one_element_is_not_said_of_the_next)
{
	expect(PAGE_TABLE,
	    "{'value':[{'name':'123456789','name':1},{},"
	    "{'count':1111}],'nextLink':'u'}",
	    "2:{'name':'12345678'} cut=3 dup\n2:{}\n2:{} cut=7\n9:'u'\n");
}
