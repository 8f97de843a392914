/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes a DKIM-Signature field and signs it. Lines are folded only where RFC 6376 lets white space
 * be (between tags, around the colons of h=, inside base64), so that no line passes 78 columns
 * unless one word alone does. Any thread; nothing is kept.
 */

#include <string.h>

#include "shared/dkim/header_hash.h"
#include "shared/dkim/sign.h"

#define FIELD_NAME "DKIM-Signature"
#define LINE_MAX_COLUMNS 78u
#define TAB_COLUMNS 8u
#define BASE64_LINE 69u

/* Text that grows in words, folding before a word that would pass the last column. */
struct folder {
	GString *text;
	size_t column;
};

static void fold(struct folder *folder)
{
	g_string_append(folder->text, "\n\t");
	folder->column = TAB_COLUMNS;
}

static void put(struct folder *folder, const char *bytes, size_t length)
{
	g_string_append_len(folder->text, bytes, (gssize)length);
	folder->column += length;
}

/* A whole tag with its semicolon, on this line after a blank, or on the next. */
static void put_tag(struct folder *folder, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void put_tag(struct folder *folder, const char *format, ...)
{
	g_autofree char *tag = NULL;
	va_list arguments;

	va_start(arguments, format);
	tag = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	if (folder->column + 1 + strlen(tag) > LINE_MAX_COLUMNS)
		fold(folder);
	else
		put(folder, " ", 1);
	put(folder, tag, strlen(tag));
}

/* h=: may be folded after each colon. */
static void put_signed_fields(struct folder *folder, const char *names)
{
	struct reader reader;

	reader_init(&reader, names, strlen(names));
	fold(folder);
	put(folder, "h=", 2);
	while (!reader_at_end(&reader)) {
		struct slice name = reader_take_until(&reader, ':');
		bool last = !reader_skip_byte(&reader, ':');

		if (folder->column + name.length + 1 > LINE_MAX_COLUMNS)
			fold(folder);
		put(folder, name.data, name.length);
		put(folder, last ? ";" : ":", 1);
	}
}

static void put_base64(struct folder *folder, const unsigned char *bytes, size_t length)
{
	g_autofree char *base64 = g_base64_encode(bytes, length);
	size_t left = strlen(base64);

	for (const char *at = base64; left > 0;) {
		size_t room = LINE_MAX_COLUMNS - folder->column;
		size_t part = MIN(left, MIN(room, BASE64_LINE));

		put(folder, at, part);
		at += part;
		left -= part;
		if (left > 0)
			fold(folder);
	}
}

/* i= in dkim-quoted-printable (RFC 6376 2.11): what could end the tag or is not ASCII is coded. */
static char *quote_identity(const char *identity)
{
	GString *quoted = g_string_new(NULL);

	for (const char *at = identity; *at != '\0'; at++) {
		if (*at > ' ' && *at <= '~' && *at != ';' && *at != '=')
			g_string_append_c(quoted, *at);
		else
			g_string_append_printf(quoted, "=%02X", (unsigned char)*at);
	}
	return g_string_free(quoted, FALSE);
}

static void put_optional(struct folder *folder, const struct dkim_sign_request *request)
{
	if (request->expiration != 0)
		put_tag(folder, "x=%" G_GINT64_FORMAT ";", request->expiration);
	if (request->identity != NULL) {
		g_autofree char *quoted = quote_identity(request->identity);

		put_tag(folder, "i=%s;", quoted);
	}
}

/* All but the signature itself: ends in "b=". */
static void put_unsigned(struct folder *folder, const struct dkim_sign_request *request)
{
	const char *algorithm = dkim_key_type_to_algorithm(dkim_private_key_type(request->key));

	put(folder, "v=1;", 4);
	put_tag(folder, "a=%s;", algorithm);
	put_tag(folder, "c=%s/%s;", dkim_canon_to_string(request->header_canon),
		dkim_canon_to_string(request->body_canon));
	put_tag(folder, "d=%s;", request->signing_domain);
	put_tag(folder, "s=%s;", request->selector);
	put_tag(folder, "t=%" G_GINT64_FORMAT ";", request->timestamp);
	put_optional(folder, request);
	put_signed_fields(folder, request->signed_fields);
	fold(folder);
	put(folder, "bh=", 3);
	put_base64(folder, request->body_digest, DKIM_HASH_LENGTH);
	put(folder, ";", 1);
	fold(folder);
	put(folder, "b=", 2);
}

/*
 * The value as the MTA will send it has a blank after the colon, which counts in simple
 * canonicalisation.
 */
static void hash_request(const struct dkim_sign_request *request, struct slice unsigned_value,
			 unsigned char *digest)
{
	GString *received = g_string_new(" ");

	g_string_append_len(received, unsigned_value.data, (gssize)unsigned_value.length);
	dkim_header_hash(request->header, request->header_canon,
			 (struct slice){ request->signed_fields, strlen(request->signed_fields) },
			 NULL, (struct slice){ FIELD_NAME, strlen(FIELD_NAME) },
			 (struct slice){ received->str, received->len }, digest);
	g_string_free(received, TRUE);
}

bool dkim_sign(const struct dkim_sign_request *request, GString *ret_value, GError **ret_error)
{
	struct folder folder = { ret_value, strlen(FIELD_NAME ": ") };
	g_autoptr(GByteArray) signature = g_byte_array_new();
	unsigned char digest[DKIM_HASH_LENGTH];
	size_t before = ret_value->len;

	put_unsigned(&folder, request);
	hash_request(request, (struct slice){ ret_value->str + before, ret_value->len - before },
		     digest);
	if (!dkim_private_key_sign(request->key, digest, signature, ret_error)) {
		g_string_truncate(ret_value, before);
		return false;
	}
	put_base64(&folder, signature->data, signature->len);
	return true;
}
