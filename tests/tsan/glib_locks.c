/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * To be preloaded into programs built with ThreadSanitizer: GLib's locks and reference counts
 * are made inside GLib, which is not instrumented, so that the sanitizer sees no order between
 * threads where there is one. These wrappers tell it, and call the real functions.
 *
 *     gcc -shared -fPIC -o glib_locks.so glib_locks.c $(pkg-config --cflags glib-2.0)
 *     LD_PRELOAD="libtsan.so.2 ./glib_locks.so" PROGRAM
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <glib.h>

void __tsan_acquire(void *address);
void __tsan_release(void *address);

#define REAL(function) ((__typeof__(&function))(guintptr)dlsym(RTLD_NEXT, #function))

void g_mutex_lock(GMutex *mutex)
{
	REAL(g_mutex_lock)(mutex);
	__tsan_acquire(mutex);
}

gboolean g_mutex_trylock(GMutex *mutex)
{
	gboolean locked = REAL(g_mutex_trylock)(mutex);

	if (locked)
		__tsan_acquire(mutex);
	return locked;
}

void g_mutex_unlock(GMutex *mutex)
{
	__tsan_release(mutex);
	REAL(g_mutex_unlock)(mutex);
}

void g_cond_wait(GCond *cond, GMutex *mutex)
{
	__tsan_release(mutex);
	REAL(g_cond_wait)(cond, mutex);
	__tsan_acquire(mutex);
}

gboolean g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end_time)
{
	gboolean signalled;

	__tsan_release(mutex);
	signalled = REAL(g_cond_wait_until)(cond, mutex, end_time);
	__tsan_acquire(mutex);
	return signalled;
}

gboolean(g_once_init_enter)(volatile void *location)
{
	gboolean first = REAL(g_once_init_enter)(location);

	__tsan_acquire((void *)(guintptr)location);
	return first;
}

void(g_once_init_leave)(volatile void *location, gsize result)
{
	__tsan_release((void *)(guintptr)location);
	REAL(g_once_init_leave)(location, result);
}

static __thread GDestroyNotify real_clear;

static void clear_ordered(void *box)
{
	__tsan_acquire(box);
	if (real_clear)
		real_clear(box);
}

/* Whoever lets go last has to see what all others did before they let go. */
void g_atomic_rc_box_release_full(void *box, GDestroyNotify clear)
{
	GDestroyNotify outer = real_clear;

	__tsan_release(box);
	real_clear = clear;
	REAL(g_atomic_rc_box_release_full)(box, clear_ordered);
	real_clear = outer;
}
