/* SPDX-License-Identifier: MIT */
/*
 * relay_state.h - the states of a cycle and the moves between them.
 *
 *	idle -> token -> date -> read -> enrich -> idle
 *
 * token is skipped while the token is good, date is for the first look-back
 * only (it begins at Azure's time, not ours), read is skipped when only
 * enrichment is due.  Any state can end in idle with a diagnosis; read and
 * enrich go back to token once when a token is refused.
 */
#ifndef RELAY_RELAY_STATE_H
#define RELAY_RELAY_STATE_H

#define RELAY_TO(state) (1u << (state))

/* clang-format off */
#define RELAY_LIST(X)                                                        \
	X(RELAY_IDLE, "idle", RELAY_TO(RELAY_TOKEN))                         \
	X(RELAY_TOKEN, "token", RELAY_TO(RELAY_DATE) | RELAY_TO(RELAY_READ) | \
	    RELAY_TO(RELAY_ENRICH) | RELAY_TO(RELAY_IDLE))                   \
	X(RELAY_DATE, "date", RELAY_TO(RELAY_READ) | RELAY_TO(RELAY_TOKEN) | \
	    RELAY_TO(RELAY_IDLE))                                            \
	X(RELAY_READ, "read", RELAY_TO(RELAY_ENRICH) |                       \
	    RELAY_TO(RELAY_TOKEN) | RELAY_TO(RELAY_IDLE))                    \
	X(RELAY_ENRICH, "enrich", RELAY_TO(RELAY_TOKEN) |                    \
	    RELAY_TO(RELAY_IDLE))
/* clang-format on */

enum relay_state {
#define X(state, text, moves) state,
	RELAY_LIST(X)
#undef X
	    RELAY_STATE_COUNT
};

#endif
