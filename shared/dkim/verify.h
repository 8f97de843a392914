/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_VERIFY_H
#define MILLRACE_DKIM_VERIFY_H

/* Judging one parsed signature once its key and the body's hash are there. No DNS here. Any
 * thread. */

#include "shared/dkim/key.h"
#include "shared/dkim/signature.h"
#include "shared/mail/header.h"

enum dkim_verdict {
	DKIM_VERDICT_PASS,
	DKIM_VERDICT_BODY_CHANGED,   /* bh= does not match */
	DKIM_VERDICT_HEADER_CHANGED, /* b= does not verify */
	DKIM_VERDICT_EXPIRED,	     /* x= has passed */
	DKIM_VERDICT_WRONG_KEY_TYPE, /* a= and k= differ */
};

/*
 * `field` is the DKIM-Signature field that `signature` was parsed from, one of header's own.
 * `body_digest` is the hash that signature->body_canon and ->body_length ask for. `now` in
 * seconds.
 */
enum dkim_verdict dkim_verify(const struct dkim_signature *signature,
			      const struct mail_header *header, const struct mail_field *field,
			      const struct dkim_public_key *key, const unsigned char *body_digest,
			      int64_t now);

const char *dkim_verdict_to_string(enum dkim_verdict verdict);

#endif
