/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows how a key record is written for a zone file, for nsupdate and for a web form (RFC 1035 3.3,
 * 5.1). Refuses to know keys. One thread.
 */

#include <string.h>

#include "shared/dkim/key_record.h"
#include "tools/millrace/key_text.h"

#define STRING_MAX 255u /* RFC 1035 3.3: a character-string */

static const char *const format_names[] = {
	[KEY_RECORD_ZONE] = "zone",
	[KEY_RECORD_NSUPDATE] = "nsupdate",
	[KEY_RECORD_PLAIN] = "plain",
};

bool key_record_format_from_string(const char *text, enum key_record_format *ret_format)
{
	for (size_t i = 0; i < G_N_ELEMENTS(format_names); i++) {
		if (strcmp(text, format_names[i]) == 0) {
			*ret_format = (enum key_record_format)i;
			return true;
		}
	}
	return false;
}

/* The value in strings of 255 octets: what stands before the escapes counts. */
static void append_strings(GString *text, const char *value, const char *between)
{
	for (size_t i = 0; value[i] != '\0'; i++) {
		if (i % STRING_MAX == 0)
			g_string_append_printf(text, "%s\"", i > 0 ? between : "");
		if (value[i] == '"' || value[i] == '\\')
			g_string_append_c(text, '\\');
		g_string_append_c(text, value[i]);
		if (i % STRING_MAX == STRING_MAX - 1 || value[i + 1] == '\0')
			g_string_append_c(text, '"');
	}
}

static void append_zone(GString *text, const char *name, int64_t ttl, const char *value)
{
	bool one = strlen(value) <= STRING_MAX;

	g_string_append_printf(text, "%s.\t%" G_GINT64_FORMAT "\tIN\tTXT\t%s", name, ttl,
			       one ? "" : "( ");
	append_strings(text, value, "\n\t\t\t\t");
	g_string_append(text, one ? "\n" : " )\n");
}

static void append_nsupdate(GString *text, const char *name, int64_t ttl, const char *value)
{
	g_string_append_printf(text, "update add %s. %" G_GINT64_FORMAT " IN TXT ", name, ttl);
	append_strings(text, value, " ");
	g_string_append_c(text, '\n');
}

void key_record_append(GString *text, enum key_record_format format, const char *selector,
		       const char *domain, int64_t ttl, const char *value)
{
	g_autofree char *name = dkim_key_record_name(selector, domain);

	if (format == KEY_RECORD_ZONE)
		append_zone(text, name, ttl, value);
	else if (format == KEY_RECORD_NSUPDATE)
		append_nsupdate(text, name, ttl, value);
	else
		g_string_append_printf(text, "%s TXT %s\n", name, value);
}
