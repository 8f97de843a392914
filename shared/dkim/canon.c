/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows how a header field is canonicalised (RFC 6376 3.4.1, 3.4.2) and what the algorithms are
 * called. Refuses to know which fields are signed. Pure functions; any thread.
 */

#include <string.h>

#include "shared/dkim/canon.h"

static const char *const canon_names[] = {
	[DKIM_CANON_SIMPLE] = "simple",
	[DKIM_CANON_RELAXED] = "relaxed",
};

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t';
}

/* Unchanged (3.4.1), but that the LF of a milter's fold becomes the CRLF of the wire. */
static char *put_simple(char *to, struct slice text)
{
	for (size_t i = 0; i < text.length; i++) {
		if (text.data[i] == '\n' && (i == 0 || text.data[i - 1] != '\r'))
			*to++ = '\r';
		*to++ = text.data[i];
	}
	return to;
}

static char *put_relaxed_name(char *to, struct slice name)
{
	while (name.length > 0 && is_blank(name.data[name.length - 1]))
		name.length--;
	for (size_t i = 0; i < name.length; i++)
		*to++ = g_ascii_tolower(name.data[i]);
	return to;
}

/* Unfolded, runs of blanks reduced to one space, none at either end (3.4.2). */
static char *put_relaxed_value(char *to, struct slice value)
{
	const char *start = to;
	bool blank = false;

	for (size_t i = 0; i < value.length; i++) {
		char byte = value.data[i];

		if (is_blank(byte)) {
			blank = true;
			continue;
		}
		if (byte == '\n')
			continue;
		if (byte == '\r' && i + 1 < value.length && value.data[i + 1] == '\n')
			continue;
		if (blank && to != start)
			*to++ = ' ';
		blank = false;
		*to++ = byte;
	}
	return to;
}

void dkim_canon_header(enum dkim_canon canon, struct slice name, struct slice value, GString *out)
{
	size_t before = out->len;
	char *to;

	/* At most every byte is an LF that becomes two; ':' and CRLF come on top. */
	g_string_set_size(out, before + 2 * (name.length + value.length) + 3);
	to = out->str + before;
	to = canon == DKIM_CANON_RELAXED ? put_relaxed_name(to, name) : put_simple(to, name);
	*to++ = ':';
	to = canon == DKIM_CANON_RELAXED ? put_relaxed_value(to, value) : put_simple(to, value);
	*to++ = '\r';
	*to++ = '\n';
	g_string_truncate(out, (gsize)(to - out->str));
}

const char *dkim_canon_to_string(enum dkim_canon canon)
{
	return canon_names[canon];
}

static bool canon_from_string(struct slice text, enum dkim_canon *ret_canon)
{
	for (size_t i = 0; i < G_N_ELEMENTS(canon_names); i++) {
		if (slice_equal_nocase(text, canon_names[i])) {
			*ret_canon = (enum dkim_canon)i;
			return true;
		}
	}
	return false;
}

bool dkim_canon_pair_from_string(struct slice text, enum dkim_canon *ret_header,
				 enum dkim_canon *ret_body)
{
	enum dkim_canon body = DKIM_CANON_SIMPLE;
	enum dkim_canon header;
	struct reader reader;

	reader_init(&reader, text.data, text.length);
	if (!canon_from_string(reader_take_until(&reader, '/'), &header))
		return false;
	if (reader_skip_byte(&reader, '/') &&
	    !canon_from_string(
		    (struct slice){ text.data + reader.position, text.length - reader.position },
		    &body))
		return false;
	*ret_header = header;
	*ret_body = body;
	return true;
}
