/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_KEY_FILE_H
#define MILLRACE_DKIM_KEY_FILE_H

/* Reading a private key's file; only for shared/dkim. Any thread. */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* The whole file, terminated; the caller cleanses and frees it. What is checked is what is read:
 * one open, one fstat. CONFIG error when it is no regular file, over DKIM_KEY_FILE_MAX, or open to
 * others (see dkim_private_key_load). */
bool dkim_key_file_read(const char *path, bool group_may_read, char **ret_pem, size_t *ret_length,
			GError **ret_error);

#endif
