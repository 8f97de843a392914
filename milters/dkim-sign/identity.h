/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_SIGN_IDENTITY_H
#define MILLRACE_DKIM_SIGN_IDENTITY_H

/*
 * Which address of a message decides on the keys: the author's (From) as a rule, or Sender's, the
 * envelope's or the SASL user's, as configured. Domains come out as lower-case A-labels, so that
 * an address in UTF-8 finds the same keys (RFC 8616). Pure functions, any thread.
 */

#include <glib.h>
#include <stdbool.h>

#include "milters/dkim-sign/settings.h"
#include "shared/mail/header.h"

struct sign_identity {
	char *local_part; /* unquoted, UTF-8 kept */
	char *domain;	  /* lower-case A-labels */
	enum sign_by by;  /* where it stands */
};

/* Frees what it holds and empties it. */
void sign_identity_clear(struct sign_identity *identity);

/*
 * The author: the mailbox of From, or the first of several that has a domain. False when there is
 * none. *ret_problem is NULL when From is as RFC 6376 and RFC 9989 want it, one field with one
 * mailbox; else it says what is there instead, whatever the result.
 */
bool sign_identity_author(const struct mail_header *header, struct sign_identity *ret_author,
			  GError **ret_problem);

/*
 * The address that `by` names (not SIGN_BY_FROM). False when the message lacks it: no Sender, the
 * null reverse-path, a user without a domain; then the author decides.
 */
bool sign_identity_find(enum sign_by by, const struct mail_header *header, const char *sender,
			const char *user, struct sign_identity *ret_identity);

/* "from", "sender", "envelope" or "sasl". */
const char *sign_by_to_string(enum sign_by by);

#endif
