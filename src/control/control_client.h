/* SPDX-License-Identifier: MIT */
/*
 * control_client.h - ask a daemon one question over a Unix socket.
 *
 * For commands: it waits.  The answer is one that control.c gives.
 */
#ifndef CONTROL_CONTROL_CLIENT_H
#define CONTROL_CONTROL_CLIENT_H

#include "base/span.h"

/*
 * control_client_get - GET a target.
 *
 * path     of the socket
 * target   "/v1/status"
 * body     what is answered is appended, without the chunks around it
 * status   of the answer, 200 …
 * returns  ST_OK; ST_NOT_FOUND nobody listens there; ST_DENIED the socket's
 *          mode keeps us out; ST_TIMEOUT no answer within
 *          CONTROL_CLIENT_WAIT_MS; ST_FULL it is longer than `body`;
 *          ST_MALFORM it is no whole answer; ST_IO.  Unless ST_OK `body` is as
 *          it was.
 */
enum st control_client_get(const char *path, const char *target,
    struct buf *body, unsigned *status) MUST_CHECK;

#endif
