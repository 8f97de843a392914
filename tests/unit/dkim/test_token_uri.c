/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the PIN stands in a URI, and that it is nowhere else afterwards. */

#include <string.h>

#include "shared/base/error.h"
#include "shared/dkim/key.h"
#include "shared/dkim/token_uri.h"

struct good_case {
	const char *name, *text, *bare, *pin, *pin_file;
};

static const struct good_case good_cases[] = {
	{ "plain", "pkcs11:token=a;object=b", "pkcs11:token=a;object=b", NULL, NULL },
	{ "pin-in-query", "pkcs11:token=a;object=b?pin-value=47", "pkcs11:token=a;object=b", "47",
	  NULL },
	{ "pin-in-path", "pkcs11:token=a;pin-value=47;object=b", "pkcs11:token=a;object=b", "47",
	  NULL },
	{ "pin-first", "pkcs11:pin-value=47;object=b", "pkcs11:object=b", "47", NULL },
	{ "pin-before-query", "pkcs11:object=b?pin-value=47&x-a=c", "pkcs11:object=b?x-a=c", "47",
	  NULL },
	{ "pin-between-query", "pkcs11:object=b?x-a=c&pin-value=47&x-d=e",
	  "pkcs11:object=b?x-a=c&x-d=e", "47", NULL },
	{ "pin-decoded", "pkcs11:object=b?pin-value=4%3B7", "pkcs11:object=b", "4;7", NULL },
	{ "last-pin", "pkcs11:object=b?pin-value=1&pin-value=2", "pkcs11:object=b", "2", NULL },
	{ "not-decoded", "pkcs11:object=my%20key", "pkcs11:object=my%20key", NULL, NULL },
	{ "source-file", "pkcs11:object=b?pin-source=file:/etc/pin", "pkcs11:object=b", NULL,
	  "/etc/pin" },
	{ "source-file-authority", "pkcs11:object=b?pin-source=file:///etc/pin", "pkcs11:object=b",
	  NULL, "/etc/pin" },
	{ "source-path", "pkcs11:object=b?pin-source=/etc/a%20pin", "pkcs11:object=b", NULL,
	  "/etc/a pin" },
	{ "empty", "pkcs11:", "pkcs11:", NULL, NULL },
};

static const struct {
	const char *name, *text;
} bad_cases[] = {
	{ "both/rfc7512-2.4", "pkcs11:object=b?pin-value=4711&pin-source=file:/etc/pin" },
	{ "empty-pin", "pkcs11:object=b?pin-value=" },
	{ "bad-encoding", "pkcs11:object=b?pin-value=4711%4" },
	{ "relative-source", "pkcs11:object=b?pin-source=file:4711" },
	{ "program-as-source", "pkcs11:object=b?pin-source=%7C/bin/4711" },
	{ "empty-source", "pkcs11:object=b?pin-source=" },
};

static void test_good(const void *data)
{
	const struct good_case *known = data;
	g_autofree char *shown = dkim_key_location_to_show(known->text);
	g_autofree char *file = dkim_key_location_file(known->text);
	struct dkim_token_uri uri;
	GError *error = NULL;

	g_assert_true(dkim_token_uri_parse(known->text, &uri, &error));
	g_assert_no_error(error);
	g_assert_cmpstr(uri.bare, ==, known->bare);
	g_assert_cmpstr(uri.pin, ==, known->pin);
	g_assert_cmpstr(uri.pin_file, ==, known->pin_file);
	g_assert_cmpstr(shown, ==, known->bare);
	g_assert_cmpstr(file, ==, known->pin_file);
	dkim_token_uri_clear(&uri);
}

static void test_bad(const void *text)
{
	g_autofree char *shown = dkim_key_location_to_show(text);
	struct dkim_token_uri uri;
	GError *error = NULL;

	g_assert_false(dkim_token_uri_parse(text, &uri, &error));
	g_assert_error(error, MR_ERROR, MR_ERROR_CONFIG);
	g_assert_null(strstr(error->message, "4711"));
	g_assert_cmpstr(shown, ==, "pkcs11:object=b");
	g_assert_null(dkim_key_location_file(text));
	g_error_free(error);
	dkim_token_uri_clear(&uri);
}

static void test_file_location(void)
{
	g_autofree char *shown = dkim_key_location_to_show("/keys/r1.pem");
	g_autofree char *file = dkim_key_location_file("/keys/r1.pem");

	g_assert_cmpstr(shown, ==, "/keys/r1.pem");
	g_assert_cmpstr(file, ==, "/keys/r1.pem");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(good_cases); i++) {
		g_autofree char *path =
			g_strconcat("/dkim/token-uri/good/", good_cases[i].name, NULL);

		g_test_add_data_func(path, &good_cases[i], test_good);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(bad_cases); i++) {
		g_autofree char *path =
			g_strconcat("/dkim/token-uri/bad/", bad_cases[i].name, NULL);

		g_test_add_data_func(path, bad_cases[i].text, test_bad);
	}
	g_test_add_func("/dkim/token-uri/file", test_file_location);
	return g_test_run();
}
