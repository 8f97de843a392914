/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows when a signature holds (RFC 6376 6.1.3). Refuses to know DNS and what a verdict means for
 * mail. Any thread.
 */

#include <string.h>

#include "shared/dkim/header_hash.h"
#include "shared/dkim/verify.h"
#include "shared/mail/taglist.h"

/* 3.7: the value of b= with all white space around it counts as empty, all else stays. */
static GString *without_signature(struct slice value)
{
	GString *text = g_string_sized_new(value.length);
	const char *from = value.data;
	const char *end = value.data + value.length;
	struct mail_taglist list;
	struct mail_tag tag;

	mail_taglist_init(&list, value);
	while (mail_taglist_next(&list, &tag) == MAIL_TAGLIST_TAG) {
		const char *equals;

		if (tag.name.length != 1 || tag.name.data[0] != 'b')
			continue;
		equals = memchr(tag.raw.data, '=', tag.raw.length);
		g_string_append_len(text, from, equals + 1 - from);
		from = tag.raw.data + tag.raw.length;
	}
	g_string_append_len(text, from, end - from);
	return text;
}

enum dkim_verdict dkim_verify(const struct dkim_signature *signature,
			      const struct mail_header *header, const struct mail_field *field,
			      const struct dkim_public_key *key, const unsigned char *body_digest,
			      int64_t now)
{
	unsigned char digest[DKIM_HASH_LENGTH];
	g_autoptr(GString) own = NULL;

	if (dkim_public_key_type(key) != signature->type)
		return DKIM_VERDICT_WRONG_KEY_TYPE;
	if (signature->expiration >= 0 && now > signature->expiration)
		return DKIM_VERDICT_EXPIRED;
	if (memcmp(signature->body_hash, body_digest, DKIM_HASH_LENGTH) != 0)
		return DKIM_VERDICT_BODY_CHANGED;
	own = without_signature(field->value);
	dkim_header_hash(
		&(struct dkim_header_hash_request){
			.header = header,
			.signed_fields = signature->signed_fields,
			.canon = signature->header_canon,
			.own = field,
			.own_name = field->name,
			.own_value = { own->str, own->len },
		},
		digest);
	if (!dkim_public_key_verify(key, digest, signature->bytes->data, signature->bytes->len))
		return DKIM_VERDICT_HEADER_CHANGED;
	return DKIM_VERDICT_PASS;
}

const char *dkim_verdict_to_string(enum dkim_verdict verdict)
{
	static const char *const words[] = {
		[DKIM_VERDICT_PASS] = "pass",
		[DKIM_VERDICT_BODY_CHANGED] = "body changed",
		[DKIM_VERDICT_HEADER_CHANGED] = "header changed",
		[DKIM_VERDICT_EXPIRED] = "expired",
		[DKIM_VERDICT_WRONG_KEY_TYPE] = "wrong key type",
	};

	return words[verdict];
}
