/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE

#include <sys/socket.h>
#include <sys/un.h>

#include "control/control_priv.h"
#include "scratch.h"

static struct scratch at;
static char path[256];
static int fd;

static void
begin(void)
{
	scratch_make(&at);
	snprintf(path, sizeof path, "%s/run/socket", at.dir);
	fd = -1;
}

static void
finish(void)
{
	if (fd >= 0)
		close(fd);
	scratch_remove(&at);
}

TestSuite(control_socket, .init = begin, .fini = finish);

static mode_t
mode(void)
{
	struct stat about;

	cr_assert_eq(lstat(path, &about), 0);
	return about.st_mode;
}

static bool
is_answered(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int peer = socket(AF_UNIX, SOCK_STREAM, 0);
	bool answered;

	strcpy(address.sun_path, path);
	answered = connect(peer, (struct sockaddr *)&address, sizeof address) ==
	    0;
	close(peer);
	return answered;
}

Test(control_socket, the_file_has_its_mode_whatever_the_umask)
{
	static const mode_t MASKS[] = { 0, 022, 077, 0777 };

	for (size_t i = 0; i < 4; i++) {
		mode_t before = umask(MASKS[i]);

		(void)umask(022);
		cr_assert(mkdir(scratch_path(&at, "run"), 0755) == 0 || i > 0);
		(void)umask(MASKS[i]);
		cr_assert_eq(control_socket_listen(path, 0660, &fd), ST_OK);
		cr_assert_eq(mode(), S_IFSOCK | 0660);
		cr_assert_eq(umask(before), MASKS[i], "as it was");
		close(fd);
		cr_assert_eq(unlink(path), 0);
	}
	cr_assert_eq(control_socket_listen(path, 0666, &fd), ST_OK);
	cr_assert_eq(mode(), S_IFSOCK | 0666);
	cr_assert(is_answered());
}

Test(control_socket, what_a_crash_left_is_replaced)
{
	cr_assert_eq(control_socket_listen(path, 0660, &fd), ST_OK);
	close(fd);
	cr_assert(!is_answered());
	cr_assert_eq(control_socket_listen(path, 0660, &fd), ST_OK);
	cr_assert(is_answered());
}

Test(control_socket, another_process_at_the_path_is_busy_and_stays)
{
	int second;

	cr_assert_eq(control_socket_listen(path, 0660, &fd), ST_OK);
	cr_assert_eq(control_socket_listen(path, 0660, &second), ST_BUSY);
	cr_assert_eq(second, -1);
	cr_assert(is_answered());
}

Test(control_socket, another_process_that_is_busy_is_one_all_the_same)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int second;

	cr_assert_eq(control_socket_listen(path, 0660, &fd), ST_OK);
	strcpy(address.sun_path, path);
	/* Nobody accepts: its queue fills up. */
	for (int i = 0; i <= CONTROL_BACKLOG_COUNT; i++) {
		int peer = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

		(void)!connect(
		    peer, (struct sockaddr *)&address, sizeof address);
	}
	cr_assert_eq(control_socket_listen(path, 0660, &second), ST_BUSY);
	cr_assert_eq(mode() & S_IFMT, S_IFSOCK);
}

Test(control_socket, another_file_at_the_path_stays)
{
	cr_assert_eq(mkdir(scratch_path(&at, "run"), 0755), 0);
	scratch_write(&at, "run/socket", SPAN_LIT("mine"));
	cr_assert_eq(control_socket_listen(path, 0660, &fd), ST_CONFIG);
	cr_assert_eq(fd, -1);
	cr_assert_eq(mode() & S_IFMT, S_IFREG);
	cr_assert_eq(unlink(path), 0);
	cr_assert_eq(symlink("nowhere", path), 0);
	cr_assert_eq(control_socket_listen(path, 0660, &fd), ST_CONFIG);
	cr_assert_eq(mode() & S_IFMT, S_IFLNK);
}

Test(control_socket, paths_that_cannot_be)
{
	char longer[300];

	memset(longer, 'a', sizeof longer);
	longer[0] = '/';
	longer[sizeof longer - 1] = '\0';
	cr_assert_eq(control_socket_listen(longer, 0660, &fd), ST_CONFIG);
	snprintf(path, sizeof path, "%s/no/such/socket", at.dir);
	cr_assert_eq(control_socket_listen(path, 0660, &fd), ST_IO);
	scratch_write(&at, "file", SPAN_LIT("mine"));
	snprintf(path, sizeof path, "%s/file/socket", at.dir);
	cr_assert_eq(control_socket_listen(path, 0660, &fd), ST_IO);
	cr_assert_eq(fd, -1);
}
