/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows how a question is answered from a table of names: which status, which TTL, along which
 * chain of CNAMEs (RFC 1034 4.3.2, RFC 2308). Answers at once, on the asking thread. Any thread.
 */

#include <arpa/inet.h>
#include <string.h>

#include "shared/base/error.h"
#include "shared/dns/engine.h"
#include "shared/dns/zone.h"
#include "shared/dns/zone_record.h"
#include "shared/dns/zone_table.h"

struct zone_resolver {
	struct dns_resolver base; /* first */
	GHashTable *table;	  /* constant */
};

/* RFC 2308 5: the lesser of the SOA's TTL and its minimum, from the nearest zone above. */
static uint32_t negative_ttl(const struct zone_resolver *resolver, const char *name)
{
	const struct dns_zone_node *node;
	const struct dns_zone_set *soa = NULL;
	const GByteArray *rdata;
	uint32_t minimum;

	while (soa == NULL) {
		const char *dot = strchr(name, '.');

		node = g_hash_table_lookup(resolver->table, name);
		soa = node != NULL ? dns_zone_node_find(node, DNS_SOA) : NULL;
		if (soa == NULL && dot == NULL)
			return DNS_ZONE_DEFAULT_TTL;
		name = dot != NULL ? dot + 1 : name;
	}
	rdata = g_ptr_array_index(soa->records, 0);
	memcpy(&minimum, rdata->data, sizeof(minimum));
	return MIN(ntohl(minimum), soa->ttl);
}

static struct dns_answer *negative_answer(const struct zone_resolver *resolver, const char *name,
					  enum dns_status status)
{
	struct dns_answer *answer = dns_answer_new(status);

	if (dns_status_is_definite(status))
		answer->ttl = negative_ttl(resolver, name);
	return answer;
}

static struct dns_answer *positive_answer(const struct dns_zone_set *set)
{
	struct dns_answer *answer = dns_answer_new(DNS_OK);

	answer->ttl = set->ttl;
	for (guint i = 0; i < set->records->len; i++) {
		const GByteArray *rdata = g_ptr_array_index(set->records, i);

		dns_answer_add(answer, rdata->data, rdata->len);
	}
	return answer;
}

/* What a name itself answers; NULL, and the next name, when it is an alias. */
static struct dns_answer *answer_at(const struct zone_resolver *resolver, const char *name,
				    unsigned type, char **ret_alias)
{
	const struct dns_zone_node *node = g_hash_table_lookup(resolver->table, name);
	const struct dns_zone_set *set, *alias;
	const GByteArray *target;

	if (node == NULL)
		return negative_answer(resolver, name, DNS_NXDOMAIN);
	if (node->failure != DNS_OK)
		return dns_answer_new(node->failure);
	set = dns_zone_node_find(node, type);
	if (set != NULL)
		return positive_answer(set);
	alias = dns_zone_node_find(node, DNS_CNAME);
	if (alias == NULL)
		return negative_answer(resolver, name, DNS_NODATA);
	target = g_ptr_array_index(alias->records, 0);
	*ret_alias = dns_zone_name_from_wire(target->data, target->len);
	return NULL;
}

static struct dns_answer *answer_question(const struct zone_resolver *resolver, const char *name,
					  unsigned type)
{
	g_autofree char *canonical = NULL;

	for (unsigned links = 0; links <= DNS_ZONE_CNAME_MAX; links++) {
		const char *at = canonical != NULL ? canonical : name;
		char *alias = NULL;
		struct dns_answer *answer = answer_at(resolver, at, type, &alias);

		if (answer != NULL) {
			answer->canonical_name = g_steal_pointer(&canonical);
			return answer;
		}
		g_free(canonical);
		canonical = alias;
	}
	return dns_answer_new(DNS_SERVFAIL);
}

static void zone_start(struct dns_resolver *base, struct dns_query *query)
{
	const struct zone_resolver *resolver = (const struct zone_resolver *)base;

	dns_query_answer(query, answer_question(resolver, query->name, query->type));
}

static void zone_free(struct dns_resolver *base)
{
	struct zone_resolver *resolver = (struct zone_resolver *)base;

	g_hash_table_unref(resolver->table);
	dns_resolver_clear(base);
	g_free(resolver);
}

static const struct dns_engine zone_engine = { zone_start, zone_free };

bool dns_zone_new_from_text(const char *name, const char *text, size_t length,
			    struct dns_resolver **ret_resolver, GError **ret_error)
{
	struct zone_resolver *resolver;
	GHashTable *table;

	if (!dns_zone_table_parse(name, text, length, &table, ret_error))
		return false;
	resolver = g_new0(struct zone_resolver, 1);
	dns_resolver_init(&resolver->base, &zone_engine, 0);
	resolver->table = table;
	*ret_resolver = &resolver->base;
	return true;
}

bool dns_zone_new(const char *path, struct dns_resolver **ret_resolver, GError **ret_error)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;
	gsize length;

	if (!g_file_get_contents(path, &text, &length, &error)) {
		g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG, "zone file: %s", error->message);
		return false;
	}
	if (length > DNS_ZONE_BYTES_MAX) {
		g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG, "%s: over %u bytes", path,
			    DNS_ZONE_BYTES_MAX);
		return false;
	}
	return dns_zone_new_from_text(path, text, length, ret_resolver, ret_error);
}
