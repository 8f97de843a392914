/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_KEY_FOLDER_H
#define MILLRACE_DKIM_KEY_FOLDER_H

/* One domain's folder of keys, read from disk. key_directory.c remembers what is read here. */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "shared/dkim/key_set.h"

/*
 * What the folder, its state and its key files looked like: equal stamps, equal contents, unless
 * `fresh`: something changed within the last two seconds, which file times may be too coarse for.
 */
struct dkim_key_folder_stamp {
	uint64_t digest;
	bool fresh;
};

/* Any thread. */
struct dkim_key_folder_stamp dkim_key_folder_look(const char *path);

/* The active keys; *ret_set is NULL when there are none, or no folder. */
bool dkim_key_folder_load(const char *path, const char *domain, bool group_may_read,
			  struct dkim_key_set **ret_set, GError **ret_error);

#endif
