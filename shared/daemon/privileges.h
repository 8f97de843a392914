/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DAEMON_PRIVILEGES_H
#define MILLRACE_DAEMON_PRIVILEGES_H

#include <glib.h>
#include <stdbool.h>

/*
 * Becomes `user` with its groups and no others, without a capability, for good; no program
 * started from here can gain any (no_new_privs). A process that is not root's stays who it
 * is and only loses capabilities. `user` "root" keeps everything but new privileges.
 * Main thread, before there are others: capabilities belong to a thread.
 * CONFIG error for an unknown user, SYSTEM when the system refuses.
 */
bool daemon_privileges_drop(const char *user, GError **ret_error);

#endif
