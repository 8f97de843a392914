/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_KEY_DIRECTORY_H
#define MILLRACE_DKIM_KEY_DIRECTORY_H

/*
 * Keys at <directory>/<domain>/<selector>.pem, for hundreds of thousands of domains: a domain is
 * loaded when first asked for, kept, and looked at again when DKIM_DIRECTORY_RECHECK_SECONDS have
 * passed, so that changes are seen without a restart. Absence is remembered as long. At most
 * DKIM_DIRECTORY_CACHED_MAX domains are kept; the least recently used go first. All threads; a
 * look-up that is cached takes no system call, and a second look at a domain never makes others
 * wait: they get what was known.
 */

#include <glib.h>
#include <stdbool.h>

#include "shared/base/auto.h"
#include "shared/base/clock.h"
#include "shared/dkim/key_set.h"
#include "shared/dkim/key_state.h"

#define DKIM_DIRECTORY_RECHECK_SECONDS 5
#define DKIM_DIRECTORY_CACHED_MAX 100000u

struct dkim_key_directory;

/* CONFIG error when it is no folder. `clock` is kept. */
bool dkim_key_directory_open(const char *path, bool group_may_read, const struct base_clock *clock,
			     struct dkim_key_directory **ret_directory, GError **ret_error);
void dkim_key_directory_free(struct dkim_key_directory *directory); /* takes NULL */
MR_DEFINE_AUTO(dkim_key_directory, dkim_key_directory_free)

/* The active keys of a domain (A-labels, lower case), a reference for the caller; *ret_set is NULL
 * when the domain has no folder or no active key, or is no domain name. An error (a key file
 * refused, a state file damaged, an active key without its file, the directory itself gone) is
 * CONFIG and is given again until mended: mail for that domain must not leave unsigned. */
bool dkim_key_directory_find(struct dkim_key_directory *directory, const char *domain,
			     struct dkim_key_set **ret_set, GError **ret_error);

/* Domains that have a folder, sorted; for list, check and the background watch. NULL-terminated,
 * g_strfreev. */
char **dkim_key_directory_domains(struct dkim_key_directory *directory, GError **ret_error);

/* The same of a path, without a directory opened. */
bool dkim_key_folder_list_domains(const char *path, char ***ret_domains, GError **ret_error);

/* Selectors of the <selector>.pem files in a domain's folder, sorted; other files are passed over.
 * NULL-terminated, g_strfreev; empty when there is no folder. */
bool dkim_key_folder_list_selectors(const char *path, char ***ret_selectors, GError **ret_error);

/* "<directory>/<domain>" and below; freed with g_free. The names must have been checked. */
char *dkim_key_folder_path(const char *directory, const char *domain);
char *dkim_key_folder_state_path(const char *folder);
char *dkim_key_folder_key_path(const char *folder, const char *selector);

#endif
