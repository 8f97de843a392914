/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_SIGN_PUBLISHED_KEY_H
#define MILLRACE_DKIM_SIGN_PUBLISHED_KEY_H

/*
 * Is what DNS says about a key what the private key needs? Asked by `millrace key` and by the
 * daemon's background watch. A question is started early and collected later, as in dns/resolver.h;
 * it belongs to one thread.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "shared/dkim/key.h"
#include "shared/dns/resolver.h"

enum sign_published_status {
	SIGN_PUBLISHED_OK,
	SIGN_PUBLISHED_MISSING,	 /* no such name, or no TXT there */
	SIGN_PUBLISHED_DIFFERS,	 /* another key */
	SIGN_PUBLISHED_REVOKED,	 /* p= is empty */
	SIGN_PUBLISHED_SEVERAL,	 /* more than one TXT, RFC 6376 3.6.2.2 */
	SIGN_PUBLISHED_UNUSABLE, /* no key record, or not for SHA-256, or not for e-mail */
	SIGN_PUBLISHED_UNKNOWN,	 /* DNS could not say */
};

struct sign_published_key {
	enum sign_published_status status;
	int64_t ttl;  /* seconds, of the record or of its absence; 0 when unknown */
	bool secure;  /* validated by DNSSEC */
	bool testing; /* t=y */
	char *detail; /* a sentence for people; NULL when there is no more to say */
};

void sign_published_key_clear(struct sign_published_key *published);

/* Asks for <selector>._domainkey.<domain>. */
struct dns_query *sign_published_key_start(struct dns_resolver *resolver, const char *selector,
					   const char *domain);
/* Ends the query, waiting until g_get_monotonic_time() passes `deadline`. */
void sign_published_key_finish(struct dns_query *query, const struct dkim_private_key *key,
			       int64_t deadline, struct sign_published_key *ret_published);

/* The judgement alone. */
void sign_published_key_judge(const struct dns_answer *answer, const struct dkim_private_key *key,
			      struct sign_published_key *ret_published);

/* "ok", "missing", "differs", "revoked", "several", "unusable", "unknown". */
const char *sign_published_status_to_string(enum sign_published_status status);

#endif
