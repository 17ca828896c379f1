/* SPDX-License-Identifier: MIT */
/* random.h - kernel randomness (getrandom(2)), the only source we use. */
#ifndef PLATFORM_RANDOM_H
#define PLATFORM_RANDOM_H

#include <stddef.h>

/* Fill p with n random bytes.  Waits for the pool at early boot; aborts when
 * the kernel refuses, since nothing secure could be done without. */
void random_bytes(void *p, size_t n);

#endif
