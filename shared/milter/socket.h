/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_MILTER_SOCKET_H
#define MILLRACE_MILTER_SOCKET_H

/*
 * The place of the listening socket: whether it is free, who may use it, how an MTA names it. The
 * socket itself is opened by the engine. Main thread.
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "shared/daemon/endpoint.h"
#include "shared/daemon/settings.h"

struct milter_socket {
	struct daemon_endpoint *endpoint;
	char *engine_name; /* as libmilter wants it: "unix:/PATH", "inet:PORT@HOST" */
	int lock_fd;	   /* of PATH.lock; -1: none */
	mode_t mode;
	gid_t group; /* (gid_t)-1: the process's own */
};

/*
 * Takes the lock beside a unix socket, makes sure that no living process serves it and removes a
 * stale one. SYSTEM or CONFIG error otherwise; nothing is left behind then.
 */
bool milter_socket_claim(const struct daemon_settings *settings, struct milter_socket *ret_socket,
			 GError **ret_error);

/*
 * Calls `open`, which creates the socket file, so that it never has more rights than mode and group
 * give it.
 */
bool milter_socket_create(const struct milter_socket *socket, bool (*open)(GError **ret_error),
			  GError **ret_error);

/* New connections find nothing any more; the lock stays. */
void milter_socket_hide(const struct milter_socket *socket);

/* Hides it, gives the lock up and frees what is inside. */
void milter_socket_clear(struct milter_socket *socket);

/* Appends the lines for main.cf and sendmail.mc that fit the endpoint. */
void milter_socket_describe(const struct daemon_endpoint *endpoint, const char *filter_name,
			    GString *text);

#endif
