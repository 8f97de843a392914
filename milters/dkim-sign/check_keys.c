/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tries what the daemon will do with keys before it has to: as the user it will be, with the
 * files as they are. Knows settings and where keys lie; changes nothing.
 */

#include <string.h>

#include "milters/dkim-sign/check_keys.h"
#include "milters/dkim-sign/key_ring.h"
#include "milters/dkim-sign/opendkim_tables.h"
#include "shared/daemon/access.h"
#include "shared/dkim/key_directory.h"
#include "shared/dkim/key_record.h"
#include "shared/mail/domain.h"

static void check_domain_name(struct conf_file *file, const void *member, const char *name)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *ascii = NULL;

	if (!mail_domain_to_ascii((struct slice){ name, strlen(name) }, &ascii, &error))
		conf_file_problem(file, member, "\"%s\": %s", name, error->message);
}

/* The set was loaded as the user who checks; the daemon's has to be able to do the same. */
static void check_access(struct conf_file *file, const struct sign_settings *settings,
			 const void *member, const struct dkim_key_set *set)
{
	for (guint i = 0; i < set->keys->len; i++) {
		const struct dkim_signing_key *key = set->keys->pdata[i];
		g_autoptr(GError) error = NULL;

		if (!daemon_user_can_read(settings->daemon.user, key->location, &error))
			conf_file_problem(file, member, "%s", error->message);
	}
}

static void check_key_strength(struct conf_file *file, const struct sign_key_entry *entry,
			       const struct dkim_private_key *key)
{
	unsigned bits = dkim_private_key_bits(key);

	if (dkim_private_key_type(key) == DKIM_KEY_RSA && bits < DKIM_RSA_BITS_ADVISED)
		conf_file_warning(file, &entry->file,
				  "RSA key of %u bits: %u or more are advised (RFC 8301 3.2)", bits,
				  DKIM_RSA_BITS_ADVISED);
}

static void check_key_file(struct conf_file *file, const struct sign_settings *settings,
			   const struct sign_key_entry *entry)
{
	g_autofree char *path = dkim_key_location_file(entry->file);
	MR_AUTO(dkim_private_key) key = NULL;
	g_autoptr(GError) error = NULL;

	if ((path && !daemon_user_can_read(settings->daemon.user, path, &error)) ||
	    !dkim_private_key_load(entry->file, settings->keys_readable_by_group, &key, &error))
		conf_file_problem(file, &entry->file, "%s", error->message);
	else
		check_key_strength(file, entry, key);
}

static void check_key(struct conf_file *file, const struct sign_settings *settings,
		      const struct sign_domain_entry *domain, guint index)
{
	const struct sign_key_entry *entry =
		&g_array_index(domain->keys, struct sign_key_entry, index);

	if (entry->selector && !dkim_selector_is_valid(entry->selector))
		conf_file_problem(file, &entry->selector, "\"%s\" is no selector", entry->selector);
	for (guint i = 0; entry->selector && i < index; i++) {
		const char *other = g_array_index(domain->keys, struct sign_key_entry, i).selector;

		if (other && g_ascii_strcasecmp(other, entry->selector) == 0)
			conf_file_problem(file, &entry->selector, "selector \"%s\" twice",
					  entry->selector);
	}
	if (entry->file)
		check_key_file(file, settings, entry);
}

static void check_pattern(struct conf_file *file, const struct sign_domain_entry *entry)
{
	if (strcmp(entry->name, "*") == 0) {
		if (!entry->signing_domain)
			conf_file_problem(file, &entry->name,
					  "\"*\" needs a signing_domain: a name, or \"%%\" for the "
					  "address's own");
		return;
	}
	check_domain_name(file, &entry->name, entry->name + (entry->name[0] == '.'));
}

static void check_domain(struct conf_file *file, const struct sign_settings *settings,
			 const struct sign_domain_entry *entry)
{
	if (entry->name)
		check_pattern(file, entry);
	if (entry->signing_domain && strcmp(entry->signing_domain, "%") != 0)
		check_domain_name(file, &entry->signing_domain, entry->signing_domain);
	if (entry->keys->len == 0 && !settings->key_directory)
		conf_file_problem(file, &entry->name,
				  "domain without keys, and there is no key_directory");
	if (entry->keys->len > DKIM_KEYS_PER_DOMAIN_MAX)
		conf_file_problem(file, &entry->keys, "%u keys: at most %u sign for a domain",
				  entry->keys->len, DKIM_KEYS_PER_DOMAIN_MAX);
	for (guint i = 0; i < entry->keys->len; i++)
		check_key(file, settings, entry, i);
}

static void check_domains(struct conf_file *file, const struct sign_settings *settings)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < settings->domains->len; i++) {
		const struct sign_domain_entry *entry =
			&g_array_index(settings->domains, struct sign_domain_entry, i);

		check_domain(file, settings, entry);
		if (entry->name && !g_hash_table_add(seen, g_ascii_strdown(entry->name, -1)))
			conf_file_problem(file, &entry->name, "domain \"%s\" twice", entry->name);
	}
}

static void check_directory_domain(struct conf_file *file, const struct sign_settings *settings,
				   struct dkim_key_directory *directory, const char *domain)
{
	MR_AUTO(dkim_key_set) set = NULL;
	g_autoptr(GError) error = NULL;

	if (!dkim_key_directory_find(directory, domain, &set, &error))
		conf_file_problem(file, &settings->key_directory, "%s", error->message);
	else if (!set)
		conf_file_warning(file, &settings->key_directory,
				  "%s has no active key: its mail is not signed", domain);
	else
		check_access(file, settings, &settings->key_directory, set);
}

/* Every domain's keys, up to a ceiling: a directory may hold hundreds of thousands. */
static void check_directory_keys(struct conf_file *file, const struct sign_settings *settings,
				 struct dkim_key_directory *directory, char **domains)
{
	guint n = g_strv_length(domains);

	for (guint i = 0; i < MIN(n, SIGN_CHECKED_DOMAINS_MAX); i++)
		check_directory_domain(file, settings, directory, domains[i]);
	if (n > SIGN_CHECKED_DOMAINS_MAX)
		conf_file_warning(file, &settings->key_directory,
				  "%u domains: the keys of the first %u were checked", n,
				  SIGN_CHECKED_DOMAINS_MAX);
}

static void check_directory(struct conf_file *file, const struct sign_settings *settings)
{
	const char *path = settings->key_directory;
	struct dkim_key_directory *directory = NULL;
	g_auto(GStrv) domains = NULL;
	g_autoptr(GError) error = NULL;

	if (!path)
		return;
	if (daemon_user_can_read(settings->daemon.user, path, &error) &&
	    dkim_key_directory_open(path, settings->keys_readable_by_group, &base_clock_system,
				    &directory, &error))
		domains = dkim_key_directory_domains(directory, &error);
	if (domains)
		check_directory_keys(file, settings, directory, domains);
	else
		conf_file_problem(file, &settings->key_directory, "%s", error->message);
	g_clear_pointer(&directory, dkim_key_directory_free);
}

/* "file:PATH" or "refile:PATH" or the path itself. */
static const char *table_path(const char *table)
{
	const char *slash = strchr(table, '/'), *colon = strchr(table, ':');

	return colon && (!slash || colon < slash) ? colon + 1 : table;
}

static void key_set_release(void *set)
{
	dkim_key_set_unref(set);
}

static void check_table_keys(struct conf_file *file, const struct sign_settings *settings,
			     const struct opendkim_tables *tables)
{
	g_autoptr(GPtrArray) sets = g_ptr_array_new_with_free_func(key_set_release);

	opendkim_tables_add_sets(tables, sets);
	for (guint i = 0; i < sets->len; i++)
		check_access(file, settings, &settings->opendkim, sets->pdata[i]);
}

static void check_opendkim(struct conf_file *file, const struct sign_settings *settings)
{
	const struct sign_opendkim_settings *opendkim = &settings->opendkim;
	const char *user = settings->daemon.user;
	MR_AUTO(opendkim_tables) tables = NULL;
	g_autoptr(GError) error = NULL;

	if (!opendkim->key_table && !opendkim->signing_table)
		return;
	if (!opendkim->key_table || !opendkim->signing_table)
		conf_file_problem(file, opendkim, "key_table and signing_table belong together");
	else if (!daemon_user_can_read(user, table_path(opendkim->key_table), &error) ||
		 !daemon_user_can_read(user, table_path(opendkim->signing_table), &error) ||
		 !opendkim_tables_load(opendkim->key_table, opendkim->signing_table,
				       settings->keys_readable_by_group, &tables, &error))
		conf_file_problem(file, opendkim, "%s", error->message);
	if (tables)
		check_table_keys(file, settings, tables);
}

static void check_also_sign_as(struct conf_file *file, const struct sign_settings *settings,
			       struct sign_key_ring *ring)
{
	char *const *member = &settings->also_sign_as;
	struct sign_key_match match = { 0 };
	g_autoptr(GError) error = NULL;
	g_autofree char *ascii = NULL;

	if (!*member)
		return;
	if (!mail_domain_to_ascii((struct slice){ *member, strlen(*member) }, &ascii, &error) ||
	    !sign_key_ring_find(ring, NULL, ascii, &match, &error))
		conf_file_problem(file, member, "\"%s\": %s", *member, error->message);
	else if (!match.set)
		conf_file_problem(file, member, "there are no keys for \"%s\"", *member);
	sign_key_match_clear(&match);
}

static void check_references(struct conf_file *file, const struct sign_settings *settings)
{
	MR_AUTO(sign_key_ring) ring = NULL;
	g_autoptr(GError) error = NULL;

	if (!sign_key_ring_new(settings, &base_clock_system, &ring, &error)) {
		conf_file_problem(file, NULL, "%s", error->message);
		return;
	}
	check_also_sign_as(file, settings, ring);
	for (guint i = 0; i < settings->domains->len; i++) {
		const struct sign_domain_entry *entry =
			&g_array_index(settings->domains, struct sign_domain_entry, i);
		g_autoptr(GError) refused = NULL;

		if (!sign_key_ring_check_entry(ring, entry->name, &refused))
			conf_file_problem(file, &entry->name, "%s", refused->message);
	}
}

void sign_check_keys(struct conf_file *file, const struct sign_settings *settings)
{
	check_domains(file, settings);
	check_directory(file, settings);
	check_opendkim(file, settings);
	if (conf_file_check(file, NULL))
		check_references(file, settings);
}
