/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows how a DKIM-Signature field is laid out and signed (RFC 6376 3.5, 3.7, 5.5). Lines are
 * folded only where the grammar has white space: between tags, between the names of h=, inside
 * base64; what cannot be folded and is too long gets a line of its own. Refuses to choose keys or
 * fields. Any thread.
 */

#include <string.h>

#include "shared/base/error.h"
#include "shared/dkim/header_hash.h"
#include "shared/dkim/key_record.h"
#include "shared/dkim/sign.h"
#include "shared/mail/domain.h"

#define FIELD_NAME "DKIM-Signature"
#define COLUMNS_MAX 78u /* RFC 5322 2.1.1 */
#define TAB_COLUMNS 8u
#define IDENTITY_MAX 320u /* RFC 5321 4.5.3.1: 64 of local part, "@", 255 of domain */

struct layout {
	GString *text;
	size_t column;
};

static void fold(struct layout *layout)
{
	g_string_append(layout->text, "\n\t");
	layout->column = TAB_COLUMNS;
}

static void put(struct layout *layout, const char *text, size_t length)
{
	g_string_append_len(layout->text, text, (gssize)length);
	layout->column += length;
}

/* A piece that stays whole, after a space or on a new line. */
static void put_word(struct layout *layout, const char *word)
{
	size_t length = strlen(word);
	bool begins = layout->text->len == 0 || layout->column == TAB_COLUMNS;

	if (!begins && layout->column + 1 + length > COLUMNS_MAX)
		fold(layout);
	else if (!begins)
		put(layout, " ", 1);
	put(layout, word, length);
}

static void put_tag(struct layout *layout, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void put_tag(struct layout *layout, const char *format, ...)
{
	g_autofree char *word = NULL;
	va_list arguments;

	va_start(arguments, format);
	word = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	put_word(layout, word);
}

/* 3.5: sig-h-tag may be folded around its colons; here behind them. */
static void put_fields(struct layout *layout, const char *names)
{
	size_t length = strcspn(names, ":");

	put_tag(layout, "h=%.*s%c", (int)length, names, names[length] == ':' ? ':' : ';');
	while (names[length] == ':') {
		names += length + 1;
		length = strcspn(names, ":");
		if (layout->column + length + 1 > COLUMNS_MAX)
			fold(layout);
		put(layout, names, length);
		put(layout, names[length] == ':' ? ":" : ";", 1);
	}
}

static void put_base64(struct layout *layout, const GByteArray *bytes)
{
	g_autofree char *base64 = g_base64_encode(bytes->data, bytes->len);
	const char *rest = base64;

	while (*rest != '\0') {
		size_t length = strlen(rest);

		if (layout->column >= COLUMNS_MAX)
			fold(layout);
		length = MIN(length, COLUMNS_MAX - layout->column);
		put(layout, rest, length);
		rest += length;
	}
}

/* 2.11: dkim-quoted-printable. */
static char *quote_printable(const char *text)
{
	GString *quoted = g_string_new(NULL);

	for (; *text != '\0'; text++) {
		if (g_ascii_isgraph(*text) && *text != '=' && *text != ';')
			g_string_append_c(quoted, *text);
		else
			g_string_append_printf(quoted, "=%02X", (unsigned char)*text);
	}
	return g_string_free(quoted, FALSE);
}

static void put_identity(struct layout *layout, const char *identity)
{
	g_autofree char *quoted = quote_printable(identity);

	put_tag(layout, "i=%s;", quoted);
}

/* Everything but the value of b=. */
static void put_unsigned(struct layout *layout, const struct dkim_sign_request *request)
{
	g_autofree char *body_hash = g_base64_encode(request->body_digest, DKIM_HASH_LENGTH);

	put_tag(layout, "v=1;");
	put_tag(layout, "a=%s;", dkim_key_type_to_algorithm(dkim_private_key_type(request->key)));
	put_tag(layout, "c=%s/%s;", dkim_canon_to_string(request->header_canon),
		dkim_canon_to_string(request->body_canon));
	put_tag(layout, "d=%s;", request->signing_domain);
	put_tag(layout, "s=%s;", request->selector);
	put_tag(layout, "t=%" G_GINT64_FORMAT ";", request->timestamp);
	if (request->expiration != 0)
		put_tag(layout, "x=%" G_GINT64_FORMAT ";", request->expiration);
	if (request->identity != NULL)
		put_identity(layout, request->identity);
	fold(layout);
	put_fields(layout, request->signed_fields);
	fold(layout);
	put_tag(layout, "bh=%s;", body_hash);
	fold(layout);
	put_word(layout, "b=");
}

static bool refuse(GError **ret_error, const char *why)
{
	g_set_error(ret_error, MR_ERROR, MR_ERROR_PERMANENT, "cannot sign: %s", why);
	return false;
}

/* What would make a signature that nobody accepts, or harm the header it stands in. */
static bool check(const struct dkim_sign_request *request, GError **ret_error)
{
	const char *at;

	if (!mail_domain_is_ascii_name(request->signing_domain))
		return refuse(ret_error, "the signing domain is no domain name");
	if (!dkim_selector_is_valid(request->selector))
		return refuse(ret_error, "the selector is not valid");
	if (request->expiration != 0 && request->expiration <= request->timestamp)
		return refuse(ret_error, "the signature would have expired");
	if (request->identity == NULL)
		return true;
	at = strrchr(request->identity, '@');
	if (at == NULL || strlen(request->identity) > IDENTITY_MAX ||
	    !mail_domain_is_within(at + 1, request->signing_domain))
		return refuse(ret_error, "the identity is not within the signing domain");
	return true;
}

/* `value` goes behind one space, as the field will be inserted; simple canonicalisation sees it. */
static void hash_header(const struct dkim_sign_request *request, const GString *value,
			unsigned char *digest)
{
	g_autofree char *own = g_strconcat(" ", value->str, NULL);

	dkim_header_hash(
		&(struct dkim_header_hash_request){
			.header = request->header,
			.signed_fields = { request->signed_fields, strlen(request->signed_fields) },
			.canon = request->header_canon,
			.own_name = { FIELD_NAME, strlen(FIELD_NAME) },
			.own_value = { own, strlen(own) },
		},
		digest);
}

bool dkim_sign(const struct dkim_sign_request *request, GString *ret_value, GError **ret_error)
{
	unsigned char digest[DKIM_HASH_LENGTH];
	g_autoptr(GByteArray) signature = g_byte_array_new();
	g_autoptr(GString) value = g_string_sized_new(1024);
	struct layout layout = { value, strlen(FIELD_NAME ": ") };

	if (!check(request, ret_error))
		return false;
	put_unsigned(&layout, request);
	hash_header(request, value, digest);
	if (!dkim_private_key_sign(request->key, digest, signature, ret_error))
		return false;
	put_base64(&layout, signature);
	g_string_append_len(ret_value, value->str, (gssize)value->len);
	return true;
}
