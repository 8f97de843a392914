/* SPDX-License-Identifier: BSD-2-Clause */

#include <string.h>

#include "shared/base/error.h"
#include "shared/dkim/key_record.h"
#include "shared/dkim/key_set.h"

#define P "p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

static void test_cases(void)
{
	static const struct {
		const char *what;
		const char *text;
		const char *words; /* NULL: accepted */
		struct dkim_key_record record;
	} cases[] = {
		{ "least", P, NULL, { DKIM_KEY_RSA, false, true, true, false, false } },
		{ "v= first",
		  "v=DKIM1; k=ed25519; " P,
		  NULL,
		  { DKIM_KEY_ED25519, false, true, true, false, false } },
		{ "revoked",
		  "v=DKIM1; p=",
		  NULL,
		  { DKIM_KEY_RSA, true, true, true, false, false } },
		{ "revoked, blanks",
		  "v=DKIM1; p= \t;",
		  NULL,
		  { DKIM_KEY_RSA, true, true, true, false, false } },
		{ "h= with sha256",
		  "h=sha1 : sha256; " P,
		  NULL,
		  { DKIM_KEY_RSA, false, true, true, false, false } },
		{ "RFC 8301 h=sha1",
		  "h=sha1; " P,
		  NULL,
		  { DKIM_KEY_RSA, false, false, true, false, false } },
		{ "s=email",
		  "s=email; " P,
		  NULL,
		  { DKIM_KEY_RSA, false, true, true, false, false } },
		{ "s=*",
		  "s=tlsrpt:*; " P,
		  NULL,
		  { DKIM_KEY_RSA, false, true, true, false, false } },
		{ "s= of another service",
		  "s=tlsrpt; " P,
		  NULL,
		  { DKIM_KEY_RSA, false, true, false, false, false } },
		{ "t=y:s", "t=y : s; " P, NULL, { DKIM_KEY_RSA, false, true, true, true, true } },
		{ "t=s", "t=s; " P, NULL, { DKIM_KEY_RSA, false, true, true, false, true } },
		{ "t= unknown",
		  "t=yes; " P,
		  NULL,
		  { DKIM_KEY_RSA, false, true, true, false, false } },
		{ "unknown tags, notes, g=",
		  "g=; n=a note, here; zz=1; " P,
		  NULL,
		  { DKIM_KEY_RSA, false, true, true, false, false } },
		{ "v= not first", "k=rsa; v=DKIM1; " P, "v= is not first", { 0 } },
		{ "v= in other case", "v=dkim1; " P, "v= is not DKIM1", { 0 } },
		{ "v= of another", "v=spf1 -all", "v= is not DKIM1", { 0 } },
		{ "k= unknown", "k=dsa; " P, "k=", { 0 } },
		{ "p= missing", "v=DKIM1; k=rsa", "p= is missing", { 0 } },
		{ "p= no base64", "v=DKIM1; p=abc*", "p= is no base64", { 0 } },
		{ "p= twice", P "; " P, "twice", { 0 } },
		{ "no list", "v", "no tag list", { 0 } },
		{ "empty", "", "p= is missing", { 0 } },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct slice text = { cases[i].text, strlen(cases[i].text) };
		const struct dkim_key_record *expected = &cases[i].record;
		struct dkim_key_record record;
		g_autoptr(GError) error = NULL;

		g_test_message("RFC 6376 3.6.1 %s", cases[i].what);
		g_assert_cmpint(dkim_key_record_parse(text, &record, &error), ==,
				cases[i].words == NULL);
		if (cases[i].words != NULL) {
			g_assert_error(error, MR_ERROR, MR_ERROR_PERMANENT);
			g_assert_nonnull(strstr(error->message, cases[i].words));
			continue;
		}
		g_assert_cmpint(record.type, ==, expected->type);
		g_assert_cmpint(record.revoked, ==, expected->revoked);
		g_assert_cmpint(record.sha256, ==, expected->sha256);
		g_assert_cmpint(record.for_email, ==, expected->for_email);
		g_assert_cmpint(record.testing, ==, expected->testing);
		g_assert_cmpint(record.strict, ==, expected->strict);
		g_assert_cmpstr(record.public_base64, ==, expected->revoked ? "" : &P[2]);
		dkim_key_record_clear(&record);
	}
}

static void test_white_space(void)
{
	static const char text[] = "v=DKIM1;p=11qYAYKxCrfVS/7T \r\n\tyWQHOg7hcvPapiMlrwIaaPcHURo";
	struct dkim_key_record record;

	g_assert_true(
		dkim_key_record_parse((struct slice){ text, sizeof(text) - 1 }, &record, NULL));
	g_assert_cmpstr(record.public_base64, ==, &P[2]);
	dkim_key_record_clear(&record);
}

static void test_too_long(void)
{
	g_autofree char *text = g_strnfill(DKIM_KEY_RECORD_MAX + 1, 'a');
	struct dkim_key_record record;

	memcpy(text, P ";n=", strlen(P ";n="));
	g_assert_false(dkim_key_record_parse((struct slice){ text, DKIM_KEY_RECORD_MAX + 1 },
					     &record, NULL));
	g_assert_true(
		dkim_key_record_parse((struct slice){ text, DKIM_KEY_RECORD_MAX }, &record, NULL));
	dkim_key_record_clear(&record);
}

/* What is published for a key is a record that gives the key back. */
static void test_format(void)
{
	for (int type = DKIM_KEY_RSA; type <= DKIM_KEY_ED25519; type++) {
		MR_AUTO(dkim_private_key) key = NULL;
		g_autofree char *text = NULL;
		struct dkim_key_record record;

		g_assert_true(
			dkim_private_key_generate((enum dkim_key_type)type, 1024, &key, NULL));
		text = dkim_key_record_format(key);
		g_assert_true(
			dkim_key_record_parse((struct slice){ text, strlen(text) }, &record, NULL));
		g_assert_cmpint(record.type, ==, type);
		g_assert_cmpstr(record.public_base64, ==, dkim_private_key_public_base64(key));
		dkim_key_record_clear(&record);
	}
}

static void test_selectors(void)
{
	static const struct {
		const char *selector;
		bool ok;
	} cases[] = {
		{ "r20261123", true },
		{ "a", true },
		{ "sel.sub", true },
		{ "S_1-x", true },
		{ "", false },
		{ ".", false },
		{ "a.", false },
		{ ".a", false },
		{ "a..b", false },
		{ "-a", false },
		{ "a-", false },
		{ "a b", false },
		{ "a/b", false },
		{ "..", false },
		{ "a;b", false },
		{ "\xc3\xbc", false },
		{ "123456789012345678901234567890123456789012345678901234567890123", true },
		{ "1234567890123456789012345678901234567890123456789012345678901234", false },
	};
	g_autofree char *name = dkim_key_record_name("sel.sub", "example.com");

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_test_message("RFC 6376 3.1 selector %zu", i);
		g_assert_cmpint(dkim_selector_is_valid(cases[i].selector), ==, cases[i].ok);
	}
	g_assert_cmpstr(name, ==, "sel.sub._domainkey.example.com");
}

static void test_set_order(void)
{
	static const char *const selectors[] = { "r1", "r2", "e1", "e2" };
	MR_AUTO(dkim_key_set) set = dkim_key_set_new("example.com");
	MR_AUTO(dkim_private_key) rsa = NULL;
	MR_AUTO(dkim_private_key) ed25519 = NULL;

	g_assert_true(dkim_private_key_generate(DKIM_KEY_RSA, 1024, &rsa, NULL));
	g_assert_true(dkim_private_key_generate(DKIM_KEY_ED25519, 0, &ed25519, NULL));
	dkim_key_set_add(set, "e2", "e2.pem", ed25519);
	dkim_key_set_add(set, "r2", "r2.pem", rsa);
	dkim_key_set_add(set, "e1", "e1.pem", ed25519);
	dkim_key_set_add(set, "r1", "r1.pem", rsa);
	dkim_key_set_unref(dkim_key_set_ref(set));
	g_assert_cmpuint(set->keys->len, ==, G_N_ELEMENTS(selectors));
	for (guint i = 0; i < set->keys->len; i++) {
		const struct dkim_signing_key *key = g_ptr_array_index(set->keys, i);

		g_assert_cmpstr(key->selector, ==, selectors[i]);
		g_assert_true(g_str_has_prefix(key->location, selectors[i]));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dkim/key-record/cases", test_cases);
	g_test_add_func("/dkim/key-record/white-space", test_white_space);
	g_test_add_func("/dkim/key-record/too-long", test_too_long);
	g_test_add_func("/dkim/key-record/format", test_format);
	g_test_add_func("/dkim/key-record/selectors", test_selectors);
	g_test_add_func("/dkim/key-set/order", test_set_order);
	return g_test_run();
}
