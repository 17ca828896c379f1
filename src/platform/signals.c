/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L

#include "platform/signals.h"

#include <errno.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum st
signals_open(struct signals *s)
{
	sigset_t ours;
	int saved;

	s->fd = -1;
	sigemptyset(&ours);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGINT);
	if (sigprocmask(SIG_BLOCK, &ours, &s->before) != 0)
		return ST_IO;
	s->fd = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->fd < 0) {
		saved = errno;
		(void)sigprocmask(SIG_SETMASK, &s->before, NULL);
		errno = saved;
		return ST_IO;
	}
	/* Cannot fail: the number and the action are valid. */
	(void)sigaction(
	    SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
	return ST_OK;
}

int
signals_take(struct signals *s)
{
	struct signalfd_siginfo got;
	ssize_t n;

	do
		n = read(s->fd, &got, sizeof got);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof got ? (int)got.ssi_signo : 0;
}

void
signals_close(struct signals *s)
{
	if (s->fd < 0)
		return;
	(void)close(s->fd);
	s->fd = -1;
	(void)sigprocmask(SIG_SETMASK, &s->before, NULL);
}
