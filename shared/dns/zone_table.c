/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows how entries of a master file become records of names: owners, $ORIGIN, $TTL, class and
 * TTL in either order, the words that make a name fail. Refuses to know how questions are
 * answered. Parsing is one thread's; the table is constant afterwards.
 */

#include <string.h>

#include "shared/base/error.h"
#include "shared/dns/zone_record.h"
#include "shared/dns/zone_table.h"

struct loader {
	struct dns_zone_scanner scanner;
	struct dns_zone_entry entry;
	GHashTable *table;
	char *origin; /* NULL until $ORIGIN */
	char *owner;  /* of the entry before */
	uint32_t ttl;
};

static bool fail(const struct loader *loader, const char *what, const char *word,
		 GError **ret_error)
{
	g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG, "%s:%u: %s%s%s", loader->scanner.name,
		    loader->entry.line, what, word != NULL ? ": " : "", word != NULL ? word : "");
	return false;
}

static void set_free(gpointer data)
{
	struct dns_zone_set *set = data;

	g_ptr_array_unref(set->records);
	g_free(set);
}

static void node_free(gpointer data)
{
	struct dns_zone_node *node = data;

	g_ptr_array_unref(node->sets);
	g_free(node);
}

static void record_free(gpointer data)
{
	g_byte_array_unref(data);
}

const struct dns_zone_set *dns_zone_node_find(const struct dns_zone_node *node, unsigned type)
{
	for (guint i = 0; i < node->sets->len; i++) {
		const struct dns_zone_set *set = g_ptr_array_index(node->sets, i);

		if (set->type == type)
			return set;
	}
	return NULL;
}

/* The node of a name; it and every name above it come to exist. */
static struct dns_zone_node *table_node(GHashTable *table, const char *name)
{
	struct dns_zone_node *node = g_hash_table_lookup(table, name);
	const char *dot = strchr(name, '.');

	if (node != NULL)
		return node;
	node = g_new0(struct dns_zone_node, 1);
	node->sets = g_ptr_array_new_with_free_func(set_free);
	g_hash_table_insert(table, g_strdup(name), node);
	if (dot != NULL)
		table_node(table, dot + 1); /* 127 deep at most: 253 octets */
	return node;
}

static void node_add(struct dns_zone_node *node, unsigned type, uint32_t ttl,
		     GByteArray *rdata_taken)
{
	struct dns_zone_set *set = NULL;

	for (guint i = 0; i < node->sets->len && set == NULL; i++) {
		struct dns_zone_set *candidate = g_ptr_array_index(node->sets, i);

		set = candidate->type == type ? candidate : NULL;
	}
	if (set == NULL) {
		set = g_new0(struct dns_zone_set, 1);
		set->type = type;
		set->ttl = ttl;
		set->records = g_ptr_array_new_with_free_func(record_free);
		g_ptr_array_add(node->sets, set);
	}
	g_ptr_array_add(set->records, rdata_taken);
}

static const struct dns_zone_word *word_at(const struct loader *loader, guint i)
{
	return i < loader->entry.words->len
		       ? &g_array_index(loader->entry.words, struct dns_zone_word, i)
		       : NULL;
}

static bool word_is(const struct dns_zone_word *word, const char *text)
{
	return word != NULL && !word->literal && g_ascii_strcasecmp(word->text->str, text) == 0;
}

static bool load_directive(struct loader *loader, GError **ret_error)
{
	const struct dns_zone_word *name = word_at(loader, 0), *value = word_at(loader, 1);
	char *origin;

	if (value == NULL || word_at(loader, 2) != NULL)
		return fail(loader, "a directive takes one word", name->text->str, ret_error);
	if (word_is(name, "$TTL"))
		return dns_zone_ttl(value, &loader->ttl) ||
		       fail(loader, "not a TTL", value->text->str, ret_error);
	if (!word_is(name, "$ORIGIN"))
		return fail(loader, "not a directive that is known here", name->text->str,
			    ret_error);
	origin = dns_zone_name(value, loader->origin);
	if (origin == NULL)
		return fail(loader, "not a domain name", value->text->str, ret_error);
	g_free(loader->origin);
	loader->origin = origin;
	return true;
}

static bool load_owner(struct loader *loader, guint *ret_next, GError **ret_error)
{
	const struct dns_zone_word *word = word_at(loader, 0);
	char *owner;

	*ret_next = 0;
	if (loader->entry.starts_blank)
		return loader->owner != NULL ||
		       fail(loader, "the first entry has no owner", NULL, ret_error);
	owner = dns_zone_name(word, loader->origin);
	if (owner == NULL)
		return fail(loader, "not a domain name, or a relative one without $ORIGIN",
			    word->text->str, ret_error);
	g_free(loader->owner);
	loader->owner = owner;
	*ret_next = 1;
	return true;
}

/* [TTL] [class] in either order (RFC 1035 5.1); returns the position of the type. */
static guint load_ttl_and_class(struct loader *loader, guint next, uint32_t *ret_ttl)
{
	bool ttl_seen = false, class_seen = false;

	*ret_ttl = loader->ttl;
	for (;; next++) {
		const struct dns_zone_word *word = word_at(loader, next);

		if (word == NULL)
			return next;
		if (!class_seen && word_is(word, "IN"))
			class_seen = true;
		else if (!ttl_seen && dns_zone_ttl(word, ret_ttl))
			ttl_seen = true;
		else
			return next;
	}
}

static enum dns_status failure_from_word(const struct dns_zone_word *word)
{
	if (word_is(word, "SERVFAIL"))
		return DNS_SERVFAIL;
	if (word_is(word, "TIMEOUT"))
		return DNS_TIMEOUT;
	return word_is(word, "BOGUS") ? DNS_BOGUS : DNS_OK;
}

/* `word` is the type, `n` words stand behind it. */
static bool load_record(struct loader *loader, const struct dns_zone_word *word, guint n,
			uint32_t ttl, GError **ret_error)
{
	struct dns_zone_node *node = table_node(loader->table, loader->owner);
	unsigned type = word->literal ? 0 : dns_zone_type_from_text(word->text->str);
	GByteArray *rdata;
	const char *problem;

	if (type == 0)
		return fail(loader, "not a type that is known here", word->text->str, ret_error);
	/* RFC 1034 3.6.2 */
	if (node->sets->len > 0 &&
	    (type == DNS_CNAME || dns_zone_node_find(node, DNS_CNAME) != NULL))
		return fail(loader, "a CNAME beside another record", loader->owner, ret_error);
	rdata = g_byte_array_new();
	if (!dns_zone_rdata(type, word + 1, n, loader->origin, rdata, &problem)) {
		g_byte_array_unref(rdata);
		return fail(loader, problem, NULL, ret_error);
	}
	node_add(node, type, ttl, rdata);
	return true;
}

static bool load_entry(struct loader *loader, GError **ret_error)
{
	const struct dns_zone_word *word = word_at(loader, 0);
	enum dns_status failure;
	uint32_t ttl;
	guint next;

	if (!loader->entry.starts_blank && !word->literal && word->text->str[0] == '$')
		return load_directive(loader, ret_error);
	if (!load_owner(loader, &next, ret_error))
		return false;
	next = load_ttl_and_class(loader, next, &ttl);
	word = word_at(loader, next);
	if (word == NULL)
		return fail(loader, "an entry without a type", NULL, ret_error);
	failure = failure_from_word(word);
	if (failure == DNS_OK)
		return load_record(loader, word, loader->entry.words->len - next - 1, ttl,
				   ret_error);
	table_node(loader->table, loader->owner)->failure = failure;
	return true;
}

static bool load_all(struct loader *loader, GError **ret_error)
{
	bool found;

	do {
		if (!dns_zone_scanner_next(&loader->scanner, &loader->entry, &found, ret_error))
			return false;
		if (found && !load_entry(loader, ret_error))
			return false;
	} while (found);
	return true;
}

bool dns_zone_table_parse(const char *name, const char *text, size_t length, GHashTable **ret_table,
			  GError **ret_error)
{
	struct loader loader = { .ttl = DNS_ZONE_DEFAULT_TTL };
	bool ok;

	dns_zone_scanner_init(&loader.scanner, name, text, length);
	dns_zone_entry_init(&loader.entry);
	loader.table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, node_free);
	ok = load_all(&loader, ret_error);
	if (ok)
		*ret_table = g_hash_table_ref(loader.table);
	g_hash_table_unref(loader.table);
	dns_zone_entry_clear(&loader.entry);
	g_free(loader.origin);
	g_free(loader.owner);
	return ok;
}
