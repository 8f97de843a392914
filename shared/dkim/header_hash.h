/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_HEADER_HASH_H
#define MILLRACE_DKIM_HEADER_HASH_H

/* What b= signs (RFC 6376 3.7): the selected fields, then the signature's own field. Only for
 * shared/dkim. Any thread. */

#include "shared/dkim/body_hash.h"
#include "shared/dkim/canon.h"
#include "shared/mail/header.h"

struct dkim_header_hash_request {
	const struct mail_header *header;
	struct slice signed_fields; /* h= */
	enum dkim_canon canon;
	const struct mail_field *own; /* one of header's own that h= never selects, or NULL */
	struct slice own_name;
	struct slice own_value; /* with an empty b= */
};

/* `ret_digest` takes DKIM_HASH_LENGTH bytes. */
void dkim_header_hash(const struct dkim_header_hash_request *request, unsigned char *ret_digest);

#endif
