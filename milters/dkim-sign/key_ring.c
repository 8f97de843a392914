/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sources of keys in their order. Knows names and patterns; what a key is, and how a
 * directory caches, is shared/dkim's. Immutable but for the directory, which locks for itself:
 * any thread.
 */

#include <string.h>

#include "milters/dkim-sign/key_ring.h"
#include "milters/dkim-sign/opendkim_tables.h"
#include "shared/base/error.h"
#include "shared/dkim/key_directory.h"
#include "shared/mail/domain.h"

/* An entry of `domains`. */
struct listed_domain {
	char *pattern;		  /* "example.com", ".example.com", "*" */
	char *signing_domain;	  /* NULL: the address's own */
	struct dkim_key_set *set; /* NULL: the keys are in the directory */
};

struct sign_key_ring {
	GHashTable *patterns;		      /* pattern -> struct listed_domain, owned */
	GPtrArray *listed;		      /* sets of its entries, references */
	struct dkim_key_directory *directory; /* NULL: none */
	struct opendkim_tables *tables;	      /* NULL: none */
};

static void listed_domain_free(void *entry)
{
	struct listed_domain *listed = entry;

	g_free(listed->pattern);
	g_free(listed->signing_domain);
	dkim_key_set_unref(listed->set);
	g_free(listed);
}

static void key_set_release(void *set)
{
	dkim_key_set_unref(set);
}

static char *to_ascii(const char *name, GError **ret_error)
{
	char *ascii = NULL;

	mail_domain_to_ascii((struct slice){ name, strlen(name) }, &ascii, ret_error);
	return ascii;
}

/* The pattern with its name in A-labels. */
static char *normal_pattern(const char *name, GError **ret_error)
{
	g_autofree char *ascii = NULL;

	if (strcmp(name, "*") == 0)
		return g_strdup(name);
	ascii = to_ascii(name[0] == '.' ? name + 1 : name, ret_error);
	return ascii ? g_strconcat(name[0] == '.' ? "." : "", ascii, NULL) : NULL;
}

static bool find_signing_domain(const struct sign_domain_entry *entry, struct listed_domain *listed,
				GError **ret_error)
{
	const char *pattern = listed->pattern, *name = entry->signing_domain;
	bool own = name && strcmp(name, "%") == 0;

	if (g_ascii_isalnum(pattern[0]) && (!name || own))
		name = pattern;
	else if (!name && pattern[0] == '.')
		name = pattern + 1;
	else if (!name || own)
		return true;
	listed->signing_domain = to_ascii(name, ret_error);
	return listed->signing_domain;
}

static bool load_keys(const struct sign_domain_entry *entry, bool group_may_read,
		      struct listed_domain *listed, GError **ret_error)
{
	if (entry->keys->len == 0)
		return true;
	listed->set =
		dkim_key_set_new(listed->signing_domain ? listed->signing_domain : listed->pattern);
	for (guint i = 0; i < entry->keys->len; i++) {
		const struct sign_key_entry *key =
			&g_array_index(entry->keys, struct sign_key_entry, i);
		MR_AUTO(dkim_private_key) private_key = NULL;

		if (!dkim_private_key_load(key->file, group_may_read, &private_key, ret_error))
			return false;
		dkim_key_set_add(listed->set, key->selector, key->file, private_key);
	}
	return true;
}

static bool add_domain(struct sign_key_ring *ring, const struct sign_domain_entry *entry,
		       bool group_may_read, GError **ret_error)
{
	struct listed_domain *listed = g_new0(struct listed_domain, 1);

	listed->pattern = normal_pattern(entry->name, ret_error);
	if (!listed->pattern || !find_signing_domain(entry, listed, ret_error) ||
	    !load_keys(entry, group_may_read, listed, ret_error)) {
		listed_domain_free(listed);
		return false;
	}
	if (listed->set && listed->signing_domain)
		g_ptr_array_add(ring->listed, dkim_key_set_ref(listed->set));
	g_hash_table_replace(ring->patterns, listed->pattern, listed);
	return true;
}

static bool add_domains(struct sign_key_ring *ring, const struct sign_settings *settings,
			GError **ret_error)
{
	for (guint i = 0; i < settings->domains->len; i++) {
		if (!add_domain(ring,
				&g_array_index(settings->domains, struct sign_domain_entry, i),
				settings->keys_readable_by_group, ret_error))
			return false;
	}
	return true;
}

static bool open_directory(struct sign_key_ring *ring, const struct sign_settings *settings,
			   const struct base_clock *clock, GError **ret_error)
{
	return !settings->key_directory ||
	       dkim_key_directory_open(settings->key_directory, settings->keys_readable_by_group,
				       clock, &ring->directory, ret_error);
}

static bool load_tables(struct sign_key_ring *ring, const struct sign_settings *settings,
			GError **ret_error)
{
	const struct sign_opendkim_settings *opendkim = &settings->opendkim;

	if (!opendkim->key_table || !opendkim->signing_table)
		return true;
	if (!opendkim_tables_load(opendkim->key_table, opendkim->signing_table,
				  settings->keys_readable_by_group, &ring->tables, ret_error))
		return false;
	opendkim_tables_add_sets(ring->tables, ring->listed);
	return true;
}

bool sign_key_ring_new(const struct sign_settings *settings, const struct base_clock *clock,
		       struct sign_key_ring **ret_ring, GError **ret_error)
{
	MR_AUTO(sign_key_ring) ring = g_new0(struct sign_key_ring, 1);

	ring->patterns = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, listed_domain_free);
	ring->listed = g_ptr_array_new_with_free_func(key_set_release);
	if (!add_domains(ring, settings, ret_error) ||
	    !open_directory(ring, settings, clock, ret_error) ||
	    !load_tables(ring, settings, ret_error))
		return false;
	*ret_ring = g_steal_pointer(&ring);
	return true;
}

void sign_key_ring_free(struct sign_key_ring *ring)
{
	if (!ring)
		return;
	opendkim_tables_free(ring->tables);
	g_clear_pointer(&ring->directory, dkim_key_directory_free);
	g_hash_table_unref(ring->patterns);
	g_ptr_array_unref(ring->listed);
	g_free(ring);
}

void sign_key_match_clear(struct sign_key_match *match)
{
	g_clear_pointer(&match->set, dkim_key_set_unref);
	match->source = match->pattern = NULL;
}

/* The same keys under the address's own domain. */
static struct dkim_key_set *set_for(const struct dkim_key_set *keys, const char *domain)
{
	struct dkim_key_set *set = dkim_key_set_new(domain);

	for (guint i = 0; i < keys->keys->len; i++) {
		const struct dkim_signing_key *key = keys->keys->pdata[i];

		dkim_key_set_add(set, key->selector, key->location, key->key);
	}
	return set;
}

static bool find_in_directory(struct sign_key_ring *ring, const char *domain,
			      struct sign_key_match *ret_match, GError **ret_error)
{
	if (!ring->directory)
		return true;
	ret_match->source = "key_directory";
	ret_match->pattern = domain;
	return dkim_key_directory_find(ring->directory, domain, &ret_match->set, ret_error);
}

/* An entry was found: its keys, or those that it says are in the directory, must be there. */
static bool use_listed(struct sign_key_ring *ring, const struct listed_domain *listed,
		       const char *domain, struct sign_key_match *ret_match, GError **ret_error)
{
	const char *signing_domain = listed->signing_domain ? listed->signing_domain : domain;

	if (!listed->set && !find_in_directory(ring, signing_domain, ret_match, ret_error))
		return false;
	ret_match->source = "domains";
	ret_match->pattern = listed->pattern;
	if (listed->set)
		ret_match->set = listed->signing_domain ? dkim_key_set_ref(listed->set)
							: set_for(listed->set, domain);
	if (!ret_match->set)
		g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG,
			    "domain %s has no active key in the key directory", signing_domain);
	return ret_match->set;
}

static const struct listed_domain *find_above(const struct sign_key_ring *ring, const char *domain)
{
	for (const char *dot = strchr(domain, '.'); dot; dot = strchr(dot + 1, '.')) {
		const struct listed_domain *listed = g_hash_table_lookup(ring->patterns, dot);

		if (listed)
			return listed;
	}
	return NULL;
}

/* Sources 1 to 3. */
static bool find_by_name(struct sign_key_ring *ring, const char *domain,
			 struct sign_key_match *ret_match, GError **ret_error)
{
	const struct listed_domain *listed = g_hash_table_lookup(ring->patterns, domain);

	if (listed)
		return use_listed(ring, listed, domain, ret_match, ret_error);
	if (!find_in_directory(ring, domain, ret_match, ret_error))
		return false;
	listed = ret_match->set ? NULL : find_above(ring, domain);
	return !listed || use_listed(ring, listed, domain, ret_match, ret_error);
}

static bool find_in_tables(struct sign_key_ring *ring, const char *local_part, const char *domain,
			   struct sign_key_match *ret_match, GError **ret_error)
{
	if (ret_match->set || !ring->tables)
		return true;
	ret_match->source = "opendkim";
	ret_match->pattern = NULL;
	return opendkim_tables_find(ring->tables, local_part, domain, &ret_match->set,
				    &ret_match->pattern, ret_error);
}

bool sign_key_ring_find(struct sign_key_ring *ring, const char *local_part, const char *domain,
			struct sign_key_match *ret_match, GError **ret_error)
{
	const struct listed_domain *rest;

	*ret_match = (struct sign_key_match){ 0 };
	if (!find_by_name(ring, domain, ret_match, ret_error) ||
	    !find_in_tables(ring, local_part, domain, ret_match, ret_error))
		return false;
	rest = ret_match->set ? NULL : g_hash_table_lookup(ring->patterns, "*");
	return !rest || use_listed(ring, rest, domain, ret_match, ret_error);
}

bool sign_key_ring_check_entry(struct sign_key_ring *ring, const char *name, GError **ret_error)
{
	g_autofree char *pattern = normal_pattern(name, ret_error);
	const struct listed_domain *listed;
	struct sign_key_match match = { 0 };
	bool has_keys;

	if (!pattern)
		return false;
	listed = g_hash_table_lookup(ring->patterns, pattern);
	if (!listed || !listed->signing_domain)
		return true;
	has_keys = use_listed(ring, listed, listed->signing_domain, &match, ret_error);
	sign_key_match_clear(&match);
	return has_keys;
}

const GPtrArray *sign_key_ring_listed(const struct sign_key_ring *ring)
{
	return ring->listed;
}

char **sign_key_ring_directory_domains(struct sign_key_ring *ring)
{
	char **domains = ring->directory ? dkim_key_directory_domains(ring->directory, NULL) : NULL;

	return domains ? domains : g_new0(char *, 1);
}
