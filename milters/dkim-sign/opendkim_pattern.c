/* SPDX-License-Identifier: BSD-2-Clause */
/* Knows the patterns of OpenDKIM's SigningTable. Refuses to know tables. Any thread. */

#include <string.h>

#include "milters/dkim-sign/opendkim_pattern.h"
#include "shared/mail/domain.h"

static bool is_ascii(struct slice text)
{
	for (size_t i = 0; i < text.length; i++)
		if ((unsigned char)text.data[i] >= 0x80)
			return false;
	return true;
}

static void append_lower(GString *text, struct slice bytes)
{
	for (size_t i = 0; i < bytes.length; i++)
		g_string_append_c(text, g_ascii_tolower(bytes.data[i]));
}

/* One label, which may hold "*" as long as it is ASCII. */
static bool append_label(GString *text, struct slice label, GError **ret_error)
{
	g_autofree char *ascii = NULL;

	if (is_ascii(label)) {
		append_lower(text, label);
		return true;
	}
	if (!mail_domain_to_ascii(label, &ascii, ret_error))
		return false;
	g_string_append(text, ascii);
	return true;
}

/* What stands before the domain, the '@' included. */
static struct slice local_of(struct slice written)
{
	const char *at = g_strrstr_len(written.data, (gssize)written.length, "@");

	return (struct slice){ written.data, at == NULL ? 0 : (size_t)(at + 1 - written.data) };
}

bool opendkim_pattern_normalise(struct slice written, char **ret_pattern, GError **ret_error)
{
	struct slice local = local_of(written);
	GString *text = g_string_new(NULL);
	struct reader reader;

	append_lower(text, local);
	reader_init(&reader, written.data + local.length, written.length - local.length);
	do {
		if (!append_label(text, reader_take_until(&reader, '.'), ret_error)) {
			g_string_free(text, TRUE);
			return false;
		}
		if (!reader_at_end(&reader))
			g_string_append_c(text, '.');
	} while (reader_skip_byte(&reader, '.'));
	*ret_pattern = g_string_free(text, FALSE);
	return true;
}

bool opendkim_pattern_matches(const char *pattern, const char *address)
{
	const char *star = NULL,
		   *from = NULL; /* the last '*', and where it began to stand for text */

	while (*address != '\0') {
		if (*pattern == '*') {
			star = pattern++;
			from = address;
		} else if (*pattern == *address) {
			pattern++;
			address++;
		} else if (star != NULL) {
			pattern = star + 1;
			address = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

bool opendkim_pattern_is_regex(const char *pattern)
{
	return strpbrk(pattern, "?[]()|{}^$\\") != NULL;
}
