/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DAEMON_LIFE_H
#define MILLRACE_DAEMON_LIFE_H

/*
 * A daemon's life between its start and its exit code: what start.c, reload.c and life.c share.
 * All of it belongs to the main thread, but for the one flag.
 */

#include <glib.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "shared/daemon/daemon.h"
#include "shared/log/event.h"

struct daemon_life {
	const struct daemon_program *program;
	const struct daemon_engine *engine;
	const char *path;  /* of the configuration, absolute */
	const char *ident; /* "millrace-dkim-sign", for the log */
	/* What cannot change while the daemon runs: own copies of listen, socket_group,
	 * socket_mode, user, metrics and sandbox; and the present log target and drain_timeout. */
	struct daemon_settings running;
	int metrics_fd;		  /* -1: none */
	bool engine_open;	  /* must be closed at the end */
	atomic_bool engine_ended; /* set by the engine's thread when it stops serving by itself */
};

/*
 * Starts, serves, reloads and stops. Returns the exit code of a start that failed; once the
 * daemon has served, ends the process itself, since the engine's threads cannot be joined.
 */
int daemon_life_run(struct daemon_life *life);

/* From the configuration file to READY=1. What was opened when it fails is closed by _run. */
bool daemon_life_start(struct daemon_life *life, GError **ret_error);

/* Reads the file again and takes it over, or logs why not and changes nothing. */
void daemon_life_reload(struct daemon_life *life);

/* Registers the reload counter, so that it is served with 0 before the first reload. */
void daemon_life_count_reloads(void);

/* Logs each line of a text that has several. */
void daemon_life_log_lines(enum log_level level, const char *text);

/* Logs what -t would have shown of a configuration that is usable. */
void daemon_life_log_warnings(const struct conf_file *file);

#endif
