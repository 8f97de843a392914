/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DNS_RESOLVER_H
#define MILLRACE_DNS_RESOLVER_H

/*
 * DNS look-ups behind one interface. Two makers: libunbound (dns/unbound.h: caching,
 * validating, parallel) and a zone file (dns/zone.h: tests and dry runs). A resolver is
 * shared by all threads. A query is started as soon as its name is known and collected later:
 *
 *     struct dns_query *query = dns_query_start(resolver, "r1._domainkey.example.com", DNS_TXT);
 *     ...
 *     struct dns_answer *answer = dns_query_finish(query, deadline);
 *
 * A query belongs to one thread. Names are ASCII (A-labels), with or without the final dot.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/base/auto.h"

enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28
};

enum dns_status {
	DNS_OK,	      /* at least one record of the type asked for */
	DNS_NODATA,   /* the name exists, no such record */
	DNS_NXDOMAIN, /* the name does not exist */
	DNS_SERVFAIL, /* the servers could not or would not say; REFUSED, malformed answers too */
	DNS_BOGUS,    /* DNSSEC validation failed; a temporary failure like SERVFAIL */
	DNS_TIMEOUT,  /* no answer before the deadline or the resolver's own time-out */
	DNS_BAD_NAME, /* cannot be asked: an empty or over-long label, over 253 octets in all,
		       * bytes that are blank, not ASCII or a backslash */
};

struct dns_record {
	const unsigned char *data; /* RDATA on the wire; owned by the answer */
	size_t length;
};

struct dns_answer {
	enum dns_status status;
	bool secure;	      /* validated by DNSSEC */
	uint32_t ttl;	      /* seconds, of the records or of the negative answer */
	int64_t elapsed_us;   /* from start to answer */
	char *canonical_name; /* the end of a CNAME chain, without the final dot; NULL: no chain */
	struct dns_record *records;
	size_t n_records;
};

struct dns_resolver;
struct dns_query;

/* Never NULL. A bad name gives a query that is already answered. */
struct dns_query *dns_query_start(struct dns_resolver *resolver, const char *name,
				  enum dns_type type);
/* Waits for the answer until g_get_monotonic_time() passes `deadline`; ends the query either way.
 * Never NULL: an answer with DNS_TIMEOUT at worst. Free with dns_answer_free. */
struct dns_answer *dns_query_finish(struct dns_query *query, int64_t deadline);
/* Ends a query nobody needs any more. Takes NULL. */
void dns_query_cancel(struct dns_query *query);

/* Start and finish in one call, waiting timeout_ms at most. */
struct dns_answer *dns_resolve(struct dns_resolver *resolver, const char *name, enum dns_type type,
			       int timeout_ms);

void dns_answer_free(struct dns_answer *answer);
MR_DEFINE_AUTO(dns_answer, dns_answer_free)

/* The character-strings of a TXT record joined without blanks (RFC 6376 3.6.2.2). False when the
 * RDATA is malformed. Bytes may include NUL; *ret_text is terminated besides, freed with g_free. */
bool dns_record_text(const struct dns_record *record, char **ret_text, size_t *ret_length);

/* True for OK, NODATA and NXDOMAIN: the DNS has spoken. */
bool dns_status_is_definite(enum dns_status status);
/* "ok", "nodata", "nxdomain", "servfail", "bogus", "timeout", "bad-name". */
const char *dns_status_to_string(enum dns_status status);

/* Waits until every query is finished or cancelled by its owner, then frees. Takes NULL. */
void dns_resolver_free(struct dns_resolver *resolver);
MR_DEFINE_AUTO(dns_resolver, dns_resolver_free)

struct dns_resolver_options {
	/* "ADDRESS" or "ADDRESS@PORT", NULL-terminated; NULL or empty: those of resolv.conf */
	const char *const *servers;
	int timeout_ms;		  /* a query's own limit, e.g. 5000; 0: the deadline's alone */
	const char *trust_anchor; /* file of DS or DNSKEY records, or NULL: no validation */
	const char *zone_file;	  /* not NULL: answer from this file alone */
};

/* Picks unbound or the zone file by the options. CONFIG error when they will not do. */
bool dns_resolver_new(const struct dns_resolver_options *options,
		      struct dns_resolver **ret_resolver, GError **ret_error);

#endif
