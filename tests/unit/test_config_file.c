/* SPDX-License-Identifier: MIT */
/* The file as a whole: syntax, sizes, versions, loading. */
#define _GNU_SOURCE /* nftw */
#include "config_help.h"
#include "scratch.h"

/* ---- syntax -------------------------------------------------------------- */

static const struct {
	const char *text, *fault;
} SYNTAX[] = {
	{ "", "f:1:1: the file is empty, allowed: a JSON object" },
	{ " \r\n\t\n", "the file is empty, allowed: a JSON object" },
	{ "\xef\xbb\xbf{}",
	    "f:1:1: the file begins with a byte order mark, "
	    "allowed: JSON in UTF-8 without one" },
	{ "\xff\xfe{", "f:1:1: not JSON in UTF-8" },
	{ "{'a':1,\n", "the file ends too early" },
	{ "{'a':'\n", "f:1:7: not JSON: a control character" },
	{ "{'version':1,\n }",
	    "f:2:2: not JSON: this bracket is not expected "
	    "here (is there a comma before it?)" },
	{ "{\n // hello\n}", "f:2:2: comments are not JSON" },
	{ "# hello\n{}", "f:1:1: comments are not JSON" },
	{ "{'a':1 'b':2}",
	    "f:1:8: not JSON: a quote is not expected here (is "
	    "there a comma missing?)" },
	{ "{'a':tru}", "f:1:9: not JSON: this bracket" },
	{ "{'a':1}\n{", "f:2:1: not JSON: this bracket is not expected here" },
	{ "{'a':01}", "f:1:7: not JSON from here on" },
	{ "{'a':'\\q'}", "f:1:8: not JSON from here on" },
	{ "{'a':'\xc3'}", "f:1:8: not JSON: a quote" },
	{ "{a:1}", "f:1:2: not JSON from here on" },
	{ "[]", "f:1:1: the file is not an object, allowed: a JSON object" },
	{ "7", "f:1:1: the file is not an object, allowed: a JSON object" },
	{ "null", "f:1:1: the file is not an object" },
	{ "'x'", "f:1:1: the file is not an object" },
};

Test(config, what_is_not_json_is_refused_with_its_place)
{
	for (size_t i = 0; i < COUNT(SYNTAX); i++) {
		cr_assert_eq(help_parse(SYNTAX[i].text), ST_CONFIG, "%s",
		    SYNTAX[i].text);
		cr_assert_eq(fault_count, 1);
		cr_expect_str_eq(fault[0].key, "");
		cr_expect_neq(strstr(help_fault(0), SYNTAX[i].fault), NULL,
		    "%s: %s", SYNTAX[i].text, help_fault(0));
	}
}

Test(config, single_quotes_and_zeros_are_refused_with_their_place)
{
	cr_assert_eq(help_parse_span(span_str("{'a':1}"), NULL), ST_CONFIG);
	cr_expect_str_eq(help_fault(0),
	    "f:1:2: not JSON: strings stand in "
	    "double quotes");
	cr_assert_eq(
	    help_parse_span((struct span){ (const uint8_t *)"{}\0", 3 }, NULL),
	    ST_CONFIG);
	cr_expect_str_eq(help_fault(0),
	    "f:1:3: not JSON: a control character "
	    "or the end of a line is not expected here");
	cr_assert_eq(help_parse_span(SPAN_NONE, NULL), ST_CONFIG);
	cr_expect_str_eq(help_fault(0),
	    "f:1:1: the file is empty, allowed: a "
	    "JSON object");
}

/* ---- sizes --------------------------------------------------------------- */

static char big[CONFIG_FILE_MAX_BYTES + 64];

Test(config, a_file_of_the_greatest_size_is_read_and_one_byte_more_is_not)
{
	int n = sprintf(big, "{" HEAD ",'org_id':'end'}");

	memset(big + n, ' ', sizeof big - (size_t)n);
	big[CONFIG_FILE_MAX_BYTES] = '\0';
	cr_assert_eq(help_parse(big), ST_OK);
	cr_expect(help_is(config.org_id, "end"));
	big[CONFIG_FILE_MAX_BYTES] = ' ';
	big[CONFIG_FILE_MAX_BYTES + 1] = '\0';
	cr_assert_eq(help_parse(big), ST_FULL);
	assert_fault(0, "f:1:1: the file is too large, allowed: 65536 bytes");
	cr_expect_eq(fault_count, 1);
}

/* version 1 + 2k tokens of ignored keys */
static enum st
parse_many(unsigned values)
{
	char *to = big +
	    sprintf(big, "{'version':2,'appliance_id':" ID ",'x':[0");

	for (unsigned i = 1; i < values; i++)
		to += sprintf(to, ",%u", i % 10);
	sprintf(to, "]}");
	return help_parse(big);
}

Test(config, three_thousand_keys_and_values_are_read_and_one_more_is_not)
{
	/* The object, three keys and two values, the list: 7. */
	cr_assert_eq(parse_many(CONFIG_TOKEN_MAX_COUNT - 7), ST_OK);
	cr_expect_eq(warning_count, 1);
	cr_assert_eq(parse_many(CONFIG_TOKEN_MAX_COUNT - 6), ST_FULL);
	cr_assert_eq(fault_count, 1);
	assert_fault(0,
	    "f:1:1: the file has too many keys and values, "
	    "allowed: 3000");
}

Test(config, every_one_of_1490_faults_is_reported)
{
	char *to = big + sprintf(big, "{" HEAD);

	for (unsigned i = 0; i < 1490; i++)
		to += sprintf(to, ",\n'k%u':%u", i, i);
	sprintf(to, "}");
	cr_assert_eq(help_parse(big), ST_CONFIG);
	cr_assert_eq(fault_count, 1490);
	cr_expect_str_eq(fault[1489].key, "k1489");
	cr_expect_eq(fault[1489].line, 1491);
	cr_expect_eq(fault[1489].column, 1);
}

Test(config, nesting_of_64_is_read_and_more_is_refused)
{
	for (unsigned depth = 64; depth <= 65; depth++) {
		char *to = big +
		    sprintf(big, "{'version':2,'appliance_id':" ID ",'x':");

		memset(to, '[', depth - 1);
		to += depth - 1;
		memset(to, ']', depth - 1);
		strcpy(to + depth - 1, "}");
		cr_assert_eq(help_parse(big), depth == 64 ? ST_OK : ST_CONFIG);
	}
	cr_expect_neq(
	    strstr(help_fault(0), "or more than 64 are nested"), NULL);
}

/* Eight connectors with every key and 32 exclusions, four sinks, everything
 * else: the largest sensible file. */
static void
write_full(char *to)
{
	to += sprintf(to,
	    "{\n" HEAD ",'org_id':'o','log_level':'debug',\n"
	    "'network':{'proxy':'http://p:1','proxy_user':'u','ca_file':'c',"
	    "'connect_timeout_seconds':10,'request_timeout_seconds':60},\n"
	    "'control':{'socket':'s','status_socket':'t','web_user':'w',"
	    "'web_admins':['0'");
	for (unsigned i = 1; i < 16; i++)
		to += sprintf(to, ",'%u'", i);
	to += sprintf(to,
	    "]},\n'store':{'max_mib':16,'keep_days':0},\n"
	    "'sinks':[{'type':'file'},{'type':'nats'},"
	    "{'type':'analytics','url':'https://a','email':'a@b'},"
	    "{'type':'file','name':'four','path':'four'}],\n'connectors':[\n");
	for (unsigned i = 0; i < 8; i++) {
		to += sprintf(to,
		    "%s{'name':'c%u','enabled':true,"
		    "'tenant_id':" ID ",'client_id':" ID ",\n"
		    "'subscription_id':" ID ",'resource_group':'resource',\n"
		    "'workspace_name':'workspace%u','cloud':'custom',\n"
		    "'authority_url':'https://login.example',\n"
		    "'arm_url':'https://management.example',\n"
		    "'api_version':'2025-09-01','auth_method':'client_secret',"
		    "'certificate_alg':'PS256','poll_interval_seconds':60,\n"
		    "'initial_lookback_hours':1,'overlap_seconds':1,"
		    "'min_severity':'low','statuses':['New','Active',"
		    "'Closed'],\n'fetch':['alerts','entities','comments'],"
		    "'enrichment_calls_per_5min':100,'status_sync':'pull',\n"
		    "'exclude':[",
		    i == 0 ? "" : ",\n", i, i);
		for (unsigned k = 0; k < 32; k++)
			to += sprintf(to,
			    "%s{'title_contains':'%u: a title "
			    "of forty bytes in the file %u'}",
			    k == 0 ? "" : ",\n", k, i);
		to += sprintf(to, "]}");
	}
	sprintf(to, "]}");
}

Test(config, the_largest_sensible_file_fits)
{
	write_full(big);
	cr_assert_eq(help_parse(big), ST_OK, "%s", help_fault(0));
	cr_assert_eq(config.connector_count, 8);
	cr_assert_eq(config.sink_count, 4);
	cr_expect_eq(config.web_admin_count, 16);
	cr_expect_eq(config.connector[7].exclude_count, 32);
	cr_expect(help_is(config.connector[7].exclude[31].value,
	    "31: a title of forty bytes in the file 7"));
	cr_expect(help_is(config.connector[0].exclude[0].value,
	    "0: a title of forty bytes in the file 0"));
	cr_expect(help_is(config.connector[0].name, "c0"));
}

Test(config, the_pool_holds_a_file_that_is_almost_only_text)
{
	char *to = big + sprintf(big, "{'version':1,'connectors':[");

	/* Two connectors of 32 exclusions with about 1,000 bytes each. */
	for (unsigned i = 0; i < 2; i++) {
		to += sprintf(to,
		    "%s{'name':'c%u','tenant_id':" ID ","
		    "'client_id':" ID ",'subscription_id':" ID ","
		    "'resource_group':'r','workspace_name':'work%u',"
		    "'exclude':[",
		    i == 0 ? "" : ",", i, i);
		for (unsigned k = 0; k < 32; k++)
			to += sprintf(to, "%s{'label':'%0*u'}",
			    k == 0 ? "" : ",", 1000, k);
		to += sprintf(to, "]}");
	}
	sprintf(to, "]}");
	cr_assert_gt(strlen(big), CONFIG_FILE_MAX_BYTES - 512);
	for (size_t i = 0; big[i] != '\0'; i++)
		if (big[i] == '\'')
			big[i] = '"';
	cr_assert_eq(help_parse_span(span_str(big),
			 &(struct config_defaults){
			     SPAN_LIT("01234567-89ab-cdef-0123-456789abcdef"),
			     SPAN_LIT("org") }),
	    ST_OK, "%s", help_fault(0));
	cr_expect(help_is(config.org_id, "org"));
	cr_expect_eq(config.connector[1].exclude[31].value.n, 1000);
}

/* ---- versions ------------------------------------------------------------ */

Test(config, above_version_1_unknown_keys_are_warnings_only)
{
	cr_assert_eq(help_parse("{'new':{'a':[1,{'b':2}]},'version':2,"
				"'appliance_id':" ID
				",'store':{'max_mib':16,'colour':1},"
				"'sinks':[{'type':'file','compress':true}]}"),
	    ST_OK);
	cr_assert_eq(fault_count, 3);
	cr_assert_eq(warning_count, 3);
	assert_fault(0,
	    "f:1:2: new: is not known and ignored, since the "
	    "version is above 1");
	cr_expect_str_eq(fault[1].key, "store.colour");
	cr_expect_str_eq(fault[2].key, "sinks[0].compress");
	cr_expect_eq(config.store_max_mib, 16);
}

Test(config, above_version_1_everything_else_is_still_a_fault)
{
	cr_assert_eq(help_parse("{'version':2,'appliance_id':" ID ",'new':1,"
				"'store':{'max_mib':1}}"),
	    ST_CONFIG);
	cr_expect_eq(fault_count, 2);
	cr_expect_eq(warning_count, 1);
	cr_expect(help_has("store.max_mib", "is out of range"));
}

Test(config, an_exclusion_of_a_later_version_is_left_out)
{
	cr_assert_eq(
	    help_parse("{'version':2,'appliance_id':" ID ","
		       "'connectors':[{'name':'a','tenant_id':" ID
		       ",'client_id':" ID ","
		       "'subscription_id':" ID ",'resource_group':'r',"
		       "'workspace_name':'work','exclude':[{'entity':'x'},"
		       "{'label':'y'}]}]}"),
	    ST_OK);
	cr_expect_eq(warning_count, 1);
	cr_assert_eq(config.connector[0].exclude_count, 1);
	cr_expect(help_is(config.connector[0].exclude[0].value, "y"));
}

/* ---- files --------------------------------------------------------------- */

static enum st
load(struct scratch *dir, const char *name)
{
	memset(&config, 0xa5, sizeof config);
	fault_count = warning_count = 0;
	return config_load(&config, scratch_path(dir, name), NULL, &scratch,
	    help_report, &fault_count);
}

Test(config, a_file_is_loaded_and_its_faults_have_places)
{
	struct scratch dir;

	scratch_make(&dir);
	scratch_write(&dir, "good",
	    SPAN_LIT("{\"version\":1,\"appliance_id\":"
		     "\"01234567-89ab-cdef-0123-456789abcdef\"}\n"));
	scratch_write(&dir, "bad", SPAN_LIT("{\"version\":1,\n\"x\":0}"));
	cr_expect_eq(load(&dir, "good"), ST_OK);
	cr_expect_eq(config.sink_count, 1);
	cr_expect_eq(load(&dir, "bad"), ST_CONFIG);
	cr_assert_eq(fault_count, 2);
	cr_expect(help_has("appliance_id", "f:1:1: "));
	cr_expect(help_has("x", "f:2:1: "));
	scratch_remove(&dir);
}

Test(config, a_file_that_is_absent_or_no_file_or_too_large_is_told_apart)
{
	struct scratch dir;

	scratch_make(&dir);
	cr_expect_eq(load(&dir, "none"), ST_NOT_FOUND);
	cr_expect_eq(fault_count, 0);
	cr_expect_eq(load(&dir, "."), ST_IO);
	cr_expect_eq(fault_count, 0);
	memset(big, ' ', sizeof big);
	scratch_write(&dir, "large",
	    (struct span){ (const uint8_t *)big, CONFIG_FILE_MAX_BYTES + 1 });
	cr_expect_eq(load(&dir, "large"), ST_FULL);
	cr_assert_eq(fault_count, 1);
	assert_fault(0, "f:1:1: the file is too large, allowed: 65536 bytes");
	scratch_remove(&dir);
}

Test(config, a_fault_is_written_with_and_without_a_key)
{
	static uint8_t line[256];
	struct buf b = BUF_OVER(line);
	struct config_fault f = { 12, 34, false, "a.b", "is wrong" };

	config_fault_write(&b, "/etc/x.json", &f);
	cr_expect(help_is(span_of(&b), "/etc/x.json:12:34: a.b: is wrong"));
	f.key[0] = '\0';
	buf_reset(&b);
	config_fault_write(&b, "x", &f);
	cr_expect(help_is(span_of(&b), "x:12:34: is wrong"));
}
