/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows lines, comments and where a line stands, for the tables of this milter. Refuses to know
 * what the lines mean. One thread at a time.
 */

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "milters/dkim-sign/table_file.h"
#include "shared/base/error.h"
#include "shared/base/file.h"

static void take_bytes(struct table_file *file, const char *name, char *bytes, size_t length)
{
	*file = (struct table_file){ .name = g_strdup(name), .bytes = bytes, .mode = 0600 };
	reader_init(&file->reader, bytes, length);
}

void table_file_init(struct table_file *file, const char *name, struct slice bytes)
{
	take_bytes(file, name, slice_dup(bytes), bytes.length);
}

bool table_file_open(struct table_file *file, const char *path, GError **ret_error)
{
	struct stat status;
	size_t length;
	char *bytes;

	if (stat(path, &status) < 0)
		return mr_error_set_errno(ret_error, errno, "%s", path);
	if (!base_file_read(path, TABLE_FILE_BYTES_MAX, &bytes, &length, ret_error))
		return false;
	take_bytes(file, path, bytes, length);
	file->mode = status.st_mode;
	return true;
}

void table_file_clear(struct table_file *file)
{
	if (file->bytes != NULL)
		explicit_bzero(file->bytes, file->reader.length);
	g_clear_pointer(&file->bytes, g_free);
	g_clear_pointer(&file->name, g_free);
}

static bool is_word_byte(unsigned char byte)
{
	return !g_ascii_isspace(byte);
}

static struct slice take_line(struct table_file *file)
{
	struct slice line = reader_take_until(&file->reader, '\n');

	reader_skip_byte(&file->reader, '\n');
	file->line++;
	return line;
}

/* What is left of a line without its comment. */
static struct slice without_comment(struct slice line)
{
	struct reader reader;

	reader_init(&reader, line.data, line.length);
	return slice_trim(reader_take_until(&reader, '#'));
}

static void split(struct slice text, struct table_line *line)
{
	struct reader reader;

	reader_init(&reader, text.data, text.length);
	line->word = reader_take_while(&reader, is_word_byte);
	line->rest = slice_trim(reader_take_until(&reader, '\n'));
}

enum table_file_step table_file_next(struct table_file *file, struct table_line *ret_line,
				     GError **ret_error)
{
	struct slice line, text;

	while (!reader_at_end(&file->reader)) {
		line = take_line(file);
		text = without_comment(line);
		if (line.length > TABLE_FILE_LINE_MAX) {
			table_file_fail(file, ret_error, "line too long");
			return TABLE_FILE_ERROR;
		}
		if (!g_utf8_validate_len(text.data, text.length, NULL)) {
			table_file_fail(file, ret_error, "not UTF-8 text");
			return TABLE_FILE_ERROR;
		}
		if (text.length == 0)
			continue;
		split(text, ret_line);
		return TABLE_FILE_LINE;
	}
	return TABLE_FILE_END;
}

bool table_file_fail(const struct table_file *file, GError **ret_error, const char *format, ...)
{
	g_autofree char *message = NULL;
	va_list arguments;

	va_start(arguments, format);
	message = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG, "%s:%u: %s", file->name, file->line,
		    message);
	return false;
}

bool table_file_prefix(const struct table_file *file, GError **ret_error)
{
	if (ret_error == NULL)
		return false;
	g_prefix_error(ret_error, "%s:%u: ", file->name, file->line);
	(*ret_error)->code = MR_ERROR_CONFIG;
	return false;
}
