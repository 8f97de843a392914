/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_TOOLS_KEY_TEXT_H
#define MILLRACE_TOOLS_KEY_TEXT_H

/* A key's DNS record as people and programs take it. One thread. */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum key_record_format {
	KEY_RECORD_ZONE,     /* a line of a master file, strings of 255 octets at most */
	KEY_RECORD_NSUPDATE, /* "update add ..."; the caller ends the batch with "send" */
	KEY_RECORD_PLAIN,    /* "NAME TXT VALUE", for a provider's web form */
};

/* "zone", "nsupdate" or "plain". */
bool key_record_format_from_string(const char *text, enum key_record_format *ret_format);

/* Appends the record of name <selector>._domainkey.<domain> with the TXT `value` and a newline. */
void key_record_append(GString *text, enum key_record_format format, const char *selector,
		       const char *domain, int64_t ttl, const char *value);

#endif
