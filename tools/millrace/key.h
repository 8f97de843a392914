/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_TOOLS_KEY_H
#define MILLRACE_TOOLS_KEY_H

/* The noun `key` of the command: see millrace-key(1). */

#include "tools/millrace/command.h"

extern const struct command key_commands[];

/* Its verbs that print tables. */
int key_list_command(const struct command *command, int argc, char **argv);
int key_check_command(const struct command *command, int argc, char **argv);

#endif
