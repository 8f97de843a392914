/* SPDX-License-Identifier: BSD-2-Clause */

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/base/error.h"
#include "shared/dkim/key_directory.h"

#define RECHECK DKIM_DIRECTORY_RECHECK_SECONDS
#define MANY_DOMAINS 5000u

struct fake_clock {
	struct base_clock base;
	int64_t now;
};

/* A folder of keys of its own for each test. */
struct fixture {
	char *path;
	struct fake_clock clock;
	struct dkim_key_directory *directory;
};

static char *pem; /* one key for all */

static int64_t fake_now(const struct base_clock *clock)
{
	return ((const struct fake_clock *)clock)->now;
}

static void put(struct fixture *fixture, const char *domain, const char *name, const char *text,
		mode_t mode)
{
	g_autofree char *folder = g_build_filename(fixture->path, domain, NULL);
	g_autofree char *path = g_build_filename(folder, name, NULL);

	g_assert_cmpint(g_mkdir_with_parents(folder, 0750), ==, 0);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	g_assert_cmpint(g_chmod(path, mode), ==, 0);
}

static void drop(struct fixture *fixture, const char *domain, const char *name)
{
	g_autofree char *path = g_build_filename(fixture->path, domain, name, NULL);

	g_assert_cmpint(g_remove(path), ==, 0);
}

static void remove_tree(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *child = g_build_filename(path, name, NULL);

		if (g_unlink(child) != 0)
			remove_tree(child);
	}
	g_rmdir(path);
}

static void set_up(struct fixture *fixture, gconstpointer data)
{
	(void)data;
	fixture->path = g_dir_make_tmp("millrace-keys-XXXXXX", NULL);
	fixture->clock = (struct fake_clock){ { fake_now }, 1795428000 };
	g_assert_true(dkim_key_directory_open(fixture->path, true, &fixture->clock.base,
					      &fixture->directory, NULL));
}

static void tear_down(struct fixture *fixture, gconstpointer data)
{
	(void)data;
	dkim_key_directory_free(fixture->directory);
	remove_tree(fixture->path);
	g_free(fixture->path);
}

/* The selectors that sign, with blanks between; "none", or "error: ...". */
static char *active(struct fixture *fixture, const char *domain)
{
	MR_AUTO(dkim_key_set) set = NULL;
	g_autoptr(GError) error = NULL;
	GString *text = g_string_new(NULL);

	if (!dkim_key_directory_find(fixture->directory, domain, &set, &error)) {
		g_assert_error(error, MR_ERROR, MR_ERROR_CONFIG);
		g_string_printf(text, "error: %s", error->message);
		return g_string_free(text, FALSE);
	}
	if (set == NULL)
		g_string_append(text, "none");
	else
		g_assert_cmpstr(set->domain, ==, domain);
	for (guint i = 0; set != NULL && i < set->keys->len; i++) {
		const struct dkim_signing_key *key = g_ptr_array_index(set->keys, i);

		g_string_append_printf(text, "%s%s", i > 0 ? " " : "", key->selector);
	}
	return g_string_free(text, FALSE);
}

static void assert_active(struct fixture *fixture, const char *domain, const char *pattern)
{
	g_autofree char *found = active(fixture, domain);

	g_test_message("%s: %s", domain, found);
	g_assert_true(g_pattern_match_simple(pattern, found));
}

static void test_files(struct fixture *fixture, gconstpointer data)
{
	g_autofree char *folder = g_build_filename(fixture->path, "example.com", "f.pem", NULL);

	(void)data;
	put(fixture, "example.com", "s2.pem", pem, 0600);
	put(fixture, "example.com", "s1.pem", pem, 0640);
	put(fixture, "example.com", "s3.key", "not asked for", 0666);
	put(fixture, "example.com", "s4.pem.old", "not asked for", 0666);
	put(fixture, "example.com", ".s5.pem", "no selector", 0666);
	put(fixture, "example.com", "s 6.pem", "no selector", 0666);
	put(fixture, "example.com", ".pem", "no selector", 0666);
	g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
	put(fixture, "empty.example", "readme", "", 0600);
	assert_active(fixture, "example.com", "s1 s2");
	assert_active(fixture, "empty.example", "none");
	assert_active(fixture, "nowhere.example", "none");
}

static void test_names_cannot_leave(struct fixture *fixture, gconstpointer data)
{
	static const char *const domains[] = {
		"",
		".",
		"..",
		"../out",
		"out/../out",
		"example.com/",
		"/etc",
		"EXAMPLE.com",
		"m\xc3\xbcller.de",
		"a\nb.example",
		"example..com",
		"./example.com",
	};

	(void)data;
	put(fixture, "example.com", "s1.pem", pem, 0600);
	put(fixture, ".", "s1.pem", pem, 0600);
	put(fixture, "EXAMPLE.com", "s1.pem", pem, 0600);
	for (size_t i = 0; i < G_N_ELEMENTS(domains); i++)
		assert_active(fixture, domains[i], "none");
}

static void test_state_is_obeyed(struct fixture *fixture, gconstpointer data)
{
	(void)data;
	put(fixture, "a.example", "s1.pem", pem, 0600);
	put(fixture, "a.example", "s2.pem", pem, 0600);
	put(fixture, "a.example", "s3.pem", pem, 0600);
	put(fixture, "a.example", "unnamed.pem", pem, 0600);
	put(fixture, "a.example", DKIM_STATE_FILE,
	    "s1 retired 2026-11-23T10:00:00Z 60\ns2 active 2026-11-23T10:00:00Z 60\n"
	    "s3 published 2026-11-23T10:00:00Z 60\n",
	    0644);
	assert_active(fixture, "a.example", "s2");

	put(fixture, "b.example", "s1.pem", pem, 0600);
	put(fixture, "b.example", DKIM_STATE_FILE, "s1 published 2026-11-23T10:00:00Z 0\n", 0644);
	assert_active(fixture, "b.example", "none");

	put(fixture, "c.example", "s1.pem", pem, 0600);
	put(fixture, "c.example", DKIM_STATE_FILE, "s1 activ 2026-11-23T10:00:00Z 0\n", 0644);
	assert_active(fixture, "c.example", "error: */c.example/state:1: *");

	put(fixture, "d.example", DKIM_STATE_FILE, "s1 active 2026-11-23T10:00:00Z 0\n", 0644);
	assert_active(fixture, "d.example", "error: *s1.pem*");
}

static void test_too_many_keys(struct fixture *fixture, gconstpointer data)
{
	(void)data;
	for (unsigned i = 0; i <= DKIM_KEYS_PER_DOMAIN_MAX; i++) {
		g_autofree char *name = g_strdup_printf("s%u.pem", i);

		put(fixture, "a.example", name, pem, 0600);
	}
	assert_active(fixture, "a.example", "error: *more active keys*");
}

static void test_changes_are_seen_in_time(struct fixture *fixture, gconstpointer data)
{
	(void)data;
	assert_active(fixture, "a.example", "none");
	put(fixture, "a.example", "s1.pem", pem, 0600);
	assert_active(fixture, "a.example", "none");
	fixture->clock.now += RECHECK;
	assert_active(fixture, "a.example", "s1");

	put(fixture, "a.example", "s2.pem", pem, 0600);
	fixture->clock.now += RECHECK - 1;
	assert_active(fixture, "a.example", "s1");
	fixture->clock.now += 1;
	assert_active(fixture, "a.example", "s1 s2");

	put(fixture, "a.example", DKIM_STATE_FILE, "s2 active 2026-11-23T10:00:00Z 0\n", 0644);
	fixture->clock.now += RECHECK;
	assert_active(fixture, "a.example", "s2");

	/* Cached: the file system is not asked. */
	drop(fixture, "a.example", "s1.pem");
	drop(fixture, "a.example", "s2.pem");
	drop(fixture, "a.example", DKIM_STATE_FILE);
	drop(fixture, "a.example", "");
	assert_active(fixture, "a.example", "s2");
	fixture->clock.now += RECHECK;
	assert_active(fixture, "a.example", "none");
}

static void test_clock_set_back(struct fixture *fixture, gconstpointer data)
{
	(void)data;
	assert_active(fixture, "a.example", "none");
	put(fixture, "a.example", "s1.pem", pem, 0600);
	fixture->clock.now -= 86400;
	assert_active(fixture, "a.example", "s1");
}

static void test_errors_last_until_mended(struct fixture *fixture, gconstpointer data)
{
	g_autofree char *path = g_build_filename(fixture->path, "a.example", "s1.pem", NULL);

	(void)data;
	put(fixture, "a.example", "s1.pem", "no key", 0600);
	put(fixture, "a.example", "s2.pem", pem, 0600);
	assert_active(fixture, "a.example", "error: *s1.pem*");
	fixture->clock.now += RECHECK;
	assert_active(fixture, "a.example", "error: *s1.pem*");

	put(fixture, "a.example", "s1.pem", pem, 0604);
	assert_active(fixture, "a.example", "error: *s1.pem*");
	fixture->clock.now += RECHECK;
	assert_active(fixture, "a.example", "error: *s1.pem*");

	/* Only the mode changes, which no file time but ctime shows. */
	g_assert_cmpint(g_chmod(path, 0600), ==, 0);
	assert_active(fixture, "a.example", "error: *s1.pem*");
	fixture->clock.now += RECHECK;
	assert_active(fixture, "a.example", "s1 s2");

	g_assert_cmpint(g_chmod(path, 0644), ==, 0);
	fixture->clock.now += RECHECK;
	assert_active(fixture, "a.example", "error: *s1.pem*");
}

static void *find_often(void *data)
{
	struct fixture *fixture = data;
	struct dkim_key_set *first = NULL;

	for (unsigned i = 0; i < 200; i++) {
		struct dkim_key_set *set = NULL;

		g_assert_true(dkim_key_directory_find(fixture->directory, "a.example", &set, NULL));
		g_assert_nonnull(set);
		g_assert_true(first == NULL || first == set);
		first = set;
		dkim_key_set_unref(set);
	}
	return first;
}

static void test_threads_load_once(struct fixture *fixture, gconstpointer data)
{
	GThread *threads[8];
	void *first = NULL;

	(void)data;
	put(fixture, "a.example", "s1.pem", pem, 0600);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("find", find_often, fixture);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
		void *found = g_thread_join(threads[i]);

		g_assert_true(first == NULL || first == found);
		first = found;
	}
}

static void test_many_domains(struct fixture *fixture, gconstpointer data)
{
	g_auto(GStrv) domains = NULL;
	g_autofree char *key = g_build_filename(fixture->path, "d0.example", "s1.pem", NULL);

	(void)data;
	put(fixture, "d0.example", "s1.pem", pem, 0600);
	put(fixture, "UPPER.example", "s1.pem", pem, 0600);
	put(fixture, ".", "file.example", "", 0600);
	for (unsigned i = 1; i < MANY_DOMAINS; i++) {
		g_autofree char *folder = g_strdup_printf("%s/d%u.example", fixture->path, i);
		g_autofree char *path = g_build_filename(folder, "s1.pem", NULL);

		g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
		g_assert_cmpint(link(key, path), ==, 0);
	}
	domains = dkim_key_directory_domains(fixture->directory, NULL);
	g_assert_cmpuint(g_strv_length(domains), ==, MANY_DOMAINS);
	for (unsigned i = 1; i < MANY_DOMAINS; i++)
		g_assert_cmpstr(domains[i - 1], <, domains[i]);
	for (unsigned i = 0; i < MANY_DOMAINS; i += 40) {
		MR_AUTO(dkim_key_set) set = NULL;

		g_assert_true(dkim_key_directory_find(fixture->directory, domains[i], &set, NULL));
		g_assert_nonnull(set);
	}
}

/* Looks at names nobody has keys for, as many as are kept. */
static void fill_cache(struct fixture *fixture, unsigned first, unsigned end)
{
	for (unsigned i = first; i < end; i++) {
		g_autofree char *domain = g_strdup_printf("n%u.example", i);
		g_autofree char *found = active(fixture, domain);

		g_assert_cmpstr(found, ==, "none");
	}
}

static void test_least_recently_used_goes(struct fixture *fixture, gconstpointer data)
{
	(void)data;
	put(fixture, "a.example", "s1.pem", pem, 0600);
	put(fixture, "b.example", "s1.pem", pem, 0600);
	assert_active(fixture, "a.example", "s1");
	assert_active(fixture, "b.example", "s1");
	drop(fixture, "a.example", "s1.pem");
	drop(fixture, "b.example", "s1.pem");
	fill_cache(fixture, 0, DKIM_DIRECTORY_CACHED_MAX - 2);
	assert_active(fixture, "a.example", "s1");
	fill_cache(fixture, DKIM_DIRECTORY_CACHED_MAX, DKIM_DIRECTORY_CACHED_MAX + 2);
	assert_active(fixture, "a.example", "s1");
	assert_active(fixture, "b.example", "none");
}

/* Renamed or unmounted: not the same as a domain without keys. */
static void test_folder_gone(struct fixture *fixture, gconstpointer data)
{
	g_autofree char *elsewhere = g_strconcat(fixture->path, ".gone", NULL);
	g_autoptr(GError) error = NULL;
	struct dkim_key_set *set = NULL;

	(void)data;
	put(fixture, "a.example", "s1.pem", pem, 0600);
	assert_active(fixture, "a.example", "s1");
	g_assert_cmpint(g_rename(fixture->path, elsewhere), ==, 0);
	fixture->clock.now += RECHECK;
	g_assert_false(dkim_key_directory_find(fixture->directory, "a.example", &set, &error));
	g_assert_error(error, MR_ERROR, MR_ERROR_CONFIG);
	g_assert_cmpint(g_rename(elsewhere, fixture->path), ==, 0);
	fixture->clock.now += RECHECK;
	assert_active(fixture, "a.example", "s1");
}

static void test_no_folder(void)
{
	struct dkim_key_directory *directory = NULL;
	g_autoptr(GError) error = NULL;

	g_assert_false(dkim_key_directory_open("/nonexistent/keys", true, &base_clock_system,
					       &directory, &error));
	g_assert_error(error, MR_ERROR, MR_ERROR_CONFIG);
	g_assert_null(directory);
}

static void make_key(void)
{
	MR_AUTO(dkim_private_key) key = NULL;

	g_assert_true(dkim_private_key_generate(DKIM_KEY_ED25519, 0, &key, NULL));
	g_assert_true(dkim_private_key_to_pem(key, &pem, NULL));
}

static void add(const char *name, void (*run)(struct fixture *, gconstpointer))
{
	g_test_add(name, struct fixture, NULL, set_up, run, tear_down);
}

int main(int argc, char **argv)
{
	int failed;

	g_test_init(&argc, &argv, NULL);
	make_key();
	add("/dkim/key_directory/files", test_files);
	add("/dkim/key_directory/names_cannot_leave", test_names_cannot_leave);
	add("/dkim/key_directory/state", test_state_is_obeyed);
	add("/dkim/key_directory/too_many_keys", test_too_many_keys);
	add("/dkim/key_directory/changes", test_changes_are_seen_in_time);
	add("/dkim/key_directory/clock_set_back", test_clock_set_back);
	add("/dkim/key_directory/errors", test_errors_last_until_mended);
	add("/dkim/key_directory/threads", test_threads_load_once);
	add("/dkim/key_directory/many_domains", test_many_domains);
	add("/dkim/key_directory/least_recently_used", test_least_recently_used_goes);
	add("/dkim/key_directory/folder_gone", test_folder_gone);
	g_test_add_func("/dkim/key_directory/no_folder", test_no_folder);
	failed = g_test_run();
	dkim_secret_free(pem);
	return failed;
}
