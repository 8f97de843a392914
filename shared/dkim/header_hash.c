/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows which instance of a field a name of h= stands for (RFC 6376 5.4.2: the lowest that is not
 * taken yet; none: nothing) and what is hashed. Refuses to know tags and keys. Any thread.
 */

#include <string.h>

#include "shared/dkim/crypto.h"
#include "shared/dkim/header_hash.h"
#include "shared/dkim/tag_values.h"

#define GATHERED_MAX 16384u /* canonical bytes kept before they are hashed */

struct candidate {
	const struct mail_field *field;
	struct slice name; /* bare */
	bool taken;
};

struct selection {
	struct candidate *candidates; /* as in the header, top to bottom */
	size_t count;
};

static void selection_init(struct selection *selection,
			   const struct dkim_header_hash_request *request)
{
	selection->count = mail_header_count(request->header);
	selection->candidates = g_new(struct candidate, selection->count);
	for (size_t i = 0; i < selection->count; i++) {
		struct candidate *candidate = &selection->candidates[i];

		candidate->field = mail_header_get(request->header, i);
		candidate->name = mail_field_bare_name(candidate->field);
		candidate->taken = candidate->field == request->own;
	}
}

static const struct mail_field *selection_take(struct selection *selection, struct slice name)
{
	for (size_t i = selection->count; i-- > 0;) {
		struct candidate *candidate = &selection->candidates[i];

		if (candidate->taken || candidate->name.length != name.length ||
		    g_ascii_strncasecmp(candidate->name.data, name.data, name.length) != 0)
			continue;
		candidate->taken = true;
		return candidate->field;
	}
	return NULL;
}

static void hash(EVP_MD_CTX *context, GString *text)
{
	if (EVP_DigestUpdate(context, text->str, text->len) != 1)
		g_error("SHA-256 failed");
	g_string_truncate(text, 0);
}

static void hash_selected(const struct dkim_header_hash_request *request, EVP_MD_CTX *context,
			  GString *text)
{
	struct slice names = request->signed_fields, name;
	struct selection selection;

	selection_init(&selection, request);
	while (dkim_tag_values_next(&names, &name)) {
		const struct mail_field *field = selection_take(&selection, name);

		if (field != NULL)
			dkim_canon_header(request->canon, field->name, field->value, text);
		if (text->len > GATHERED_MAX)
			hash(context, text);
	}
	g_free(selection.candidates);
}

void dkim_header_hash(const struct dkim_header_hash_request *request, unsigned char *ret_digest)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	g_autoptr(GString) text = g_string_sized_new(GATHERED_MAX / 4);

	if (context == NULL || EVP_DigestInit_ex2(context, dkim_crypto_sha256(), NULL) != 1)
		g_error("SHA-256 cannot start: out of memory");
	hash_selected(request, context, text);
	dkim_canon_header(request->canon, request->own_name, request->own_value, text);
	/* 3.7: the own field goes without its final CRLF. */
	g_string_truncate(text, text->len - 2);
	hash(context, text);
	if (EVP_DigestFinal_ex(context, ret_digest, NULL) != 1)
		g_error("SHA-256 failed");
	EVP_MD_CTX_free(context);
}
