/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Judges one signature (RFC 6376 6.1.3), cheapest test first. Refuses to know DNS and policy. Any
 * thread; nothing is kept.
 */

#include <string.h>

#include "shared/dkim/header_hash.h"
#include "shared/dkim/verify.h"
#include "shared/mail/taglist.h"

/*
 * The value with everything between "b=" and the next ';' taken out (3.7: the tag's value and the
 * white space around it); all else is kept byte for byte, white space before the '=' too.
 */
static GString *without_signature(struct slice value)
{
	GString *emptied = g_string_sized_new(value.length);
	const char *end = value.data + value.length;
	struct mail_taglist list;
	struct mail_tag tag;

	mail_taglist_init(&list, value);
	while (mail_taglist_next(&list, &tag) == MAIL_TAGLIST_TAG) {
		const char *equals, *stop = tag.raw.data + tag.raw.length;

		if (tag.name.length != 1 || tag.name.data[0] != 'b')
			continue;
		equals = memchr(tag.raw.data, '=', tag.raw.length);
		g_string_append_len(emptied, value.data, equals + 1 - value.data);
		g_string_append_len(emptied, stop, end - stop);
		return emptied;
	}
	g_string_append_len(emptied, value.data, (gssize)value.length);
	return emptied;
}

static bool header_verifies(const struct dkim_signature *signature,
			    const struct mail_header *header, const struct mail_field *field,
			    const struct dkim_public_key *key)
{
	GString *emptied = without_signature(field->value);
	unsigned char digest[DKIM_HASH_LENGTH];

	dkim_header_hash(header, signature->header_canon, signature->signed_fields, field,
			 field->name, (struct slice){ emptied->str, emptied->len }, digest);
	g_string_free(emptied, TRUE);
	return dkim_public_key_verify(key, digest, signature->bytes->data, signature->bytes->len);
}

enum dkim_verdict dkim_verify(const struct dkim_signature *signature,
			      const struct mail_header *header, const struct mail_field *field,
			      const struct dkim_public_key *key, const unsigned char *body_digest,
			      int64_t now)
{
	if (signature->type != dkim_public_key_type(key))
		return DKIM_VERDICT_WRONG_KEY_TYPE;
	if (signature->expiration >= 0 && now > signature->expiration)
		return DKIM_VERDICT_EXPIRED;
	if (memcmp(signature->body_hash, body_digest, DKIM_HASH_LENGTH) != 0)
		return DKIM_VERDICT_BODY_CHANGED;
	return header_verifies(signature, header, field, key) ? DKIM_VERDICT_PASS
							      : DKIM_VERDICT_HEADER_CHANGED;
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
