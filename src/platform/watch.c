/* SPDX-License-Identifier: MIT */
#include "platform/watch.h"

#include <errno.h>
#include <poll.h>

enum st
watch_wait(struct watch_list *w, int timeout_ms)
{
	struct pollfd p[WATCH_MAX_COUNT];
	int n;

	for (size_t i = 0; i < w->n; i++)
		p[i] = (struct pollfd){ w->at[i].fd,
			w->at[i].write ? POLLOUT : POLLIN, 0 };
	n = poll(p, (nfds_t)w->n, timeout_ms);
	if (n < 0 && errno != EINTR)
		return ST_IO;
	for (size_t i = 0; i < w->n; i++)
		w->at[i].ready = n > 0 && p[i].revents != 0;
	return ST_OK;
}
