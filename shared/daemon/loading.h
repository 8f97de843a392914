/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DAEMON_LOADING_H
#define MILLRACE_DAEMON_LOADING_H

/*
 * From a configuration file to checked settings, the same way for -t, start and reload.
 */

#include <glib.h>
#include <stdbool.h>

#include "shared/daemon/daemon.h"

struct daemon_loaded {
	const struct daemon_program *program;
	struct conf_file *file; /* for its warnings */
	void *settings;		/* program->settings_size bytes; NULL once they became a context */
};

/* Reads, fills and checks. The error's message has a line for each problem. Main thread. */
bool daemon_load(const struct daemon_program *program, const char *path,
		 struct daemon_loaded **ret_loaded, GError **ret_error);
void daemon_loaded_free(struct daemon_loaded *loaded);
MR_DEFINE_AUTO(daemon_loaded, daemon_loaded_free)

/* The common options; borrowed. Until the settings became a context. */
struct daemon_settings *daemon_loaded_common(const struct daemon_loaded *loaded);

/* Makes the context; the settings are then its own. NULL and an error, settings kept, when
 * that fails. */
void *daemon_loaded_to_context(struct daemon_loaded *loaded, GError **ret_error);

#endif
