/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_KEY_RECORD_H
#define MILLRACE_DKIM_KEY_RECORD_H

/* Key records (RFC 6376 3.6.1): the TXT at <selector>._domainkey.<domain>. */

#include <glib.h>
#include <stdbool.h>

#include "shared/base/reader.h"
#include "shared/dkim/key.h"

#define DKIM_KEY_RECORD_MAX 8192u

struct dkim_key_record {
	enum dkim_key_type type;
	bool revoked;	     /* p= is empty */
	bool sha256;	     /* h= is absent or has sha256 */
	bool for_email;	     /* s= is absent, "*" or has email */
	bool testing;	     /* t=y */
	bool strict;	     /* t=s: i= must equal d= */
	char *public_base64; /* p= without white space, padded */
};

/* PERMANENT error that says what is wrong; unknown tags are ignored, v= when present must be first
 * and DKIM1. */
bool dkim_key_record_parse(struct slice text, struct dkim_key_record *ret_record,
			   GError **ret_error);
void dkim_key_record_clear(struct dkim_key_record *record);

/* "v=DKIM1; k=rsa; p=..."; freed with g_free. */
char *dkim_key_record_format(const struct dkim_private_key *key);

/* "<selector>._domainkey.<domain>"; freed with g_free. */
char *dkim_key_record_name(const char *selector, const char *domain);

/* A selector is one or more labels of letters, digits, '-' and '_' (RFC 6376 3.1), 63 octets a
 * label. */
bool dkim_selector_is_valid(const char *selector);

#endif
