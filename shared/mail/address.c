/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows how tokens make mailboxes, groups and lists (RFC 5322 3.4 and 4.4) and envelope paths (RFC
 * 5321 4.1.2). Refuses to guess: what could be read two ways is an error. Pure functions; any
 * thread.
 */

#include <string.h>

#include "shared/base/error.h"
#include "shared/mail/address.h"
#include "shared/mail/lexer.h"

/* One list being read, a token ahead. */
struct parser {
	struct mail_lexer lexer;
	struct mail_token token;
	GPtrArray *mailboxes; /* struct mail_mailbox */
	GString *words;	      /* of the present address, without quotes */
	GString *domain;
	unsigned elements; /* mailboxes and groups */
	const char *reason;
};

/* The words before '@', '<' or ':': a local part or a display name, as it turns out. */
struct words {
	unsigned count;	   /* words and dots */
	bool is_name_only; /* can be no local part */
	bool after_word;
};

void mail_mailbox_free(struct mail_mailbox *mailbox)
{
	if (mailbox == NULL)
		return;
	g_free(mailbox->local_part);
	g_free(mailbox->domain);
	g_free(mailbox);
}

static void free_mailbox(void *mailbox)
{
	mail_mailbox_free(mailbox);
}

static void advance(struct parser *parser)
{
	parser->token = mail_lexer_next(&parser->lexer);
}

static void parser_init(struct parser *parser, struct slice bytes)
{
	*parser = (struct parser){
		.mailboxes = g_ptr_array_new_with_free_func(free_mailbox),
		.words = g_string_new(NULL),
		.domain = g_string_new(NULL),
	};
	mail_lexer_init(&parser->lexer, bytes);
	advance(parser);
}

static void parser_clear(struct parser *parser)
{
	g_string_free(parser->words, TRUE);
	g_string_free(parser->domain, TRUE);
	if (parser->mailboxes != NULL)
		g_ptr_array_unref(parser->mailboxes);
}

/* The lexer's reason came first, when it has one. */
static bool fail(struct parser *parser, const char *reason)
{
	parser->reason = parser->lexer.reason != NULL ? parser->lexer.reason : reason;
	return false;
}

static bool at(const struct parser *parser, char special)
{
	return parser->token.kind == MAIL_TOKEN_SPECIAL && parser->token.bytes.data[0] == special;
}

static bool skip(struct parser *parser, char special)
{
	if (!at(parser, special))
		return false;
	advance(parser);
	return true;
}

static bool at_word(const struct parser *parser)
{
	return parser->token.kind == MAIL_TOKEN_ATOM || parser->token.kind == MAIL_TOKEN_QUOTED ||
	       parser->token.kind == MAIL_TOKEN_LITERAL;
}

/* 3.4.1, 4.4: word *("." word), where real senders also put dots in a row or last. */
static struct words take_words(struct parser *parser)
{
	struct words words = { 0 };

	g_string_truncate(parser->words, 0);
	for (; at_word(parser) || at(parser, '.'); advance(parser)) {
		bool is_word = at_word(parser);

		if (parser->token.kind == MAIL_TOKEN_LITERAL || (is_word && words.after_word))
			words.is_name_only = true;
		mail_token_append_text(&parser->token, parser->words);
		words.after_word = is_word;
		words.count++;
	}
	return words;
}

/* 4.4: atom *("." atom), or a literal */
static bool take_domain(struct parser *parser)
{
	g_string_truncate(parser->domain, 0);
	if (parser->token.kind == MAIL_TOKEN_LITERAL) {
		mail_token_append_text(&parser->token, parser->domain);
		advance(parser);
		return true;
	}
	for (;;) {
		if (parser->token.kind != MAIL_TOKEN_ATOM)
			return fail(parser, "no domain after '@' or an empty label in it");
		mail_token_append_text(&parser->token, parser->domain);
		advance(parser);
		if (!at(parser, '.'))
			return true;
		g_string_append_c(parser->domain, '.');
		advance(parser);
	}
}

static bool has_control(const GString *text)
{
	for (size_t i = 0; i < text->len; i++)
		if (g_ascii_iscntrl(text->str[i]))
			return true;
	return false;
}

static bool add_mailbox(struct parser *parser)
{
	struct mail_mailbox *mailbox;

	if (parser->mailboxes->len >= MAIL_ADDRESS_MAX)
		return fail(parser, "too many addresses");
	mailbox = g_new(struct mail_mailbox, 1);
	mailbox->local_part = g_strndup(parser->words->str, parser->words->len);
	mailbox->domain = g_strndup(parser->domain->str, parser->domain->len);
	g_ptr_array_add(parser->mailboxes, mailbox);
	return true;
}

/* From the '@' on; the words before it were taken. */
static bool finish_addr_spec(struct parser *parser, struct words words)
{
	if (words.count == 0)
		return fail(parser, "no local part before '@'");
	if (words.is_name_only)
		return fail(parser, "words before an address that is not in <>");
	if (!skip(parser, '@'))
		return fail(parser, "address without a domain");
	if (!take_domain(parser))
		return false;
	if (!g_utf8_validate_len(parser->words->str, parser->words->len, NULL) ||
	    !g_utf8_validate_len(parser->domain->str, parser->domain->len, NULL))
		return fail(parser, "address that is not UTF-8"); /* RFC 6532 3.1 */
	if (has_control(parser->words))
		return fail(parser, "control byte in a local part");
	return add_mailbox(parser);
}

/* 4.4 obs-route, RFC 5321 4.1.2 source route: "@a,@b:" is read over. */
static bool skip_route(struct parser *parser)
{
	do {
		while (skip(parser, ','))
			;
		if (skip(parser, ':'))
			return true;
		if (!skip(parser, '@'))
			return fail(parser, "malformed source route");
		if (!take_domain(parser))
			return false;
	} while (at(parser, ','));
	return skip(parser, ':') || fail(parser, "source route without ':'");
}

/* From behind the '<' on */
static bool finish_angle_addr(struct parser *parser)
{
	if ((at(parser, '@') || at(parser, ',')) && !skip_route(parser))
		return false;
	if (!finish_addr_spec(parser, take_words(parser)))
		return false;
	return skip(parser, '>') || fail(parser, "text after the address in <>");
}

static bool take_mailbox(struct parser *parser, struct words words)
{
	if (skip(parser, '<'))
		return finish_angle_addr(parser);
	return finish_addr_spec(parser, words);
}

/* After a mailbox or group: the list's or group's end, or a comma. */
static bool separated(struct parser *parser, bool at_stop)
{
	if (at_stop || at(parser, ','))
		return true;
	if (parser->token.kind == MAIL_TOKEN_END)
		return fail(parser, "group without ';'");
	return fail(parser, "text after an address");
}

/* From behind the ':' to behind the ';'. 4.4 obs-group-list: empty members are read over. */
static bool take_group(struct parser *parser)
{
	while (!skip(parser, ';')) {
		if (skip(parser, ','))
			continue;
		if (parser->token.kind == MAIL_TOKEN_END)
			return fail(parser, "group without ';'");
		if (!take_mailbox(parser, take_words(parser)) ||
		    !separated(parser, at(parser, ';')))
			return false;
	}
	return true;
}

static bool take_address(struct parser *parser)
{
	struct words words = take_words(parser);

	parser->elements++;
	if (words.count > 0 && skip(parser, ':'))
		return take_group(parser);
	return take_mailbox(parser, words);
}

/* 4.4 obs-addr-list: empty elements are read over. */
static bool take_list(struct parser *parser)
{
	while (parser->token.kind != MAIL_TOKEN_END) {
		if (skip(parser, ','))
			continue;
		if (!take_address(parser) ||
		    !separated(parser, parser->token.kind == MAIL_TOKEN_END))
			return false;
	}
	return parser->elements > 0 || fail(parser, "no address");
}

static bool set_error(GError **ret_error, const char *reason)
{
	g_set_error(ret_error, MR_ERROR, MR_ERROR_PERMANENT, "not an address: %s", reason);
	return false;
}

bool mail_address_parse_list(struct slice value, GPtrArray **ret_mailboxes, GError **ret_error)
{
	struct parser parser;
	bool ok;

	if (value.length > MAIL_ADDRESS_BYTES_MAX)
		return set_error(ret_error, "field too long");
	parser_init(&parser, value);
	ok = take_list(&parser);
	if (ok)
		*ret_mailboxes = g_steal_pointer(&parser.mailboxes);
	else
		set_error(ret_error, parser.reason);
	parser_clear(&parser);
	return ok;
}

bool mail_address_parse_single(struct slice value, struct mail_mailbox **ret_mailbox,
			       GError **ret_error)
{
	g_autoptr(GPtrArray) mailboxes = NULL;

	if (!mail_address_parse_list(value, &mailboxes, ret_error))
		return false;
	if (mailboxes->len != 1) {
		g_set_error(ret_error, MR_ERROR, MR_ERROR_PERMANENT,
			    "not one address: %u mailboxes", mailboxes->len);
		return false;
	}
	*ret_mailbox = g_ptr_array_steal_index(mailboxes, 0);
	return true;
}

static bool take_path(struct parser *parser)
{
	struct words words;

	if (!skip(parser, '<')) {
		words = take_words(parser);
		return finish_addr_spec(parser, words);
	}
	return skip(parser, '>') || finish_angle_addr(parser);
}

bool mail_address_parse_path(struct slice path, struct mail_mailbox **ret_mailbox,
			     GError **ret_error)
{
	struct parser parser;
	bool ok;

	if (path.length > MAIL_ADDRESS_BYTES_MAX)
		return set_error(ret_error, "path too long");
	parser_init(&parser, path);
	ok = take_path(&parser) &&
	     (parser.token.kind == MAIL_TOKEN_END || fail(&parser, "text after the path"));
	if (!ok)
		set_error(ret_error, parser.reason);
	else if (parser.mailboxes->len == 0)
		*ret_mailbox = NULL;
	else
		*ret_mailbox = g_ptr_array_steal_index(parser.mailboxes, 0);
	parser_clear(&parser);
	return ok;
}
