/* SPDX-License-Identifier: MIT */
/* main_help.h - what --help says, of the program and of each command. */
#ifndef MAIN_MAIN_HELP_H
#define MAIN_MAIN_HELP_H

#include <stdbool.h>

#define MAIN_DEFAULT_STATE "/var/lib/wf-sentinel"

/* Is the word "--help", "-h" or "help"? */
bool main_is_help(const char *word);

/* Write the list of all commands, or with a command's name what there is to
 * know of it.  EXIT_DONE or EXIT_IO; -1 there is no such command. */
int main_help(const char *command);

#endif
