/* SPDX-License-Identifier: BSD-2-Clause */

#include <glib.h>
#include <string.h>

#include "shared/base/error.h"
#include "shared/mail/domain.h"

#define LABEL_63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define DOMAIN_253                                                                                 \
	LABEL_63 "." LABEL_63 "." LABEL_63 "."                                                     \
		 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static const struct {
	const char *what, *domain, *ascii; /* NULL: refused */
} conversions[] = {
	{ "plain", "example.com", "example.com" },
	{ "upper case", "EXAMPLE.Com", "example.com" },
	{ "final dot", "example.com.", "example.com" },
	{ "one label", "localhost", "localhost" },
	{ "underscore", "_dmarc.a_b.example", "_dmarc.a_b.example" },
	{ "A-label", "XN--Bcher-KVA.example", "xn--bcher-kva.example" },
	{ "RFC 5890 U-label",
	  "b\xc3\xbc"
	  "cher.example",
	  "xn--bcher-kva.example" },
	{ "U-label, upper case",
	  "B\xc3\x9c"
	  "CHER.Example",
	  "xn--bcher-kva.example" },
	{ "U-label, decomposed",
	  "bu\xcc\x88"
	  "cher.example",
	  "xn--bcher-kva.example" },
	{ "sharp s is not ss (non-transitional)",
	  "stra\xc3\x9f"
	  "e.example",
	  "xn--strae-oqa.example" },
	{ "U-label and A-label mixed", "xn--bcher-kva.\xe4\xbe\x8b\xe5\xad\x90",
	  "xn--bcher-kva.xn--fsqu00a" },
	{ "U-label with underscore",
	  "_x.b\xc3\xbc"
	  "cher.example",
	  "_x.xn--bcher-kva.example" },
	{ "ideographic full stop",
	  "a\xe3\x80\x82"
	  "example",
	  "a.example" },
	{ "RFC 1035 2.3.4 label of 63", LABEL_63 ".example", LABEL_63 ".example" },
	{ "RFC 1035 2.3.4 label of 64", "a" LABEL_63 ".example", NULL },
	{ "RFC 1035 2.3.4 name of 253", DOMAIN_253, DOMAIN_253 },
	{ "name of 253 and a dot", DOMAIN_253 ".", DOMAIN_253 },
	{ "RFC 1035 2.3.4 name of 254", DOMAIN_253 "b", NULL },
	{ "empty", "", NULL },
	{ "a dot", ".", NULL },
	{ "leading dot", ".example.com", NULL },
	{ "empty label", "a..b", NULL },
	{ "two final dots", "a.b..", NULL },
	{ "leading hyphen", "-a.example", NULL },
	{ "trailing hyphen", "a-.example", NULL },
	{ "blank", "a b.example", NULL },
	{ "line end", "a.example\r\nX: y", NULL },
	{ "semicolon", "a;b.example", NULL },
	{ "slash", "../etc", NULL },
	{ "at sign", "a@b.example", NULL },
	{ "full-width at sign",
	  "a\xef\xbc\xa0"
	  "b.example",
	  NULL },
	{ "full-width slash",
	  "a\xef\xbc\x8f"
	  "b.example",
	  NULL },
	{ "literal", "[192.0.2.1]", NULL },
	{ "not UTF-8",
	  "b\xfc"
	  "cher.example",
	  NULL },
	{ "not assigned to names",
	  "a\xe2\x80\xae"
	  "b.example",
	  NULL },
	{ "U-label, empty label", "b\xc3\xbc..example", NULL },
};

static void test_to_ascii(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(conversions); i++) {
		struct slice domain = { conversions[i].domain, strlen(conversions[i].domain) };
		g_autofree char *ascii = NULL;
		g_autoptr(GError) error = NULL;
		bool ok = mail_domain_to_ascii(domain, &ascii, &error);

		g_test_message("%s", conversions[i].what);
		g_assert_cmpstr(ascii, ==, conversions[i].ascii);
		g_assert_cmpint(ok, ==, conversions[i].ascii != NULL);
		g_assert_true(ok || g_error_matches(error, MR_ERROR, MR_ERROR_PERMANENT));
		g_assert_true(!ok || mail_domain_is_ascii_name(ascii));
	}
}

static void test_nul_and_length(void)
{
	g_autofree char *ascii = NULL, *long_domain = g_strnfill(100000, 'a');

	g_assert_false(mail_domain_to_ascii((struct slice){ "a.com\0.b", 8 }, &ascii, NULL));
	g_assert_false(mail_domain_to_ascii((struct slice){ long_domain, 100000 }, &ascii, NULL));
	g_assert_null(ascii);
}

static void test_is_ascii_name(void)
{
	g_assert_true(mail_domain_is_ascii_name("a.b-c.d_e.1"));
	g_assert_true(mail_domain_is_ascii_name(DOMAIN_253));
	g_assert_false(mail_domain_is_ascii_name(DOMAIN_253 "b"));
	g_assert_false(mail_domain_is_ascii_name("a" LABEL_63));
	g_assert_false(mail_domain_is_ascii_name(""));
	g_assert_false(mail_domain_is_ascii_name("A.b"));
	g_assert_false(mail_domain_is_ascii_name("a.b."));
	g_assert_false(mail_domain_is_ascii_name(".a"));
	g_assert_false(mail_domain_is_ascii_name(".."));
	g_assert_false(mail_domain_is_ascii_name("a/b"));
	g_assert_false(mail_domain_is_ascii_name("-a"));
	g_assert_false(mail_domain_is_ascii_name("a.b-"));
	g_assert_false(mail_domain_is_ascii_name("b\xc3\xbc"));
}

static void test_parent(void)
{
	g_assert_cmpstr(mail_domain_parent("a.b.c"), ==, "b.c");
	g_assert_cmpstr(mail_domain_parent("b.c"), ==, "c");
	g_assert_null(mail_domain_parent("c"));
	g_assert_null(mail_domain_parent(""));
}

static void test_is_within(void)
{
	g_assert_true(mail_domain_is_within("example.com", "example.com"));
	g_assert_true(mail_domain_is_within("a.b.example.com", "example.com"));
	g_assert_false(mail_domain_is_within("badexample.com", "example.com"));
	g_assert_false(mail_domain_is_within("example.com", "a.example.com"));
	g_assert_false(mail_domain_is_within("example.com", ""));
	g_assert_false(mail_domain_is_within("", "example.com"));
	g_assert_false(mail_domain_is_within("example.com.", "example.com"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mail/domain/to-ascii", test_to_ascii);
	g_test_add_func("/mail/domain/nul-and-length", test_nul_and_length);
	g_test_add_func("/mail/domain/is-ascii-name", test_is_ascii_name);
	g_test_add_func("/mail/domain/parent", test_parent);
	g_test_add_func("/mail/domain/is-within", test_is_within);
	return g_test_run();
}
