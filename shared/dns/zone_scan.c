/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows how master files are cut into words: blanks, comments, quotes, escapes, parentheses
 * (RFC 1035 5.1). Refuses to know what the words mean. One thread.
 */

#include "shared/base/error.h"
#include "shared/dns/zone_scan.h"

#define WORD_BYTES_MAX 65535u

static bool fail(const struct dns_zone_scanner *scanner, const char *what, GError **ret_error)
{
	g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG, "%s:%u: %s", scanner->name, scanner->line,
		    what);
	return false;
}

static void word_clear(gpointer place)
{
	struct dns_zone_word *word = place;

	g_string_free(word->text, TRUE);
}

void dns_zone_scanner_init(struct dns_zone_scanner *scanner, const char *name, const char *text,
			   size_t length)
{
	reader_init(&scanner->reader, text, length);
	scanner->name = name;
	scanner->line = 1;
}

void dns_zone_entry_init(struct dns_zone_entry *entry)
{
	entry->words = g_array_new(FALSE, FALSE, sizeof(struct dns_zone_word));
	g_array_set_clear_func(entry->words, word_clear);
}

void dns_zone_entry_clear(struct dns_zone_entry *entry)
{
	g_array_unref(entry->words);
}

/* After a backslash: DDD is the octet of that number, any other byte stands for itself. */
static bool scan_escape(struct dns_zone_scanner *scanner, GString *text, GError **ret_error)
{
	int byte = reader_next(&scanner->reader), value = 0;

	if (byte < 0 || byte == '\n')
		return fail(scanner, "a backslash with nothing behind it", ret_error);
	if (!g_ascii_isdigit(byte)) {
		g_string_append_c(text, (char)byte);
		return true;
	}
	for (int digits = 0; digits < 3; digits++) {
		if (digits > 0)
			byte = reader_next(&scanner->reader);
		if (byte < 0 || !g_ascii_isdigit(byte))
			return fail(scanner, "an escape needs three digits", ret_error);
		value = value * 10 + (byte - '0');
	}
	if (value > 255)
		return fail(scanner, "an escape is above 255", ret_error);
	g_string_append_c(text, (char)value);
	return true;
}

static bool scan_byte(struct dns_zone_scanner *scanner, struct dns_zone_word *word, int byte,
		      GError **ret_error)
{
	if (word->text->len >= WORD_BYTES_MAX)
		return fail(scanner, "a word is too long", ret_error);
	if (byte == '\\') {
		word->literal = true;
		return scan_escape(scanner, word->text, ret_error);
	}
	g_string_append_c(word->text, (char)byte);
	return true;
}

static bool scan_quoted(struct dns_zone_scanner *scanner, struct dns_zone_word *word,
			GError **ret_error)
{
	int byte;

	word->literal = true;
	reader_next(&scanner->reader);
	while ((byte = reader_next(&scanner->reader)) != '"') {
		if (byte < 0 || byte == '\n')
			return fail(scanner, "a quoted string is not closed", ret_error);
		if (!scan_byte(scanner, word, byte, ret_error))
			return false;
	}
	return true;
}

static bool ends_word(int byte)
{
	return byte < 0 || byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n' ||
	       byte == ';' || byte == '(' || byte == ')' || byte == '"';
}

static bool scan_plain(struct dns_zone_scanner *scanner, struct dns_zone_word *word,
		       GError **ret_error)
{
	while (!ends_word(reader_peek(&scanner->reader))) {
		if (!scan_byte(scanner, word, reader_next(&scanner->reader), ret_error))
			return false;
	}
	return true;
}

static bool scan_word(struct dns_zone_scanner *scanner, struct dns_zone_entry *entry,
		      GError **ret_error)
{
	struct dns_zone_word *word;
	bool quoted = reader_peek(&scanner->reader) == '"';

	if (entry->words->len >= DNS_ZONE_WORDS_MAX)
		return fail(scanner, "an entry has too many words", ret_error);
	g_array_set_size(entry->words, entry->words->len + 1);
	word = &g_array_index(entry->words, struct dns_zone_word, entry->words->len - 1);
	word->text = g_string_new(NULL);
	word->literal = false;
	return quoted ? scan_quoted(scanner, word, ret_error)
		      : scan_plain(scanner, word, ret_error);
}

/* One byte that belongs to no word. False on a parenthesis that does not match. */
static bool skip_mark(struct dns_zone_scanner *scanner, int byte, unsigned *depth,
		      GError **ret_error)
{
	if (byte == ';') {
		reader_take_until(&scanner->reader, '\n');
		return true;
	}
	reader_next(&scanner->reader);
	if (byte == '\n')
		scanner->line++;
	else if (byte == '(' && (*depth)++ > 0)
		return fail(scanner, "parentheses within parentheses", ret_error);
	else if (byte == ')' && (*depth)-- == 0)
		return fail(scanner, "a closing parenthesis without an opening one", ret_error);
	return true;
}

static bool is_blank(int byte)
{
	return byte == ' ' || byte == '\t';
}

/* Reads to the end of a logical line, which may have no words. */
static bool scan_line(struct dns_zone_scanner *scanner, struct dns_zone_entry *entry,
		      GError **ret_error)
{
	unsigned depth = 0;
	int byte;

	entry->line = scanner->line;
	entry->starts_blank = is_blank(reader_peek(&scanner->reader));
	while ((byte = reader_peek(&scanner->reader)) >= 0) {
		bool ended = byte == '\n' && depth == 0;

		if (ends_word(byte) && byte != '"') {
			if (!skip_mark(scanner, byte, &depth, ret_error))
				return false;
		} else if (!scan_word(scanner, entry, ret_error)) {
			return false;
		}
		if (ended)
			return true;
	}
	return depth == 0 || fail(scanner, "a parenthesis is not closed", ret_error);
}

bool dns_zone_scanner_next(struct dns_zone_scanner *scanner, struct dns_zone_entry *entry,
			   bool *ret_found, GError **ret_error)
{
	g_array_set_size(entry->words, 0);
	while (entry->words->len == 0 && !reader_at_end(&scanner->reader)) {
		if (!scan_line(scanner, entry, ret_error))
			return false;
	}
	*ret_found = entry->words->len > 0;
	return true;
}
