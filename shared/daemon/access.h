/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DAEMON_ACCESS_H
#define MILLRACE_DAEMON_ACCESS_H

/*
 * Whether the daemon's user will be able to read a file, asked before the daemon has become
 * that user: for the programs' checks. It is told from owners, groups and modes along the
 * whole path; where an access control list is in the way, the answer is yes, and opening
 * the file will tell.
 */

#include <glib.h>
#include <stdbool.h>

/*
 * `user` is the `user` option. A daemon that root did not start stays who it is, so then the
 * present user is asked about instead. The path may be a file or a folder (to be listed).
 * CONFIG error naming what is missing or in the way.
 */
bool daemon_user_can_read(const char *user, const char *path, GError **ret_error);

#endif
