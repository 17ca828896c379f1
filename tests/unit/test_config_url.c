/* SPDX-License-Identifier: MIT */
/* URLs: one spelling for each, and nothing that can be read in two ways. */
#include "config_help.h"

static struct config_connector *const connector = config.connector;
static struct config_sink *const sink = config.sink;

/* ---- URLs ---------------------------------------------------------------- */

#define L63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HOST_253                \
	L63 "." L63 "." L63 "." \
	    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static const struct {
	const char *url, *stored;
} GOOD_ORIGINS[] = {
	{ "https://a", "https://a" },
	{ "https://login.example.com", "https://login.example.com" },
	{ "HTTPS://Login.EXAMPLE.com", "https://login.example.com" },
	{ "https://a:1", "https://a:1" },
	{ "https://a:65535", "https://a:65535" },
	{ "https://a:443", "https://a" },
	{ "https://a:4430", "https://a:4430" },
	{ "https://xn--bcher-kva.example", "https://xn--bcher-kva.example" },
	{ "https://1a.2b", "https://1a.2b" },
	{ "https://127.0.0.1.example", "https://127.0.0.1.example" },
	{ "https:\\/\\/a", "https://a" },
	{ "https://" L63 ".x", "https://" L63 ".x" },
	{ "https://" HOST_253, "https://" HOST_253 },
};

static const struct {
	const char *url, *why;
} BAD_ORIGINS[] = {
	{ "http://a", "does not begin with https://" },
	{ "ftp://a", "does not begin with https://" },
	{ "https:/a", "does not begin with https://" },
	{ "https:a", "does not begin with https://" },
	{ "//a", "does not begin with https://" },
	{ "a", "does not begin with https://" },
	{ " https://a", "does not begin with https://" },
	{ "https://", "has no host" },
	{ "https://:443", "has no host" },
	{ "https://user@a", "has user information" },
	{ "https://user:pw@a", "has user information" },
	{ "https://a@b:443", "has user information" },
	{ "https://login.microsoftonline.com@evil.example",
	    "has user information" },
	{ "https://a/", "has a path" },
	{ "https://a/tenant", "has a path" },
	{ "https:///a", "has a path" },
	{ "https://a?x=1", "has a query" },
	{ "https://a?", "has a query" },
	{ "https://a#f", "has a fragment" },
	{ "https://a\\\\b", "has a '\\'" },
	{ "https://a%2eb", "has a '%'" },
	{ "https://a b", "has a blank" },
	{ "https://a ", "has a blank" },
	{ "https://a\\tb", "has a control character" },
	{ "https://a\\r\\nHost: b", "has a control character" },
	{ "https://a\\u0000.b", "has a control character" },
	{ "https://a:", "has a port" },
	{ "https://a:0", "has a port" },
	{ "https://a:00443", "has a port" },
	{ "https://a:65536", "has a port" },
	{ "https://a:99999999999999999999999", "has a port" },
	{ "https://a:-1", "has a port" },
	{ "https://a:+1", "has a port" },
	{ "https://a:44x", "has a port" },
	{ "https://a:1:2", "has a port" },
	{ "https://a:\xd9\xa1", "has a port" },
	{ "https://.a", "has a host that is not a host name" },
	{ "https://a.", "has a host that is not a host name" },
	{ "https://a..b", "has a host that is not a host name" },
	{ "https://-a", "has a host that is not a host name" },
	{ "https://a-", "has a host that is not a host name" },
	{ "https://a.-b", "has a host that is not a host name" },
	{ "https://a_b", "has a host that is not a host name" },
	{ "https://a;b", "has a host that is not a host name" },
	{ "https://a,b", "has a host that is not a host name" },
	{ "https://$a", "has a host that is not a host name" },
	{ "https://b\xc3\xbc.example", "has a host that is not a host name" },
	{ "https://" L63 "a", "has a host that is not a host name" },
	{ "https://" HOST_253 "b", "too long" },
	{ "https://127.0.0.1", "has an IP address" },
	{ "https://127.0.0.1:8443", "has an IP address" },
	{ "https://127.1", "has an IP address" },
	{ "https://2130706433", "has an IP address" },
	{ "https://0x7f000001", "has an IP address" },
	{ "https://0X7F.1", "has an IP address" },
	{ "https://a.0x1", "has an IP address" },
	{ "https://999.1.1.1", "has an IP address" },
	{ "https://[::1]",
	    "has an IP address, for which certificates cannot "
	    "be checked (give a host name), allowed: https://HOST" },
	{ "https://[2001:db8::1]:443", "has an IP address" },
	{ "https://[a", "has an IP address" },
};

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

Test(config, origins_are_stored_in_one_spelling)
{
	for (size_t i = 0; i < COUNT(GOOD_ORIGINS); i++) {
		const char *url = GOOD_ORIGINS[i].url;
		const char *stored = GOOD_ORIGINS[i].stored;
		char value[512];

		cr_assert_eq(
		    parse_custom(url, url), ST_OK, "%s", help_fault(0));
		cr_expect(help_is(connector->authority_url, stored), "%s", url);
		cr_expect(help_is(connector->arm_url, stored), "%s", url);
		sprintf(value, "'%s'", url);
		help_assert_accepted(ANALYTICS, "url", value);
		cr_expect(help_is(sink->url, stored), "%s", url);
	}
}

Test(config, what_is_not_plainly_an_origin_is_refused)
{
	for (size_t i = 0; i < COUNT(BAD_ORIGINS); i++) {
		const char *url = BAD_ORIGINS[i].url;
		const char *why = BAD_ORIGINS[i].why;
		char value[512];

		cr_assert_eq(
		    parse_custom(url, "https://a"), ST_CONFIG, "%s", url);
		cr_assert_eq(fault_count, 1);
		cr_expect(help_has("connectors[0].authority_url", why),
		    "%s: %s", url, help_fault(0));
		cr_assert_eq(
		    parse_custom("https://a", url), ST_CONFIG, "%s", url);
		cr_assert_eq(fault_count, 1);
		cr_expect(help_has("connectors[0].arm_url", why), "%s: %s", url,
		    help_fault(0));
		sprintf(value, "'%s'", url);
		help_assert_refused(ANALYTICS, "url", value, why);
	}
}

Test(config, user_information_of_a_url_is_never_shown)
{
	static const struct {
		enum place place;
		const char *key, *value;
	} ROW[] = {
		{ NETWORK, "proxy", "'http://user:hunter2@proxy:8080'" },
		{ NETWORK, "proxy", "'user:hunter2@proxy:8080'" },
		{ NETWORK, "proxy", "'http://hunter2@proxy:8080'" },
		{ NETWORK, "proxy", "'http://user:hunter2\\u0040proxy:8080'" },
		{ NATS, "url", "'nats://user:hunter2@n:4222'" },
		{ NATS, "url", "'nats://n:4222,nats://hunter2@n:4222'" },
		{ ANALYTICS, "url", "'https://hunter2@a'" },
	};

	for (size_t i = 0; i < COUNT(ROW); i++) {
		help_assert_refused(ROW[i].place, ROW[i].key, ROW[i].value,
		    "the value (not shown) ");
		cr_expect_eq(strstr(help_fault(0), "hunter2"), NULL);
	}
	cr_assert_eq(
	    parse_custom("https://u:hunter2@a", "https://a"), ST_CONFIG);
	assert_fault(0,
	    "f:1:342: connectors[0].authority_url: the value (not "
	    "shown) has user information (a secret has no place here), "
	    "allowed: https://HOST or https://HOST:PORT");
}

Test(config, proxies_and_servers_take_addresses_and_need_a_port)
{
	static const struct {
		enum place place;
		const char *key, *value, *why;
	} BAD[] = {
		{ NETWORK, "proxy", "'https://p:1'",
		    "does not begin with http://" },
		{ NETWORK, "proxy", "'socks5://p:1'",
		    "does not begin with http://" },
		{ NETWORK, "proxy", "'p:1'", "does not begin with http://" },
		{ NETWORK, "proxy", "'http://p'",
		    "has no port, allowed: http://HOST:PORT" },
		{ NETWORK, "proxy", "'http://[::1]'", "has no port" },
		{ NETWORK, "proxy", "'http://p:1/'", "has a path" },
		{ NETWORK, "proxy", "'http://p:0'", "has a port" },
		{ NETWORK, "proxy", "'http://1.2.3:1'", "not an IP address" },
		{ NETWORK, "proxy", "'http://1.2.3.256:1'",
		    "not an IP address" },
		{ NETWORK, "proxy", "'http://01.2.3.4:1'",
		    "not an IP address" },
		{ NETWORK, "proxy", "'http://0x7f000001:1'",
		    "not an IP address" },
		{ NETWORK, "proxy", "'http://[::g]:1'", "not an IP address" },
		{ NETWORK, "proxy", "'http://[::1:1'", "not an IP address" },
		{ NETWORK, "proxy", "'http://[]:1'", "not an IP address" },
		{ NETWORK, "proxy", "'http://[fe80::1%eth0]:1'", "has a '%'" },
		{ NETWORK, "proxy", "'http://[::1]1'",
		    "has something behind the host" },
		{ NATS, "url", "'http://a:1'", "has a server that does not" },
		{ NATS, "url", "'a:1'", "has a server that does not" },
		{ NATS, "url", "'nats://a'", "has no port" },
		{ NATS, "url", "'nats://a:1,'", "has a server that does not" },
		{ NATS, "url", "',nats://a:1'", "has a server that does not" },
		{ NATS, "url", "'nats://a:1, nats://b:1'",
		    "has a server that does not" },
		{ NATS, "url", "'nats://a:1,tls://b:65536'", "has a port" },
		{ NATS, "url", "'tls://127.0.0.1:1'", "has an IP address" },
		{ NATS, "url", "'tls://[::1]:1'", "has an IP address" },
	};

	for (size_t i = 0; i < COUNT(BAD); i++)
		help_assert_refused(
		    BAD[i].place, BAD[i].key, BAD[i].value, BAD[i].why);
	help_assert_accepted(NATS, "url",
	    "'nats://127.0.0.1:4222,tls://n.example:4222,nats://[::1]:1'");
	help_assert_accepted(NETWORK, "proxy", "'http://p:443'");
	cr_expect(help_is(config.proxy, "http://p:443"));
}

Test(config, a_url_longer_than_its_limit_is_refused)
{
	static char value[CONFIG_URL_MAX_BYTES + 64];
	size_t n = (size_t)sprintf(value, "'nats://%s:4222", HOST_253);

	n += (size_t)sprintf(value + n, ",nats://%s:1", HOST_253);
	cr_assert_gt(n, CONFIG_URL_MAX_BYTES);
	sprintf(value + n, "'");
	help_assert_refused(NATS, "url", value, "is too long");
}
