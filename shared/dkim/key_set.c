/* SPDX-License-Identifier: BSD-2-Clause */
/* The keys of one domain, in the order in which they are preferred. Immutable once shared. */

#include <string.h>

#include "shared/dkim/key_set.h"

static void free_signing_key(void *memory)
{
	struct dkim_signing_key *key = memory;

	g_free(key->selector);
	g_free(key->location);
	dkim_private_key_unref(key->key);
	g_free(key);
}

struct dkim_key_set *dkim_key_set_new(const char *domain)
{
	struct dkim_key_set *set = g_atomic_rc_box_new0(struct dkim_key_set);

	set->domain = g_strdup(domain);
	set->keys = g_ptr_array_new_with_free_func(free_signing_key);
	return set;
}

/* RSA first, which every verifier knows; then by selector. */
static bool comes_before(const struct dkim_signing_key *a, const struct dkim_signing_key *b)
{
	enum dkim_key_type type_a = dkim_private_key_type(a->key);
	enum dkim_key_type type_b = dkim_private_key_type(b->key);

	if (type_a != type_b)
		return type_a == DKIM_KEY_RSA;
	return strcmp(a->selector, b->selector) < 0;
}

void dkim_key_set_add(struct dkim_key_set *set, const char *selector, const char *location,
		      struct dkim_private_key *key)
{
	struct dkim_signing_key *added = g_new0(struct dkim_signing_key, 1);
	guint place = 0;

	added->selector = g_strdup(selector);
	added->location = dkim_key_location_to_show(location);
	added->key = dkim_private_key_ref(key);
	while (place < set->keys->len && !comes_before(added, set->keys->pdata[place]))
		place++;
	g_ptr_array_insert(set->keys, (int)place, added);
}

static void clear_set(void *memory)
{
	struct dkim_key_set *set = memory;

	g_free(set->domain);
	g_ptr_array_unref(set->keys);
}

struct dkim_key_set *dkim_key_set_ref(struct dkim_key_set *set)
{
	return g_atomic_rc_box_acquire(set);
}

void dkim_key_set_unref(struct dkim_key_set *set)
{
	if (set != NULL)
		g_atomic_rc_box_release_full(set, clear_set);
}
