/* SPDX-License-Identifier: MIT */
/*
 * log_ring.h - the last lines of the log, in fixed memory.
 *
 * A line that is put overwrites the oldest ones, each as a whole.  Memory is
 * touched as far as it was ever used.
 */
#ifndef PLATFORM_LOG_RING_H
#define PLATFORM_LOG_RING_H

#include "base/limits.h"
#include "base/span.h"

/* All zero at first; private.  Places count all bytes that were ever put. */
struct log_ring {
	uint64_t oldest, end;
	uint8_t bytes[LOG_RING_BYTES];
};

/* Keep a line: 1..LOG_RING_BYTES bytes, of which the last is its only newline.
 * Copied. */
void log_ring_put(struct log_ring *r, struct span line);

/*
 * log_ring_before - the last line that ends at a place or before it.
 *
 * place    UINT64_MAX for the newest line; takes the place of what is before
 *          the line, for the next call
 * line     takes it, without its newline
 * returns  false: there is none, or it has been overwritten meanwhile
 */
bool log_ring_before(
    const struct log_ring *r, uint64_t *place, struct buf *line);

#endif
