/* SPDX-License-Identifier: MIT */
/* Every key that is a text: default, form, length, type. */
#include "config_help.h"

static struct config_sink *const sink = config.sink;

/* ---- texts --------------------------------------------------------------- */

static const struct {
	enum place place;
	const char *key;
	struct span *field;
	const char *def; /* NULL: absent; "": required */
} TEXTS[] = {
	{ ROOT, "appliance_id", &config.appliance_id, "" },
	{ ROOT, "org_id", &config.org_id, "witfoo" },
	{ NETWORK, "proxy", &config.proxy, NULL },
	{ NETWORK, "proxy_user", &config.proxy_user, NULL },
	{ NETWORK, "ca_file", &config.ca_file, NULL },
	{ CONTROL, "socket", &config.control_socket,
	    "/run/wf-sentinel/control.sock" },
	{ CONTROL, "status_socket", &config.status_socket,
	    "/run/wf-sentinel/status.sock" },
	{ CONTROL, "web_user", &config.web_user, "www-data" },
	{ CONNECTOR, "name", &config.connector[0].name, "" },
	{ CONNECTOR, "tenant_id", &config.connector[0].tenant_id, "" },
	{ CONNECTOR, "client_id", &config.connector[0].client_id, "" },
	{ CONNECTOR, "subscription_id", &config.connector[0].subscription_id,
	    "" },
	{ CONNECTOR, "resource_group", &config.connector[0].resource_group,
	    "" },
	{ CONNECTOR, "workspace_name", &config.connector[0].workspace_name,
	    "" },
	{ CONNECTOR, "api_version", &config.connector[0].api_version,
	    "2025-09-01" },
	{ FILE_SINK, "type", NULL, "" },
	{ FILE_SINK, "name", &config.sink[0].name, "file" },
	{ FILE_SINK, "path", &config.sink[0].path, "workunits.ndjson" },
	{ NATS, "name", &config.sink[0].name, "nats" },
	{ NATS, "url", &config.sink[0].url, "nats://127.0.0.1:4223" },
	{ NATS, "subject", &config.sink[0].subject,
	    "{appliance_id}.data.artifacts.raw" },
	{ NATS, "stream", &config.sink[0].stream, "DATA" },
	{ NATS, "user", &config.sink[0].user, NULL },
	{ NATS, "ca_file", &config.sink[0].ca_file, NULL },
	{ NATS, "status_subject", &config.sink[0].status_subject, NULL },
	{ ANALYTICS, "name", &config.sink[0].name, "analytics" },
	{ ANALYTICS, "url", &config.sink[0].url, "" },
	{ ANALYTICS, "email", &config.sink[0].email, "" },
	{ ANALYTICS, "ca_file", &config.sink[0].ca_file, NULL },
};

Test(config, texts_have_their_default_or_are_required)
{
	for (size_t i = 0; i < COUNT(TEXTS); i++) {
		const char *def = TEXTS[i].def;

		if (def != NULL && def[0] == '\0') {
			help_assert_refused(
			    TEXTS[i].place, TEXTS[i].key, NULL, "is missing");
			continue;
		}
		help_assert_accepted(TEXTS[i].place, TEXTS[i].key, NULL);
		if (def == NULL)
			cr_expect_eq(
			    TEXTS[i].field->p, NULL, "%s", TEXTS[i].key);
		else
			cr_expect(
			    help_is(*TEXTS[i].field, def), "%s", TEXTS[i].key);
	}
}

Test(config, texts_of_other_types_or_empty_or_with_controls_are_refused)
{
	for (size_t i = 0; i < COUNT(TEXTS); i++) {
		const char *key = TEXTS[i].key;

		if (strcmp(key, "type") == 0)
			continue;
		help_assert_refused(TEXTS[i].place, key, "7",
		    "7 has the wrong type, allowed: ");
		help_assert_refused(
		    TEXTS[i].place, key, "null", "has the wrong type");
		help_assert_refused(
		    TEXTS[i].place, key, "false", "has the wrong type");
		help_assert_refused(
		    TEXTS[i].place, key, "['a']", "has the wrong type");
		help_assert_refused(TEXTS[i].place, key, "''", "is empty");
		help_assert_refused(
		    TEXTS[i].place, key, "'a\\nb'", "has a control character");
		help_assert_refused(TEXTS[i].place, key, "'a\\u0000'",
		    "has a control character");
		help_assert_refused(
		    TEXTS[i].place, key, "'a\x7f'", "has a control character");
	}
}

#define N10  "aaaaaaaaaa"
#define N50  N10 N10 N10 N10 N10
#define N250 N50 N50 N50 N50 N50
#define L63  N50 N10 "aaa"

static const struct {
	enum place place;
	const char *key, *value;
	const char *stored; /* NULL: as written */
} GOOD[] = {
	{ ROOT, "appliance_id", "01234567-89AB-CDEF-0123-456789ABCDEF",
	    "01234567-89ab-cdef-0123-456789abcdef" },
	{ ROOT, "org_id", "a", NULL },
	{ ROOT, "org_id", L63, NULL },
	{ ROOT, "org_id", "Org-7", "org-7" },
	{ NETWORK, "proxy", "http://proxy:8080", NULL },
	{ NETWORK, "proxy", "http://10.1.2.3:1", NULL },
	{ NETWORK, "proxy", "http://[2001:DB8::1]:65535",
	    "http://[2001:db8::1]:65535" },
	{ NETWORK, "proxy_user", "a", NULL },
	{ NETWORK, "proxy_user", "DOMAIN\\\\user@x", "DOMAIN\\user@x" },
	{ NETWORK, "proxy_user", N50 N50 N10 N10 "12345678", NULL },
	{ NETWORK, "ca_file", "ca.pem", NULL },
	{ NETWORK, "ca_file", "/" N250 N250 N10, NULL },
	{ CONTROL, "socket", "/" N50 N50 "123456", NULL },
	{ CONTROL, "status_socket", "s", NULL },
	{ CONTROL, "web_user", "a", NULL },
	{ CONTROL, "web_user", N10 N10 N10 "_9", NULL },
	{ CONNECTOR, "name", "0", NULL },
	{ CONNECTOR, "name", "a-" N10 N10 N10, NULL },
	{ CONNECTOR, "tenant_id", "ABCDEFAB-0000-0000-0000-000000000001",
	    "abcdefab-0000-0000-0000-000000000001" },
	{ CONNECTOR, "client_id", "ABCDEFAB-0000-0000-0000-000000000001",
	    "abcdefab-0000-0000-0000-000000000001" },
	{ CONNECTOR, "subscription_id", "ABCDEFAB-0000-0000-0000-000000000001",
	    "abcdefab-0000-0000-0000-000000000001" },
	{ CONNECTOR, "resource_group", "R", NULL },
	{ CONNECTOR, "resource_group", ".(a)_-.0", NULL },
	{ CONNECTOR, "resource_group", N50 N10 N10 N10 N10, NULL },
	{ CONNECTOR, "workspace_name", "aB-9", NULL },
	{ CONNECTOR, "workspace_name", L63, NULL },
	{ CONNECTOR, "api_version", "2024-03-01", NULL },
	{ CONNECTOR, "api_version", "2025-07-31-preview", NULL },
	{ FILE_SINK, "name", "out-1", NULL },
	{ FILE_SINK, "path", "/var/x.ndjson", NULL },
	{ FILE_SINK, "path", "\xc3\xa4/\\u00e4", "\xc3\xa4/\xc3\xa4" },
	{ FILE_SINK, "path", N250 N250 N10 "a", NULL },
	{ NATS, "url", "nats://a:1", NULL },
	{ NATS, "url", "TLS://A.example:4223,nats://[::1]:4222",
	    "tls://a.example:4223,nats://[::1]:4222" },
	{ NATS, "subject", "a.b-c.{appliance_id}", NULL },
	{ NATS, "stream", "S_1-x", NULL },
	{ NATS, "stream", N250 "aaaaa", NULL },
	{ NATS, "user", "sentinel", NULL },
	{ NATS, "ca_file", "/etc/ca.pem", NULL },
	{ NATS, "status_subject", "s.t", NULL },
	{ ANALYTICS, "url", "https://a.example:8443", NULL },
	{ ANALYTICS, "email", "\xc3\xa4@x", NULL },
	{ ANALYTICS, "ca_file", "ca.pem", NULL },
};

static struct span *
field_of(enum place place, const char *key)
{
	for (size_t i = 0; i < COUNT(TEXTS); i++)
		if (TEXTS[i].place == place && strcmp(TEXTS[i].key, key) == 0)
			return TEXTS[i].field;
	return &sink->name;
}

Test(config, texts_at_the_ends_of_their_range_are_stored_decoded)
{
	for (size_t i = 0; i < COUNT(GOOD); i++) {
		static char value[1024];

		sprintf(value, "'%s'", GOOD[i].value);
		help_assert_accepted(GOOD[i].place, GOOD[i].key, value);
		cr_expect(help_is(*field_of(GOOD[i].place, GOOD[i].key),
			      GOOD[i].stored != NULL ? GOOD[i].stored :
						       GOOD[i].value),
		    "%s: %s", GOOD[i].key, value);
	}
}

static const struct {
	enum place place;
	const char *key, *value, *why;
} BAD[] = {
	{ ROOT, "appliance_id", "01234567-89ab-cdef-0123-456789abcde",
	    "is not a GUID" },
	{ ROOT, "appliance_id", "01234567-89ab-cdef-0123-456789abcdef0",
	    "is too long" },
	{ ROOT, "appliance_id", "g1234567-89ab-cdef-0123-456789abcdef",
	    "is not a GUID" },
	{ ROOT, "appliance_id", "0123456789abcdef0123456789abcdef",
	    "is not a GUID" },
	{ ROOT, "org_id", L63 "a", "is too long" },
	{ ROOT, "org_id", "-a", "is not a DNS label" },
	{ ROOT, "org_id", "a-", "is not a DNS label" },
	{ ROOT, "org_id", "a.b", "is not a DNS label" },
	{ ROOT, "org_id", "a_b", "is not a DNS label" },
	{ NETWORK, "proxy_user", N50 N50 N10 N10 "123456789", "is too long" },
	{ NETWORK, "proxy_user", "u:hunter2", "(not shown) has a ':'" },
	{ NETWORK, "ca_file", "/" N250 N250 N10 "a", "is too long" },
	{ NETWORK, "ca_file", "/etc/", "is a directory" },
	{ CONTROL, "socket", "/" N50 N50 "1234567", "is too long" },
	{ CONTROL, "socket", "/run/", "is a directory" },
	{ CONTROL, "status_socket", "/" N50 N50 "1234567", "is too long" },
	{ CONTROL, "web_user", N10 N10 N10 "abc", "is too long" },
	{ CONTROL, "web_user", "a b", "is not a user name" },
	{ CONTROL, "web_user", "-a", "is not a user name" },
	{ CONNECTOR, "name", N10 N10 N10 "aaa", "is too long" },
	{ CONNECTOR, "name", "Main", "is not a name" },
	{ CONNECTOR, "name", "-a", "is not a name" },
	{ CONNECTOR, "name", "a_b", "is not a name" },
	{ CONNECTOR, "name", "a/b", "is not a name" },
	{ CONNECTOR, "tenant_id", "contoso.onmicrosoft.com",
	    "is not a GUID, allowed: a GUID" },
	{ CONNECTOR, "client_id", "{01234567-89ab-cdef-0123-456789abcd}",
	    "is not a GUID" },
	{ CONNECTOR, "subscription_id", "01234567-89ab-cdef-0123-456789abcde/",
	    "is not a GUID" },
	{ CONNECTOR, "resource_group", N50 N10 N10 N10 N10 "a", "is too long" },
	{ CONNECTOR, "resource_group", "a.", "ends with a '.'" },
	{ CONNECTOR, "resource_group", "a/b", "has a character" },
	{ CONNECTOR, "resource_group", "a b", "has a character" },
	{ CONNECTOR, "resource_group", "a%2fb", "has a character" },
	{ CONNECTOR, "resource_group", "b\xc3\xa4r", "'b\\u00e4r' has a" },
	{ CONNECTOR, "workspace_name", "abc", "is too short" },
	{ CONNECTOR, "workspace_name", L63 "a", "is too long" },
	{ CONNECTOR, "workspace_name", "-abc", "has a '-' at an end" },
	{ CONNECTOR, "workspace_name", "abc-", "has a '-' at an end" },
	{ CONNECTOR, "workspace_name", "ab_c", "has a character" },
	{ CONNECTOR, "workspace_name", "ab/..", "has a character" },
	{ CONNECTOR, "workspace_name", "01234567-89AB-cdef-0123-456789abcdef",
	    "is the workspace's GUID, allowed: the workspace name, not the "
	    "GUID" },
	{ CONNECTOR, "api_version", "2025-9-1", "is not an API version" },
	{ CONNECTOR, "api_version", "2025-13-01", "is not an API version" },
	{ CONNECTOR, "api_version", "2025-00-01", "is not an API version" },
	{ CONNECTOR, "api_version", "2025-01-32", "is not an API version" },
	{ CONNECTOR, "api_version", "2025-01-01-", "is not an API version" },
	{ CONNECTOR, "api_version", "2025-01-01-Preview",
	    "is not an API version" },
	{ CONNECTOR, "api_version", "2025-01-01-preview2", "is too long" },
	{ CONNECTOR, "api_version", "2025-01-01&x=1", "is not an API" },
	{ FILE_SINK, "name", "File", "is not a name" },
	{ FILE_SINK, "name", N10 N10 N10 "aaa", "is too long" },
	{ FILE_SINK, "path", "dir/", "is a directory" },
	{ FILE_SINK, "path", N250 N250 N10 "aa", "is too long" },
	{ NATS, "subject", "a..b", "has an empty word" },
	{ NATS, "subject", ".a", "has an empty word" },
	{ NATS, "subject", "a.", "has an empty word" },
	{ NATS, "subject", "a.*", "has a wildcard" },
	{ NATS, "subject", "a.>", "has a wildcard" },
	{ NATS, "subject", "a b", "has a character" },
	{ NATS, "subject", "\xc3\xa4", "has a character" },
	{ NATS, "subject", "{org_id}.a", "has a wildcard or a bracket" },
	{ NATS, "subject", "x{appliance_id}", "has a wildcard or a bracket" },
	{ NATS, "subject", N250 "aaaaaa", "is too long" },
	{ NATS, "status_subject", "a b", "has a character" },
	{ NATS, "stream", "a.b", "has a character" },
	{ NATS, "stream", "a b", "has a character" },
	{ NATS, "stream", N250 "aaaaaa", "is too long" },
	{ NATS, "user", "u:hunter2", "(not shown) has a ':'" },
	{ ANALYTICS, "email", "a", "is not an e-mail address" },
	{ ANALYTICS, "email", "@b", "is not an e-mail address" },
	{ ANALYTICS, "email", "a@", "is not an e-mail address" },
	{ ANALYTICS, "email", "a@b@c", "is not an e-mail address" },
	{ ANALYTICS, "email", "a @b", "is not an e-mail address" },
	{ ANALYTICS, "email", N250 "@aaaa", "is too long" },
};

Test(config, texts_of_another_form_are_refused_with_the_reason)
{
	for (size_t i = 0; i < COUNT(BAD); i++) {
		static char value[1024];

		sprintf(value, "'%s'", BAD[i].value);
		help_assert_refused(
		    BAD[i].place, BAD[i].key, value, BAD[i].why);
		cr_expect_eq(strstr(help_fault(0), "hunter2"), NULL);
	}
}
