/* SPDX-License-Identifier: MIT */
/*
 * CA files: what may stand in them, what refuses them, and that a refusal
 * leaves nothing behind.
 */
#include "tls_load.h"

Test(tls, file_may_have_windows_lines_text_indents_a_mark_and_no_last_line_end)
{
	static const char *const before[] = { "", "\xef\xbb\xbf",
		"subject=CN = x\r\n\r\n", "# -----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE" /* no banner: the line goes on */ };

	for (unsigned i = 0; i < 5 * 2 * 3; i++) {
		unsigned flags = i / 5 % 2 == 0 ? BR_PEM_CRLF : BR_PEM_LINE64;
		struct span pem;

		buf_reset(&text);
		buf_put_str(&text, before[i % 5]);
		if (i % 5 == 4)
			buf_put_str(&text, "s are below\n");
		if (i / 10 == 1)
			buf_put_str(&text, i % 5 == 1 ? "" : " \t");
		cert_put_pem(&text, &rsa2048, flags);
		pem = span_of(&text);
		if (i / 10 == 2)
			pem = span_trim(pem);
		/* case 4 begins a block of that strange name: refused */
		cr_expect_eq(load_fresh(pem), i % 5 == 4 ? ST_CONFIG : ST_OK,
		    "%u: %s", i, fault.text);
		cr_expect_eq(anchors.count, built_in() + (i % 5 == 4 ? 0 : 1));
	}
}

/* The line ends of a Windows file must not become part of the block's name,
 * nor may a longer name before leave something in a shorter one. */
Test(tls, windows_file_with_both_names_of_a_certificate_block_is_taken)
{
	static struct der d;
	struct span cert = cert_make(&d, &rsa2048);

	buf_reset(&text);
	for (int i = 0; i < 4; i++)
		text.n += br_pem_encode(text.p + text.n, cert.p, cert.n,
		    i % 2 == 0 ? "X509 CERTIFICATE" : "CERTIFICATE",
		    BR_PEM_CRLF);
	cr_expect_eq(load_fresh(span_of(&text)), ST_OK, "%s", fault.text);
	cr_expect_eq(anchors.count, built_in() + 4);
}

Test(tls, every_truncation_adds_whole_certificates_or_nothing)
{
	size_t first, second;

	buf_reset(&text);
	cert_put_pem(&text, &rsa2048, BR_PEM_LINE64);
	first = text.n;
	cert_put_pem(&text, &rsa2048, BR_PEM_LINE64);
	second = text.n;
	for (size_t n = 0; n <= second; n++) {
		enum st st = load_fresh(span_sub(span_of(&text), 0, n));

		if (st == ST_OK) {
			/* whole but for a part of "CERTIFICATE-----" */
			cr_assert(n + 17 >= second ||
				(n + 17 >= first && n <= first + 11),
			    "%zu of %zu", n, first);
			cr_assert_eq(anchors.count,
			    built_in() + (n + 17 >= second ? 2 : 1));
		} else {
			cr_assert_eq(st, ST_CONFIG);
			cr_assert_neq(n, first);
			cr_assert_neq(n, second);
			expect_nothing_added("truncated");
		}
	}
}

Test(tls, every_changed_character_is_refused_or_gives_a_bounded_anchor)
{
	static const uint8_t to[] = { 0, '\n', '-', '=', 'A', '/', 0x80, 0xff };
	struct cert_spec spec = { .curve = OID_P256, .point_n = 65 };
	size_t n;

	buf_reset(&text);
	cert_put_pem(&text, &spec, BR_PEM_LINE64);
	n = text.n;
	for (size_t i = 0; i < n * (sizeof to + 8); i++) {
		uint8_t *c = &text.p[i % n];
		uint8_t was = *c;
		size_t k = i / n;
		const br_x509_trust_anchor *ta = &anchors.ta[built_in()];

		*c = (uint8_t)(k < 8 ? was ^ 1u << k : to[k - 8]);
		if (load_fresh(span_of(&text)) == ST_OK) {
			cr_assert_eq(anchors.count, built_in() + 1);
			cr_assert(ta->dn.data >= anchors.pool);
			cr_assert(ta->dn.data + ta->dn.len <=
			    anchors.pool + anchors.pool_n);
			cr_assert_eq(ta->pkey.key_type, BR_KEYTYPE_EC);
		} else {
			cr_assert_eq(anchors.count, built_in());
			cr_assert_eq(anchors.pool_n, 0);
		}
		*c = was;
	}
}

Test(tls, a_certificate_more_than_fits_adds_nothing_and_says_which)
{
	size_t room = TLS_ANCHOR_MAX_COUNT - built_in();
	struct cert_spec ec = { .curve = OID_P256, .point_n = 65 };

	buf_reset(&text);
	for (size_t i = 0; i < room; i++)
		cert_put_pem(&text, &ec, 0);
	cr_expect_eq(load_fresh(span_of(&text)), ST_OK, "%s", fault.text);
	cr_expect_eq(anchors.count, TLS_ANCHOR_MAX_COUNT);
	for (size_t more = 1; more <= 7; more++) {
		cert_put_pem(&text, &ec, 0);
		cr_expect_eq(load_fresh(span_of(&text)), ST_FULL);
		cr_expect_eq(fault.certificate, room + 1);
		expect_nothing_added("one too many");
	}
}

Test(tls, names_and_keys_that_overfill_the_pool_add_nothing)
{
	struct cert_spec spec = { .rsa_bits = 4096, .name_n = 1000 };
	size_t each = 512 + 3 + 1000 + 21;
	size_t fit = TLS_ANCHOR_POOL_BYTES / each;

	buf_reset(&text);
	for (size_t i = 0; i < fit; i++)
		cert_put_pem(&text, &spec, 0);
	cr_assert_eq(load_fresh(span_of(&text)), ST_OK, "%s", fault.text);
	cr_expect_eq(anchors.pool_n, fit * each, "%zu", anchors.pool_n);
	cert_put_pem(&text, &spec, 0);
	cr_expect_eq(load_fresh(span_of(&text)), ST_FULL);
	cr_expect_eq(fault.certificate, fit + 1);
	expect_nothing_added("key does not fit");
	/* and when it is the name that does not fit */
	spec.name_n = 2500;
	buf_reset(&text);
	for (size_t i = 0; i < 6; i++)
		cert_put_pem(&text, &spec, 0);
	cr_expect_eq(load_fresh(span_of(&text)), ST_FULL);
	expect_nothing_added("name does not fit");
}

Test(tls, a_refused_file_leaves_the_anchors_of_an_earlier_one)
{
	struct cert_spec spec = { .rsa_bits = 1024, .name_n = 7 };
	struct tls_anchors before;

	cr_assert_eq(load_one(&rsa2048), ST_OK);
	before = anchors;
	cert_put_pem(&text, &spec, 0);
	cr_expect_eq(load(span_of(&text)), ST_CONFIG);
	cr_expect_eq(fault.certificate, 2);
	cr_expect_eq(anchors.count, before.count);
	cr_expect_eq(anchors.pool_n, before.pool_n);
	cr_expect_arr_eq(anchors.pool, before.pool, before.pool_n);
	cr_expect(has_name(&anchors.ta[built_in()], &rsa2048));
	spec.rsa_bits = 3072;
	buf_reset(&text);
	cert_put_pem(&text, &spec, 0);
	cr_expect_eq(load(span_of(&text)), ST_OK);
	cr_expect_eq(anchors.count, before.count + 1);
	cr_expect(has_name(&anchors.ta[built_in()], &rsa2048));
	cr_expect(has_name(&anchors.ta[built_in() + 1], &spec));
}

Test(tls, blocks_that_are_not_certificates_are_refused_by_name)
{
	static const struct {
		const char *name, *word;
	} rows[] = {
		{ "PRIVATE KEY", "private key" },
		{ "RSA PRIVATE KEY", "private key" },
		{ "EC PRIVATE KEY", "private key" },
		{ "ENCRYPTED PRIVATE KEY", "private key" },
		{ "OPENSSH PRIVATE KEY", "private key" },
		{ "CERTIFICATE REQUEST", "not a certificate" },
		{ "TRUSTED CERTIFICATE", "not a certificate" },
		{ "X509 CRL", "not a certificate" },
		{ "PUBLIC KEY", "not a certificate" },
		{ "EC PARAMETERS", "not a certificate" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		buf_reset(&text);
		cert_put_pem(&text, &rsa2048, BR_PEM_CRLF);
		text.n += br_pem_encode(text.p + text.n, "0123456789", 10,
		    rows[i].name, BR_PEM_CRLF);
		cr_expect_eq(load_fresh(span_of(&text)), ST_CONFIG);
		cr_expect_eq(fault.certificate, 2);
		cr_expect(strstr(fault.text, rows[i].word) != NULL, "%s: %s",
		    rows[i].name, fault.text);
		expect_nothing_added(rows[i].name);
	}
}

Test(tls, files_that_hold_no_certificate_are_refused_as_a_whole)
{
	static struct der d;
	struct span files[] = {
		SPAN_NONE,
		SPAN_LIT(""),
		SPAN_LIT("\n\n"),
		SPAN_LIT("hello"),
		SPAN_LIT("-----BEGIN CERTIFICATE"),
		SPAN_LIT("\0\0\0\0"),
		SPAN_LIT("-\0-\0-\0-\0-\0B\0E\0G\0I\0N\0 \0C\0"),
		cert_make(&d, &rsa2048),
	};

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		cr_expect_eq(load_fresh(files[i]), ST_CONFIG, "file %zu", i);
		if (i == 4) {
			/* a line of that kind begins a block, unfinished */
			cr_expect_eq(fault.certificate, 1);
			continue;
		}
		cr_expect_eq(fault.certificate, 0, "file %zu", i);
		cr_expect(strstr(fault.text, "no certificate") != NULL);
		expect_nothing_added("no certificate");
	}
}

Test(tls, damaged_blocks_are_refused)
{
	static const char *const files[] = {
		"-----BEGIN CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\nMIIB\n",
		"-----BEGIN CERTIFICATE-----\nMIIB\n-----BEGIN CERTIFICATE---",
		"-----BEGIN CERTIFICATE-----\nMI!B\n-----END CERTIFICATE-----",
		"-----BEGIN CERTIFICATE-----\nMIIB=\n-----END CERTIFICATE----",
		"-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n\nMIIB\n",
		"-----BEGIN CERTIFICATE-----\nMAAw\n-----END CERTIFICATE-----",
	};

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		cr_expect_eq(load_fresh(span_str(files[i])), ST_CONFIG);
		cr_expect_eq(fault.certificate, 1, "file %zu", i);
		expect_nothing_added(files[i]);
	}
}

Test(tls, file_above_the_limit_is_refused_and_one_at_the_limit_read)
{
	buf_reset(&text);
	cert_put_pem(&text, &rsa2048, 0);
	while (text.n < TLS_CA_FILE_MAX_BYTES)
		buf_put_byte(&text, '\n');
	cr_expect_eq(load_fresh(span_of(&text)), ST_OK);
	buf_put_byte(&text, '\n');
	cr_expect_eq(load_fresh(span_of(&text)), ST_CONFIG);
	cr_expect_eq(fault.certificate, 0);
	cr_expect(strstr(fault.text, "too large") != NULL);
}

Test(tls, one_line_of_base64_as_long_as_the_file_is_read)
{
	struct cert_spec spec = { .rsa_bits = 4096 };
	static struct der d;
	struct span cert = cert_make(&d, &spec);
	struct buf line = { text_bytes + TLS_CA_FILE_MAX_BYTES, 0,
		TLS_CA_FILE_MAX_BYTES, false };
	size_t n = br_pem_encode(line.p, cert.p, cert.n, "CERTIFICATE", 0);
	struct span rest = { line.p, n }, piece;
	bool body = false;

	buf_reset(&text);
	while (span_split(&rest, '\n', &piece)) {
		bool banner = span_has_prefix(piece, SPAN_LIT("-----"));

		if (banner && body)
			buf_put_byte(&text, '\n');
		buf_put(&text, piece);
		if (banner)
			buf_put_byte(&text, '\n');
		body = !banner;
	}
	cr_expect_eq(load_fresh(span_of(&text)), ST_OK, "%s", fault.text);
}
