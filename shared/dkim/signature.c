/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows the grammar of a DKIM-Signature field and what its tags owe each other (RFC 6376 3.5,
 * 6.1.1, with RFC 8301, 8463 and 8616). Every limit is held before any work is done for the
 * signature. Refuses to know keys and messages. Pure functions; any thread.
 */

#include <string.h>

#include "shared/base/error.h"
#include "shared/dkim/base64.h"
#include "shared/dkim/key_record.h"
#include "shared/dkim/signature.h"
#include "shared/dkim/tag_values.h"
#include "shared/mail/domain.h"
#include "shared/mail/taglist.h"

#define RSA_BYTES_MAX (DKIM_RSA_BITS_MAX / 8)
#define ED25519_BYTES 64u
#define TIME_MAX 999999999999 /* RFC 6376 3.5 t=: up to 10^12 */

static bool refuse(GError **ret_error, const char *why)
{
	g_set_error(ret_error, MR_ERROR, MR_ERROR_PERMANENT, "signature: %s", why);
	return false;
}

static bool take_version(struct slice value, struct dkim_signature *signature, GError **ret_error)
{
	(void)signature;
	if (!slice_equal_nocase(value, "1"))
		return refuse(ret_error, "v= is not 1");
	return true;
}

static bool take_algorithm(struct slice value, struct dkim_signature *signature, GError **ret_error)
{
	if (slice_equal_nocase(value, dkim_key_type_to_algorithm(DKIM_KEY_RSA)))
		signature->type = DKIM_KEY_RSA;
	else if (slice_equal_nocase(value, dkim_key_type_to_algorithm(DKIM_KEY_ED25519)))
		signature->type = DKIM_KEY_ED25519;
	else if (slice_equal_nocase(value, "rsa-sha1"))
		return refuse(ret_error, "a=rsa-sha1 is not secure (RFC 8301)");
	else
		return refuse(ret_error, "a= names an unknown algorithm");
	return true;
}

static bool take_bytes(struct slice value, struct dkim_signature *signature, GError **ret_error)
{
	signature->bytes = g_byte_array_new();
	if (!dkim_base64_decode(value, RSA_BYTES_MAX, signature->bytes) ||
	    signature->bytes->len == 0)
		return refuse(ret_error, "b= is empty, too long or no base64");
	return true;
}

static bool take_body_hash(struct slice value, struct dkim_signature *signature, GError **ret_error)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();

	if (!dkim_base64_decode(value, DKIM_HASH_LENGTH, bytes) || bytes->len != DKIM_HASH_LENGTH)
		return refuse(ret_error, "bh= is no SHA-256 hash");
	memcpy(signature->body_hash, bytes->data, DKIM_HASH_LENGTH);
	return true;
}

static bool take_canon(struct slice value, struct dkim_signature *signature, GError **ret_error)
{
	if (!dkim_canon_pair_from_string(value, &signature->header_canon, &signature->body_canon))
		return refuse(ret_error, "c= names an unknown canonicalization");
	return true;
}

static bool take_domain(struct slice value, struct dkim_signature *signature, GError **ret_error)
{
	/* 3.5: domain-name has two labels at least. */
	if (!mail_domain_to_ascii(value, &signature->domain, NULL) ||
	    mail_domain_parent(signature->domain) == NULL)
		return refuse(ret_error, "d= is no domain name");
	return true;
}

static bool take_selector(struct slice value, struct dkim_signature *signature, GError **ret_error)
{
	if (!mail_domain_to_ascii(value, &signature->selector, NULL) ||
	    !dkim_selector_is_valid(signature->selector))
		return refuse(ret_error, "s= is no selector");
	return true;
}

static bool is_field_name(struct slice name)
{
	for (size_t i = 0; i < name.length; i++)
		if (!g_ascii_isgraph(name.data[i]))
			return false;
	return name.length > 0;
}

static bool take_fields(struct slice value, struct dkim_signature *signature, GError **ret_error)
{
	struct slice rest = value, name;
	unsigned count = 0;

	while (dkim_tag_values_next(&rest, &name)) {
		if (!is_field_name(name))
			return refuse(ret_error, "h= has what is no field name");
		if (++count > DKIM_SIGNED_FIELDS_MAX)
			return refuse(ret_error, "h= has too many names");
	}
	if (!dkim_tag_values_have(value, "from"))
		return refuse(ret_error, "h= does not have From");
	signature->signed_fields = value;
	return true;
}

static bool take_identity(struct slice value, struct dkim_signature *signature, GError **ret_error)
{
	(void)ret_error;
	signature->identity = value;
	return true;
}

static bool take_number(struct slice value, int64_t maximum, int64_t *number)
{
	unsigned long long taken;
	struct reader reader;

	reader_init(&reader, value.data, value.length);
	if (!reader_take_number(&reader, (unsigned long long)maximum, &taken) ||
	    !reader_at_end(&reader))
		return false;
	*number = (int64_t)taken;
	return true;
}

static bool take_length(struct slice value, struct dkim_signature *signature, GError **ret_error)
{
	if (!take_number(value, DKIM_BODY_UNLIMITED - 1, &signature->body_length))
		return refuse(ret_error, "l= is no number, or too large");
	return true;
}

static bool take_timestamp(struct slice value, struct dkim_signature *signature, GError **ret_error)
{
	if (!take_number(value, TIME_MAX, &signature->timestamp))
		return refuse(ret_error, "t= is no time");
	return true;
}

static bool take_expiration(struct slice value, struct dkim_signature *signature,
			    GError **ret_error)
{
	if (!take_number(value, TIME_MAX, &signature->expiration))
		return refuse(ret_error, "x= is no time");
	return true;
}

static bool take_query(struct slice value, struct dkim_signature *signature, GError **ret_error)
{
	(void)signature;
	if (!dkim_tag_values_have(value, "dns/txt"))
		return refuse(ret_error, "q= does not have dns/txt");
	return true;
}

static const struct {
	const char *name;
	bool required;
	bool (*take)(struct slice value, struct dkim_signature *signature, GError **ret_error);
} tags[] = {
	{ "v", true, take_version },	 { "a", true, take_algorithm },
	{ "b", true, take_bytes },	 { "bh", true, take_body_hash },
	{ "d", true, take_domain },	 { "h", true, take_fields },
	{ "s", true, take_selector },	 { "c", false, take_canon },
	{ "i", false, take_identity },	 { "l", false, take_length },
	{ "q", false, take_query },	 { "t", false, take_timestamp },
	{ "x", false, take_expiration },
};

/* Tag names are case-sensitive (3.2). */
static bool is_named(const struct mail_tag *tag, const char *name)
{
	return tag->name.length == strlen(name) &&
	       memcmp(tag->name.data, name, tag->name.length) == 0;
}

static bool take_tags(struct slice value, struct dkim_signature *signature, GError **ret_error)
{
	bool seen[G_N_ELEMENTS(tags)] = { false };
	struct mail_taglist list;
	struct mail_tag tag;

	mail_taglist_init(&list, value);
	while (mail_taglist_next(&list, &tag) == MAIL_TAGLIST_TAG) {
		for (size_t i = 0; i < G_N_ELEMENTS(tags); i++) {
			if (!is_named(&tag, tags[i].name))
				continue;
			seen[i] = true;
			if (!tags[i].take(tag.value, signature, ret_error))
				return false;
		}
	}
	for (size_t i = 0; i < G_N_ELEMENTS(tags); i++) {
		if (tags[i].required && !seen[i]) {
			g_set_error(ret_error, MR_ERROR, MR_ERROR_PERMANENT,
				    "signature: %s= is missing", tags[i].name);
			return false;
		}
	}
	return true;
}

/* 3.5 i=: the domain behind its last "@" is d= or below it. Absent, it is "@" and d=. */
static bool identity_fits(const struct dkim_signature *signature)
{
	struct slice domain = signature->identity;
	g_autofree char *ascii = NULL;
	const char *at;

	if (domain.data == NULL)
		return true;
	at = domain.length == 0 ? NULL : memrchr(domain.data, '@', domain.length);
	if (at == NULL)
		return false;
	domain.length -= (size_t)(at + 1 - domain.data);
	domain.data = at + 1;
	return mail_domain_to_ascii(domain, &ascii, NULL) &&
	       mail_domain_is_within(ascii, signature->domain);
}

static bool check(const struct dkim_signature *signature, GError **ret_error)
{
	if (!identity_fits(signature))
		return refuse(ret_error, "i= is not within d=");
	if (signature->expiration >= 0 && signature->timestamp >= 0 &&
	    signature->expiration <= signature->timestamp)
		return refuse(ret_error, "x= is not after t=");
	if (signature->type == DKIM_KEY_ED25519 && signature->bytes->len != ED25519_BYTES)
		return refuse(ret_error, "b= is no Ed25519 signature");
	return true;
}

bool dkim_signature_parse(struct slice value, struct dkim_signature *ret_signature,
			  GError **ret_error)
{
	struct dkim_signature signature = {
		.header_canon = DKIM_CANON_SIMPLE,
		.body_canon = DKIM_CANON_SIMPLE,
		.body_length = DKIM_BODY_UNLIMITED,
		.timestamp = -1,
		.expiration = -1,
	};

	if (value.length > DKIM_SIGNATURE_MAX)
		return refuse(ret_error, "is too long");
	/* 3.2: a duplicate invalidates the whole list. */
	if (mail_taglist_has_duplicate(value))
		return refuse(ret_error, "is no tag list, or has a tag twice");
	if (!take_tags(value, &signature, ret_error) || !check(&signature, ret_error)) {
		dkim_signature_clear(&signature);
		return false;
	}
	*ret_signature = signature;
	return true;
}

void dkim_signature_clear(struct dkim_signature *signature)
{
	g_clear_pointer(&signature->domain, g_free);
	g_clear_pointer(&signature->selector, g_free);
	g_clear_pointer(&signature->bytes, g_byte_array_unref);
}
