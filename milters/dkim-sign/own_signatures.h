/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_SIGN_OWN_SIGNATURES_H
#define MILLRACE_DKIM_SIGN_OWN_SIGNATURES_H

/*
 * Signatures of ours that a message carries already, because it comes by a second time (postsuper
 * -r, a content filter): found at the end of the header by domain and selector of the keys that
 * would sign now, judged at the end of the body with their public halves, without DNS. One
 * message, one thread at a time; reused by reset.
 */

#include <stdbool.h>
#include <stdint.h>

#include "shared/base/auto.h"
#include "shared/dkim/body_hash.h"
#include "shared/dkim/key_set.h"
#include "shared/mail/header.h"

#define SIGN_OWN_SIGNATURES_MAX 8u /* looked at in one message */

struct sign_own_signatures;

struct sign_own_signatures *sign_own_signatures_new(void);
void sign_own_signatures_free(struct sign_own_signatures *own);
MR_DEFINE_AUTO(sign_own_signatures, sign_own_signatures_free)
void sign_own_signatures_reset(struct sign_own_signatures *own);

/* Before the body: remembers the fields that may be of this set, and wants their body hashes.
 * Header and set are borrowed until reset. */
void sign_own_signatures_find(struct sign_own_signatures *own, const struct mail_header *header,
			      const struct dkim_key_set *set, struct dkim_body_hashes *hashes);

/* After the hashes are finished: true when one of them is valid, whole-body and of this set. */
bool sign_own_signatures_cover(const struct sign_own_signatures *own,
			       const struct dkim_key_set *set, const struct mail_header *header,
			       const struct dkim_body_hashes *hashes, int64_t now);

#endif
