/* SPDX-License-Identifier: MIT */
/* What is reported: places, all faults, nothing secret, nothing raw. */
#include "config_help.h"

/* ---- places -------------------------------------------------------------- */

Test(config, line_and_column_count_bytes_through_crlf_tabs_and_utf8)
{
	cr_assert_eq(
	    help_parse("{\r\n"
		       "\t'version': 1,\r\n"
		       "\t'appliance_id': " ID ",\r\n"
		       "\t'org_id': 'b\xc3\xa4r', 'log_level':\t\t'loud',\r\n"
		       "\r\n"
		       "\t'store': { 'max_mib': 15 }, \t'\xc3\xa4': 1\r\n"
		       "}\r\n"),
	    ST_CONFIG);
	cr_assert_eq(fault_count, 4);
	assert_fault(0,
	    "f:4:12: org_id: 'b\\u00e4r' is not a DNS label, "
	    "allowed: 1 to 63 letters, digits, '-', not at an end");
	assert_fault(1,
	    "f:4:34: log_level: 'loud' is not known, allowed: "
	    "'error', 'warning', 'info', 'debug'");
	assert_fault(2,
	    "f:6:24: store.max_mib: 15 is out of range, allowed: "
	    "a number, 16 to 4096");
	assert_fault(3,
	    "f:6:31: \\u00e4: is not known, allowed: version, "
	    "appliance_id, org_id, connectors, network, control, log_level, "
	    "store, sinks");
}

Test(config, each_kind_of_fault_points_to_its_place)
{
	cr_assert_eq(
	    help_parse("{\n"
		       " 'version': 1, 'appliance_id': " ID ",\n"
		       " 'sinks': [\n"
		       "  { 'type': 'analytics', 'path': 'x',\n"
		       "    'url': 'https://a', 'url': 'https://b' },\n"
		       "  'file',\n"
		       "  {}\n"
		       " ],\n"
		       " 'store': [1]\n"
		       "}\n"),
	    ST_CONFIG);
	cr_assert_eq(fault_count, 6);
	assert_fault(0,
	    "f:4:3: sinks[0].email: is missing, allowed: an "
	    "e-mail address");
	assert_fault(1,
	    "f:4:26: sinks[0].path: is a key of sinks of type "
	    "file, not of this one");
	assert_fault(2,
	    "f:5:25: sinks[0].url: stands twice in one object, "
	    "allowed: once");
	assert_fault(3,
	    "f:6:3: sinks[1]: 'file' has the wrong type, allowed: "
	    "a list of 1 to 4 objects");
	assert_fault(4,
	    "f:7:3: sinks[2].type: is missing, allowed: 'file', "
	    "'nats', 'analytics'");
	assert_fault(5,
	    "f:9:11: store: a list has the wrong type, allowed: "
	    "an object");
}

Test(config, a_file_with_ten_faults_reports_ten)
{
	cr_assert_eq(
	    help_parse(
		"{\n"
		"'appliance_id': 'x',\n"
		"'log_level': null,\n"
		"'connectors': [ { 'name': 'a', 'nmae': 1, 'tenant_id': " ID
		",\n"
		" 'client_id': " ID ", 'subscription_id': " ID ",\n"
		" 'resource_group': 'r/', 'workspace_name': 'Work',\n"
		" 'statuses': ['open', 'New'], 'poll_interval_seconds': 5,\n"
		" 'cloud': 'usgov', 'arm_url': 'https://a',\n"
		" 'name': 'a' } ],\n"
		"'network': { 'proxy': 'p' }\n"
		"}\n"),
	    ST_CONFIG);
	cr_assert_eq(fault_count, 10);
	cr_expect_eq(warning_count, 0);
	cr_expect(help_has("version", "f:1:1: "));
	cr_expect(help_has("appliance_id", "f:2:17: "));
	cr_expect(help_has("log_level", "f:3:14: "));
	cr_expect(help_has("connectors[0].nmae", "f:4:32: "));
	cr_expect(help_has("connectors[0].resource_group", "f:6:20: "));
	cr_expect(help_has("connectors[0].statuses[0]", "f:7:15: "));
	cr_expect(help_has("connectors[0].poll_interval_seconds", "f:7:56: "));
	cr_expect(help_has("connectors[0].arm_url", "f:8:31: "));
	cr_expect(help_has("connectors[0].name", "f:9:2: "));
	cr_expect(help_has("network.proxy", "f:10:23: "));
}

Test(config, a_key_that_is_nearly_right_gets_a_proposal)
{
	help_assert_refused(CONNECTOR, "tenantId", "'x'",
	    "is not known, did you mean 'tenant_id'?");
	help_assert_refused(CONNECTOR, "Poll-Interval-Seconds", "1",
	    "did you mean 'poll_interval_seconds'?");
	help_assert_refused(ROOT, "logLevel", "1", "did you mean 'log_level'");
	help_assert_refused(ROOT, "loglevels", "1", "is not known, allowed: ");
	/* 22 keys are too long for a message. */
	help_assert_refused(CONNECTOR, "colour", "1", ", ...");
}

Test(config, keys_are_compared_after_their_escapes)
{
	cr_assert_eq(
	    help_parse("{" HEAD ",'\\u006fr\\u0067_id':'abc'}"), ST_OK);
	cr_expect(help_is(config.org_id, "abc"));
	cr_assert_eq(help_parse("{" HEAD ",'org_id':'a','org\\u005fid':'b'}"),
	    ST_CONFIG);
	cr_assert_eq(fault_count, 1);
	cr_expect(help_has("org_id", "stands twice"));
	cr_assert_eq(help_parse("{" HEAD ",'org_id\\u0000':'a'}"), ST_CONFIG);
	cr_expect(help_has("org_id\\u0000", "is not known"));
}

/* ---- repeated keys ------------------------------------------------------- */

Test(config, a_repeated_key_is_found_in_every_object)
{
	static const struct {
		const char *text, *key;
	} ROW[] = {
		{ "{" HEAD ",'version':1}", "version" },
		{ "{" HEAD ",'network':{},'network':{}}", "network" },
		{ "{" HEAD ",'network':{'proxy':'http://a:1',"
		  "'proxy':'http://a:1'}}",
		    "network.proxy" },
		{ "{" HEAD ",'control':{'web_user':'a','web_user':'a'}}",
		    "control.web_user" },
		{ "{" HEAD ",'store':{'max_mib':16,'keep_days':1,"
		  "'max_mib':16}}",
		    "store.max_mib" },
		{ "{" HEAD ",'sinks':[{'type':'file','type':'file'}]}",
		    "sinks[0].type" },
		{ "{" HEAD ",'connectors':[{'name':'a','tenant_id':" ID ","
		  "'client_id':" ID ",'subscription_id':" ID ","
		  "'resource_group':'r','workspace_name':'work',"
		  "'exclude':[{'label':'a','label':'a'}]}]}",
		    "connectors[0].exclude[0].label" },
	};

	for (size_t i = 0; i < COUNT(ROW); i++) {
		cr_assert_eq(
		    help_parse(ROW[i].text), ST_CONFIG, "%s", ROW[i].key);
		cr_assert_eq(
		    fault_count, 1, "%s: %s", ROW[i].key, help_fault(1));
		cr_expect(help_has(ROW[i].key, "stands twice in one object"));
	}
}

Test(config, a_repeated_key_is_found_below_unknown_ones)
{
	cr_assert_eq(help_parse("{'version':2,'appliance_id':" ID ","
				"'new':[0,{'a':{'b':1,'c':2,'b':3}}],'new':1}"),
	    ST_CONFIG);
	cr_assert_eq(fault_count, 3);
	cr_expect_eq(warning_count, 1);
	cr_expect(help_has("new", "is not known and ignored"));
	cr_expect(help_has("new[1].a.b", "stands twice"));
	cr_expect(help_has("new", "stands twice"));
}

/* ---- secrets ------------------------------------------------------------- */

#define SECRET "hunter2-Zx9"
#define SIXTY  "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff"

static void
assert_no_secret(void)
{
	for (size_t i = 0; i < fault_count; i++)
		cr_expect_eq(strstr(help_fault(i), "hunter2"), NULL, "%s",
		    help_fault(i));
}

Test(config, a_key_for_a_secret_is_refused_wherever_it_stands)
{
	static const struct {
		const char *text, *key;
	} ROW[] = {
		{ "{" HEAD ",'password':'" SECRET "'}", "password" },
		{ "{" HEAD ",'network':{'proxy_password':'" SECRET "'}}",
		    "network.proxy_password" },
		{ "{" HEAD ",'connectors':[{'client_secret':'" SECRET "'}]}",
		    "connectors[0].client_secret" },
		{ "{" HEAD ",'connectors':[{'ClientSecret':'" SECRET "'}]}",
		    "connectors[0].ClientSecret" },
		{ "{" HEAD ",'connectors':[{'client_\\u0073ecret':'" SECRET
		  "'}]}",
		    "connectors[0].client_secret" },
		{ "{" HEAD ",'connectors':[{'client_certificate':'" SECRET
		  "'}]}",
		    "connectors[0].client_certificate" },
		{ "{" HEAD ",'connectors':[{'exclude':[{'token':'" SECRET
		  "'}]}]}",
		    "connectors[0].exclude[0].token" },
		{ "{" HEAD
		  ",'connectors':[{'credentials':{'a':[{'token':'" SECRET
		  "'}]}}]}",
		    "connectors[0].credentials.a[0].token" },
		{ "{" HEAD ",'sinks':[{'type':'nats','token':'" SECRET "'}]}",
		    "sinks[0].token" },
		{ "{" HEAD ",'sinks':{'password':'" SECRET "'}}",
		    "sinks.password" },
		{ "{" HEAD ",'log_level':[{'api_key':'" SECRET "'}]}",
		    "log_level[0].api_key" },
		{ "{" HEAD ",'org_id':{'secret':['" SECRET "']}}",
		    "org_id.secret" },
		{ "{" HEAD ",'connectors':[{'fetch':[{'Api-Key':'" SECRET
		  "'}]}]}",
		    "connectors[0].fetch[0].Api-Key" },
		{ "{'version':3,'appliance_id':" ID ",'x':{'password':'" SECRET
		  "'}}",
		    "x.password" },
	};

	for (size_t i = 0; i < COUNT(ROW); i++) {
		cr_assert_eq(
		    help_parse(ROW[i].text), ST_CONFIG, "%s", ROW[i].key);
		cr_expect(help_has(ROW[i].key,
			      "a secret has no place in this "
			      "file; set it with 'wf-sentinel secret set'"),
		    "%s", ROW[i].key);
		assert_no_secret();
	}
}

Test(config, the_names_of_the_keys_we_have_are_not_secrets)
{
	help_assert_accepted(CONNECTOR, "auth_method", "'client_secret'");
	help_assert_refused(CONNECTOR, "token_count", "1", "is not known");
	help_assert_refused(CONNECTOR, "passwords", "1", "is not known");
}

Test(config, a_value_that_looks_like_a_secret_is_not_shown)
{
	static const char *const VALUES[] = {
		/* The form of Entra's client secrets. */
		"'abc8Q~hunter2hunter2hunter2hunter2hunte'",
		"'-----BEGIN PRIVATE KEY-----hunter2'",
		"'https://x:hunter2@y'",
		"'https://x:hunter2" SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY
		    SIXTY SIXTY "@y'",
	};

	for (size_t i = 0; i < COUNT(VALUES); i++) {
		help_assert_refused(CONNECTOR, "client_id", VALUES[i],
		    ": the value (not shown) is ");
		assert_no_secret();
	}
	help_assert_refused(CONNECTOR, "client_id", "'Q~short'", "'Q~short'");
}

/* ---- what is shown ------------------------------------------------------- */

Test(config, values_are_cut_and_escaped)
{
	static const struct {
		const char *value, *shown;
	} ROW[] = {
		{ "'" SIXTY "1234'", ": '" SIXTY "1234' is not known" },
		{ "'" SIXTY "12345'", ": '" SIXTY "1234...' is not known" },
		{ "'" SIXTY "123\xc3\xa4'", ": '" SIXTY "123...' is" },
		{ "'" SIXTY "12345" SIXTY "'", ": '" SIXTY "1234...' is" },
		{ "'" SIXTY
		  "12345" SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY
		  "'",
		    ": '" SIXTY "1234...' is" },
		{ "'\\u001b[31m\\n\x7f'", ": '\\u001b[31m\\u000a\\u007f' is" },
		{ "'\xc2\x9b\xe2\x80\xae'", ": '\\u009b\\u202e' is" },
		{ "'\xf0\x9f\x98\x80'", ": '\\ud83d\\ude00' is" },
		{ "'\\ud83d\\ude00\\ud800'", ": '\\ud83d\\ude00\\ufffd' is" },
		{ "'a\\\"b\\\\c'", ": 'a\\'b\\\\c' is not known" },
		{ "'%s%n'", ": '%s%n' is not known" },
		{ "1234567890123456789012345678901234567890"
		  "1234567890123456789012345",
		    ": 1234567890123456789012345678901234567890"
		    "123456789012345678901234... has the wrong" },
	};

	for (size_t i = 0; i < COUNT(ROW); i++)
		help_assert_refused(
		    ROOT, "log_level", ROW[i].value, ROW[i].shown);
}

Test(config, a_long_or_strange_key_is_cut_and_escaped)
{
	cr_assert_eq(help_parse("{" HEAD ",'" SIXTY SIXTY SIXTY "':1,"
				"'\\u001b[2J\xc2\x85':2,'':3}"),
	    ST_CONFIG);
	cr_assert_eq(fault_count, 3);
	cr_expect_str_eq(fault[0].key, "aaaaaaaaaabbbbbbbbbbccccccccccdd...");
	cr_expect_str_eq(fault[1].key, "\\u001b[2J\\u0085");
	cr_expect_str_eq(fault[2].key, "\"\"");
}

Test(config, a_path_that_is_too_long_ends_in_dots)
{
	static char text[4096];
	char *to = text + sprintf(text, "{" HEAD ",'a':");

	for (unsigned i = 0; i < 40; i++)
		to += sprintf(to, "{'key%u':", i);
	to += sprintf(to, "{'token':1},'password':2");
	for (unsigned i = 0; i < 40; i++)
		*to++ = '}';
	sprintf(to, ",'b':1}");
	cr_assert_eq(help_parse(text), ST_CONFIG);
	cr_assert_eq(fault_count, 4);
	cr_expect_str_eq(fault[0].key, "a");
	cr_expect_eq(strncmp(fault[1].key, "a.key0.key1.", 12), 0);
	cr_expect_eq(strlen(fault[1].key), CONFIG_FAULT_KEY_MAX_BYTES - 1);
	cr_expect_str_eq(fault[1].key + strlen(fault[1].key) - 3, "...");
	cr_expect_str_eq(fault[3].key, "b");
}

/* The longest message there is: nothing of it is lost. */
Test(config, the_longest_messages_fit)
{
	help_assert_refused(CONNECTOR, "resource_group", "'" SIXTY "//////'",
	    "without '.' at the end");
	help_assert_refused(CONNECTOR, "workspace_name", "'" SIXTY "//////'",
	    "letters, digits, '-', not at an end");
	help_assert_refused(ANALYTICS, "url", "'https://" SIXTY "/" SIXTY "'",
	    "allowed: https://HOST or https://HOST:PORT");
	help_assert_refused(NATS, "url", "'tls://" SIXTY "." SIXTY ".1:1'",
	    "several with ',' between");
	cr_expect_lt(strlen(fault[0].text), CONFIG_FAULT_TEXT_MAX_BYTES - 1);
}
