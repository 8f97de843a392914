/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DAEMON_SIGNALS_H
#define MILLRACE_DAEMON_SIGNALS_H

/*
 * The signals a daemon obeys, taken one at a time by the main thread and by no handler.
 */

enum daemon_signal {
	DAEMON_SIGNAL_NONE,
	DAEMON_SIGNAL_RELOAD, /* SIGUSR1, SIGHUP */
	DAEMON_SIGNAL_STOP,   /* SIGTERM, SIGINT */
};

/* Blocks them in this thread and those it will start, and ignores SIGPIPE. Before any thread. */
void daemon_signals_block(void);

/* The next one, or NONE when none came within `milliseconds`. Main thread. */
enum daemon_signal daemon_signals_wait(unsigned milliseconds);

#endif
