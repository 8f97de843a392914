/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_SIGN_CHECK_KEYS_H
#define MILLRACE_DKIM_SIGN_CHECK_KEYS_H

/*
 * The part of sign_settings_check that concerns keys: names, selectors, files, the key directory,
 * OpenDKIM's tables, and whether everything that refers to keys finds them. Problems and
 * warnings go to `file`. One thread.
 */

#include "milters/dkim-sign/settings.h"
#include "shared/conf/conf.h"

#define SIGN_CHECKED_DOMAINS_MAX 1000u /* folders of the key directory whose keys are tried */

void sign_check_keys(struct conf_file *file, const struct sign_settings *settings);

#endif
