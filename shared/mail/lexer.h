/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef MILLRACE_MAIL_LEXER_H
#define MILLRACE_MAIL_LEXER_H

/*
 * The tokens of a structured header field (RFC 5322 3.2, RFC 6532), pulled one at a time. White
 * space, folds and comments between tokens are skipped, which makes the obsolete blanks around dots
 * (4.4) plain. Bytes above 127 are atom text; whether they are UTF-8 is asked by who keeps them.
 * Works on the caller's bytes; any thread.
 */

#include <glib.h>
#include <stdbool.h>

#include "shared/base/reader.h"

enum mail_token_kind {
	MAIL_TOKEN_END,
	MAIL_TOKEN_ATOM,
	MAIL_TOKEN_QUOTED,    /* with its quotes */
	MAIL_TOKEN_LITERAL,   /* with its brackets */
	MAIL_TOKEN_SPECIAL,   /* one of < > @ , ; : . */
	MAIL_TOKEN_MALFORMED, /* and for ever after; the lexer's reason says why */
};

struct mail_token {
	enum mail_token_kind kind;
	struct slice bytes;
};

struct mail_lexer {
	struct reader reader;
	const char *reason; /* static text, or NULL */
};

void mail_lexer_init(struct mail_lexer *lexer, struct slice bytes);
struct mail_token mail_lexer_next(struct mail_lexer *lexer);

/* Appends what the token means: without quotes, quoting backslashes and the line ends of folds; a
 * literal without blanks. */
void mail_token_append_text(const struct mail_token *token, GString *text);

#endif
