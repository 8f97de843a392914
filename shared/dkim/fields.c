/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows which header fields a signature covers. Refuses to know how they are hashed. Pure
 * functions; any thread.
 *
 * Signed are the fields that RFC 6376 5.4.1 advises, what a reader or a mailbox provider acts on
 * beyond them (Sender, Message-ID, MIME, one-click unsubscription, feedback), and nothing that is
 * changed on the way or belongs to a hop: Received, Return-Path, Bcc, Content-Length, Status,
 * Authentication-Results, DKIM-Signature, Resent-Bcc.
 *
 * Oversigned is what shows who wrote, to whom and what, so that a second From or Subject, or
 * another MIME type, breaks the signature. Not List-*, Sender and Resent-*, which mailing lists
 * and forwarders add; and Date and Message-ID only when they are there, since Sendmail completes
 * them after the milter.
 */

#include <string.h>

#include "shared/dkim/sign.h"
#include "shared/dkim/signature.h"

static const char *const default_sign[] = {
	"from",
	"sender",
	"reply-to",
	"subject",
	"date",
	"message-id",
	"to",
	"cc",
	"in-reply-to",
	"references",
	"mime-version",
	"content-type",
	"content-transfer-encoding",
	"content-disposition",
	"content-id",
	"content-description",
	"resent-date",
	"resent-from",
	"resent-sender",
	"resent-to",
	"resent-cc",
	"resent-message-id",
	"list-id",
	"list-help",
	"list-unsubscribe",
	"list-unsubscribe-post",
	"list-subscribe",
	"list-post",
	"list-owner",
	"list-archive",
	"feedback-id",
	"cfbl-address",
	"cfbl-feedback-id",
	NULL,
};

static const char *const default_oversign[] = {
	"from", "reply-to", "subject",	    "date",	    "message-id",
	"to",	"cc",	    "mime-version", "content-type", "content-transfer-encoding",
	NULL,
};

static const char *const default_oversign_if_present[] = { "date", "message-id", NULL };

const struct dkim_field_policy dkim_field_policy_default = {
	.sign = default_sign,
	.oversign = default_oversign,
	.oversign_if_present = default_oversign_if_present,
};

struct choice {
	const struct dkim_field_policy *policy;
	const char *const *skip;
	struct slice *present; /* bare names of the message's fields */
	size_t count;
	unsigned chosen;
	GString *names;
};

static bool has_name(const char *const *names, const char *name)
{
	return names != NULL && g_strv_contains(names, name);
}

static bool choice_add(struct choice *choice, const char *name)
{
	if (choice->chosen == DKIM_SIGNED_FIELDS_MAX)
		return false;
	if (choice->chosen++ > 0)
		g_string_append_c(choice->names, ':');
	g_string_append(choice->names, name);
	return true;
}

static size_t count_present(const struct choice *choice, const char *name)
{
	size_t length = strlen(name), count = 0;

	for (size_t i = 0; i < choice->count; i++)
		if (choice->present[i].length == length &&
		    g_ascii_strncasecmp(choice->present[i].data, name, length) == 0)
			count++;
	return count;
}

static bool is_oversigned(const struct choice *choice, const char *name, bool present)
{
	if (strcmp(name, "from") == 0)
		return true;
	if (!has_name(choice->policy->oversign, name))
		return false;
	return present || !has_name(choice->policy->oversign_if_present, name);
}

static bool choose(struct choice *choice, const char *name)
{
	size_t count = count_present(choice, name);

	if (has_name(choice->skip, name) && strcmp(name, "from") != 0)
		return true;
	if (is_oversigned(choice, name, count > 0))
		count++;
	for (size_t i = 0; i < count; i++)
		if (!choice_add(choice, name))
			return false;
	return true;
}

static bool choose_all(struct choice *choice)
{
	const char *const *name;

	/* RFC 6376 5.4: From MUST be signed. */
	if (!choose(choice, "from"))
		return false;
	for (name = choice->policy->sign; *name != NULL; name++)
		if (strcmp(*name, "from") != 0 && !choose(choice, *name))
			return false;
	for (name = choice->policy->oversign; *name != NULL; name++)
		if (strcmp(*name, "from") != 0 && !has_name(choice->policy->sign, *name) &&
		    !choose(choice, *name))
			return false;
	return true;
}

bool dkim_fields_select(const struct mail_header *header, const struct dkim_field_policy *policy,
			const char *const *skip, GString *names)
{
	struct choice choice = {
		.policy = policy,
		.skip = skip,
		.count = mail_header_count(header),
		.names = names,
	};
	bool all;

	choice.present = g_new(struct slice, choice.count);
	for (size_t i = 0; i < choice.count; i++)
		choice.present[i] = mail_field_bare_name(mail_header_get(header, i));
	all = choose_all(&choice);
	g_free(choice.present);
	return all;
}
