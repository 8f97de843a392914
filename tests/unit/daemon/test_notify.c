/* SPDX-License-Identifier: BSD-2-Clause */

#include <glib.h>
#include <glib/gstdio.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "shared/daemon/notify.h"

/* A service manager's socket by its NOTIFY_SOCKET name. */
static int manager_listen(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(name);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	g_assert_cmpuint(length, <, sizeof(address.sun_path));
	memcpy(address.sun_path, name, length);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	g_assert_cmpint(bind(fd, (struct sockaddr *)&address,
			     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)),
			==, 0);
	g_setenv("NOTIFY_SOCKET", name, TRUE);
	return fd;
}

static char *manager_hear(int fd)
{
	char text[256];
	ssize_t length = recv(fd, text, sizeof(text), 0);

	return length < 0 ? NULL : g_strndup(text, (size_t)length);
}

static void hear_all(int fd)
{
	g_autofree char *ready = NULL, *reloading = NULL, *stopping = NULL;
	int64_t before, after, said;

	daemon_notify_ready();
	ready = manager_hear(fd);
	g_assert_cmpstr(ready, ==, "READY=1");

	before = g_get_monotonic_time();
	daemon_notify_reloading();
	after = g_get_monotonic_time();
	reloading = manager_hear(fd);
	g_assert_true(g_str_has_prefix(reloading, "RELOADING=1\nMONOTONIC_USEC="));
	said = g_ascii_strtoll(strrchr(reloading, '=') + 1, NULL, 10);
	g_assert_cmpint(said, >=, before);
	g_assert_cmpint(said, <=, after);

	daemon_notify_stopping();
	stopping = manager_hear(fd);
	g_assert_cmpstr(stopping, ==, "STOPPING=1");
	close(fd);
}

static void test_path(void)
{
	g_autofree char *folder = g_dir_make_tmp("millrace-XXXXXX", NULL);
	g_autofree char *name = g_build_filename(folder, "notify", NULL);

	hear_all(manager_listen(name));
	g_assert_cmpint(g_unlink(name), ==, 0);
	g_assert_cmpint(g_rmdir(folder), ==, 0);
}

static void test_abstract(void)
{
	g_autofree char *name = g_strdup_printf("@millrace-test-%d", (int)getpid());

	hear_all(manager_listen(name));
}

/* Nothing to observe but that the daemon goes on. */
static void test_nobody(void)
{
	g_autofree char *too_long = g_strnfill(200, '/');
	const char *names[] = { NULL, "", "@", "relative", "/nonexistent/notify", too_long };
	g_autofree char *name = g_strdup_printf("@millrace-other-%d", (int)getpid());
	int fd = manager_listen(name);

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		if (names[i])
			g_setenv("NOTIFY_SOCKET", names[i], TRUE);
		else
			g_unsetenv("NOTIFY_SOCKET");
		daemon_notify_ready();
	}
	g_assert_null(manager_hear(fd));
	close(fd);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/daemon/notify/path", test_path);
	g_test_add_func("/daemon/notify/abstract", test_abstract);
	g_test_add_func("/daemon/notify/nobody", test_nobody);
	return g_test_run();
}
