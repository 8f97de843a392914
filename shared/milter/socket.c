/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows how a listening place is claimed, given rights and given up. libmilter would take a living
 * instance's socket away and leave a dead one's lying; both are settled here by a lock file beside
 * the socket (held as long as the process lives) and by knocking. Main thread.
 */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "shared/base/error.h"
#include "shared/milter/socket.h"

static bool take_lock(const char *path, int *ret_fd, GError **ret_error)
{
	g_autofree char *lock_path = g_strconcat(path, ".lock", NULL);
	int fd = open(lock_path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return mr_error_set_errno(ret_error, errno, "cannot create %s", lock_path);
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		close(fd);
		g_set_error(ret_error, MR_ERROR, MR_ERROR_SYSTEM,
			    "another process serves %s: it holds %s", path, lock_path);
		return false;
	}
	*ret_fd = fd;
	return true;
}

/* 0: somebody answers; else the errno of connecting. */
static int knock(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int result = 0;

	if (fd < 0)
		return errno;
	g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		result = errno;
	close(fd);
	return result;
}

/* Makes way at `path`: nothing there, or a socket nobody listens on any more. */
static bool clear_stale(const char *path, GError **ret_error)
{
	struct stat status;
	int answer;

	if (lstat(path, &status) != 0) {
		if (errno == ENOENT)
			return true;
		return mr_error_set_errno(ret_error, errno, "cannot look at %s", path);
	}
	if (!S_ISSOCK(status.st_mode)) {
		g_set_error(ret_error, MR_ERROR, MR_ERROR_SYSTEM, "%s exists and is not a socket",
			    path);
		return false;
	}
	answer = knock(path);
	if (answer == ECONNREFUSED) {
		if (unlink(path) == 0)
			return true;
		return mr_error_set_errno(ret_error, errno, "cannot remove stale %s", path);
	}
	if (answer == 0) {
		g_set_error(ret_error, MR_ERROR, MR_ERROR_SYSTEM, "another process serves %s",
			    path);
		return false;
	}
	return mr_error_set_errno(ret_error, answer, "cannot tell whether %s is served", path);
}

static bool claim_unix(struct milter_socket *socket, const char *path, GError **ret_error)
{
	g_autofree char *folder = g_path_get_dirname(path);

	socket->engine_name = g_strconcat("unix:", path, NULL);
	if (!g_file_test(folder, G_FILE_TEST_IS_DIR)) {
		g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG,
			    "listen: the folder %s does not exist; make it with: "
			    "install -d -m 0750 -o millrace -g postfix %s",
			    folder, folder);
		return false;
	}
	return take_lock(path, &socket->lock_fd, ret_error) && clear_stale(path, ret_error);
}

static void claim_inet(struct milter_socket *socket, const struct daemon_endpoint *endpoint)
{
	const char *family = endpoint->kind == DAEMON_ENDPOINT_INET6 ? "inet6" : "inet";

	if (endpoint->host == NULL)
		socket->engine_name = g_strdup_printf("%s:%u", family, endpoint->port);
	else
		socket->engine_name =
			g_strdup_printf("%s:%u@%s", family, endpoint->port, endpoint->host);
}

static bool find_group(const char *name, gid_t *ret_group, GError **ret_error)
{
	struct group *entry;

	*ret_group = (gid_t)-1;
	if (name == NULL)
		return true;
	entry = getgrnam(name);
	if (entry == NULL) {
		g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG,
			    "socket_group: there is no group %s", name);
		return false;
	}
	*ret_group = entry->gr_gid;
	return true;
}

bool milter_socket_claim(const struct daemon_settings *settings, struct milter_socket *ret_socket,
			 GError **ret_error)
{
	struct milter_socket claimed = { .lock_fd = -1, .mode = (mode_t)settings->socket_mode };
	bool ok = true;

	if (!find_group(settings->socket_group, &claimed.group, ret_error) ||
	    !daemon_endpoint_parse(settings->listen, &claimed.endpoint, ret_error))
		return false;
	if (claimed.endpoint->kind == DAEMON_ENDPOINT_UNIX)
		ok = claim_unix(&claimed, claimed.endpoint->path, ret_error);
	else
		claim_inet(&claimed, claimed.endpoint);
	if (!ok) {
		if (claimed.lock_fd >= 0)
			close(claimed.lock_fd);
		daemon_endpoint_free(claimed.endpoint);
		g_free(claimed.engine_name);
		return false;
	}
	*ret_socket = claimed;
	return true;
}

bool milter_socket_create(const struct milter_socket *socket, bool (*open)(GError **ret_error),
			  GError **ret_error)
{
	mode_t saved;
	bool ok;

	if (socket->endpoint->kind != DAEMON_ENDPOINT_UNIX)
		return open(ret_error);
	/*
	 * The mode comes from the umask and the group by lchown: nothing is ever changed through a
	 * path that the daemon's user, who may own the folder, could have exchanged.
	 */
	saved = umask(0777 & ~socket->mode);
	ok = open(ret_error);
	umask(saved);
	if (ok && socket->group != (gid_t)-1 &&
	    lchown(socket->endpoint->path, (uid_t)-1, socket->group) != 0)
		return mr_error_set_errno(ret_error, errno, "cannot give %s to its group",
					  socket->endpoint->path);
	return ok;
}

void milter_socket_hide(const struct milter_socket *socket)
{
	if (socket->endpoint != NULL && socket->endpoint->kind == DAEMON_ENDPOINT_UNIX)
		(void)unlink(socket->endpoint->path);
}

void milter_socket_clear(struct milter_socket *socket)
{
	milter_socket_hide(socket);
	/* The lock file stays: to remove it would let two others each lock a file of that name. */
	if (socket->lock_fd >= 0)
		close(socket->lock_fd);
	daemon_endpoint_free(socket->endpoint);
	g_free(socket->engine_name);
	*socket = (struct milter_socket){ .lock_fd = -1 };
}
