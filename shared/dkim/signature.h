/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_SIGNATURE_H
#define MILLRACE_DKIM_SIGNATURE_H

/* A DKIM-Signature field, parsed (RFC 6376 3.5). Slices borrow from the field's value. */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "shared/base/reader.h"
#include "shared/dkim/body_hash.h"
#include "shared/dkim/canon.h"
#include "shared/dkim/key.h"

#define DKIM_SIGNATURE_MAX 16384u   /* bytes of one field that are looked at */
#define DKIM_SIGNED_FIELDS_MAX 500u /* names in h= */

struct dkim_signature {
	enum dkim_key_type type; /* of a= */
	enum dkim_canon header_canon, body_canon;
	char *domain;		    /* d=, A-labels, lower case */
	char *selector;		    /* s=, A-labels, lower case */
	struct slice identity;	    /* i= as written, or empty */
	struct slice signed_fields; /* h= as written */
	unsigned char body_hash[DKIM_HASH_LENGTH];
	GByteArray *bytes;   /* b= decoded */
	int64_t body_length; /* l=, or DKIM_BODY_UNLIMITED */
	int64_t timestamp;   /* t=, or -1 */
	int64_t expiration;  /* x=, or -1 */
};

/* PERMANENT error that says what is wrong: a required tag missing or malformed, SHA-1 or unknown
 * algorithm, h= without From, bh= of a wrong length, i= outside d=, x= before t=, q= without
 * dns/txt. */
bool dkim_signature_parse(struct slice value, struct dkim_signature *ret_signature,
			  GError **ret_error);
void dkim_signature_clear(struct dkim_signature *signature);

#endif
