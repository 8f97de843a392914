/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows the order of things: what must be open before privileges go, what may start only
 * after, and what a stop waits for. Refuses to know what is served. The main thread runs
 * all of it; the engine serves on a thread of its own and leaves word here when it ends.
 */

#include <stdatomic.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "shared/base/error.h"
#include "shared/daemon/context.h"
#include "shared/daemon/lifecycle.h"
#include "shared/daemon/limits.h"
#include "shared/daemon/loading.h"
#include "shared/daemon/metrics_server.h"
#include "shared/daemon/notify.h"
#include "shared/daemon/privileges.h"
#include "shared/daemon/reload.h"
#include "shared/daemon/sandbox.h"
#include "shared/daemon/signals.h"
#include "shared/log/event.h"
#include "shared/log/metrics.h"

#define TICK_MILLISECONDS 1000u
#define DRAIN_MILLISECONDS 50u

struct life {
	const struct daemon_program *program;
	const struct daemon_engine *engine;
	struct daemon_reload *reload; /* what is running, and how it is exchanged */
	int metrics_fd;		      /* -1: none */
	atomic_bool engine_ended;
};

static void log_lines(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line; line++) {
		if (**line)
			log_line(LOG_LEVEL_ERROR, "%s", *line);
	}
}

/* A start that fails is watched by whoever typed it: where syslog got the reason, stderr does too. */
static int start_failed(const struct life *life, const char *ident, const GError *error)
{
	const struct daemon_settings *settings =
		life->reload ? daemon_reload_common(life->reload) : NULL;

	log_lines(error->message);
	if (settings && settings->log.to == LOG_TARGET_SYSLOG) {
		log_open(ident, LOG_TARGET_STDERR, LOG_LEVEL_ERROR);
		log_lines(error->message);
	}
	return g_error_matches(error, MR_ERROR, MR_ERROR_CONFIG) ? EX_CONFIG : EX_OSERR;
}
