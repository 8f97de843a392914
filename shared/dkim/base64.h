/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_BASE64_H
#define MILLRACE_DKIM_BASE64_H

/* Base64 as tag values have it (RFC 6376 2.10): white space and folds anywhere. Any thread. */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#include "shared/base/reader.h"

/*
 * Appends the decoded bytes, `maximum` at most. False, with nothing appended, when another
 * character comes, padding stands in the middle, bits are left over that are not 0, or there are
 * more bytes. Missing padding is accepted, as the grammar of base64string allows it.
 */
bool dkim_base64_decode(struct slice text, size_t maximum, GByteArray *bytes);

#endif
