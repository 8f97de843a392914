/* SPDX-License-Identifier: BSD-2-Clause */

#include <glib.h>
#include <glib/gstdio.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/base/error.h"
#include "shared/daemon/access.h"

/*
 * A tree in the temporary folder: outer/inner/file, and a link to the file beside outer. As root,
 * nobody is asked about; else this process itself, and owner's modes decide.
 */
struct tree {
	char *top, *outer, *inner, *file, *link;
};

static void tree_set_up(struct tree *tree, const void *unused)
{
	(void)unused;
	tree->top = g_dir_make_tmp("millrace-XXXXXX", NULL);
	tree->outer = g_build_filename(tree->top, "outer", NULL);
	tree->inner = g_build_filename(tree->outer, "inner", NULL);
	tree->file = g_build_filename(tree->inner, "file", NULL);
	tree->link = g_build_filename(tree->top, "link", NULL);
	g_assert_cmpint(g_chmod(tree->top, 0755), ==, 0);
	g_assert_cmpint(g_mkdir(tree->outer, 0755), ==, 0);
	g_assert_cmpint(g_mkdir(tree->inner, 0755), ==, 0);
	g_assert_true(g_file_set_contents(tree->file, "x", 1, NULL));
	g_assert_cmpint(g_chmod(tree->file, 0644), ==, 0);
	g_assert_cmpint(symlink(tree->file, tree->link), ==, 0);
}

static void tree_tear_down(struct tree *tree, const void *unused)
{
	(void)unused;
	g_chmod(tree->outer, 0755);
	g_unlink(tree->link);
	g_unlink(tree->file);
	g_rmdir(tree->inner);
	g_rmdir(tree->outer);
	g_assert_cmpint(g_rmdir(tree->top), ==, 0);
	g_free(tree->top);
	g_free(tree->outer);
	g_free(tree->inner);
	g_free(tree->file);
	g_free(tree->link);
}

static void assert_readable(const char *path)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(daemon_user_can_read("nobody", path, &error));
	g_assert_no_error(error);
}

static void assert_refused(const char *path, const char *wanted)
{
	g_autoptr(GError) error = NULL;

	g_assert_false(daemon_user_can_read("nobody", path, &error));
	g_assert_error(error, MR_ERROR, MR_ERROR_CONFIG);
	g_test_message("%s", error->message);
	g_assert_nonnull(strstr(error->message, wanted));
}

static void test_readable(struct tree *tree, const void *unused)
{
	(void)unused;
	assert_readable(tree->file);
	assert_readable(tree->link);
	assert_readable(tree->inner);
	assert_readable("/");
}

static void test_file_mode(struct tree *tree, const void *unused)
{
	g_autofree char *wanted = g_strdup_printf("may not read %s (mode 0200", tree->file);

	(void)unused;
	g_assert_cmpint(g_chmod(tree->file, 0200), ==, 0);
	assert_refused(tree->file, wanted);
}

static void test_folder_mode(struct tree *tree, const void *unused)
{
	g_autofree char *wanted = g_strdup_printf("may not search %s ", tree->outer);

	(void)unused;
	if (geteuid() == 0) {
		g_assert_cmpint(g_chmod(tree->outer, 0644), ==, 0);
		/* The way to the link is free, the way to what it means is not. */
		assert_refused(tree->link, wanted);
	} else {
		/* This process itself cannot look behind the folder: it is named all the same. */
		g_assert_cmpint(g_chmod(tree->outer, 0600), ==, 0);
	}
	assert_refused(tree->file, wanted);
}

static void test_missing(struct tree *tree, const void *unused)
{
	g_autofree char *path = g_build_filename(tree->inner, "absent", NULL);

	(void)unused;
	assert_refused(path, "absent: No such file");
}

/* The owner's bits decide for the owner, the group's for the group, whatever the rest says. */
static void test_classes(struct tree *tree, const void *unused)
{
	const struct passwd nobody = *getpwnam("nobody"); /* the next look-up takes its place */
	static const struct {
		const char *name;
		bool owns, in_group;
		unsigned mode;
		bool ok;
	} cases[] = {
		{ "owner", true, false, 0400, true },
		{ "owner without", true, true, 0044, false },
		{ "group", false, true, 0040, true },
		{ "group without", false, true, 0604, false },
		{ "others", false, false, 0004, true },
		{ "others without", false, false, 0660, false },
	};

	(void)unused;
	if (geteuid() != 0) {
		g_test_skip("takes root, to give files away");
		return;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_test_message("%s", cases[i].name);
		g_assert_cmpint(chown(tree->file, cases[i].owns ? nobody.pw_uid : 0,
				      cases[i].in_group ? nobody.pw_gid : 0),
				==, 0);
		g_assert_cmpint(g_chmod(tree->file, (int)cases[i].mode), ==, 0);
		g_assert_true(daemon_user_can_read("nobody", tree->file, NULL) == cases[i].ok);
		g_assert_true(daemon_user_can_read("root", tree->file, NULL));
	}
}

static void test_unknown_user(void)
{
	g_autoptr(GError) error = NULL;

	if (geteuid() != 0) {
		g_test_skip("without root, the user option is not asked about");
		return;
	}
	g_assert_false(daemon_user_can_read("no-such-user", "/", &error));
	g_assert_cmpstr(error->message, ==, "there is no user \"no-such-user\"");
}

#define ADD(path, function)                                                                        \
	g_test_add(path, struct tree, NULL, tree_set_up, function, tree_tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("/daemon/access/readable", test_readable);
	ADD("/daemon/access/file-mode", test_file_mode);
	ADD("/daemon/access/folder-mode", test_folder_mode);
	ADD("/daemon/access/missing", test_missing);
	ADD("/daemon/access/classes", test_classes);
	g_test_add_func("/daemon/access/unknown-user", test_unknown_user);
	return g_test_run();
}
