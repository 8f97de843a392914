/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of dkim-sign's options: name, type, range, default and sentence, once. It
 * knows no more than that; what options mean together is settings_check.c's. Constant
 * data, any thread.
 */

#include <stddef.h>

#include "milters/dkim-sign/settings.h"

static const char *const sign_by_names[] = { "from", "sender", "envelope", "sasl", NULL };
static const char *const mismatch_names[] = { "reject", "unsigned", "log", NULL };
static const char *const null_sender_names[] = { "sign", "unsigned", NULL };
static const char *const no_domain_names[] = { "unsigned", "tempfail", "reject", NULL };
static const char *const identity_names[] = { "none", "domain", "address", NULL };
static const char *const survival_names[] = { "ignore", "log", "strip", "tempfail", NULL };

#define ORIGIN(member) offsetof(struct sign_origin_settings, member)
#define KEY(member) offsetof(struct sign_key_entry, member)
#define DOMAIN(member) offsetof(struct sign_domain_entry, member)
#define OPENDKIM(member) offsetof(struct sign_opendkim_settings, member)
#define SURVIVAL(member) offsetof(struct sign_survivability_settings, member)
#define SETTINGS(member) offsetof(struct sign_settings, member)

static const struct conf_row origin_rows[] = {
	{ "authenticated", CONF_BOOL, ORIGIN(authenticated), "true",
	  "Mail of clients that authenticated by SASL is ours." },
	{ "networks", CONF_STRING_LIST, ORIGIN(networks), "[\"127.0.0.0/8\", \"::1/128\"]",
	  "Mail from clients in these networks is ours." },
	{ "listeners", CONF_STRING_LIST, ORIGIN(listeners), "[\"ORIGINATING\"]",
	  "Mail that came in through listeners of these names ({daemon_name}) is ours." },
	{ "local", CONF_BOOL, ORIGIN(local), "true",
	  "Mail submitted on this machine without SMTP (sendmail command, bounces) is ours." },
	{ "reinjection_listeners", CONF_STRING_LIST, ORIGIN(reinjection_listeners), NULL,
	  "Listeners that take mail back from a content filter: the client's address says nothing "
	  "there." },
	{ "relayed", CONF_BOOL, ORIGIN(relayed), "false",
	  "Loopback and local mail is ours also when it carries a Received field of an earlier "
	  "hop." },
	{ NULL },
};

static const struct conf_row key_rows[] = {
	{ "selector", CONF_STRING, KEY(selector), NULL,
	  "The key's selector: its record is at <selector>._domainkey.<domain>.",
	  .required = true },
	{ "file", CONF_STRING, KEY(file), NULL,
	  "PEM file of the private key, or a pkcs11: URI of one that stays in its token.",
	  .required = true },
	{ NULL },
};

static const struct conf_row domain_rows[] = {
	{ "name", CONF_STRING, DOMAIN(name), NULL,
	  "The address's domain: a name, \".name\" for the names below it, or \"*\" for the rest.",
	  .required = true },
	{ "signing_domain", CONF_STRING, DOMAIN(signing_domain), NULL,
	  "The domain that signs (d=) when it is not the name itself; \"%\" is the address's "
	  "own." },
	{ "keys", CONF_GROUP_LIST, DOMAIN(keys), NULL,
	  "The keys that sign, all of them; without any, those of the signing domain in the key "
	  "directory.",
	  .rows = key_rows, .element_size = sizeof(struct sign_key_entry) },
	{ NULL },
};

static const struct conf_row opendkim_rows[] = {
	{ "key_table", CONF_STRING, OPENDKIM(key_table), NULL,
	  "OpenDKIM's KeyTable, read as it stands." },
	{ "signing_table", CONF_STRING, OPENDKIM(signing_table), NULL,
	  "OpenDKIM's SigningTable, \"file:PATH\" or \"refile:PATH\", read as it stands." },
	{ NULL },
};

static const struct conf_row survivability_rows[] = {
	{ "long_line", CONF_CHOICE, SURVIVAL(long_line), "\"log\"",
	  "A line of over 998 octets, which MTAs break.", .choices = survival_names },
	{ "eight_bit", CONF_CHOICE, SURVIVAL(eight_bit), "\"log\"",
	  "A body with 8-bit octets, which is converted before a hop that takes 7 bits.",
	  .choices = survival_names },
	{ "bare_newline", CONF_CHOICE, SURVIVAL(bare_newline), "\"log\"",
	  "A CR or LF alone, or a NUL, which MTAs replace.", .choices = survival_names },
	{ "bad_from", CONF_CHOICE, SURVIVAL(bad_from), "\"tempfail\"",
	  "No From, several, or one that is not exactly one mailbox.", .choices = survival_names },
	{ "name_space", CONF_CHOICE, SURVIVAL(name_space), "\"log\"",
	  "A header field with blanks before its colon, which MTAs take out.",
	  .choices = survival_names },
	{ "large_header", CONF_CHOICE, SURVIVAL(large_header), "\"log\"",
	  "A header field over header_limit, which Postfix truncates.", .choices = survival_names },
	{ "next_hop_7bit", CONF_BOOL, SURVIVAL(next_hop_7bit), "true",
	  "A hop ahead may take 7 bits only; false: only 8-bit bodies that are not declared so "
	  "count." },
	{ "header_limit", CONF_SIZE, SURVIVAL(header_limit), "102400",
	  "The MTA's limit for one header field (Postfix: header_size_limit).", .minimum = 1000,
	  .maximum = 1048576 },
	{ NULL },
};

/* From what is ours, over keys and the form of the signature, to what happens otherwise. */
const struct conf_row sign_settings_rows[] = {
	{ .type = CONF_ROWS, .offset = SETTINGS(daemon), .rows = daemon_settings_rows },
	{ "sign", CONF_GROUP, SETTINGS(sign), NULL, "Whose mail is signed.", .rows = origin_rows },
	{ "domains", CONF_GROUP_LIST, SETTINGS(domains), NULL, "Domains and their keys.",
	  .rows = domain_rows, .element_size = sizeof(struct sign_domain_entry) },
	{ "key_directory", CONF_STRING, SETTINGS(key_directory), NULL,
	  "Folder of keys, <domain>/<selector>.pem, looked into when a domain first signs." },
	{ "keys_readable_by_group", CONF_BOOL, SETTINGS(keys_readable_by_group), "true",
	  "Key files may be readable by their group; never by others." },
	{ "key_check", CONF_DURATION, SETTINGS(key_check), "\"1h\"",
	  "How often published key records are compared with the private keys; \"0\": never.",
	  .minimum = 0, .maximum = 30 * 86400 },
	{ "opendkim", CONF_GROUP, SETTINGS(opendkim), NULL, "Tables taken over from OpenDKIM.",
	  .rows = opendkim_rows },
	{ "sign_by", CONF_CHOICE, SETTINGS(sign_by), "\"from\"",
	  "Whose domain decides on the keys; what a message lacks falls back to From.",
	  .choices = sign_by_names },
	{ "also_sign_as", CONF_STRING, SETTINGS(also_sign_as), NULL,
	  "The operator's own domain, which signs all mail of ours besides." },
	{ "identity", CONF_CHOICE, SETTINGS(identity), "\"none\"",
	  "What i= says: nothing, the domain, or the address.", .choices = identity_names },
	{ "canonicalization", CONF_STRING, SETTINGS(canonicalization), "\"relaxed/relaxed\"",
	  "Canonicalisation of header and body: \"relaxed\" or \"simple\" each." },
	{ "expire", CONF_DURATION, SETTINGS(expire), "\"0\"",
	  "How long a signature is valid (x=); \"0\": for ever.", .minimum = 0,
	  .maximum = 365 * 86400 },
	{ "single_signature", CONF_BOOL, SETTINGS(single_signature), "false",
	  "One signature a message, by the first key (RSA), for relays that refuse two." },
	{ "sign_headers", CONF_STRING_LIST, SETTINGS(sign_headers), NULL,
	  "Header fields that are signed besides the usual ones." },
	{ "oversign_headers", CONF_STRING_LIST, SETTINGS(oversign_headers), NULL,
	  "Header fields that are signed and of which no further one may be added." },
	{ "skip_headers", CONF_STRING_LIST, SETTINGS(skip_headers), NULL,
	  "Header fields that are not signed, because something ahead changes them." },
	{ "sender_table", CONF_STRING, SETTINGS(sender_table), NULL,
	  "File of SASL users and the From domains or addresses that each may use." },
	{ "sender_mismatch", CONF_CHOICE, SETTINGS(sender_mismatch), "\"reject\"",
	  "What happens to mail whose From the sender table does not allow its user.",
	  .choices = mismatch_names },
	{ "null_sender", CONF_CHOICE, SETTINGS(null_sender), "\"sign\"",
	  "Whether mail of ours with the null sender (bounces) is signed.",
	  .choices = null_sender_names },
	{ "no_domain", CONF_CHOICE, SETTINGS(no_domain), "\"unsigned\"",
	  "What happens to mail of ours whose domain has no keys.", .choices = no_domain_names },
	{ "survivability", CONF_GROUP, SETTINGS(survivability), NULL,
	  "What is done about mail that something ahead would change: ignore, log, strip or "
	  "tempfail.",
	  .rows = survivability_rows },
	{ NULL },
};

const char *sign_survival_action_to_string(int action)
{
	return survival_names[action];
}
