/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DAEMON_NOTIFY_H
#define MILLRACE_DAEMON_NOTIFY_H

/*
 * What a service manager is told (sd_notify(3)'s protocol): a datagram to the socket that
 * NOTIFY_SOCKET names, a path or, with @, an abstract name. Without it nothing is sent. A
 * manager that does not listen is no error of ours: failures are logged at debug. Main thread.
 */

void daemon_notify_ready(void);
/* With the time it began, as Type=notify-reload asks; daemon_notify_ready ends it. */
void daemon_notify_reloading(void);
void daemon_notify_stopping(void);

#endif
