/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DNS_ZONE_RECORD_H
#define MILLRACE_DNS_ZONE_RECORD_H

/* The words of a master file's entry -> RDATA on the wire (RFC 1035 3.3, RFC 3596). One thread. */

#include "shared/dns/resolver.h"
#include "shared/dns/zone_scan.h"

#define DNS_SOA 6

/* "TXT" -> DNS_TXT; 0 for a type that is not known here. */
unsigned dns_zone_type_from_text(const char *text);

/* A name as written -> lower case without the final dot; "@" and relative names are completed by
 * `origin` (NULL: there is none yet). NULL when it is no name. Freed with g_free. */
char *dns_zone_name(const struct dns_zone_word *word, const char *origin);

/* "3600", "1h30m"; at most 2^31 - 1 (RFC 2181 8). */
bool dns_zone_ttl(const struct dns_zone_word *word, uint32_t *ret_ttl);

/* Appends the RDATA of `words`[0..n). False, with a constant sentence, when they do not fit. */
bool dns_zone_rdata(unsigned type, const struct dns_zone_word *words, unsigned n,
		    const char *origin, GByteArray *rdata, const char **ret_problem);

/* The name that a CNAME's RDATA holds, as text. Freed with g_free. */
char *dns_zone_name_from_wire(const unsigned char *data, size_t length);

#endif
