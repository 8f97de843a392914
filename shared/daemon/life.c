/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows what a daemon does between its start and its end: obey signals, tick, drain. Refuses
 * to know how it started (start.c) and how a configuration is exchanged (reload.c). Main
 * thread; the engine serves on a thread of its own.
 */

#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "shared/base/error.h"
#include "shared/daemon/life.h"
#include "shared/daemon/notify.h"
#include "shared/daemon/signals.h"
#include "shared/log/event.h"

#define TICK_MILLISECONDS 1000u
#define DRAIN_MILLISECONDS 20u

void daemon_life_log_lines(enum log_level level, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line; line++) {
		if (**line)
			log_line(level, "%s", *line);
	}
}

void daemon_life_log_warnings(const struct conf_file *file)
{
	const GPtrArray *warnings = conf_file_warnings(file);

	for (guint i = 0; i < warnings->len; i++)
		log_line(LOG_LEVEL_WARN, "%s", (const char *)g_ptr_array_index(warnings, i));
}

/* Whoever typed the command looks at the terminal: what syslog was told, stderr is told too. */
static int start_failed(const struct daemon_life *life, const GError *error)
{
	daemon_life_log_lines(LOG_LEVEL_ERROR, error->message);
	if (life->running.log.to == LOG_TARGET_SYSLOG) {
		log_open(life->ident, LOG_TARGET_STDERR, LOG_LEVEL_ERROR);
		daemon_life_log_lines(LOG_LEVEL_ERROR, error->message);
	}
	return g_error_matches(error, MR_ERROR, MR_ERROR_CONFIG) ? EX_CONFIG : EX_OSERR;
}

static void tick(const struct daemon_life *life)
{
	void *context;

	if (!life->program->tick)
		return;
	context = daemon_context_acquire();
	life->program->tick(context);
	daemon_context_release(context);
}

/* Returns on a signal to stop, or when the engine has ended by itself. */
static void serve(struct daemon_life *life)
{
	while (!atomic_load(&life->engine_ended)) {
		switch (daemon_signals_wait(TICK_MILLISECONDS)) {
		case DAEMON_SIGNAL_STOP:
			return;
		case DAEMON_SIGNAL_RELOAD:
			daemon_life_reload(life);
			break;
		case DAEMON_SIGNAL_NONE:
			tick(life);
			break;
		}
	}
}

/* Waits for the messages under way, but not for ever, and not when told to stop a second time. */
static void drain(const struct daemon_life *life)
{
	const struct daemon_engine *engine = life->engine;
	int64_t deadline = g_get_monotonic_time() + life->running.drain_timeout * G_USEC_PER_SEC;
	unsigned busy;

	engine->drain(engine->state);
	while ((busy = engine->busy(engine->state)) > 0) {
		if (g_get_monotonic_time() >= deadline)
			break;
		if (daemon_signals_wait(DRAIN_MILLISECONDS) == DAEMON_SIGNAL_STOP)
			break;
	}
	if (busy > 0)
		log_line(LOG_LEVEL_WARN, "stopping with %u messages under way", busy);
}

static void stop(struct daemon_life *life)
{
	log_line(LOG_LEVEL_INFO, "stopping");
	daemon_notify_stopping();
	drain(life);
	if (life->program->stopping)
		life->program->stopping();
}

static void close_engine(struct daemon_life *life)
{
	if (life->engine_open)
		life->engine->close(life->engine->state);
	life->engine_open = false;
}

static void forget(struct daemon_settings *running)
{
	g_clear_pointer(&running->listen, g_free);
	g_clear_pointer(&running->socket_group, g_free);
	g_clear_pointer(&running->user, g_free);
	g_clear_pointer(&running->metrics, g_free);
}

int daemon_life_run(struct daemon_life *life)
{
	g_autoptr(GError) error = NULL;
	int code = EX_OK;

	daemon_signals_block();
	if (!daemon_life_start(life, &error)) {
		code = start_failed(life, error);
		close_engine(life);
		forget(&life->running);
		return code;
	}
	serve(life);
	if (atomic_load(&life->engine_ended))
		code = EX_OSERR;
	stop(life);
	close_engine(life);
	log_line(LOG_LEVEL_INFO, "stopped");
	/* Sessions may still hold what exit's handlers would take apart. */
	fflush(NULL);
	_exit(code);
}
