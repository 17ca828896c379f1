/* SPDX-License-Identifier: MIT */
/* The incident's own part of the record, table by table. */
#include "workunit_run.h"

static struct run r;

/* The record of an incident with these properties and a modification time. */
static struct span
map(const char *properties)
{
	char json[4096];

	snprintf(json, sizeof json,
	    "{'name':'n','properties':{'lastModifiedTimeUtc':"
	    "'2026-03-25T07:31:57.5Z'%s%s}}",
	    *properties == '\0' ? "" : ",", properties);
	cr_assert_eq(run_begin(&r, quoted(json)), ST_OK, "%s", json);
	return run_write(&r);
}

Test(workunit_core, nothing_but_a_name_and_a_time_is_enough)
{
	run_init(&r);
	expect_same(map(""),
	    quoted(
		"{'schema':'witfoo.workunit/1',"
		"'id':'21f5017d-7e18-5ee7-bacc-2c00affa4439',"
		"'event':'created','version':'134188975175000000',"
		"'title':'Incident n','severity':'medium','priority':'Medium',"
		"'status':'In Progress','disposition':null,"
		"'disposition_reason':null,'disposition_comment':null,"
		"'incident_status_id':2,'assignee':null,'labels':[],"
		"'tactics':[],'techniques':[],'products':[],"
		"'updated_at':'2026-03-25T07:31:57.5Z','timeline':[],"
		"'alerts':[],'entities':{'ips':[],'users':[],'hosts':[],"
		"'domains':[],'urls':[],'emails':[],'mailboxes':[],'files':[],"
		"'hashes':[],'processes':[],'registry':[],"
		"'cloud_resources':[],'applications':[],'malware':[],"
		"'others':[]},'nodes':[],'enrichment':{'alerts':'complete',"
		"'entities':'complete','comments':'complete'},'truncated':[],"
		"'source':{'vendor':'Microsoft','product':'Microsoft Sentinel',"
		"'connector':'unit',"
		"'tenant_id':'00000000-0000-4000-8000-000000000001',"
		"'subscription_id':'d0cfe6b2-9ac0-4464-9919-dccaee2e48c0',"
		"'resource_group':'myRg','workspace':'myWorkspace',"
		"'incident_id':'n','severity':'','status':'',"
		"'classification':null}}"),
	    "least incident");
}

Test(workunit_core, every_member_null_is_as_if_it_were_absent)
{
	static uint8_t least[RECORD_MAX_BYTES];
	struct span record;
	size_t n;
	static const char *const NULLS[] = { "null", "'null'", "''" };

	run_init(&r);
	record = map("");
	n = record.n;
	memcpy(least, record.p, n);
	for (size_t i = 0; i < COUNT(NULLS); i++) {
		char json[2048];
		const char *v = NULLS[i];

		snprintf(json, sizeof json,
		    "'title':%s,'description':%s,'severity':%s,'status':%s,"
		    "'classification':%s,'classificationReason':%s,"
		    "'classificationComment':%s,'owner':{'email':%s,"
		    "'assignedTo':%s,'objectId':%s,'userPrincipalName':%s},"
		    "'labels':[{'labelName':%s}],'createdTimeUtc':%s,"
		    "'firstActivityTimeUtc':%s,'lastActivityTimeUtc':%s,"
		    "'incidentNumber':%s,'incidentUrl':%s,'providerName':%s,"
		    "'providerIncidentId':%s,'relatedAnalyticRuleIds':[%s],"
		    "'additionalData':{'alertProductNames':[%s],"
		    "'tactics':[%s],'techniques':[%s],"
		    "'providerIncidentUrl':%s,'mergedIncidentNumber':%s}",
		    v, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v,
		    v, v, v, v, v);
		expect_same(map(json), (struct span){ least, n }, v);
	}
	expect_same(map("'owner':null,'labels':null,'additionalData':null,"
			"'relatedAnalyticRuleIds':null"),
	    (struct span){ least, n }, "null objects");
	expect_same(map("'title':7,'owner':'x','labels':{},'severity':[],"
			"'additionalData':[],'description':true"),
	    (struct span){ least, n }, "other types");
}

Test(workunit_core, severity_decides_priority)
{
	static const struct {
		const char *given, *severity, *priority;
	} CASES[] = {
		{ "High", "high", "High" },
		{ "Medium", "medium", "Medium" },
		{ "Low", "low", "Low" },
		{ "Informational", "informational", "Low" },
		{ "HIGH", "high", "High" },
		{ "Critical", "medium", "Medium" },
	};
	char json[128];

	run_init(&r);
	for (size_t i = 0; i < COUNT(CASES); i++) {
		struct span record;

		snprintf(json, sizeof json, "'severity':'%s'", CASES[i].given);
		record = map(json);
		expect_at(record, "severity", CASES[i].severity);
		expect_at(record, "priority", CASES[i].priority);
		expect_at(record, "source.severity", CASES[i].given);
	}
}

Test(workunit_core, status_and_classification_decide_the_outcome)
{
	static const struct {
		const char *status, *classification;
		const char *want, *disposition, *number;
	} CASES[] = {
		{ "New", "", "Open", "null", "1" },
		{ "New", "TruePositive", "Open", "null", "1" },
		{ "New", "FalsePositive", "Open", "null", "1" },
		{ "Active", "", "In Progress", "null", "2" },
		{ "Active", "FalsePositive", "In Progress", "null", "2" },
		{ "Triage", "TruePositive", "In Progress", "null", "2" },
		{ "", "", "In Progress", "null", "2" },
		{ "Closed", "TruePositive", "Complete", "true_positive", "3" },
		{ "Closed", "BenignPositive", "Complete", "benign_positive",
		    "4" },
		{ "Closed", "FalsePositive", "Cancelled", "false_positive",
		    "4" },
		{ "Closed", "Undetermined", "Complete", "undetermined", "4" },
		{ "Closed", "", "Complete", "undetermined", "4" },
		{ "Closed", "Informational", "Complete", "undetermined", "4" },
		{ "Closed", "truepositive", "Complete", "true_positive", "3" },
	};
	char json[256];

	run_init(&r);
	for (size_t i = 0; i < COUNT(CASES); i++) {
		bool open = CASES[i].number[0] < '3';
		struct span record;

		snprintf(json, sizeof json,
		    "'status':'%s','classification':'%s',"
		    "'classificationReason':'SuspiciousActivity',"
		    "'classificationComment':'why'",
		    CASES[i].status, CASES[i].classification);
		record = map(json);
		expect_at(record, "status", CASES[i].want);
		expect_at(record, "disposition", CASES[i].disposition);
		expect_at(record, "incident_status_id", CASES[i].number);
		expect_at(record, "disposition_reason",
		    open ? "null" : "SuspiciousActivity");
		expect_at(record, "disposition_comment", open ? "null" : "why");
		expect_at(record, "source.status", CASES[i].status);
		expect_at(record, "source.classification",
		    CASES[i].classification[0] == '\0' ?
			"null" :
			CASES[i].classification);
	}
}

Test(workunit_core, merged_and_deleted_are_cancelled)
{
	struct span record;

	run_init(&r);
	record = map("'status':'Closed','classification':'TruePositive',"
		     "'labels':[{'labelName':'redirected'}]");
	expect_at(record, "status", "Cancelled");
	expect_at(record, "disposition", "true_positive");
	expect_at(record, "incident_status_id", "4");
	expect_absent(record, "merged_into");

	record = map("'status':'Active','additionalData':"
		     "{'mergedIncidentNumber':'4242'}");
	expect_at(record, "status", "Cancelled");
	expect_at(record, "disposition", "undetermined");
	expect_at(record, "merged_into", "4242");
	record = map("'additionalData':{'mergedIncidentNumber':17}");
	expect_at(record, "merged_into", "17");

	r.context.deleted = true;
	r.context.event = WORKUNIT_DELETED;
	record = map("'status':'New'");
	expect_at(record, "status", "Cancelled");
	expect_at(record, "incident_status_id", "4");
	expect_at(record, "event", "deleted");
	expect_at(record, "source.status", "New");
}

Test(workunit_core, title_falls_back_to_number_and_name)
{
	run_init(&r);
	expect_at(map("'title':'x'"), "title", "x");
	expect_at(map("'incidentNumber':7"), "title", "Incident 7");
	expect_at(map("'incidentNumber':'7'"), "title", "Incident 7");
	expect_at(map("'incidentNumber':1e3"), "title", "Incident n");
	expect_absent(map("'incidentNumber':1.5"), "source.incident_number");
	expect_at(map("'incidentNumber':'7'"), "source.incident_number", "7");
	expect_at(map("'incidentNumber':-7"), "source.incident_number", "-7");
}

Test(workunit_core, url_prefers_the_defender_portal)
{
	run_init(&r);
	expect_at(map("'incidentUrl':'a','additionalData':"
		      "{'providerIncidentUrl':'b'}"),
	    "url", "b");
	expect_at(map("'incidentUrl':'a','additionalData':"
		      "{'providerIncidentUrl':''}"),
	    "url", "a");
	expect_at(map("'incidentUrl':'a'"), "url", "a");
	expect_absent(map(""), "url");
}

Test(workunit_core, assignee_has_what_is_known_of_the_owner)
{
	run_init(&r);
	expect_at(map("'owner':{'assignedTo':'A','email':'e','objectId':'o',"
		      "'userPrincipalName':'u'}"),
	    "assignee", "{'name':'A','email':'e','upn':'u'}");
	expect_at(map("'owner':{'assignedTo':'null','email':null,"
		      "'userPrincipalName':'u'}"),
	    "assignee", "{'upn':'u'}");
	expect_at(map("'owner':{'objectId':'o','ownerType':'User'}"),
	    "assignee", "null");
}

Test(workunit_core, times_stay_as_given_or_are_rewritten)
{
	static const struct {
		const char *given, *want; /* NULL: absent */
	} CASES[] = {
		{ "2019-01-01T13:15:30Z", "2019-01-01T13:15:30Z" },
		{ "2026-03-25T07:31:57.5Z", "2026-03-25T07:31:57.5Z" },
		{ "2026-03-25T07:31:57.50Z", "2026-03-25T07:31:57.50Z" },
		{ "2026-03-25T07:31:57.501Z", "2026-03-25T07:31:57.501Z" },
		{ "2026-03-25T07:31:57.5018Z", "2026-03-25T07:31:57.5018Z" },
		{ "2026-03-25T07:31:57.50180Z", "2026-03-25T07:31:57.50180Z" },
		{ "2026-03-25T07:31:57.501801Z",
		    "2026-03-25T07:31:57.501801Z" },
		{ "2026-03-25T07:31:57.5018010Z",
		    "2026-03-25T07:31:57.5018010Z" },
		{ "2026-03-25T07:31:57.50180109Z",
		    "2026-03-25T07:31:57.501801Z" },
		{ "2026-03-25T07:31:57.501801099Z",
		    "2026-03-25T07:31:57.501801Z" },
		{ "2026-03-25t07:31:57z", "2026-03-25T07:31:57Z" },
		{ "2026-03-25t07:31:57Z", "2026-03-25T07:31:57Z" },
		{ "2026-03-25T07:31:57z", "2026-03-25T07:31:57Z" },
		{ "2026-03-25T07:31:57+00:00", "2026-03-25T07:31:57Z" },
		{ "2026-03-25T07:31:57.25-01:30", "2026-03-25T09:01:57.25Z" },
		{ "2026-03-25T07:31:57", NULL },
		{ "2026-03-25 07:31:57Z", NULL },
		{ "2026-02-29T07:31:57Z", NULL },
		{ "2026-03-25T07:31:57.Z", NULL },
		{ "2026-03-25T07:31:57.0123456789Z", NULL },
		{ "0001-01-01T00:00:00Z", NULL },
		{ "null", NULL },
		{ "", NULL },
	};
	static const char *const PATH[] = { "created_at", "first_activity_at",
		"last_activity_at" };
	static const char *const NAME[] = { "createdTimeUtc",
		"firstActivityTimeUtc", "lastActivityTimeUtc" };
	char json[128];

	run_init(&r);
	for (size_t i = 0; i < COUNT(CASES); i++)
		for (size_t j = 0; j < COUNT(NAME); j++) {
			struct span record;

			snprintf(json, sizeof json, "'%s':'%s'", NAME[j],
			    CASES[i].given);
			record = map(json);
			if (CASES[i].want == NULL) {
				expect_absent(record, PATH[j]);
				expect_at(record, "timeline", "[]");
				continue;
			}
			expect_at(record, PATH[j], CASES[i].want);
			cr_expect_eq(length_at(record, "timeline"), 1u);
		}
}

Test(workunit_core, closed_at_and_changes_come_from_the_context)
{
	struct span record;

	run_init(&r);
	r.context.closed_at = INT64_C(134188975175000000);
	r.context.change[0].at = INT64_C(134188975175000000);
	r.context.change[0].status = WORKUNIT_CLOSED;
	r.context.change[1].at = INT64_C(134188974000000000);
	r.context.change[1].status = WORKUNIT_NEW;
	r.context.change_count = 2;
	record = map("'status':'Closed'");
	expect_at(record, "closed_at", "2026-03-25T07:31:57.5Z");
	expect_at(record, "timeline",
	    "[{'at':'2026-03-25T07:30:00Z','kind':'status','text':'New'},"
	    "{'at':'2026-03-25T07:31:57.5Z','kind':'closed'},"
	    "{'at':'2026-03-25T07:31:57.5Z','kind':'status',"
	    "'text':'Closed'}]");
}

Test(workunit_core, events_and_enrichment_states_have_their_names)
{
	static const char *const EVENT[] = { "created", "updated", "closed",
		"reopened", "merged", "deleted" };
	static const char *const STATE[] = { "pending", "complete", "failed",
		"disabled" };

	run_init(&r);
	for (unsigned i = 0; i < COUNT(EVENT); i++) {
		r.context.event = (enum workunit_event)i;
		expect_at(map(""), "event", EVENT[i]);
	}
	for (unsigned i = 0; i < COUNT(STATE); i++) {
		char want[128];

		r.context.enrichment[0] = (enum workunit_enrichment)i;
		snprintf(want, sizeof want,
		    "{'alerts':'%s',"
		    "'entities':'complete','comments':'complete'}",
		    STATE[i]);
		expect_at(map(""), "enrichment", want);
	}
}

Test(workunit_core, version_is_a_decimal_text_of_64_bits)
{
	run_init(&r);
	cr_assert_eq(run_begin(&r,
			 quoted("{'name':'n','properties':"
				"{'createdTimeUtc':'2026-03-25T07:31:57Z'}}")),
	    ST_OK);
	r.context.version = UINT64_MAX;
	expect_at(run_write(&r), "version", "18446744073709551615");
	r.context.version = 0;
	expect_at(run_write(&r), "version", "0");
}

Test(workunit_core, names_of_the_configuration_are_escaped)
{
	struct workunit_origin origin = UNIT_ORIGIN;
	struct span record;

	run_init(&r);
	origin.resource_group = SPAN_LIT("rg \"x\"\n\xc3\xa9\xff");
	r.context.origin = &origin;
	record = map("");
	expect_at(record, "source.resource_group",
	    "rg \\'x\\'\\n\xc3\xa9\xef\xbf\xbd");
}

/* Whatever stands in a text, the record is JSON on one line and the text is
 * the same. */
Test(workunit_core, hostile_texts_pass_through_unharmed)
{
	static const char *const TEXTS[] = { "\\u0000\\u001f\\n\\r\\t\\b\\f",
		"\\'\\\\\\/", "\\ud800", "\\udc00\\ud800x", "\\ud83d\\ude00",
		"\xe2\x80\xa8\xe2\x80\xa9", "</script><!--", "${jndi:ldap://x}",
		"\\u2028", "\x7f", "\xf4\x8f\xbf\xbf" };
	static const char *const WANT[] = { "\\u0000\\u001f\\n\\r\\t\\b\\f",
		"\\'\\\\/", "\xef\xbf\xbd", "\xef\xbf\xbd\xef\xbf\xbdx",
		"\xf0\x9f\x98\x80", "\xe2\x80\xa8\xe2\x80\xa9", "</script><!--",
		"${jndi:ldap://x}", "\xe2\x80\xa8", "\x7f",
		"\xf4\x8f\xbf\xbf" };
	char json[2048];

	run_init(&r);
	for (size_t i = 0; i < COUNT(TEXTS); i++) {
		struct span record;

		snprintf(json, sizeof json,
		    "'title':'%s','description':'%s','status':'%s',"
		    "'labels':[{'labelName':'%s'}]",
		    TEXTS[i], TEXTS[i], TEXTS[i], TEXTS[i]);
		record = map(json);
		expect_at(record, "title", WANT[i]);
		expect_at(record, "description", WANT[i]);
		expect_at(record, "source.status", WANT[i]);
		snprintf(json, sizeof json, "['%s']", WANT[i]);
		expect_at(record, "labels", json);
	}
}
