/* SPDX-License-Identifier: MIT */
/*
 * command.h - the commands of the command line, each in the file of its name.
 *
 * Each takes a struct app with the options set and returns the exit code; what
 * failed has been said on stderr, with the setting to correct in the last line.
 */
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H

#include "app/app.h"

int command_export(struct app *a);
int command_import(struct app *a);
/* workunits --follow, in command_follow.c: the last `limit` records, oldest
 * first, and each new one as it comes. */
int command_follow(struct app *a, uint64_t limit, bool as_json);

int command_run(struct app *a);
int command_secret(struct app *a);
int command_status(struct app *a);
int command_support(struct app *a);
int command_test(struct app *a);
int command_version(struct app *a);
int command_workunits(struct app *a);

#endif
