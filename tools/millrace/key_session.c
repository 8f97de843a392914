/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows where `millrace key` takes its key directory, its resolver and the keys' owner from.
 * Refuses to know what is done with them. One thread.
 */

#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "shared/base/clock.h"
#include "shared/base/error.h"
#include "shared/mail/domain.h"
#include "tools/millrace/command.h"
#include "tools/millrace/key_session.h"

/* Root makes keys for the daemon; anyone else for himself. */
static bool find_owner(struct key_session *session, GError **ret_error)
{
	const char *name = session->settings.daemon.user;
	const struct passwd *user;

	if (geteuid() != 0 || name == NULL)
		return true;
	user = getpwnam(name);
	if (user == NULL) {
		g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG,
			    "there is no user \"%s\" (option \"user\")", name);
		return false;
	}
	session->owner.set = true;
	session->owner.group_may_read = session->settings.keys_readable_by_group;
	session->owner.user = session->owner.group_may_read ? 0 : user->pw_uid;
	session->owner.group = user->pw_gid;
	return true;
}

bool key_session_open(const char *path, struct key_session **ret_session, GError **ret_error)
{
	MR_AUTO(key_session) session = g_new0(struct key_session, 1);

	session->now = base_clock_now(&base_clock_system);
	if (!command_load_settings(path, "dkim-sign", sign_settings_rows, NULL, &session->settings,
				   sizeof(session->settings), ret_error) ||
	    !find_owner(session, ret_error))
		return false;
	*ret_session = g_steal_pointer(&session);
	return true;
}

void key_session_free(struct key_session *session)
{
	if (session == NULL)
		return;
	dns_resolver_free(session->resolver);
	conf_settings_clear(sign_settings_rows, &session->settings, sizeof(session->settings));
	g_free(session);
}

bool key_session_directory(const struct key_session *session, const char **ret_path,
			   GError **ret_error)
{
	if (session->settings.key_directory == NULL) {
		g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG,
			    "the configuration sets no key_directory");
		return false;
	}
	*ret_path = session->settings.key_directory;
	return true;
}

bool key_session_open_store(const struct key_session *session, const char *domain,
			    enum key_store_mode mode, struct key_store **ret_store,
			    GError **ret_error)
{
	struct slice typed = { domain, strlen(domain) };
	g_autofree char *ascii = NULL;
	const char *directory;

	return key_session_directory(session, &directory, ret_error) &&
	       mail_domain_to_ascii(typed, &ascii, ret_error) &&
	       key_store_open(directory, ascii, mode, &session->owner, ret_store, ret_error);
}

bool key_session_resolver(struct key_session *session, struct dns_resolver **ret_resolver,
			  GError **ret_error)
{
	const struct daemon_resolver_settings *settings = &session->settings.daemon.resolver;
	const struct dns_resolver_options options = {
		.servers = (const char *const *)settings->servers,
		.timeout_ms = (int)settings->timeout_ms,
		.trust_anchor = settings->trust_anchor,
		.zone_file = settings->zone_file,
	};

	if (session->resolver == NULL && !dns_resolver_new(&options, &session->resolver, ret_error))
		return false;
	*ret_resolver = session->resolver;
	return true;
}

int64_t key_session_deadline(const struct key_session *session)
{
	return g_get_monotonic_time() + session->settings.daemon.resolver.timeout_ms * 1000;
}
