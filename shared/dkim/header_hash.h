/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_HEADER_HASH_H
#define MILLRACE_DKIM_HEADER_HASH_H

/*
 * The hash that a signature signs (RFC 6376 3.7): the fields of h=, then the signature field
 * itself. Any thread.
 */

#include "shared/dkim/body_hash.h"
#include "shared/mail/header.h"

/*
 * `signed_fields`: the names of h=, colon-separated, white space allowed. Each name takes the
 * lowest field of that name not yet taken (5.4.2); a name without a field adds nothing. `own` is
 * the signature field when it is one of header's own, and is not taken then; else NULL. `own_value`
 * is its value with b= already emptied. `digest` gets DKIM_HASH_LENGTH bytes.
 */
void dkim_header_hash(const struct mail_header *header, enum dkim_canon canon,
		      struct slice signed_fields, const struct mail_field *own,
		      struct slice own_name, struct slice own_value, unsigned char *digest);

#endif
