/* SPDX-License-Identifier: BSD-2-Clause */

#include <string.h>

#include "shared/base/error.h"
#include "shared/dkim/signature.h"

#define BH "bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; "
#define B "b=F45dVWDfMbQDGHJFlXUNB2HK"
#define B64                                                                                        \
	"b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1"   \
	"Dw=="
#define RSA "v=1; a=rsa-sha256; d=example.com; s=sel; h=from:to; " BH
#define NO_H "v=1; a=rsa-sha256; d=example.com; s=sel; " BH B "; "
#define NO_D "v=1; a=rsa-sha256; s=sel; h=from; " BH B "; "
#define NO_A "v=1; d=example.com; s=sel; h=from; " BH

static bool parse(const char *text, struct dkim_signature *ret_signature, GError **ret_error)
{
	return dkim_signature_parse((struct slice){ text, strlen(text) }, ret_signature, ret_error);
}

static void test_whole(void)
{
	static const char text[] =
		" v = 1; a=RSA-SHA256;\r\n\tc=relaxed; d=Example.COM;\n\ts=b\xc3\xbc.Sel;"
		" t=1528637909; x=1528637910; l=12; i==4A@sub.example.com; q=x/y : dns/txt;"
		" z=From:a|To:b; unknown=1; h= From : to\r\n\t:Subject ; " BH
		"b=F45d VWDf\n\tMbQD;";
	struct dkim_signature signature;
	g_autofree char *fields = NULL;
	g_autofree char *identity = NULL;
	GError *error = NULL;

	g_assert_true(parse(text, &signature, &error));
	g_assert_no_error(error);
	fields = slice_dup(signature.signed_fields);
	identity = slice_dup(signature.identity);
	g_assert_cmpint(signature.type, ==, DKIM_KEY_RSA);
	g_assert_cmpint(signature.header_canon, ==, DKIM_CANON_RELAXED);
	g_assert_cmpint(signature.body_canon, ==, DKIM_CANON_SIMPLE);
	g_assert_cmpstr(signature.domain, ==, "example.com");
	g_assert_cmpstr(signature.selector, ==, "xn--b-eha.sel");
	g_assert_cmpstr(fields, ==, "From : to\r\n\t:Subject");
	g_assert_cmpstr(identity, ==, "=4A@sub.example.com");
	g_assert_cmpint(signature.body_hash[0], ==, 0xda);
	g_assert_cmpuint(signature.bytes->len, ==, 9);
	g_assert_cmpint(signature.body_length, ==, 12);
	g_assert_cmpint(signature.timestamp, ==, 1528637909);
	g_assert_cmpint(signature.expiration, ==, 1528637910);
	dkim_signature_clear(&signature);
}

static void test_defaults(void)
{
	struct dkim_signature signature;

	g_assert_true(parse(RSA B, &signature, NULL));
	g_assert_cmpint(signature.header_canon, ==, DKIM_CANON_SIMPLE);
	g_assert_cmpint(signature.body_canon, ==, DKIM_CANON_SIMPLE);
	g_assert_cmpint(signature.body_length, ==, DKIM_BODY_UNLIMITED);
	g_assert_cmpint(signature.timestamp, ==, -1);
	g_assert_cmpint(signature.expiration, ==, -1);
	g_assert_cmpuint(signature.identity.length, ==, 0);
	dkim_signature_clear(&signature);
}

static void test_cases(void)
{
	static const struct {
		const char *what;
		const char *text;
		const char *words; /* NULL: accepted */
	} cases[] = {
		{ "RFC 8463: 64 bytes", NO_A "a=ed25519-sha256; " B64, NULL },
		{ "RFC 8463: another length", NO_A "a=ed25519-sha256; " B, "Ed25519" },
		{ "RFC 8301 3.1: SHA-1", NO_A "a=rsa-sha1; " B, "RFC 8301" },
		{ "3.3 unknown algorithm", NO_A "a=rsa-md5; " B, "unknown algorithm" },
		{ "3.5 v= missing", "a=rsa-sha256; d=example.com; s=sel; h=from; " BH B,
		  "v= is missing" },
		{ "3.5 v=2", "v=2; " RSA B, "twice" },
		{ "3.5 v=0", "v=0; a=rsa-sha256; d=example.com; s=sel; h=from; " BH B,
		  "v= is not 1" },
		{ "3.5 a= missing", NO_A B, "a= is missing" },
		{ "3.5 b= missing", RSA, "b= is missing" },
		{ "3.5 b= empty", RSA "b=", "b= is" },
		{ "3.5 b= no base64", RSA "b=a?b=", "b= is" },
		{ "3.5 bh= missing", "v=1; a=rsa-sha256; d=example.com; s=sel; h=from; " B,
		  "bh= is missing" },
		{ "3.5 bh= of SHA-1",
		  "v=1; a=rsa-sha256; d=example.com; s=sel; h=from; bh=uoq1oCgLlTqpdDX/iUbLy7J1"
		  "Wic=; " B,
		  "SHA-256" },
		{ "3.5 bh= of 33 bytes",
		  "v=1; a=rsa-sha256; d=example.com; s=sel; h=from; "
		  "bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO"
		  "6Sn7XIkfJVOzv8A; " B,
		  "SHA-256" },
		{ "3.5 c=", RSA "c=nowsp; " B, "c=" },
		{ "3.5 d= missing", NO_D, "d= is missing" },
		{ "3.5 d= one label", NO_D "d=com", "d=" },
		{ "3.5 d= harmful", NO_D "d=a b.example", "d=" },
		{ "3.5 d= literal", NO_D "d=[192.0.2.1]", "d=" },
		{ "RFC 8616 4: d= U-label",
		  NO_D "d=b\xc3\xbc"
		       "cher.example",
		  NULL },
		{ "3.5 s= missing", "v=1; a=rsa-sha256; d=example.com; h=from; " BH B,
		  "s= is missing" },
		{ "3.5 s= empty", "v=1; a=rsa-sha256; s=; d=example.com; h=from; " BH B, "s=" },
		{ "3.5 s= path", "v=1; a=rsa-sha256; s=../x; d=example.com; h=from; " BH B, "s=" },
		{ "3.5 h= missing", NO_H, "h= is missing" },
		{ "3.5 h= empty", NO_H "h=", "h=" },
		{ "5.4 h= without From", NO_H "h=to:subject", "From" },
		{ "5.4 From is no part of a name", NO_H "h=resent-from:fromx", "From" },
		{ "3.5 h= empty name", NO_H "h=from::to", "h=" },
		{ "3.5 h= ends in a colon", NO_H "h=from:", "h=" },
		{ "3.5 h= a blank in a name", NO_H "h=from:a b", "h=" },
		{ "3.5 i= within d=", RSA "i=@a.b.example.com; " B, NULL },
		{ "3.5 i= is d=", RSA "i=x@EXAMPLE.com; " B, NULL },
		{ "3.5 i= outside d=", RSA "i=x@badexample.com; " B, "i=" },
		{ "3.5 i= above d=", RSA "i=x@com; " B, "i=" },
		{ "3.5 i= two signs", RSA "i=x@example.com@evil.example; " B, "i=" },
		{ "3.5 i= without @", RSA "i=example.com; " B, "i=" },
		{ "3.5 i= empty", RSA "i=; " B, "i=" },
		{ "3.5 l=0", RSA "l=0; " B, NULL },
		{ "3.5 l= negative", RSA "l=-1; " B, "l=" },
		{ "3.5 l= too large", RSA "l=9223372036854775807; " B, "l=" },
		{ "3.5 l= trailing", RSA "l=12x; " B, "l=" },
		{ "3.5 q= unknown only", RSA "q=x/y; " B, "q=" },
		{ "3.5 t= no number", RSA "t=now; " B, "t=" },
		{ "3.5 t= 13 digits", RSA "t=1000000000000; " B, "t=" },
		{ "3.5 x= before t=", RSA "t=10; x=9; " B, "x= is not after" },
		{ "3.5 x= equals t=", RSA "t=10; x=10; " B, "x= is not after" },
		{ "3.5 x= without t=", RSA "x=9; " B, NULL },
		{ "3.2 a tag twice", RSA "t=1; t=1; " B, "twice" },
		{ "3.2 a tag twice in other case is another", RSA "T=x; t=1; " B, NULL },
		{ "3.2 no list", "hello", "no tag list" },
		{ "3.2 empty", "", "is missing" },
		{ "3.2 two semicolons", RSA ";; " B, "no tag list" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct dkim_signature signature;
		g_autoptr(GError) error = NULL;
		bool ok = parse(cases[i].text, &signature, &error);

		g_test_message("RFC 6376 %s: %s", cases[i].what, ok ? "" : error->message);
		g_assert_cmpint(ok, ==, cases[i].words == NULL);
		if (ok) {
			dkim_signature_clear(&signature);
			continue;
		}
		g_assert_error(error, MR_ERROR, MR_ERROR_PERMANENT);
		g_assert_nonnull(strstr(error->message, cases[i].words));
	}
}

static void test_ceilings(void)
{
	g_autoptr(GString) text = g_string_new(NO_H "h=from");
	struct dkim_signature signature;
	gsize before;

	for (unsigned i = 1; i < DKIM_SIGNED_FIELDS_MAX; i++)
		g_string_append(text, ":to");
	g_assert_true(parse(text->str, &signature, NULL));
	dkim_signature_clear(&signature);
	before = text->len;
	g_string_append(text, ":to");
	g_assert_false(parse(text->str, &signature, NULL));
	g_string_truncate(text, before);
	g_string_append(text, "; x1=");
	while (text->len < DKIM_SIGNATURE_MAX)
		g_string_append_c(text, 'x');
	g_assert_true(parse(text->str, &signature, NULL));
	dkim_signature_clear(&signature);
	g_string_append_c(text, 'x');
	g_assert_false(parse(text->str, &signature, NULL));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dkim/signature/whole", test_whole);
	g_test_add_func("/dkim/signature/defaults", test_defaults);
	g_test_add_func("/dkim/signature/cases", test_cases);
	g_test_add_func("/dkim/signature/ceilings", test_ceilings);
	return g_test_run();
}
