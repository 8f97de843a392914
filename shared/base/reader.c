/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows how to walk over bytes without ever leaving them. Refuses to know any
 * grammar. Stateless but for the reader passed in; any thread.
 */

#include <glib.h>
#include <string.h>

#include "shared/base/reader.h"

void reader_init(struct reader *reader, const void *data, size_t length)
{
	reader->data = data;
	reader->length = length;
	reader->position = 0;
}

bool reader_at_end(const struct reader *reader)
{
	return reader->position >= reader->length;
}

int reader_peek(const struct reader *reader)
{
	return reader_at_end(reader) ? -1 : reader->data[reader->position];
}

int reader_next(struct reader *reader)
{
	return reader_at_end(reader) ? -1 : reader->data[reader->position++];
}

bool reader_skip_byte(struct reader *reader, unsigned char byte)
{
	if (reader_peek(reader) != byte)
		return false;
	reader->position++;
	return true;
}

bool reader_skip_text_nocase(struct reader *reader, const char *text)
{
	size_t length = strlen(text);

	if (reader->length - reader->position < length)
		return false;
	if (g_ascii_strncasecmp((const char *)reader->data + reader->position, text, length) != 0)
		return false;
	reader->position += length;
	return true;
}

struct slice reader_take_while(struct reader *reader, bool (*accept)(unsigned char byte))
{
	size_t start = reader->position;

	while (!reader_at_end(reader) && accept(reader->data[reader->position]))
		reader->position++;
	return reader_since(reader, start);
}

struct slice reader_take_until(struct reader *reader, unsigned char stop)
{
	size_t start = reader->position;
	size_t left = reader->length - start;
	const unsigned char *found = left == 0 ? NULL : memchr(reader->data + start, stop, left);

	reader->position = found == NULL ? reader->length : (size_t)(found - reader->data);
	return reader_since(reader, start);
}

struct slice reader_since(const struct reader *reader, size_t start)
{
	g_assert(start <= reader->position);
	return (struct slice){ (const char *)reader->data + start, reader->position - start };
}

bool reader_take_number(struct reader *reader, unsigned long long maximum,
			unsigned long long *ret_number)
{
	unsigned long long number = 0;
	size_t start = reader->position;
	int byte;

	while ((byte = reader_peek(reader)) >= '0' && byte <= '9') {
		unsigned digit = (unsigned)(byte - '0');

		if (digit > maximum || number > (maximum - digit) / 10) {
			reader->position = start;
			return false;
		}
		number = number * 10 + digit;
		reader->position++;
	}
	if (reader->position == start)
		return false;
	*ret_number = number;
	return true;
}

bool slice_equal_nocase(struct slice slice, const char *text)
{
	return strlen(text) == slice.length &&
	       g_ascii_strncasecmp(slice.data, text, slice.length) == 0;
}

char *slice_dup(struct slice slice)
{
	char *copy = g_malloc(slice.length + 1);

	if (slice.length > 0)
		memcpy(copy, slice.data, slice.length);
	copy[slice.length] = '\0';
	return copy;
}

static bool is_white(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

struct slice slice_trim(struct slice slice)
{
	while (slice.length > 0 && is_white(slice.data[0])) {
		slice.data++;
		slice.length--;
	}
	while (slice.length > 0 && is_white(slice.data[slice.length - 1]))
		slice.length--;
	return slice;
}
