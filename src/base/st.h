/* SPDX-License-Identifier: MIT */
/*
 * st.h - the one result type that every fallible function returns.
 *
 * A code says what the caller should do next, not what went wrong inside.
 * What went wrong is said once, where it was first seen: in the log, or in
 * the diagnosis that the function fills (health/diagnosis.h).
 */
#ifndef BASE_ST_H
#define BASE_ST_H

#include <stdbool.h>

/* clang-format off */
/*      code          text                             caller should       */
#define ST_LIST(X)                                                         \
	X(ST_OK,        "ok")                       /* carry on            */ \
	X(ST_AGAIN,     "not ready yet")            /* wait, call again    */ \
	X(ST_FULL,      "fixed limit reached")      /* drain, then retry   */ \
	X(ST_TIMEOUT,   "deadline passed")          /* back off, retry     */ \
	X(ST_IO,        "device or network failed") /* back off, retry     */ \
	X(ST_BUSY,      "held by another instance") /* stop, say so        */ \
	X(ST_DENIED,    "refused")                  /* stop, tell a human  */ \
	X(ST_NOT_FOUND, "not there")                /* caller's decision   */ \
	X(ST_CONFIG,    "setting is not usable")    /* stop, tell a human  */ \
	X(ST_MALFORM,   "input is not valid")       /* drop this input     */ \
	X(ST_CORRUPT,   "stored data fails its check") /* set aside, go on */
/* clang-format on */

enum st {
#define X(code, text) code,
	ST_LIST(X)
#undef X
	    ST_COUNT
};

#define MUST_CHECK __attribute__((warn_unused_result))

/*
 * st_text - words for logs and messages.
 *
 * returns  a constant text, never NULL; "?" for a value outside the list.
 */
const char *st_text(enum st st);

#endif
