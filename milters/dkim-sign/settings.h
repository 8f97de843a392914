/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_SIGN_SETTINGS_H
#define MILLRACE_DKIM_SIGN_SETTINGS_H

/*
 * What dkim-sign.conf says, as a struct, and the table it is read by. Lists are never NULL
 * (shared/conf/conf.h); a struct belongs to whoever loaded it and is not changed after the check.
 *
 * Programs that need only a part (the keys, the resolver) load the whole table too: the file
 * is checked as a whole, and there is one truth about defaults.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "shared/conf/conf.h"
#include "shared/daemon/settings.h"

/* Whose domain decides on the keys; what is absent in a message falls back to From. */
enum sign_by { SIGN_BY_FROM, SIGN_BY_SENDER, SIGN_BY_ENVELOPE, SIGN_BY_SASL };

enum sign_sender_mismatch { SIGN_MISMATCH_REJECT, SIGN_MISMATCH_UNSIGNED, SIGN_MISMATCH_LOG };

/* Own mail with the null reverse-path (bounces). */
enum sign_null_sender { SIGN_NULL_SENDER_SIGN, SIGN_NULL_SENDER_UNSIGNED };

/* Own mail for whose domain there are no keys. */
enum sign_no_domain { SIGN_NO_DOMAIN_UNSIGNED, SIGN_NO_DOMAIN_TEMPFAIL, SIGN_NO_DOMAIN_REJECT };

enum sign_identity_tag { SIGN_IDENTITY_NONE, SIGN_IDENTITY_DOMAIN, SIGN_IDENTITY_ADDRESS };

/* What to do about a message that something on its way would change. */
enum sign_survival_action {
	SIGN_SURVIVAL_IGNORE,
	SIGN_SURVIVAL_LOG,
	SIGN_SURVIVAL_STRIP, /* sign, but leave the header field out of h= */
	SIGN_SURVIVAL_TEMPFAIL,
};

/* sign: whose mail is ours */
struct sign_origin_settings {
	bool authenticated;
	char **networks;
	char **listeners;
	bool local;
	char **reinjection_listeners;
	bool relayed;
};

/* domains.keys */
struct sign_key_entry {
	char *selector;
	char *file; /* or "pkcs11:..." */
};

/* domains */
struct sign_domain_entry {
	char *name; /* "example.com", ".example.com" for the names below, "*" for the rest */
	char *signing_domain; /* d=; NULL: `name` without its dot; "%": the address's own domain */
	GArray *keys; /* struct sign_key_entry; empty: those of signing_domain in key_directory */
};

struct sign_opendkim_settings {
	char *key_table;     /* NULL: no tables */
	char *signing_table; /* "file:...", "refile:..." or a path */
};

struct sign_survivability_settings {
	/* enum sign_survival_action */
	int long_line;
	int eight_bit;
	int bare_newline;
	int bad_from;
	int name_space;
	int large_header;
	bool next_hop_7bit;
	int64_t header_limit; /* bytes of one header field */
};

struct sign_settings {
	struct daemon_settings daemon; /* first */
	struct sign_origin_settings sign;
	GArray *domains; /* struct sign_domain_entry */
	char *key_directory;
	bool keys_readable_by_group;
	int64_t key_check; /* seconds between two looks at the published records, 0: never */
	struct sign_opendkim_settings opendkim;
	int sign_by; /* enum sign_by */
	char *also_sign_as;
	int identity; /* enum sign_identity_tag */
	char *canonicalization;
	int64_t expire; /* seconds, 0: no x= */
	bool single_signature;
	char **sign_headers;
	char **oversign_headers;
	char **skip_headers;
	char *sender_table;
	int sender_mismatch; /* enum sign_sender_mismatch */
	int null_sender;     /* enum sign_null_sender */
	int no_domain;	     /* enum sign_no_domain */
	struct sign_survivability_settings survivability;
};

extern const struct conf_row sign_settings_rows[];

/* "log" and the like. */
const char *sign_survival_action_to_string(int action);

/*
 * Cross references and syntax, after conf_file_load: names, selectors, key files (can the daemon's
 * user read them, do they hold keys), networks, tables. `settings` is a struct sign_settings. The
 * signature is struct daemon_program's.
 */
void sign_settings_check(struct conf_file *file, void *settings);

#endif
