/* SPDX-License-Identifier: MIT */
/*
 * command_ask.h - how a command has the running daemon do its work.
 *
 * The daemon holds the state directory, so a command asks it over the control
 * socket.  Where nobody listens the command does the work itself, under the
 * state lock.  What the daemon refuses becomes one line on stderr and an exit
 * code here, the same for all commands.
 */
#ifndef COMMAND_COMMAND_ASK_H
#define COMMAND_COMMAND_ASK_H

#include "app/app.h"

/* No exit code: no daemon listens, and nothing was said. */
#define COMMAND_NOBODY (-1)

struct command_ask {
	/* The question, as in struct control_question. */
	const char *method; /* "GET" */
	const char *target; /* "/v1/workunits?limit=20": percent-encoded */
	const char *if_match;
	struct span body;
	uint32_t wait_ms;
	/* Gets the body of a 2xx piece by piece; false: enough.  NULL: nobody
	 * wants it. */
	bool (*take)(void *ctx, struct span piece);
	void *ctx;

	/* The answer. */
	unsigned status;                     /* 200 …; 0: there was none */
	char etag[CONTROL_ETAG_MAX_BYTES];   /* "" without one */
	char code[DIAGNOSIS_CODE_MAX_BYTES]; /* of an error; "" without one */
};

/*
 * command_ask - put a question to the daemon at a->control_path.
 *
 * a        app_socket_paths or app_find_sockets has set the path
 * what     the command, to begin the line on stderr: "secret set"
 * returns  EXIT_DONE       2xx, and `take` got all of it, or had enough
 *          COMMAND_NOBODY  nobody listens there
 *          EXIT_USAGE      400, 404: no such thing
 *          EXIT_REFUSED    403, or the socket is not for this user
 *          EXIT_SETTING    422
 *          EXIT_REPLY      413, 415
 *          EXIT_TEMPORARY  409, 412, 503 and the like, silence, no whole answer
 *          EXIT_INTERNAL   500 and what this version does not know
 *          Unless EXIT_DONE or COMMAND_NOBODY it has been said on stderr, with
 *          the setting that the daemon named.
 */
int command_ask(struct app *a, const char *what, struct command_ask *ask);

/* Index a JSON answer, at most APP_STATUS_TOKEN_MAX_COUNT tokens, which are in
 * a->u.status.  False, said, when it is none: EXIT_REPLY. */
bool command_ask_read(struct app *a, struct span body, struct json_doc *doc);

/* A `take` whose ctx is a struct buf: appends, and ends when it is full. */
bool command_ask_append(void *ctx, struct span piece);

#endif
