/* SPDX-License-Identifier: MIT */
/* Sinks, and the ids of the appliance. */
#include "config_help.h"

static struct config_sink *const sink = config.sink;

#define L63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* ---- sinks --------------------------------------------------------------- */

Test(config, without_sinks_there_is_one_file)
{
	help_assert_accepted(ROOT, "sinks", NULL);
	cr_assert_eq(config.sink_count, 1);
	cr_expect(help_is(sink->name, "file"));
	cr_expect_eq(sink->type, CONFIG_SINK_FILE);
	cr_expect(sink->enabled && sink->required);
	cr_expect_eq(sink->format, CONFIG_WORKUNIT);
	cr_expect(help_is(sink->path, "workunits.ndjson"));
	cr_expect_eq(sink->rotate_mib, 16);
	cr_expect_eq(sink->keep, 4);
	cr_expect_eq(sink->url.p, NULL);
	help_assert_refused(ROOT, "sinks", "[]",
	    "a list is empty, allowed: a "
	    "list of 1 to 4 objects");
}

Test(config, only_the_first_sink_is_required_by_default)
{
	help_assert_accepted(ROOT, "sinks",
	    "[{'type':'nats'},"
	    "{'type':'file'},{'type':'file','name':'b','path':'b'},"
	    "{'type':'file','name':'c','path':'c','required':true}]");
	cr_assert_eq(config.sink_count, 4);
	cr_expect(sink[0].required);
	cr_expect(!sink[1].required);
	cr_expect(!sink[2].required);
	cr_expect(sink[3].required);
	help_assert_accepted(ROOT, "sinks",
	    "[{'required':false,"
	    "'type':'file','name':'x'}]");
	cr_expect(!sink[0].required);
	cr_expect(help_is(sink[0].name, "x"),
	    "what stands there counts, "
	    "wherever the type stands");
}

Test(config, five_sinks_are_one_too_many)
{
	cr_assert_eq(
	    help_parse_key(ROOT, "sinks",
		"[{'type':'nats'},"
		"{'type':'file'},{'type':'file','name':'b','path':'b'},"
		"{'type':'file','name':'c','path':'c'},"
		"{'type':'file','name':'d','path':'d'}]"),
	    ST_CONFIG);
	cr_assert_eq(fault_count, 1);
	cr_expect(help_has("sinks[4]",
	    "is one too many, allowed: a list of 1 "
	    "to 4 objects"));
}

Test(config, names_and_files_of_sinks_are_unique)
{
	static const struct {
		const char *value, *key, *part;
	} ROW[] = {
		{ "[{'type':'nats','name':'a'},{'type':'file','name':'a'}]",
		    "sinks[1].name", "'a' is the name of another sink" },
		{ "[{'type':'nats'},{'type':'nats'}]", "sinks[1].name",
		    "is missing, and the default is the name of another" },
		{ "[{'type':'file','name':'nats'},{'type':'nats'}]",
		    "sinks[1].name", "is missing, and the default" },
		{ "[{'type':'file','name':'a','path':'x'},"
		  "{'type':'file','name':'b','path':'x'}]",
		    "sinks[1].path", "'x' is the file of another sink" },
		{ "[{'type':'file','name':'a'},{'type':'file','name':'b'}]",
		    "sinks[1].path", "is missing, and the default is the" },
	};

	for (size_t i = 0; i < COUNT(ROW); i++) {
		cr_assert_eq(
		    help_parse_key(ROOT, "sinks", ROW[i].value), ST_CONFIG);
		cr_assert_eq(fault_count, 1, "%s", help_fault(1));
		cr_expect(
		    help_has(ROW[i].key, ROW[i].part), "%s", help_fault(0));
	}
	help_assert_accepted(ROOT, "sinks",
	    "[{'type':'file','name':'a'},"
	    "{'type':'file','name':'b','enabled':false}]");
	help_assert_accepted(ROOT, "sinks",
	    "[{'type':'file'},"
	    "{'type':'nats'},{'type':'nats','name':'nats2'}]");
}

Test(config, keys_of_other_types_of_sink_are_refused_with_their_type)
{
	static const struct {
		enum place place;
		const char *key, *value, *part;
	} ROW[] = {
		{ FILE_SINK, "url", "'nats://a:1'",
		    "is a key of sinks of "
		    "type nats and analytics, not of this one" },
		{ FILE_SINK, "subject", "'a'", "of type nats, not" },
		{ FILE_SINK, "ca_file", "'a'",
		    "of type nats and analytics, not" },
		{ FILE_SINK, "batch", "1", "of type analytics, not" },
		{ FILE_SINK, "email", "'a@b'", "of type analytics, not" },
		{ NATS, "path", "'a'", "of type file, not" },
		{ NATS, "rotate_mib", "1", "of type file, not" },
		{ NATS, "keep", "1", "of type file, not" },
		{ NATS, "email", "'a@b'", "of type analytics, not" },
		{ ANALYTICS, "stream", "'a'", "of type nats, not" },
		{ ANALYTICS, "status_subject", "'a'", "of type nats, not" },
		{ ANALYTICS, "user", "'a'", "of type nats, not" },
		{ ANALYTICS, "path", "'a'", "of type file, not" },
	};

	for (size_t i = 0; i < COUNT(ROW); i++)
		help_assert_refused(
		    ROW[i].place, ROW[i].key, ROW[i].value, ROW[i].part);
	/* The URL of one type is checked by that type's rule. */
	help_assert_refused(
	    NATS, "url", "'https://a'", "allowed: nats://HOST:PORT");
	help_assert_refused(
	    ANALYTICS, "url", "'nats://a:1'", "allowed: https://HOST");
}

Test(config, a_sink_of_unknown_type_is_not_judged_by_a_guess)
{
	help_assert_refused(FILE_SINK, "type", "'kafka'",
	    "'kafka' is not known, allowed: 'file', 'nats', 'analytics'");
	cr_assert_eq(help_parse_key(ROOT, "sinks",
			 "[{'type':'http',"
			 "'url':'x','path':7,'enabled':1,'colour':2,"
			 "'path':{'token':'hunter2'}}]"),
	    ST_CONFIG);
	cr_expect_eq(fault_count, 5);
	cr_expect(help_has("sinks[0].type", "is not known"));
	cr_expect(help_has("sinks[0].enabled", "has the wrong type"));
	cr_expect(help_has("sinks[0].colour", "is not known"));
	cr_expect(help_has("sinks[0].path", "stands twice"));
	cr_expect(help_has("sinks[0].path.token", "a secret"));
}

/* ---- the appliance's own values ------------------------------------------ */

static enum st
parse_with(const char *text, struct span appliance_id, struct span org_id)
{
	struct config_defaults defaults = { appliance_id, org_id };

	return help_parse_span(span_str(text), &defaults);
}

#define NODE_ID "ABCDEFAB-0000-0000-0000-000000000001"

Test(config, ids_of_the_appliance_stand_in_for_absent_ones)
{
	cr_assert_eq(
	    parse_with("{\"version\":1}", SPAN_LIT(NODE_ID), SPAN_LIT("ACME")),
	    ST_OK);
	cr_expect(help_is(
	    config.appliance_id, "abcdefab-0000-0000-0000-000000000001"));
	cr_expect(help_is(config.org_id, "acme"));
	cr_assert_eq(
	    parse_with("{\"version\":1}", SPAN_LIT(NODE_ID), SPAN_NONE), ST_OK);
	cr_expect(help_is(config.org_id, "witfoo"));
}

Test(config, ids_of_the_file_win)
{
	cr_assert_eq(
	    parse_with(
		"{\"version\":1,\"org_id\":\"mine\","
		"\"appliance_id\":\"11111111-2222-3333-4444-555555555555\"}",
		SPAN_LIT(NODE_ID), SPAN_LIT("acme")),
	    ST_OK);
	cr_expect(help_is(
	    config.appliance_id, "11111111-2222-3333-4444-555555555555"));
	cr_expect(help_is(config.org_id, "mine"));
	cr_assert_eq(parse_with("{\"version\":1,\"appliance_id\":\"x\"}",
			 SPAN_LIT(NODE_ID), SPAN_LIT("acme")),
	    ST_CONFIG, "a wrong one is not replaced");
}

Test(config, without_an_appliance_id_anywhere_the_file_is_refused)
{
	cr_assert_eq(help_parse("{'version':1}"), ST_CONFIG);
	assert_fault(0,
	    "f:1:1: appliance_id: is missing, and this appliance "
	    "has no node.json to take it from, allowed: a GUID");
	cr_assert_eq(parse_with("{\"version\":1}", SPAN_LIT("not one"),
			 SPAN_LIT("not one")),
	    ST_CONFIG);
	cr_expect_eq(fault_count, 1);
	cr_expect(help_is(config.org_id, "witfoo"));
}

static struct config_defaults
node(const char *text)
{
	struct config_defaults defaults = { SPAN_LIT("x"), SPAN_LIT("x") };

	config_node_parse(span_str(text), &scratch, &defaults);
	return defaults;
}

Test(config, ids_are_read_from_node_json)
{
	struct config_defaults d = node(
	    "{\"appliance_id\": \"" NODE_ID "\","
	    "\"org_id\":\"acme\",\"license\":{\"org_id\":\"other\"},"
	    "\"offline_mode\":false}");

	cr_expect(help_is(d.appliance_id, NODE_ID));
	cr_expect(help_is(d.org_id, "acme"));
}

Test(config, what_is_not_an_id_in_node_json_is_absent)
{
	static const char *const BAD[] = { "", "{", "[]", "7", "{}", "null",
		"{\"appliance_id\":7,\"org_id\":null}",
		"{\"appliance_id\":\"x\",\"org_id\":\"-a\"}",
		"{\"appliance_id\":\"\",\"org_id\":\"\"}",
		"{\"org_id\":\"\\u0061\"}", "{\"org_id\":\"" L63 "a\"}",
		"{\"appliance_id\":\"" NODE_ID "0\"}",
		"{\"appliance_id\":\"" NODE_ID "\",\"org_id\":\"a\"" };

	for (size_t i = 0; i < COUNT(BAD); i++) {
		struct config_defaults d = node(BAD[i]);

		cr_expect_eq(d.appliance_id.p, NULL, "%s", BAD[i]);
		cr_expect_eq(d.org_id.p, NULL, "%s", BAD[i]);
	}
}
