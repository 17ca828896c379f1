/* SPDX-License-Identifier: MIT */
/*
 * command_hold.h - who does what a command is to change: the daemon that has
 * this state directory, or the command itself.
 *
 * The lock decides, not the socket: what answers at the usual place may be the
 * daemon of another state directory.
 */
#ifndef COMMAND_COMMAND_HOLD_H
#define COMMAND_COMMAND_HOLD_H

#include "command/command_ask.h"

/* No exit code: a daemon has the state directory, or it is not ours to open;
 * the control socket's path is known. */
#define COMMAND_DAEMON (-2)

/*
 * command_hold - take the state directory for the rest of the process, or find
 * the daemon that has it.
 *
 * makes    make the directory when it is missing: the command writes
 * returns  EXIT_DONE we have it; COMMAND_DAEMON; else a code, said
 */
int command_hold(struct app *a, bool makes);

/* What we do not do ourselves, in one line on stderr; the exit code, as of
 * command_ask for the same status. */
int command_refuse(const char *what, const struct app_refusal *why);

/* "FILE: cannot be made: …" by errno, on stderr; where it was not allowed, that
 * the command works as the owner of the state directory. */
void command_say_unmade(const char *file);

/* The result of command_ask, with COMMAND_NOBODY said and made a code. */
int command_asked(struct app *a, int code);

#endif
