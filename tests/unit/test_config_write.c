/* SPDX-License-Identifier: MIT */
/* What is written is read as the same configuration. */
#include "config_help.h"

static uint8_t written[2][2 * CONFIG_FILE_MAX_BYTES];

static struct span
write_all(size_t which)
{
	struct buf all = BUF_OVER(written[which]);
	uint64_t piece = 0;
	uint8_t room[CONFIG_PIECE_MAX_BYTES];
	struct buf out = BUF_OVER(room);

	for (; config_write(&config, &piece, &out); buf_reset(&out)) {
		cr_assert(!out.cut);
		cr_assert_neq(out.n, 0);
		buf_put(&all, span_of(&out));
	}
	cr_assert_eq(out.n, 0);
	cr_assert(!all.cut);
	return span_of(&all);
}

/* Parsed again and written again it is the same text, which has these parts. */
static void
check(const char *const *parts)
{
	struct span first = write_all(0), again;

	cr_assert_eq(help_parse_span(first, NULL), ST_OK, "%s: %.*s",
	    help_fault(0), (int)first.n, (char *)first.p);
	again = write_all(1);
	cr_assert(span_eq(first, again), "%.*s\n%.*s", (int)first.n,
	    (char *)first.p, (int)again.n, (char *)again.p);
	for (; *parts != NULL; parts++) {
		uint8_t text[200];
		struct buf b = BUF_OVER(text);

		for (const char *s = *parts; *s != '\0'; s++)
			buf_put_byte(&b, *s == '\'' ? '"' : (uint8_t)*s);
		cr_expect_neq(span_find_nocase(first, span_of(&b)), SIZE_MAX,
		    "%s in %.*s", *parts, (int)first.n, (char *)first.p);
	}
}

#define CHECK(...) check((const char *const[]){ __VA_ARGS__, NULL })

#define CONNECTOR                                                         \
	"'tenant_id':" ID ",'client_id':" ID ",'subscription_id':" ID "," \
	"'resource_group':'rg','workspace_name':'law-x'"

Test(config_write, smallest_file_comes_back_with_its_defaults)
{
	cr_assert_eq(help_parse("{" HEAD "}"), ST_OK);
	CHECK("{'version':1,'appliance_id':'01234567-89ab",
	    "'log_level':'info','network':{'connect_timeout_seconds':10,",
	    "'connectors':[],'sinks':[{'type':'file','name':'file',"
	    "'enabled':true,'required':true,'format':'workunit',"
	    "'path':'workunits.ndjson','rotate_mib':16,'keep':4}]}\n");
}

Test(config_write, what_says_something_by_being_there_stays_away)
{
	cr_assert_eq(
	    help_parse("{" HEAD ",'connectors':[{'name':'a'," CONNECTOR "}]}"),
	    ST_OK);
	CHECK("'cloud':'public'");
	cr_expect(!config.connector[0].statuses_given);
	cr_expect(!config.connector[0].api_version_given);
	cr_assert_eq(help_parse("{" HEAD ",'connectors':[{'name':'a'," CONNECTOR
				",'cloud':'custom','authority_url':'https://a',"
				"'arm_url':'https://b:8443',"
				"'statuses':['New','Closed'],"
				"'api_version':'2025-09-01'}]}"),
	    ST_OK);
	CHECK("'authority_url':'https://a','arm_url':'https://b:8443'",
	    "'statuses':['New','Closed'],");
	cr_expect(config.connector[0].statuses_given);
	cr_expect(config.connector[0].api_version_given);
}

Test(config_write, lists_of_several_come_back)
{
	cr_assert_eq(
	    help_parse(
		"{" HEAD ",'connectors':[{'name':'a'," CONNECTOR
		",'fetch':[],'exclude':[{'title_contains':'a \\'b\\' \\\\ c'},"
		"{'label':'d'},{'rule_id':'e'}]},"
		"{'name':'b','enabled':false,'tenant_id':" ID ",'client_id':" ID
		",'subscription_id':" ID
		",'resource_group':'rg','workspace_name':'law-y'}],"
		"'control':{'web_admins':['x','y']},"
		"'sinks':[{'type':'file','name':'f'},{'type':'nats','name':'n',"
		"'user':'u'},{'type':'analytics','name':'z',"
		"'url':'https://c','email':'a@b.example'}]}"),
	    ST_OK, "%s", help_fault(0));
	CHECK("'fetch':[],",
	    "'exclude':[{'title_contains':'a \\'b\\' \\\\ c'},"
	    "{'label':'d'},{'rule_id':'e'}]},{'name':'b','enabled':false,",
	    "'web_admins':['x','y']", "'email':'a@b.example','batch':50}]}\n");
}

Test(config_write, user_of_a_url_is_not_shown)
{
	struct span text;

	cr_assert_eq(help_parse("{" HEAD "}"), ST_OK);
	/* Nothing lets it in; should it come, it does not go out. */
	config.proxy = span_str("http://user:pass@proxy:3128");
	config.ca_file = span_str("tls://a:b@c,tls://d@e,tls://f");
	text = write_all(0);
	cr_expect_eq(span_find_nocase(text, SPAN_LIT("pass")), SIZE_MAX);
	cr_expect_neq(
	    span_find_nocase(text, SPAN_LIT("\"http://***@proxy:3128\"")),
	    SIZE_MAX);
	cr_expect_neq(span_find_nocase(text,
			  SPAN_LIT("\"tls://***@c,tls://***@e,tls://f\"")),
	    SIZE_MAX);
}
