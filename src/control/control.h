/* SPDX-License-Identifier: MIT */
/*
 * control.h - a small HTTP/1.1 server on two Unix sockets.
 *
 * The control socket is for administrators: root, the user that we run as,
 * and members of the socket's group.  The status socket is for everybody and
 * has only the routes that say so.  What the routes do is their owner's: a
 * table of handlers is passed in, a handler answers at once, and a long answer
 * is made piece by piece as the peer reads it.
 *
 *	accept -> read head -> read body -> handler -> write pieces -> close
 *	            |  5 s for both    |                | while it moves |
 *
 * One request a connection, CONTROL_CONNECTION_MAX_COUNT of them, one body at a
 * time.  Nothing here blocks and each call does a bounded amount of work, so
 * that no peer can hold up the poll schedule.
 */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include <sys/types.h>

#include "base/limits.h"
#include "control/control_request.h"
#include "platform/watch.h"

/* What a `more` says. */
enum control_more {
	CONTROL_PIECE, /* `out` holds the next piece */
	CONTROL_LATER, /* nothing yet, and nothing in `out`: ask again */
	CONTROL_END,   /* that was all; `out` is not looked at */
};

typedef enum control_more control_more(
    void *ctx, uint64_t *state, struct buf *out);

/* What a handler gets and fills. */
struct control_call {
	const struct control_request *request;
	char arg[CONTROL_ARG_MAX_COUNT][CONTROL_ARG_MAX_BYTES]; /* each "*" */
	struct span body;
	uid_t uid;        /* whose process it is */
	struct span user; /* whom it acts for: set by `admit`; else absent */
	struct buf *out;  /* the answer's body, or its first piece */
	const char *type; /* of the body; JSON unless set */
	char etag[CONTROL_ETAG_MAX_BYTES]; /* "" none; else with its quotes */
	control_more *more;                /* NULL: what is in `out` was all */
	uint64_t state;                    /* of `more`, from the handler on */
	/* Once, when the connection of an answer with `more` ends, however it
	 * does; may be NULL. */
	void (*ended)(void *ctx, uint64_t state);
};

/*
 * What answers a request.  ctx is the settings' one.
 *
 * returns  the status, with `out` filled.  All spans of the call are gone when
 *          it returns.
 *
 * `more` gets an empty `out` each time.  A piece that does not fit (out->cut)
 * ends the connection in the middle of the answer, which the peer can see.  An
 * answer that waits (CONTROL_LATER) is asked again with every control_step, and
 * no time limit runs until it has something to say; from its first wait on only
 * a peer that takes nothing is given up, however long the answer is.
 */
typedef unsigned control_handler(void *ctx, struct control_call *call);

struct control_route {
	enum control_method method;
	bool is_public;   /* on the status socket too */
	const char *path; /* "/v1/connectors/" "*" "/test" */
	control_handler *handler;
};

struct control_settings {
	const char *path;        /* control socket; NULL: none */
	const char *status_path; /* NULL: none */
	const struct control_route *routes;
	size_t route_count;
	/* Asked about each request at the control socket before its route is
	 * looked for: 0, or the status of the answer that it has made.  May be
	 * NULL: every peer may use all. */
	control_handler *admit;
	void *ctx;
};

enum control_state {
	CONTROL_FREE,
	CONTROL_IN_HEAD,
	CONTROL_IN_BODY,
	CONTROL_ANSWERING,
	CONTROL_WAITING, /* for its `more` */
};

/* Private; see control.c. */
struct control_connection {
	enum control_state state;
	int fd;
	bool is_public;
	uid_t uid;
	size_t watch;
	int64_t begun_ms, moved_ms;
	struct control_request request; /* into `buffer` */
	size_t head_n, n, sent;
	control_more *more;
	uint64_t more_state;
	bool has_waited; /* its answer goes on for as long as it likes */
	void (*ended)(void *ctx, uint64_t state);
	uint8_t *buffer; /* the head; then what is to be sent */
};

struct control {
	struct control_settings settings;
	int fd[2]; /* control, status */
	size_t watch[2];
	gid_t gid; /* of the control socket */
	struct control_connection connection[CONTROL_CONNECTION_MAX_COUNT];
	struct control_connection *body_owner;
	size_t body_n;
	uint64_t refused; /* connections without a place */
	/* Memory that nobody needs is not touched: the first are used first. */
	uint8_t piece[CONTROL_PIECE_MAX_BYTES];
	uint8_t buffer[CONTROL_CONNECTION_MAX_COUNT][CONTROL_BUFFER_BYTES];
	uint8_t body[CONTROL_BODY_MAX_BYTES];
};

/*
 * control_open - bind and listen.
 *
 * c        all zero, or after control_close
 * settings copied; what it points to is borrowed until control_close
 * returns  ST_OK; ST_BUSY another process answers at one of the paths;
 *          ST_CONFIG a path is too long or something else stands there; ST_IO
 *          (errno).  Unless ST_OK nothing is left open.
 * A socket file that nobody answers is what a crash left: it is replaced.  The
 * folder is made when it is missing.  Modes are 0660 and 0666 from the first
 * moment on.
 */
enum st control_open(
    struct control *c, const struct control_settings *settings) MUST_CHECK;

/* Close all and remove the socket files. */
void control_close(struct control *c);

/* Append what is to be waited for. */
void control_watch(struct control *c, struct watch_list *w);

/*
 * control_step - accept, read, answer: what can be done now.
 *
 * w        the list of control_watch, after the wait
 * now_ms   monotonic
 * cost     at most CONTROL_ACCEPT_MAX_COUNT connections accepted on each socket
 *          and one buffer read or written on each connection; handlers run
 *          inside
 */
void control_step(
    struct control *c, const struct watch_list *w, int64_t now_ms);

/* Milliseconds until some time limit of a connection passes, at most `most`. */
uint32_t control_wait_ms(
    const struct control *c, int64_t now_ms, uint32_t most);

/* {"error":{"code":…,"message":…,"setting":…}} into call->out; the status. */
unsigned control_error(struct control_call *call, unsigned status,
    const char *code, const char *message, const char *setting);

#endif
