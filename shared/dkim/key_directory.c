/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows what was read of each domain's folder, when, and whether it is time to look again.
 * Refuses to know how keys lie on disk (key_folder.c). Any thread: one lock, never held over a
 * system call. Whoever finds an entry in need of a look takes it in charge (`busy`); others use
 * what is known meanwhile, or wait when nothing is.
 */

#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

#include "shared/base/error.h"
#include "shared/dkim/key_directory.h"
#include "shared/dkim/key_folder.h"
#include "shared/mail/domain.h"

/* What a look at the folder gave. */
struct finding {
	struct dkim_key_folder_stamp stamp;
	struct dkim_key_set *set; /* NULL: none */
	GError *error;
};

struct entry {
	char *domain;
	bool known; /* `finding` holds something */
	bool busy;  /* a thread is looking */
	int64_t checked;
	struct finding finding;
	GList link; /* in `used`; data is the entry */
};

struct dkim_key_directory {
	char *path;
	bool group_may_read;
	const struct base_clock *clock;
	pthread_mutex_t lock;	/* of what follows */
	pthread_cond_t settled; /* an entry is no longer busy */
	GHashTable *entries;	/* domain -> struct entry */
	GQueue used;		/* entries, most recently used first */
};

static void finding_clear(struct finding *finding)
{
	dkim_key_set_unref(finding->set);
	g_clear_error(&finding->error);
	finding->set = NULL;
}

static void entry_free(gpointer data)
{
	struct entry *entry = data;

	finding_clear(&entry->finding);
	g_free(entry->domain);
	g_free(entry);
}

static bool is_there(const char *path, GError **ret_error)
{
	if (g_file_test(path, G_FILE_TEST_IS_DIR))
		return true;
	g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG, "key directory %s: not a folder", path);
	return false;
}

bool dkim_key_directory_open(const char *path, bool group_may_read, const struct base_clock *clock,
			     struct dkim_key_directory **ret_directory, GError **ret_error)
{
	struct dkim_key_directory *directory;

	if (!is_there(path, ret_error))
		return false;
	directory = g_new0(struct dkim_key_directory, 1);
	directory->path = g_strdup(path);
	directory->group_may_read = group_may_read;
	directory->clock = clock;
	directory->entries = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, entry_free);
	g_queue_init(&directory->used);
	pthread_mutex_init(&directory->lock, NULL);
	pthread_cond_init(&directory->settled, NULL);
	*ret_directory = directory;
	return true;
}

void dkim_key_directory_free(struct dkim_key_directory *directory)
{
	if (directory == NULL)
		return;
	g_hash_table_unref(directory->entries);
	pthread_cond_destroy(&directory->settled);
	pthread_mutex_destroy(&directory->lock);
	g_free(directory->path);
	g_free(directory);
}

/* Makes room for one more; an entry that is being looked at stays. */
static void drop_least_used(struct dkim_key_directory *directory)
{
	GList *link = directory->used.tail;
	struct entry *entry;

	while (link != NULL && ((struct entry *)link->data)->busy)
		link = link->prev;
	if (link == NULL || directory->used.length < DKIM_DIRECTORY_CACHED_MAX)
		return;
	entry = link->data;
	g_queue_unlink(&directory->used, link);
	g_hash_table_remove(directory->entries, entry->domain);
}

/* The entry of a domain, now the most recently used one. Lock held. */
static struct entry *take_entry(struct dkim_key_directory *directory, const char *domain)
{
	struct entry *entry = g_hash_table_lookup(directory->entries, domain);

	if (entry != NULL) {
		g_queue_unlink(&directory->used, &entry->link);
	} else {
		drop_least_used(directory);
		entry = g_new0(struct entry, 1);
		entry->domain = g_strdup(domain);
		entry->link.data = entry;
		g_hash_table_insert(directory->entries, entry->domain, entry);
	}
	g_queue_push_head_link(&directory->used, &entry->link);
	return entry;
}

static bool needs_look(const struct dkim_key_directory *directory, const struct entry *entry)
{
	int64_t age = base_clock_now(directory->clock) - entry->checked;

	/* A clock that was set back must not keep an entry for ever. */
	return !entry->known || age < 0 || age >= DKIM_DIRECTORY_RECHECK_SECONDS;
}

/* A domain without keys is one thing, a directory renamed or unmounted meanwhile another. */
static bool load(const struct dkim_key_directory *directory, const char *path, const char *domain,
		 struct finding *finding)
{
	return dkim_key_folder_load(path, domain, directory->group_may_read, &finding->set,
				    &finding->error) &&
	       (finding->set != NULL || is_there(directory->path, &finding->error));
}

/* Without the lock. False when what was found the last time still holds. */
static bool look(const struct dkim_key_directory *directory, const char *domain,
		 const struct finding *last, struct finding *ret_finding)
{
	g_autofree char *path = dkim_key_folder_path(directory->path, domain);
	struct dkim_key_folder_stamp stamp = dkim_key_folder_look(path);

	if (last != NULL && last->error == NULL && !last->stamp.fresh &&
	    last->stamp.digest == stamp.digest)
		return false;
	*ret_finding = (struct finding){ .stamp = stamp };
	if (!load(directory, path, domain, ret_finding) && ret_finding->error->domain == MR_ERROR)
		ret_finding->error->code = MR_ERROR_CONFIG;
	return true;
}

/* Lock held before and after, not meanwhile; nobody else changes or drops a busy entry. */
static void refresh(struct dkim_key_directory *directory, struct entry *entry)
{
	int64_t now = base_clock_now(directory->clock);
	struct finding found;
	bool changed;

	entry->busy = true;
	pthread_mutex_unlock(&directory->lock);
	changed = look(directory, entry->domain, entry->known ? &entry->finding : NULL, &found);
	pthread_mutex_lock(&directory->lock);
	if (changed) {
		finding_clear(&entry->finding);
		entry->finding = found;
	}
	entry->known = true;
	entry->checked = now;
	entry->busy = false;
	pthread_cond_broadcast(&directory->settled);
}

/* A known entry of the domain. Lock held, perhaps not meanwhile. */
static struct entry *settled_entry(struct dkim_key_directory *directory, const char *domain)
{
	struct entry *entry = take_entry(directory, domain);

	/* While waiting an entry may be dropped and made again. */
	while (entry->busy && !entry->known) {
		pthread_cond_wait(&directory->settled, &directory->lock);
		entry = take_entry(directory, domain);
	}
	if (!entry->busy && needs_look(directory, entry))
		refresh(directory, entry);
	return entry;
}

bool dkim_key_directory_find(struct dkim_key_directory *directory, const char *domain,
			     struct dkim_key_set **ret_set, GError **ret_error)
{
	struct dkim_key_set *set = NULL;
	GError *error = NULL;
	const struct entry *entry;

	if (!mail_domain_is_ascii_name(domain)) {
		*ret_set = NULL;
		return true;
	}
	pthread_mutex_lock(&directory->lock);
	entry = settled_entry(directory, domain);
	if (entry->finding.error != NULL)
		error = g_error_copy(entry->finding.error);
	else if (entry->finding.set != NULL)
		set = dkim_key_set_ref(entry->finding.set);
	pthread_mutex_unlock(&directory->lock);

	if (error != NULL) {
		g_propagate_error(ret_error, error);
		return false;
	}
	*ret_set = set;
	return true;
}

char **dkim_key_directory_domains(struct dkim_key_directory *directory, GError **ret_error)
{
	char **domains;

	return dkim_key_folder_list_domains(directory->path, &domains, ret_error) ? domains : NULL;
}
