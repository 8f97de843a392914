/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows how a command changes a domain's keys on disk: folder, lock, new key files, state. Refuses
 * to know when a key may move on (key_rotation.c). One thread.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/base/error.h"
#include "shared/base/file.h"
#include "shared/dkim/key_directory.h"
#include "tools/millrace/key_store.h"

#define LOCK_FILE ".lock"
#define FOLDER_MODE 0750
#define LAST_LETTER 'z'

/* A folder made by hand as root, which the daemon could not read. */
static bool is_unowned(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && status.st_uid == 0 && status.st_gid == 0;
}

static bool give_folder(const char *path, const struct key_owner *owner, GError **ret_error)
{
	return !owner->set || chown(path, owner->user, owner->group) == 0 ||
	       mr_error_set_errno(ret_error, errno, "%s", path);
}

static bool make_folder(const char *path, const struct key_owner *owner, GError **ret_error)
{
	if (mkdir(path, FOLDER_MODE) == 0) {
		/* whatever the umask */
		if (chmod(path, FOLDER_MODE) != 0)
			return mr_error_set_errno(ret_error, errno, "%s", path);
		return give_folder(path, owner, ret_error);
	}
	if (errno != EEXIST)
		return mr_error_set_errno(ret_error, errno, "%s", path);
	return !is_unowned(path) || give_folder(path, owner, ret_error);
}

static bool take_lock(struct key_store *store, GError **ret_error)
{
	g_autofree char *path = g_build_filename(store->folder, LOCK_FILE, NULL);
	int locked;

	store->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (store->lock < 0)
		return mr_error_set_errno(ret_error, errno, "%s", path);
	while ((locked = flock(store->lock, LOCK_EX)) != 0 && errno == EINTR)
		continue;
	return locked == 0 || mr_error_set_errno(ret_error, errno, "%s", path);
}

/* Without a state file every key signs: that is what the first saved state has to say. */
static bool lives_from_files(struct key_store *store, GError **ret_error)
{
	g_auto(GStrv) selectors = NULL;

	if (!dkim_key_folder_list_selectors(store->folder, &selectors, ret_error))
		return false;
	store->lives = dkim_key_state_new();
	for (size_t i = 0; selectors[i] != NULL; i++) {
		g_autofree char *path = key_store_path_of(store, selectors[i]);
		struct stat status;

		if (stat(path, &status) != 0)
			return mr_error_set_errno(ret_error, errno, "%s", path);
		dkim_key_state_add(store->lives, selectors[i], DKIM_KEY_ACTIVE,
				   MAX((int64_t)status.st_mtime, 1));
	}
	return true;
}

static bool read_lives(struct key_store *store, GError **ret_error)
{
	g_autofree char *path = dkim_key_folder_state_path(store->folder);

	if (!dkim_key_state_read(path, &store->lives, ret_error))
		return false;
	return store->lives != NULL || lives_from_files(store, ret_error);
}

static bool check_folder(const struct key_store *store, GError **ret_error)
{
	if (g_file_test(store->folder, G_FILE_TEST_IS_DIR))
		return true;
	g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG, "%s has no keys: there is no folder %s",
		    store->domain, store->folder);
	return false;
}

bool key_store_open(const char *directory, const char *domain, enum key_store_mode mode,
		    const struct key_owner *owner, struct key_store **ret_store, GError **ret_error)
{
	MR_AUTO(key_store) store = g_new0(struct key_store, 1);

	store->lock = -1;
	store->domain = g_strdup(domain);
	store->folder = dkim_key_folder_path(directory, domain);
	store->group_may_read = owner->set && owner->group_may_read;
	if (mode == KEY_STORE_CREATE && (!make_folder(directory, owner, ret_error) ||
					 !make_folder(store->folder, owner, ret_error)))
		return false;
	if (!check_folder(store, ret_error))
		return false;
	if (mode != KEY_STORE_READ && !take_lock(store, ret_error))
		return false;
	if (!read_lives(store, ret_error))
		return false;
	*ret_store = g_steal_pointer(&store);
	return true;
}

void key_store_free(struct key_store *store)
{
	if (store == NULL)
		return;
	if (store->lock >= 0)
		close(store->lock);
	g_clear_pointer(&store->lives, g_ptr_array_unref);
	g_free(store->domain);
	g_free(store->folder);
	g_free(store);
}

char *key_store_path_of(const struct key_store *store, const char *selector)
{
	return dkim_key_folder_key_path(store->folder, selector);
}

bool key_store_load(const struct key_store *store, const char *selector,
		    struct dkim_private_key **ret_key, GError **ret_error)
{
	g_autofree char *path = key_store_path_of(store, selector);
	g_autofree char *pem = NULL;
	size_t length;
	bool ok;

	if (!base_file_read(path, DKIM_KEY_FILE_MAX, &pem, &length, ret_error))
		return false;
	ok = dkim_private_key_parse(path, pem, length, ret_key, ret_error);
	explicit_bzero(pem, length);
	return ok;
}

static bool selector_is_taken(const struct key_store *store, const char *selector)
{
	g_autofree char *path = key_store_path_of(store, selector);

	return dkim_key_state_find(store->lives, selector) != NULL ||
	       g_file_test(path, G_FILE_TEST_EXISTS);
}

char *key_store_new_selector(const struct key_store *store, const char *prefix,
			     enum dkim_key_type type, int64_t now)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(now);
	g_autofree char *day = g_date_time_format(time, "%Y%m%d");
	g_autofree char *selector =
		g_strconcat(prefix, type == DKIM_KEY_RSA ? "r" : "e", day, NULL);

	if (!selector_is_taken(store, selector))
		return g_steal_pointer(&selector);
	for (char letter = 'b'; letter <= LAST_LETTER; letter++) {
		g_autofree char *lettered = g_strdup_printf("%s%c", selector, letter);

		if (!selector_is_taken(store, lettered))
			return g_steal_pointer(&lettered);
	}
	return NULL;
}

static bool write_key(const struct key_store *store, const char *selector,
		      const struct dkim_private_key *key, GError **ret_error)
{
	g_autofree char *path = key_store_path_of(store, selector);
	char *pem;
	bool ok;

	if (!dkim_private_key_to_pem(key, &pem, ret_error))
		return false;
	ok = base_file_replace(path, pem, strlen(pem), store->group_may_read ? 0640 : 0600,
			       ret_error);
	dkim_secret_free(pem);
	return ok;
}

bool key_store_generate(struct key_store *store, const char *prefix, enum dkim_key_type type,
			unsigned bits, int64_t now, struct dkim_key_life **ret_life,
			GError **ret_error)
{
	g_autofree char *selector = key_store_new_selector(store, prefix, type, now);
	MR_AUTO(dkim_private_key) key = NULL;

	if (selector == NULL) {
		g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG,
			    "%s: no selector of today is left", store->domain);
		return false;
	}
	if (!dkim_private_key_generate(type, bits, &key, ret_error) ||
	    !write_key(store, selector, key, ret_error))
		return false;
	*ret_life = dkim_key_state_add(store->lives, selector, DKIM_KEY_PUBLISHED, now);
	return true;
}

bool key_store_save(struct key_store *store, GError **ret_error)
{
	g_autofree char *path = dkim_key_folder_state_path(store->folder);

	return dkim_key_state_write(path, store->lives, ret_error);
}

bool key_store_remove(struct key_store *store, const char *selector, GError **ret_error)
{
	g_autofree char *path = key_store_path_of(store, selector);
	struct dkim_key_life *life = dkim_key_state_find(store->lives, selector);

	g_assert(life != NULL);
	g_ptr_array_remove(store->lives, life);
	if (!key_store_save(store, ret_error))
		return false;
	if (unlink(path) != 0 && errno != ENOENT)
		return mr_error_set_errno(ret_error, errno, "%s", path);
	return true;
}
