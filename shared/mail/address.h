/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_MAIL_ADDRESS_H
#define MILLRACE_MAIL_ADDRESS_H

/*
 * Addresses by RFC 5322 3.4 (mailbox-list, address-list with groups), with comments, folding,
 * quoted pairs, the obsolete forms of 4.4 that are unambiguous, and UTF-8 by RFC 6532. Encoded
 * words in display names are kept as they are. Pure functions over bytes; any thread.
 *
 * More lenient than the grammar where senders are and no reader can take it two ways: dots anywhere
 * in an unquoted local part ("a..b@c"), "[text]" and bytes that are not UTF-8 in a display name or
 * comment. Never: two addresses without a comma, an unquoted '@' in a display name.
 */

#include <glib.h>
#include <stdbool.h>

#include "shared/base/auto.h"
#include "shared/base/reader.h"

#define MAIL_ADDRESS_MAX 1000u	       /* mailboxes read from one field */
#define MAIL_COMMENT_DEPTH_MAX 32u     /* nested comments */
#define MAIL_ADDRESS_BYTES_MAX 100000u /* bytes of one field that are looked at */

struct mail_mailbox {
	char *local_part; /* unquoted, UTF-8 kept as it is */
	char *domain; /* as written, without comments and blanks: name, U-labels or "[literal]" */
};

void mail_mailbox_free(struct mail_mailbox *mailbox); /* takes NULL */
MR_DEFINE_AUTO(mail_mailbox, mail_mailbox_free)

/*
 * Reads a From, Sender, To ... value: a GPtrArray of struct mail_mailbox that frees its members
 * (those of groups are mailboxes too; an empty group gives none). PERMANENT error when the bytes
 * are no address-list or hold no address at all.
 */
bool mail_address_parse_list(struct slice value, GPtrArray **ret_mailboxes, GError **ret_error);

/*
 * Exactly one mailbox: From as RFC 6376 and RFC 9989 want it. PERMANENT error that says what is
 * there instead.
 */
bool mail_address_parse_single(struct slice value, struct mail_mailbox **ret_mailbox,
			       GError **ret_error);

/*
 * An envelope path "<a@b>", "a@b", "<>", with or without source route (RFC 5321 4.1.2).
 * *ret_mailbox is NULL for the null path. PERMANENT error for everything else, "<postmaster>" too.
 */
bool mail_address_parse_path(struct slice path, struct mail_mailbox **ret_mailbox,
			     GError **ret_error);

#endif
