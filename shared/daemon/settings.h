/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DAEMON_SETTINGS_H
#define MILLRACE_DAEMON_SETTINGS_H

/*
 * The options that all four daemons have in common. A daemon's settings struct has a
 * struct daemon_settings as its first member and splices daemon_settings_rows into its
 * table: { .type = CONF_ROWS, .offset = 0, .rows = daemon_settings_rows }.
 */

#include "shared/conf/conf.h"

enum daemon_on_failure { DAEMON_TEMPFAIL, DAEMON_ACCEPT };

struct daemon_log_settings {
	int to;	   /* enum log_target */
	int level; /* enum log_level */
};

struct daemon_resolver_settings {
	char **servers; /* "ADDRESS@PORT"; empty: the system's */
	int64_t timeout_ms;
	char *trust_anchor; /* file, or NULL */
	char *zone_file;    /* answers come from this file alone: for tests and dry runs; or NULL */
};

struct daemon_settings {
	char *listen; /* "unix:PATH", "inet:PORT@HOST", "inet6:PORT@HOST" */
	char *socket_group;
	int64_t socket_mode;
	char *user;
	int on_failure; /* enum daemon_on_failure */
	struct daemon_log_settings log;
	char *metrics; /* "inet:PORT@HOST" or NULL */
	struct daemon_resolver_settings resolver;
	int64_t idle_timeout;	 /* seconds after which a silent connection is closed */
	int64_t drain_timeout;	 /* seconds a stop waits for messages under way */
	int64_t max_connections; /* 0: as many as there are descriptors for; never 0 once started */
	bool sandbox;
};

extern const struct conf_row daemon_settings_rows[];
/* The resolver group's own rows, for `millrace` commands that read only it. */
extern const struct conf_row daemon_resolver_rows[];

/* Cross checks of the common options: socket and its folder, group, user, servers, files. */
void daemon_settings_check(struct conf_file *file, struct daemon_settings *settings);

#endif
