/* SPDX-License-Identifier: MIT */
/* The audit log: lines, torn ends, the older file, reading backwards. */
#define _GNU_SOURCE /* nftw */
#include "audit/audit.h"
#include "scratch.h"

static struct scratch at;
static char text[4096];

static void
make(void)
{
	scratch_make(&at);
}

static void
clean(void)
{
	scratch_remove(&at);
}

TestSuite(audit, .init = make, .fini = clean);

static struct audit_entry
entry(const char *action)
{
	return (struct audit_entry){ .at = 133000000000000000,
		.uid = 33,
		.via = "socket",
		.action = action,
		.outcome = "done" };
}

static void
append(const char *action)
{
	struct audit_entry e = entry(action);

	cr_assert_eq(audit_append(at.dir, &e), ST_OK, "%s", action);
}

/* The action of the line before; "" when there is none. */
static const char *
action_before(struct audit_place *place)
{
	static char line[AUDIT_LINE_MAX_BYTES + 1];
	struct buf b = { (uint8_t *)line, 0, sizeof line - 1, false };
	char *action, *end;

	if (audit_before(at.dir, place, &b) != ST_OK)
		return "";
	line[b.n] = '\0';
	action = strstr(line, "\"action\":\"");
	cr_assert_not_null(action, "%s", line);
	action += sizeof "\"action\":\"" - 1;
	end = strchr(action, '"');
	*end = '\0';
	return action;
}

/* What is at the end of the file, as a power cut may leave it. */
static void
damage(const void *bytes, size_t n)
{
	int fd = open(scratch_path(&at, "audit.ndjson"),
	    O_WRONLY | O_APPEND | O_CREAT, 0600);

	cr_assert(fd >= 0);
	cr_assert_eq(write(fd, bytes, n), (ssize_t)n);
	close(fd);
}

Test(audit, a_line_has_what_it_was_given_and_leaves_out_what_is_absent)
{
	struct audit_entry e = entry("secret_set");
	long n;

	e.user = SPAN_LIT("al\"ice\n");
	e.scope = SPAN_LIT("contoso");
	e.field = SPAN_LIT("client_secret");
	cr_assert_eq(audit_append(at.dir, &e), ST_OK);
	n = scratch_read(&at, "audit.ndjson", text, sizeof text - 1);
	cr_assert(n > 0);
	text[n] = '\0';
	cr_expect_str_eq(text,
	    "{\"at\":\"2022-06-18T04:26:40Z\",\"uid\":33,"
	    "\"user\":\"al\\\"ice\\n\",\"via\":\"socket\","
	    "\"action\":\"secret_set\",\"scope\":\"contoso\","
	    "\"field\":\"client_secret\",\"outcome\":\"done\"}\n");
}

Test(audit, lines_come_back_newest_first)
{
	struct audit_place place = AUDIT_END;

	append("a");
	append("b");
	append("c");
	cr_expect_str_eq(action_before(&place), "c");
	append("d");
	cr_expect_str_eq(action_before(&place), "b", "the place stays");
	cr_expect_str_eq(action_before(&place), "a");
	cr_expect_str_eq(action_before(&place), "");
	cr_expect_str_eq(action_before(&place), "");
}

static const struct {
	const char *why;
	const char *end;
	size_t n;
} TORN[] = {
	{ "half a line", "{\"at\":\"2099", 11 },
	{ "blank bytes", "\0\0\0\0\0\0", 6 },
	{ "blank bytes within a line", "{\"at\":\0\0\0\0\"}\n", 13 },
	{ "an empty line", "\n\n", 2 },
	{ "no object", "7\n", 2 },
};

Test(audit, torn_end_is_passed_over_and_then_removed)
{
	for (size_t i = 0; i < sizeof TORN / sizeof TORN[0]; i++) {
		struct audit_place place = AUDIT_END;
		long n;

		append("before");
		damage(TORN[i].end, TORN[i].n);
		cr_expect_str_eq(
		    action_before(&place), "before", "%s", TORN[i].why);
		append("after");
		place = AUDIT_END;
		cr_expect_str_eq(
		    action_before(&place), "after", "%s", TORN[i].why);
		cr_expect_str_eq(
		    action_before(&place), "before", "%s", TORN[i].why);
		n = scratch_read(&at, "audit.ndjson", text, sizeof text);
		cr_expect_null(memmem(text, (size_t)n, TORN[i].end, TORN[i].n),
		    "%s", TORN[i].why);
		cr_assert_eq(unlink(scratch_path(&at, "audit.ndjson")), 0);
	}
}

Test(audit, garbage_longer_than_a_line_is_removed)
{
	static char garbage[5000];
	struct audit_place place = AUDIT_END;

	append("before");
	damage(garbage, sizeof garbage);
	append("after");
	cr_expect_str_eq(action_before(&place), "after");
	cr_expect_str_eq(action_before(&place), "before");
}

Test(audit, full_file_becomes_the_older_one_and_one_is_kept)
{
	struct audit_place place = AUDIT_END;
	char changed[AUDIT_CHANGED_MAX_BYTES];
	struct audit_entry e = entry("fill");
	struct stat about;
	unsigned lines = 0;

	memset(changed, 'x', sizeof changed);
	changed[0] = changed[sizeof changed - 1] = '"';
	e.changed = (struct span){ (uint8_t *)changed, sizeof changed };
	for (unsigned i = 0; i < 2 * AUDIT_FILE_MAX_BYTES / 500 + 900; i++)
		cr_assert_eq(audit_append(at.dir, &e), ST_OK);
	append("last");
	cr_assert_eq(stat(scratch_path(&at, "audit.ndjson"), &about), 0);
	cr_expect(about.st_size <= AUDIT_FILE_MAX_BYTES);
	cr_assert_eq(stat(scratch_path(&at, "audit.ndjson.1"), &about), 0);
	cr_expect(about.st_size <= AUDIT_FILE_MAX_BYTES);
	cr_expect(about.st_size > AUDIT_FILE_MAX_BYTES - 1000);
	cr_expect_neq(access(scratch_path(&at, "audit.ndjson.2"), F_OK), 0);
	cr_expect_str_eq(action_before(&place), "last");
	while (strcmp(action_before(&place), "fill") == 0)
		lines++;
	cr_expect(lines > AUDIT_FILE_MAX_BYTES / 600, "both are read");
	cr_expect_eq(place.file, 1);
}

Test(audit, what_cannot_be_written_is_said)
{
	static char name[AUDIT_LINE_MAX_BYTES];
	struct audit_place place = AUDIT_END;
	struct audit_entry e = entry("x");
	uint8_t room[64];
	struct buf small = BUF_OVER(room);

	memset(name, 'u', sizeof name);
	e.user = (struct span){ (uint8_t *)name, sizeof name };
	cr_expect_eq(audit_append(at.dir, &e), ST_FULL);
	cr_expect_str_eq(action_before(&place), "", "nothing is there");
	place = AUDIT_END;
	append("y");
	cr_expect_eq(audit_before(at.dir, &place, &small), ST_FULL);
	cr_assert_eq(unlink(scratch_path(&at, "audit.ndjson")), 0);
	cr_assert_eq(mkdir(scratch_path(&at, "audit.ndjson"), 0700), 0);
	e = entry("z");
	cr_expect_eq(audit_append(at.dir, &e), ST_IO);
	cr_assert_eq(rmdir(scratch_path(&at, "audit.ndjson")), 0);
	cr_assert_eq(
	    symlink("/etc/passwd", scratch_path(&at, "audit.ndjson")), 0);
	cr_expect_eq(audit_append(at.dir, &e), ST_IO, "no link is followed");
}
