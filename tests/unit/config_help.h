/* SPDX-License-Identifier: MIT */
/*
 * Shared by the tests of config: texts in which ' stands for ", the faults of
 * the last parse, and what must be true of every fault.
 */
#ifndef TESTS_CONFIG_HELP_H
#define TESTS_CONFIG_HELP_H

#include "config/config.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* Values that tests put into places where they stand out. */
#define ID   "'01234567-89ab-cdef-0123-456789abcdef'"
#define HEAD "'version':1,'appliance_id':" ID

static struct config config;
static struct config_scratch scratch;
static struct config_fault fault[4000];
static size_t fault_count;
static size_t warning_count;
static uint8_t help_text[CONFIG_FILE_MAX_BYTES + 2048];

static inline void
help_check_text(const char *s, size_t size)
{
	cr_assert_neq(memchr(s, 0, size), NULL);
	for (; *s != '\0'; s++)
		cr_assert(*s >= 0x20 && *s < 0x7f, "printable ASCII only");
}

/* Faults are printable and come in the order of the file. */
static inline void
help_report(void *ctx, const struct config_fault *f)
{
	cr_assert_eq(ctx, &fault_count);
	help_check_text(f->key, sizeof f->key);
	help_check_text(f->text, sizeof f->text);
	cr_assert_neq(f->text[0], '\0');
	cr_assert(f->line >= 1 && f->column >= 1);
	cr_assert_lt(fault_count, COUNT(fault));
	if (fault_count > 0) {
		const struct config_fault *before = &fault[fault_count - 1];

		cr_assert(before->line < f->line ||
			(before->line == f->line &&
			    before->column <= f->column),
		    "%u:%u %s, %s comes before %u:%u %s, %s", before->line,
		    before->column, before->key, before->text, f->line,
		    f->column, f->key, f->text);
	}
	fault[fault_count++] = *f;
	if (f->warning)
		warning_count++;
}

static inline enum st
help_parse_span(struct span text, const struct config_defaults *defaults)
{
	enum st st;

	/* What the caller's storage held before must not matter. */
	memset(&config, 0xa5, sizeof config);
	memset(scratch.tok, 0xa5, sizeof scratch.tok);
	fault_count = warning_count = 0;
	st = config_parse(
	    &config, text, defaults, &scratch, help_report, &fault_count);
	cr_assert_eq(st == ST_OK, fault_count == warning_count);
	return st;
}

/* Parse a text in which ' stands for ". */
static inline enum st
help_parse(const char *text)
{
	size_t n = strlen(text);

	cr_assert_leq(n, sizeof help_text);
	for (size_t i = 0; i < n; i++)
		help_text[i] = text[i] == '\'' ? '"' : (uint8_t)text[i];
	return help_parse_span((struct span){ help_text, n }, NULL);
}

static inline bool
help_is(struct span s, const char *want)
{
	return s.p != NULL && span_eq(s, span_str(want));
}

/* The whole fault as people see it, ' for ". */
static inline const char *
help_fault(size_t i)
{
	static char line[1024];
	struct buf b = { (uint8_t *)line, 0, sizeof line - 1, false };

	if (i >= fault_count)
		return "(no fault)";
	config_fault_write(&b, "f", &fault[i]);
	for (size_t k = 0; k < b.n; k++)
		if (line[k] == '"')
			line[k] = '\'';
	line[b.n] = '\0';
	return line;
}

#define assert_fault(i, want) \
	cr_assert_str_eq(help_fault(i), want, "%s", help_fault(i))

/* Is there a fault of this key whose text has this in it? */
static inline bool
help_has(const char *key, const char *part)
{
	for (size_t i = 0; i < fault_count; i++)
		if (strcmp(fault[i].key, key) == 0 &&
		    strstr(help_fault(i), part) != NULL)
			return true;
	return false;
}

/*
 * An object with the `needed` keys ("name", "value", ... NULL), of which
 * `key` has `value` instead (absent for NULL).  Returns its end.
 */
static inline char *
help_object(
    char *to, const char *const *needed, const char *key, const char *value)
{
	const char *comma = "";

	*to++ = '{';
	for (; *needed != NULL; needed += 2) {
		if (strcmp(needed[0], key) == 0)
			continue;
		to += sprintf(to, "%s'%s':%s", comma, needed[0], needed[1]);
		comma = ",";
	}
	if (value != NULL)
		to += sprintf(to, "%s'%s':%s", comma, key, value);
	*to++ = '}';
	*to = '\0';
	return to;
}

/* Where a key stands. */
enum place {
	ROOT,
	NETWORK,
	CONTROL,
	STORE,
	CONNECTOR,
	FILE_SINK,
	NATS,
	ANALYTICS,
	PLACE_COUNT
};

static const char *const NEEDED_ROOT[] = { "version", "1", "appliance_id", ID,
	NULL };
static const char *const NEEDED_NONE[] = { NULL };
static const char *const NEEDED_CONNECTOR[] = { "name", "'main'", "tenant_id",
	ID, "client_id", ID, "subscription_id", ID, "resource_group",
	"'rg-soc'", "workspace_name", "'law-soc'", NULL };
static const char *const NEEDED_FILE[] = { "type", "'file'", NULL };
static const char *const NEEDED_NATS[] = { "type", "'nats'", NULL };
static const char *const NEEDED_ANALYTICS[] = { "type", "'analytics'", "url",
	"'https://a.example'", "email", "'a@b.example'", NULL };

static const struct {
	const char *before;
	const char *const *needed;
	const char *path;
} PLACE[PLACE_COUNT] = {
	[ROOT] = { NULL, NEEDED_ROOT, "" },
	[NETWORK] = { "'network':", NEEDED_NONE, "network." },
	[CONTROL] = { "'control':", NEEDED_NONE, "control." },
	[STORE] = { "'store':", NEEDED_NONE, "store." },
	[CONNECTOR] = { "'connectors':[", NEEDED_CONNECTOR, "connectors[0]." },
	[FILE_SINK] = { "'sinks':[", NEEDED_FILE, "sinks[0]." },
	[NATS] = { "'sinks':[", NEEDED_NATS, "sinks[0]." },
	[ANALYTICS] = { "'sinks':[", NEEDED_ANALYTICS, "sinks[0]." },
};

/* Parse a file that is right but for `key` at `place`. */
static inline enum st
help_parse_key(enum place place, const char *key, const char *value)
{
	static char text[CONFIG_FILE_MAX_BYTES + 1024];
	char *to = text;

	if (place == ROOT) {
		help_object(text, NEEDED_ROOT, key, value);
		return help_parse(text);
	}
	to += sprintf(to, "{" HEAD ",%s", PLACE[place].before);
	to = help_object(to, PLACE[place].needed, key, value);
	sprintf(to, place >= CONNECTOR ? "]}" : "}");
	return help_parse(text);
}

/* Exactly one fault, of this key, with `part` in its text. */
static inline void
help_assert_refused(
    enum place place, const char *key, const char *value, const char *part)
{
	char path[128];

	sprintf(path, "%s%s", PLACE[place].path, key);
	cr_assert_eq(help_parse_key(place, key, value), ST_CONFIG,
	    "%s: %s was accepted", path, value);
	cr_assert_eq(fault_count, 1, "%s: %s: %zu faults, second: %s", path,
	    value, fault_count, help_fault(1));
	cr_assert_str_eq(fault[0].key, path);
	cr_assert_neq(strstr(help_fault(0), part), NULL, "%s: '%s' not in: %s",
	    value, part, help_fault(0));
}

static inline void
help_assert_accepted(enum place place, const char *key, const char *value)
{
	enum st st = help_parse_key(place, key, value);

	cr_assert_eq(st, ST_OK, "%s%s: %s: %s", PLACE[place].path, key, value,
	    help_fault(0));
	cr_assert_eq(fault_count, 0);
}

#endif
