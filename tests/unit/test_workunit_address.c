/* SPDX-License-Identifier: MIT */
/* The one normal form of IP addresses and host names. */
#include "workunit_run.h"

#include "workunit/workunit_priv.h"

#include <arpa/inet.h>

static void
expect_address(const char *text, const char *want)
{
	uint8_t room[64];
	struct buf b = BUF_OVER(room);
	bool ok = workunit_address_put(&b, span_str(text));

	cr_expect_eq(ok, want != NULL, "%s", text);
	cr_expect(span_eq(span_of(&b), span_str(want == NULL ? "" : want)),
	    "%s became %.*s, not %s", text, (int)b.n, room,
	    want == NULL ? "nothing" : want);
}

Test(workunit_address, normal_form_is_that_of_rfc_5952)
{
	static const char *const CASES[][2] = {
		/* RFC 5952, sections 1, 2 and 4 */
		{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
		{ "2001:0db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
		{ "2001:db8::1:0:0:1", "2001:db8::1:0:0:1" },
		{ "2001:db8::0:1:0:0:1", "2001:db8::1:0:0:1" },
		{ "2001:0db8::1:0:0:1", "2001:db8::1:0:0:1" },
		{ "2001:db8:0:0:1::1", "2001:db8::1:0:0:1" },
		{ "2001:DB8:0:0:1::1", "2001:db8::1:0:0:1" },
		{ "2001:db8:aaaa:bbbb:cccc:dddd:eeee:0001",
		    "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1" },
		{ "2001:db8:0:0:0:0:2:1", "2001:db8::2:1" },
		{ "2001:db8::0:1", "2001:db8::1" },
		{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
		{ "2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
		{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },
		{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
		{ "::ffff:192.0.2.1", "::ffff:192.0.2.1" },
		{ "::FFFF:C000:0201", "::ffff:192.0.2.1" },
		/* ends of the range */
		{ "::", "::" },
		{ "0:0:0:0:0:0:0:0", "::" },
		{ "::1", "::1" },
		{ "1::", "1::" },
		{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
		{ "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8" },
		{ "1:0:0:4:5:0:0:8", "1::4:5:0:0:8" },
		{ "::1.2.3.4", "::102:304" },
		{ "64:ff9b::1.2.3.4", "64:ff9b::102:304" },
		{ "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304" },
		{ "fe80::1%eth0", "fe80::1" },
		{ "0.0.0.0", "0.0.0.0" },
		{ "255.255.255.255", "255.255.255.255" },
	};
	static const char *const BAD[] = { "", "1", ":", ":::", "1:2",
		"1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3",
		":1:2:3::", "1:2:3:4:5:6:7:", ":2:3:4:5:6:7:8",
		"12345::", "g::", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8",
		"1.2.3.4::", "::1.2.3.4:5", "::1.2.3", "1:2:3:4:5:6:7:1.2.3.4",
		"1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "256.1.1.1",
		"01.2.3.4", "1.2.3.04", "1.2.3.4a", "0x1.2.3.4", "1..2.3",
		"-1.2.3.4", "[::1]", "::1/64", "1 .2.3.4", "%eth0",
		"localhost" };

	for (size_t i = 0; i < COUNT(CASES); i++)
		expect_address(CASES[i][0], CASES[i][1]);
	for (size_t i = 0; i < COUNT(BAD); i++)
		expect_address(BAD[i], NULL);
}

static uint32_t
next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* libc reads both the same; ours comes back from libc unchanged. */
Test(workunit_address, agrees_with_libc_on_random_texts)
{
	static const char LETTERS[] = "0123456789abcdefABCDEF::::::...";
	uint32_t seed = 20260325;
	unsigned valid = 0;

	for (unsigned i = 0; i < 200000; i++) {
		char text[48], again[64];
		uint8_t a[16], b[16];
		struct buf out = BUF_OVER(again);
		unsigned n = next_random(&seed) % 12;
		bool ours, libc;

		for (unsigned j = 0; j < n; j++)
			text[j] = LETTERS[next_random(&seed) %
			    (sizeof LETTERS - 1)];
		text[n] = '\0';
		ours = workunit_address_put(&out, span_str(text));
		(void)buf_str(&out);
		libc = inet_pton(AF_INET6, text, a) == 1;
		if (libc) {
			cr_assert(ours, "%s", text);
			cr_assert_eq(
			    inet_pton(AF_INET6, again, b), 1, "%s", again);
			cr_assert_eq(memcmp(a, b, 16), 0, "%s %s", text, again);
			valid++;
		} else
			cr_assert_eq(
			    ours, inet_pton(AF_INET, text, a) == 1, "%s", text);
	}
	cr_expect_gt(valid, 1000u);
}

Test(workunit_address, hosts_of_urls)
{
	static const char *const CASES[][2] = {
		{ "http://a.example", "a.example" },
		{ "HTTP://A.Example/", "A.Example" },
		{ "http://a.example:80", "a.example" },
		{ "http://a.example:/", "a.example" },
		{ "http://a.example?x@y", "a.example" },
		{ "http://a.example#x", "a.example" },
		{ "http://u@a.example/", "a.example" },
		{ "http://u:p@q@a.example/", "a.example" },
		{ "http://intranet/", "intranet" },
		{ "http://a.example\\\\@b.example/", "a.example" },
		{ "hxxps://a.example/", "a.example" },
		{ "a.example", "a.example" },
		{ "a.example:8080/x", "a.example" },
		{ "a.example/http://b.example", "a.example" },
		{ "http://[::1]/", NULL },
		{ "http://a.example:x/", NULL },
		{ "intranet/x", NULL },
		{ "mailto:x", NULL },
		{ "javascript:alert(1)", NULL },
		{ "//a.example/", NULL },
		{ "", NULL },
		{ "http://", "" },
		{ "://", "" },
	};

	for (size_t i = 0; i < COUNT(CASES); i++) {
		struct span got = workunit_url_host(span_str(CASES[i][0]));

		cr_expect_eq(
		    got.p == NULL, CASES[i][1] == NULL, "%s", CASES[i][0]);
		cr_expect(
		    CASES[i][1] == NULL || span_eq(got, span_str(CASES[i][1])),
		    "%s gave %.*s", CASES[i][0], (int)got.n, got.p);
	}
}

Test(workunit_address, names_that_browsers_take_for_addresses_are_none)
{
	static const char *const GOOD[][2] = {
		{ "A.Example.", "a.example" },
		{ "xn--e1afmkfd", NULL },
		{ "a-b_c.example", NULL },
		{ "1and1.example", NULL },
		{ "\xc3\xa9.example", NULL },
		{ "a.0x1g", NULL },
	};
	static const char *const BAD[] = { "", ".", "..", "a..b", ".a",
		"1.2.3.4", "2130706433", "0x7f.1", "a.1", "a.0x1F", "0x", "a b",
		"a%2eb", "a/b", "[::1]", "a[.]b", "a:80", "a@b" };

	for (size_t i = 0; i < COUNT(GOOD); i++) {
		uint8_t room[256];
		struct buf b = BUF_OVER(room);
		const char *want = GOOD[i][1] == NULL ? GOOD[i][0] : GOOD[i][1];

		cr_expect(workunit_host_put(&b, span_str(GOOD[i][0])), "%s",
		    GOOD[i][0]);
		cr_expect(span_eq(span_of(&b), span_str(want)));
	}
	for (size_t i = 0; i < COUNT(BAD); i++) {
		uint8_t room[256];
		struct buf b = BUF_OVER(room);

		cr_expect_not(
		    workunit_host_put(&b, span_str(BAD[i])), "%s", BAD[i]);
		cr_expect_eq(b.n, 0u);
	}
}
