/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_SIGN_H
#define MILLRACE_DKIM_SIGN_H

/*
 * Making a signature. The caller has streamed the body through a dkim_body_hashes; here the header
 * list is chosen, the field is written and signed. l= is never emitted. Any thread; nothing is
 * kept between calls.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "shared/dkim/canon.h"
#include "shared/dkim/key.h"
#include "shared/mail/header.h"

/*
 * Which fields go into h=. `sign`: every instance present is listed, bottom-up (RFC 6376 5.4.2).
 * `oversign`: one name more than there are instances, so that none can be added later (5.4). Names
 * are lower case, NULL-terminated; From is signed and oversigned always.
 */
struct dkim_field_policy {
	const char *const *sign;
	const char *const *oversign;
	/* Names of `oversign` that are left out when the message has none of them: an MTA that
	 * adds Date and Message-ID after the milter would break the signature (Sendmail). */
	const char *const *oversign_if_present;
};

/* The defaults that README and man page state: RFC 6376 5.4.1 and what providers want; oversigning
 * without List-*, Sender, Resent-*. */
extern const struct dkim_field_policy dkim_field_policy_default;

/* Appends the h= names, colon-separated, in signing order. `skip`: names (lower case) to leave
 * out, or NULL; From is never left out. False when DKIM_SIGNED_FIELDS_MAX names were not enough:
 * the fields that found no room are not covered. */
bool dkim_fields_select(const struct mail_header *header, const struct dkim_field_policy *policy,
			const char *const *skip, GString *names);

struct dkim_sign_request {
	const struct mail_header *header;
	const char *signed_fields;  /* from dkim_fields_select */
	const char *signing_domain; /* d=, A-labels */
	const char *selector;
	const char *identity; /* i=, or NULL: left out */
	enum dkim_canon header_canon, body_canon;
	const unsigned char *body_digest; /* DKIM_HASH_LENGTH bytes */
	int64_t timestamp;		  /* t= */
	int64_t expiration;		  /* x=, or 0: left out */
	const struct dkim_private_key *key;
};

/*
 * Appends the value of the DKIM-Signature field: folded with LF and TAB, no line over 78 columns
 * counting the name and ": " in front, no leading blank, no final line end. It is to be inserted
 * behind one space. TEMPORARY error when the key cannot sign now (token away), PERMANENT when
 * signing_domain, selector or identity are unfit for a signature.
 */
bool dkim_sign(const struct dkim_sign_request *request, GString *ret_value, GError **ret_error);

#endif
