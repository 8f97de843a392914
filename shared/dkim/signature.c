/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads DKIM-Signature fields by a table of tags (RFC 6376 3.5), then checks what ties tags
 * together. Refuses what may never pass (RFC 8301: SHA-1). Any thread; nothing is kept.
 */

#include <string.h>

#include "shared/base/error.h"
#include "shared/dkim/base64.h"
#include "shared/dkim/key_record.h"
#include "shared/dkim/signature.h"
#include "shared/mail/domain.h"
#include "shared/mail/taglist.h"

#define SIGNATURE_BYTES_MAX 1024u /* of DKIM_RSA_BITS_MAX */
#define TIME_MAX 999999999999ull  /* t=, x=: 12 digits (3.5) */
#define BODY_LENGTH_MAX (G_MAXINT64 - 1)

static bool refuse(GError **ret_error, const char *what)
{
	g_set_error_literal(ret_error, MR_ERROR, MR_ERROR_PERMANENT, what);
	return false;
}

static bool read_version(struct slice value, struct dkim_signature *signature)
{
	(void)signature;
	return value.length == 1 && value.data[0] == '1';
}

static bool read_algorithm(struct slice value, struct dkim_signature *signature)
{
	if (slice_equal_nocase(value, "rsa-sha256"))
		signature->type = DKIM_KEY_RSA;
	else if (slice_equal_nocase(value, "ed25519-sha256"))
		signature->type = DKIM_KEY_ED25519;
	else
		return false;
	return true;
}

static bool read_signature(struct slice value, struct dkim_signature *signature)
{
	signature->bytes = g_byte_array_new();
	return dkim_base64_decode(value, SIGNATURE_BYTES_MAX, signature->bytes) &&
	       signature->bytes->len > 0;
}

static bool read_body_hash(struct slice value, struct dkim_signature *signature)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();

	if (!dkim_base64_decode(value, DKIM_HASH_LENGTH, bytes) || bytes->len != DKIM_HASH_LENGTH)
		return false;
	memcpy(signature->body_hash, bytes->data, DKIM_HASH_LENGTH);
	return true;
}

static bool read_canonicalization(struct slice value, struct dkim_signature *signature)
{
	return dkim_canon_pair_from_string(value, &signature->header_canon, &signature->body_canon);
}

static bool read_domain(struct slice value, struct dkim_signature *signature)
{
	return mail_domain_to_ascii(value, &signature->domain, NULL);
}

static bool read_selector(struct slice value, struct dkim_signature *signature)
{
	return mail_domain_to_ascii(value, &signature->selector, NULL);
}

static bool read_identity(struct slice value, struct dkim_signature *signature)
{
	signature->identity = value;
	return value.length > 0;
}

/* h= must name From (6.1.1) and not be endless. */
static bool read_signed_fields(struct slice value, struct dkim_signature *signature)
{
	struct reader reader;
	bool has_from = false;
	unsigned names = 0;

	signature->signed_fields = value;
	reader_init(&reader, value.data, value.length);
	while (!reader_at_end(&reader)) {
		struct slice name = slice_trim(reader_take_until(&reader, ':'));

		if (name.length == 0 || ++names > DKIM_SIGNED_FIELDS_MAX)
			return false;
		has_from = has_from || slice_equal_nocase(name, "from");
		reader_skip_byte(&reader, ':');
	}
	return has_from;
}

static bool read_number(struct slice value, unsigned long long maximum, int64_t *ret_number)
{
	unsigned long long number;
	struct reader reader;

	reader_init(&reader, value.data, value.length);
	if (!reader_take_number(&reader, maximum, &number) || !reader_at_end(&reader))
		return false;
	*ret_number = (int64_t)number;
	return true;
}

static bool read_body_length(struct slice value, struct dkim_signature *signature)
{
	return read_number(value, BODY_LENGTH_MAX, &signature->body_length);
}

static bool read_timestamp(struct slice value, struct dkim_signature *signature)
{
	return read_number(value, TIME_MAX, &signature->timestamp);
}

static bool read_expiration(struct slice value, struct dkim_signature *signature)
{
	return read_number(value, TIME_MAX, &signature->expiration);
}

/* q=: of the methods listed one must be dns/txt. */
static bool read_query(struct slice value, struct dkim_signature *signature)
{
	struct reader reader;

	(void)signature;
	reader_init(&reader, value.data, value.length);
	while (!reader_at_end(&reader)) {
		if (slice_equal_nocase(slice_trim(reader_take_until(&reader, ':')), "dns/txt"))
			return true;
		reader_skip_byte(&reader, ':');
	}
	return false;
}

static const struct {
	const char *name;
	bool required;
	bool (*read)(struct slice value, struct dkim_signature *signature);
	const char *problem;
} tags[] = {
	{ "v", true, read_version, "v= is not 1" },
	{ "a", true, read_algorithm, "a= is neither rsa-sha256 nor ed25519-sha256" },
	{ "b", true, read_signature, "b= is no signature" },
	{ "bh", true, read_body_hash, "bh= is no SHA-256 hash" },
	{ "c", false, read_canonicalization, "c= names no known canonicalization" },
	{ "d", true, read_domain, "d= is no domain name" },
	{ "h", true, read_signed_fields, "h= is malformed or does not cover From" },
	{ "i", false, read_identity, "i= is empty" },
	{ "l", false, read_body_length, "l= is no length" },
	{ "q", false, read_query, "q= has no dns/txt" },
	{ "s", true, read_selector, "s= is no selector" },
	{ "t", false, read_timestamp, "t= is no time" },
	{ "x", false, read_expiration, "x= is no time" },
};

static bool read_tag(const struct mail_tag *tag, struct dkim_signature *signature, unsigned *seen,
		     GError **ret_error)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(tags); i++) {
		if (strlen(tags[i].name) != tag->name.length ||
		    memcmp(tags[i].name, tag->name.data, tag->name.length) != 0)
			continue;
		*seen |= 1u << i;
		return tags[i].read(tag->value, signature) || refuse(ret_error, tags[i].problem);
	}
	return true; /* unknown tags are ignored (3.2) */
}

static bool check_required(unsigned seen, GError **ret_error)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(tags); i++) {
		if (!tags[i].required || seen & (1u << i))
			continue;
		g_set_error(ret_error, MR_ERROR, MR_ERROR_PERMANENT, "no %s=", tags[i].name);
		return false;
	}
	return true;
}

/* The domain of i= is d= or below it (3.5). */
static bool identity_fits(const struct dkim_signature *signature)
{
	const char *at = memrchr(signature->identity.data, '@', signature->identity.length);
	const char *end = signature->identity.data + signature->identity.length;
	g_autofree char *domain = NULL;

	return at != NULL &&
	       mail_domain_to_ascii((struct slice){ at + 1, (size_t)(end - at - 1) }, &domain,
				    NULL) &&
	       mail_domain_is_within(domain, signature->domain);
}

static bool check_together(const struct dkim_signature *signature, GError **ret_error)
{
	if (signature->identity.length > 0 && !identity_fits(signature))
		return refuse(ret_error, "i= is not within d=");
	if (signature->expiration >= 0 && signature->timestamp >= 0 &&
	    signature->expiration < signature->timestamp)
		return refuse(ret_error, "x= comes before t=");
	return true;
}

static bool parse(struct slice value, struct dkim_signature *signature, GError **ret_error)
{
	struct mail_taglist list;
	struct mail_tag tag;
	unsigned seen = 0;

	if (value.length > DKIM_SIGNATURE_MAX)
		return refuse(ret_error, "the signature field is too long");
	if (mail_taglist_has_duplicate(value))
		return refuse(ret_error, "no tag=value list, or a tag twice");
	mail_taglist_init(&list, value);
	while (mail_taglist_next(&list, &tag) == MAIL_TAGLIST_TAG) {
		if (!read_tag(&tag, signature, &seen, ret_error))
			return false;
	}
	return check_required(seen, ret_error) && check_together(signature, ret_error);
}

bool dkim_signature_parse(struct slice value, struct dkim_signature *ret_signature,
			  GError **ret_error)
{
	/* c= absent means simple/simple. */
	struct dkim_signature signature = {
		.header_canon = DKIM_CANON_SIMPLE,
		.body_canon = DKIM_CANON_SIMPLE,
		.body_length = DKIM_BODY_UNLIMITED,
		.timestamp = -1,
		.expiration = -1,
	};

	if (!parse(value, &signature, ret_error)) {
		dkim_signature_clear(&signature);
		return false;
	}
	*ret_signature = signature;
	return true;
}

void dkim_signature_clear(struct dkim_signature *signature)
{
	g_free(signature->domain);
	g_free(signature->selector);
	if (signature->bytes != NULL)
		g_byte_array_unref(signature->bytes);
	*signature = (struct dkim_signature){ 0 };
}
