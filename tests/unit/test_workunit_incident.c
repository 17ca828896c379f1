/* SPDX-License-Identifier: MIT */
/* What the poller is told of an incident: identity, time, state, filters. */
#include "workunit_run.h"

static struct run r;
static jsmntok_t tok[ELEMENT_TOKEN_MAX_COUNT];
static struct workunit_incident inc;
static const char *reason;

#define MODIFIED "'lastModifiedTimeUtc':'2026-03-25T07:31:57.5Z'"

#define NAME_64 \
	"0123456789012345678901234567890123456789012345678901234567890123"

#define NAME_65 NAME_64 "4"

/* Through the projector, then workunit_incident_parse. */
static enum st
parse(const char *json)
{
	run_init(&r);
	r.part = WORKUNIT_PART_COUNT;
	cr_assert_eq(run_project(&r, WORKUNIT_INCIDENT, quoted(json)), ST_OK,
	    "%s", json);
	reason = NULL;
	return workunit_incident_parse(
	    &inc, (struct span){ r.pruned, r.pruned_n }, tok, &reason);
}

static enum st
parse_properties(const char *properties)
{
	char json[4096];

	snprintf(json, sizeof json,
	    "{'name':'n','properties':{" MODIFIED "%s%s}}",
	    *properties == '\0' ? "" : ",", properties);
	return parse(json);
}

Test(workunit_incident, names_that_could_leave_the_url_are_refused)
{
	static const char *const GOOD[] = {
		"a",
		"A.b_c-9",
		"...",
		"73e01a99-5cd7-4139-a149-9f2736ff2ab5",
		NAME_64,
	};
	static const char *const BAD[] = {
		"",
		"null",
		"a/b",
		"a b",
		"..\\\\",
		".",
		"..",
		"a?b",
		"a%2e",
		"\xc3\xa9",
		"a\\n",
		NAME_65,
	};
	char json[512];

	for (size_t i = 0; i < COUNT(GOOD); i++) {
		snprintf(json, sizeof json,
		    "{'name':'%s','properties':{" MODIFIED "}}", GOOD[i]);
		cr_expect_eq(parse(json), ST_OK, "%s", GOOD[i]);
		cr_expect(span_eq(inc.name, span_str(GOOD[i])));
	}
	for (size_t i = 0; i < COUNT(BAD); i++) {
		snprintf(json, sizeof json,
		    "{'name':'%s','properties':{" MODIFIED "}}", BAD[i]);
		cr_expect_eq(parse(json), ST_MALFORM, "%s", BAD[i]);
		cr_expect_str_eq(reason, "the incident has no usable name");
	}
	cr_expect_eq(
	    parse("{'name':7,'properties':{" MODIFIED "}}"), ST_MALFORM);
	cr_expect_eq(parse("{'properties':{" MODIFIED "}}"), ST_MALFORM);
}

Test(workunit_incident, without_any_time_it_cannot_be_mapped)
{
	static const char *const TIMES[] = { "", "'lastModifiedTimeUtc':null",
		"'lastModifiedTimeUtc':'yesterday','createdTimeUtc':'null'",
		"'lastModifiedTimeUtc':'2026-02-30T00:00:00Z'",
		"'lastModifiedTimeUtc':'2026-03-25T07:31:57'",
		"'lastModifiedTimeUtc':134188975175000000" };
	char json[512];

	for (size_t i = 0; i < COUNT(TIMES); i++) {
		snprintf(json, sizeof json, "{'name':'n','properties':{%s}}",
		    TIMES[i]);
		cr_expect_eq(parse(json), ST_MALFORM, "%s", TIMES[i]);
		cr_expect_str_eq(
		    reason, "the incident has no time of modification");
	}
	cr_expect_eq(parse("{'name':'n'}"), ST_MALFORM);
}

Test(workunit_incident, time_of_modification_falls_back_to_creation)
{
	cr_assert_eq(parse("{'name':'n','properties':{'createdTimeUtc':"
			   "'2026-03-25T07:31:57.501801Z'}}"),
	    ST_OK);
	cr_expect_eq(inc.modified, INT64_C(134188975175018010));
	cr_assert_eq(
	    parse("{'name':'n','properties':{'createdTimeUtc':"
		  "'2026-03-25T07:31:57.501801Z','lastModifiedTimeUtc':"
		  "'2026-03-25T07:31:57.501802Z'}}"),
	    ST_OK);
	cr_expect_eq(inc.modified, INT64_C(134188975175018020));
}

Test(workunit_incident, text_that_is_no_json_is_refused)
{
	cr_expect_eq(
	    workunit_incident_parse(&inc, SPAN_LIT("{\"name\":"), tok, &reason),
	    ST_MALFORM);
	cr_expect_str_eq(reason, "the incident is not readable");
	cr_expect_eq(workunit_incident_parse(&inc, SPAN_LIT(""), tok, &reason),
	    ST_MALFORM);
	cr_expect_eq(
	    workunit_incident_parse(&inc, SPAN_LIT("[]"), tok, &reason),
	    ST_MALFORM);
}

Test(workunit_incident, status_and_severity_are_open_sets)
{
	static const struct {
		const char *json;
		enum workunit_status status;
		enum workunit_severity severity;
	} CASES[] = {
		{ "'status':'New','severity':'High'", WORKUNIT_NEW,
		    WORKUNIT_HIGH },
		{ "'status':'Active','severity':'Medium'", WORKUNIT_ACTIVE,
		    WORKUNIT_MEDIUM },
		{ "'status':'Closed','severity':'Low'", WORKUNIT_CLOSED,
		    WORKUNIT_LOW },
		{ "'status':'closed','severity':'informational'",
		    WORKUNIT_CLOSED, WORKUNIT_INFORMATIONAL },
		{ "'status':'Paused','severity':'Critical'",
		    WORKUNIT_STATUS_OTHER, WORKUNIT_MEDIUM },
		{ "'status':null,'severity':'null'", WORKUNIT_STATUS_OTHER,
		    WORKUNIT_MEDIUM },
		{ "", WORKUNIT_STATUS_OTHER, WORKUNIT_MEDIUM },
		{ "'status':'','severity':''", WORKUNIT_STATUS_OTHER,
		    WORKUNIT_MEDIUM },
	};

	for (size_t i = 0; i < COUNT(CASES); i++) {
		cr_assert_eq(parse_properties(CASES[i].json), ST_OK);
		cr_expect_eq(inc.status, CASES[i].status, "%s", CASES[i].json);
		cr_expect_eq(
		    inc.severity, CASES[i].severity, "%s", CASES[i].json);
	}
}

Test(workunit_incident, merged_is_closed_with_the_label_or_has_a_number)
{
	static const struct {
		const char *json;
		bool merged;
	} CASES[] = {
		{ "'status':'Closed','labels':[{'labelName':'Redirected'}]",
		    true },
		{ "'status':'Closed','labels':[{'labelName':'x'},"
		  "{'labelName':'REDIRECTED'}]",
		    true },
		{ "'status':'New','labels':[{'labelName':'Redirected'}]",
		    false },
		{ "'status':'Closed','labels':[{'labelName':'Redirect'}]",
		    false },
		{ "'status':'Closed','labels':[]", false },
		{ "'status':'New','additionalData':"
		  "{'mergedIncidentNumber':'17'}",
		    true },
		{ "'additionalData':{'mergedIncidentNumber':17}", true },
		{ "'additionalData':{'mergedIncidentNumber':null}", false },
		{ "'additionalData':{'mergedIncidentNumber':'null'}", false },
		{ "'additionalData':{'mergedIncidentNumber':''}", false },
	};

	for (size_t i = 0; i < COUNT(CASES); i++) {
		cr_assert_eq(parse_properties(CASES[i].json), ST_OK);
		cr_expect_eq(inc.merged, CASES[i].merged, "%s", CASES[i].json);
	}
}

Test(workunit_incident, counts_that_are_missing_are_not_zero)
{
	static const struct {
		const char *json;
		uint32_t alerts, entities, comments;
	} CASES[] = {
		{ "'additionalData':{'alertsCount':5,'bookmarksCount':2,"
		  "'commentsCount':3}",
		    5, 7, 3 },
		{ "'additionalData':{'alertsCount':0,'bookmarksCount':0,"
		  "'commentsCount':0}",
		    0, 0, 0 },
		{ "'additionalData':{'alertsCount':0,'bookmarksCount':1}", 0, 1,
		    1 },
		{ "", 1, 2, 1 },
		{ "'additionalData':{'alertsCount':null}", 1, 2, 1 },
		{ "'additionalData':{'alertsCount':-1,'bookmarksCount':-9,"
		  "'commentsCount':-9223372036854775808}",
		    0, 0, 1 },
		{ "'additionalData':{'alertsCount':99999999999,"
		  "'bookmarksCount':99999999999}",
		    INT32_MAX, 2u * INT32_MAX, 1 },
	};

	for (size_t i = 0; i < COUNT(CASES); i++) {
		cr_assert_eq(parse_properties(CASES[i].json), ST_OK);
		cr_expect_eq(inc.count[WORKUNIT_PART_ALERTS], CASES[i].alerts,
		    "%s", CASES[i].json);
		cr_expect_eq(inc.count[WORKUNIT_PART_ENTITIES],
		    CASES[i].entities, "%s", CASES[i].json);
		cr_expect_eq(inc.count[WORKUNIT_PART_COMMENTS],
		    CASES[i].comments, "%s", CASES[i].json);
	}
}

Test(workunit_incident, filters_compare_without_case)
{
	cr_assert_eq(
	    parse_properties(
		"'title':'Impossible Travel to \\'X\\'',"
		"'labels':[{'labelName':'Noise'},{'labelName':'test run'}],"
		"'relatedAnalyticRuleIds':['/subscriptions/s/rules/AB-12'],"
		"'additionalData':{'alertProductNames':['Azure Sentinel',"
		"'Microsoft Defender']}"),
	    ST_OK);
	cr_expect(workunit_has_label(&inc, SPAN_LIT("NOISE")));
	cr_expect(workunit_has_label(&inc, SPAN_LIT("test run")));
	cr_expect_not(workunit_has_label(&inc, SPAN_LIT("test")));
	cr_expect_not(workunit_has_label(&inc, SPAN_LIT("")));
	cr_expect(workunit_has_product(&inc, SPAN_LIT("azure sentinel")));
	cr_expect(workunit_has_product(&inc, SPAN_LIT("Microsoft Defender")));
	cr_expect_not(workunit_has_product(&inc, SPAN_LIT("Defender")));
	cr_expect_not(workunit_has_product(&inc, SPAN_LIT("")));
	cr_expect(workunit_has_rule(&inc, SPAN_LIT("ab-12")));
	cr_expect(
	    workunit_has_rule(&inc, SPAN_LIT("/Subscriptions/s/Rules/AB-12")));
	cr_expect_not(workunit_has_rule(&inc, SPAN_LIT("b-12")));
	cr_expect_not(workunit_has_rule(&inc, SPAN_LIT("")));
	cr_expect(workunit_title_contains(&inc, SPAN_LIT("travel")));
	cr_expect(workunit_title_contains(&inc, SPAN_LIT("to \\\"x\\\"")));
	cr_expect_not(workunit_title_contains(&inc, SPAN_LIT("traveller")));
	cr_expect_not(workunit_title_contains(&inc, SPAN_LIT("")));
	cr_assert_eq(parse_properties(""), ST_OK);
	cr_expect_not(workunit_has_label(&inc, SPAN_LIT("noise")));
	cr_expect_not(workunit_has_product(&inc, SPAN_LIT("x")));
	cr_expect_not(workunit_has_rule(&inc, SPAN_LIT("x")));
	cr_expect_not(workunit_title_contains(&inc, SPAN_LIT("x")));
}

/* From an independent implementation of RFC 9562, 5.5. */
Test(workunit_incident, id_is_the_uuid_of_the_lower_cased_path)
{
	static const char *const NAMES[] = {
		"73e01a99-5cd7-4139-a149-9f2736ff2ab5",
		"73E01A99-5CD7-4139-A149-9F2736FF2AB5"
	};
	static const char *const BASES[] = { UNIT_BASE,
		"/SUBSCRIPTIONS/D0CFE6B2-9AC0-4464-9919-DCCAEE2E48C0"
		"/resourcegroups/MYRG/providers/"
		"microsoft.operationalinsights/workspaces/myworkspace"
		"/providers/microsoft.securityinsights" };
	uint8_t text[UUID_TEXT_BYTES];
	struct uuid id;

	for (size_t i = 0; i < 4; i++) {
		struct buf b = BUF_OVER(text);

		workunit_id(
		    span_str(BASES[i / 2]), span_str(NAMES[i % 2]), &id);
		uuid_write(&b, &id);
		cr_expect(span_eq(span_of(&b),
		    SPAN_LIT("cd8b978c-fff8-5b0c-9835-478c05d0e965")));
	}
}

Test(workunit_incident, single_and_listed_incidents_prune_alike)
{
	struct span one = read_vector("full.incident.json");
	static uint8_t list[FILE_MAX_BYTES], first[ELEMENT_MAX_BYTES];
	struct buf b = BUF_OVER(list);
	uint64_t cut;
	size_t n;

	buf_put_str(&b, "{\"value\":[");
	buf_put(&b, one);
	buf_put_str(&b, "],\"nextLink\":\"https://x/?a b\"}");
	run_init(&r);
	r.part = WORKUNIT_PART_COUNT;
	cr_assert_eq(run_project(&r, WORKUNIT_INCIDENT, one), ST_OK);
	memcpy(first, r.pruned, r.pruned_n);
	n = r.pruned_n;
	cut = r.cut;
	cr_assert_eq(run_project(&r, WORKUNIT_INCIDENTS, span_of(&b)), ST_OK);
	cr_expect(n == r.pruned_n && memcmp(first, r.pruned, n) == 0);
	cr_expect_eq(cut, r.cut);
	cr_expect_eq(r.links, 1u);
}
