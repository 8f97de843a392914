/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_TOOLS_KEY_INVENTORY_H
#define MILLRACE_TOOLS_KEY_INVENTORY_H

/* Every key there is, from the key directory and from the configuration, for list and check. */

#include "tools/millrace/key_session.h"

#define KEY_STAGE_UNNAMED "unnamed" /* its file is there, the state file does not name it */

struct key_item {
	char *domain;
	char *selector;
	const char *stage; /* "published", "active", "retired", or KEY_STAGE_UNNAMED */
	bool active;
	int64_t since, ttl, seen; /* as struct dkim_key_life; 0 for keys of the configuration */
	char *location;
	struct dkim_private_key *key; /* NULL when it cannot be used */
	char *problem;		      /* why not; or NULL */
};

/* `domain` as typed, NULL: all. An array of struct key_item *, freed with g_ptr_array_unref, by
 * domain within each source. A key that cannot be used is an item with a problem; a state file that
 * cannot be read, or a listed key, is an error. */
bool key_inventory_gather(const struct key_session *session, const char *domain,
			  GPtrArray **ret_items, GError **ret_error);

#endif
