/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_SIGN_OPENDKIM_KEYS_H
#define MILLRACE_DKIM_SIGN_OPENDKIM_KEYS_H

/*
 * OpenDKIM's KeyTable: lines "name domain:selector:key", where
 *
 *   domain  is "%" for the domain of the author;
 *   key     is a file when it starts with "/", "./" or "../" ("%" in it: the domain of the
 *           author), else a private key as base64 of DER.
 *
 * As OpenDKIM does, the first of two lines with one name counts. OpenDKIM reads relative files
 * from its working folder, which is lost here: they are looked for beside the table. Shared by
 * all threads.
 */

#include <glib.h>
#include <stdbool.h>

#include "shared/base/auto.h"
#include "shared/dkim/key.h"

#define OPENDKIM_KEYS_BY_DOMAIN_MAX 100000u /* keys kept that a "%" in a file name led to */

struct table_file;
struct opendkim_keys;

struct opendkim_key {
	char *domain;	/* d=, A-labels; NULL: that of the author */
	char *selector; /* A-labels */
	char *location; /* file, or the table's name for a key in the table; may hold "%" */
	struct dkim_private_key *key; /* NULL: `location` holds "%" */
};

/* How files become keys: dkim_private_key_load, or what a test puts there. */
struct opendkim_key_loading {
	bool group_may_read;
	bool (*load)(const char *location, bool group_may_read, struct dkim_private_key **ret_key,
		     GError **ret_error);
};

/*
 * CONFIG error, "FILE:LINE: ...": malformed line, bad domain or selector, unusable key. The
 * caller clears the file.
 */
bool opendkim_keys_parse(struct table_file *file, const struct opendkim_key_loading *loading,
			 struct opendkim_keys **ret_keys, GError **ret_error);
void opendkim_keys_free(struct opendkim_keys *keys); /* takes NULL */
MR_DEFINE_AUTO(opendkim_keys, opendkim_keys_free)

/* NULL when no line has this name. Names keep their case. */
const struct opendkim_key *opendkim_keys_find(const struct opendkim_keys *keys, const char *name);

/*
 * The private key for an author's domain (lower-case A-labels), a new reference, and where it
 * came from. A file whose name depends on the domain is read once.
 */
bool opendkim_keys_open(struct opendkim_keys *keys, const struct opendkim_key *key,
			const char *domain, struct dkim_private_key **ret_key, char **ret_location,
			GError **ret_error);

#endif
