/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_SIGN_ORIGIN_H
#define MILLRACE_DKIM_SIGN_ORIGIN_H

/*
 * Whose mail is it? Only what is ours is signed: mail of an authenticated client, of a listener
 * named for it, of a client network, or submitted on this machine without SMTP.
 *
 * An address alone proves little where mail comes back: a content filter hands over what the
 * world sent from 127.0.0.1, or through the sendmail command. So mail from loopback clients and
 * local submissions are ours only when no Received field says that the message came `from`
 * another host. What starts here has none when a milter sees it (both MTAs keep their own from
 * milters; Sendmail's submission program writes one without a from clause, RFC 5321 4.4), what
 * came from elsewhere has one at least, which its sender cannot take away. That is decided at
 * the end of the header; all else at MAIL. On listeners named in reinjection_listeners addresses
 * count for nothing.
 *
 * Rules are immutable once made and shared by all threads.
 */

#include <glib.h>
#include <stdbool.h>

#include "milters/dkim-sign/network.h"
#include "milters/dkim-sign/settings.h"
#include "shared/base/auto.h"
#include "shared/base/reader.h"

enum sign_origin {
	SIGN_ORIGIN_FOREIGN,
	SIGN_ORIGIN_AUTHENTICATED,
	SIGN_ORIGIN_LISTENER,
	SIGN_ORIGIN_NETWORK,
	SIGN_ORIGIN_LOOPBACK, /* network, but a loopback client: see above */
	SIGN_ORIGIN_LOCAL,    /* no SMTP: see above */
	SIGN_ORIGIN_RELAYED,  /* would be one of the last two, but came from elsewhere before */
};

/* What the MTA says of a message's way in. Strings are borrowed, NULL when the MTA gave none. */
struct sign_client {
	const char *listener; /* {daemon_name} */
	const char *user;     /* {auth_authen} */
	bool has_address;
	bool local; /* the MTA's own client, simulated for mail that came without SMTP */
	struct sign_address address;
};

struct sign_origin_rules;

/* CONFIG error for a network that is none. The rules keep nothing of `settings`. */
bool sign_origin_rules_new(const struct sign_origin_settings *settings,
			   struct sign_origin_rules **ret_rules, GError **ret_error);
void sign_origin_rules_free(struct sign_origin_rules *rules);
MR_DEFINE_AUTO(sign_origin_rules, sign_origin_rules_free)

/*
 * Fills address and local from what the MTA told at connect. A loopback client of port 0, or one
 * without an address, is simulated when it is called localhost: Postfix does the first for pickup
 * and its own bounces (no TCP client has port 0), Sendmail the second for -bs.
 */
void sign_client_set_address(struct sign_client *client, const char *hostname,
			     const struct sockaddr *address);

/* The verdict at MAIL, never SIGN_ORIGIN_RELAYED. */
enum sign_origin sign_origin_at_mail(const struct sign_origin_rules *rules,
				     const struct sign_client *client);
/* True when this Received field says that the message came from another host. */
bool sign_received_from_elsewhere(struct slice value);
/* The final one, once it is known whether any Received field of the message says so. */
enum sign_origin sign_origin_at_end_of_header(const struct sign_origin_rules *rules,
					      enum sign_origin at_mail, bool from_elsewhere);

bool sign_origin_is_ours(enum sign_origin origin);
/* One word, for logs. */
const char *sign_origin_to_string(enum sign_origin origin);

#endif
