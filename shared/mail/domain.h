/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_MAIL_DOMAIN_H
#define MILLRACE_MAIL_DOMAIN_H

/* Domain names as mail needs them: A-labels, lower case, host-name bytes only. Any thread. */

#include <glib.h>
#include <stdbool.h>

#include "shared/base/reader.h"

#define MAIL_DOMAIN_MAX 253u /* RFC 1035 2.3.4, without the final dot */
#define MAIL_LABEL_MAX 63u

/*
 * U-labels, A-labels or a mixture -> lower-case A-labels (RFC 5890, libidn2, non-transitional), a
 * final dot dropped; freed with g_free. PERMANENT error for empty or over-long labels, a label that
 * begins or ends with '-', bytes that are not letters, digits, '-' or '_', literals.
 */
bool mail_domain_to_ascii(struct slice domain, char **ret_ascii, GError **ret_error);

/* A lower-case A-label domain name in which nothing can harm a header, a log or a path. */
bool mail_domain_is_ascii_name(const char *domain);

/* "a.b.c" -> "b.c"; NULL when there is no dot. Points into `domain`. */
const char *mail_domain_parent(const char *domain);

/* True when `domain` equals `ancestor` or ends in "." ancestor. Both lower-case A-labels. */
bool mail_domain_is_within(const char *domain, const char *ancestor);

#endif
