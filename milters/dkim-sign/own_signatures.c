/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows which DKIM-Signature fields could be ours; that they are valid is shared/dkim's to say. A
 * signature with l= does not count: it covers a part only. Any thread, one at a time.
 */

#include <string.h>

#include "milters/dkim-sign/own_signatures.h"
#include "shared/dkim/signature.h"
#include "shared/dkim/verify.h"

struct candidate {
	struct dkim_signature signature;
	size_t field; /* index in the header */
	const struct dkim_key_set *set;
	const struct dkim_signing_key *key;
	unsigned hash; /* index of its body hash */
};

struct sign_own_signatures {
	struct candidate candidates[SIGN_OWN_SIGNATURES_MAX];
	unsigned n;
};

struct sign_own_signatures *sign_own_signatures_new(void)
{
	return g_new0(struct sign_own_signatures, 1);
}

void sign_own_signatures_free(struct sign_own_signatures *own)
{
	if (!own)
		return;
	sign_own_signatures_reset(own);
	g_free(own);
}

void sign_own_signatures_reset(struct sign_own_signatures *own)
{
	for (unsigned i = 0; i < own->n; i++)
		dkim_signature_clear(&own->candidates[i].signature);
	own->n = 0;
}

static const struct dkim_signing_key *key_of(const struct dkim_key_set *set,
					     const struct dkim_signature *signature)
{
	if (strcmp(set->domain, signature->domain) != 0)
		return NULL;
	for (guint i = 0; i < set->keys->len; i++) {
		const struct dkim_signing_key *key = set->keys->pdata[i];

		if (g_ascii_strcasecmp(key->selector, signature->selector) == 0 &&
		    dkim_private_key_type(key->key) == signature->type)
			return key;
	}
	return NULL;
}

static void consider(struct sign_own_signatures *own, const struct mail_header *header,
		     size_t field, const struct dkim_key_set *set, struct dkim_body_hashes *hashes)
{
	struct candidate *candidate = &own->candidates[own->n];
	struct dkim_signature *signature = &candidate->signature;

	if (!dkim_signature_parse(mail_header_get(header, field)->value, signature, NULL))
		return;
	candidate->field = field;
	candidate->set = set;
	candidate->key = key_of(set, signature);
	if (candidate->key && signature->body_length == DKIM_BODY_UNLIMITED &&
	    dkim_body_hashes_want(hashes, signature->body_canon, DKIM_BODY_UNLIMITED,
				  &candidate->hash))
		own->n++;
	else
		dkim_signature_clear(signature);
}

void sign_own_signatures_find(struct sign_own_signatures *own, const struct mail_header *header,
			      const struct dkim_key_set *set, struct dkim_body_hashes *hashes)
{
	for (size_t i = 0; i < mail_header_count(header); i++) {
		if (own->n == SIGN_OWN_SIGNATURES_MAX)
			return;
		if (mail_field_named(mail_header_get(header, i), "dkim-signature"))
			consider(own, header, i, set, hashes);
	}
}

bool sign_own_signatures_cover(const struct sign_own_signatures *own,
			       const struct dkim_key_set *set, const struct mail_header *header,
			       const struct dkim_body_hashes *hashes, int64_t now)
{
	for (unsigned i = 0; i < own->n; i++) {
		const struct candidate *candidate = &own->candidates[i];

		if (candidate->set == set &&
		    dkim_verify(&candidate->signature, header,
				mail_header_get(header, candidate->field),
				dkim_private_key_public(candidate->key->key),
				dkim_body_hashes_digest(hashes, candidate->hash),
				now) == DKIM_VERDICT_PASS)
			return true;
	}
	return false;
}
