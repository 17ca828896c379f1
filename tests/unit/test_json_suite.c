/* SPDX-License-Identifier: MIT */
/*
 * JSONTestSuite (../shared/data/JSONTestSuite/test_parsing): a y_ document must
 * be accepted, an n_ document refused, and what we do with an i_ document is
 * ours to decide and written down here.
 */
#include "json/json.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOCUMENT_MAX_BYTES (1024u * 1024u)
#define SUITE_Y_COUNT      95u
#define SUITE_N_COUNT      188u

static const struct {
	const char *name; /* without i_ and .json */
	bool accept;
	const char *why;
} DECISIONS[] = {
	/* A number is kept as it is written; its value is looked at later. */
	{ "number_double_huge_neg_exp", true, "a number, verbatim" },
	{ "number_huge_exp", true, "a number, verbatim" },
	{ "number_neg_int_huge_exp", true, "a number, verbatim" },
	{ "number_pos_double_huge_exp", true, "a number, verbatim" },
	{ "number_real_neg_overflow", true, "a number, verbatim" },
	{ "number_real_pos_overflow", true, "a number, verbatim" },
	{ "number_real_underflow", true, "a number, verbatim" },
	{ "number_too_big_neg_int", true, "a number, verbatim" },
	{ "number_too_big_pos_int", true, "a number, verbatim" },
	{ "number_very_big_negative_int", true, "a number, verbatim" },
	/* .NET cuts texts between surrogates; the rest is still wanted. */
	{ "object_key_lone_2nd_surrogate", true, "becomes U+FFFD" },
	{ "string_1st_surrogate_but_2nd_missing", true, "becomes U+FFFD" },
	{ "string_1st_valid_surrogate_2nd_invalid", true, "becomes U+FFFD" },
	{ "string_incomplete_surrogate_and_escape_valid", true,
	    "becomes U+FFFD" },
	{ "string_incomplete_surrogate_pair", true, "becomes U+FFFD" },
	{ "string_incomplete_surrogates_escape_valid", true, "becomes U+FFFD" },
	{ "string_invalid_lonely_surrogate", true, "becomes U+FFFD" },
	{ "string_invalid_surrogate", true, "becomes U+FFFD" },
	{ "string_inverted_surrogates_U+1D11E", true, "becomes U+FFFD" },
	{ "string_lone_second_surrogate", true, "becomes U+FFFD" },
	/* RFC 8259, 8.1: UTF-8, and no byte order mark. */
	{ "string_UTF-16LE_with_BOM", false, "not UTF-8" },
	{ "string_UTF-8_invalid_sequence", false, "not UTF-8" },
	{ "string_UTF8_surrogate_U+D800", false, "not UTF-8" },
	{ "string_invalid_utf-8", false, "not UTF-8" },
	{ "string_iso_latin_1", false, "not UTF-8" },
	{ "string_lone_utf8_continuation_byte", false, "not UTF-8" },
	{ "string_not_in_unicode_range", false, "above U+10FFFF" },
	{ "string_overlong_sequence_2_bytes", false, "overlong" },
	{ "string_overlong_sequence_6_bytes", false, "overlong" },
	{ "string_overlong_sequence_6_bytes_null", false, "overlong" },
	{ "string_truncated-utf-8", false, "not UTF-8" },
	{ "string_utf16BE_no_BOM", false, "not UTF-8" },
	{ "string_utf16LE_no_BOM", false, "not UTF-8" },
	{ "structure_500_nested_arrays", false, "deeper than 64" },
	{ "structure_UTF-8_BOM_empty_object", false, "byte order mark" },
};

#define DECISION_COUNT (sizeof DECISIONS / sizeof *DECISIONS)

/* The suite's directory, or the end of this test. */
static DIR *
open_suite(char *path, size_t size)
{
	const char *shared = getenv("WF_SHARED");
	DIR *dir;

	snprintf(path, size, "%s/data/JSONTestSuite/test_parsing",
	    shared != NULL ? shared : "../shared");
	dir = opendir(path);
	if (dir == NULL)
		cr_skip_test("JSONTestSuite is not at %s", path);
	return dir;
}

static struct span
read_document(const char *dir, const char *name)
{
	static uint8_t text[DOCUMENT_MAX_BYTES];
	char path[1024];
	FILE *f;
	size_t n;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "rb");
	cr_assert_not_null(f, "%s", path);
	n = fread(text, 1, sizeof text, f);
	fclose(f);
	cr_assert_lt(n, sizeof text, "%s", path);
	return (struct span){ text, n };
}

/* The verdict on a whole document, which must be the same, at the same place,
 * when it comes byte by byte. */
static bool
is_accepted(struct span text, const char *name)
{
	static const struct json_want nothing = { NULL, 0, 0, 0 };
	struct json_project jp;
	size_t offset;
	enum st whole = json_check(text, &offset), st = ST_OK;

	json_project_init(&jp, &nothing, 1, (struct buf){ 0 }, NULL, NULL);
	for (size_t i = 0; i < text.n && st == ST_OK; i++)
		st = json_project_push(&jp, span_sub(text, i, 1));
	if (st == ST_OK)
		st = json_project_finish(&jp);
	cr_expect_eq(st, whole, "%s: in pieces it is %s", name, st_text(st));
	cr_expect_eq(jp.offset, offset, "%s: %u in pieces, %u", name,
	    (unsigned)jp.offset, (unsigned)offset);
	return whole == ST_OK;
}

/* Run over all documents that begin with `kind`. */
static unsigned
count_documents(char kind, bool accept)
{
	char path[1024];
	DIR *dir = open_suite(path, sizeof path);
	const struct dirent *e;
	unsigned n = 0;

	while ((e = readdir(dir)) != NULL) {
		if (e->d_name[0] != kind || e->d_name[1] != '_')
			continue;
		cr_expect_eq(
		    is_accepted(read_document(path, e->d_name), e->d_name),
		    accept, "%s", e->d_name);
		n++;
	}
	closedir(dir);
	return n;
}

Test(json, every_y_document_of_the_suite_is_accepted)
{
	cr_assert_eq(count_documents('y', true), SUITE_Y_COUNT);
}

Test(json, every_n_document_of_the_suite_is_refused)
{
	cr_assert_eq(count_documents('n', false), SUITE_N_COUNT);
}

Test(json, every_i_document_of_the_suite_is_decided_as_listed)
{
	char path[1024], name[256];
	DIR *dir = open_suite(path, sizeof path);
	const struct dirent *e;
	unsigned n = 0;

	while ((e = readdir(dir)) != NULL)
		n += e->d_name[0] == 'i';
	closedir(dir);
	cr_assert_eq(n, DECISION_COUNT);
	for (size_t i = 0; i < DECISION_COUNT; i++) {
		snprintf(name, sizeof name, "i_%s.json", DECISIONS[i].name);
		cr_expect_eq(is_accepted(read_document(path, name), name),
		    DECISIONS[i].accept, "%s: %s", name, DECISIONS[i].why);
	}
}

/* Each valid document is an index of itself. */
Test(json, every_y_document_of_the_suite_can_be_indexed)
{
	static jsmntok_t tok[4096];
	char path[1024];
	DIR *dir = open_suite(path, sizeof path);
	const struct dirent *e;
	struct json_doc doc;

	while ((e = readdir(dir)) != NULL) {
		struct span text;

		if (e->d_name[0] != 'y')
			continue;
		text = read_document(path, e->d_name);
		cr_expect_eq(json_doc_parse(&doc, text, tok, 4096), ST_OK, "%s",
		    e->d_name);
		cr_expect_geq(doc.n, 1, "%s", e->d_name);
	}
	closedir(dir);
}
