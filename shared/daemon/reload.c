/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows how a running daemon exchanges its configuration: all of it, or, when anything is
 * wrong, nothing. Refuses to know what the context holds. Main thread.
 */

#include "shared/daemon/context.h"
#include "shared/daemon/life.h"
#include "shared/daemon/limits.h"
#include "shared/daemon/loading.h"
#include "shared/daemon/notify.h"
#include "shared/log/event.h"
#include "shared/log/metrics.h"

static struct log_metric *counter(void)
{
	static const char *const labels[] = { "result", NULL };

	return log_metric_register(LOG_METRIC_COUNTER, "millrace_reloads_total",
				   "How often the configuration was read again.", labels);
}

static void count(bool ok, int64_t amount)
{
	log_metric_add(counter(), (const char *[]){ ok ? "success" : "failure" }, amount);
}

void daemon_life_count_reloads(void)
{
	count(true, 0);
	count(false, 0);
}

/* These were used while root's rights were there. */
static void warn_of_fixed(const struct daemon_settings *running,
			  const struct daemon_settings *fresh)
{
	const struct {
		const char *name;
		bool changed;
	} fixed[] = {
		{ "listen", g_strcmp0(running->listen, fresh->listen) != 0 },
		{ "socket_group", g_strcmp0(running->socket_group, fresh->socket_group) != 0 },
		{ "socket_mode", running->socket_mode != fresh->socket_mode },
		{ "user", g_strcmp0(running->user, fresh->user) != 0 },
		{ "metrics", g_strcmp0(running->metrics, fresh->metrics) != 0 },
		{ "sandbox", running->sandbox != fresh->sandbox },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(fixed); i++) {
		if (fixed[i].changed)
			log_line(LOG_LEVEL_WARN, "%s has changed: that takes a restart",
				 fixed[i].name);
	}
}

/* The copy borrows from the settings, which live on in the context, and that is the present one. */
static void apply(struct daemon_life *life, const struct daemon_settings *settings, void *context)
{
	life->running.log = settings->log;
	life->running.drain_timeout = settings->drain_timeout;
	log_open(life->ident, settings->log.to, settings->log.level);
	daemon_context_swap(context);
	life->engine->reconfigure(life->engine->state, settings);
}

static bool exchange(struct daemon_life *life, GError **ret_error)
{
	MR_AUTO(daemon_loaded) loaded = NULL;
	struct daemon_settings settings;
	void *context;

	if (!daemon_load(life->program, life->path, &loaded, ret_error))
		return false;
	settings = *daemon_loaded_common(loaded);
	context = daemon_loaded_to_context(loaded, ret_error);
	if (!context)
		return false;
	daemon_life_log_warnings(loaded->file);
	warn_of_fixed(&life->running, &settings);
	settings.max_connections = daemon_limits_raise(settings.max_connections);
	apply(life, &settings, context);
	return true;
}

void daemon_life_reload(struct daemon_life *life)
{
	g_autoptr(GError) error = NULL;
	bool ok;

	daemon_notify_reloading();
	ok = exchange(life, &error);
	count(ok, 1);
	if (ok) {
		log_line(LOG_LEVEL_INFO, "reloaded %s", life->path);
	} else {
		daemon_life_log_lines(LOG_LEVEL_ERROR, error->message);
		log_line(LOG_LEVEL_ERROR, "not reloaded: the configuration in use stays");
	}
	daemon_notify_ready();
}
