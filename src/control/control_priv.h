/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_CONTROL_PRIV_H
#define CONTROL_CONTROL_PRIV_H

#include "control/control.h"

/* ---- control_socket.c --------------------------------------------------- */

/* A listening socket at `path`; *fd is -1 unless ST_OK.  As control_open. */
enum st control_socket_listen(
    const char *path, mode_t mode, int *fd) MUST_CHECK;

/* Who is at the other end: *uid, and whether it may use a socket of group
 * `gid`.  False too when the kernel does not say. */
bool control_socket_peer(int fd, gid_t gid, uid_t *uid);

/* ---- control_answer.c --------------------------------------------------- */

/* Find the route and run it; call->out holds the answer. */
unsigned control_answer_route(struct control *c,
    const struct control_connection *conn, struct control_call *call);

/* Status line and fields for a body in chunks. */
void control_answer_head(
    struct buf *b, unsigned status, const struct control_call *call);

/* One chunk; an empty one ends the body. */
void control_answer_chunk(struct buf *b, struct span data);

#endif
