/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows how root's rights are given up, and proves that they are gone. Refuses to know what
 * they were needed for. Main thread, before others exist.
 */

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "shared/base/error.h"
#include "shared/daemon/privileges.h"

/* The bounding set takes CAP_SETPCAP; without it no_new_privs alone has to do, and does. */
static void clear_bounding_set(void)
{
	capng_get_caps_process();
	if (!capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP))
		return;
	capng_clear(CAPNG_SELECT_BOUNDS);
	(void)capng_apply(CAPNG_SELECT_BOUNDS);
}

static bool clear_capabilities(GError **ret_error)
{
	capng_clear(CAPNG_SELECT_CAPS);
	if (capng_apply(CAPNG_SELECT_CAPS) < 0)
		return mr_error_set_errno(ret_error, errno, "cannot drop capabilities");
	return true;
}

static bool become(const char *user, GError **ret_error)
{
	const struct passwd *entry = getpwnam(user);

	if (!entry) {
		g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG, "there is no user \"%s\"", user);
		return false;
	}
	if (initgroups(user, entry->pw_gid) < 0)
		return mr_error_set_errno(ret_error, errno, "cannot take the groups of %s", user);
	if (setresgid(entry->pw_gid, entry->pw_gid, entry->pw_gid) < 0)
		return mr_error_set_errno(ret_error, errno, "cannot take the group of %s", user);
	if (setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) < 0)
		return mr_error_set_errno(ret_error, errno, "cannot become user %s", user);
	return true;
}

static bool prove_not_root(GError **ret_error)
{
	if (geteuid() != 0 && setuid(0) < 0)
		return true;
	g_set_error_literal(ret_error, MR_ERROR, MR_ERROR_SYSTEM,
			    "root's rights are still there after dropping them");
	return false;
}

bool daemon_privileges_drop(const char *user, GError **ret_error)
{
	bool was_root = geteuid() == 0;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return mr_error_set_errno(ret_error, errno, "cannot set no_new_privs");
	if (was_root && strcmp(user, "root") == 0)
		return true;
	clear_bounding_set();
	if (was_root && !become(user, ret_error))
		return false;
	return clear_capabilities(ret_error) && prove_not_root(ret_error);
}
