/* SPDX-License-Identifier: BSD-2-Clause */

#include <glib/gstdio.h>
#include <string.h>

#include "shared/base/error.h"
#include "shared/conf/conf.h"

struct settings {
	char *a;
	int64_t b;
};

static const struct conf_row rows[] = {
	{ "a", CONF_STRING, offsetof(struct settings, a), NULL, "A." },
	{ "b", CONF_INT, offsetof(struct settings, b), "1", "B.", 0, 5 },
	{ NULL },
};

struct folder {
	char *path, *main, *included;
};

static void folder_set_up(struct folder *folder, const void *data)
{
	folder->path = g_dir_make_tmp("millrace-conf-XXXXXX", NULL);
	folder->main = g_build_filename(folder->path, "main.conf", NULL);
	folder->included = g_build_filename(folder->path, "more.inc", NULL);
	(void)data;
}

static void folder_tear_down(struct folder *folder, const void *data)
{
	g_unlink(folder->main);
	g_unlink(folder->included);
	g_rmdir(folder->path);
	g_free(folder->path);
	g_free(folder->main);
	g_free(folder->included);
	(void)data;
}

static void write_file(const char *path, const char *text)
{
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void test_include(struct folder *folder, const void *data)
{
	MR_AUTO(conf_file) file = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *expected = NULL;
	struct settings settings;

	write_file(folder->main, "\n\nc = 1;\n@include \"more.inc\"\n");
	write_file(folder->included, "a = \"x\";\nb = 4294967297;\nbb = 1;\n");
	conf_file_read(folder->main, &file, &error);
	g_assert_no_error(error);
	conf_file_load(file, rows, &settings, sizeof(settings));
	g_assert_cmpstr(settings.a, ==, "x");
	conf_file_problem(file, &settings.a, "about a");
	g_assert_false(conf_file_check(file, &error));
	expected =
		g_strdup_printf("%s:3: unknown option \"c\"\n"
				"%s:1: about a\n"
				"%s:2: the number 4294967297 is too large (over 2147483647 an L "
				"has to follow)\n"
				"%s:3: unknown option \"bb\"; did you mean \"b\"?",
				folder->main, folder->included, folder->included, folder->included);
	g_assert_cmpstr(error->message, ==, expected);
	g_assert_cmpstr(conf_file_path(file), ==, folder->main);
	conf_settings_clear(rows, &settings, sizeof(settings));
	(void)data;
}

static void assert_unreadable(const char *path, enum mr_error category, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

static void assert_unreadable(const char *path, enum mr_error category, const char *format, ...)
{
	MR_AUTO(conf_file) file = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *expected = NULL;
	va_list arguments;

	va_start(arguments, format);
	expected = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_assert_false(conf_file_read(path, &file, &error));
	g_assert_null(file);
	g_assert_error(error, MR_ERROR, (int)category);
	g_assert_cmpstr(error->message, ==, expected);
}

static void test_broken_files(struct folder *folder, const void *data)
{
	assert_unreadable(folder->main, MR_ERROR_SYSTEM, "%s: No such file or directory",
			  folder->main);
	assert_unreadable(folder->path, MR_ERROR_SYSTEM, "%s: Is a directory", folder->path);
	write_file(folder->main, "a = \"x\";\n@include \"more.inc\"\n");
	assert_unreadable(folder->main, MR_ERROR_CONFIG, "%s:2: cannot open include file",
			  folder->main);
	write_file(folder->included, "\n\n;;=\n");
	assert_unreadable(folder->main, MR_ERROR_CONFIG,
			  "%s:3: syntax error here, or a quote, bracket or '=' is missing just "
			  "before",
			  folder->included);
	write_file(folder->included, "a = \"y\";");
	assert_unreadable(folder->main, MR_ERROR_CONFIG, "%s:1: this option is set a second time",
			  folder->included);
	g_assert_true(g_file_set_contents(folder->main, "a = 1;\0b", 8, NULL));
	assert_unreadable(folder->main, MR_ERROR_CONFIG, "%s: holds a NUL byte", folder->main);
	(void)data;
}

static void test_size_ceiling(struct folder *folder, const void *data)
{
	const size_t size = (16 << 20) + 1;
	g_autofree char *text = g_malloc(size);

	memset(text, '\n', size);
	g_assert_true(g_file_set_contents(folder->main, text, (gssize)size, NULL));
	assert_unreadable(folder->main, MR_ERROR_CONFIG,
			  "%s: larger than 16 MiB is no configuration", folder->main);
	(void)data;
}

static void test_text(void)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "a = 1;\na = 2;", "f:2: this option is set a second time" },
		{ "a = [1, \"x\"];", "f:1: an array [ ] takes values of one type only" },
		{ "@include \"/etc/hostname\"", "f: @include needs a file" },
		{ "a = \"unclosed", "f:1: syntax error here, or a quote, bracket or '=' is missing "
				    "just before" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct conf_file *file = NULL;
		g_autoptr(GError) error = NULL;

		g_assert_false(conf_file_read_text("f", cases[i].text, &file, &error));
		g_assert_null(file);
		g_assert_error(error, MR_ERROR, MR_ERROR_CONFIG);
		g_assert_cmpstr(error->message, ==, cases[i].message);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/conf/file/include", struct folder, NULL, folder_set_up, test_include,
		   folder_tear_down);
	g_test_add("/conf/file/broken", struct folder, NULL, folder_set_up, test_broken_files,
		   folder_tear_down);
	g_test_add("/conf/file/size-ceiling", struct folder, NULL, folder_set_up, test_size_ceiling,
		   folder_tear_down);
	g_test_add_func("/conf/file/text", test_text);
	return g_test_run();
}
