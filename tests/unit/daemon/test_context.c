/* SPDX-License-Identifier: BSD-2-Clause */

#include <glib.h>

#include "shared/daemon/context.h"
#include "shared/daemon/daemon.h"

#define ALIVE 0x600dU

struct snapshot {
	unsigned state; /* ALIVE until cleared */
};

static gint cleared; /* how many snapshots have died; the test's own witness */

static void snapshot_clear(void *context)
{
	struct snapshot *snapshot = context;

	g_assert_cmpuint(snapshot->state, ==, ALIVE);
	snapshot->state = 0;
	g_atomic_int_inc(&cleared);
}

static struct snapshot *snapshot_new(void)
{
	struct snapshot *snapshot = g_atomic_rc_box_new0(struct snapshot);

	snapshot->state = ALIVE;
	return snapshot;
}

static void test_outlives_swap(void)
{
	struct snapshot *held, *present;

	cleared = 0;
	daemon_context_swap(snapshot_new());
	held = daemon_context_acquire();
	daemon_context_swap(snapshot_new());
	g_assert_cmpint(cleared, ==, 0);
	g_assert_cmpuint(held->state, ==, ALIVE);
	present = daemon_context_acquire();
	g_assert_true(present != held);
	daemon_context_release(held);
	g_assert_cmpint(cleared, ==, 1);
	daemon_context_release(present);
	g_assert_cmpint(cleared, ==, 1);
	daemon_context_swap(NULL);
	g_assert_cmpint(cleared, ==, 2);
	g_assert_null(daemon_context_acquire());
	daemon_context_release(NULL);
}

static void *hold_and_release(void *unused)
{
	(void)unused;
	for (unsigned i = 0; i < 20000; i++) {
		struct snapshot *snapshot = daemon_context_acquire();

		g_assert_cmpuint(snapshot->state, ==, ALIVE);
		daemon_context_release(snapshot);
	}
	return NULL;
}

static void test_threads(void)
{
	GThread *threads[4];

	cleared = 0;
	daemon_context_swap(snapshot_new());
	for (unsigned i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("session", hold_and_release, NULL);
	for (unsigned i = 0; i < 2000; i++)
		daemon_context_swap(snapshot_new());
	for (unsigned i = 0; i < G_N_ELEMENTS(threads); i++)
		g_thread_join(threads[i]);
	daemon_context_swap(NULL);
	g_assert_cmpint(cleared, ==, 2001);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	daemon_context_init(snapshot_clear);
	g_test_add_func("/daemon/context/outlives-swap", test_outlives_swap);
	g_test_add_func("/daemon/context/threads", test_threads);
	return g_test_run();
}
