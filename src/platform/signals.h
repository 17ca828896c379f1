/* SPDX-License-Identifier: MIT */
/*
 * signals.h - SIGTERM and SIGINT as something to wait for.
 *
 * The two are blocked and read from a descriptor (signalfd(2)) by the event
 * loop, so that no code of ours ever runs inside a signal handler and no
 * write is torn by one.  SIGPIPE is ignored: a closed peer is an error of
 * write(2).  One process, one thread.
 */
#ifndef PLATFORM_SIGNALS_H
#define PLATFORM_SIGNALS_H

#include <signal.h>

#include "base/st.h"

struct signals {
	int fd; /* readable when a signal waits; -1 when not open */
	sigset_t before;
};

/* Block, ignore, open.  ST_OK; ST_IO (errno says why), nothing changed. */
enum st signals_open(struct signals *s) MUST_CHECK;

/* The next signal that waits, SIGTERM or SIGINT, or 0.  Never blocks. */
int signals_take(struct signals *s);

/* Close and give the mask back; SIGPIPE stays ignored.  A signal that still
 * waits is then delivered. */
void signals_close(struct signals *s);

#endif
