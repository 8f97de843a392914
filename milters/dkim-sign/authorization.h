/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_SIGN_AUTHORIZATION_H
#define MILLRACE_DKIM_SIGN_AUTHORIZATION_H

/*
 * Who may write From whom: a file of lines
 *
 *     user  entry[, entry ...]
 *
 * where `user` is a SASL login or "*" for every user, and an entry is "example.com" (any address
 * there), ".example.com" (any address below, not there), "addr@example.com", or "*". Lines of one
 * user add up, those of "*" are added to everyone's. '#' starts a comment. Logins and addresses
 * compare without case (ASCII); U-labels are converted. Immutable once loaded, shared by all
 * threads.
 */

#include <glib.h>
#include <stdbool.h>

#include "shared/base/auto.h"

struct table_file;
struct sender_table;

/* CONFIG error, "FILE:LINE: ...", for the first line that is wrong. */
bool sender_table_load(const char *path, struct sender_table **ret_table, GError **ret_error);
/* The same from lines already opened; the caller clears the file. */
bool sender_table_parse(struct table_file *file, struct sender_table **ret_table,
			GError **ret_error);
void sender_table_free(struct sender_table *table); /* takes NULL */
MR_DEFINE_AUTO(sender_table, sender_table_free)

/*
 * `user` NULL or empty: nobody in particular, only the lines of "*" count. `local_part` unquoted,
 * NULL when unknown; `domain` in lower-case A-labels.
 */
bool sender_authorized(const struct sender_table *table, const char *user, const char *local_part,
		       const char *domain);

#endif
