/* SPDX-License-Identifier: MIT */
/* Rules between the keys of connectors, and between connectors. */
#include "config_help.h"

static struct config_connector *const connector = config.connector;

/* A connector with a custom cloud whose two URLs are given. */
static enum st
parse_custom(const char *authority, const char *arm)
{
	static char text[4096];
	char *to = text + sprintf(text, "{" HEAD ",'connectors':[");

	to = help_object(to, NEEDED_CONNECTOR, "cloud", "'custom'") - 1;
	if (authority != NULL)
		to += sprintf(to, ",'authority_url':'%s'", authority);
	if (arm != NULL)
		to += sprintf(to, ",'arm_url':'%s'", arm);
	sprintf(to, "}]}");
	return help_parse(text);
}

/* ---- clouds -------------------------------------------------------------- */

Test(config, each_cloud_has_its_origins)
{
	help_assert_accepted(CONNECTOR, "cloud", "'public'");
	cr_expect(help_is(
	    connector->authority_url, "https://login.microsoftonline.com"));
	cr_expect(help_is(connector->arm_url, "https://management.azure.com"));
	help_assert_accepted(CONNECTOR, "cloud", NULL);
	cr_expect(help_is(connector->arm_url, "https://management.azure.com"));
	help_assert_accepted(CONNECTOR, "cloud", "'usgov'");
	cr_expect(help_is(
	    connector->authority_url, "https://login.microsoftonline.us"));
	cr_expect(help_is(
	    connector->arm_url, "https://management.usgovcloudapi.net"));
}

Test(config, a_custom_cloud_needs_both_urls)
{
	cr_assert_eq(parse_custom(NULL, NULL), ST_CONFIG);
	cr_assert_eq(fault_count, 2);
	cr_expect(help_has("connectors[0].authority_url",
	    "is missing, "
	    "required with cloud 'custom': https://HOST"));
	cr_expect(help_has("connectors[0].arm_url",
	    "is missing, required "
	    "with cloud 'custom'"));
	cr_assert_eq(parse_custom("https://a", NULL), ST_CONFIG);
	cr_assert_eq(fault_count, 1);
	cr_expect(help_has("connectors[0].arm_url", "is missing"));
	cr_assert_eq(parse_custom(NULL, "https://a"), ST_CONFIG);
	cr_assert_eq(fault_count, 1);
	cr_expect(help_has("connectors[0].authority_url", "is missing"));
}

Test(config, urls_of_a_cloud_that_has_its_own_are_refused)
{
	help_assert_refused(CONNECTOR, "authority_url", "'https://a'",
	    "'https://a' stands with a cloud that has its own, allowed: only "
	    "with cloud 'custom'");
	help_assert_refused(
	    CONNECTOR, "arm_url", "'https://a'", "only with cloud 'custom'");
	help_assert_refused(
	    CONNECTOR, "arm_url", "7", "only with cloud 'custom'");
	cr_assert_eq(
	    help_parse(
		"{" HEAD ",'connectors':[{'name':'a',"
		"'tenant_id':" ID ",'client_id':" ID ",'subscription_id':" ID
		","
		"'resource_group':'r','workspace_name':'work','arm_url':'nope',"
		"'cloud':'usgov'}]}"),
	    ST_CONFIG);
	cr_expect_eq(fault_count, 1, "a cloud behind it counts as well");
	cr_expect(help_has("connectors[0].arm_url", "only with cloud"));
}

Test(config, an_unknown_cloud_says_nothing_about_urls)
{
	cr_assert_eq(help_parse("{" HEAD ",'connectors':[{'name':'a',"
				"'tenant_id':" ID ",'client_id':" ID
				",'subscription_id':" ID ","
				"'resource_group':'r','workspace_name':'work',"
				"'arm_url':'https://a','cloud':'china'}]}"),
	    ST_CONFIG);
	cr_assert_eq(fault_count, 1);
	cr_expect(help_has("connectors[0].cloud",
	    "'china' is not known, "
	    "allowed: 'public', 'usgov', 'custom'"));
}

/* ---- connectors ---------------------------------------------------------- */

Test(config, no_connector_at_all_is_right)
{
	help_assert_accepted(ROOT, "connectors", NULL);
	cr_expect_eq(config.connector_count, 0);
	help_assert_accepted(ROOT, "connectors", "[]");
	cr_expect_eq(config.connector_count, 0);
}

Test(config, status_sync_both_is_refused_as_reserved)
{
	help_assert_refused(CONNECTOR, "status_sync", "'both'",
	    "'both' is reserved for a later version, allowed: 'pull'");
}

Test(config, an_api_version_that_is_given_is_told_from_the_default)
{
	help_assert_accepted(CONNECTOR, "api_version", NULL);
	cr_expect(!connector->api_version_given);
	help_assert_accepted(CONNECTOR, "api_version", "'2025-09-01'");
	cr_expect(connector->api_version_given);
}

/* Two connectors that differ in what the two texts say. */
static enum st
parse_two(const char *first, const char *second)
{
	static char text[4096];

	sprintf(text,
	    "{" HEAD ",'connectors':["
	    "{'tenant_id':" ID ",'client_id':" ID ",%s},"
	    "{'tenant_id':" ID ",'client_id':" ID ",%s}]}",
	    first, second);
	return help_parse(text);
}

#define SUB_A       "'subscription_id':'abcdefab-0000-0000-0000-000000000001'"
#define SUB_A_LARGE "'subscription_id':'ABCDEFAB-0000-0000-0000-000000000001'"
#define SUB_B       "'subscription_id':'abcdefab-0000-0000-0000-000000000002'"
#define CUSTOM(port)                                    \
	"'cloud':'custom','authority_url':'https://a'," \
	"'arm_url':'https://b" port "'"

static const struct {
	const char *first, *second;
	bool is_same;
	const char *why;
} PAIRS[] = {
	{ SUB_A ",'resource_group':'Rg','workspace_name':'Work'",
	    SUB_A ",'resource_group':'Rg','workspace_name':'Work'", true,
	    "the same" },
	{ SUB_A ",'resource_group':'Rg','workspace_name':'Work'",
	    SUB_A_LARGE ",'resource_group':'rG','workspace_name':'wORK'", true,
	    "in other letters" },
	{ SUB_A ",'resource_group':'Rg','workspace_name':'Work'",
	    SUB_B ",'resource_group':'Rg','workspace_name':'Work'", false,
	    "another subscription" },
	{ SUB_A ",'resource_group':'Rg','workspace_name':'Work'",
	    SUB_A ",'resource_group':'Rh','workspace_name':'Work'", false,
	    "another resource group" },
	{ SUB_A ",'resource_group':'Rg','workspace_name':'Work'",
	    SUB_A ",'resource_group':'Rg','workspace_name':'Worl'", false,
	    "another name" },
	{ SUB_A ",'resource_group':'Rg','workspace_name':'Work'",
	    SUB_A ",'resource_group':'Rg','workspace_name':'Work',"
		  "'cloud':'usgov'",
	    false, "another cloud" },
	{ CUSTOM("") "," SUB_A ",'resource_group':'Rg',"
		     "'workspace_name':'Work'",
	    CUSTOM(":443") "," SUB_A ",'resource_group':'Rg',"
			   "'workspace_name':'Work'",
	    true, "the same origin" },
	{ CUSTOM("") "," SUB_A ",'resource_group':'Rg',"
		     "'workspace_name':'Work'",
	    CUSTOM(":444") "," SUB_A ",'resource_group':'Rg',"
			   "'workspace_name':'Work'",
	    false, "another port" },
};

Test(config, a_workspace_has_one_connector)
{
	for (size_t i = 0; i < COUNT(PAIRS); i++) {
		char first[512], second[512];
		enum st st;

		sprintf(first, "'name':'a',%s", PAIRS[i].first);
		sprintf(second, "'name':'b',%s", PAIRS[i].second);
		st = parse_two(first, second);
		cr_assert_eq(st, PAIRS[i].is_same ? ST_CONFIG : ST_OK, "%s: %s",
		    PAIRS[i].why, help_fault(0));
		if (!PAIRS[i].is_same)
			continue;
		cr_assert_eq(fault_count, 1);
		cr_expect(help_has("connectors[1].workspace_name",
		    "is the workspace of another connector"));
	}
}

Test(config, workspaces_that_are_not_known_are_not_compared)
{
	cr_assert_eq(parse_two("'name':'a'," SUB_A ",'resource_group':'',"
			       "'workspace_name':'Work'",
			 "'name':'b'," SUB_A ","
			 "'resource_group':'','workspace_name':'Work'"),
	    ST_CONFIG);
	cr_expect_eq(fault_count, 2);
	cr_expect(help_has("connectors[0].resource_group", "is empty"));
	cr_expect(help_has("connectors[1].resource_group", "is empty"));
}

Test(config, names_of_connectors_are_unique)
{
	cr_assert_eq(parse_two("'name':'a'," SUB_A ",'resource_group':'r',"
			       "'workspace_name':'Work'",
			 "'name':'a'," SUB_B ","
			 "'resource_group':'r','workspace_name':'Work'"),
	    ST_CONFIG);
	cr_assert_eq(fault_count, 1);
	cr_expect(help_has(
	    "connectors[1].name", "'a' is the name of another connector"));
}

Test(config, eight_connectors_are_right_and_more_are_not)
{
	static char text[8192];

	for (unsigned count = 8; count <= 11; count++) {
		char *to = text + sprintf(text, "{" HEAD ",'connectors':[");

		for (unsigned i = 0; i < count; i++)
			to += sprintf(to,
			    "%s{'name':'c%u','tenant_id':" ID ","
			    "'client_id':" ID ",'subscription_id':" ID ","
			    "'resource_group':'r','workspace_name':'work%u'}",
			    i == 0 ? "" : ",", i, i);
		sprintf(to, "]}");
		cr_assert_eq(help_parse(text), count == 8 ? ST_OK : ST_CONFIG);
		cr_assert_eq(config.connector_count, 8);
		cr_expect(help_is(connector[7].name, "c7"));
		cr_assert_eq(fault_count, count == 8 ? 0 : 1, "said once");
	}
	cr_expect(help_has("connectors[8]",
	    "an object is one too many, "
	    "allowed: a list of 0 to 8 objects"));
}

Test(config, a_connector_is_checked_although_another_has_faults)
{
	cr_assert_eq(help_parse("{" HEAD ",'connectors':[{'name':'A'},7,"
				"{'name':'c','poll_interval_seconds':1}]}"),
	    ST_CONFIG);
	cr_expect(help_has("connectors[0].name", "is not a name"));
	cr_expect(help_has("connectors[0].workspace_name", "is missing"));
	cr_expect(help_has("connectors[1]", "7 has the wrong type"));
	cr_expect(help_has(
	    "connectors[2].poll_interval_seconds", "1 is out of range"));
	cr_expect(help_has("connectors[2].tenant_id", "is missing"));
	cr_expect_eq(fault_count, 1 + 5 + 1 + 1 + 5);
}

/* ---- exclusions ---------------------------------------------------------- */

Test(config, exclusions_are_kept_in_canonical_form)
{
	static const struct {
		enum config_exclude_kind kind;
		const char *value;
	} WANT[] = {
		{ CONFIG_TITLE_CONTAINS, "Te\\\"st\xc3\xa4/" },
		{ CONFIG_LABEL, " Red" },
		{ CONFIG_PRODUCT, "\\\\" },
		{ CONFIG_RULE_ID, "a-b" },
		{ CONFIG_LABEL, "\xf0\x9f\x98\x80" },
		{ CONFIG_LABEL, "\xef\xbf\xbd" },
	};

	help_assert_accepted(CONNECTOR, "exclude", NULL);
	cr_assert_eq(connector->exclude_count, 0);
	help_assert_accepted(CONNECTOR, "exclude", "[]");
	cr_assert_eq(connector->exclude_count, 0);
	help_assert_accepted(CONNECTOR, "exclude",
	    "[{'title_contains':'Te\\\"s\\u0074\\u00e4\\/'},{'label':' Red'},"
	    "{'product':'\\\\'},{'rule_id':'a-b'},"
	    "{'label':'\\uD83D\\uDE00'},{'label':'\\ud800'}]");
	cr_assert_eq(connector->exclude_count, COUNT(WANT));
	for (size_t i = 0; i < COUNT(WANT); i++) {
		const struct config_exclude *e = &connector->exclude[i];

		cr_expect_eq(e->kind, WANT[i].kind);
		cr_expect(help_is(e->value, WANT[i].value), "%zu: %.*s", i,
		    (int)e->value.n, (const char *)e->value.p);
	}
}

Test(config, exclusions_have_exactly_one_rule)
{
	static const struct {
		const char *value, *key, *part;
	} BAD[] = {
		{ "[{}]", "[0]", "is empty, allowed: one of" },
		{ "[{'label':'a','product':'b'}]", "[0].product",
		    "'b' is a second one in one object" },
		{ "[{'product':'b','label':'a'}]", "[0].label",
		    "'a' is a second one in one object" },
		{ "[{'label':'a'},{'label':''}]", "[1].label", "is empty" },
		{ "[{'label':' \\t'}]", "[0].label",
		    "has a control character" },
		{ "[{'title_contains':'  '}]", "[0].title_contains",
		    "is blank" },
		{ "[{'label':7}]", "[0].label", "has the wrong type" },
		{ "['x']", "[0]", "has the wrong type" },
		{ "[{'title':'x'}]", "[0].title",
		    "is not known, allowed: "
		    "title_contains, label, product, rule_id" },
	};

	for (size_t i = 0; i < COUNT(BAD); i++) {
		char path[64];

		sprintf(path, "connectors[0].exclude%s", BAD[i].key);
		cr_assert_eq(help_parse_key(CONNECTOR, "exclude", BAD[i].value),
		    ST_CONFIG, "%s", BAD[i].value);
		cr_assert_eq(fault_count, 1, "%s", BAD[i].value);
		cr_expect(help_has(path, BAD[i].part), "%s", help_fault(0));
	}
}

Test(config, exclusions_end_at_their_number_and_length)
{
	static char value[40 * 1024];

	for (unsigned count = 32; count <= 40; count++) {
		char *to = value + sprintf(value, "[{'label':'0'}");

		for (unsigned i = 1; i < count; i++)
			to += sprintf(to, ",{'label':'%u'}", i);
		sprintf(to, "]");
		cr_assert_eq(help_parse_key(CONNECTOR, "exclude", value),
		    count == 32 ? ST_OK : ST_CONFIG);
		cr_assert_eq(connector->exclude_count, 32);
		cr_expect(help_is(connector->exclude[31].value, "31"));
	}
	cr_assert_eq(fault_count, 1);
	cr_expect(help_has("connectors[0].exclude[32]", "is one too many"));

	for (unsigned length = 1024; length <= 1025; length++) {
		char *to = value + sprintf(value, "[{'label':'");

		memset(to, 'x', length);
		sprintf(to + length, "'}]");
		cr_assert_eq(help_parse_key(CONNECTOR, "exclude", value),
		    length == 1024 ? ST_OK : ST_CONFIG);
	}
	cr_expect(help_has("connectors[0].exclude[0].label", "is too long"));
}
