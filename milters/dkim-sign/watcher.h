/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_SIGN_WATCHER_H
#define MILLRACE_DKIM_SIGN_WATCHER_H

/*
 * The daemon's background look at published keys: a thread for each slice of key_watch.h, begun
 * when its time has come. struct daemon_program's tick and stopping; main thread.
 */

void sign_watcher_tick(void *context);
void sign_watcher_stopping(void);

#endif
