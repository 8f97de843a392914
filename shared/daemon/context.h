/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DAEMON_CONTEXT_H
#define MILLRACE_DAEMON_CONTEXT_H

/*
 * The present context: the one reference that the process itself holds, and its exchange.
 * daemon_context_acquire and _release, for everybody, stand in daemon.h.
 */

/* How the inside of every context of this process is freed. Once, before the first swap. */
void daemon_context_init(void (*clear)(void *context));

/*
 * Takes over the caller's reference to `context` and makes it the present one; releases the
 * one before, which dies when the last session lets go of it. Main thread.
 */
void daemon_context_swap(void *context);

#endif
