/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keeps the one thread that may be looking at key records, and when it is due again. The state
 * is the process's, as daemon_main has one program: touched by the main thread alone, but for
 * what is atomic.
 */

#include <stdatomic.h>

#include "milters/dkim-sign/key_watch.h"
#include "milters/dkim-sign/watcher.h"
#include "shared/daemon/daemon.h"
#include "shared/log/event.h"

#define RETRY_SECONDS 60 /* when there is no resolver */

static struct {
	struct sign_key_watch *watch;
	GThread *thread;    /* NULL: none was begun, or it was joined */
	atomic_bool ended;  /* the thread is done, and `pause` is set */
	bool cancel;	    /* read by the thread */
	int64_t pause, due; /* seconds; monotonic seconds */
	const void *seen;   /* the context of the last tick, only to be told from another */
} watcher;

static struct dns_resolver *make_resolver(const struct daemon_resolver_settings *settings)
{
	const struct dns_resolver_options options = {
		.servers = (const char *const *)settings->servers,
		.timeout_ms = (int)settings->timeout_ms,
		.trust_anchor = settings->trust_anchor,
		.zone_file = settings->zone_file,
	};
	struct dns_resolver *resolver = NULL;
	g_autoptr(GError) error = NULL;

	if (!dns_resolver_new(&options, &resolver, &error))
		log_line(LOG_LEVEL_ERROR, "key records cannot be checked: %s", error->message);
	return resolver;
}

/* Holds a reference of the context. */
static void *look(void *context_of_any)
{
	const struct sign_context *context = context_of_any;
	MR_AUTO(dns_resolver) resolver = make_resolver(&context->settings.daemon.resolver);

	watcher.pause =
		resolver ? sign_key_watch_look(watcher.watch, context, resolver, &watcher.cancel)
			 : RETRY_SECONDS;
	daemon_context_release(context_of_any);
	atomic_store(&watcher.ended, true);
	return NULL;
}

static int64_t monotonic_seconds(void)
{
	return g_get_monotonic_time() / G_TIME_SPAN_SECOND;
}

static void begin(void)
{
	if (!watcher.watch)
		watcher.watch = sign_key_watch_new();
	atomic_store(&watcher.ended, false);
	watcher.thread = g_thread_new("key-watch", look, daemon_context_acquire());
}

void sign_watcher_tick(void *context_of_any)
{
	const struct sign_context *context = context_of_any;

	if (watcher.thread && atomic_load(&watcher.ended)) {
		g_thread_join(g_steal_pointer(&watcher.thread));
		watcher.due = monotonic_seconds() + watcher.pause;
	}
	if (context != watcher.seen)
		watcher.due = 0;
	watcher.seen = context;
	if (!watcher.thread && context->settings.key_check > 0 &&
	    monotonic_seconds() >= watcher.due)
		begin();
}

void sign_watcher_stopping(void)
{
	__atomic_store_n(&watcher.cancel, true, __ATOMIC_RELAXED);
	if (watcher.thread)
		g_thread_join(g_steal_pointer(&watcher.thread));
	g_clear_pointer(&watcher.watch, sign_key_watch_free);
}
