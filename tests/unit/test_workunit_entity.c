/* SPDX-License-Identifier: MIT */
/* Entities and the nodes that are made of them. */
#include "workunit_run.h"

static struct run r;

/* The record of an incident with these entities ("{...},{...}"). */
static struct span
map(const char *entities)
{
	static char json[8192];

	cr_assert_eq(run_begin(&r,
			 quoted("{'name':'n','properties':"
				"{'createdTimeUtc':'2026-03-25T07:31:57Z'}}")),
	    ST_OK);
	snprintf(json, sizeof json, "{'entities':[%s]}", entities);
	run_add(&r, WORKUNIT_PART_ENTITIES, quoted(json));
	return run_write(&r);
}

static struct span
map_one(const char *kind, const char *properties)
{
	static char json[4096];

	snprintf(json, sizeof json,
	    "{'name':'g-1','kind':'%s','properties':{%s}}", kind, properties);
	return map(json);
}

/* One entity and what becomes of it. */
struct entity_case {
	const char *kind, *properties;
	const char *group, *want; /* want without the array's brackets */
	const char *nodes;        /* likewise */
};

static void
check_cases(const struct entity_case *cases, size_t n)
{
	char path[64], want[2048];

	run_init(&r);
	for (size_t i = 0; i < n; i++) {
		const struct entity_case *c = &cases[i];
		struct span record = map_one(c->kind, c->properties);

		snprintf(path, sizeof path, "entities.%s", c->group);
		snprintf(want, sizeof want, "[%s]", c->want);
		expect_at(record, path, want);
		snprintf(want, sizeof want, "[%s]", c->nodes);
		expect_at(record, "nodes", want);
		expect_at(record, "truncated", "[]");
	}
}

#define NODE(type, value) "{'type':'" type "','value':'" value "'}"

Test(workunit_entity, addresses)
{
	static const struct entity_case CASES[] = {
		{ "Ip", "'address':'1.2.3.4'", "ips", "{'address':'1.2.3.4'}",
		    NODE("IP", "1.2.3.4") },
		{ "IP", "'address':'1.2.3.4'", "ips", "{'address':'1.2.3.4'}",
		    NODE("IP", "1.2.3.4") },
		{ "Ip",
		    "'address':'1.2.3.4','location':{'countryCode':'NL',"
		    "'city':'Delft','asn':64496,'state':'x'}",
		    "ips",
		    "{'address':'1.2.3.4','country_code':'NL',"
		    "'city':'Delft','asn':64496}",
		    NODE("IP", "1.2.3.4") },
		{ "Ip",
		    "'address':'1.2.3.4','location':{'countryCode':'null',"
		    "'city':null,'asn':'64496'}",
		    "ips", "{'address':'1.2.3.4','asn':64496}",
		    NODE("IP", "1.2.3.4") },
		{ "Ip", "'address':'1.2.3.4','location':{'asn':1.5}", "ips",
		    "{'address':'1.2.3.4'}", NODE("IP", "1.2.3.4") },
		{ "Ip", "'address':'1.2.3.4','location':null", "ips",
		    "{'address':'1.2.3.4'}", NODE("IP", "1.2.3.4") },
		{ "Ip", "'address':' 1.2.3.4 '", "ips",
		    "{'address':' 1.2.3.4 '}", NODE("IP", "1.2.3.4") },
		{ "Ip", "'address':'2001:0DB8::0001'", "ips",
		    "{'address':'2001:0DB8::0001'}",
		    NODE("IP", "2001:db8::1") },
		{ "Ip", "'address':'fe80::1%25eth0'", "ips",
		    "{'address':'fe80::1%25eth0'}", NODE("IP", "fe80::1") },
		{ "Ip", "'address':'1.2.3.4:443'", "ips",
		    "{'address':'1.2.3.4:443'}", "" },
		{ "Ip", "'address':'10.0.0.0/8'", "ips",
		    "{'address':'10.0.0.0/8'}", "" },
		{ "Ip", "'address':null", "others",
		    "{'kind':'Ip','name':'g-1'}", "" },
		{ "Ip", "'address':'null','friendlyName':'f'", "others",
		    "{'kind':'Ip','name':'f'}", "" },
		{ "Ip", "'location':{'city':'Delft'}", "others",
		    "{'kind':'Ip','name':'g-1'}", "" },
	};

	check_cases(CASES, COUNT(CASES));
}

Test(workunit_entity, accounts)
{
	static const struct entity_case CASES[] = {
		{ "Account", "'accountName':'Ana','upnSuffix':'Example.com'",
		    "users", "{'upn':'Ana@Example.com','name':'Ana'}",
		    NODE("user", "ana@example.com") },
		{ "Account", "'accountName':'Ana@Example.com'", "users",
		    "{'upn':'Ana@Example.com','name':'Ana@Example.com'}",
		    NODE("user", "ana@example.com") },
		{ "Account", "'accountName':'Ana@a.com','upnSuffix':'b.com'",
		    "users", "{'upn':'Ana@a.com','name':'Ana@a.com'}",
		    NODE("user", "ana@a.com") },
		{ "Account", "'accountName':'Ana','ntDomain':'CORP'", "users",
		    "{'name':'Ana','domain':'CORP'}",
		    NODE("user", "corp\\\\ana") },
		{ "Account", "'accountName':'Ana','dnsDomain':'Corp.Local'",
		    "users", "{'name':'Ana','domain':'Corp.Local'}",
		    NODE("user", "corp.local\\\\ana") },
		{ "Account", "'accountName':'CORP\\\\Ana','ntDomain':'CORP'",
		    "users", "{'name':'CORP\\\\Ana','domain':'CORP'}",
		    NODE("user", "corp\\\\ana") },
		{ "Account", "'accountName':'sa'", "users", "{'name':'sa'}",
		    NODE("user", "sa") },
		{ "Account", "'sid':'S-1-5-18'", "users", "{'sid':'S-1-5-18'}",
		    "" },
		{ "Account", "'objectGuid':'o'", "users", "{'object_id':'o'}",
		    "" },
		{ "Account", "'aadUserId':'a','objectGuid':'o'", "users",
		    "{'object_id':'a'}", "" },
		{ "Account", "'aadUserId':'null','objectGuid':'o'", "users",
		    "{'object_id':'o'}", "" },
		{ "Account", "'displayName':'A','upnSuffix':'b.com'", "users",
		    "{'display_name':'A'}", "" },
		{ "Account", "'accountName':'null','friendlyName':'f'",
		    "others", "{'kind':'Account','name':'f'}", "" },
		{ "Account", "'isDomainJoined':true,'puid':'p'", "others",
		    "{'kind':'Account','name':'g-1'}", "" },
	};

	check_cases(CASES, COUNT(CASES));
}

Test(workunit_entity, hosts_and_devices)
{
	static const struct entity_case CASES[] = {
		{ "Host", "'hostName':'PC7','dnsDomain':'Corp.Local'", "hosts",
		    "{'fqdn':'PC7.Corp.Local','name':'PC7',"
		    "'domain':'Corp.Local'}",
		    NODE("host", "pc7.corp.local") },
		{ "Host",
		    "'hostName':'pc7.corp.local',"
		    "'dnsDomain':'CORP.local'",
		    "hosts",
		    "{'fqdn':'pc7.corp.local','name':'pc7.corp.local',"
		    "'domain':'CORP.local'}",
		    NODE("host", "pc7.corp.local") },
		{ "Host", "'hostName':'.corp','dnsDomain':'corp'", "hosts",
		    "{'fqdn':'.corp.corp','name':'.corp','domain':'corp'}",
		    NODE("host", ".corp.corp") },
		{ "Host", "'hostName':'PC7','ntDomain':'CORP'", "hosts",
		    "{'name':'PC7','domain':'CORP'}", NODE("host", "pc7") },
		{ "Host", "'netBiosName':'PC7','dnsDomain':'corp'", "hosts",
		    "{'name':'PC7','domain':'corp'}", NODE("host", "pc7") },
		{ "Host",
		    "'hostName':'PC7.','osFamily':'Linux',"
		    "'osVersion':'6'",
		    "hosts", "{'name':'PC7.','os':'Linux'}",
		    NODE("host", "pc7") },
		{ "Host",
		    "'hostName':'a','osFamily':'Unknown',"
		    "'osVersion':'6'",
		    "hosts", "{'name':'a','os':'6'}", NODE("host", "a") },
		{ "Host", "'hostName':'a','osFamily':'Unknown'", "hosts",
		    "{'name':'a','os':'Unknown'}", NODE("host", "a") },
		{ "Host", "'azureID':'/x'", "hosts", "{'azure_id':'/x'}", "" },
		{ "Host", "'omsAgentID':'x'", "others",
		    "{'kind':'Host','name':'g-1'}", "" },
		{ "IoTDevice",
		    "'deviceName':'Cam','deviceId':'d',"
		    "'operatingSystem':'x'",
		    "hosts", "{'name':'Cam','os':'x'}", NODE("host", "cam") },
		{ "IoTDevice", "'deviceId':'d'", "hosts", "{'name':'d'}",
		    NODE("host", "d") },
	};

	check_cases(CASES, COUNT(CASES));
}

Test(workunit_entity, domains_and_urls)
{
	static const struct entity_case CASES[] = {
		{ "DnsResolution", "'domainName':'A.Example.'", "domains",
		    "{'name':'A.Example.'}", NODE("domain", "a.example") },
		{ "DnsResolution", "'domainName':'_srv.a'", "domains",
		    "{'name':'_srv.a'}", NODE("domain", "_srv.a") },
		{ "DnsResolution", "'domainName':'1.2.3.4'", "domains",
		    "{'name':'1.2.3.4'}", "" },
		{ "DnsResolution", "'domainName':'a b'", "domains",
		    "{'name':'a b'}", "" },
		{ "DnsResolution", "'dnsServerIpEntityId':'x'", "others",
		    "{'kind':'DnsResolution','name':'g-1'}", "" },
		{ "Url", "'url':'https://A.Example:443/x'", "urls",
		    "{'url':'https://A.Example:443/x'}",
		    NODE("domain", "a.example") },
		{ "Url", "'url':'a.example/x?u=http://b.example/'", "urls",
		    "{'url':'a.example/x?u=http://b.example/'}",
		    NODE("domain", "a.example") },
		{ "Url", "'url':'http://[2001:db8::1]/'", "urls",
		    "{'url':'http://[2001:db8::1]/'}", "" },
		{ "Url", "'url':'https://u:p@A.Example/'", "urls",
		    "{'url':'https://u:p@A.Example/'}",
		    NODE("domain", "a.example") },
		{ "Url", "'url':''", "others", "{'kind':'Url','name':'g-1'}",
		    "" },
	};

	check_cases(CASES, COUNT(CASES));
}

Test(workunit_entity, mail)
{
	static const struct entity_case CASES[] = {
		{ "MailMessage", "'p1Sender':'B@x.org','recipient':'c@y.org'",
		    "emails", "{'sender':'B@x.org','recipient':'c@y.org'}",
		    NODE("email", "b@x.org") "," NODE("email", "c@y.org") },
		{ "MailMessage", "'p2Sender':'a@x.org','p1Sender':'b@x.org'",
		    "emails", "{'sender':'a@x.org'}",
		    NODE("email", "a@x.org") },
		{ "MailMessage", "'networkMessageId':'n'", "emails",
		    "{'message_id':'n'}", "" },
		{ "MailMessage",
		    "'internetMessageId':'i',"
		    "'networkMessageId':'n'",
		    "emails", "{'message_id':'i'}", "" },
		{ "MailMessage",
		    "'senderIP':'2001:DB8::1',"
		    "'deliveryAction':'Blocked'",
		    "emails",
		    "{'sender_ip':'2001:DB8::1','delivery_action':'Blocked'}",
		    NODE("IP", "2001:db8::1") },
		{ "MailMessage", "'language':'en'", "others",
		    "{'kind':'MailMessage','name':'g-1'}", "" },
		{ "SubmissionMail",
		    "'sender':'A <a@x.org>','senderIp':'1.2.3.4',"
		    "'networkMessageId':'n','submitter':'s@x.org'",
		    "emails",
		    "{'sender':'A <a@x.org>','message_id':'n',"
		    "'sender_ip':'1.2.3.4'}",
		    NODE("IP", "1.2.3.4") "," NODE("email", "a@x.org") },
		{ "Mailbox",
		    "'mailboxPrimaryAddress':'A@x.org','upn':'U@x.org'",
		    "mailboxes", "{'address':'A@x.org','upn':'U@x.org'}",
		    NODE("user", "u@x.org") "," NODE("email", "a@x.org") },
		{ "Mailbox", "'displayName':'A'", "mailboxes",
		    "{'display_name':'A'}", "" },
	};

	check_cases(CASES, COUNT(CASES));
}

Test(workunit_entity, kinds_without_nodes)
{
	static const struct entity_case CASES[] = {
		{ "File", "'fileName':'a','directory':'C:\\\\'", "files",
		    "{'name':'a','directory':'C:\\\\'}", "" },
		{ "File", "'directory':'/tmp'", "files", "{'directory':'/tmp'}",
		    "" },
		{ "FileHash", "'algorithm':'MD5','hashValue':'00'", "hashes",
		    "{'algorithm':'MD5','value':'00'}", "" },
		{ "FileHash", "'hashValue':'00'", "hashes", "{'value':'00'}",
		    "" },
		{ "FileHash", "'algorithm':'MD5'", "others",
		    "{'kind':'FileHash','name':'g-1'}", "" },
		{ "Process",
		    "'processId':'12','commandLine':'c',"
		    "'creationTimeUtc':'2026-03-25T07:31:57.1234567Z'",
		    "processes",
		    "{'id':'12','command_line':'c',"
		    "'created_at':'2026-03-25T07:31:57.1234567Z'}",
		    "" },
		{ "Process", "'processId':12,'creationTimeUtc':'soon'",
		    "processes", "{'id':'12'}", "" },
		{ "RegistryKey", "'hive':'HKEY_USERS','key':'k'", "registry",
		    "{'hive':'HKEY_USERS','key':'k'}", "" },
		{ "RegistryValue",
		    "'valueName':'n','valueType':'DWord',"
		    "'valueData':'1'",
		    "registry",
		    "{'value_name':'n','value_type':'DWord','value':'1'}", "" },
		{ "AzureResource", "'resourceId':'/r'", "cloud_resources",
		    "{'resource_id':'/r'}", "" },
		{ "AzureResource", "'subscriptionId':'s'", "others",
		    "{'kind':'AzureResource','name':'g-1'}", "" },
		{ "CloudApplication",
		    "'appName':'a','appId':-5,"
		    "'instanceName':'i'",
		    "applications", "{'name':'a','app_id':-5,'instance':'i'}",
		    "" },
		{ "CloudApplication", "'appId':99999999999999999999", "others",
		    "{'kind':'CloudApplication','name':'g-1'}", "" },
		{ "Malware", "'malwareName':'m','category':'c'", "malware",
		    "{'name':'m','category':'c'}", "" },
		{ "SecurityGroup",
		    "'distinguishedName':'CN','sid':'s',"
		    "'friendlyName':'f'",
		    "others", "{'kind':'SecurityGroup','name':'f'}", "" },
		{ "MailCluster", "'source':'s'", "others",
		    "{'kind':'MailCluster','name':'g-1'}", "" },
		{ "SecurityAlert", "'friendlyName':'f'", "others",
		    "{'kind':'SecurityAlert','name':'f'}", "" },
		{ "Bookmark", "'displayName':'d','friendlyName':'f'", "others",
		    "{'kind':'Bookmark','name':'f'}", "" },
		{ "Nic", "'macAddress':'m'", "others",
		    "{'kind':'Nic','name':'g-1'}", "" },
		{ "", "'address':'1.2.3.4'", "others",
		    "{'kind':'','name':'g-1'}", "" },
	};

	check_cases(CASES, COUNT(CASES));
}

Test(workunit_entity, strange_shapes_are_others)
{
	struct span record;

	run_init(&r);
	record = map(
	    "{},{'kind':null},{'kind':'Ip'},{'kind':'Ip',"
	    "'properties':null},{'kind':7,'name':'x','properties':[]},"
	    "{'kind':'Host','properties':{'hostName':{'a':1}}},7,null,[]");
	expect_at(record, "entities.others",
	    "[{'kind':'','name':''},{'kind':'','name':'x'},"
	    "{'kind':'Host','name':''},{'kind':'Ip','name':''}]");
	expect_at(record, "nodes", "[]");
	cr_expect_eq(workunit_count(&r.w, WORKUNIT_PART_ENTITIES), 6u);
}

Test(workunit_entity, equal_entities_stand_once)
{
	struct span record;

	run_init(&r);
	record = map("{'name':'1','kind':'Ip','properties':"
		     "{'address':'::1'}},{'name':'2','kind':'Ip','properties':"
		     "{'address':'::1'}},{'name':'3','kind':'Ip','properties':"
		     "{'address':'0:0:0:0:0:0:0:1'}}");
	expect_at(record, "entities.ips",
	    "[{'address':'0:0:0:0:0:0:0:1'},{'address':'::1'}]");
	expect_at(record, "nodes", "[" NODE("IP", "::1") "]");
	expect_at(record, "truncated", "[]");
}

Test(workunit_entity, dropped_parts_leave_nothing)
{
	struct span record;

	run_init(&r);
	record = map_one("Ip", "'address':'1.2.3.4'");
	cr_expect_eq(length_at(record, "nodes"), 1u);
	workunit_drop(&r.w, WORKUNIT_PART_ENTITIES);
	cr_expect_eq(workunit_count(&r.w, WORKUNIT_PART_ENTITIES), 0u);
	record = run_write(&r);
	expect_at(record, "entities.ips", "[]");
	expect_at(record, "nodes", "[]");
	run_add(&r, WORKUNIT_PART_ENTITIES,
	    quoted("{'entities':[{'kind':'Ip',"
		   "'properties':{'address':'5.6.7.8'}}]}"));
	expect_at(run_write(&r), "nodes", "[" NODE("IP", "5.6.7.8") "]");
}

Test(workunit_entity, recipients_are_taken_one_by_one)
{
	static const struct {
		const char *list, *nodes;
	} CASES[] = {
		{ "a@x.org;b@x.org", "a@x.org b@x.org" },
		{ "a@x.org,b@x.org", "a@x.org b@x.org" },
		{ " a@x.org ; b@x.org , ", "a@x.org b@x.org" },
		{ "\\'Doe, Jane\\' <Jane@x.org>; b@x.org",
		    "b@x.org jane@x.org" },
		{ "Doe; Jane <jane@x.org>", "jane@x.org" },
		{ "<a@x.org>", "a@x.org" },
		{ "<a@x.org", "a@x.org" },
		{ "\\'a,b\\'@x.org", "" },
		{ "a@b@c.org", "" },
		{ "@x.org;a@;;,;", "" },
		{ "undisclosed-recipients:;", "" },
		{ "/O=EXCHANGELABS/CN=RECIPIENTS/CN=A", "" },
		{ "a b@x.org", "" },
		{ "a@[1.2.3.4]", "" },
		{ "a\\\\b@x.org", "" },
	};
	char json[512], want[512];

	run_init(&r);
	for (size_t i = 0; i < COUNT(CASES); i++) {
		struct span list = span_str(CASES[i].nodes);
		struct span one;
		struct buf b = BUF_OVER(want);

		snprintf(json, sizeof json, "'subject':'s','recipient':'%s'",
		    CASES[i].list);
		buf_put_byte(&b, '[');
		while (list.n != 0 && span_split(&list, ' ', &one)) {
			buf_put_str(&b, b.n == 1 ? "" : ",");
			buf_put_str(&b, "{'type':'email','value':'");
			buf_put(&b, one);
			buf_put_str(&b, "'}");
		}
		buf_put_byte(&b, ']');
		expect_at(map_one("MailMessage", json), "nodes", buf_str(&b));
	}
}
