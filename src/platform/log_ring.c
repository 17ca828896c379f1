/* SPDX-License-Identifier: MIT */
#include "platform/log_ring.h"

#include <assert.h>

_Static_assert(LOG_RING_BYTES >= LOG_LINE_MAX_BYTES, "a line fits");

static uint8_t
byte_at(const struct log_ring *r, uint64_t place)
{
	return r->bytes[place % LOG_RING_BYTES];
}

void
log_ring_put(struct log_ring *r, struct span line)
{
	uint64_t end = r->end + line.n;

	assert(line.n != 0 && line.n <= LOG_RING_BYTES);
	/* The oldest is where a line begins: behind the newline of another. */
	while (end - r->oldest > LOG_RING_BYTES)
		while (byte_at(r, r->oldest++) != '\n')
			;
	for (size_t i = 0; i < line.n; i++)
		r->bytes[r->end++ % LOG_RING_BYTES] = line.p[i];
}

bool
log_ring_before(const struct log_ring *r, uint64_t *place, struct buf *line)
{
	uint64_t end = *place > r->end ? r->end : *place;
	uint64_t start;

	if (end <= r->oldest)
		return false;
	start = end - 1;
	while (start > r->oldest && byte_at(r, start - 1) != '\n')
		start--;
	for (uint64_t i = start; i < end - 1; i++)
		buf_put_byte(line, byte_at(r, i));
	*place = start;
	return true;
}
