/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_KEY_SET_H
#define MILLRACE_DKIM_KEY_SET_H

/* The keys that sign for one domain, wherever they came from: immutable, ref-counted, shared by
 * all threads. */

#include <glib.h>

#include "shared/base/auto.h"
#include "shared/dkim/key.h"

#define DKIM_KEYS_PER_DOMAIN_MAX 8u

struct dkim_signing_key {
	char *selector;
	struct dkim_private_key *key;
	char *location; /* file or URI it came from, without a PIN: for messages */
};

struct dkim_key_set {
	char *domain; /* d=, A-labels, lower case */
	/* struct dkim_signing_key *, in order of preference: RSA first, then by selector */
	GPtrArray *keys;
};

struct dkim_key_set *dkim_key_set_new(const char *domain);
/* Before it is shared. Takes a copy of the texts and a reference of the key; keeps the order of
 * preference. */
void dkim_key_set_add(struct dkim_key_set *set, const char *selector, const char *location,
		      struct dkim_private_key *key);
struct dkim_key_set *dkim_key_set_ref(struct dkim_key_set *set);
void dkim_key_set_unref(struct dkim_key_set *set); /* takes NULL */
MR_DEFINE_AUTO(dkim_key_set, dkim_key_set_unref)

#endif
