/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows the fields of one message's header as they came. Bytes lie in chunks that never move, so
 * a slice stays good while more fields come; a reset keeps the first chunks, so a connection that
 * sends ordinary mail allocates nothing after its first message. Refuses to know what any field
 * means. One thread at a time.
 */

#include <glib.h>
#include <string.h>

#include "shared/mail/header.h"

#define CHUNK_BYTES 16384u
#define CHUNKS_KEPT 4u /* over a reset: what unusual mail needed is given back */
#define FIELDS_RESERVED 64u

struct chunk {
	size_t size;
	size_t used;
	char bytes[];
};

struct mail_header {
	GArray *fields;	   /* struct mail_field */
	GPtrArray *chunks; /* struct chunk */
	size_t current;	   /* index of the chunk being filled */
	size_t bytes;
	bool overflowed;
};

static struct chunk *chunk_new(size_t size)
{
	struct chunk *chunk = g_malloc(sizeof(*chunk) + size);

	chunk->size = size;
	chunk->used = 0;
	return chunk;
}

struct mail_header *mail_header_new(void)
{
	struct mail_header *header = g_new0(struct mail_header, 1);

	header->fields =
		g_array_sized_new(FALSE, FALSE, sizeof(struct mail_field), FIELDS_RESERVED);
	header->chunks = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(header->chunks, chunk_new(CHUNK_BYTES));
	return header;
}

void mail_header_free(struct mail_header *header)
{
	if (header == NULL)
		return;
	g_array_unref(header->fields);
	g_ptr_array_unref(header->chunks);
	g_free(header);
}

static struct chunk *chunk_at(struct mail_header *header, size_t index)
{
	return g_ptr_array_index(header->chunks, index);
}

/* Large fields have chunks of their own size, which would sit unused beneath ordinary mail. */
static void drop_unusual_chunks(struct mail_header *header)
{
	guint kept = 0;

	while (kept < header->chunks->len && kept < CHUNKS_KEPT &&
	       chunk_at(header, kept)->size == CHUNK_BYTES)
		chunk_at(header, kept++)->used = 0;
	g_ptr_array_set_size(header->chunks, (gint)kept);
}

void mail_header_reset(struct mail_header *header)
{
	g_array_set_size(header->fields, 0);
	drop_unusual_chunks(header);
	header->current = 0;
	header->bytes = 0;
	header->overflowed = false;
}

/* The first chunk from the current one on that has the room; a new one when none has. */
static struct chunk *room_for(struct mail_header *header, size_t length)
{
	for (; header->current < header->chunks->len; header->current++) {
		struct chunk *chunk = chunk_at(header, header->current);

		if (chunk->size - chunk->used >= length)
			return chunk;
	}
	g_ptr_array_add(header->chunks, chunk_new(MAX(CHUNK_BYTES, length)));
	return chunk_at(header, header->current);
}

static struct slice keep(struct chunk *chunk, struct slice bytes)
{
	char *place = chunk->bytes + chunk->used;

	if (bytes.length > 0)
		memcpy(place, bytes.data, bytes.length);
	chunk->used += bytes.length;
	return (struct slice){ place, bytes.length };
}

static bool fits(const struct mail_header *header, struct slice name, struct slice value)
{
	size_t left = MAIL_HEADER_BYTES_MAX - header->bytes;

	return header->fields->len < MAIL_HEADER_FIELDS_MAX && name.length <= left &&
	       value.length <= left - name.length;
}

bool mail_header_add(struct mail_header *header, struct slice name, struct slice value)
{
	struct mail_field field;
	struct chunk *chunk;

	if (header->overflowed || !fits(header, name, value)) {
		header->overflowed = true;
		return false;
	}
	chunk = room_for(header, name.length + value.length);
	field.name = keep(chunk, name);
	field.value = keep(chunk, value);
	g_array_append_val(header->fields, field);
	header->bytes += name.length + value.length;
	return true;
}

bool mail_header_overflowed(const struct mail_header *header)
{
	return header->overflowed;
}

size_t mail_header_count(const struct mail_header *header)
{
	return header->fields->len;
}

const struct mail_field *mail_header_get(const struct mail_header *header, size_t index)
{
	g_assert(index < header->fields->len);
	return &g_array_index(header->fields, struct mail_field, index);
}

static bool is_blank(unsigned char byte)
{
	return byte == ' ' || byte == '\t';
}

struct slice mail_field_bare_name(const struct mail_field *field)
{
	struct slice name = field->name;

	while (name.length > 0 && is_blank((unsigned char)name.data[name.length - 1]))
		name.length--;
	return name;
}

bool mail_field_named(const struct mail_field *field, const char *name)
{
	return slice_equal_nocase(mail_field_bare_name(field), name);
}

size_t mail_header_count_named(const struct mail_header *header, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < mail_header_count(header); i++)
		count += mail_field_named(mail_header_get(header, i), name);
	return count;
}

const struct mail_field *mail_header_find(const struct mail_header *header, const char *name)
{
	for (size_t i = 0; i < mail_header_count(header); i++) {
		const struct mail_field *field = mail_header_get(header, i);

		if (mail_field_named(field, name))
			return field;
	}
	return NULL;
}

/* RFC 5322 3.6.8 ftext */
static bool is_name_byte(unsigned char byte)
{
	return byte > ' ' && byte < 0x7f && byte != ':';
}

/* "name:" or "name :" (RFC 5322 4.5); the name keeps its blanks. */
static bool take_name(struct reader *reader, struct slice *ret_name)
{
	size_t start = reader->position;

	if (reader_take_while(reader, is_name_byte).length > 0) {
		reader_take_while(reader, is_blank);
		*ret_name = reader_since(reader, start);
		if (reader_skip_byte(reader, ':'))
			return true;
	}
	reader->position = start;
	return false;
}

/* Takes the continuation lines and their line ends too; the last line end is not of the value. */
static struct slice take_value(struct reader *reader)
{
	size_t start = reader->position;
	struct slice value;
	bool ended;

	do {
		reader_take_until(reader, '\n');
		value = reader_since(reader, start);
		ended = reader_skip_byte(reader, '\n');
	} while (ended && !reader_at_end(reader) && is_blank((unsigned char)reader_peek(reader)));
	if (ended && value.length > 0 && value.data[value.length - 1] == '\r')
		value.length--;
	return value;
}

/* The line that mbox files put above a message; "From :" is a field. */
static void skip_mbox_line(struct reader *reader)
{
	struct reader line = *reader;
	struct slice name;

	if (take_name(&line, &name) || line.length < 5 || memcmp(line.data, "From ", 5) != 0)
		return;
	reader_take_until(reader, '\n');
	reader_skip_byte(reader, '\n');
}

bool mail_header_parse_message(struct mail_header *header, struct slice message,
			       struct slice *ret_body)
{
	struct reader reader;
	struct slice name;

	reader_init(&reader, message.data, message.length);
	skip_mbox_line(&reader);
	while (take_name(&reader, &name))
		if (!mail_header_add(header, name, take_value(&reader)))
			return false;
	if (!reader_skip_byte(&reader, '\n'))
		reader_skip_text_nocase(&reader, "\r\n");
	ret_body->data = message.data + reader.position;
	ret_body->length = message.length - reader.position;
	return true;
}
