/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows the tokens of RFC 5322 3.2 and where comments and folds may stand. Refuses to know what the
 * tokens are put together to. Never recurses: nested comments are counted. Any thread.
 */

#include <string.h>

#include "shared/mail/address.h"
#include "shared/mail/lexer.h"

void mail_lexer_init(struct mail_lexer *lexer, struct slice bytes)
{
	reader_init(&lexer->reader, bytes.data, bytes.length);
	lexer->reason = NULL;
}

static bool is_blank(int byte)
{
	return byte == ' ' || byte == '\t';
}

/* RFC 5322 3.2.3, RFC 6532 3.2 */
static bool is_atom_byte(unsigned char byte)
{
	return g_ascii_isalnum(byte) || byte >= 0x80 ||
	       (byte != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", byte) != NULL);
}

/* RFC 5322 3.4.1 dtext; the obsolete quoted pairs within brackets are not taken. */
static bool is_literal_byte(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x7f && byte != '[' && byte != ']' && byte != '\\';
}

static bool fail(struct mail_lexer *lexer, const char *reason)
{
	if (lexer->reason == NULL)
		lexer->reason = reason;
	return false;
}

/* After the first byte of a line end: a fold goes on with a blank (3.2.2), or the field ends. */
static bool finish_fold(struct mail_lexer *lexer, int first)
{
	struct reader *reader = &lexer->reader;

	if (first == '\r' && !reader_skip_byte(reader, '\n'))
		return fail(lexer, "bare carriage return");
	if (!reader_at_end(reader) && !is_blank(reader_peek(reader)))
		return fail(lexer, "line end that is no fold");
	return true;
}

/* One byte, quoted pair or fold of a comment or quoted string, obsolete controls (4.1) included. */
static bool take_text(struct mail_lexer *lexer)
{
	int byte = reader_next(&lexer->reader);

	if (byte == '\r' || byte == '\n')
		return finish_fold(lexer, byte);
	if (byte == '\\') {
		byte = reader_next(&lexer->reader);
		if (byte == '\r' || byte == '\n')
			return fail(lexer, "backslash before a line end");
	}
	if (byte == '\0')
		return fail(lexer, "NUL byte");
	return byte >= 0 || fail(lexer, "backslash at the end");
}

static bool skip_comment(struct mail_lexer *lexer)
{
	struct reader *reader = &lexer->reader;
	unsigned depth = 0;

	do {
		if (reader_at_end(reader))
			return fail(lexer, "unterminated comment");
		if (reader_skip_byte(reader, '(')) {
			if (++depth > MAIL_COMMENT_DEPTH_MAX)
				return fail(lexer, "comments nested too deeply");
		} else if (reader_skip_byte(reader, ')')) {
			depth--;
		} else if (!take_text(lexer)) {
			return false;
		}
	} while (depth > 0);
	return true;
}

/* CFWS, RFC 5322 3.2.2 */
static bool skip_blanks(struct mail_lexer *lexer)
{
	struct reader *reader = &lexer->reader;
	int byte;

	while ((byte = reader_peek(reader)) >= 0) {
		if (byte == '(') {
			if (!skip_comment(lexer))
				return false;
		} else if (byte == '\r' || byte == '\n') {
			reader_next(reader);
			if (!finish_fold(lexer, byte))
				return false;
		} else if (is_blank(byte)) {
			reader_next(reader);
		} else {
			return true;
		}
	}
	return true;
}

static bool take_quoted(struct mail_lexer *lexer)
{
	reader_next(&lexer->reader);
	while (!reader_skip_byte(&lexer->reader, '"')) {
		if (reader_at_end(&lexer->reader))
			return fail(lexer, "unterminated quoted string");
		if (!take_text(lexer))
			return false;
	}
	return true;
}

static bool take_literal(struct mail_lexer *lexer)
{
	struct reader *reader = &lexer->reader;
	int byte;

	reader_next(reader);
	for (;;) {
		reader_take_while(reader, is_literal_byte);
		byte = reader_next(reader);
		if (byte == ']')
			return true;
		if (byte < 0)
			return fail(lexer, "unterminated literal");
		if (byte == '\r' || byte == '\n') {
			if (!finish_fold(lexer, byte))
				return false;
		} else if (byte != '\t') {
			return fail(lexer, "unusual byte in a literal");
		}
	}
}

static bool take_special(struct mail_lexer *lexer)
{
	int byte = reader_next(&lexer->reader);

	if (byte != '\0' && strchr("<>@,;:.", byte) != NULL)
		return true;
	return fail(lexer,
		    byte < 0x20 || byte == 0x7f ? "control byte" : "stray ')', ']' or backslash");
}

static enum mail_token_kind take_token(struct mail_lexer *lexer)
{
	int byte = reader_peek(&lexer->reader);
	bool ok;

	if (byte < 0)
		return MAIL_TOKEN_END;
	if (reader_take_while(&lexer->reader, is_atom_byte).length > 0)
		return MAIL_TOKEN_ATOM;
	if (byte == '"') {
		ok = take_quoted(lexer);
		return ok ? MAIL_TOKEN_QUOTED : MAIL_TOKEN_MALFORMED;
	}
	if (byte == '[') {
		ok = take_literal(lexer);
		return ok ? MAIL_TOKEN_LITERAL : MAIL_TOKEN_MALFORMED;
	}
	return take_special(lexer) ? MAIL_TOKEN_SPECIAL : MAIL_TOKEN_MALFORMED;
}

struct mail_token mail_lexer_next(struct mail_lexer *lexer)
{
	struct mail_token token = { MAIL_TOKEN_MALFORMED };
	size_t start;

	if (lexer->reason != NULL || !skip_blanks(lexer))
		return token;
	start = lexer->reader.position;
	token.kind = take_token(lexer);
	token.bytes = reader_since(&lexer->reader, start);
	return token;
}

static void append_quoted(struct slice inner, GString *text)
{
	for (size_t i = 0; i < inner.length; i++) {
		char byte = inner.data[i];

		if (byte == '\\' && i + 1 < inner.length)
			byte = inner.data[++i];
		if (byte != '\r' && byte != '\n')
			g_string_append_c(text, byte);
	}
}

static void append_literal(struct slice bytes, GString *text)
{
	for (size_t i = 0; i < bytes.length; i++)
		if (!g_ascii_isspace(bytes.data[i]))
			g_string_append_c(text, bytes.data[i]);
}

void mail_token_append_text(const struct mail_token *token, GString *text)
{
	struct slice bytes = token->bytes;

	switch (token->kind) {
	case MAIL_TOKEN_QUOTED:
		append_quoted((struct slice){ bytes.data + 1, bytes.length - 2 }, text);
		break;
	case MAIL_TOKEN_LITERAL:
		append_literal(bytes, text);
		break;
	default:
		g_string_append_len(text, bytes.data, (gssize)bytes.length);
	}
}
