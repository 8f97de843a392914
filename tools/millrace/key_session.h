/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_TOOLS_KEY_SESSION_H
#define MILLRACE_TOOLS_KEY_SESSION_H

/*
 * What every `millrace key` command starts from: the signer's configuration, and what follows from
 * it. One thread.
 */

#include <glib.h>
#include <stdbool.h>

#include "milters/dkim-sign/published_key.h"
#include "milters/dkim-sign/settings.h"
#include "shared/base/auto.h"
#include "shared/dns/resolver.h"
#include "tools/millrace/key_store.h"

struct key_session {
	struct sign_settings settings;
	struct key_owner owner;
	int64_t now;
	struct dns_resolver *resolver; /* NULL until asked for */
};

/* `path` NULL: the installed file. Only what the file itself says is checked; what it names (keys,
 * sockets) may not exist yet. */
bool key_session_open(const char *path, struct key_session **ret_session, GError **ret_error);
void key_session_free(struct key_session *session); /* takes NULL */
MR_DEFINE_AUTO(key_session, key_session_free)

/* The key directory; CONFIG error when the configuration has none. */
bool key_session_directory(const struct key_session *session, const char **ret_path,
			   GError **ret_error);

/* Opens one domain's keys; `domain` as typed, U-labels too. */
bool key_session_open_store(const struct key_session *session, const char *domain,
			    enum key_store_mode mode, struct key_store **ret_store,
			    GError **ret_error);

/* The configured resolver, made when first asked for; owned by the session. */
bool key_session_resolver(struct key_session *session, struct dns_resolver **ret_resolver,
			  GError **ret_error);

/* When a query started now must have been answered, by g_get_monotonic_time(). */
int64_t key_session_deadline(const struct key_session *session);

#endif
