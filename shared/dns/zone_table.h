/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DNS_ZONE_TABLE_H
#define MILLRACE_DNS_ZONE_TABLE_H

/* The names of a zone file and what each holds. Made once, then read by all threads. */

#include "shared/dns/resolver.h"

#define DNS_ZONE_DEFAULT_TTL 3600u

/* The records of one name and type. */
struct dns_zone_set {
	unsigned type;
	uint32_t ttl;	    /* of the first record */
	GPtrArray *records; /* GByteArray *, RDATA on the wire */
};

struct dns_zone_node {
	enum dns_status failure; /* DNS_OK: none, else what every question here is answered */
	GPtrArray *sets;	 /* struct dns_zone_set * */
};

/* Owner names in lower case without the final dot -> struct dns_zone_node. A name that only has
 * names below it is in the table too (an empty non-terminal, RFC 8020). */
bool dns_zone_table_parse(const char *name, const char *text, size_t length, GHashTable **ret_table,
			  GError **ret_error);

const struct dns_zone_set *dns_zone_node_find(const struct dns_zone_node *node, unsigned type);

#endif
