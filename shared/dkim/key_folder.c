/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows how keys lie on disk: which names are domains and selectors, which file is a key, which
 * keys the state file lets sign. Refuses to remember anything. Any thread.
 */

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "shared/base/error.h"
#include "shared/dkim/key_directory.h"
#include "shared/dkim/key_folder.h"
#include "shared/dkim/key_record.h"
#include "shared/mail/domain.h"

#define KEY_SUFFIX ".pem"
#define FRESH_SECONDS 2
#define FOLDER_FILES_MAX 1024u

char *dkim_key_folder_path(const char *directory, const char *domain)
{
	return g_build_filename(directory, domain, NULL);
}

char *dkim_key_folder_state_path(const char *folder)
{
	return g_build_filename(folder, DKIM_STATE_FILE, NULL);
}

char *dkim_key_folder_key_path(const char *folder, const char *selector)
{
	g_autofree char *name = g_strconcat(selector, KEY_SUFFIX, NULL);

	return g_build_filename(folder, name, NULL);
}

/* True when `path`/`name` is of the type; asks the file system only when readdir did not say. */
static bool entry_is(const char *path, const struct dirent *entry, unsigned char d_type,
		     mode_t format)
{
	g_autofree char *whole = NULL;
	struct stat status;

	if (entry->d_type != DT_UNKNOWN && entry->d_type != DT_LNK)
		return entry->d_type == d_type;
	whole = g_build_filename(path, entry->d_name, NULL);
	return stat(whole, &status) == 0 && (status.st_mode & S_IFMT) == format;
}

/* The selector of a key file's name, or NULL. Freed with g_free. */
static char *selector_from_name(const char *name)
{
	g_autofree char *selector = NULL;

	if (!g_str_has_suffix(name, KEY_SUFFIX))
		return NULL;
	selector = g_strndup(name, strlen(name) - strlen(KEY_SUFFIX));
	return dkim_selector_is_valid(selector) ? g_steal_pointer(&selector) : NULL;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char **finish_names(GPtrArray *names)
{
	g_ptr_array_sort(names, compare_names);
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(names, FALSE);
}

bool dkim_key_folder_list_domains(const char *path, char ***ret_domains, GError **ret_error)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;
	GPtrArray *names;

	if (folder == NULL)
		return mr_error_set_errno(ret_error, errno, "%s", path);
	names = g_ptr_array_new();
	while ((entry = readdir(folder)) != NULL) {
		if (mail_domain_is_ascii_name(entry->d_name) &&
		    entry_is(path, entry, DT_DIR, S_IFDIR))
			g_ptr_array_add(names, g_strdup(entry->d_name));
	}
	closedir(folder);
	*ret_domains = finish_names(names);
	return true;
}

bool dkim_key_folder_list_selectors(const char *path, char ***ret_selectors, GError **ret_error)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;
	GPtrArray *names;

	if (folder == NULL && errno != ENOENT && errno != ENOTDIR)
		return mr_error_set_errno(ret_error, errno, "%s", path);
	names = g_ptr_array_new();
	while (folder != NULL && names->len < FOLDER_FILES_MAX &&
	       (entry = readdir(folder)) != NULL) {
		g_autofree char *selector = selector_from_name(entry->d_name);

		if (selector != NULL && entry_is(path, entry, DT_REG, S_IFREG))
			g_ptr_array_add(names, g_steal_pointer(&selector));
	}
	if (folder != NULL)
		closedir(folder);
	*ret_selectors = finish_names(names);
	return true;
}

/* FNV-1a over what identifies a file's contents and permissions. */
static void stamp_add(struct dkim_key_folder_stamp *stamp, const char *path)
{
	struct stat status = { 0 };
	uint64_t values[4];
	const unsigned char *bytes = (const unsigned char *)values;

	if (stat(path, &status) != 0)
		status.st_ino = 0;
	values[0] = status.st_ino;
	values[1] = (uint64_t)status.st_size;
	values[2] = (uint64_t)status.st_ctim.tv_sec;
	values[3] = (uint64_t)status.st_ctim.tv_nsec;
	for (size_t i = 0; i < sizeof(values); i++)
		stamp->digest = (stamp->digest ^ bytes[i]) * UINT64_C(1099511628211);
	if (status.st_ctim.tv_sec >= time(NULL) - FRESH_SECONDS)
		stamp->fresh = true;
}

struct dkim_key_folder_stamp dkim_key_folder_look(const char *path)
{
	struct dkim_key_folder_stamp stamp = { .digest = UINT64_C(14695981039346656037) };
	g_autofree char *state = dkim_key_folder_state_path(path);
	g_auto(GStrv) selectors = NULL;

	stamp_add(&stamp, path);
	stamp_add(&stamp, state);
	if (!dkim_key_folder_list_selectors(path, &selectors, NULL))
		return stamp;
	for (size_t i = 0; selectors[i] != NULL; i++) {
		g_autofree char *key = dkim_key_folder_key_path(path, selectors[i]);

		stamp_add(&stamp, key);
	}
	return stamp;
}

static bool config_error(GError **ret_error, const char *where, const char *what)
{
	g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG, "%s: %s", where, what);
	return false;
}

/* Selectors of the keys that sign, by state file or, without one, by file. */
static bool list_active(const char *path, char ***ret_selectors, GError **ret_error)
{
	g_autofree char *state_path = dkim_key_folder_state_path(path);
	g_autoptr(GPtrArray) lives = NULL;
	GPtrArray *names;

	if (!dkim_key_state_read(state_path, &lives, ret_error))
		return false;
	if (lives == NULL)
		return dkim_key_folder_list_selectors(path, ret_selectors, ret_error);
	names = g_ptr_array_new();
	for (guint i = 0; i < lives->len; i++) {
		const struct dkim_key_life *life = g_ptr_array_index(lives, i);

		if (life->stage == DKIM_KEY_ACTIVE)
			g_ptr_array_add(names, g_strdup(life->selector));
	}
	*ret_selectors = finish_names(names);
	return true;
}

static bool load_key(const char *path, const char *selector, bool group_may_read,
		     struct dkim_key_set *set, GError **ret_error)
{
	g_autofree char *location = dkim_key_folder_key_path(path, selector);
	MR_AUTO(dkim_private_key) key = NULL;

	if (!dkim_private_key_load(location, group_may_read, &key, ret_error))
		return false;
	dkim_key_set_add(set, selector, location, key);
	return true;
}

bool dkim_key_folder_load(const char *path, const char *domain, bool group_may_read,
			  struct dkim_key_set **ret_set, GError **ret_error)
{
	MR_AUTO(dkim_key_set) set = NULL;
	g_auto(GStrv) selectors = NULL;

	if (!list_active(path, &selectors, ret_error))
		return false;
	if (g_strv_length(selectors) > DKIM_KEYS_PER_DOMAIN_MAX)
		return config_error(ret_error, path, "more active keys than may sign one message");
	if (selectors[0] == NULL) {
		*ret_set = NULL;
		return true;
	}
	set = dkim_key_set_new(domain);
	for (size_t i = 0; selectors[i] != NULL; i++) {
		if (!load_key(path, selectors[i], group_may_read, set, ret_error))
			return false;
	}
	*ret_set = g_steal_pointer(&set);
	return true;
}
