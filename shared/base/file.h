/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_BASE_FILE_H
#define MILLRACE_BASE_FILE_H

/* Small files read and replaced as a whole. Any thread. */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* SYSTEM error when it cannot be read, CONFIG when it is no regular file or over `maximum` bytes.
 * *ret_text is terminated, freed with g_free. */
bool base_file_read(const char *path, size_t maximum, char **ret_text, size_t *ret_length,
		    GError **ret_error);

/*
 * Puts `length` bytes in the place of whatever the file held, so that a reader sees the old or the
 * new contents and a crash leaves one of them: written beside it, synced, renamed. The new file has
 * exactly `mode`, and belongs to the owner and group of its folder when the caller is root.
 */
bool base_file_replace(const char *path, const void *data, size_t length, mode_t mode,
		       GError **ret_error);

#endif
