/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_KEY_DIRECTORY_H
#define MILLRACE_DKIM_KEY_DIRECTORY_H

/*
 * Keys at <directory>/<domain>/<selector>.pem, for hundreds of thousands of domains: a domain is loaded when
 * first asked for, kept, and looked at again (folder and state file times) when DKIM_DIRECTORY_RECHECK_SECONDS have
 * passed, so that changes are seen without a restart. Absence is remembered as long. At most
 * DKIM_DIRECTORY_CACHED_MAX domains are kept; the least recently used go first. All threads; a look-up that is cached takes no
 * system call.
 */

#include <glib.h>
#include <stdbool.h>

#include "shared/base/clock.h"
#include "shared/dkim/key_set.h"
#include "shared/dkim/key_state.h"

#define DKIM_DIRECTORY_RECHECK_SECONDS 5
#define DKIM_DIRECTORY_CACHED_MAX 100000u

struct dkim_key_directory;

/* CONFIG error when it is no folder. `clock` is kept. */
bool dkim_key_directory_open(const char *path, bool group_may_read, const struct base_clock *clock,
			     struct dkim_key_directory **ret_directory, GError **ret_error);
void dkim_key_directory_free(struct dkim_key_directory *directory);

/* The active keys of a domain (A-labels, lower case), a reference for the caller; *ret_set is NULL when the domain has no folder or no
 * active key. An error (a key file refused, a state file damaged) is CONFIG and is given again until mended: mail for that domain must
 * not leave unsigned. */
bool dkim_key_directory_find(struct dkim_key_directory *directory, const char *domain,
			     struct dkim_key_set **ret_set, GError **ret_error);

/* Domains that have a folder, sorted; for list, check and the background watch. NULL-terminated, g_strfreev. */
char **dkim_key_directory_domains(struct dkim_key_directory *directory, GError **ret_error);

#endif
