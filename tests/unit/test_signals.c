/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "platform/signals.h"
#include "platform/watch.h"

static bool
is_readable(int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };

	return poll(&p, 1, 0) == 1;
}

Test(signals, term_and_int_make_the_descriptor_readable_and_are_taken_once)
{
	struct signals s;

	cr_assert_eq(signals_open(&s), ST_OK);
	cr_expect_not(is_readable(s.fd));
	cr_expect_eq(signals_take(&s), 0, "does not wait");
	raise(SIGTERM);
	cr_expect(is_readable(s.fd));
	cr_expect_eq(signals_take(&s), SIGTERM);
	cr_expect_eq(signals_take(&s), 0);
	raise(SIGINT);
	cr_expect_eq(signals_take(&s), SIGINT);
	signals_close(&s);
}

Test(signals, wait_ends_with_the_signal_or_with_its_time, .timeout = 10)
{
	struct watch_list w = { .n = 0 };
	struct signals s;
	size_t place;

	cr_assert_eq(signals_open(&s), ST_OK);
	place = watch_add(&w, s.fd, false);
	cr_expect_eq(watch_wait(&w, 1), ST_OK);
	cr_expect(!watch_is_ready(&w, place));
	raise(SIGTERM);
	cr_expect_eq(watch_wait(&w, 60000), ST_OK);
	cr_expect(watch_is_ready(&w, place));
	cr_expect_eq(signals_take(&s), SIGTERM);
	signals_close(&s);
}

Test(signals, descriptor_is_not_inherited)
{
	struct signals s;

	cr_assert_eq(signals_open(&s), ST_OK);
	cr_expect_eq(fcntl(s.fd, F_GETFD), FD_CLOEXEC);
	signals_close(&s);
	cr_expect_eq(s.fd, -1);
	signals_close(&s);
}

Test(signals, closed_pipe_is_an_error_and_no_signal)
{
	struct signals s;
	int ends[2];

	cr_assert_eq(signals_open(&s), ST_OK);
	cr_assert_eq(pipe(ends), 0);
	close(ends[0]);
	cr_expect_eq(write(ends[1], "x", 1), -1);
	cr_expect_eq(errno, EPIPE);
	signals_close(&s);
}

Test(signals, signal_that_waits_is_delivered_after_closing, .signal = SIGTERM)
{
	struct signals s;

	cr_assert_eq(signals_open(&s), ST_OK);
	raise(SIGTERM);
	signals_close(&s);
	cr_assert_fail("the mask was not given back");
}

Test(signals, without_descriptors_nothing_is_blocked)
{
	struct signals s;
	sigset_t now;
	int fd, last = -1;

	while ((fd = dup(0)) >= 0)
		last = fd;
	cr_assert_gt(last, 0);
	cr_expect_eq(signals_open(&s), ST_IO);
	cr_expect_eq(errno, EMFILE);
	cr_expect_eq(s.fd, -1);
	sigprocmask(SIG_BLOCK, NULL, &now);
	cr_expect_not(sigismember(&now, SIGTERM));
	signals_close(&s);
	close(last);
}
