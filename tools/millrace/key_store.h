/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_TOOLS_KEY_STORE_H
#define MILLRACE_TOOLS_KEY_STORE_H

/*
 * One domain's folder of keys, as a command sees and changes it. A store that may change holds the
 * folder's lock until it is freed, so that two commands never write at once; nothing is changed for
 * the daemon before key_store_save. One thread.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "shared/base/auto.h"
#include "shared/dkim/key.h"
#include "shared/dkim/key_state.h"

/* To whom new folders belong; what is made in a folder belongs to the folder's owner and group. */
struct key_owner {
	bool set; /* false: to whoever runs the command */
	uid_t user;
	gid_t group;
	bool group_may_read; /* the daemon reads key files by their group */
};

enum key_store_mode {
	KEY_STORE_READ,	  /* error when there is no folder */
	KEY_STORE_CHANGE, /* the same, locked */
	KEY_STORE_CREATE, /* the folder is made when it is missing */
};

struct key_store {
	char *domain;
	char *folder;
	bool group_may_read; /* what is written */
	GPtrArray *lives;    /* struct dkim_key_life *; without a state file: every key, active */
	int lock;	     /* -1: read only */
};

/* `domain` in lower-case A-labels. */
bool key_store_open(const char *directory, const char *domain, enum key_store_mode mode,
		    const struct key_owner *owner, struct key_store **ret_store,
		    GError **ret_error);
void key_store_free(struct key_store *store); /* takes NULL */
MR_DEFINE_AUTO(key_store, key_store_free)

/* Freed with g_free. */
char *key_store_path_of(const struct key_store *store, const char *selector);

/* Whatever the file's mode: that it is right for the daemon is `millrace-dkim-sign -t`'s to say. */
bool key_store_load(const struct key_store *store, const char *selector,
		    struct dkim_private_key **ret_key, GError **ret_error);

/* A selector that was never used here: `prefix`, "r" or "e", the day, and when that is taken a
 * letter from "b" on. NULL when the day has no more. Freed with g_free. */
char *key_store_new_selector(const struct key_store *store, const char *prefix,
			     enum dkim_key_type type, int64_t now);

/* Makes a key, writes its file (0640 when the daemon reads it by its group, else 0600) and adds it
 * to `lives`. Returns the life, owned by the store. */
bool key_store_generate(struct key_store *store, const char *prefix, enum dkim_key_type type,
			unsigned bits, int64_t now, struct dkim_key_life **ret_life,
			GError **ret_error);

/* Writes the state file. */
bool key_store_save(struct key_store *store, GError **ret_error);

/* Takes the key out of the state, then its file away. Saves. */
bool key_store_remove(struct key_store *store, const char *selector, GError **ret_error);

#endif
