/* SPDX-License-Identifier: MIT */
/*
 * Origins, strictly: scheme, host, port and nothing else.
 *
 * A token or a password goes to what is written here, so that a URL is never
 * read in two ways: no user information, path, query, fragment, percent code,
 * blank, or number that some resolver takes for an address.  What passes is
 * SCHEME://HOST[:PORT] with a host of RFC 1123 in small letters, and equal
 * origins have equal bytes.
 *
 * Certificates are checked by DNS name (tls/tls.h), so that an address in
 * place of a name could never be believed: it is refused where TLS is used.
 */
#include "config/config_priv.h"

#include <arpa/inet.h>
#include <string.h>

#define HOST_MAX_BYTES  253u /* RFC 1035, 2.3.4, as text */
#define LABEL_MAX_BYTES 63u

enum {
	WITH_PORT = 1, /* a port must stand there */
	ADDRESSES = 2, /* IP addresses are taken */
};

static const char AN_ADDRESS[] =
    "has an IP address, for which certificates cannot be checked (give a host "
    "name)";

/* One decimal number, or hexadecimal with 0x: the end of something that
 * resolvers take for an IPv4 address. */
static bool
is_number(struct span label)
{
	uint64_t v;
	bool hex = label.n >= 2 && label.p[0] == '0' && label.p[1] == 'x';

	if (!hex)
		return span_to_u64(label, &v) == ST_OK;
	for (size_t i = 2; i < label.n; i++)
		if (memchr("0123456789abcdef", label.p[i], 16) == NULL)
			return false;
	return true;
}

static bool
is_label(struct span s)
{
	static const char SET[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

	if (s.n == 0 || s.n > LABEL_MAX_BYTES || s.p[0] == '-' ||
	    s.p[s.n - 1] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (memchr(SET, s.p[i], sizeof SET - 1) == NULL)
			return false;
	return true;
}

static bool
is_address(int family, struct span s)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t address[sizeof(struct in6_addr)];

	return span_to_str(s, text, sizeof text) == ST_OK &&
	    inet_pton(family, text, address) == 1;
}

static const char *
check_name(struct span host, unsigned rules)
{
	struct span rest = host;
	struct span label = SPAN_NONE;

	if (host.n == 0)
		return "has no host";
	if (host.n > HOST_MAX_BYTES)
		return "has a host name that is too long";
	while (span_split(&rest, '.', &label))
		if (!is_label(label))
			return "has a host that is not a host name";
	if (!is_number(label))
		return NULL;
	if ((rules & ADDRESSES) == 0)
		return AN_ADDRESS;
	if (!is_address(AF_INET, host))
		return "has a host that is not an IP address";
	return NULL;
}

static const char *
check_port(struct span port)
{
	uint64_t v;

	if (span_to_u64(port, &v) != ST_OK || port.p[0] == '0' || v > 65535)
		return "has a port that is not 1 to 65535";
	return NULL;
}

/* [IPv6] at the front of *s, which is taken off with its brackets. */
static const char *
take_ipv6(struct span *s, unsigned rules)
{
	size_t end = span_find_byte(*s, ']');

	if ((rules & ADDRESSES) == 0)
		return AN_ADDRESS;
	if (end == SIZE_MAX || !is_address(AF_INET6, span_sub(*s, 1, end - 1)))
		return "has a host that is not an IP address";
	*s = span_sub(*s, end + 1, s->n);
	return NULL;
}

/* What people paste, by its name; the host check would refuse it too. */
static const char *
check_extras(struct span s)
{
	static const struct {
		char c;
		const char *text;
	} EXTRA[] = {
		{ '@', "has user information (a secret has no place here)" },
		{ '?', "has a query" },
		{ '#', "has a fragment" },
		{ '/', "has a path or a '/' at the end" },
		{ '\\', "has a '\\'" },
		{ '%', "has a '%'" },
		{ ' ', "has a blank" },
	};

	for (size_t i = 0; i < sizeof EXTRA / sizeof *EXTRA; i++)
		if (span_find_byte(s, (uint8_t)EXTRA[i].c) != SIZE_MAX)
			return EXTRA[i].text;
	return NULL;
}

/* HOST[:PORT] in small letters. */
static const char *
check_host_port(struct span s, unsigned rules)
{
	const char *wrong = check_extras(s);
	struct span host = SPAN_NONE;

	if (wrong != NULL)
		return wrong;
	if (s.n != 0 && s.p[0] == '[') {
		wrong = take_ipv6(&s, rules);
	} else {
		size_t colon = span_find_byte(s, ':');

		if (!span_take(&s, colon == SIZE_MAX ? s.n : colon, &host))
			return "has no host";
		wrong = check_name(host, rules);
	}
	if (wrong != NULL)
		return wrong;
	if (s.n == 0)
		return (rules & WITH_PORT) != 0 ? "has no port" : NULL;
	if (s.p[0] != ':')
		return "has something behind the host";
	return check_port(span_sub(s, 1, s.n));
}

/* The whole value in small letters: where it is right there is nothing in it
 * that has a case. */
static struct span
in_lower(struct buf *value)
{
	struct buf same = { value->p, 0, value->n, false };

	buf_put_lower(&same, span_of(value));
	return span_of(value);
}

const char *
config_check_origin(struct buf *value)
{
	static const char SCHEME[] = "https://";
	static const char PORT[] = ":443";
	struct span s = in_lower(value);
	const char *wrong;

	if (!span_has_prefix(s, SPAN_LIT(SCHEME)))
		return "does not begin with https://";
	wrong = check_host_port(span_sub(s, sizeof SCHEME - 1, s.n), 0);
	if (wrong == NULL && span_has_suffix(s, SPAN_LIT(PORT)))
		buf_rewind(value, value->n - (sizeof PORT - 1));
	return wrong;
}

const char *
config_check_proxy(struct buf *value)
{
	static const char SCHEME[] = "http://";
	struct span s = in_lower(value);

	if (!span_has_prefix(s, SPAN_LIT(SCHEME)))
		return "does not begin with http://";
	return check_host_port(
	    span_sub(s, sizeof SCHEME - 1, s.n), WITH_PORT | ADDRESSES);
}

static const char *
check_server(struct span s)
{
	static const char PLAIN[] = "nats://";
	static const char TLS[] = "tls://";

	if (span_has_prefix(s, SPAN_LIT(PLAIN)))
		return check_host_port(
		    span_sub(s, sizeof PLAIN - 1, s.n), WITH_PORT | ADDRESSES);
	if (span_has_prefix(s, SPAN_LIT(TLS)))
		return check_host_port(
		    span_sub(s, sizeof TLS - 1, s.n), WITH_PORT);
	return "has a server that does not begin with nats:// or tls://";
}

const char *
config_check_servers(struct buf *value)
{
	struct span rest = in_lower(value);
	struct span server;
	const char *wrong;

	while (span_split(&rest, ',', &server)) {
		wrong = check_server(server);
		if (wrong != NULL)
			return wrong;
	}
	return NULL;
}
