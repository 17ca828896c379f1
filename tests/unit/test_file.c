/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "platform/file.h"
#include "scratch.h"

static struct scratch at;

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

TestSuite(file, .init = make, .fini = clean);

static struct span
pattern(size_t n)
{
	static uint8_t room[70000];

	for (size_t i = 0; i < n; i++)
		room[i] = (uint8_t)(i * 31 + i / 256);
	return (struct span){ room, n };
}

/* --- paths ------------------------------------------------------------- */

Test(file, path_joins_directory_and_name_with_one_slash)
{
	char path[PATH_MAX_BYTES];

	cr_expect_eq(file_path(path, SPAN_LIT("/a/b"), SPAN_LIT("c")), ST_OK);
	cr_expect_str_eq(path, "/a/b/c");
	cr_expect_eq(file_path(path, SPAN_LIT("/"), SPAN_LIT("c")), ST_OK);
	cr_expect_str_eq(path, "/c");
	cr_expect_eq(file_path(path, SPAN_LIT("a/"), SPAN_LIT("b/c")), ST_OK);
	cr_expect_str_eq(path, "a/b/c");
}

Test(file, path_that_is_too_long_by_one_byte_is_refused)
{
	char path[PATH_MAX_BYTES];
	struct span long_dir = pattern(PATH_MAX_BYTES);
	uint8_t dir[PATH_MAX_BYTES];

	memset(dir, 'd', sizeof dir);
	long_dir = (struct span){ dir, PATH_MAX_BYTES - 4 };
	cr_expect_eq(file_path(path, long_dir, SPAN_LIT("nn")), ST_OK);
	cr_expect_eq(strlen(path), PATH_MAX_BYTES - 1);
	cr_expect_eq(file_path(path, long_dir, SPAN_LIT("nnn")), ST_FULL);
	cr_expect_str_eq(path, "");
}

Test(file, path_with_a_nul_or_without_a_part_is_refused)
{
	char path[PATH_MAX_BYTES] = "x";

	cr_expect_eq(
	    file_path(path, SPAN_LIT("a\0b"), SPAN_LIT("c")), ST_MALFORM);
	cr_expect_eq(
	    file_path(path, SPAN_LIT("a"), SPAN_LIT("c\0")), ST_MALFORM);
	cr_expect_eq(file_path(path, SPAN_LIT(""), SPAN_LIT("c")), ST_MALFORM);
	cr_expect_eq(file_path(path, SPAN_LIT("a"), SPAN_NONE), ST_MALFORM);
	cr_expect_str_eq(path, "");
}

/* --- loading ----------------------------------------------------------- */

Test(file, load_appends_the_whole_file)
{
	uint8_t room[64];
	struct buf out = BUF_OVER(room);

	scratch_write(&at, "f", SPAN_LIT("content"));
	buf_put_str(&out, "> ");
	cr_expect_eq(file_load(scratch_path(&at, "f"), &out), ST_OK);
	cr_expect(span_eq(span_of(&out), SPAN_LIT("> content")));
}

Test(file, load_takes_what_exactly_fits_and_refuses_one_byte_more)
{
	uint8_t room[7];
	struct buf out = BUF_OVER(room);

	scratch_write(&at, "f", SPAN_LIT("content"));
	cr_expect_eq(file_load(scratch_path(&at, "f"), &out), ST_OK);
	cr_expect(span_eq(span_of(&out), SPAN_LIT("content")));
	buf_reset(&out);
	scratch_write(&at, "f", SPAN_LIT("content!"));
	cr_expect_eq(file_load(scratch_path(&at, "f"), &out), ST_FULL);
	cr_expect_eq(out.n, 0);
	cr_expect(out.cut);
}

Test(file, load_of_an_empty_file_needs_no_room)
{
	uint8_t room[1];
	struct buf out = { room, 0, 0, false };

	scratch_write(&at, "f", SPAN_NONE);
	cr_expect_eq(file_load(scratch_path(&at, "f"), &out), ST_OK);
	cr_expect_eq(out.n, 0);
}

Test(file, load_into_a_builder_that_was_cut_is_refused)
{
	uint8_t room[8];
	struct buf out = { room, 0, sizeof room, true };

	scratch_write(&at, "f", SPAN_LIT("x"));
	cr_expect_eq(file_load(scratch_path(&at, "f"), &out), ST_FULL);
	cr_expect_eq(out.n, 0);
}

Test(file, load_tells_missing_from_unreadable)
{
	uint8_t room[8];
	struct buf out = BUF_OVER(room);

	cr_expect_eq(file_load(scratch_path(&at, "none"), &out), ST_NOT_FOUND);
	cr_expect_eq(
	    file_load(scratch_path(&at, "none/f"), &out), ST_NOT_FOUND);
	cr_expect_eq(file_load(at.dir, &out), ST_IO);
	cr_expect_eq(errno, EISDIR);
	cr_expect_eq(out.n, 0);
}

Test(file, load_of_a_fifo_does_not_wait, .timeout = 5)
{
	uint8_t room[8];
	struct buf out = BUF_OVER(room);

	cr_assert_eq(mkfifo(scratch_path(&at, "fifo"), 0600), 0);
	cr_expect_eq(file_load(scratch_path(&at, "fifo"), &out), ST_IO);
}

Test(file, private_load_refuses_every_right_of_group_and_others)
{
	uint8_t room[8];

	scratch_write(&at, "key", SPAN_LIT("k"));
	for (unsigned bits = 0; bits <= 0777; bits++) {
		struct buf out = BUF_OVER(room);
		enum st st = (bits & 077) == 0 ? ST_OK : ST_DENIED;

		/* Root may read without the owner's right; others may not. */
		if ((bits & 0400) == 0)
			continue;
		chmod(scratch_path(&at, "key"), bits);
		cr_expect_eq(file_load_private(scratch_path(&at, "key"), &out),
		    st, "mode %o", bits);
		cr_expect_eq(out.n, st == ST_OK ? 1u : 0u, "mode %o", bits);
	}
}

Test(file, private_load_refuses_a_link_that_load_follows)
{
	uint8_t room[8];
	struct buf out = BUF_OVER(room);

	scratch_write(&at, "key", SPAN_LIT("k"));
	cr_assert_eq(symlink("key", scratch_path(&at, "link")), 0);
	cr_expect_eq(
	    file_load_private(scratch_path(&at, "link"), &out), ST_DENIED);
	cr_expect_eq(out.n, 0);
	cr_expect_eq(file_load(scratch_path(&at, "link"), &out), ST_OK);
}

/* --- replacing --------------------------------------------------------- */

Test(file, replace_makes_and_overwrites_with_the_mode_asked_for)
{
	umask(077);
	cr_expect_eq(
	    file_replace(scratch_path(&at, "f"), SPAN_LIT("one"), 0640), ST_OK);
	cr_expect(scratch_holds(&at, "f", "one"));
	cr_expect_eq(scratch_mode(&at, "f"), 0640u, "whatever the umask");
	umask(0);
	chmod(scratch_path(&at, "f"), 0666);
	cr_expect_eq(
	    file_replace(scratch_path(&at, "f"), SPAN_LIT("second"), 0600),
	    ST_OK);
	cr_expect(scratch_holds(&at, "f", "second"));
	cr_expect_eq(scratch_mode(&at, "f"), 0600u, "whatever it had");
	cr_expect_not(scratch_has(&at, "f.new"));
	cr_expect_eq(
	    file_replace(scratch_path(&at, "f"), SPAN_NONE, 0600), ST_OK);
	cr_expect(scratch_holds(&at, "f", ""));
}

Test(file, replace_of_64_kib_is_read_back)
{
	static uint8_t room[70000];
	struct buf out = BUF_OVER(room);

	cr_assert_eq(
	    file_replace(scratch_path(&at, "f"), pattern(65536), 0600), ST_OK);
	cr_assert_eq(file_load(scratch_path(&at, "f"), &out), ST_OK);
	cr_assert(span_eq(span_of(&out), pattern(65536)));
}

Test(file, replace_never_writes_through_a_link)
{
	scratch_write(&at, "target", SPAN_LIT("mine"));
	cr_assert_eq(symlink("target", scratch_path(&at, "f")), 0);
	cr_assert_eq(symlink("target", scratch_path(&at, "f.new")), 0);
	cr_expect_eq(
	    file_replace(scratch_path(&at, "f"), SPAN_LIT("new"), 0600), ST_OK);
	cr_expect(scratch_holds(&at, "target", "mine"));
	cr_expect(scratch_holds(&at, "f", "new"));
}

Test(file, replace_ignores_what_a_power_cut_left)
{
	scratch_write(&at, "f.new", SPAN_LIT("a longer torn rest"));
	chmod(scratch_path(&at, "f.new"), 0666);
	cr_expect_eq(
	    file_replace(scratch_path(&at, "f"), SPAN_LIT("new"), 0600), ST_OK);
	cr_expect(scratch_holds(&at, "f", "new"));
	cr_expect_eq(scratch_mode(&at, "f"), 0600u);
	cr_expect_not(scratch_has(&at, "f.new"));
}

Test(file, replace_that_cannot_rename_leaves_everything_as_it_was)
{
	mkdir(scratch_path(&at, "f"), 0700);
	scratch_write(&at, "f/inside", SPAN_LIT("old"));
	cr_expect_eq(
	    file_replace(scratch_path(&at, "f"), SPAN_LIT("new"), 0600), ST_IO);
	cr_expect_eq(errno, EISDIR);
	cr_expect(scratch_holds(&at, "f/inside", "old"));
	cr_expect_not(scratch_has(&at, "f.new"));
}

Test(file, replace_that_cannot_make_the_new_file_leaves_the_old_one)
{
	scratch_write(&at, "f", SPAN_LIT("old"));
	mkdir(scratch_path(&at, "f.new"), 0700);
	cr_expect_eq(
	    file_replace(scratch_path(&at, "f"), SPAN_LIT("new"), 0600), ST_IO);
	cr_expect(scratch_holds(&at, "f", "old"));
	cr_expect_eq(
	    file_replace(scratch_path(&at, "none/f"), SPAN_LIT("new"), 0600),
	    ST_IO);
	cr_expect_eq(errno, ENOENT);
}

/* As somebody whom the permissions of the directory bind. */
Test(file, replace_in_a_directory_that_is_read_only_leaves_the_old_one)
{
	scratch_write(&at, "f", SPAN_LIT("old"));
	chmod(scratch_path(&at, "f"), 0644);
	chmod(at.dir, 0555);
	if (getuid() == 0)
		cr_assert_eq(seteuid(65534), 0);
	cr_expect_eq(
	    file_replace(scratch_path(&at, "f"), SPAN_LIT("new"), 0600), ST_IO);
	cr_expect_eq(errno, EACCES);
	cr_expect(scratch_holds(&at, "f", "old"));
	if (getuid() == 0)
		cr_assert_eq(seteuid(0), 0);
	chmod(at.dir, 0755);
}

/* A limit of the file's size is a disk that is full after 4 KiB: the first
 * write is short, the next one fails. */
Test(file, replace_on_a_full_disk_leaves_the_old_one)
{
	const struct rlimit limit = { 4096, 4096 };

	scratch_write(&at, "f", SPAN_LIT("old"));
	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	cr_expect_eq(
	    file_replace(scratch_path(&at, "f"), pattern(4097), 0600), ST_IO);
	cr_expect_eq(errno, EFBIG);
	cr_expect(scratch_holds(&at, "f", "old"));
	cr_expect_not(scratch_has(&at, "f.new"));
}

Test(file, replace_of_a_path_without_room_for_its_new_name_is_refused)
{
	char path[PATH_MAX_BYTES];

	memset(path, 'p', sizeof path);
	path[PATH_MAX_BYTES - 4] = '\0'; /* ".new" and its NUL need five */
	cr_expect_eq(file_replace(path, SPAN_LIT("new"), 0600), ST_IO);
	cr_expect_eq(errno, ENAMETOOLONG);
}

/* --- removing, directories --------------------------------------------- */

Test(file, remove_takes_the_file_and_its_left_over)
{
	scratch_write(&at, "f", SPAN_LIT("x"));
	scratch_write(&at, "f.new", SPAN_LIT("x"));
	cr_expect_eq(file_remove(scratch_path(&at, "f")), ST_OK);
	cr_expect_not(scratch_has(&at, "f"));
	cr_expect_not(scratch_has(&at, "f.new"));
	cr_expect_eq(file_remove(scratch_path(&at, "f")), ST_OK);
	cr_expect_eq(file_remove(scratch_path(&at, "none/f")), ST_OK);
	mkdir(scratch_path(&at, "d"), 0700);
	cr_expect_eq(file_remove(scratch_path(&at, "d")), ST_IO);
	cr_expect(scratch_has(&at, "d"));
}

Test(file, make_dir_makes_it_once_and_keeps_it)
{
	umask(0);
	cr_expect_eq(file_make_dir(scratch_path(&at, "d"), 0700), ST_OK);
	cr_expect_eq(scratch_mode(&at, "d"), 0700u);
	cr_expect_eq(file_make_dir(scratch_path(&at, "d/"), 0777), ST_OK);
	cr_expect_eq(scratch_mode(&at, "d"), 0700u);
	scratch_write(&at, "f", SPAN_LIT("x"));
	cr_expect_eq(file_make_dir(scratch_path(&at, "f"), 0700), ST_IO);
	cr_expect_eq(errno, ENOTDIR);
	cr_expect_eq(file_make_dir(scratch_path(&at, "no/d"), 0700), ST_IO);
	cr_expect_eq(errno, ENOENT);
}

Test(file, make_dir_takes_a_link_to_a_directory)
{
	mkdir(scratch_path(&at, "real"), 0700);
	cr_assert_eq(symlink("real", scratch_path(&at, "link")), 0);
	cr_expect_eq(file_make_dir(scratch_path(&at, "link"), 0700), ST_OK);
}

Test(file, parent_is_found_for_every_form_of_path)
{
	char path[PATH_MAX_BYTES + 3];

	cr_assert_eq(chdir(at.dir), 0);
	cr_expect_eq(file_sync_parent("f"), ST_OK);
	cr_expect_eq(file_sync_parent("/f"), ST_OK);
	cr_expect_eq(file_sync_parent("/"), ST_OK);
	cr_expect_eq(file_sync_parent(scratch_path(&at, "f//")), ST_OK);
	cr_expect_eq(file_sync_parent("none/f"), ST_IO);
	cr_expect_eq(errno, ENOENT);
	scratch_write(&at, "f", SPAN_LIT("x"));
	cr_expect_eq(file_sync_parent("f/g"), ST_IO);
	cr_expect_eq(errno, ENOTDIR);
	memset(path, 'p', sizeof path);
	memcpy(path + PATH_MAX_BYTES, "/f", 3);
	cr_expect_eq(file_sync_parent(path), ST_IO);
	cr_expect_eq(errno, ENAMETOOLONG);
}

struct seen {
	size_t n, stop_after;
	bool name[300];
};

static bool
see(void *ctx, struct span name)
{
	struct seen *seen = ctx;
	uint64_t i;

	cr_assert_eq(span_to_u64(name, &i), ST_OK);
	cr_assert(i < 300);
	cr_assert_not(seen->name[i], "%llu twice", (unsigned long long)i);
	seen->name[i] = true;
	return ++seen->n != seen->stop_after;
}

Test(file, list_visits_every_name_once_until_told_to_stop)
{
	struct seen all = { 0 }, few = { .stop_after = 5 };

	for (int i = 0; i < 300; i++) {
		char name[16];

		snprintf(name, sizeof name, "%0*d", 1 + i % 10, i);
		scratch_write(&at, name, SPAN_NONE);
	}
	cr_expect_eq(file_list(at.dir, see, &all), ST_OK);
	cr_expect_eq(all.n, 300);
	cr_expect_eq(file_list(at.dir, see, &few), ST_OK);
	cr_expect_eq(few.n, 5);
}

Test(file, list_tells_missing_from_unreadable)
{
	struct seen none = { 0 };

	cr_expect_eq(file_list(at.dir, see, &none), ST_OK);
	cr_expect_eq(none.n, 0, "no . and no ..");
	cr_expect_eq(
	    file_list(scratch_path(&at, "none"), see, &none), ST_NOT_FOUND);
	scratch_write(&at, "f", SPAN_NONE);
	cr_expect_eq(file_list(scratch_path(&at, "f"), see, &none), ST_IO);
}

/* --- writing, locking -------------------------------------------------- */

Test(file, write_all_goes_on_after_short_writes)
{
	const struct rlimit limit = { 100, 100 };
	int fd = open(scratch_path(&at, "f"), O_WRONLY | O_CREAT, 0600);

	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	cr_expect_eq(file_write_all(fd, pattern(100)), ST_OK);
	cr_expect_eq(lseek(fd, 0, SEEK_CUR), 100);
	cr_assert_eq(lseek(fd, 50, SEEK_SET), 50);
	cr_expect_eq(file_write_all(fd, pattern(51)), ST_IO,
	    "50 bytes go, one does not");
	cr_expect_eq(lseek(fd, 0, SEEK_CUR), 100);
	cr_expect_eq(file_write_all(-1, pattern(1)), ST_IO);
	cr_expect_eq(errno, EBADF);
	cr_expect_eq(file_write_all(-1, SPAN_NONE), ST_OK);
	close(fd);
}

static void
ignore(int number)
{
	(void)number;
}

/* A slow reader, and a signal every millisecond: the write is short or
 * interrupted many times. */
Test(file, write_all_goes_on_after_signals, .timeout = 30)
{
	const struct itimerval often = { { 0, 1000 }, { 0, 1000 } };
	const struct sigaction action = { .sa_handler = ignore };
	static uint8_t back[70000];
	int ends[2], status = 1;
	size_t have = 0;
	pid_t writer;

	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(fcntl(ends[1], F_SETPIPE_SZ, 4096), 4096);
	writer = fork();
	if (writer == 0) {
		sigaction(SIGALRM, &action, NULL);
		setitimer(ITIMER_REAL, &often, NULL);
		_exit(file_write_all(ends[1], pattern(sizeof back)) != ST_OK);
	}
	close(ends[1]);
	while (have < sizeof back) {
		ssize_t n = read(ends[0], back + have, sizeof back - have);

		cr_assert_gt(n, 0, "the writer gave up at %zu", have);
		have += (size_t)n;
		usleep(5000);
	}
	cr_assert_eq(waitpid(writer, &status, 0), writer);
	cr_expect_eq(status, 0);
	cr_expect(span_eq((struct span){ back, have }, pattern(have)));
}

Test(file, lock_is_held_by_one_and_let_go_by_closing)
{
	int first, second;

	cr_expect_eq(file_lock(scratch_path(&at, "lock"), &first), ST_OK);
	cr_expect_eq(scratch_mode(&at, "lock"), 0600u);
	cr_expect_eq(file_lock(scratch_path(&at, "lock"), &second), ST_BUSY);
	cr_expect_eq(second, -1);
	cr_expect_eq(fcntl(first, F_GETFD), FD_CLOEXEC);
	close(first);
	cr_expect_eq(file_lock(scratch_path(&at, "lock"), &second), ST_OK);
	close(second);
	cr_expect_eq(file_lock(scratch_path(&at, "none/lock"), &first), ST_IO);
	cr_expect_eq(first, -1);
}
