/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/file.h"
#include "sinks/sink_file.h"

static char dir[64];
static char path[128];
static struct sink_file sink;

static void
setup(void)
{
	strcpy(dir, "/tmp/wf-sink-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/out.ndjson", dir);
}

static void
teardown(void)
{
	char command[128];

	sink_file_close(&sink);
	snprintf(command, sizeof command, "rm -rf %s", dir);
	cr_assert_eq(system(command), 0);
}

TestSuite(sink_file, .init = setup, .fini = teardown);

static const char *
content(const char *suffix)
{
	static char text[8192];
	static char name[160];
	struct buf b = BUF_OVER(text);

	snprintf(name, sizeof name, "%s%s", path, suffix);
	if (file_load(name, &b) != ST_OK)
		return "(none)";
	return buf_str(&b);
}

static void
put(const char *text)
{
	FILE *f = fopen(path, "w");

	cr_assert_not_null(f);
	fputs(text, f);
	fclose(f);
}

static void
open_sink(uint64_t rotate, uint32_t keep, bool drop)
{
	cr_assert_eq(sink_file_open(&sink, path, rotate, keep, drop), ST_OK);
}

Test(sink_file, records_become_lines)
{
	open_sink(1000, 4, false);
	cr_assert_eq(sink_file_write(&sink, SPAN_LIT("{\"a\":1}")), ST_OK);
	cr_assert_eq(sink_file_write(&sink, SPAN_LIT("{\"a\":2}")), ST_OK);
	cr_assert_eq(sink_file_sync(&sink), ST_OK);
	cr_assert_str_eq(content(""), "{\"a\":1}\n{\"a\":2}\n");
}

Test(sink_file, opening_again_appends)
{
	put("one\n");
	open_sink(1000, 4, false);
	cr_assert_eq(sink_file_write(&sink, SPAN_LIT("two")), ST_OK);
	cr_assert_str_eq(content(""), "one\ntwo\n");
}

Test(sink_file, half_a_line_is_removed_at_opening)
{
	put("one\ntwo\nthr");
	open_sink(1000, 4, false);
	cr_assert_str_eq(content(""), "one\ntwo\n");
	sink_file_close(&sink);
	put("{\"only half");
	open_sink(1000, 4, false);
	cr_assert_str_eq(content(""), "");
}

Test(sink_file, file_without_lines_that_is_too_long_to_be_ours_is_kept)
{
	FILE *f = fopen(path, "w");

	for (size_t i = 0; i < 200 * 1024; i++)
		fputc('x', f);
	fclose(f);
	cr_assert_eq(sink_file_open(&sink, path, 1000, 4, false), ST_IO);
	cr_assert_eq(sink.fd, -1);
	cr_assert_eq(truncate(path, 200 * 1024), 0);
}

Test(sink_file, full_file_rotates_upwards_without_losing_a_line)
{
	open_sink(10, 3, false);
	for (char c = 'a'; c <= 'g'; c++) {
		char text[] = { c, c, c, c };

		cr_assert_eq(
		    sink_file_write(&sink, (struct span){ (uint8_t *)text, 4 }),
		    ST_OK);
	}
	cr_assert_str_eq(content(""), "gggg\n");
	cr_assert_str_eq(content(".1"), "eeee\nffff\n");
	cr_assert_str_eq(content(".2"), "cccc\ndddd\n");
	cr_assert_str_eq(content(".3"), "aaaa\nbbbb\n");
	cr_assert_str_eq(content(".4"), "(none)");
}

static enum st
write_until_full(unsigned *count)
{
	enum st st = ST_OK;

	for (*count = 0; *count < 100 && st == ST_OK; ++*count)
		st = sink_file_write(&sink, SPAN_LIT("123456789"));
	return st;
}

Test(sink_file, only_sink_stops_at_its_number_of_files_until_one_is_removed)
{
	char name[160];
	unsigned count;

	open_sink(10, 2, false);
	cr_assert_eq(write_until_full(&count), ST_FULL);
	cr_assert_eq(count, 4, "file, .1, .2 and the refused one");
	snprintf(name, sizeof name, "%s.1", path);
	cr_assert_eq(unlink(name), 0);
	cr_assert_eq(sink_file_write(&sink, SPAN_LIT("again")), ST_OK);
	cr_assert_str_eq(content(""), "again\n");
	cr_assert_str_eq(content(".1"), "123456789\n");
	cr_assert_str_eq(content(".2"), "123456789\n");
}

Test(sink_file, one_of_several_sinks_drops_its_oldest_file)
{
	unsigned count;

	open_sink(10, 2, true);
	cr_assert_eq(write_until_full(&count), ST_OK);
	cr_assert_eq(count, 100);
	cr_assert_str_eq(content(".3"), "(none)");
}

Test(sink_file, full_disk_undoes_what_was_not_synced)
{
	struct stat about;

	open_sink(1 << 20, 2, false);
	cr_assert_eq(sink_file_write(&sink, SPAN_LIT("kept")), ST_OK);
	cr_assert_eq(sink_file_sync(&sink), ST_OK);
	cr_assert_eq(sink_file_write(&sink, SPAN_LIT("lost")), ST_OK);
	/* A descriptor that cannot be written: as a full disk, but here. */
	close(sink.fd);
	sink.fd = open("/dev/full", O_WRONLY);
	cr_assert_geq(sink.fd, 0);
	cr_assert_eq(sink_file_write(&sink, SPAN_LIT("more")), ST_IO);
	cr_assert_eq(sink.fd, -1);
	cr_assert_eq(stat(path, &about), 0);
}

Test(sink_file, file_that_lost_its_name_is_not_acknowledged)
{
	for (unsigned replaced = 0; replaced < 2; replaced++) {
		open_sink(1 << 20, 2, false);
		cr_assert_eq(sink_file_write(&sink, SPAN_LIT("a")), ST_OK);
		cr_assert_eq(sink_file_sync(&sink), ST_OK);
		cr_assert_eq(unlink(path), 0);
		if (replaced)
			put("other\n");
		cr_assert_eq(sink_file_write(&sink, SPAN_LIT("b")), ST_OK);
		cr_assert_eq(sink_file_sync(&sink), ST_IO);
		cr_assert_eq(sink.fd, -1);
		open_sink(1 << 20, 2, false);
		cr_assert_eq(sink_file_write(&sink, SPAN_LIT("b")), ST_OK);
		cr_assert_eq(sink_file_sync(&sink), ST_OK);
		cr_assert_str_eq(content(""), replaced ? "other\nb\n" : "b\n");
		sink_file_close(&sink);
	}
}

Test(sink_file, file_moved_away_is_still_somebodys)
{
	char name[160];

	snprintf(name, sizeof name, "%s.taken", path);
	open_sink(1 << 20, 2, false);
	cr_assert_eq(rename(path, name), 0);
	cr_assert_eq(sink_file_write(&sink, SPAN_LIT("a")), ST_OK);
	cr_assert_eq(sink_file_sync(&sink), ST_OK);
	cr_assert_str_eq(content(".taken"), "a\n");
}

Test(sink_file, directory_or_missing_folder_is_an_error)
{
	cr_assert_eq(sink_file_open(&sink, dir, 10, 2, false), ST_IO);
	cr_assert_eq(
	    sink_file_open(&sink, "/nonexistent/x", 10, 2, false), ST_IO);
}
