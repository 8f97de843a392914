/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_BASE_ERROR_H
#define MILLRACE_BASE_ERROR_H

/*
 * The error domain of Millrace. Every fallible function returns bool and fills a
 * GError of this domain; the code is the category, which alone decides what mail
 * gets (shared/milter maps it to a reply) and how a program ends.
 *
 * TEMPORARY  the same call may succeed later: DNS silent, table locked, no memory
 * PERMANENT  the input will never do: a malformed record, an unusable message
 * CONFIG     the operator has to change something; the message says file and line
 * SYSTEM     the operating system or a library refused; the message carries its words
 *
 * Messages are lower-case sentences without a full stop, fit for one log line.
 */

#include <glib.h>
#include <stdbool.h>

#define MR_ERROR (mr_error_quark())

enum mr_error {
	MR_ERROR_TEMPORARY,
	MR_ERROR_PERMANENT,
	MR_ERROR_CONFIG,
	MR_ERROR_SYSTEM,
};

GQuark mr_error_quark(void);

/* "temporary", "permanent", "config" or "system"; an error of another domain is "system". */
const char *mr_error_category_to_string(const GError *error);

/* Fills ret_error with category SYSTEM: "<what>: <strerror(errnum)>". Always returns false. */
bool mr_error_set_errno(GError **ret_error, int errnum, const char *what_format, ...)
	G_GNUC_PRINTF(3, 4);

#endif
