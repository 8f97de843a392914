/* SPDX-License-Identifier: BSD-2-Clause */

#include <glib.h>
#include <string.h>

#include "shared/base/error.h"
#include "shared/mail/address.h"

#define TEN(x) x x x x x x x x x x
#define DEPTH_32 TEN("(") TEN("(") TEN("(") "((" TEN(")") TEN(")") TEN(")") "))"

struct list_case {
	const char *what, *value;
	const char *mailboxes; /* "local|domain;" for each; NULL: refused */
	const char *reason;    /* of a refusal, where it matters */
};

static const struct list_case plain[] = {
	{ "RFC 5322 A.1.1", " John Doe <jdoe@machine.example>", "jdoe|machine.example;" },
	{ "RFC 5322 A.1.1, no name", " mary@example.net", "mary|example.net;" },
	{ "RFC 5322 A.1.2 From", " \"Joe Q. Public\" <john.q.public@example.com>",
	  "john.q.public|example.com;" },
	{ "RFC 5322 A.1.2 To", " Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",
	  "mary|x.test;jdoe|example.org;one|y.test;" },
	{ "RFC 5322 A.1.2 Cc",
	  " <boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>",
	  "boss|nil.test;sysservices|example.net;" },
	{ "RFC 5322 A.1.3 To", " A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;",
	  "c|a.test;joe|where.test;jdoe|one.test;" },
	{ "RFC 5322 A.1.3 Cc", " Undisclosed recipients:;", "" },
	{ "RFC 5322 A.5 From", " Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>",
	  "pete|silly.test;" },
	{ "RFC 5322 A.5 To",
	  "A Group(Some people)\r\n     :Chris Jones <c@(Chris's host.)public.example>,\r\n"
	  "         joe@example.org,\r\n  John <jdoe@one.test> (my dear friend); (the end of the "
	  "group)",
	  "c|public.example;joe|example.org;jdoe|one.test;" },
	{ "RFC 5322 A.5 Cc", "(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;",
	  "" },
	{ "RFC 5322 A.6.1 From", " Joe Q. Public <john.q.public@example.com>",
	  "john.q.public|example.com;" },
	{ "RFC 5322 A.6.1 To", " Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example",
	  "mary|example.net;jdoe|test.example;" },
	{ "RFC 5322 A.6.3 From", " John Doe <jdoe@machine(comment).  example>",
	  "jdoe|machine.example;" },
	{ "RFC 5322 A.6.3 To", " Mary Smith\n\n          <mary@example.net>", NULL,
	  "line end that is no fold" },
	{ "RFC 5322 A.6.3 To, a line of blanks",
	  " Mary Smith\r\n  \r\n          <mary@example.net>", "mary|example.net;" },
	{ "a name that holds an address, quoted", "\"a@b\" <c@d>", "c|d;" },
	{ "a name that holds an address, encoded", "=?utf-8?q?a=40b?= <c@d>", "c|d;" },
	{ "RFC 2047 2 encoded word kept", "=?iso-8859-1?B?SvZyZw==?= <j@example.de>",
	  "j|example.de;" },
	{ "3.4.1 domain literal", "a@[192.0.2.1]", "a|[192.0.2.1];" },
	{ "3.4.1 domain literal with blanks", "<a@ [ IPv6:2001:db8::1\n ] (c)>",
	  "a|[IPv6:2001:db8::1];" },
	{ "every byte of atext", "!#$%&'*+-/=?^_`{|}~09azAZ@b", "!#$%&'*+-/=?^_`{|}~09azAZ|b;" },
	{ "no blank anywhere", "a<b@c>,d@e", "b|c;d|e;" },
	{ "line end at the end", "a@b\r\n", "a|b;" },
	{ "From with two mailboxes", "a@example.com, b@example.org",
	  "a|example.com;b|example.org;" },
	{ "RFC 6854 group in From", "Managing Partners:ben@example.com,carol@example.com;",
	  "ben|example.com;carol|example.com;" },
};

static const struct list_case quoted[] = {
	{ "quoted local part", "\"john doe\"@example.com", "john doe|example.com;" },
	{ "quoted local part with '@'", "\"a@b\"@c.example", "a@b|c.example;" },
	{ "quoted pair in a local part", "\"a\\\"b\\\\c\"@d", "a\"b\\c|d;" },
	{ "quoted local part that need not be", "\"abc\"@d", "abc|d;" },
	{ "empty quoted local part", "\"\"@d", "|d;" },
	{ "fold in a quoted local part", "\"a\r\n b\"@d", "a b|d;" },
	{ "4.4 quoted and plain words", "\"a b\" . c.\"d\"@e", "a b.c.d|e;" },
	{ "4.4 blanks and comments around dots", "a (x) . b @ (y) c (z) . d", "a.b|c.d;" },
	{ "line end in a quoted name", "\"a\n b\" <c@d>", "c|d;" },
	{ "quotes within a name", "a \"b\" c <d@e>", "d|e;" },
	{ "name of dots", "... <d@e>", "d|e;" },
	{ "name in brackets", "[Ticket 12] Support <d@e>", "d|e;" },
	{ "brackets are no local part", "[a]@b", NULL },
	{ "4.1 controls in a quoted name", "\"a\x1b\x01\" <d@e>", "d|e;" },
	{ "control in a quoted local part", "\"a\x01\"@d", NULL, "control byte in a local part" },
	{ "quoted control in a local part", "\"a\\\x01\"@d", NULL },
	{ "dots in a row", "a..b@c", "a..b|c;" },
	{ "dot last", "a.@c", "a.|c;" },
	{ "dot first", ".a@c", ".a|c;" },
};

static const struct list_case comments[] = {
	{ "3.2.2 nested", "(a(b(c)d)e)f@g", "f|g;" },
	{ "3.2.2 quoted parentheses", "(\\)\\(\\\\)f@g", "f|g;" },
	{ "3.2.2 an address in a comment", "(<a@b>, c@d) e@f", "e|f;" },
	{ "3.2.2 quotes mean nothing in a comment", "(\") a@b", "a|b;" },
	{ "3.2.2 parentheses in quotes", "\"(\" <a@b>", "a|b;" },
	{ "3.2.2 folds", "(a\r\n b)\r\n\tc@d\n (e)", "c|d;" },
	{ "comment inside <>", "<(x)a(y)@(z)b(w)>", "a|b;" },
	{ "depth of 32", DEPTH_32 "a@b", "a|b;" },
	{ "depth of 33", "(" DEPTH_32 ")a@b", NULL, "comments nested too deeply" },
	{ "unterminated", "a@b (c", NULL, "unterminated comment" },
	{ "unterminated, nested", "a@b (c(d)", NULL, "unterminated comment" },
	{ "backslash last", "a@b (c\\", NULL },
	{ "one ')' too many", "a@b (c))", NULL },
	{ "bare CR", "a@b (\rc)", NULL, "bare carriage return" },
	{ "bare LF", "a@b (\nc)", NULL, "line end that is no fold" },
	{ "only a comment", "(a@b)", NULL, "no address" },
};

static const struct list_case lists[] = {
	{ "4.4 trailing comma", "a@b,", "a|b;" },
	{ "4.4 leading commas", ", ,a@b", "a|b;" },
	{ "4.4 commas between", "a@b,, (c) ,d@e", "a|b;d|e;" },
	{ "4.4 commas in a group", "g:,a@b,,c@d,;", "a|b;c|d;" },
	{ "4.4 group of commas", "g: , ,;", "" },
	{ "group and more", "g:a@b;, c@d, h:;", "a|b;c|d;" },
	{ "undisclosed", "undisclosed:;", "" },
	{ "group with a quoted name", "\"a:b\": c@d;", "c|d;" },
	{ "group without a name", ":a@b;", NULL },
	{ "group in a group", "g:h:a@b;;", NULL },
	{ "group without ';'", "g:a@b", NULL, "group without ';'" },
	{ "group without ';', empty", "g:", NULL, "group without ';'" },
	{ "';' without a group", "a@b;", NULL },
	{ "';' as a comma", "a@b; c@d", NULL },
	{ "text after a group", "g:a@b; c", NULL },
	{ "4.4 source route", "<@a,@b:c@d>", "c|d;" },
	{ "4.4 source route with empty places", "n <,@a , ,@b,:c@d>", "c|d;" },
	{ "source route without commas", "<@a@b:c@d>", NULL },
	{ "source route without an address", "<@a:>", NULL },
	{ "source route without <>", "@a:c@d", NULL },
};

static const struct list_case international[] = {
	{ "RFC 6532 local part", "d\xc3\xb6rte@example.com", "d\xc3\xb6rte|example.com;" },
	{ "RFC 6532 domain", "<a@s\xc3\xb6renson.example>", "a|s\xc3\xb6renson.example;" },
	{ "RFC 6532 quoted local part", "\"d\xc3\xb6 r\"@\xe4\xbe\x8b.test",
	  "d\xc3\xb6 r|\xe4\xbe\x8b.test;" },
	{ "RFC 6532 name", "\xe4\xbe\x8b \xe5\xad\x90 <a@b>", "a|b;" },
	{ "RFC 6532 comment", "a@b (\xe4\xbe\x8b)", "a|b;" },
	{ "RFC 3629 4 bytes", "\xf0\x9f\x93\xa7@b", "\xf0\x9f\x93\xa7|b;" },
	{ "Latin-1 in a name", "J\xf6rg <j@example.de>", "j|example.de;" },
	{ "Latin-1 in a quoted name", "\"J\xf6rg\" <j@example.de>", "j|example.de;" },
	{ "Latin-1 in a local part", "j\xf6rg@example.de", NULL, "address that is not UTF-8" },
	{ "Latin-1 in a quoted local part", "\"j\xf6rg\"@example.de", NULL },
	{ "Latin-1 in a domain",
	  "j@b\xfc"
	  "cher.example",
	  NULL },
	{ "RFC 3629 3 overlong", "a\xc0\xaf@b", NULL },
	{ "RFC 3629 3 surrogate", "a\xed\xa0\x80@b", NULL },
	{ "RFC 3629 3 cut short", "a\xe4\xbe@b", NULL },
	{ "RFC 3629 3 above U+10FFFF", "a\xf4\x90\x80\x80@b", NULL },
};

static const struct list_case refused[] = {
	{ "empty", "", NULL, "no address" },
	{ "blanks", " \t\r\n ", NULL, "no address" },
	{ "commas", ",,", NULL, "no address" },
	{ "two addresses, no comma", "<a@example.com> <b@evil.com>", NULL },
	{ "two addresses, no comma nor <>", "a@b c@d", NULL },
	{ "two '@'", "a@b@c.com", NULL },
	{ "two '@' in <>", "<a@b@c.com>", NULL },
	{ "address as an unquoted name", "a@example.com <b@evil.com>", NULL },
	{ "address after an address", "<a@example.com> b@evil.com", NULL },
	{ "text after an address", "<a@b> c", NULL },
	{ "text before an address", "a b@c", NULL, "words before an address that is not in <>" },
	{ "text in <>", "<a b@c>", NULL },
	{ "list in <>", "<a@b, c@d>", NULL },
	{ "<> in <>", "<<a@b>>", NULL },
	{ "name without an address", "John Doe", NULL },
	{ "missing domain", "root", NULL, "address without a domain" },
	{ "missing domain in <>", "Root <root>", NULL, "address without a domain" },
	{ "missing domain in a list", "a@b, root", NULL },
	{ "empty domain", "a@", NULL },
	{ "empty local part", "@a", NULL },
	{ "empty <>", "<>", NULL },
	{ "name and empty <>", "a <>", NULL },
	{ "'<' without '>'", "a <b@c", NULL },
	{ "'>' without '<'", "a@b>", NULL },
	{ "dots in a row in the domain", "a@b..c", NULL },
	{ "dot first in the domain", "a@.b", NULL },
	{ "dot last in the domain", "a@b.", NULL },
	{ "quoted domain", "a@\"b\"", NULL },
	{ "literal and more", "a@[192.0.2.1].b", NULL },
	{ "words in the domain", "a@b c", NULL },
	{ "unterminated quoted string", "\"a <b@c>", NULL, "unterminated quoted string" },
	{ "unterminated by a backslash", "\"a\\\" <b@c>", NULL },
	{ "unterminated literal", "a@[b", NULL, "unterminated literal" },
	{ "'[' in a literal", "a@[[b]", NULL },
	{ "backslash in a literal", "a@[\\]]", NULL },
	{ "backslash in an atom", "a\\b@c", NULL },
	{ "backslash before a line end", "\"a\\\n b\" <c@d>", NULL },
	{ "control byte", "a\x01@b", NULL, "control byte" },
	{ "DEL", "a\x7f@b", NULL },
	{ "bare CR", "a@b\r, c@d", NULL },
	{ "CR CR LF", "a@b\r\r\n , c@d", NULL },
	{ "line end that is no fold", "a@b\nX: y", NULL, "line end that is no fold" },
	{ "colon in an address", "mailto:a@b", NULL, "group without ';'" },
};

static struct slice slice_of(const char *text)
{
	return (struct slice){ text, strlen(text) };
}

static char *describe(const GPtrArray *mailboxes)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < mailboxes->len; i++) {
		const struct mail_mailbox *mailbox = g_ptr_array_index(mailboxes, i);

		g_string_append_printf(text, "%s|%s;", mailbox->local_part, mailbox->domain);
	}
	return g_string_free(text, FALSE);
}

static void check_list(const struct list_case *this)
{
	g_autoptr(GPtrArray) mailboxes = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *described = NULL;

	g_test_message("%s", this->what);
	if (mail_address_parse_list(slice_of(this->value), &mailboxes, &error)) {
		described = describe(mailboxes);
	} else {
		g_assert_true(g_error_matches(error, MR_ERROR, MR_ERROR_PERMANENT));
		g_assert_true(this->reason == NULL || strstr(error->message, this->reason) != NULL);
	}
	g_assert_cmpstr(described, ==, this->mailboxes);
}

#define TEST_LISTS(cases)                                                                          \
	static void test_##cases(void)                                                             \
	{                                                                                          \
		for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)                                   \
			check_list(&(cases)[i]);                                                   \
	}
TEST_LISTS(plain)
TEST_LISTS(quoted)
TEST_LISTS(comments)
TEST_LISTS(lists)
TEST_LISTS(international)
TEST_LISTS(refused)

static void test_nul(void)
{
	static const char *const values[] = { "a\0b@c", "a@b\0c", "\"\0\"@a ", "a@b(\0)",
					      "a@[\0b]" };
	g_autoptr(GPtrArray) mailboxes = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
		struct slice value = { values[i], strlen(values[i]) + 3 };

		g_assert_false(mail_address_parse_list(value, &mailboxes, NULL));
	}
}

static void test_many(void)
{
	g_autoptr(GString) value = g_string_new("a@b");
	g_autoptr(GPtrArray) mailboxes = NULL, none = NULL;

	for (unsigned i = 1; i < MAIL_ADDRESS_MAX; i++)
		g_string_append(value, ",\n a@b");
	g_assert_true(mail_address_parse_list(slice_of(value->str), &mailboxes, NULL));
	g_assert_cmpuint(mailboxes->len, ==, MAIL_ADDRESS_MAX);
	g_string_append(value, ",a@b");
	g_assert_false(mail_address_parse_list(slice_of(value->str), &none, NULL));
}

static void test_very_long(void)
{
	g_autofree char *blanks = g_strnfill(MAIL_ADDRESS_BYTES_MAX - 3, ' ');
	g_autofree char *longest = g_strconcat(blanks, "a@b", NULL);
	g_autofree char *too_long = g_strconcat(longest, " ", NULL);
	g_autofree char *parentheses = g_strnfill(MAIL_ADDRESS_BYTES_MAX, '(');
	MR_AUTO(mail_mailbox) mailbox = NULL;

	g_assert_true(mail_address_parse_single(slice_of(longest), &mailbox, NULL));
	g_assert_false(mail_address_parse_single(slice_of(too_long), &mailbox, NULL));
	g_assert_false(mail_address_parse_single(slice_of(parentheses), &mailbox, NULL));
}

static void test_single(void)
{
	static const struct {
		const char *what, *value, *mailbox, *error;
	} cases[] = {
		{ "one", "A <a@b>", "a|b", NULL },
		{ "RFC 6854 group of one", "g: a@b;", "a|b", NULL },
		{ "trailing comma", "a@b,", "a|b", NULL },
		{ "two", "a@b, c@d", NULL, "not one address: 2 mailboxes" },
		{ "RFC 6854 empty group", "undisclosed:;", NULL, "not one address: 0 mailboxes" },
		{ "none", "", NULL, "not an address: no address" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		MR_AUTO(mail_mailbox) mailbox = NULL;
		g_autoptr(GError) error = NULL;
		g_autofree char *described = NULL;

		g_test_message("%s", cases[i].what);
		if (mail_address_parse_single(slice_of(cases[i].value), &mailbox, &error))
			described = g_strdup_printf("%s|%s", mailbox->local_part, mailbox->domain);
		g_assert_cmpstr(described, ==, cases[i].mailbox);
		g_assert_cmpstr(error == NULL ? NULL : error->message, ==, cases[i].error);
	}
}

static void test_path(void)
{
	static const struct {
		const char *what, *path, *mailbox; /* "": the null path; NULL: refused */
	} cases[] = {
		{ "RFC 5321 4.1.2", "<a@b.example>", "a|b.example" },
		{ "without <>", "a@b.example", "a|b.example" },
		{ "RFC 5321 4.5.5 null path", "<>", "" },
		{ "RFC 5321 4.1.2 source route", "<@x.example,@y.example:a@b>", "a|b" },
		{ "RFC 5321 4.1.2 quoted", "<\"a b\"@c>", "a b|c" },
		{ "RFC 5321 4.1.3 literal", "<a@[IPv6:::1]>", "a|[IPv6:::1]" },
		{ "RFC 6531 3.3", "<\xc3\xa4@\xc3\xb6.example>", "\xc3\xa4|\xc3\xb6.example" },
		{ "blanks around", " <a@b> ", "a|b" },
		{ "no domain", "<postmaster>", NULL },
		{ "no domain nor <>", "root", NULL },
		{ "empty", "", NULL },
		{ "name", "A <a@b>", NULL },
		{ "two", "<a@b>,<c@d>", NULL },
		{ "group", "g:a@b;", NULL },
		{ "parameters", "<a@b> SIZE=1", NULL },
		{ "null path and more", "<>a@b", NULL },
		{ "'<' alone", "<", NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		MR_AUTO(mail_mailbox) mailbox = NULL;
		g_autofree char *described = NULL;

		g_test_message("%s", cases[i].what);
		if (mail_address_parse_path(slice_of(cases[i].path), &mailbox, NULL))
			described = mailbox == NULL ? g_strdup("")
						    : g_strdup_printf("%s|%s", mailbox->local_part,
								      mailbox->domain);
		g_assert_cmpstr(described, ==, cases[i].mailbox);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mail/address/plain", test_plain);
	g_test_add_func("/mail/address/quoted", test_quoted);
	g_test_add_func("/mail/address/comments", test_comments);
	g_test_add_func("/mail/address/lists", test_lists);
	g_test_add_func("/mail/address/international", test_international);
	g_test_add_func("/mail/address/refused", test_refused);
	g_test_add_func("/mail/address/nul", test_nul);
	g_test_add_func("/mail/address/many", test_many);
	g_test_add_func("/mail/address/very-long", test_very_long);
	g_test_add_func("/mail/address/single", test_single);
	g_test_add_func("/mail/address/path", test_path);
	return g_test_run();
}
