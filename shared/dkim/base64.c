/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows strict base64 with white space: GLib's decoder skips whatever it does not know, which would
 * let two different texts pass for one key. Pure functions; any thread.
 */

#include "shared/dkim/base64.h"

static int value_of(char byte)
{
	if (byte >= 'A' && byte <= 'Z')
		return byte - 'A';
	if (byte >= 'a' && byte <= 'z')
		return byte - 'a' + 26;
	if (byte >= '0' && byte <= '9')
		return byte - '0' + 52;
	if (byte == '+')
		return 62;
	return byte == '/' ? 63 : -1;
}

static bool is_white(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* The text without the padding and white space it ends in; false when there is too much padding. */
static bool cut_padding(struct slice *text)
{
	unsigned padding = 0;

	while (text->length > 0) {
		char last = text->data[text->length - 1];

		if (last == '=')
			padding++;
		else if (!is_white(last))
			break;
		text->length--;
	}
	return padding <= 2;
}

static bool decode(struct slice text, size_t maximum, GByteArray *bytes)
{
	unsigned bits = 0, held = 0;

	for (size_t i = 0; i < text.length; i++) {
		int value = value_of(text.data[i]);

		if (value < 0) {
			if (!is_white(text.data[i]))
				return false;
			continue;
		}
		held = (held << 6 | (unsigned)value) & 0xffff;
		bits += 6;
		if (bits >= 8) {
			guint8 byte = (guint8)(held >> (bits - 8));

			if (maximum-- == 0)
				return false;
			g_byte_array_append(bytes, &byte, 1);
			bits -= 8;
		}
	}
	/* Six bits over are a lone character; what is over otherwise fills up a byte that ended. */
	return bits < 6 && (held & ((1u << bits) - 1)) == 0;
}

bool dkim_base64_decode(struct slice text, size_t maximum, GByteArray *bytes)
{
	guint before = bytes->len;

	if (cut_padding(&text) && decode(text, maximum, bytes))
		return true;
	g_byte_array_set_size(bytes, before);
	return false;
}
