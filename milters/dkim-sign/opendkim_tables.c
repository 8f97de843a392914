/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows OpenDKIM's SigningTable and the order in which its lines are tried. Exact patterns and
 * the usual "*@domain" and "*@*.domain" are found by hash, so a table of any length costs the
 * same; only other patterns are tried one by one. Any thread once loaded.
 */

#include <string.h>

#include "milters/dkim-sign/opendkim_pattern.h"
#include "milters/dkim-sign/opendkim_tables.h"
#include "milters/dkim-sign/table_file.h"
#include "shared/base/error.h"
#include "shared/mail/domain.h"

/* The lines of one pattern. */
struct rule {
	char *pattern;
	guint order;	   /* of its first line */
	bool names_domain; /* "%": the key called as the author's domain */
	const struct opendkim_key *keys[DKIM_KEYS_PER_DOMAIN_MAX]; /* borrowed from the KeyTable */
	unsigned key_count;
	struct dkim_key_set *set; /* NULL: depends on the author's domain */
};

struct opendkim_tables {
	struct opendkim_keys *keys;
	GHashTable *rules;  /* pattern -> struct rule, owned */
	GPtrArray *unusual; /* rules of a refile that no hash finds, in order */
	bool is_refile;
};

static void free_rule(void *data)
{
	struct rule *rule = data;

	g_free(rule->pattern);
	dkim_key_set_unref(rule->set);
	g_free(rule);
}

void opendkim_tables_free(struct opendkim_tables *tables)
{
	if (tables == NULL)
		return;
	g_hash_table_unref(tables->rules);
	g_ptr_array_unref(tables->unusual);
	opendkim_keys_free(tables->keys);
	g_free(tables);
}

/* "*@domain" and "*@*.domain" without another '*' are looked up, as are patterns without any. */
static bool is_usual(const char *pattern)
{
	if (g_str_has_prefix(pattern, "*@*."))
		pattern += 4;
	else if (g_str_has_prefix(pattern, "*@"))
		pattern += 2;
	return strchr(pattern, '*') == NULL && strchr(pattern, '@') == NULL;
}

static struct rule *rule_of(struct opendkim_tables *tables, const char *pattern)
{
	struct rule *rule = g_hash_table_lookup(tables->rules, pattern);

	if (rule != NULL)
		return rule;
	rule = g_new0(struct rule, 1);
	rule->pattern = g_strdup(pattern);
	rule->order = g_hash_table_size(tables->rules);
	g_hash_table_insert(tables->rules, rule->pattern, rule);
	if (tables->is_refile && strchr(pattern, '*') != NULL && !is_usual(pattern))
		g_ptr_array_add(tables->unusual, rule);
	return rule;
}

static bool has_selector(const struct rule *rule, const char *selector)
{
	for (unsigned i = 0; i < rule->key_count; i++)
		if (strcmp(rule->keys[i]->selector, selector) == 0)
			return true;
	return false;
}

static bool add_key(struct rule *rule, const struct table_file *file,
		    const struct opendkim_key *key, GError **ret_error)
{
	const struct opendkim_key *first = rule->key_count == 0 ? key : rule->keys[0];

	if (rule->names_domain || g_strcmp0(first->domain, key->domain) != 0)
		return table_file_fail(file, ret_error,
				       "pattern \"%s\" has keys of more than one domain",
				       rule->pattern);
	if (has_selector(rule, key->selector))
		return true;
	if (rule->key_count >= DKIM_KEYS_PER_DOMAIN_MAX)
		return table_file_fail(file, ret_error, "pattern \"%s\" has more than %u keys",
				       rule->pattern, DKIM_KEYS_PER_DOMAIN_MAX);
	rule->keys[rule->key_count++] = key;
	return true;
}

static bool add_named(struct opendkim_tables *tables, struct rule *rule,
		      const struct table_file *file, const char *name, GError **ret_error)
{
	const struct opendkim_key *key = opendkim_keys_find(tables->keys, name);

	if (key != NULL)
		return add_key(rule, file, key, ret_error);
	return table_file_fail(file, ret_error, "the KeyTable has no key named \"%s\"", name);
}

static bool add_by_domain(struct rule *rule, const struct table_file *file, GError **ret_error)
{
	if (rule->key_count > 0)
		return table_file_fail(file, ret_error,
				       "pattern \"%s\" has keys of more than one domain",
				       rule->pattern);
	rule->names_domain = true;
	return true;
}

/* The name before ':'; what follows would be i=. */
static char *name_of(struct slice value)
{
	struct reader reader;

	reader_init(&reader, value.data, value.length);
	return slice_dup(slice_trim(reader_take_until(&reader, ':')));
}

static bool add_line(struct opendkim_tables *tables, const struct table_file *file,
		     const struct table_line *line, GError **ret_error)
{
	g_autofree char *name = name_of(line->rest), *pattern = NULL;
	struct rule *rule;

	if (name[0] == '\0')
		return table_file_fail(file, ret_error, "not \"pattern key-name\"");
	if (!opendkim_pattern_normalise(line->word, &pattern, ret_error))
		return table_file_prefix(file, ret_error);
	if (tables->is_refile && opendkim_pattern_is_regex(pattern))
		return table_file_fail(file, ret_error,
				       "pattern \"%s\": only '*' has a meaning here", pattern);
	rule = rule_of(tables, pattern);
	if (strcmp(name, "%") == 0)
		return add_by_domain(rule, file, ret_error);
	return add_named(tables, rule, file, name, ret_error);
}

static bool open_key(const struct opendkim_tables *tables, const struct opendkim_key *key,
		     const char *domain, struct dkim_key_set *set, GError **ret_error)
{
	MR_AUTO(dkim_private_key) private_key = NULL;
	g_autofree char *location = NULL;

	if (!opendkim_keys_open(tables->keys, key, domain, &private_key, &location, ret_error))
		return false;
	dkim_key_set_add(set, key->selector, location, private_key);
	return true;
}

static bool make_set(const struct opendkim_tables *tables, const struct opendkim_key *const *keys,
		     unsigned count, const char *domain, struct dkim_key_set **ret_set,
		     GError **ret_error)
{
	const char *signing_domain = keys[0]->domain != NULL ? keys[0]->domain : domain;
	MR_AUTO(dkim_key_set) set = dkim_key_set_new(signing_domain);

	for (unsigned i = 0; i < count; i++)
		if (!open_key(tables, keys[i], domain, set, ret_error))
			return false;
	*ret_set = g_steal_pointer(&set);
	return true;
}

static bool depends_on_author(const struct rule *rule)
{
	if (rule->names_domain)
		return true;
	for (unsigned i = 0; i < rule->key_count; i++)
		if (rule->keys[i]->domain == NULL || rule->keys[i]->key == NULL)
			return true;
	return false;
}

static bool make_sets(struct opendkim_tables *tables, GError **ret_error)
{
	GHashTableIter iter;
	void *value;

	g_hash_table_iter_init(&iter, tables->rules);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct rule *rule = value;

		if (!depends_on_author(rule) &&
		    !make_set(tables, rule->keys, rule->key_count, NULL, &rule->set, ret_error))
			return false;
	}
	return true;
}

bool opendkim_tables_parse(struct table_file *key_table, struct table_file *signing_table,
			   bool is_refile, const struct opendkim_key_loading *loading,
			   struct opendkim_tables **ret_tables, GError **ret_error)
{
	MR_AUTO(opendkim_tables) tables = g_new0(struct opendkim_tables, 1);
	enum table_file_step step;
	struct table_line line;

	tables->rules = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_rule);
	tables->unusual = g_ptr_array_new();
	tables->is_refile = is_refile;
	if (!opendkim_keys_parse(key_table, loading, &tables->keys, ret_error))
		return false;
	while ((step = table_file_next(signing_table, &line, ret_error)) == TABLE_FILE_LINE)
		if (!add_line(tables, signing_table, &line, ret_error))
			return false;
	if (step == TABLE_FILE_ERROR || !make_sets(tables, ret_error))
		return false;
	*ret_tables = g_steal_pointer(&tables);
	return true;
}

/* "file:PATH", "refile:PATH" or a path; other kinds of data set are refused. */
static bool parse_data_set(const char *text, const char **ret_path, bool *ret_is_refile,
			   GError **ret_error)
{
	bool is_refile = g_str_has_prefix(text, "refile:");
	const char *path = text;

	if (is_refile || g_str_has_prefix(text, "file:"))
		path = strchr(text, ':') + 1;
	if (path[0] == '\0' || (path == text && strcspn(text, ":,") < strcspn(text, "/"))) {
		g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG,
			    "\"%s\": only \"file:PATH\", \"refile:PATH\" or a path", text);
		return false;
	}
	*ret_path = path;
	*ret_is_refile = is_refile;
	return true;
}

static bool load_signing_table(struct table_file *key_table, const char *path, bool is_refile,
			       bool group_may_read, struct opendkim_tables **ret_tables,
			       GError **ret_error)
{
	struct opendkim_key_loading loading = { group_may_read, dkim_private_key_load };
	struct table_file signing_table;
	bool ok;

	if (!table_file_open(&signing_table, path, ret_error))
		return false;
	ok = opendkim_tables_parse(key_table, &signing_table, is_refile, &loading, ret_tables,
				   ret_error);
	table_file_clear(&signing_table);
	return ok;
}

bool opendkim_tables_load(const char *key_table, const char *signing_table, bool group_may_read,
			  struct opendkim_tables **ret_tables, GError **ret_error)
{
	const char *key_path, *signing_path;
	bool keys_are_refile, is_refile, ok;
	struct table_file file;

	if (!parse_data_set(key_table, &key_path, &keys_are_refile, ret_error) ||
	    !parse_data_set(signing_table, &signing_path, &is_refile, ret_error) ||
	    !table_file_open(&file, key_path, ret_error))
		return false;
	ok = load_signing_table(&file, signing_path, is_refile, group_may_read, ret_tables,
				ret_error);
	table_file_clear(&file);
	return ok;
}

static const struct rule *look_up(const struct opendkim_tables *tables, const char *prefix,
				  const char *rest)
{
	g_autofree char *pattern = g_strconcat(prefix, rest, NULL);

	return g_hash_table_lookup(tables->rules, pattern);
}

/*
 * For each domain above: user@.domain, then .domain (what OpenDKIM does, not what its page says).
 */
static const struct rule *find_above(const struct opendkim_tables *tables, const char *user,
				     const char *domain)
{
	const struct rule *rule = NULL;

	for (const char *dot = strchr(domain, '.'); dot != NULL && rule == NULL;
	     dot = strchr(dot + 1, '.')) {
		rule = look_up(tables, user, dot);
		if (rule == NULL)
			rule = look_up(tables, "", dot);
	}
	return rule;
}

static const struct rule *find_in_file(const struct opendkim_tables *tables, const char *user,
				       const char *domain)
{
	const struct rule *rule = look_up(tables, user, domain);

	if (rule == NULL)
		rule = look_up(tables, "", domain);
	if (rule == NULL)
		rule = find_above(tables, user, domain);
	if (rule == NULL)
		rule = look_up(tables, user, "*");
	return rule != NULL ? rule : look_up(tables, "", "*");
}

static const struct rule *earlier(const struct rule *one, const struct rule *other)
{
	if (one == NULL || other == NULL)
		return one == NULL ? other : one;
	return other->order < one->order ? other : one;
}

static const struct rule *find_in_refile(const struct opendkim_tables *tables, const char *user,
					 const char *domain)
{
	const struct rule *best =
		earlier(look_up(tables, user, domain), look_up(tables, "*@", domain));
	g_autofree char *address = g_strconcat(user, domain, NULL);

	for (const char *dot = strchr(domain, '.'); dot != NULL; dot = strchr(dot + 1, '.'))
		best = earlier(best, look_up(tables, "*@*", dot));
	for (guint i = 0; i < tables->unusual->len; i++) {
		const struct rule *rule = g_ptr_array_index(tables->unusual, i);

		if (best != NULL && best->order < rule->order)
			break;
		if (opendkim_pattern_matches(rule->pattern, address))
			return rule;
	}
	return best;
}

/* *ret_set stays NULL when "%" names no key. */
static bool set_for(const struct opendkim_tables *tables, const struct rule *rule,
		    const char *domain, struct dkim_key_set **ret_set, GError **ret_error)
{
	const struct opendkim_key *key;

	if (rule->set != NULL) {
		*ret_set = dkim_key_set_ref(rule->set);
		return true;
	}
	if (!rule->names_domain)
		return make_set(tables, rule->keys, rule->key_count, domain, ret_set, ret_error);
	key = opendkim_keys_find(tables->keys, domain);
	return key == NULL || make_set(tables, &key, 1, domain, ret_set, ret_error);
}

bool opendkim_tables_find(struct opendkim_tables *tables, const char *local_part,
			  const char *domain, struct dkim_key_set **ret_set,
			  const char **ret_pattern, GError **ret_error)
{
	g_autofree char *local = g_ascii_strdown(local_part == NULL ? "" : local_part, -1);
	g_autofree char *user = g_strconcat(local, "@", NULL);
	struct dkim_key_set *set = NULL;
	const struct rule *rule;

	g_assert(mail_domain_is_ascii_name(domain)); /* no "/" gets into the name of a key file */
	rule = tables->is_refile ? find_in_refile(tables, user, domain)
				 : find_in_file(tables, user, domain);
	if (rule != NULL && !set_for(tables, rule, domain, &set, ret_error))
		return false;
	*ret_set = set;
	*ret_pattern = set == NULL ? NULL : rule->pattern;
	return true;
}

/* Tells sets apart by what they sign as. */
static char *name_of_set(const struct dkim_key_set *set)
{
	GString *name = g_string_new(set->domain);

	for (guint i = 0; i < set->keys->len; i++) {
		const struct dkim_signing_key *key = set->keys->pdata[i];

		g_string_append_printf(name, ":%s", key->selector);
	}
	return g_string_free(name, FALSE);
}

void opendkim_tables_add_sets(const struct opendkim_tables *tables, GPtrArray *sets)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GHashTableIter iter;
	void *rule_of_any;

	g_hash_table_iter_init(&iter, tables->rules);
	while (g_hash_table_iter_next(&iter, NULL, &rule_of_any)) {
		const struct rule *rule = rule_of_any;

		if (rule->set != NULL && g_hash_table_add(seen, name_of_set(rule->set)))
			g_ptr_array_add(sets, dkim_key_set_ref(rule->set));
	}
}
