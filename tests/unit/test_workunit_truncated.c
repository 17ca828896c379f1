/* SPDX-License-Identifier: MIT */
/* What was cut is named where it is. */
#include "workunit_json.h"

Test(workunit_truncated, cut_fields_are_named_where_they_are)
{
	struct span record;

	begin();
	begin_json("{'entities':[{'kind':'Process','properties':"
		   "{'processId':'1','commandLine':'");
	put_times("c", 3000);
	put("'}},{'kind':'Process','properties':{'processId':'0'}},"
	    "{'kind':'Host','properties':{'hostName':'");
	put_times("h", 300);
	run_add(&r, WORKUNIT_PART_ENTITIES, end_json("'}}]}"));
	begin_json("{'value':[{'properties':{'systemAlertId':'1',"
		   "'timeGenerated':'2026-03-25T07:00:00Z','tactics':['a','");
	put_times("t", 40);
	put("'],'alertDisplayName':'");
	put_times("n", 300);
	run_add(&r, WORKUNIT_PART_ALERTS, end_json("'}}]}"));
	record = write_record();
	expect_at(record, "truncated",
	    "['/alerts/0/name',"
	    "'/alerts/0/tactics','/entities/hosts/0/name',"
	    "'/entities/processes/1/command_line','/nodes',"
	    "'/timeline/0/text']");
	cr_expect_eq(size_at(record, "nodes"), 2u);
}

Test(workunit_truncated, many_cut_fields_are_named_by_their_array)
{
	struct span record;

	begin();
	begin_json("{'entities':[");
	for (uint64_t i = 0; i < WORKUNIT_POINTER_MAX_COUNT + 1; i++) {
		put(i == 0 ? "{'kind':'Malware','properties':{'category':'" :
			     ",{'kind':'Malware','properties':{'category':'");
		put_number(1000 + i);
		put_times("m", 100);
		put("'}}");
	}
	put(",{'kind':'File','properties':{'fileName':'");
	put_times("f", 300);
	run_add(&r, WORKUNIT_PART_ENTITIES, end_json("'}}]}"));
	record = write_record();
	/* Files come first; malware then does not fit. */
	expect_at(record, "truncated",
	    "['/entities/files/0/name','/entities/malware']");
}

Test(workunit_truncated, pointers_are_sorted_as_texts)
{
	struct span record;

	begin();
	begin_json("{'entities':[");
	for (uint64_t i = 0; i < 12; i++) {
		put(i == 0 ? "{'kind':'File','properties':{'fileName':'" :
			     ",{'kind':'File','properties':{'fileName':'");
		put_number(100 + i);
		put_times("f", i == 2 || i >= 10 ? 300 : 1);
		put("'}}");
	}
	run_add(&r, WORKUNIT_PART_ENTITIES, end_json("]}"));
	record = write_record();
	expect_at(record, "truncated",
	    "['/entities/files/10/name',"
	    "'/entities/files/11/name','/entities/files/2/name']");
}

Test(workunit_truncated, cut_recipients_lose_only_the_last)
{
	struct span record;

	begin();
	begin_json("{'entities':[{'kind':'MailMessage','properties':"
		   "{'recipient':'ab;");
	for (uint64_t i = 0; i < 100; i++) {
		put_number(100 + i);
		put("@example.com;");
	}
	run_add(&r, WORKUNIT_PART_ENTITIES, end_json("'}}]}"));
	record = write_record();
	expect_at(
	    record, "truncated", "['/entities/emails/0/recipient','/nodes']");
	/* 1,024 bytes are "ab;", 63 addresses and half of one. */
	cr_expect_eq(length_at(record, "nodes"), 63u);
	cr_expect_eq(span_find_nocase(pick(record, "nodes"), SPAN_LIT("163@")),
	    SIZE_MAX);
}

Test(workunit_truncated, as_many_changes_as_are_kept_may_not_be_all)
{
	begin();
	for (size_t i = 0; i < STORE_CHANGE_MAX_COUNT; i++) {
		r.context.change[i].at = (int64_t)i * TICKS_PER_S;
		r.context.change[i].status = WORKUNIT_ACTIVE;
	}
	r.context.change_count = STORE_CHANGE_MAX_COUNT - 1;
	expect_at(write_record(), "truncated", "[]");
	r.context.change_count = STORE_CHANGE_MAX_COUNT;
	expect_at(write_record(), "truncated", "['/timeline']");
}

Test(workunit_truncated, a_long_url_still_has_its_host)
{
	struct span record;

	begin();
	begin_json("{'entities':[{'kind':'Url','properties':{'url':"
		   "'http://a.example/");
	put_times("u", 5000);
	run_add(&r, WORKUNIT_PART_ENTITIES, end_json("'}}]}"));
	record = write_record();
	expect_at(record, "nodes", "[{'type':'domain','value':'a.example'}]");
	expect_at(record, "truncated", "['/entities/urls/0/url']");
}

Test(workunit_truncated, what_cannot_be_read_is_noted)
{
	static const struct {
		enum workunit_part part;
		const char *truncated;
	} CASES[] = {
		{ WORKUNIT_PART_ALERTS, "['/alerts']" },
		{ WORKUNIT_PART_ENTITIES, "['/entities/others','/nodes']" },
		{ WORKUNIT_PART_COMMENTS, "['/timeline']" },
	};
	const struct json_element over = { 0, SPAN_LIT("{\"kind\":"), 0,
		JSON_FLAG_OVERFLOW };
	const struct json_element torn = { 0, SPAN_LIT("{\"kind\":"), 0, 0 };

	for (size_t i = 0; i < COUNT(CASES); i++) {
		begin();
		workunit_add(&r.w, CASES[i].part, &over);
		workunit_add(&r.w, CASES[i].part, &torn);
		cr_expect_eq(workunit_count(&r.w, CASES[i].part), 2u);
		expect_at(write_record(), "truncated", CASES[i].truncated);
		workunit_drop(&r.w, CASES[i].part);
		expect_at(write_record(), "truncated", "[]");
	}
	begin();
	run_add(&r, WORKUNIT_PART_COMMENTS,
	    quoted("{'value':[{'properties':{'message':'no time'}}]}"));
	expect_at(write_record(), "truncated", "['/timeline']");
}
