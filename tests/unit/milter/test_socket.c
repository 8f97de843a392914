/* SPDX-License-Identifier: BSD-2-Clause */

#include <glib.h>
#include <glib/gstdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "shared/base/error.h"
#include "shared/milter/socket.h"

static char *folder, *place;
static int bound = -1;

static bool bind_place(GError **ret_error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	(void)ret_error;
	g_strlcpy(address.sun_path, place, sizeof(address.sun_path));
	bound = socket(AF_UNIX, SOCK_STREAM, 0);
	return bind(bound, (struct sockaddr *)&address, sizeof(address)) == 0;
}

static bool claim(const char *path, struct milter_socket *socket, GError **ret_error)
{
	g_autofree char *listen = g_strconcat("unix:", path, NULL);
	struct daemon_settings settings = { .listen = listen, .socket_mode = 0640 };

	return milter_socket_claim(&settings, socket, ret_error);
}

static void assert_refused(const char *path, const char *reason)
{
	struct milter_socket socket;
	g_autoptr(GError) error = NULL;

	g_assert_false(claim(path, &socket, &error));
	g_test_message("%s", error->message);
	g_assert_nonnull(strstr(error->message, reason));
}

static void test_life(void)
{
	struct milter_socket socket;
	GError *error = NULL;
	struct stat status;

	g_assert_true(claim(place, &socket, &error));
	g_assert_true(milter_socket_create(&socket, bind_place, &error));
	g_assert_no_error(error);
	g_assert_cmpint(stat(place, &status), ==, 0);
	g_assert_cmpuint(status.st_mode & 07777, ==, 0640);
	milter_socket_clear(&socket);
	g_assert_cmpint(stat(place, &status), !=, 0);
	close(bound);
}

static void test_lock_is_respected(void)
{
	struct milter_socket first, second;
	GError *error = NULL;

	g_assert_true(claim(place, &first, &error));
	assert_refused(place, "another process serves");
	milter_socket_clear(&first);
	g_assert_true(claim(place, &second, &error));
	milter_socket_clear(&second);
}

static void test_listener_is_respected(void)
{
	g_assert_true(bind_place(NULL));
	g_assert_cmpint(listen(bound, 1), ==, 0);
	assert_refused(place, "another process serves");
	g_assert_true(g_file_test(place, G_FILE_TEST_EXISTS));
	close(bound);
	g_unlink(place);
}

static void test_stale_is_removed(void)
{
	struct milter_socket socket;
	GError *error = NULL;

	g_assert_true(bind_place(NULL));
	close(bound);
	g_assert_true(claim(place, &socket, &error));
	g_assert_false(g_file_test(place, G_FILE_TEST_EXISTS));
	milter_socket_clear(&socket);
}

static void test_what_is_no_socket_stays(void)
{
	g_assert_true(g_file_set_contents(place, "data", 4, NULL));
	assert_refused(place, "is not a socket");
	g_assert_cmpint(g_unlink(place), ==, 0);
	g_assert_cmpint(symlink("/nowhere", place), ==, 0);
	assert_refused(place, "is not a socket");
	g_assert_cmpint(g_unlink(place), ==, 0);
}

static void test_missing_folder_is_named(void)
{
	g_autofree char *path = g_build_filename(folder, "absent", "x.sock", NULL);

	assert_refused(path, "/absent does not exist");
}

int main(int argc, char **argv)
{
	int result;
	g_autofree char *lock = NULL;

	g_test_init(&argc, &argv, NULL);
	folder = g_dir_make_tmp("millrace-XXXXXX", NULL);
	place = g_build_filename(folder, "x.sock", NULL);
	lock = g_strconcat(place, ".lock", NULL);
	g_test_add_func("/milter/socket/life", test_life);
	g_test_add_func("/milter/socket/lock", test_lock_is_respected);
	g_test_add_func("/milter/socket/listener", test_listener_is_respected);
	g_test_add_func("/milter/socket/stale", test_stale_is_removed);
	g_test_add_func("/milter/socket/no-socket", test_what_is_no_socket_stays);
	g_test_add_func("/milter/socket/missing-folder", test_missing_folder_is_named);
	result = g_test_run();
	g_unlink(lock);
	g_rmdir(folder);
	g_free(place);
	g_free(folder);
	return result;
}
