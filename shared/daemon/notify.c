/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows the service manager's datagrams. Refuses to know when the daemon is ready. Main
 * thread. (libsystemd would do the same, at the price of a large library in a process that
 * holds keys.)
 */

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib.h>

#include "shared/daemon/notify.h"
#include "shared/log/event.h"

static bool fill_address(const char *name, struct sockaddr_un *address, socklen_t *ret_length)
{
	size_t length = strlen(name);

	if ((name[0] != '/' && name[0] != '@') || length < 2 || length >= sizeof(address->sun_path))
		return false;
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, name, length);
	if (name[0] == '@')
		address->sun_path[0] = '\0'; /* abstract: the length counts, nothing ends it */
	*ret_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	return true;
}

static bool send_to(const char *name, const char *text)
{
	struct sockaddr_un address;
	socklen_t length;
	ssize_t sent;
	int fd;

	if (!fill_address(name, &address, &length)) {
		errno = EINVAL;
		return false;
	}
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	sent = sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&address, length);
	close(fd);
	return sent >= 0;
}

static void notify(const char *text)
{
	const char *name = g_getenv("NOTIFY_SOCKET");

	if (name && !send_to(name, text))
		log_line(LOG_LEVEL_DEBUG, "cannot notify %s: %s", name, g_strerror(errno));
}

void daemon_notify_ready(void)
{
	notify("READY=1");
}

void daemon_notify_reloading(void)
{
	g_autofree char *text = g_strdup_printf("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT,
						g_get_monotonic_time());

	notify(text);
}

void daemon_notify_stopping(void)
{
	notify("STOPPING=1");
}
