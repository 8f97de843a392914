/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds the addresses that may decide on the keys. Knows where they stand in a message; that they
 * have keys, or that their user may use them, is for others to know. Any thread.
 */

#include <string.h>

#include "milters/dkim-sign/identity.h"
#include "shared/base/error.h"
#include "shared/mail/address.h"
#include "shared/mail/domain.h"

void sign_identity_clear(struct sign_identity *identity)
{
	g_clear_pointer(&identity->local_part, g_free);
	g_clear_pointer(&identity->domain, g_free);
}

static bool set_address(struct slice local_part, struct slice domain, enum sign_by by,
			struct sign_identity *ret_identity, GError **ret_error)
{
	char *ascii;

	if (!mail_domain_to_ascii(domain, &ascii, ret_error))
		return false;
	*ret_identity = (struct sign_identity){ slice_dup(local_part), ascii, by };
	return true;
}

static struct slice slice_of(const char *text)
{
	return (struct slice){ text, strlen(text) };
}

static bool set_mailbox(const struct mail_mailbox *mailbox, enum sign_by by,
			struct sign_identity *ret_identity, GError **ret_error)
{
	return set_address(slice_of(mailbox->local_part), slice_of(mailbox->domain), by,
			   ret_identity, ret_error);
}

static bool first_mailbox(const GPtrArray *mailboxes, struct sign_identity *ret_author,
			  GError **ret_error)
{
	for (guint i = 0; i < mailboxes->len; i++) {
		g_clear_error(ret_error);
		if (set_mailbox(mailboxes->pdata[i], SIGN_BY_FROM, ret_author, ret_error))
			return true;
	}
	return false;
}

bool sign_identity_author(const struct mail_header *header, struct sign_identity *ret_author,
			  GError **ret_problem)
{
	size_t fields = mail_header_count_named(header, "from");
	const struct mail_field *from = mail_header_find(header, "from");
	g_autoptr(GPtrArray) mailboxes = NULL;
	bool found;

	*ret_problem = NULL;
	if (!from) {
		g_set_error(ret_problem, MR_ERROR, MR_ERROR_PERMANENT, "no From field");
		return false;
	}
	if (!mail_address_parse_list(from->value, &mailboxes, ret_problem))
		return false;
	found = first_mailbox(mailboxes, ret_author, ret_problem);
	if (!*ret_problem && fields > 1)
		g_set_error(ret_problem, MR_ERROR, MR_ERROR_PERMANENT, "%zu From fields", fields);
	else if (!*ret_problem && mailboxes->len != 1)
		g_set_error(ret_problem, MR_ERROR, MR_ERROR_PERMANENT, "%u mailboxes in From",
			    mailboxes->len);
	return found;
}

static bool from_sender_field(const struct mail_header *header, struct sign_identity *ret_identity)
{
	const struct mail_field *field = mail_header_find(header, "sender");
	MR_AUTO(mail_mailbox) mailbox = NULL;

	return field && mail_address_parse_single(field->value, &mailbox, NULL) &&
	       set_mailbox(mailbox, SIGN_BY_SENDER, ret_identity, NULL);
}

static bool from_envelope(const char *sender, struct sign_identity *ret_identity)
{
	MR_AUTO(mail_mailbox) mailbox = NULL;

	return sender && mail_address_parse_path(slice_of(sender), &mailbox, NULL) && mailbox &&
	       set_mailbox(mailbox, SIGN_BY_ENVELOPE, ret_identity, NULL);
}

static bool from_user(const char *user, struct sign_identity *ret_identity)
{
	const char *at = user ? strrchr(user, '@') : NULL;

	return at && set_address((struct slice){ user, (size_t)(at - user) }, slice_of(at + 1),
				 SIGN_BY_SASL, ret_identity, NULL);
}

bool sign_identity_find(enum sign_by by, const struct mail_header *header, const char *sender,
			const char *user, struct sign_identity *ret_identity)
{
	switch (by) {
	case SIGN_BY_SENDER:
		return from_sender_field(header, ret_identity);
	case SIGN_BY_ENVELOPE:
		return from_envelope(sender, ret_identity);
	case SIGN_BY_SASL:
		return from_user(user, ret_identity);
	case SIGN_BY_FROM:
		break;
	}
	return false;
}

const char *sign_by_to_string(enum sign_by by)
{
	static const char *const words[] = {
		[SIGN_BY_FROM] = "from",
		[SIGN_BY_SENDER] = "sender",
		[SIGN_BY_ENVELOPE] = "envelope",
		[SIGN_BY_SASL] = "sasl",
	};

	return words[by];
}
