/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looks through configuration text for what libconfig 1.5 takes silently but wrongly: integers that
 * do not fit (it wraps or clamps them) and NUL in strings (it ends the string there); and for
 * @include, which text from memory must not use. Knows comments, strings, words and numbers; leaves
 * everything else, and every complaint about it, to libconfig. Pure, any thread.
 */

#include "shared/conf/internal.h"

static bool is_newline(struct conf_scan *scan, int byte)
{
	if (byte == '\n')
		scan->line++;
	return byte == '\n';
}

static void skip_line(struct conf_scan *scan)
{
	reader_take_until(&scan->reader, '\n');
}

static void skip_block_comment(struct conf_scan *scan)
{
	int byte;

	while ((byte = reader_next(&scan->reader)) >= 0) {
		if (byte == '*' && reader_skip_byte(&scan->reader, '/'))
			return;
		is_newline(scan, byte);
	}
}

static void skip_comment(struct conf_scan *scan)
{
	if (reader_skip_byte(&scan->reader, '/'))
		skip_line(scan);
	else if (reader_skip_byte(&scan->reader, '*'))
		skip_block_comment(scan);
}

/* Behind the opening quote. True when the string holds a NUL; stops right behind it. */
static bool scan_string(struct conf_scan *scan)
{
	int byte;

	while ((byte = reader_next(&scan->reader)) >= 0 && byte != '"') {
		if (is_newline(scan, byte) || byte != '\\')
			continue;
		if (reader_skip_text_nocase(&scan->reader, "x00"))
			return true;
		is_newline(scan, reader_next(&scan->reader));
	}
	return false;
}

static bool is_word(unsigned char byte)
{
	return g_ascii_isalnum(byte) || byte == '_' || byte == '-' || byte == '*';
}

static bool is_number(unsigned char byte)
{
	return g_ascii_isalnum(byte) || byte == '.';
}

static bool fits(const char *digits, guint base, bool negative, bool is_long)
{
	guint64 maximum = is_long ? (guint64)G_MAXINT64 : (guint64)G_MAXINT32;
	guint64 number;

	if (negative)
		maximum++;
	return g_ascii_string_to_unsigned(digits, base, 0, maximum, &number, NULL);
}

/* False for an integer that does not fit; floats and what is no number at all are libconfig's. */
static bool number_fits(struct slice words, bool negative)
{
	g_autofree char *text = slice_dup(words);
	guint base = 10;
	char *digits = text;
	char *suffix;

	if (g_ascii_strncasecmp(text, "0x", 2) == 0) {
		base = 16;
		digits += 2;
	}
	suffix = digits;
	while (base == 16 ? g_ascii_isxdigit(*suffix) : g_ascii_isdigit(*suffix))
		suffix++;
	if (suffix == digits || (*suffix != '\0' && *suffix != 'L'))
		return true;
	const bool is_long = *suffix == 'L';
	*suffix = '\0';
	return fits(digits, base, negative, is_long);
}

static bool scan_number(struct conf_scan *scan, size_t start, bool negative)
{
	struct slice words;

	reader_take_while(&scan->reader, is_number);
	words = reader_since(&scan->reader, start);
	return number_fits(words, negative);
}

void conf_scan_init(struct conf_scan *scan, const char *text, size_t length)
{
	reader_init(&scan->reader, text, length);
	scan->line = 1;
}

/* Takes one thing: a comment, a string, a word, a number, or a byte of something else. */
static bool scan_one(struct conf_scan *scan, bool *negative, enum conf_flaw *ret_flaw)
{
	const size_t start = scan->reader.position;
	const int byte = reader_next(&scan->reader);
	const bool after_minus = *negative;

	*negative = byte == '-';
	if (is_newline(scan, byte))
		return false;
	if (byte == '#') {
		skip_line(scan);
	} else if (byte == '/') {
		skip_comment(scan);
	} else if (byte == '"') {
		*ret_flaw = CONF_FLAW_NUL;
		return scan_string(scan);
	} else if (byte == '@') {
		*ret_flaw = CONF_FLAW_INCLUDE;
		return true;
	} else if (g_ascii_isdigit(byte)) {
		*ret_flaw = CONF_FLAW_NUMBER;
		return !scan_number(scan, start, after_minus);
	} else if (byte == '.') { /* a float may begin so */
		reader_take_while(&scan->reader, is_number);
	} else if (g_ascii_isalpha(byte) || byte == '*') {
		reader_take_while(&scan->reader, is_word);
	}
	return false;
}

bool conf_scan_next(struct conf_scan *scan, enum conf_flaw *ret_flaw, struct slice *ret_words)
{
	bool negative = false;

	while (!reader_at_end(&scan->reader)) {
		const size_t start = scan->reader.position;

		if (scan_one(scan, &negative, ret_flaw)) {
			*ret_words = reader_since(&scan->reader, start);
			return true;
		}
	}
	return false;
}
