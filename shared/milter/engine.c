/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows how libmilter is started and stopped, as a struct daemon_engine. libmilter keeps its state
 * in globals, so there is one engine a process. open, drain, reconfigure and close are called by
 * the main thread, run by a thread of its own.
 */

#include <errno.h>

#include "shared/base/error.h"
#include "shared/milter/engine.h"
#include "shared/milter/libc_calls.h"

#define REAP_SECONDS 1
/*
 * When the last message has ended, its reply may still be in the hands of libmilter, which has no
 * call for "written". It writes it, a few bytes into a socket buffer that the MTA waits on, as the
 * next thing the same thread does after the callback. So the engine stays busy for this long after
 * a message's end.
 */
#define SETTLE_US (200 * 1000)

static struct milter_engine_state engine = { .socket.lock_fd = -1 };

struct milter_engine_state *milter_engine_state(void)
{
	return &engine;
}

static struct log_metric *counter(const char *name, const char *help)
{
	return log_metric_register(LOG_METRIC_COUNTER, name, help, NULL);
}

static void register_metrics(void)
{
	engine.connections_open =
		log_metric_register(LOG_METRIC_GAUGE, "millrace_milter_connections",
				    "Connections of the MTA that are open.", NULL);
	engine.connections_total = counter("millrace_milter_connections_total",
					   "Connections of the MTA since the start.");
	engine.messages_total =
		counter("millrace_milter_messages_total", "Messages that were begun (MAIL).");
	engine.edits_refused =
		counter("millrace_milter_edits_refused_total", "Edits that the MTA did not take.");
	engine.idle_closed = counter("millrace_milter_idle_closed_total",
				     "Connections closed after idle_timeout.");
}

static void apply(const struct daemon_settings *settings)
{
	atomic_store(&engine.on_failure, settings->on_failure);
	atomic_store(&engine.idle_timeout, settings->idle_timeout);
	libc_calls_set_limit((unsigned)settings->max_connections);
}

static bool register_with_library(const struct daemon_settings *settings, GError **ret_error)
{
	struct smfiDesc description = { .xxfi_name = (char *)(uintptr_t) "millrace",
					.xxfi_version = SMFI_VERSION,
					/* all that negotiation may ask for */
					.xxfi_flags = 0x1ff };
	int timeout = (int)CLAMP(settings->idle_timeout, 1, G_MAXINT);

	milter_callbacks_fill(&description);
	if (smfi_register(description) == MI_SUCCESS && smfi_settimeout(timeout) == MI_SUCCESS &&
	    smfi_setconn(engine.socket.engine_name) == MI_SUCCESS)
		return true;
	g_set_error(ret_error, MR_ERROR, MR_ERROR_SYSTEM, "libmilter does not take %s",
		    engine.socket.engine_name);
	return false;
}

static bool open_library_socket(GError **ret_error)
{
	errno = 0;
	if (smfi_opensocket(false) == MI_SUCCESS)
		return true;
	if (errno != 0)
		return mr_error_set_errno(ret_error, errno, "cannot listen on %s",
					  engine.socket.engine_name);
	g_set_error(ret_error, MR_ERROR, MR_ERROR_SYSTEM, "cannot listen on %s",
		    engine.socket.engine_name);
	return false;
}

static bool engine_open(void *state, const struct daemon_settings *settings, GError **ret_error)
{
	(void)state;
	if (!milter_socket_claim(settings, &engine.socket, ret_error))
		return false;
	apply(settings);
	return register_with_library(settings, ret_error) &&
	       milter_socket_create(&engine.socket, open_library_socket, ret_error);
}

static G_NORETURN void *reap_for_ever(void *unused)
{
	(void)unused;
	for (;;) {
		g_usleep(REAP_SECONDS * G_USEC_PER_SEC);
		log_metric_add(engine.idle_closed, NULL,
			       connections_reap(atomic_load(&engine.idle_timeout)));
	}
}

static bool engine_run(void *state, GError **ret_error)
{
	GThread *reaper = g_thread_try_new("reaper", reap_for_ever, NULL, ret_error);

	(void)state;
	if (reaper == NULL)
		return false;
	g_thread_unref(reaper);
	libc_calls_begin_listener();
	if (smfi_main() == MI_SUCCESS)
		return true;
	g_set_error(ret_error, MR_ERROR, MR_ERROR_SYSTEM, "libmilter ended with an error");
	return false;
}

static void engine_drain(void *state)
{
	(void)state;
	atomic_store(&engine.draining, true);
	milter_socket_hide(&engine.socket);
}

static unsigned engine_busy(void *state)
{
	unsigned messages = atomic_load(&engine.messages);

	(void)state;
	if (messages == 0 && g_get_monotonic_time() - atomic_load(&engine.last_end) < SETTLE_US)
		return 1;
	return messages;
}

static void engine_reconfigure(void *state, const struct daemon_settings *settings)
{
	(void)state;
	apply(settings);
}

static void engine_close(void *state)
{
	(void)state;
	milter_socket_clear(&engine.socket);
}

static void engine_describe(const struct daemon_settings *settings, const char *name, GString *text)
{
	g_autofree char *filter_name = g_strconcat("millrace-", name, NULL);
	MR_AUTO(daemon_endpoint) endpoint = NULL;

	if (daemon_endpoint_parse(settings->listen, &endpoint, NULL))
		milter_socket_describe(endpoint, filter_name, text);
}

const struct daemon_engine *milter_engine(const struct milter_handler *handler)
{
	static const struct daemon_engine table = {
		.state = &engine,
		.open = engine_open,
		.run = engine_run,
		.drain = engine_drain,
		.busy = engine_busy,
		.reconfigure = engine_reconfigure,
		.close = engine_close,
		.describe = engine_describe,
	};

	register_metrics();
	engine.handler = handler;
	return &table;
}
