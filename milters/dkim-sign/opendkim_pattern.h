/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_SIGN_OPENDKIM_PATTERN_H
#define MILLRACE_DKIM_SIGN_OPENDKIM_PATTERN_H

/* The left side of OpenDKIM's SigningTable. Pure functions, any thread. */

#include <glib.h>
#include <stdbool.h>

#include "shared/base/reader.h"

/*
 * In lower case (ASCII), U-labels behind the last '@' (or of the whole, without '@') as A-labels.
 * PERMANENT error for a label that has no A-label.
 */
bool opendkim_pattern_normalise(struct slice written, char **ret_pattern, GError **ret_error);

/* '*' stands for any text, everything else for itself. */
bool opendkim_pattern_matches(const char *pattern, const char *address);

/* Whether it holds a byte that OpenDKIM would hand to regcomp(3) as an operator. */
bool opendkim_pattern_is_regex(const char *pattern);

#endif
