/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_DKIM_SIGN_TABLE_FILE_H
#define MILLRACE_DKIM_SIGN_TABLE_FILE_H

/*
 * A text file of "word rest" lines, pulled one at a time:
 *
 *     while ((step = table_file_next(&file, &line, ret_error)) == TABLE_FILE_LINE)
 *             ...
 *     table_file_clear(&file);
 *
 * '#' starts a comment wherever it stands, as in OpenDKIM's files; blank lines are passed over.
 * Read whole when opened. One thread at a time.
 */

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "shared/base/reader.h"

#define TABLE_FILE_BYTES_MAX (256u * 1024 * 1024)
#define TABLE_FILE_LINE_MAX (128u * 1024)

struct table_file {
	char *name; /* for messages */
	char *bytes;
	struct reader reader;
	unsigned line;
	mode_t mode; /* of the file when it was opened */
};

struct table_line {
	struct slice word; /* never empty */
	struct slice rest; /* trimmed; may be empty */
};

enum table_file_step { TABLE_FILE_LINE, TABLE_FILE_END, TABLE_FILE_ERROR };

/* SYSTEM or CONFIG error when it cannot be read or is above TABLE_FILE_BYTES_MAX. */
bool table_file_open(struct table_file *file, const char *path, GError **ret_error);
/* Over a copy of `bytes`, mode 0600. */
void table_file_init(struct table_file *file, const char *name, struct slice bytes);
/* Cleanses the bytes (there may be keys in them). */
void table_file_clear(struct table_file *file);

/* The slices are good until the clear. ERROR: a NUL byte, bytes that are not UTF-8, a line above
 * TABLE_FILE_LINE_MAX. */
enum table_file_step table_file_next(struct table_file *file, struct table_line *ret_line,
				     GError **ret_error);

/*
 * Fills ret_error with "FILE:LINE: ..." of category CONFIG, for the line last given. Always
 * false.
 */
bool table_file_fail(const struct table_file *file, GError **ret_error, const char *format, ...)
	G_GNUC_PRINTF(3, 4);
/*
 * Puts "FILE:LINE: " before the message of an error that another module set; makes it CONFIG.
 * Always false.
 */
bool table_file_prefix(const struct table_file *file, GError **ret_error);

#endif
