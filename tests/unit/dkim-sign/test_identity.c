/* SPDX-License-Identifier: BSD-2-Clause */

#include <string.h>

#include "milters/dkim-sign/identity.h"
#include "shared/base/error.h"

static void parse(struct mail_header *header, const char *text)
{
	struct slice body;

	mail_header_reset(header);
	g_assert_true(
		mail_header_parse_message(header, (struct slice){ text, strlen(text) }, &body));
}

static void test_author(void)
{
	static const struct {
		const char *name, *header, *domain;
		bool problem;
	} cases[] = {
		{ "plain", "From: Ann <ann@Example.COM>\n\n", "example.com", false },
		{ "bare", "From: ann@example.com\n\n", "example.com", false },
		{ "rfc8616-2 U-label",
		  "From: <ann@b\xc3\xbc"
		  "cher.example>\n\n",
		  "xn--bcher-kva.example", false },
		{ "rfc6531 local part", "From: <\xc3\xa4nn@example.com>\n\n", "example.com",
		  false },
		{ "display name with an address",
		  "From: \"ceo@bank.example\" <ann@example.com>\n\n", "example.com", false },
		{ "blank before the colon", "From : ann@example.com\n\n", "example.com", false },
		{ "rfc6376-8.15 two fields", "From: a@one.example\nFrom: b@two.example\n\n",
		  "one.example", true },
		{ "two mailboxes", "From: a@one.example, b@two.example\n\n", "one.example", true },
		{ "none", "Subject: x\n\n", NULL, true },
		{ "empty", "From:\n\n", NULL, true },
		{ "empty group", "From: undisclosed:;\n\n", NULL, true },
		{ "two addresses in brackets", "From: <a@one.example> <b@two.example>\n\n", NULL,
		  true },
		{ "no domain", "From: root\n\n", NULL, true },
		{ "address literal", "From: <a@[192.0.2.1]>\n\n", NULL, true },
	};
	struct mail_header *header = mail_header_new();

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct sign_identity author = { 0 };
		g_autoptr(GError) problem = NULL;
		bool found;

		g_test_message("%s", cases[i].name);
		parse(header, cases[i].header);
		found = sign_identity_author(header, &author, &problem);
		g_assert_cmpint(found, ==, cases[i].domain != NULL);
		g_assert_cmpstr(author.domain, ==, cases[i].domain);
		g_assert_cmpint(problem != NULL, ==, cases[i].problem);
		sign_identity_clear(&author);
	}
	mail_header_free(header);
}

static void test_find(void)
{
	static const struct {
		const char *name;
		enum sign_by by;
		const char *header, *sender, *user, *local_part, *domain;
	} cases[] = {
		{ "Sender", SIGN_BY_SENDER, "From: a@one.example\nSender: B <b@two.example>\n\n",
		  "<c@three.example>", NULL, "b", "two.example" },
		{ "no Sender", SIGN_BY_SENDER, "From: a@one.example\n\n", "<c@three.example>", NULL,
		  NULL, NULL },
		{ "bad Sender", SIGN_BY_SENDER, "Sender: b@two.example, x@y.example\n\n", NULL,
		  NULL, NULL, NULL },
		{ "envelope", SIGN_BY_ENVELOPE, "From: a@one.example\n\n", "<C@Three.example>",
		  NULL, "C", "three.example" },
		{ "null sender", SIGN_BY_ENVELOPE, "From: a@one.example\n\n", "<>", NULL, NULL,
		  NULL },
		{ "user", SIGN_BY_SASL, "From: a@one.example\n\n", NULL, "d@Four.example", "d",
		  "four.example" },
		{ "user without a domain", SIGN_BY_SASL, "From: a@one.example\n\n", NULL, "d", NULL,
		  NULL },
		{ "no user", SIGN_BY_SASL, "From: a@one.example\n\n", NULL, NULL, NULL, NULL },
		{ "author is not looked for here", SIGN_BY_FROM, "From: a@one.example\n\n", NULL,
		  NULL, NULL, NULL },
	};
	struct mail_header *header = mail_header_new();

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct sign_identity identity = { 0 };
		bool found;

		g_test_message("%s", cases[i].name);
		parse(header, cases[i].header);
		found = sign_identity_find(cases[i].by, header, cases[i].sender, cases[i].user,
					   &identity);
		g_assert_cmpint(found, ==, cases[i].domain != NULL);
		g_assert_cmpstr(identity.local_part, ==, cases[i].local_part);
		g_assert_cmpstr(identity.domain, ==, cases[i].domain);
		sign_identity_clear(&identity);
	}
	mail_header_free(header);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dkim-sign/identity/author", test_author);
	g_test_add_func("/dkim-sign/identity/find", test_find);
	return g_test_run();
}
