/* SPDX-License-Identifier: MIT */
/*
 * watch.h - descriptors that the event loop waits for beside its transfers.
 *
 * Whoever owns descriptors appends them to a list before each wait and looks
 * at `ready` after it.
 */
#ifndef PLATFORM_WATCH_H
#define PLATFORM_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/st.h"

struct watch {
	int fd;
	bool write; /* wait until it can be written; else until readable */
	bool ready; /* set by the wait; also when it failed or was closed */
};

struct watch_list {
	struct watch at[WATCH_MAX_COUNT];
	size_t n;
};

/* A place in the list; -1 is passed over.  The index, or SIZE_MAX. */
static inline size_t
watch_add(struct watch_list *w, int fd, bool write)
{
	if (fd < 0 || w->n == WATCH_MAX_COUNT)
		return SIZE_MAX;
	w->at[w->n] = (struct watch){ fd, write, false };
	return w->n++;
}

/* Is the place that watch_add gave ready? */
static inline bool
watch_is_ready(const struct watch_list *w, size_t index)
{
	return index < w->n && w->at[index].ready;
}

/* Wait until one is ready or the time is over.  ST_OK, also after a signal;
 * ST_IO. */
enum st watch_wait(struct watch_list *w, int timeout_ms) MUST_CHECK;

#endif
