/* SPDX-License-Identifier: BSD-2-Clause */

#include <glib/gstdio.h>
#include <string.h>

#include "shared/conf/conf.h"
#include "tests/unit/dkim-sign/signing_fixture.h"

#define HEAD "listen = \"inet:1@127.0.0.1\";\nuser = \"root\";\n"

static struct signing_fixture fixture;

/* The lines of conf_file_check, or those of the warnings, or "". */
static char *check(const char *options, bool warnings)
{
	g_autofree char *text = g_strconcat(HEAD, options, NULL);
	struct conf_file *file = signing_fixture_read(&fixture, text);
	struct sign_settings settings;
	g_autoptr(GError) error = NULL;
	GString *found = g_string_new(NULL);

	conf_file_load(file, sign_settings_rows, &settings, sizeof(settings));
	sign_settings_check(file, &settings);
	for (guint i = 0; warnings && i < conf_file_warnings(file)->len; i++)
		g_string_append_printf(found, "%s\n",
				       (const char *)conf_file_warnings(file)->pdata[i]);
	if (!warnings && !conf_file_check(file, &error))
		g_string_append(found, error->message);
	conf_settings_clear(sign_settings_rows, &settings, sizeof(settings));
	conf_file_free(file);
	return g_string_free(found, FALSE);
}

/* Options begin on line 3. */
static const struct {
	const char *name, *options, *place, *words;
} problems[] = {
	{ "network", "sign = { networks = [\"10.0.0.0/8\",\n\"10.0.0.1/8\"]; };",
	  ":4:", "beyond its prefix" },
	{ "listener", "sign = {\nlisteners = [\"a b\"]; };", ":4:", "no listener's name" },
	{ "listener in both", "sign = { reinjection_listeners = [\"ORIGINATING\"]; };",
	  ":3:", "cannot be both" },
	{ "canonicalization", "\ncanonicalization = \"relaxed/strict\";", ":4:", "HEADER/BODY" },
	{ "unknown name", "canonicalisation = \"relaxed/relaxed\";", ":3:", "canonicalization" },
	{ "header name", "sign_headers = [\"X-A\", \"X B\"];", ":3:", "no header field's name" },
	{ "what changes", "oversign_headers = [\"Return-Path\"];", ":3:", "changes on the way" },
	{ "From", "skip_headers = [\"From\"];", ":3:", "RFC 6376 5.4" },
	{ "strip in a body", "survivability = { eight_bit = \"strip\"; };", ":3:", "body" },
	{ "strip From", "survivability = {\n\nbad_from = \"strip\"; };", ":5:", "From" },
	{ "domain",
	  "domains = ({ name = \"a..b\";\nkeys = ({ selector = \"r1\";"
	  "file = \"DIR/r1.pem\"; }); });",
	  ":3:", "a..b" },
	{ "signing_domain",
	  "domains = ({ name = \"a.example\";\nsigning_domain = \"-x-\";"
	  "keys = ({ selector = \"r1\"; file = \"DIR/r1.pem\"; }); });",
	  ":4:", "-x-" },
	{ "domain twice",
	  "key_directory = \"DIR/keys\";\ndomains = ({ name = \"example.org\"; },"
	  "\n{ name = \"Example.ORG\"; });",
	  ":5:", "twice" },
	{ "the rest as whom?",
	  "domains = ({ name = \"*\"; keys = ({ selector = \"r1\";"
	  "file = \"DIR/r1.pem\"; }); });",
	  ":3:", "signing_domain" },
	{ "no keys anywhere", "domains = ({ name = \"a.example\"; });", ":3:", "key_directory" },
	{ "no keys in the directory",
	  "key_directory = \"DIR/keys\";\n"
	  "domains = (\n{ name = \"a.example\"; });",
	  ":5:", "a.example" },
	{ "selector",
	  "domains = ({ name = \"a.example\"; keys = (\n{ selector = \"r 1\";"
	  "file = \"DIR/r1.pem\"; }); });",
	  ":4:", "no selector" },
	{ "selector twice",
	  "domains = ({ name = \"a.example\"; keys = ("
	  "{ selector = \"r1\"; file = \"DIR/r1.pem\"; },\n"
	  "{ selector = \"R1\"; file = \"DIR/e1.pem\"; }); });",
	  ":4:", "twice" },
	{ "no selector",
	  "domains = ({ name = \"a.example\"; keys = (\n"
	  "{ file = \"DIR/r1.pem\"; }); });",
	  ":4:", "selector" },
	{ "key file missing",
	  "domains = ({ name = \"a.example\"; keys = ({ selector = \"r1\";\n"
	  "file = \"DIR/none.pem\"; }); });",
	  ":4:", "none.pem" },
	{ "key file open to all",
	  "domains = ({ name = \"a.example\"; keys = ({ selector = \"r1\";\n"
	  "file = \"DIR/open.pem\"; }); });",
	  ":4:", "open.pem" },
	{ "no key in the file",
	  "domains = ({ name = \"a.example\"; keys = ({ selector = \"r1\";\n"
	  "file = \"DIR/empty.pem\"; }); });",
	  ":4:", "empty.pem" },
	{ "key_directory", "\n\nkey_directory = \"DIR/none\";", ":5:", "none" },
	{ "half of OpenDKIM", "opendkim = { key_table = \"DIR/KeyTable\"; };",
	  ":3:", "belong together" },
	{ "also_sign_as", "key_directory = \"DIR/keys\";\nalso_sign_as = \"b.example\";",
	  ":4:", "b.example" },
};

static void test_problems(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(problems); i++) {
		g_autofree char *place = g_strconcat("test.conf", problems[i].place, NULL);
		g_autofree char *found = check(problems[i].options, false);

		g_test_message("%s: %s", problems[i].name, found);
		g_assert_true(g_str_has_prefix(found, place));
		g_assert_nonnull(strstr(found, problems[i].words));
		g_assert_null(strchr(found, '\n'));
	}
}

static void test_warnings(void)
{
	static const struct {
		const char *options, *words;
	} cases[] = {
		{ "expire = \"1h\";", "queue" },
		{ "domains = ({ name = \"a.example\"; keys = ({ selector = \"r1\";"
		  "file = \"DIR/r1.pem\"; }); });",
		  "2048" },
		{ "key_directory = \"DIR/keys\"; also_sign_as = \"example.org\";"
		  "single_signature = true;",
		  "single_signature" },
		{ "sign = { authenticated = false; local = false; networks = []; listeners = []; "
		  "};",
		  "nothing will be signed" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *problem = check(cases[i].options, false);
		g_autofree char *warning = check(cases[i].options, true);

		g_test_message("%s", warning);
		g_assert_cmpstr(problem, ==, "");
		g_assert_nonnull(strstr(warning, cases[i].words));
	}
}

static void test_good(void)
{
	static const char *const cases[] = {
		"",
		"key_directory = \"DIR/keys\";",
		"key_directory = \"DIR/keys\"; also_sign_as = \"example.org\";",
		"key_directory = \"DIR/keys\"; domains = ({ name = \".example.org\"; });",
		("domains = ({ name = \"b\xc3\xbc"
		 "cher.example\"; keys = ({ selector = \"e1\"; file = \"DIR/e1.pem\"; }); });"),
		("domains = ({ name = \"*\"; signing_domain = \"%\"; keys = ("
		 "{ selector = \"e1\"; file = \"DIR/e1.pem\"; }); });"),
		"survivability = { long_line = \"strip\"; eight_bit = \"ignore\"; };",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *problem = check(cases[i], false);
		g_autofree char *warning = check(cases[i], true);

		g_test_message("%s", cases[i]);
		g_assert_cmpstr(problem, ==, "");
		g_assert_cmpstr(warning, ==, "");
	}
}

static void write_file(const char *name, const char *like, int mode)
{
	g_autofree char *path = g_build_filename(fixture.folder, name, NULL);
	g_autofree char *source = like ? g_build_filename(fixture.folder, like, NULL) : NULL;
	g_autofree char *text = NULL;

	if (source)
		g_assert_true(g_file_get_contents(source, &text, NULL, NULL));
	g_assert_true(g_file_set_contents(path, text ? text : "", -1, NULL));
	g_assert_cmpint(g_chmod(path, mode), ==, 0);
}

int main(int argc, char **argv)
{
	int code;

	g_test_init(&argc, &argv, NULL);
	signing_fixture_init(&fixture);
	write_file("open.pem", "r1.pem", 0644);
	write_file("empty.pem", NULL, 0600);
	g_test_add_func("/dkim-sign/settings/problems", test_problems);
	g_test_add_func("/dkim-sign/settings/warnings", test_warnings);
	g_test_add_func("/dkim-sign/settings/good", test_good);
	code = g_test_run();
	signing_fixture_clear(&fixture);
	return code;
}
