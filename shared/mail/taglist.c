/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows the shape of a tag=value list (RFC 6376 3.2). Refuses to know any tag. Works on the
 * caller's bytes and allocates nothing; any thread.
 */

#include <glib.h>
#include <string.h>

#include "shared/mail/taglist.h"

void mail_taglist_init(struct mail_taglist *list, struct slice bytes)
{
	reader_init(&list->reader, bytes.data, bytes.length);
	list->tags = 0;
}

static bool is_blank(int byte)
{
	return byte == ' ' || byte == '\t';
}

static bool is_white(unsigned char byte)
{
	return is_blank(byte) || byte == '\r' || byte == '\n';
}

/* ALNUMPUNC */
static bool is_name_byte(unsigned char byte)
{
	return g_ascii_isalnum(byte) || byte == '_';
}

/* 6376 3.2 VALCHAR but for ';', and UTF-8 as RFC 8616 3 has it; what is no fold is judged apart. */
static bool is_value_byte(unsigned char byte)
{
	return (byte >= 0x20 && byte != 0x7f && byte != ';') || is_white(byte);
}

/* 6376 2.8 FWS: a line end must go on with a blank. One at the very end of the list is harmless. */
static bool folds_are_sound(const struct reader *reader, size_t start)
{
	struct reader at = *reader;
	int byte;

	at.position = start;
	while (at.position < reader->position) {
		byte = reader_next(&at);
		if (byte == '\r' && !reader_at_end(&at) && reader_peek(&at) != '\n')
			return false;
		if (byte == '\n' && !reader_at_end(&at) && !is_blank(reader_peek(&at)))
			return false;
	}
	return true;
}

static bool is_text(const struct reader *reader, size_t start)
{
	struct slice text = reader_since(reader, start);

	return folds_are_sound(reader, start) && g_utf8_validate_len(text.data, text.length, NULL);
}

static bool take_name(struct reader *reader, struct slice *ret_name)
{
	*ret_name = reader_take_while(reader, is_name_byte);
	if (ret_name->length == 0 || !g_ascii_isalpha(ret_name->data[0]))
		return false;
	reader_take_while(reader, is_white);
	return reader_skip_byte(reader, '=');
}

static bool take_tag(struct reader *reader, struct mail_tag *tag)
{
	size_t start = reader->position, value_start;

	if (!take_name(reader, &tag->name))
		return false;
	value_start = reader->position;
	reader_take_while(reader, is_value_byte);
	tag->value = slice_trim(reader_since(reader, value_start));
	tag->raw = reader_since(reader, start);
	return is_text(reader, start) && (reader_at_end(reader) || reader_skip_byte(reader, ';'));
}

enum mail_taglist_step mail_taglist_next(struct mail_taglist *list, struct mail_tag *ret_tag)
{
	struct mail_tag tag;
	size_t start = list->reader.position;

	reader_take_while(&list->reader, is_white);
	if (!folds_are_sound(&list->reader, start))
		return MAIL_TAGLIST_MALFORMED;
	if (reader_at_end(&list->reader))
		return MAIL_TAGLIST_END;
	if (++list->tags > MAIL_TAGLIST_TAGS_MAX || !take_tag(&list->reader, &tag))
		return MAIL_TAGLIST_MALFORMED;
	*ret_tag = tag;
	return MAIL_TAGLIST_TAG;
}

static bool has_name(const struct slice *names, unsigned count, struct slice name)
{
	for (unsigned i = 0; i < count; i++)
		if (names[i].length == name.length &&
		    memcmp(names[i].data, name.data, name.length) == 0)
			return true;
	return false;
}

bool mail_taglist_has_duplicate(struct slice bytes)
{
	struct slice names[MAIL_TAGLIST_TAGS_MAX];
	enum mail_taglist_step step;
	struct mail_taglist list;
	struct mail_tag tag;

	mail_taglist_init(&list, bytes);
	while ((step = mail_taglist_next(&list, &tag)) == MAIL_TAGLIST_TAG) {
		if (has_name(names, list.tags - 1, tag.name))
			return true;
		names[list.tags - 1] = tag.name;
	}
	return step == MAIL_TAGLIST_MALFORMED;
}
