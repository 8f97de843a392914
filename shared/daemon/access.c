/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows how owners, groups and modes along a path decide about reading. Refuses to know
 * what the file is for. Looks users up in ways that are not thread-safe: for the main thread,
 * at start and on reload.
 */

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "shared/base/error.h"
#include "shared/daemon/access.h"

struct identity {
	const char *name;
	uid_t uid;
	gid_t *groups;
	int n_groups;
};

enum right { RIGHT_SEARCH = 1, RIGHT_READ = 4 };

static const char *verb(enum right right)
{
	return right == RIGHT_SEARCH ? "search" : "read";
}

static bool identity_of_user(const char *user, struct identity *identity, GError **ret_error)
{
	const struct passwd *entry = getpwnam(user);

	if (!entry) {
		g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG, "there is no user \"%s\"", user);
		return false;
	}
	identity->name = user;
	identity->uid = entry->pw_uid;
	identity->n_groups = 32;
	identity->groups = g_new(gid_t, 32);
	if (getgrouplist(user, entry->pw_gid, identity->groups, &identity->n_groups) < 0) {
		identity->groups = g_renew(gid_t, identity->groups, identity->n_groups);
		getgrouplist(user, entry->pw_gid, identity->groups, &identity->n_groups);
	}
	return true;
}

static void identity_of_process(struct identity *identity)
{
	int n = MAX(getgroups(0, NULL), 0);

	identity->name = "this process";
	identity->uid = geteuid();
	identity->groups = g_new(gid_t, n + 1);
	n = getgroups(n, identity->groups);
	identity->n_groups = MAX(n, 0);
	identity->groups[identity->n_groups++] = getegid();
}

static bool is_member(const struct identity *identity, gid_t group)
{
	for (int i = 0; i < identity->n_groups; i++) {
		if (identity->groups[i] == group)
			return true;
	}
	return false;
}

static bool mode_grants(const struct identity *identity, const struct stat *status,
			enum right right)
{
	mode_t wanted = (mode_t)right;

	if (identity->uid == 0)
		return true;
	if (identity->uid == status->st_uid)
		return status->st_mode & (wanted << 6);
	if (is_member(identity, status->st_gid))
		return status->st_mode & (wanted << 3);
	return status->st_mode & wanted;
}

static bool check_one(const struct identity *identity, const char *path, enum right right,
		      GError **ret_error)
{
	struct stat status;

	if (stat(path, &status) < 0) {
		g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG, "%s: %s", path,
			    g_strerror(errno));
		return false;
	}
	if (mode_grants(identity, &status, right) ||
	    getxattr(path, "system.posix_acl_access", NULL, 0) > 0)
		return true;
	g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG,
		    "%s may not %s %s (mode %04o, owner %u, group %u)", identity->name, verb(right),
		    path, status.st_mode & 07777, status.st_uid, status.st_gid);
	return false;
}

/* Every folder above `path`, from the root down. */
static bool check_folders(const struct identity *identity, const char *path, GError **ret_error)
{
	for (const char *slash = path; slash; slash = strchr(slash + 1, '/')) {
		g_autofree char *folder = g_strndup(path, (size_t)(slash - path) + (slash == path));

		if (!check_one(identity, folder, RIGHT_SEARCH, ret_error))
			return false;
	}
	return true;
}

/* Symbolic links lead elsewhere: the way to the link counts, and the way to what it means. */
static bool check_path(const struct identity *identity, const char *path, GError **ret_error)
{
	g_autofree char *absolute = g_canonicalize_filename(path, NULL);
	char *real;
	bool ok;

	if (!check_folders(identity, absolute, ret_error) ||
	    !check_one(identity, absolute, RIGHT_READ, ret_error))
		return false;
	real = realpath(absolute, NULL);
	ok = !real || check_folders(identity, real, ret_error);
	free(real);
	return ok;
}

bool daemon_user_can_read(const char *user, const char *path, GError **ret_error)
{
	struct identity identity = { 0 };
	bool ok;

	if (geteuid() != 0)
		identity_of_process(&identity);
	else if (!identity_of_user(user, &identity, ret_error))
		return false;
	ok = check_path(&identity, path, ret_error);
	g_free(identity.groups);
	return ok;
}
