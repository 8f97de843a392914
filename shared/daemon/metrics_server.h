/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DAEMON_METRICS_SERVER_H
#define MILLRACE_DAEMON_METRICS_SERVER_H

/*
 * Serves the metrics registry at http://HOST:PORT/metrics, to GET and HEAD alone, from one thread
 * of its own. Opened in two steps, because the port may need root and the thread must not have
 * its rights. Main thread.
 */

#include <glib.h>
#include <stdbool.h>

/* Binds to the `metrics` option's place. CONFIG error when it does not resolve, SYSTEM when it
 * cannot be bound. The descriptor belongs to the caller until it is given to _start. */
bool daemon_metrics_open(const char *metrics, int *ret_fd, GError **ret_error);

/* Serves from now to the end of the process. Takes over `fd` on success. */
bool daemon_metrics_start(int fd, GError **ret_error);

#endif
