/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DNS_ZONE_H
#define MILLRACE_DNS_ZONE_H

/*
 * A resolver that answers from a zone file alone, for tests and dry runs. The file is RFC 1035
 * 5.1's master format as far as mail needs it: A, AAAA, CNAME, MX, NS, PTR, SOA and TXT of class
 * IN, $ORIGIN, $TTL, "@", parentheses, quoted strings with escapes, TTLs such as 3600 or 1h30m.
 * Several zones may stand in one file. CNAMEs are followed; wildcards are not known.
 *
 * Three words in place of a type make a name fail as real servers do, at once:
 *
 *     broken.example.    SERVFAIL
 *     silent.example.    TIMEOUT
 *     forged.example.    BOGUS
 *
 * The file is read once. Errors are CONFIG, "FILE:LINE: what is wrong".
 */

#include "shared/dns/resolver.h"

#define DNS_ZONE_BYTES_MAX (16u * 1024 * 1024)
#define DNS_ZONE_CNAME_MAX 8u /* links of a chain; a longer one is answered DNS_SERVFAIL */

bool dns_zone_new(const char *path, struct dns_resolver **ret_resolver, GError **ret_error);
/* `name` stands for the path in messages. */
bool dns_zone_new_from_text(const char *name, const char *text, size_t length,
			    struct dns_resolver **ret_resolver, GError **ret_error);

#endif
