/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_TOOLS_SIGN_H
#define MILLRACE_TOOLS_SIGN_H

#include "tools/millrace/command.h"

/* `millrace sign` and `millrace sign explain`. */
extern const struct command sign_commands[];

#endif
