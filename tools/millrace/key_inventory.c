/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows where keys come from: the key directory with its states, and what the configuration lists
 * (domains, OpenDKIM's tables). Refuses to know what DNS says about them. One thread.
 */

#include <string.h>

#include "milters/dkim-sign/key_ring.h"
#include "shared/dkim/key_directory.h"
#include "shared/mail/domain.h"
#include "tools/millrace/key_inventory.h"

static void item_free(gpointer data)
{
	struct key_item *item = data;

	g_free(item->domain);
	g_free(item->selector);
	g_free(item->location);
	g_free(item->problem);
	dkim_private_key_unref(item->key);
	g_free(item);
}

static struct key_item *add_item(GPtrArray *items, const char *domain, const char *selector,
				 const char *stage)
{
	struct key_item *item = g_new0(struct key_item, 1);

	item->domain = g_strdup(domain);
	item->selector = g_strdup(selector);
	item->stage = stage;
	item->active = strcmp(stage, dkim_key_stage_to_string(DKIM_KEY_ACTIVE)) == 0;
	g_ptr_array_add(items, item);
	return item;
}

static struct key_item *add_stored(GPtrArray *items, const struct key_store *store,
				   const char *selector, const char *stage)
{
	struct key_item *item = add_item(items, store->domain, selector, stage);
	g_autoptr(GError) error = NULL;

	item->location = key_store_path_of(store, selector);
	if (!key_store_load(store, selector, &item->key, &error))
		item->problem = g_strdup(error->message);
	return item;
}

static bool gather_store(const struct key_store *store, GPtrArray *items, GError **ret_error)
{
	g_auto(GStrv) selectors = NULL;

	for (guint i = 0; i < store->lives->len; i++) {
		const struct dkim_key_life *life = g_ptr_array_index(store->lives, i);
		struct key_item *item = add_stored(items, store, life->selector,
						   dkim_key_stage_to_string(life->stage));

		item->since = life->since;
		item->ttl = life->ttl;
		item->seen = life->seen;
	}
	if (!dkim_key_folder_list_selectors(store->folder, &selectors, ret_error))
		return false;
	for (size_t i = 0; selectors[i] != NULL; i++) {
		if (dkim_key_state_find(store->lives, selectors[i]) == NULL)
			add_stored(items, store, selectors[i], KEY_STAGE_UNNAMED);
	}
	return true;
}

/* A domain without a folder just adds nothing. */
static bool gather_domain(const struct key_session *session, const char *domain, GPtrArray *items,
			  GError **ret_error)
{
	const char *directory = session->settings.key_directory;
	g_autofree char *folder = dkim_key_folder_path(directory, domain);
	MR_AUTO(key_store) store = NULL;

	if (!g_file_test(folder, G_FILE_TEST_IS_DIR))
		return true;
	return key_store_open(directory, domain, KEY_STORE_READ, &session->owner, &store,
			      ret_error) &&
	       gather_store(store, items, ret_error);
}

static bool gather_directory(const struct key_session *session, const char *domain,
			     GPtrArray *items, GError **ret_error)
{
	g_auto(GStrv) domains = NULL;

	if (session->settings.key_directory == NULL)
		return true;
	if (domain != NULL)
		return gather_domain(session, domain, items, ret_error);
	if (!dkim_key_folder_list_domains(session->settings.key_directory, &domains, ret_error))
		return false;
	for (size_t i = 0; domains[i] != NULL; i++) {
		if (!gather_domain(session, domains[i], items, ret_error))
			return false;
	}
	return true;
}

static void gather_set(const struct dkim_key_set *set, GPtrArray *items)
{
	for (guint i = 0; i < set->keys->len; i++) {
		const struct dkim_signing_key *key = g_ptr_array_index(set->keys, i);
		struct key_item *item = add_item(items, set->domain, key->selector,
						 dkim_key_stage_to_string(DKIM_KEY_ACTIVE));

		item->location = g_strdup(key->location);
		item->key = dkim_private_key_ref(key->key);
	}
}

static bool gather_listed(const struct key_session *session, const char *domain, GPtrArray *items,
			  GError **ret_error)
{
	MR_AUTO(sign_key_ring) ring = NULL;
	const GPtrArray *listed;

	if (!sign_key_ring_new(&session->settings, &base_clock_system, &ring, ret_error))
		return false;
	listed = sign_key_ring_listed(ring);
	for (guint i = 0; i < listed->len; i++) {
		const struct dkim_key_set *set = g_ptr_array_index(listed, i);

		/* "%" stands for whatever domain an address has: nothing to ask DNS about. */
		if (mail_domain_is_ascii_name(set->domain) &&
		    (domain == NULL || strcmp(set->domain, domain) == 0))
			gather_set(set, items);
	}
	return true;
}

bool key_inventory_gather(const struct key_session *session, const char *domain,
			  GPtrArray **ret_items, GError **ret_error)
{
	g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(item_free);
	g_autofree char *ascii = NULL;

	if (domain != NULL &&
	    !mail_domain_to_ascii((struct slice){ domain, strlen(domain) }, &ascii, ret_error))
		return false;
	if (!gather_directory(session, ascii, items, ret_error) ||
	    !gather_listed(session, ascii, items, ret_error))
		return false;
	*ret_items = g_steal_pointer(&items);
	return true;
}
