/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows the order of a start: what must be opened while root's rights are there, what must
 * not begin before they are gone. The context is made by the daemon's user, so that what a
 * start can read a reload can too. Main thread, and the only one until the engine runs.
 */

#include <sys/stat.h>

#include "shared/daemon/context.h"
#include "shared/daemon/life.h"
#include "shared/daemon/limits.h"
#include "shared/daemon/loading.h"
#include "shared/daemon/metrics_server.h"
#include "shared/daemon/notify.h"
#include "shared/daemon/privileges.h"
#include "shared/daemon/sandbox.h"
#include "shared/log/event.h"
#include "shared/log/metrics.h"

static void remember(struct daemon_life *life, const struct daemon_settings *settings)
{
	life->running = (struct daemon_settings){
		.listen = g_strdup(settings->listen),
		.socket_group = g_strdup(settings->socket_group),
		.socket_mode = settings->socket_mode,
		.user = g_strdup(settings->user),
		.metrics = g_strdup(settings->metrics),
		.sandbox = settings->sandbox,
		.log = settings->log,
		.drain_timeout = settings->drain_timeout,
	};
}

/* Everything that may need root. */
static bool open_sockets(struct daemon_life *life, const struct daemon_settings *settings,
			 GError **ret_error)
{
	if (!life->engine->open(life->engine->state, settings, ret_error))
		return false;
	life->engine_open = true;
	return !settings->metrics ||
	       daemon_metrics_open(settings->metrics, &life->metrics_fd, ret_error);
}

static void register_metrics(const struct daemon_life *life)
{
	static const char *const labels[] = { "program", "version", NULL };
	struct log_metric *info = log_metric_register(LOG_METRIC_GAUGE, "millrace_build_info",
						      "Which program this is; always 1.", labels);
	struct log_metric *start =
		log_metric_register(LOG_METRIC_GAUGE, "millrace_start_time_seconds",
				    "When the process started, in seconds since 1970.", NULL);

	log_metric_set(info, (const char *[]){ life->ident, PACKAGE_VERSION }, 1);
	log_metric_set(start, NULL, g_get_real_time() / G_USEC_PER_SEC);
	daemon_life_count_reloads();
}

static bool make_context(const struct daemon_life *life, struct daemon_loaded *loaded,
			 GError **ret_error)
{
	void *context = daemon_loaded_to_context(loaded, ret_error);

	if (!context)
		return false;
	daemon_context_init(life->program->context_clear);
	daemon_context_swap(context);
	return true;
}

static bool call_started(const struct daemon_life *life, GError **ret_error)
{
	void *context;
	bool ok;

	if (!life->program->started)
		return true;
	context = daemon_context_acquire();
	ok = life->program->started(context, ret_error);
	daemon_context_release(context);
	return ok;
}

static void *run_engine(void *data)
{
	struct daemon_life *life = data;
	g_autoptr(GError) error = NULL;

	if (!life->engine->run(life->engine->state, &error) && error)
		log_line(LOG_LEVEL_ERROR, "the engine failed: %s", error->message);
	else
		log_line(LOG_LEVEL_ERROR, "the engine ended without being told to");
	atomic_store(&life->engine_ended, true);
	return NULL;
}

static bool start_engine(struct daemon_life *life, GError **ret_error)
{
	GThread *thread = g_thread_try_new("engine", run_engine, life, ret_error);

	if (thread)
		g_thread_unref(thread);
	return thread != NULL;
}

static bool confine(const struct daemon_life *life, GError **ret_error)
{
	return !life->running.sandbox || daemon_sandbox_enter(ret_error);
}

static bool start_metrics(const struct daemon_life *life, GError **ret_error)
{
	return life->metrics_fd < 0 || daemon_metrics_start(life->metrics_fd, ret_error);
}

bool daemon_life_start(struct daemon_life *life, GError **ret_error)
{
	MR_AUTO(daemon_loaded) loaded = NULL;
	struct daemon_settings *settings;

	umask(027);
	if (!daemon_load(life->program, life->path, &loaded, ret_error))
		return false;
	settings = daemon_loaded_common(loaded);
	remember(life, settings);
	log_open(life->ident, settings->log.to, settings->log.level);
	daemon_life_log_warnings(loaded->file);
	settings->max_connections = daemon_limits_raise(settings->max_connections);
	register_metrics(life);

	if (!open_sockets(life, settings, ret_error) ||
	    !daemon_privileges_drop(life->running.user, ret_error) ||
	    !make_context(life, loaded, ret_error) || !confine(life, ret_error) ||
	    !start_metrics(life, ret_error) || !call_started(life, ret_error) ||
	    !start_engine(life, ret_error))
		return false;
	log_line(LOG_LEVEL_INFO, "%s %s started, listening at %s", life->ident, PACKAGE_VERSION,
		 life->running.listen);
	daemon_notify_ready();
	return true;
}
