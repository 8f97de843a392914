/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows OpenDKIM's KeyTable. Refuses to know who signs with which key. Immutable once read but for
 * the keys whose file is named by the author's domain; these are kept behind a lock, so any thread.
 */

#include <string.h>

#include "milters/dkim-sign/opendkim_keys.h"
#include "milters/dkim-sign/table_file.h"
#include "shared/base/error.h"
#include "shared/mail/domain.h"

struct opendkim_keys {
	GHashTable *by_name;	 /* name -> struct opendkim_key */
	GHashTable *by_location; /* file -> struct dkim_private_key, a reference */
	struct opendkim_key_loading loading;
	GMutex lock; /* of by_location, from the end of parsing on */
};

static void free_key(void *data)
{
	struct opendkim_key *key = data;

	g_free(key->domain);
	g_free(key->selector);
	g_free(key->location);
	dkim_private_key_unref(key->key);
	g_free(key);
}

static void unref_private_key(void *key)
{
	dkim_private_key_unref(key);
}

static struct opendkim_keys *keys_new(const struct opendkim_key_loading *loading)
{
	struct opendkim_keys *keys = g_new0(struct opendkim_keys, 1);

	keys->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_key);
	keys->by_location =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, unref_private_key);
	keys->loading = *loading;
	g_mutex_init(&keys->lock);
	return keys;
}

void opendkim_keys_free(struct opendkim_keys *keys)
{
	if (keys == NULL)
		return;
	g_hash_table_unref(keys->by_name);
	g_hash_table_unref(keys->by_location);
	g_mutex_clear(&keys->lock);
	g_free(keys);
}

/* Many names may share a file; it is read once. */
static bool load_shared(struct opendkim_keys *keys, const char *location,
			struct dkim_private_key **ret_key, GError **ret_error)
{
	struct dkim_private_key *key = g_hash_table_lookup(keys->by_location, location);

	if (key == NULL) {
		if (!keys->loading.load(location, keys->loading.group_may_read, &key, ret_error))
			return false;
		if (g_hash_table_size(keys->by_location) < OPENDKIM_KEYS_BY_DOMAIN_MAX)
			g_hash_table_insert(keys->by_location, g_strdup(location),
					    dkim_private_key_ref(key));
		*ret_key = key;
		return true;
	}
	*ret_key = dkim_private_key_ref(key);
	return true;
}

/* A table that holds keys is a key file and has to be as private as one. */
static bool is_private(const struct table_file *file, bool group_may_read)
{
	return (file->mode & 007) == 0 && (file->mode & (group_may_read ? 030 : 070)) == 0;
}

static bool parse_pem(const char *name, const char *label, const char *base64,
		      struct dkim_private_key **ret_key, GError **ret_error)
{
	GString *pem = g_string_sized_new(strlen(base64) * 2 + 200);
	size_t length = strlen(base64);
	bool ok;

	g_string_append_printf(pem, "-----BEGIN %s-----\n", label);
	for (size_t at = 0; at < length; at += 64)
		g_string_append_printf(pem, "%.64s\n", base64 + at);
	g_string_append_printf(pem, "-----END %s-----\n", label);
	ok = dkim_private_key_parse(name, pem->str, pem->len, ret_key, ret_error);
	explicit_bzero(pem->str, pem->len);
	g_string_free(pem, TRUE);
	return ok;
}

/* base64 of DER: PKCS#8 or, as older tools wrote it, PKCS#1. */
static bool parse_inline(const struct table_file *file, const struct opendkim_keys *keys,
			 const char *base64, struct dkim_private_key **ret_key, GError **ret_error)
{
	if (strspn(base64, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") !=
		    strlen(base64) ||
	    strlen(base64) > DKIM_KEY_FILE_MAX)
		return table_file_fail(file, ret_error,
				       "key is neither a file (/..., ./..., ../...) nor base64");
	if (!is_private(file, keys->loading.group_may_read))
		return table_file_fail(file, ret_error,
				       "the table holds a key and others may read it");
	if (parse_pem(file->name, "PRIVATE KEY", base64, ret_key, NULL))
		return true;
	return parse_pem(file->name, "RSA PRIVATE KEY", base64, ret_key, ret_error) ||
	       table_file_prefix(file, ret_error);
}

static char *beside_table(const struct table_file *file, const char *path)
{
	g_autofree char *folder = NULL;

	if (path[0] == '/')
		return g_strdup(path);
	folder = g_path_get_dirname(file->name);
	return g_build_filename(folder, path, NULL);
}

static bool is_path(const char *text)
{
	return text[0] == '/' || g_str_has_prefix(text, "./") || g_str_has_prefix(text, "../");
}

static bool set_key(struct opendkim_keys *keys, const struct table_file *file, struct slice value,
		    struct opendkim_key *key, GError **ret_error)
{
	char *text = slice_dup(value);
	bool ok = true;

	if (!is_path(text)) {
		key->location = g_strdup(file->name);
		ok = parse_inline(file, keys, text, &key->key, ret_error);
	} else {
		key->location = beside_table(file, text);
		if (strchr(text, '%') == NULL)
			ok = load_shared(keys, key->location, &key->key, ret_error) ||
			     table_file_prefix(file, ret_error);
	}
	explicit_bzero(text, value.length);
	g_free(text);
	return ok;
}

static bool to_ascii(const struct table_file *file, const char *what, struct slice name,
		     char **ret_ascii, GError **ret_error)
{
	g_autofree char *text = NULL;

	if (mail_domain_to_ascii(name, ret_ascii, NULL))
		return true;
	text = g_strndup(name.data, MIN(name.length, 100));
	return table_file_fail(file, ret_error, "\"%s\" is no %s", text, what);
}

/* domain:selector:key */
static bool parse_value(struct opendkim_keys *keys, const struct table_file *file,
			struct slice value, struct opendkim_key *key, GError **ret_error)
{
	struct slice domain, selector;
	struct reader reader;

	reader_init(&reader, value.data, value.length);
	domain = reader_take_until(&reader, ':');
	reader_skip_byte(&reader, ':');
	selector = reader_take_until(&reader, ':');
	if (!reader_skip_byte(&reader, ':') || reader_at_end(&reader))
		return table_file_fail(file, ret_error, "not \"name domain:selector:key\"");
	if (!slice_equal_nocase(domain, "%") &&
	    !to_ascii(file, "domain", domain, &key->domain, ret_error))
		return false;
	if (!to_ascii(file, "selector", selector, &key->selector, ret_error))
		return false;
	value.data += reader.position;
	value.length -= reader.position;
	return set_key(keys, file, value, key, ret_error);
}

static bool add_line(struct opendkim_keys *keys, const struct table_file *file,
		     const struct table_line *line, GError **ret_error)
{
	struct opendkim_key *key = g_new0(struct opendkim_key, 1);
	g_autofree char *name = slice_dup(line->word);

	if (!parse_value(keys, file, line->rest, key, ret_error)) {
		free_key(key);
		return false;
	}
	if (g_hash_table_contains(keys->by_name, name))
		free_key(key);
	else
		g_hash_table_insert(keys->by_name, g_steal_pointer(&name), key);
	return true;
}

bool opendkim_keys_parse(struct table_file *file, const struct opendkim_key_loading *loading,
			 struct opendkim_keys **ret_keys, GError **ret_error)
{
	MR_AUTO(opendkim_keys) keys = keys_new(loading);
	enum table_file_step step;
	struct table_line line;

	while ((step = table_file_next(file, &line, ret_error)) == TABLE_FILE_LINE)
		if (!add_line(keys, file, &line, ret_error))
			return false;
	if (step == TABLE_FILE_ERROR)
		return false;
	*ret_keys = g_steal_pointer(&keys);
	return true;
}

const struct opendkim_key *opendkim_keys_find(const struct opendkim_keys *keys, const char *name)
{
	return g_hash_table_lookup(keys->by_name, name);
}

static char *replace_percent(const char *location, const char *domain)
{
	g_auto(GStrv) parts = g_strsplit(location, "%", -1);

	return g_strjoinv(domain, parts);
}

bool opendkim_keys_open(struct opendkim_keys *keys, const struct opendkim_key *key,
			const char *domain, struct dkim_private_key **ret_key, char **ret_location,
			GError **ret_error)
{
	g_autofree char *location = NULL;
	bool ok;

	if (key->key != NULL) {
		*ret_key = dkim_private_key_ref(key->key);
		*ret_location = g_strdup(key->location);
		return true;
	}
	g_assert(mail_domain_is_ascii_name(domain)); /* no "/" gets into a path */
	location = replace_percent(key->location, domain);
	g_mutex_lock(&keys->lock);
	ok = load_shared(keys, location, ret_key, ret_error);
	g_mutex_unlock(&keys->lock);
	if (ok)
		*ret_location = g_steal_pointer(&location);
	return ok;
}
