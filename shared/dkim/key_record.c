/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Key records: reading what DNS says (RFC 6376 3.6.1, RFC 8463 4), writing what DNS should say. Any
 * thread.
 */

#include <string.h>

#include "shared/base/error.h"
#include "shared/dkim/base64.h"
#include "shared/dkim/key_record.h"
#include "shared/mail/domain.h"
#include "shared/mail/taglist.h"

#define PUBLIC_BYTES_MAX 4096u

static bool refuse(GError **ret_error, const char *what)
{
	g_set_error_literal(ret_error, MR_ERROR, MR_ERROR_PERMANENT, what);
	return false;
}

/* True when the colon-separated list has the word. */
static bool list_has(struct slice list, const char *word)
{
	struct reader reader;

	reader_init(&reader, list.data, list.length);
	while (!reader_at_end(&reader)) {
		if (slice_equal_nocase(slice_trim(reader_take_until(&reader, ':')), word))
			return true;
		reader_skip_byte(&reader, ':');
	}
	return false;
}

static bool equals(struct slice slice, const char *text)
{
	return slice.length == strlen(text) && memcmp(slice.data, text, slice.length) == 0;
}

static bool read_type(struct slice value, struct dkim_key_record *record, GError **ret_error)
{
	if (slice_equal_nocase(value, "rsa"))
		record->type = DKIM_KEY_RSA;
	else if (slice_equal_nocase(value, "ed25519"))
		record->type = DKIM_KEY_ED25519;
	else
		return refuse(ret_error, "k= names an unknown key type");
	return true;
}

/* p=, which alone is required; empty means revoked. */
static bool read_public(struct slice value, struct dkim_key_record *record, GError **ret_error)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();

	if (!dkim_base64_decode(value, PUBLIC_BYTES_MAX, bytes))
		return refuse(ret_error, "p= is no base64");
	record->revoked = bytes->len == 0;
	g_free(record->public_base64);
	record->public_base64 = g_base64_encode(bytes->data, bytes->len);
	return true;
}

static bool read_tag(const struct mail_tag *tag, bool first, struct dkim_key_record *record,
		     GError **ret_error)
{
	if (equals(tag->name, "v")) {
		if (!first || !equals(tag->value, "DKIM1"))
			return refuse(ret_error, "v= is not DKIM1 in first place");
	} else if (equals(tag->name, "k")) {
		return read_type(tag->value, record, ret_error);
	} else if (equals(tag->name, "p")) {
		return read_public(tag->value, record, ret_error);
	} else if (equals(tag->name, "h")) {
		record->sha256 = list_has(tag->value, "sha256");
	} else if (equals(tag->name, "s")) {
		record->for_email = list_has(tag->value, "*") || list_has(tag->value, "email");
	} else if (equals(tag->name, "t")) {
		record->testing = list_has(tag->value, "y");
		record->strict = list_has(tag->value, "s");
	}
	return true;
}

static bool read_tags(struct slice text, struct dkim_key_record *record, GError **ret_error)
{
	enum mail_taglist_step step;
	struct mail_taglist list;
	struct mail_tag tag;
	bool first = true;

	mail_taglist_init(&list, text);
	while ((step = mail_taglist_next(&list, &tag)) == MAIL_TAGLIST_TAG) {
		if (!read_tag(&tag, first, record, ret_error))
			return false;
		first = false;
	}
	if (step == MAIL_TAGLIST_MALFORMED)
		return refuse(ret_error, "no tag=value list");
	return record->public_base64 != NULL || refuse(ret_error, "no p=");
}

bool dkim_key_record_parse(struct slice text, struct dkim_key_record *ret_record,
			   GError **ret_error)
{
	struct dkim_key_record record = { .type = DKIM_KEY_RSA, .sha256 = true, .for_email = true };

	if (text.length > DKIM_KEY_RECORD_MAX)
		return refuse(ret_error, "the record is too long");
	if (mail_taglist_has_duplicate(text))
		return refuse(ret_error, "no tag=value list, or a tag twice");
	if (!read_tags(text, &record, ret_error)) {
		dkim_key_record_clear(&record);
		return false;
	}
	*ret_record = record;
	return true;
}

void dkim_key_record_clear(struct dkim_key_record *record)
{
	g_free(record->public_base64);
	*record = (struct dkim_key_record){ 0 };
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

static bool is_label(const char *label, size_t length)
{
	if (length == 0 || length > MAIL_LABEL_MAX || label[0] == '-' || label[length - 1] == '-')
		return false;
	for (size_t i = 0; i < length; i++) {
		if (!g_ascii_isalnum(label[i]) && label[i] != '-' && label[i] != '_')
			return false;
	}
	return true;
}

bool dkim_selector_is_valid(const char *selector)
{
	size_t length;

	if (strlen(selector) > MAIL_DOMAIN_MAX)
		return false;
	for (;; selector += length + 1) {
		length = strcspn(selector, ".");
		if (!is_label(selector, length))
			return false;
		if (selector[length] == '\0')
			return true;
	}
}
