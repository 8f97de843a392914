/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DNS_ZONE_SCAN_H
#define MILLRACE_DNS_ZONE_SCAN_H

/* Master file text -> entries of words (RFC 1035 5.1). One thread. */

#include <glib.h>

#include "shared/base/reader.h"

#define DNS_ZONE_WORDS_MAX 1024u /* of one entry */

struct dns_zone_word {
	GString *text; /* escapes resolved; bytes may include NUL */
	bool literal;  /* quoted, or with an escape: never a name, a number or a type */
};

struct dns_zone_entry {
	unsigned line;	   /* where it begins */
	bool starts_blank; /* the owner is that of the entry before */
	GArray *words;	   /* struct dns_zone_word */
};

struct dns_zone_scanner {
	struct reader reader;
	const char *name;
	unsigned line;
};

void dns_zone_scanner_init(struct dns_zone_scanner *scanner, const char *name, const char *text,
			   size_t length);
void dns_zone_entry_init(struct dns_zone_entry *entry);
void dns_zone_entry_clear(struct dns_zone_entry *entry);

/* The next entry that has words; *ret_found is false at the end. Errors: CONFIG with file:line. */
bool dns_zone_scanner_next(struct dns_zone_scanner *scanner, struct dns_zone_entry *entry,
			   bool *ret_found, GError **ret_error);

#endif
