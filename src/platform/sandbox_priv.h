/* SPDX-License-Identifier: MIT */
/* Two steps of sandbox_enter; see sandbox.h. */
#ifndef PLATFORM_SANDBOX_PRIV_H
#define PLATFORM_SANDBOX_PRIV_H

#include "base/st.h"

/* sandbox_limits.c: no core, few descriptors, no further process.  Lowered
 * only.  NULL, or the step that failed (errno), a constant text. */
const char *sandbox_limits(void);

/* sandbox_filter.c: the system calls.  ST_OK: in force, or (*has_seccomp false)
 * left out of a build for the address sanitizer; ST_IO (errno). */
enum st sandbox_filter(bool *has_seccomp) MUST_CHECK;

#endif
