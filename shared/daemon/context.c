/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows which context is the present one. Refuses to know what a context holds. Part of the
 * one process-wide daemon state: sessions start on threads that carry no pointer of ours.
 * Acquire and release: any thread; the lock is held for the increment of one counter.
 */

#include <glib.h>

#include "shared/daemon/context.h"
#include "shared/daemon/daemon.h"

static struct {
	GMutex lock;
	void *current;
	void (*clear)(void *context); /* set before there are threads */
} present;

void daemon_context_init(void (*clear)(void *context))
{
	present.clear = clear;
}

void daemon_context_swap(void *context)
{
	void *before;

	g_mutex_lock(&present.lock);
	before = present.current;
	present.current = context;
	g_mutex_unlock(&present.lock);
	daemon_context_release(before);
}

void *daemon_context_acquire(void)
{
	void *context;

	g_mutex_lock(&present.lock);
	context = present.current ? g_atomic_rc_box_acquire(present.current) : NULL;
	g_mutex_unlock(&present.lock);
	return context;
}

void daemon_context_release(void *context)
{
	if (context)
		g_atomic_rc_box_release_full(context, present.clear);
}
