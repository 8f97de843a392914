/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_SIGN_OPENDKIM_TABLES_H
#define MILLRACE_DKIM_SIGN_OPENDKIM_TABLES_H

/*
 * OpenDKIM's KeyTable (opendkim_keys.h) and SigningTable, as they stand (opendkim.conf(5)).
 * Tables are "file:PATH", "refile:PATH" or a path. Lines of the SigningTable are "pattern
 * name[:signer]", `name` a line of the KeyTable or "%" for the one called as the author's domain;
 * `signer` (i=) is read over.
 *
 *   file    user@host, host, then for each domain above the host user@.domain and .domain, then
 *           user@* and *: the first that the table has. ".domain" is not for the domain itself.
 *   refile  patterns in which '*' stands for any text; the first line that matches.
 *
 * Letters compare without case; U-labels match A-labels. Lines that repeat one pattern give its
 * author all their keys, as long as these are of one domain (OpenDKIM would use the first).
 *
 * Immutable for its users, shared by all threads.
 */

#include <glib.h>
#include <stdbool.h>

#include "milters/dkim-sign/opendkim_keys.h"
#include "shared/base/auto.h"
#include "shared/dkim/key_set.h"

struct opendkim_tables;
struct table_file;

/*
 * CONFIG error, "FILE:LINE: ...": malformed lines, a name that the KeyTable does not have, bad
 * domains and selectors, unusable keys, operators of regular expressions in a refile.
 */
bool opendkim_tables_load(const char *key_table, const char *signing_table, bool group_may_read,
			  struct opendkim_tables **ret_tables, GError **ret_error);
/* The same from lines already opened; the caller clears the files. */
bool opendkim_tables_parse(struct table_file *key_table, struct table_file *signing_table,
			   bool is_refile, const struct opendkim_key_loading *loading,
			   struct opendkim_tables **ret_tables, GError **ret_error);
void opendkim_tables_free(struct opendkim_tables *tables); /* takes NULL */
MR_DEFINE_AUTO(opendkim_tables, opendkim_tables_free)

/*
 * The keys for an author: `local_part` unquoted, NULL when unknown; `domain` in lower-case
 * A-labels. *ret_set is a reference, or NULL when no line matches; *ret_pattern the pattern that
 * did, borrowed from the tables. False and a CONFIG error when a line matches and its key file,
 * named by the domain, cannot be used.
 */
bool opendkim_tables_find(struct opendkim_tables *tables, const char *local_part,
			  const char *domain, struct dkim_key_set **ret_set,
			  const char **ret_pattern, GError **ret_error);

/*
 * Appends the sets of all lines but those that depend on the author's domain, each set once: struct
 * dkim_key_set *, a reference. For the watch over key records.
 */
void opendkim_tables_add_sets(const struct opendkim_tables *tables, GPtrArray *sets);

#endif
