/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows which fields a signature covers and in what order they are hashed. Signing and verifying
 * both come here, so that they cannot disagree. Any thread.
 */

#include <string.h>

#include "shared/dkim/crypto.h"
#include "shared/dkim/header_hash.h"

/*
 * The lowest field of that name that was not taken before, marked as taken; NULL when there is
 * none.
 */
static const struct mail_field *take_field(const struct mail_header *header, struct slice name,
					   const struct mail_field *own, bool *taken)
{
	for (size_t i = mail_header_count(header); i > 0; i--) {
		const struct mail_field *field = mail_header_get(header, i - 1);
		struct slice bare = mail_field_bare_name(field);

		if (taken[i - 1] || field == own || bare.length != name.length ||
		    g_ascii_strncasecmp(bare.data, name.data, name.length) != 0)
			continue;
		taken[i - 1] = true;
		return field;
	}
	return NULL;
}

static void append_signed(const struct mail_header *header, enum dkim_canon canon,
			  struct slice signed_fields, const struct mail_field *own, GString *text)
{
	g_autofree bool *taken = g_new0(bool, mail_header_count(header) + 1);
	struct reader reader;

	reader_init(&reader, signed_fields.data, signed_fields.length);
	while (!reader_at_end(&reader)) {
		struct slice name = slice_trim(reader_take_until(&reader, ':'));
		const struct mail_field *field = take_field(header, name, own, taken);

		if (field != NULL)
			dkim_canon_header(canon, field->name, field->value, text);
		reader_skip_byte(&reader, ':');
	}
}

void dkim_header_hash(const struct mail_header *header, enum dkim_canon canon,
		      struct slice signed_fields, const struct mail_field *own,
		      struct slice own_name, struct slice own_value, unsigned char *digest)
{
	GString *text = g_string_sized_new(4096);
	unsigned length = 0;

	append_signed(header, canon, signed_fields, own, text);
	dkim_canon_header(canon, own_name, own_value, text);
	/* The signature field comes last and without its CRLF (3.7). */
	g_string_truncate(text, text->len - 2);
	if (EVP_Digest(text->str, text->len, digest, &length, dkim_crypto_sha256(), NULL) <= 0)
		g_error("SHA-256 does not work");
	g_string_free(text, TRUE);
}
