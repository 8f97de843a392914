/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows which signals mean what. Refuses to know what is done about them. They stay blocked
 * in every thread and are fetched here, by the main thread, with sigtimedwait: never with
 * sigwait, which shared/milter keeps from libmilter's own signal thread.
 */

#include <signal.h>
#include <stddef.h>
#include <time.h>

#include "shared/daemon/signals.h"

static void fill_set(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGUSR1);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
}

void daemon_signals_block(void)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t set;

	fill_set(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

enum daemon_signal daemon_signals_wait(unsigned milliseconds)
{
	struct timespec timeout = { .tv_sec = milliseconds / 1000,
				    .tv_nsec = (long)(milliseconds % 1000) * 1000000 };
	sigset_t set;

	fill_set(&set);
	switch (sigtimedwait(&set, NULL, &timeout)) {
	case SIGUSR1:
	case SIGHUP:
		return DAEMON_SIGNAL_RELOAD;
	case SIGTERM:
	case SIGINT:
		return DAEMON_SIGNAL_STOP;
	default:
		return DAEMON_SIGNAL_NONE;
	}
}
