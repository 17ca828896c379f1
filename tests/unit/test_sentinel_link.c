/* SPDX-License-Identifier: MIT */
/* S5: where a nextLink may lead.  The table is what attackers and accidents
 * have come up with elsewhere; see src/sentinel/sentinel_url.c. */
#include <criterion/criterion.h>
#include <curl/curl.h>
#include <string.h>

#include "config/config.h"
#include "sentinel/sentinel.h"

#define BASE                                                              \
	"/subscriptions/12345678-0000-4000-8000-000000000003"             \
	"/resourceGroups/rg-test/providers/Microsoft.OperationalInsights" \
	"/workspaces/law-test/providers/Microsoft.SecurityInsights"
#define LIST BASE "/incidents"

static struct config_connector connector;
static struct sentinel sentinel;

static void
setup(void)
{
	connector.arm_url = SPAN_LIT("https://management.azure.com");
	connector.subscription_id = SPAN_LIT(
	    "12345678-0000-4000-8000-000000000003");
	connector.resource_group = SPAN_LIT("rg-test");
	connector.workspace_name = SPAN_LIT("law-test");
	connector.api_version = SPAN_LIT("2025-09-01");
	sentinel_init(&sentinel, NULL);
	cr_assert_eq(sentinel_choose(&sentinel, &connector), ST_OK);
}

TestSuite(sentinel_link, .init = setup);

static enum st
check(const char *link, char out[HTTP_URL_MAX_BYTES])
{
	struct buf b = { (uint8_t *)out, 0, HTTP_URL_MAX_BYTES, false };

	return sentinel_check_link(&sentinel, span_str(link), &b);
}

Test(sentinel_link, link_of_the_service_is_rebuilt_with_encoded_spaces)
{
	char out[HTTP_URL_MAX_BYTES];

	cr_assert_eq(check("https://management.azure.com" LIST
			   "?$filter=properties/lastModifiedTimeUtc ge "
			   "2026-03-25T07:00:00Z"
			   "&$orderby=properties/lastModifiedTimeUtc asc&$top=1"
			   "&api-version=2024-03-01&$skipToken=a+b/c==",
			 out),
	    ST_OK);
	cr_assert_str_eq(out,
	    "https://management.azure.com" LIST
	    "?$filter=properties/lastModifiedTimeUtc%20ge%20"
	    "2026-03-25T07:00:00Z"
	    "&$orderby=properties/lastModifiedTimeUtc%20asc&$top=1"
	    "&api-version=2024-03-01&$skipToken=a+b/c==");
}

Test(sentinel_link, case_of_ids_and_host_does_not_matter)
{
	char out[HTTP_URL_MAX_BYTES];

	cr_assert_eq(
	    check("HTTPS://MANAGEMENT.azure.com:443/Subscriptions/"
		  "12345678-0000-4000-8000-000000000003/resourcegroups/RG-Test/"
		  "providers/microsoft.operationalinsights/workspaces/LAW-test/"
		  "providers/Microsoft.SecurityInsights/Incidents?$skipToken=x",
		out),
	    ST_OK);
	cr_assert_eq(strncmp(out, "https://management.azure.com/", 29), 0,
	    "the origin is ours: %s", out);
	cr_assert_eq(check("https://management.azure.com" LIST
			   "/325fdf3f-6dc0-47d2-87b7-cd3a7342672c/comments?x=1",
			 out),
	    ST_OK);
}

static const struct {
	const char *link;
	const char *why;
} HOSTILE[] = {
	{ "", "empty" },
	{ "null", "no URL" },
	{ LIST "?a=b", "relative to the host" },
	{ "incidents?a=b", "relative to the path" },
	{ "?$skipToken=x", "a query only" },
	{ "//management.azure.com" LIST, "relative to the scheme" },
	{ "http://management.azure.com" LIST, "clear text" },
	{ "http://management.azure.com:443" LIST, "clear text on 443" },
	{ "ftp://management.azure.com" LIST, "another scheme" },
	{ "file:///etc/passwd", "a file" },
	{ "gopher://management.azure.com" LIST, "another scheme" },
	{ "javascript:alert(1)", "a script" },
	{ "data:text/plain,x", "data" },
	{ "httpss://management.azure.com" LIST, "an unknown scheme" },
	{ "https:management.azure.com" LIST, "no slashes" },
	{ "https:/management.azure.com" LIST, "one slash" },
	{ "https:///management.azure.com" LIST, "three slashes" },
	{ "https://" LIST, "no host" },
	{ "https://evil.example" LIST, "another host" },
	{ "https://management.azure.com.evil.example" LIST, "suffix" },
	{ "https://management.azure.comevil.example" LIST, "suffix" },
	{ "https://evilmanagement.azure.com" LIST, "prefix" },
	{ "https://evil-management.azure.com" LIST, "prefix" },
	{ "https://x.management.azure.com" LIST, "a name below" },
	{ "https://azure.com" LIST, "a name above" },
	{ "https://management.azure.com." LIST, "trailing dot" },
	{ "https://management.azure.co" LIST, "another top level" },
	{ "https://management.usgovcloudapi.net" LIST, "another cloud" },
	{ "https://login.microsoftonline.com" LIST, "the login origin" },
	{ "https://127.0.0.1" LIST, "loopback" },
	{ "https://localhost" LIST, "loopback" },
	{ "https://[::1]" LIST, "loopback" },
	{ "https://[::ffff:127.0.0.1]" LIST, "loopback" },
	{ "https://0x7f000001" LIST, "loopback in hexadecimal" },
	{ "https://2130706433" LIST, "loopback as a number" },
	{ "https://169.254.169.254" LIST, "metadata service" },
	{ "https://management.azure.com:444" LIST, "another port" },
	{ "https://management.azure.com:80" LIST, "another port" },
	{ "https://management.azure.com:0" LIST, "port 0" },
	{ "https://management.azure.com:65536" LIST, "no such port" },
	{ "https://management.azure.com:4 43" LIST, "space in the port" },
	{ "https://management.azure.com:443x" LIST, "letter in the port" },
	{ "https://management.azure.com:-443" LIST, "negative port" },
	{ "https://user@management.azure.com" LIST, "a user" },
	{ "https://user:pw@management.azure.com" LIST, "a user" },
	{ "https://:pw@management.azure.com" LIST, "a password" },
	{ "https://@management.azure.com" LIST, "an empty user" },
	{ "https://management.azure.com@evil.example" LIST,
	    "our host as user" },
	{ "https://management.azure.com:443@evil.example" LIST,
	    "our origin as user" },
	{ "https://management.azure.com%40evil.example" LIST, "encoded @" },
	{ "https://management.azure.com%2eevil.example" LIST, "encoded dot" },
	{ "https://management.azure.com%00.evil.example" LIST, "encoded NUL" },
	{ "https://management.azure.com%2f.evil.example" LIST,
	    "encoded slash" },
	{ "https://evil.example#@management.azure.com" LIST, "fragment" },
	{ "https://evil.example?@management.azure.com" LIST, "query" },
	{ "https://evil.example/@management.azure.com" LIST, "path" },
	{ "https://evil.example\\@management.azure.com" LIST, "backslash" },
	{ "https://management.azure.com\\.evil.example" LIST, "backslash" },
	{ "https:\\\\management.azure.com" LIST, "backslashes" },
	{ "https://management.azure.com\t" LIST, "tab" },
	{ "https://management.azure.com\r\nX: y" LIST, "header injection" },
	{ "https://management.azure.com" LIST "?a=b\r\nX: y",
	    "header injection" },
	{ "https://management.azure.com" LIST "?a=b\nX: y", "line feed" },
	{ "https://management.azure.com" LIST "?a=\x01", "control byte" },
	{ "https://management.azure.com" LIST "?a=\x7f", "DEL" },
	{ "https://management.azure.com" LIST "?a=\xc3\xa4", "no ASCII" },
	{ "https://m\xc3\xa4nagement.azure.com" LIST, "IDN" },
	{ "https://xn--mnagement-z2a.azure.com" LIST, "IDN encoded" },
	{ "https://management\xe3\x80\x82"
	  "azure.com" LIST,
	    "wide dot" },
	{ "https://management.azure.com" LIST "#x", "a fragment" },
	{ "https://management.azure.com" LIST "?a=b#", "an empty fragment" },
	{ "https://management.azure.com" LIST "?a=<b>", "angle brackets" },
	{ "https://management.azure.com" LIST "?a=\"b\"", "quotes" },
	{ "https://management.azure.com" LIST "?a=`b`", "back quotes" },
	{ "https://management.azure.com", "no path" },
	{ "https://management.azure.com/", "no path" },
	{ "https://management.azure.com?x=" LIST, "the path in the query" },
	{ "https://management.azure.com/incidents", "another path" },
	{ "https://management.azure.com/x" LIST, "something before it" },
	{ "https://management.azure.com/" LIST, "an empty segment before" },
	{ "https://management.azure.com" BASE, "above the incidents" },
	{ "https://management.azure.com" BASE "/", "above the incidents" },
	{ "https://management.azure.com" BASE "/incidentsx", "longer name" },
	{ "https://management.azure.com" BASE "/incident", "shorter name" },
	{ "https://management.azure.com" BASE "/alertRules", "a neighbour" },
	{ "https://management.azure.com" BASE "/onboardingStates/default",
	    "a neighbour" },
	{ "https://management.azure.com" BASE "x/incidents", "longer name" },
	{ "https://management.azure.com" BASE "//incidents", "two slashes" },
	{ "https://management.azure.com" LIST "/..", "one up" },
	{ "https://management.azure.com" LIST "/../alertRules", "one up" },
	{ "https://management.azure.com" LIST "/../../x", "two up" },
	{ "https://management.azure.com" LIST "/%2e%2e/alertRules",
	    "one up, encoded" },
	{ "https://management.azure.com" LIST "/%2E%2E/alertRules",
	    "one up, encoded" },
	{ "https://management.azure.com" LIST "/.%2e/alertRules",
	    "one up, half encoded" },
	{ "https://management.azure.com" LIST "/%2e./alertRules",
	    "one up, half encoded" },
	{ "https://management.azure.com" LIST "%2f..%2falertRules",
	    "encoded slashes" },
	{ "https://management.azure.com" LIST "/..%2falertRules",
	    "encoded slash" },
	{ "https://management.azure.com" LIST "%5c..%5calertRules",
	    "encoded backslashes" },
	{ "https://management.azure.com" LIST "/..\\alertRules", "backslash" },
	{ "https://management.azure.com" LIST "//x", "two slashes" },
	{ "https://management.azure.com" LIST "/x%00y", "encoded NUL" },
	{ "https://management.azure.com/subscriptions/"
	  "12345678-0000-4000-8000-000000000004/resourceGroups/rg-test/"
	  "providers/Microsoft.OperationalInsights/workspaces/law-test/"
	  "providers/Microsoft.SecurityInsights/incidents",
	    "another subscription" },
	{ "https://management.azure.com/subscriptions/"
	  "12345678-0000-4000-8000-000000000003/resourceGroups/rg-other/"
	  "providers/Microsoft.OperationalInsights/workspaces/law-test/"
	  "providers/Microsoft.SecurityInsights/incidents",
	    "another resource group" },
	{ "https://management.azure.com/subscriptions/"
	  "12345678-0000-4000-8000-000000000003/resourceGroups/rg-test/"
	  "providers/Microsoft.OperationalInsights/workspaces/law-other/"
	  "providers/Microsoft.SecurityInsights/incidents",
	    "another workspace" },
};

static void
refuse(const char *link, const char *why)
{
	char out[HTTP_URL_MAX_BYTES];
	enum st st = check(link, out);

	cr_assert_neq(st, ST_OK, "%s: %s -> %s", why, link, out);
}

Test(sentinel_link, hostile_links_are_refused)
{
	for (size_t i = 0; i < sizeof HOSTILE / sizeof HOSTILE[0]; i++)
		refuse(HOSTILE[i].link, HOSTILE[i].why);
}

/* Every single byte before, inside and behind the host. */
Test(sentinel_link, no_byte_next_to_the_host_opens_another_one)
{
	static const char HOST[] = "management.azure.com";

	for (size_t at = 0; at <= sizeof HOST - 1; at++)
		for (int c = 1; c < 256; c++) {
			char link[1024];
			struct buf b = BUF_OVER(link);
			char out[HTTP_URL_MAX_BYTES];
			bool port = at == sizeof HOST - 1 && c == ':';

			buf_put_str(&b, "https://");
			buf_put(&b, span_sub(SPAN_LIT(HOST), 0, at));
			buf_put_byte(&b, (uint8_t)c);
			buf_put(&b, span_sub(SPAN_LIT(HOST), at, 99));
			buf_put_str(&b, LIST "?a=b");
			if (check(buf_str(&b), out) != ST_OK)
				continue;
			/* "host:" is the default port; nothing else is ours,
			 * unless the byte ends up in the path. */
			cr_assert(port, "byte %d at %zu: %s", c, at, out);
		}
}

Test(sentinel_link, eight_kilobytes_are_refused)
{
	static char link[9000];
	struct buf b = BUF_OVER(link);

	buf_put_str(&b, "https://management.azure.com" LIST "?$skipToken=");
	while (b.n < 8192)
		buf_put_byte(&b, 'a');
	refuse(buf_str(&b), "8 KiB");
}

Test(sentinel_link, truncation_at_every_byte_never_leaves_the_workspace)
{
	static const char LINK[] = "https://management.azure.com" LIST
				   "?$skipToken=x";

	for (size_t n = 0; n < sizeof LINK - 1; n++) {
		char out[HTTP_URL_MAX_BYTES];
		struct buf b = BUF_OVER(out);
		enum st st = sentinel_check_link(
		    &sentinel, span_sub(SPAN_LIT(LINK), 0, n), &b);

		if (st == ST_OK)
			cr_assert_eq(
			    strncmp(out,
				"https://management.azure.com" LIST "?", 0),
			    0);
		cr_assert(st != ST_OK ||
		    n >= strlen("https://management.azure.com" LIST));
	}
}
