/* SPDX-License-Identifier: BSD-2-Clause */

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/base/error.h"
#include "shared/base/file.h"

static char *folder;

static char *in_folder(const char *name)
{
	return g_build_filename(folder, name, NULL);
}

static unsigned count_files(void)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	unsigned count = 0;

	while (g_dir_read_name(dir) != NULL)
		count++;
	return count;
}

static void test_replace(void)
{
	static const mode_t modes[] = { 0600, 0640, 0644 };
	g_autofree char *path = in_folder("replaced");

	for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *text = NULL;
		struct stat status;
		size_t length;

		base_file_replace(path, "a\0b\n", i + 1, modes[i], &error);
		g_assert_no_error(error);
		g_assert_cmpint(stat(path, &status), ==, 0);
		g_assert_cmpuint(status.st_mode & 07777, ==, modes[i]);
		g_assert_true(base_file_read(path, 4, &text, &length, NULL));
		g_assert_cmpmem(text, (int)length, "a\0b\n", (int)i + 1);
		g_assert_cmpint(text[length], ==, '\0');
	}
	/* nothing was left beside it */
	g_assert_cmpuint(count_files(), ==, 1);
	g_assert_cmpint(g_unlink(path), ==, 0);
}

static void test_failures(void)
{
	g_autofree char *path = in_folder("large"), *no_folder = in_folder("none/file");
	char *text = NULL;
	size_t length;
	GError *error = NULL;

	g_assert_true(base_file_replace(path, "12345", 5, 0600, NULL));
	g_assert_false(base_file_read(path, 4, &text, &length, &error));
	g_assert_error(error, MR_ERROR, MR_ERROR_CONFIG);
	g_clear_error(&error);
	g_assert_false(base_file_read(folder, 4096, &text, &length, &error));
	g_assert_error(error, MR_ERROR, MR_ERROR_CONFIG);
	g_clear_error(&error);
	g_assert_false(base_file_read(no_folder, 4096, &text, &length, &error));
	g_assert_error(error, MR_ERROR, MR_ERROR_SYSTEM);
	g_clear_error(&error);
	g_assert_false(base_file_replace(no_folder, "x", 1, 0600, &error));
	g_assert_error(error, MR_ERROR, MR_ERROR_SYSTEM);
	g_clear_error(&error);
	/* a folder cannot be replaced, and what was written for it goes away */
	g_assert_false(base_file_replace(folder, "x", 1, 0600, &error));
	g_assert_error(error, MR_ERROR, MR_ERROR_SYSTEM);
	g_clear_error(&error);
	g_assert_null(text);
	g_assert_cmpint(g_unlink(path), ==, 0);
	g_assert_cmpuint(count_files(), ==, 0);
}

int main(int argc, char **argv)
{
	int failed;

	g_test_init(&argc, &argv, NULL);
	folder = g_dir_make_tmp("millrace-file-XXXXXX", NULL);
	g_test_add_func("/base/file/replace", test_replace);
	g_test_add_func("/base/file/failures", test_failures);
	failed = g_test_run();
	g_rmdir(folder);
	g_free(folder);
	return failed;
}
