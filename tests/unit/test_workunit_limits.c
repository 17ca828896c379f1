/* SPDX-License-Identifier: MIT */
/* Inputs of any size: the same memory, and a record that fits. */
#include "workunit_json.h"

/* ---- one large thing ------------------------------------------------ */

Test(workunit_limits, description_of_300_kb_is_cut)
{
	struct span record;

	begin_json(HEAD ",'description':'");
	put_times("0123456789", 30000);
	run_init(&r);
	cr_assert_eq(run_begin(&r, end_json("'}}")), ST_OK);
	record = write_record();
	cr_expect_eq(
	    size_at(record, "description"), WORKUNIT_DESCRIPTION_MAX_BYTES);
	expect_at(record, "truncated", "['/description']");
}

Test(workunit_limits, description_of_many_bytes_a_character_is_cut_between)
{
	struct span text;

	begin_json(HEAD ",'description':'");
	put_times("\xf0\x9f\x98\x80\\n\\u0001", 5000);
	run_init(&r);
	cr_assert_eq(run_begin(&r, end_json("'}}")), ST_OK);
	text = pick(write_record(), "description");
	cr_expect_leq(text.n, WORKUNIT_DESCRIPTION_MAX_BYTES);
	cr_expect_gt(text.n, WORKUNIT_DESCRIPTION_MAX_BYTES - 12);
	/* 12 bytes: the emoji, \n and \u0001 */
	cr_expect(text.n % 12 == 0 || text.n % 12 == 4 || text.n % 12 == 6);
}

Test(workunit_limits, alert_with_a_mebibyte_of_additional_data_is_small)
{
	static uint8_t plain[RECORD_MAX_BYTES];
	struct span record;
	size_t n = 0;

	for (int i = 0; i < 2; i++) {
		begin();
		begin_json("{'value':[{'properties':{'additionalData':{");
		for (int j = 0; j < 1024 && i == 1; j++) {
			put(j == 0 ? "'k" : ",'k");
			put_number((uint64_t)j);
			put("':'");
			put_times("{\\\"a\\\":\\\"0123456789\\\"},", 48);
			put("'");
		}
		put("},'systemAlertId':'a','alertDisplayName':'x'}}]}");
		run_add(&r, WORKUNIT_PART_ALERTS, end_json(""));
		record = write_record();
		if (i == 0)
			memcpy(plain, record.p, record.n);
		else
			expect_same(record, (struct span){ plain, n },
			    "with additional data");
		n = record.n;
	}
	cr_expect_gt(json.n, 1024u * 1024u);
	expect_at(record, "alerts", "[{'id':'a','name':'x'}]");
}

/* ---- very many things ----------------------------------------------- */

Test(workunit_limits, a_few_users_stay_among_ten_thousand_entities)
{
	struct span record;

	begin();
	begin_json("{'entities':[");
	for (uint64_t i = 0; i < 10000; i++) {
		put_entity("File", "fileName", "C:\\\\some\\\\where\\\\", i);
		if (i % 2000 == 0) {
			put_entity("Account", "accountName", "user", i);
			put_entity("Host", "hostName", "host", i);
			put_entity("Ip", "address", "10.0.0.", i / 2000);
		}
	}
	run_add(&r, WORKUNIT_PART_ENTITIES, end_json("]}"));
	record = write_record();
	cr_expect_eq(workunit_count(&r.w, WORKUNIT_PART_ENTITIES), 10015u);
	cr_expect_eq(length_at(record, "entities.users"), 5u);
	cr_expect_eq(length_at(record, "entities.hosts"), 5u);
	cr_expect_eq(length_at(record, "entities.ips"), 5u);
	cr_expect_eq(length_at(record, "nodes"), 15u);
	/* Nearly all that there is room for. */
	cr_expect_gt(length_at(record, "entities.files"), 700u);
	cr_expect_gt(size_at(record, "entities.files"),
	    WORKUNIT_ENTITIES_QUOTA_BYTES - 2048u);
	expect_at(record, "truncated", "['/entities/files']");
}

Test(workunit_limits, a_thousand_addresses_fit_and_more_are_cut)
{
	struct span record;

	for (uint64_t n = 980; n <= 1100; n += 120) {
		begin();
		begin_json("{'entities':[");
		for (uint64_t i = 0; i < n; i++)
			put_entity("Ip", "address", "x", i);
		run_add(&r, WORKUNIT_PART_ENTITIES, end_json("]}"));
		record = write_record();
		cr_expect_eq(is_truncated(record, "/entities/ips"), n > 1000);
		cr_expect(length_at(record, "entities.ips") ==
		    (n > 1000 ? length_at(record, "entities.ips") : n));
		cr_expect_geq(length_at(record, "entities.ips"), 980u);
	}
}

Test(workunit_limits, long_entities_go_before_short_ones)
{
	struct span record, urls;
	size_t short_count = 0;

	begin();
	begin_json("{'entities':[");
	for (uint64_t i = 0; i < 400; i++) {
		put_entity("Url", "url", "http://a.example/", i);
		put(",{'kind':'Url','properties':{'url':'http://b.example/");
		put_number(i);
		put_times("b", 1500);
		put("'}}");
	}
	run_add(&r, WORKUNIT_PART_ENTITIES, end_json("]}"));
	record = write_record();
	urls = pick(record, "entities.urls");
	for (size_t at;
	     (at = span_find_nocase(urls, SPAN_LIT("a.example"))) != SIZE_MAX;
	     urls = span_sub(urls, at + 1, urls.n))
		short_count++;
	cr_expect_eq(short_count, 400u);
	cr_expect_gt(length_at(record, "entities.urls"), 404u);
	expect_at(record, "truncated", "['/entities/urls']");
}

Test(workunit_limits, nodes_are_cut_by_themselves)
{
	struct span record;

	begin();
	begin_json("{'entities':[");
	for (uint64_t i = 0; i < 600; i++)
		put_entity("Url", "url", "http://a.example/", i);
	for (uint64_t i = 0; i < 600; i++)
		put_entity("Host", "hostName", "h", i);
	run_add(&r, WORKUNIT_PART_ENTITIES, end_json("]}"));
	record = write_record();
	cr_expect(is_truncated(record, "/nodes"));
	/* One domain, and hosts as far as the quota goes. */
	cr_expect_gt(length_at(record, "nodes"), 350u);
	cr_expect_neq(span_find_nocase(pick(record, "nodes"),
			  quoted("{'type':'domain','value':'a.example'}")),
	    SIZE_MAX);
}

Test(workunit_limits, the_services_150_alerts_fit)
{
	struct span record;

	begin();
	begin_json("{'value':[");
	for (uint64_t i = 0; i < 150; i++)
		put_alert(i, "Medium", 40);
	run_add(&r, WORKUNIT_PART_ALERTS, end_json("]}"));
	record = write_record();
	cr_expect_eq(length_at(record, "alerts"), 150u);
	expect_at(record, "truncated", "[]");
	cr_expect_eq(length_at(record, "timeline"), 151u);
}

Test(workunit_limits, the_most_severe_and_newest_alerts_are_kept)
{
	struct span record, alerts;

	begin();
	begin_json("{'value':[");
	/* The severe ones are the oldest, and long. */
	for (uint64_t i = 0; i < 400; i++)
		put_alert(i, i < 20 ? "High" : i < 40 ? "Medium" : "Low", 250);
	run_add(&r, WORKUNIT_PART_ALERTS, end_json("]}"));
	record = write_record();
	alerts = pick(record, "alerts");
	cr_expect(is_truncated(record, "/alerts"));
	cr_expect(is_truncated(record, "/timeline"));
	cr_expect_eq(workunit_count(&r.w, WORKUNIT_PART_ALERTS), 400u);
	for (uint64_t i = 0; i < 40; i++) {
		char id[32];

		snprintf(
		    id, sizeof id, "\"id\":\"%u\"", (unsigned)(1000000 + i));
		cr_expect_neq(span_find_nocase(alerts, span_str(id)), SIZE_MAX,
		    "alert %u", (unsigned)i);
	}
	cr_expect_neq(
	    span_find_nocase(alerts, SPAN_LIT("\"id\":\"1000399\"")), SIZE_MAX);
	cr_expect_eq(
	    span_find_nocase(alerts, SPAN_LIT("\"id\":\"1000040\"")), SIZE_MAX);
}

/* Everything that an alert can have, at its longest. */
static void
put_largest_alert(uint64_t n)
{
	static const char *const TEXTS[] = { "alertDisplayName", "severity",
		"status", "productName", "vendorName", "compromisedEntity",
		"alertLink" };

	put(json.n > 16 ? ",{'properties':{'systemAlertId':'" :
			  "{'properties':{'systemAlertId':'");
	put_number(n);
	put_times("i", 70);
	put("'");
	for (size_t i = 0; i < COUNT(TEXTS); i++) {
		put(",'");
		buf_put_str(&json, TEXTS[i]);
		put("':'");
		put_times("\\u0001", 200);
		put("'");
	}
	for (int i = 0; i < 2; i++) {
		put(i == 0 ? ",'tactics':['x'" : ",'techniques':['x'");
		for (int j = 0; j < 60; j++) {
			put(",'");
			put_times("t", 40);
			put("'");
		}
		put("]");
	}
	put(",'startTimeUtc':'2026-03-25T07:00:00.1234567Z',"
	    "'endTimeUtc':'2026-03-25T07:00:00.1234567Z',"
	    "'timeGenerated':'2026-03-25T07:00:00.1234567Z'}}");
}

Test(workunit_limits, alerts_of_maximum_size_fill_their_quota)
{
	struct span record;

	begin();
	begin_json("{'value':[");
	for (uint64_t i = 0; i < 150; i++)
		put_largest_alert(i);
	run_add(&r, WORKUNIT_PART_ALERTS, end_json("]}"));
	record = write_record();
	cr_expect_gt(length_at(record, "alerts"), 8u);
	cr_expect(is_truncated(record, "/alerts"));
	cr_expect(is_truncated(record, "/timeline"));
}

Test(workunit_limits, the_newest_of_100_long_comments_are_kept)
{
	struct span record, timeline;

	begin();
	begin_json("{'value':[");
	for (uint64_t i = 0; i < 100; i++)
		put_comment(i, 30000);
	run_add(&r, WORKUNIT_PART_COMMENTS, end_json("]}"));
	record = write_record();
	timeline = pick(record, "timeline");
	cr_expect(is_truncated(record, "/timeline"));
	cr_expect(is_truncated(record, "/timeline/0/text"));
	cr_expect_gt(length_at(record, "timeline"), 8u);
	cr_expect_neq(
	    span_find_nocase(timeline, SPAN_LIT("\"ref\":\"c99\"")), SIZE_MAX);
	cr_expect_eq(
	    span_find_nocase(timeline, SPAN_LIT("\"ref\":\"c0\"")), SIZE_MAX);
}

Test(workunit_limits, a_timeline_of_1300_entries_is_cut)
{
	struct span record;

	begin();
	begin_json("{'value':[");
	for (uint64_t i = 0; i < 900; i++)
		put_alert(i, "High", 20);
	run_add(&r, WORKUNIT_PART_ALERTS, end_json("]}"));
	begin_json("{'value':[");
	for (uint64_t i = 0; i < 364; i++)
		put_comment(i, 20);
	run_add(&r, WORKUNIT_PART_COMMENTS, end_json("]}"));
	for (size_t i = 0; i < STORE_CHANGE_MAX_COUNT; i++) {
		r.context.change[i].at = (int64_t)i * TICKS_PER_S;
		r.context.change[i].status = WORKUNIT_ACTIVE;
	}
	r.context.change_count = STORE_CHANGE_MAX_COUNT;
	r.context.closed_at = TICKS_MAX;
	record = write_record();
	expect_at(record, "truncated", "['/alerts','/timeline']");
	cr_expect_gt(length_at(record, "timeline"), 150u);
	cr_expect_gt(
	    size_at(record, "timeline"), WORKUNIT_TIMELINE_QUOTA_BYTES - 1024u);
}

/* ---- all at once ---------------------------------------------------- */

/* Every text of an incident longer than what is kept. */
static void
put_largest_incident(void)
{
	static const char *const TEXTS[] = { "title", "description", "severity",
		"classificationReason", "classificationComment",
		"classification", "incidentUrl", "providerName",
		"providerIncidentId" };

	begin_json("{'name':'");
	put_times("n", 64);
	put("','etag':'");
	put_times("\\\"", 400);
	put("','properties':{'status':'Closed',"
	    "'createdTimeUtc':'2026-03-25T07:31:57.1234567Z',"
	    "'lastModifiedTimeUtc':'2026-03-25T07:31:57.1234567Z',"
	    "'firstActivityTimeUtc':'2026-03-25T07:31:57.1234567Z',"
	    "'lastActivityTimeUtc':'2026-03-25T07:31:57.1234567Z',"
	    "'incidentNumber':-9223372036854775807,'owner':{'assignedTo':'");
	put_times("o", 300);
	put("','email':'");
	put_times("o", 300);
	put("','userPrincipalName':'");
	put_times("o", 300);
	put("'}");
	for (size_t i = 0; i < COUNT(TEXTS); i++) {
		put(",'");
		buf_put_str(&json, TEXTS[i]);
		put("':'");
		put_times("t", 9000);
		put("'");
	}
	put(",'labels':[{}");
	for (int i = 0; i < 40; i++) {
		put(",{'labelName':'");
		put_times("l", 200);
		put("'}");
	}
	put("],'relatedAnalyticRuleIds':['x'");
	for (int i = 0; i < 40; i++) {
		put(",'");
		put_times("r", 500);
		put("'");
	}
	put("],'additionalData':{'mergedIncidentNumber':'");
	put_times("9", 100);
	put("','providerIncidentUrl':'");
	put_times("u", 2000);
	put("','x':0");
	for (int i = 0; i < 3; i++) {
		put(i == 0     ? ",'tactics':['x'" :
			i == 1 ? ",'techniques':['x'" :
				 ",'alertProductNames':['x'");
		for (int j = 0; j < 60; j++) {
			put(",'");
			put_times("a", 200);
			put("'");
		}
		put("]");
	}
	put("}}}");
}

static void
put_largest_entities(void)
{
	static const struct {
		const char *kind, *property[4];
	} KINDS[] = {
		{ "Ip", { "address" } },
		{ "Account", { "accountName", "upnSuffix", "sid" } },
		{ "Host", { "hostName", "dnsDomain", "azureID" } },
		{ "DnsResolution", { "domainName" } },
		{ "Url", { "url" } },
		{ "MailMessage", { "subject", "p2Sender", "recipient" } },
		{ "Mailbox", { "mailboxPrimaryAddress", "upn" } },
		{ "File", { "fileName", "directory" } },
		{ "FileHash", { "algorithm", "hashValue" } },
		{ "Process", { "commandLine" } },
		{ "RegistryKey", { "hive", "key" } },
		{ "AzureResource", { "resourceId" } },
		{ "CloudApplication", { "appName", "instanceName" } },
		{ "Malware", { "malwareName", "category" } },
		{ "Nonsense", { "friendlyName" } },
	};

	begin_json("{'entities':[{}");
	for (uint64_t i = 0; i < 40 * COUNT(KINDS); i++) {
		size_t k = i % COUNT(KINDS);

		put(",{'kind':'");
		buf_put_str(&json, KINDS[k].kind);
		put("','properties':{'x':0");
		for (size_t j = 0; j < 4 && KINDS[k].property[j] != NULL; j++) {
			put(",'");
			buf_put_str(&json, KINDS[k].property[j]);
			put("':'");
			put_number(i);
			put_times("z", 3000);
			put("'");
		}
		put("}}");
	}
	put("]}");
}

Test(workunit_limits, everything_at_its_largest_fits_the_record)
{
	struct span record;

	run_init(&r);
	put_largest_incident();
	cr_assert_eq(run_begin(&r, end_json("")), ST_OK);
	cr_expect_leq(r.pruned_n, ELEMENT_MAX_BYTES);
	cr_expect_gt(r.pruned_n, ELEMENT_MAX_BYTES - 3000u);
	put_largest_entities();
	run_add(&r, WORKUNIT_PART_ENTITIES, end_json(""));
	begin_json("{'entities':[");
	for (uint64_t i = 0; i < 1000; i++)
		put_entity("Ip", "address", "10.1.2.", i);
	for (uint64_t i = 0; i < 1000; i++)
		put_entity("Host", "hostName", "host", i);
	run_add(&r, WORKUNIT_PART_ENTITIES, end_json("]}"));
	begin_json("{'value':[");
	for (uint64_t i = 0; i < 150; i++)
		put_alert(i, "High", 210);
	for (uint64_t i = 0; i < 20; i++)
		put_largest_alert(i);
	run_add(&r, WORKUNIT_PART_ALERTS, end_json("]}"));
	begin_json("{'value':[");
	for (uint64_t i = 0; i < 100; i++)
		put_comment(i, i < 50 ? 30000 : 100);
	run_add(&r, WORKUNIT_PART_COMMENTS, end_json("]}"));
	for (size_t i = 0; i < STORE_CHANGE_MAX_COUNT; i++) {
		r.context.change[i].at = TICKS_MAX - (int64_t)i;
		r.context.change[i].status = WORKUNIT_ACTIVE;
	}
	r.context.change_count = STORE_CHANGE_MAX_COUNT;
	r.context.closed_at = TICKS_MAX - 1;
	r.context.event = WORKUNIT_REOPENED;
	r.context.version = UINT64_MAX;
	record = write_record();
	cr_expect_leq(record.n, RECORD_MAX_BYTES);
	cr_expect_gt(record.n, 100u * 1024u);
	cr_expect(is_truncated(record, "/title"));
	cr_expect(is_truncated(record, "/labels"));
	cr_expect(is_truncated(record, "/source/etag"));
	cr_expect(is_truncated(record, "/assignee/upn"));
	cr_expect(is_truncated(record, "/url"));
	cr_expect(is_truncated(record, "/merged_into"));
}

Test(workunit_limits, a_smaller_buffer_is_full_and_not_overrun)
{
	struct uuid id;

	begin();
	for (size_t cap = 0; cap < 1300; cap += 13) {
		struct buf out = { r.record, 0, cap, false };

		memset(r.record, '#', sizeof r.record);
		cr_expect_eq(workunit_write(&r.w, &r.context, &out, &id),
		    cap < run_write(&r).n ? ST_FULL : ST_OK);
		cr_expect_leq(out.n, cap);
	}
}

Test(workunit_limits, tables_stay_within_their_memory)
{
	cr_expect_leq(sizeof(struct workunit), 112u * 1024u);
}
