/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DAEMON_ENDPOINT_H
#define MILLRACE_DAEMON_ENDPOINT_H

/*
 * Where a daemon listens, as the `listen` and `metrics` options write it:
 *
 *     unix:/PATH    inet:PORT    inet:PORT@HOST    inet6:PORT@HOST
 *
 * HOST is an address or a name; an IPv6 address may stand in brackets.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "shared/base/auto.h"

enum daemon_endpoint_kind {
	DAEMON_ENDPOINT_UNIX,
	DAEMON_ENDPOINT_INET,
	DAEMON_ENDPOINT_INET6,
};

struct daemon_endpoint {
	enum daemon_endpoint_kind kind;
	char *path;    /* unix: absolute, fits a socket address */
	char *host;    /* inet, inet6: without brackets; NULL: every address */
	uint16_t port; /* inet, inet6: never 0 */
};

/* CONFIG error saying what is wrong with the text. */
bool daemon_endpoint_parse(const char *text, struct daemon_endpoint **ret_endpoint,
			   GError **ret_error);
void daemon_endpoint_free(struct daemon_endpoint *endpoint);
MR_DEFINE_AUTO(daemon_endpoint, daemon_endpoint_free)

#endif
