/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a fuzz target over every file of a folder and prints one TAP point for each: what a build
 * without libFuzzer links in its place. A target that misbehaves ends the process, and so the test.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int compare_names(gconstpointer a, gconstpointer b)
{
	return g_strcmp0(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *list_files(const char *folder)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL)
		g_ptr_array_add(names, g_strdup(name));
	g_ptr_array_sort(names, compare_names);
	return names;
}

static bool replay(const char *folder, const char *name)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	g_autofree char *bytes = NULL;
	gsize length;

	if (!g_file_get_contents(path, &bytes, &length, NULL))
		return false;
	LLVMFuzzerTestOneInput((const uint8_t *)bytes, length);
	return true;
}

int main(int argc, char **argv)
{
	g_autoptr(GPtrArray) names = NULL;

	if (argc != 2) {
		fprintf(stderr, "usage: %s CORPUS-FOLDER\n", argv[0]);
		return 64;
	}
	names = list_files(argv[1]);
	printf("1..%u\n", names->len + 1);
	printf("%s 1 - the corpus %s has files\n", names->len > 0 ? "ok" : "not ok", argv[1]);
	for (guint i = 0; i < names->len; i++) {
		const char *name = g_ptr_array_index(names, i);
		bool ok = replay(argv[1], name);

		printf("%s %u - %s\n", ok ? "ok" : "not ok", i + 2, name);
		fflush(stdout);
	}
	return 0;
}
