/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DAEMON_DAEMON_H
#define MILLRACE_DAEMON_DAEMON_H

/*
 * The life of a daemon, from argv to exit code. A program hands over what is its own
 * (rows, checks, how a context is built from settings) and an engine that carries mail;
 * this module does the rest, the same for all four:
 *
 *   -c FILE, -t, -V, -h, --options; read and check the configuration; raise RLIMIT_NOFILE;
 *   open the engine's socket and the metrics port; load the context; drop privileges
 *   (user, supplementary groups, capabilities, no_new_privs); seccomp; READY=1;
 *   SIGUSR1 and SIGHUP: RELOADING=1, build a new context, swap it, READY=1, or keep the
 *   old one and log why; SIGTERM and SIGINT: STOPPING=1, drain, exit 0.
 *
 * Exit codes: 0 well, 64 wrong usage, 71 the system refused, 78 configuration.
 *
 * The context is the program's immutable, ref-counted snapshot (everything a message needs:
 * settings, keys, tables). A session takes a reference at its start and keeps it to its end.
 */

#include <glib.h>
#include <stdbool.h>

#include "shared/conf/conf.h"
#include "shared/daemon/settings.h"

/*
 * What carries events to the program; shared/milter provides one. Settings are borrowed for the
 * length of a call, and their max_connections is what descriptors allow, never 0.
 */
struct daemon_engine {
	void *state;
	/* Opens the listening socket, as root. */
	bool (*open)(void *state, const struct daemon_settings *settings, GError **ret_error);
	/* Serves until stop or failure; called in a thread of its own. */
	bool (*run)(void *state, GError **ret_error);
	/* From now on new messages get a temporary failure; those under way go on. */
	void (*drain)(void *state);
	/* How many messages are under way. */
	unsigned (*busy)(void *state);
	/* Options that may change on reload (idle_timeout, ...); sockets are not reopened. */
	void (*reconfigure)(void *state, const struct daemon_settings *settings);
	/* Removes the socket file and lock; the last call. */
	void (*close)(void *state);
	/* Appends the "smtpd_milters=" and "INPUT_MAIL_FILTER" lines that fit `listen`, for -t. */
	void (*describe)(const struct daemon_settings *settings, const char *name, GString *text);
};

/* What a program's context is built from; lives as long as the context. */
struct daemon_program {
	const char *name;     /* "dkim-sign": file names, log ident "millrace-dkim-sign" */
	const char *synopsis; /* one line for -h */
	const struct conf_row *rows;
	size_t settings_size; /* of the struct, whose first member is struct daemon_settings */

	/* Cross references, files: adds problems and warnings. Called by -t, start, reload. */
	void (*check)(struct conf_file *file, void *settings);
	/* Makes the context from checked settings. Takes over what `settings` owns on success
	 * (moves it into the context, g_atomic_rc_box allocated); on failure leaves it alone. */
	void *(*context_new)(void *settings, GError **ret_error);
	/* Frees the inside of a context when its last reference goes. */
	void (*context_clear)(void *context);

	/* Optional background work, called in the main thread about once a second with the present
	 * context; must not block for long (start threads for what does). */
	void (*tick)(void *context);
	/* Optional: once, after privileges are dropped and before READY. */
	bool (*started)(void *context, GError **ret_error);
	/* Optional: once, after draining. Ends what `started` and `tick` began. */
	void (*stopping)(void);
};

/* Never returns but with the exit code for main. */
int daemon_main(int argc, char **argv, const struct daemon_program *program,
		const struct daemon_engine *engine);

/* The present context with a reference of the caller's own; any thread. */
void *daemon_context_acquire(void);
void daemon_context_release(void *context);

#endif
