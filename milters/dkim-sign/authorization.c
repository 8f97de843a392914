/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows which user may use which author address. Refuses to know what happens to mail that breaks
 * the rule. Any thread once loaded.
 */

#include <string.h>

#include "milters/dkim-sign/authorization.h"
#include "milters/dkim-sign/table_file.h"
#include "shared/base/error.h"
#include "shared/mail/address.h"
#include "shared/mail/domain.h"

#define EVERYTHING "*"

struct sender_table {
	GHashTable *users; /* login in lower case -> set of entries (GHashTable) in normal form */
};

void sender_table_free(struct sender_table *table)
{
	if (table == NULL)
		return;
	g_hash_table_unref(table->users);
	g_free(table);
}

static void free_entries(void *entries)
{
	g_hash_table_unref(entries);
}

/* "local@domain" with the local part in lower case */
static char *normal_address(const char *local_part, const char *domain)
{
	g_autofree char *local = g_ascii_strdown(local_part, -1);

	return g_strconcat(local, "@", domain, NULL);
}

static bool parse_address(struct slice entry, char **ret_normal, GError **ret_error)
{
	MR_AUTO(mail_mailbox) mailbox = NULL;
	g_autofree char *domain = NULL;
	struct slice written;

	if (!mail_address_parse_path(entry, &mailbox, ret_error))
		return false;
	if (mailbox == NULL) { /* "<>(@)" */
		g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG, "not an address: null path");
		return false;
	}
	written = (struct slice){ mailbox->domain, strlen(mailbox->domain) };
	if (!mail_domain_to_ascii(written, &domain, ret_error))
		return false;
	*ret_normal = normal_address(mailbox->local_part, domain);
	return true;
}

static bool parse_domain(struct slice entry, char **ret_normal, GError **ret_error)
{
	bool below = entry.length > 0 && entry.data[0] == '.';
	g_autofree char *domain = NULL;

	if (below) {
		entry.data++;
		entry.length--;
	}
	if (!mail_domain_to_ascii(entry, &domain, ret_error))
		return false;
	*ret_normal = g_strconcat(below ? "." : "", domain, NULL);
	return true;
}

static bool parse_entry(struct slice entry, char **ret_normal, GError **ret_error)
{
	if (slice_equal_nocase(entry, EVERYTHING)) {
		*ret_normal = g_strdup(EVERYTHING);
		return true;
	}
	if (entry.length > 0 && memchr(entry.data, '@', entry.length) != NULL)
		return parse_address(entry, ret_normal, ret_error);
	return parse_domain(entry, ret_normal, ret_error);
}

static GHashTable *entries_of(struct sender_table *table, struct slice user)
{
	g_autofree char *login = g_ascii_strdown(user.data, (gssize)user.length);
	GHashTable *entries = g_hash_table_lookup(table->users, login);

	if (entries == NULL) {
		entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
		g_hash_table_insert(table->users, g_steal_pointer(&login), entries);
	}
	return entries;
}

static bool add_line(struct sender_table *table, const struct table_file *file,
		     const struct table_line *line, GError **ret_error)
{
	GHashTable *entries = entries_of(table, line->word);
	struct reader reader;

	if (line->rest.length == 0)
		return table_file_fail(file, ret_error, "user without an address or domain");
	reader_init(&reader, line->rest.data, line->rest.length);
	do {
		struct slice entry = slice_trim(reader_take_until(&reader, ','));
		char *normal;

		if (!parse_entry(entry, &normal, ret_error))
			return table_file_prefix(file, ret_error);
		g_hash_table_add(entries, normal);
	} while (reader_skip_byte(&reader, ','));
	return true;
}

bool sender_table_parse(struct table_file *file, struct sender_table **ret_table,
			GError **ret_error)
{
	MR_AUTO(sender_table) table = g_new(struct sender_table, 1);
	enum table_file_step step;
	struct table_line line;

	table->users = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_entries);
	while ((step = table_file_next(file, &line, ret_error)) == TABLE_FILE_LINE)
		if (!add_line(table, file, &line, ret_error))
			return false;
	if (step == TABLE_FILE_ERROR)
		return false;
	*ret_table = g_steal_pointer(&table);
	return true;
}

bool sender_table_load(const char *path, struct sender_table **ret_table, GError **ret_error)
{
	struct table_file file;
	bool ok;

	if (!table_file_open(&file, path, ret_error))
		return false;
	ok = sender_table_parse(&file, ret_table, ret_error);
	table_file_clear(&file);
	return ok;
}

static bool covers_domain(GHashTable *entries, const char *domain)
{
	if (g_hash_table_contains(entries, EVERYTHING) || g_hash_table_contains(entries, domain))
		return true;
	for (const char *dot = strchr(domain, '.'); dot != NULL; dot = strchr(dot + 1, '.'))
		if (g_hash_table_contains(entries, dot))
			return true;
	return false;
}

static bool covers(const struct sender_table *table, const char *user, const char *local_part,
		   const char *domain)
{
	g_autofree char *login = g_ascii_strdown(user, -1), *address = NULL;
	GHashTable *entries = g_hash_table_lookup(table->users, login);

	if (entries == NULL)
		return false;
	if (covers_domain(entries, domain))
		return true;
	if (local_part == NULL)
		return false;
	address = normal_address(local_part, domain);
	return g_hash_table_contains(entries, address);
}

bool sender_authorized(const struct sender_table *table, const char *user, const char *local_part,
		       const char *domain)
{
	if (user != NULL && user[0] != '\0' && covers(table, user, local_part, domain))
		return true;
	return covers(table, EVERYTHING, local_part, domain);
}
