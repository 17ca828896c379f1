/* SPDX-License-Identifier: MIT */
#include "base/st.h"

static const char *const TEXT[] = {
#define X(code, text) [code] = text,
	ST_LIST(X)
#undef X
};

_Static_assert(sizeof TEXT / sizeof TEXT[0] == ST_COUNT, "one text per code");

const char *
st_text(enum st st)
{
	return (unsigned)st < ST_COUNT ? TEXT[st] : "?";
}
