/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows the key record's grammar (RFC 6376 3.6.1, with RFC 8301 and 8463). Refuses to ask DNS and
 * to judge a signature by a record. Pure functions; any thread.
 */

#include <string.h>

#include "shared/base/error.h"
#include "shared/dkim/base64.h"
#include "shared/dkim/key_record.h"
#include "shared/dkim/tag_values.h"
#include "shared/mail/domain.h"
#include "shared/mail/taglist.h"

static bool refuse(GError **ret_error, const char *why)
{
	g_set_error(ret_error, MR_ERROR, MR_ERROR_PERMANENT, "key record: %s", why);
	return false;
}

static bool is_tag(const struct mail_tag *tag, char name)
{
	return tag->name.length == 1 && tag->name.data[0] == name;
}

/* Written anew, so that what white space and padding the record had makes no difference. */
static bool take_public(struct slice value, struct dkim_key_record *record, GError **ret_error)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();

	if (!dkim_base64_decode(value, DKIM_KEY_RECORD_MAX, bytes))
		return refuse(ret_error, "p= is no base64");
	record->revoked = bytes->len == 0;
	record->public_base64 = g_base64_encode(bytes->data, bytes->len);
	return true;
}

static bool take_type(struct slice value, struct dkim_key_record *record, GError **ret_error)
{
	if (slice_equal_nocase(value, "rsa"))
		record->type = DKIM_KEY_RSA;
	else if (slice_equal_nocase(value, "ed25519"))
		record->type = DKIM_KEY_ED25519;
	else
		return refuse(ret_error, "k= names an unknown key type");
	return true;
}

static bool take_tag(const struct mail_tag *tag, unsigned position, struct dkim_key_record *record,
		     GError **ret_error)
{
	if (is_tag(tag, 'v')) {
		if (position != 1)
			return refuse(ret_error, "v= is not first");
		if (tag->value.length != 5 || memcmp(tag->value.data, "DKIM1", 5) != 0)
			return refuse(ret_error, "v= is not DKIM1");
	} else if (is_tag(tag, 'k')) {
		return take_type(tag->value, record, ret_error);
	} else if (is_tag(tag, 'p')) {
		return take_public(tag->value, record, ret_error);
	} else if (is_tag(tag, 'h')) {
		record->sha256 = dkim_tag_values_have(tag->value, "sha256");
	} else if (is_tag(tag, 's')) {
		record->for_email = dkim_tag_values_have(tag->value, "*") ||
				    dkim_tag_values_have(tag->value, "email");
	} else if (is_tag(tag, 't')) {
		record->testing = dkim_tag_values_have(tag->value, "y");
		record->strict = dkim_tag_values_have(tag->value, "s");
	}
	return true;
}

static bool take_tags(struct slice text, struct dkim_key_record *record, GError **ret_error)
{
	enum mail_taglist_step step;
	struct mail_taglist list;
	struct mail_tag tag;

	mail_taglist_init(&list, text);
	while ((step = mail_taglist_next(&list, &tag)) == MAIL_TAGLIST_TAG)
		if (!take_tag(&tag, list.tags, record, ret_error))
			return false;
	if (record->public_base64 == NULL)
		return refuse(ret_error, "p= is missing");
	return true;
}

bool dkim_key_record_parse(struct slice text, struct dkim_key_record *ret_record,
			   GError **ret_error)
{
	struct dkim_key_record record = {
		.type = DKIM_KEY_RSA,
		.sha256 = true,
		.for_email = true,
	};

	if (text.length > DKIM_KEY_RECORD_MAX)
		return refuse(ret_error, "is too long");
	/* RFC 6376 3.2: a duplicate invalidates the whole list. */
	if (mail_taglist_has_duplicate(text))
		return refuse(ret_error, "is no tag list, or has a tag twice");
	if (!take_tags(text, &record, ret_error)) {
		dkim_key_record_clear(&record);
		return false;
	}
	*ret_record = record;
	return true;
}

void dkim_key_record_clear(struct dkim_key_record *record)
{
	g_clear_pointer(&record->public_base64, g_free);
}

char *dkim_key_record_format(const struct dkim_private_key *key)
{
	return g_strdup_printf("v=DKIM1; k=%s; p=%s",
			       dkim_key_type_to_string(dkim_private_key_type(key)),
			       dkim_private_key_public_base64(key));
}

char *dkim_key_record_name(const char *selector, const char *domain)
{
	return g_strdup_printf("%s._domainkey.%s", selector, domain);
}

static bool label_is_valid(const char *label, size_t length)
{
	if (length == 0 || length > MAIL_LABEL_MAX || label[0] == '-' || label[length - 1] == '-')
		return false;
	for (size_t i = 0; i < length; i++)
		if (!g_ascii_isalnum(label[i]) && label[i] != '-' && label[i] != '_')
			return false;
	return true;
}

bool dkim_selector_is_valid(const char *selector)
{
	const char *label = selector;

	if (strlen(selector) > MAIL_DOMAIN_MAX)
		return false;
	while (true) {
		size_t length = strcspn(label, ".");

		if (!label_is_valid(label, length))
			return false;
		if (label[length] == '\0')
			return true;
		label += length + 1;
	}
}
