/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DNS_UNBOUND_H
#define MILLRACE_DNS_UNBOUND_H

/*
 * The resolver of real life: libunbound asks the configured servers (or those of resolv.conf,
 * read once), caches within a bound, validates when it has a trust anchor, falls back to TCP.
 * At most DNS_UNBOUND_PENDING_MAX queries are under way; more are answered DNS_SERVFAIL at once.
 * Its threads are started by the first query, after the daemon has dropped its privileges.
 */

#include "shared/dns/resolver.h"

#define DNS_UNBOUND_PENDING_MAX 8192u

/* options->zone_file is not looked at. CONFIG error: a server's address or the trust anchor. */
bool dns_unbound_new(const struct dns_resolver_options *options, struct dns_resolver **ret_resolver,
		     GError **ret_error);

#endif
