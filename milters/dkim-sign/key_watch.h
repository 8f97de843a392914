/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_SIGN_KEY_WATCH_H
#define MILLRACE_DKIM_SIGN_KEY_WATCH_H

/*
 * Compares the active keys with their records in DNS, a slice at a time, so that a directory of
 * hundreds of thousands of domains is gone through once in the configured time without a rush.
 * A record that is missing or differs is a warning in the log and 1 in the gauge
 * millrace_key_missing{domain,selector}; once it is back, or the key no longer active, an info
 * line and 0. DNS that cannot say changes nothing. One thread at a time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "milters/dkim-sign/context.h"
#include "shared/base/auto.h"
#include "shared/dns/resolver.h"

#define SIGN_WATCH_SLICE 500u	/* domains looked at in one go */
#define SIGN_WATCH_PARALLEL 16u /* questions under way at once */
#define SIGN_WATCH_PAUSE_MIN 10 /* seconds between two slices */

struct sign_key_watch;

struct sign_key_watch *sign_key_watch_new(void);
void sign_key_watch_free(struct sign_key_watch *watch);
MR_DEFINE_AUTO(sign_key_watch, sign_key_watch_free)

/* Looks at the next slice; returns the seconds to wait before the one after it. `cancel` ends it
 * early when it becomes true, from any thread. */
int64_t sign_key_watch_look(struct sign_key_watch *watch, const struct sign_context *context,
			    struct dns_resolver *resolver, const bool *cancel);

/* How many keys were found wanting and have not been seen right since. */
unsigned sign_key_watch_missing(const struct sign_key_watch *watch);

#endif
