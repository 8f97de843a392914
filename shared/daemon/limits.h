/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DAEMON_LIMITS_H
#define MILLRACE_DAEMON_LIMITS_H

/*
 * File descriptors: one for each connection, and some for everything else.
 */

#include <stdint.h>

/*
 * Raises the limit of descriptors to what `max_connections` needs (0: as far as is sensible),
 * above the hard limit when root may. Returns how many connections there is room for: the
 * number asked for, or less, with a logged warning. Main thread.
 */
int64_t daemon_limits_raise(int64_t max_connections);

#endif
