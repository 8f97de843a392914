/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows which header fields are worth signing. Signed when present: those of RFC 6376 5.4.1 and
 * what mailbox providers look for. Oversigned (one name more than there are fields, 5.4.2): those
 * that a reader sees or that change how the body is read. Never oversigned are List-*, Sender and
 * Resent-*, which lists and forwarders add; never signed are trace fields and what MTAs drop (Bcc,
 * Return-Path, Content-Length). Any thread.
 */

#include <string.h>

#include "shared/dkim/sign.h"

static const char *const default_sign[] = {
	"from",
	"sender",
	"reply-to",
	"to",
	"cc",
	"subject",
	"date",
	"message-id",
	"in-reply-to",
	"references",
	"resent-from",
	"resent-sender",
	"resent-to",
	"resent-cc",
	"resent-date",
	"resent-message-id",
	"mime-version",
	"content-type",
	"content-transfer-encoding",
	"content-disposition",
	"content-id",
	"content-description",
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
	"from", "reply-to",   "to",	      "cc",	      "subject",
	"date", "message-id", "mime-version", "content-type", "content-transfer-encoding",
	NULL,
};

/* Sendmail adds these two after the milters have seen the message. */
static const char *const default_if_present[] = { "date", "message-id", NULL };

const struct dkim_field_policy dkim_field_policy_default = {
	.sign = default_sign,
	.oversign = default_oversign,
	.oversign_if_present = default_if_present,
};

static bool is_listed(const char *const *names, const char *name)
{
	return names != NULL && g_strv_contains(names, name);
}

static size_t times_to_sign(const struct mail_header *header,
			    const struct dkim_field_policy *policy, const char *name)
{
	size_t present = mail_header_count_named(header, name);

	if (!is_listed(policy->oversign, name) && strcmp(name, "from") != 0)
		return present;
	if (present == 0 && is_listed(policy->oversign_if_present, name))
		return 0;
	return present + 1;
}

static void append_name(GString *names, const char *name, size_t times)
{
	for (size_t i = 0; i < times; i++) {
		if (names->len > 0)
			g_string_append_c(names, ':');
		g_string_append(names, name);
	}
}

void dkim_fields_select(const struct mail_header *header, const struct dkim_field_policy *policy,
			const char *const *skip, GString *names)
{
	if (!is_listed(policy->sign, "from"))
		append_name(names, "from", times_to_sign(header, policy, "from"));
	for (const char *const *name = policy->sign; *name != NULL; name++) {
		if (strcmp(*name, "from") == 0 || !is_listed(skip, *name))
			append_name(names, *name, times_to_sign(header, policy, *name));
	}
	for (const char *const *name = policy->oversign; *name != NULL; name++) {
		if (!is_listed(policy->sign, *name) && !is_listed(skip, *name))
			append_name(names, *name, times_to_sign(header, policy, *name));
	}
}
