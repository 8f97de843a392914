/* SPDX-License-Identifier: BSD-2-Clause */

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "milters/dkim-sign/authorization.h"
#include "milters/dkim-sign/table_file.h"
#include "shared/base/error.h"

static struct sender_table *parse(const char *text, GError **ret_error)
{
	struct sender_table *table = NULL;
	struct table_file file;

	table_file_init(&file, "senders", (struct slice){ text, strlen(text) });
	sender_table_parse(&file, &table, ret_error);
	table_file_clear(&file);
	return table;
}

static const char senders[] = "# who may write from where\n"
			      "\n"
			      "joe   example.com, Joe.Bloggs@Example.ORG   # his own\n"
			      "ann\t.example.com\r\n"
			      "  Ann.B@login.example   ann@example.net\n"
			      "joe   b\xc3\xbc"
			      "cher.example\n"
			      "boss  *\n"
			      "quote \"a\\\"b c\"@example.net\n"
			      "*     all@example.com,noreply.example\n";

static void test_authorized(void)
{
	static const struct {
		const char *what, *user, *local_part, *domain;
		bool authorized;
	} cases[] = {
		{ "domain", "joe", "anyone", "example.com", true },
		{ "domain, no local part", "joe", NULL, "example.com", true },
		{ "domain is not for names below", "joe", "anyone", "mail.example.com", false },
		{ "domain is not for names that end so", "joe", "a", "badexample.com", false },
		{ "address", "joe", "joe.bloggs", "example.org", true },
		{ "address, other case", "joe", "JOE.Bloggs", "example.org", true },
		{ "another address there", "joe", "joe", "example.org", false },
		{ "address, no local part", "joe", NULL, "example.org", false },
		{ "lines add up, U-label", "joe", "a", "xn--bcher-kva.example", true },
		{ "login, other case", "JOE", "a", "example.com", true },
		{ ".domain, below", "ann", "a", "mail.example.com", true },
		{ ".domain, far below", "ann", "a", "a.b.example.com", true },
		{ ".domain is not for itself", "ann", "a", "example.com", false },
		{ "login with '@'", "ann.b@login.example", "ann", "example.net", true },
		{ "login that begins like another", "ann.b", "ann", "example.net", false },
		{ "*", "boss", "anyone", "any.test", true },
		{ "quoted address", "quote", "a\"b c", "example.net", true },
		{ "user *", "nobody", "all", "example.com", true },
		{ "user *, domain", "joe", "x", "noreply.example", true },
		{ "user *, nothing more", "nobody", "x", "example.com", false },
		{ "no user", NULL, "all", "example.com", true },
		{ "no user, nothing more", NULL, "x", "example.com", false },
		{ "empty user", "", "x", "example.com", false },
		{ "the user called *", "*", "x", "example.com", false },
		{ "a local part that looks like an entry", "quote", "*", "example.net", false },
	};
	g_autoptr(GError) error = NULL;
	MR_AUTO(sender_table) table = parse(senders, &error);

	g_assert_no_error(error);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_test_message("%s", cases[i].what);
		g_assert_cmpint(sender_authorized(table, cases[i].user, cases[i].local_part,
						  cases[i].domain),
				==, cases[i].authorized);
	}
}

static void test_refused(void)
{
	static const struct {
		const char *what, *text, *error; /* what the message begins with */
	} cases[] = {
		{ "no entry", "joe\n", "senders:1: user without" },
		{ "no entry but a comment", "# x\njoe # example.com\n", "senders:2: user without" },
		{ "empty entry", "joe a.example,,b.example\n", "senders:1: not a domain" },
		{ "trailing comma", "joe a.example,\n", "senders:1: not a domain" },
		{ "two words", "joe a.example b.example\n", "senders:1: not a domain" },
		{ "bad byte", "\njoe a/b\n", "senders:2: not a domain" },
		{ "two dots", "joe ..example\n", "senders:1: not a domain" },
		{ "a dot", "joe .\n", "senders:1: not a domain" },
		{ "wildcard in a domain", "joe *.example\n", "senders:1: not a domain" },
		{ "no local part", "joe @a.example\n", "senders:1: not an address" },
		{ "null path", "joe <>(@)\n", "senders:1: not an address" },
		{ "no domain", "joe a@\n", "senders:1: not an address" },
		{ "address with .domain", "joe a@.example\n", "senders:1: not an address" },
		{ "address at a literal", "joe a@[192.0.2.1]\n", "senders:1: not a domain" },
		{ "Latin-1", "joe b\xfc.example\n", "senders:1: not UTF-8" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;

		g_test_message("%s", cases[i].what);
		g_assert_null(parse(cases[i].text, &error));
		g_assert_true(g_error_matches(error, MR_ERROR, MR_ERROR_CONFIG));
		g_assert_true(g_str_has_prefix(error->message, cases[i].error));
	}
}

static void test_nul_and_long_lines(void)
{
	g_autofree char *words = g_strnfill(TABLE_FILE_LINE_MAX + 1, 'a');
	struct sender_table *table = NULL;
	struct table_file file;

	table_file_init(&file, "senders", (struct slice){ "joe a\0b\n", 8 });
	g_assert_false(sender_table_parse(&file, &table, NULL));
	table_file_clear(&file);
	g_assert_null(parse(words, NULL));
}

static void test_file(void)
{
	g_autofree char *path = g_build_filename(g_get_tmp_dir(), "senders-XXXXXX", NULL);
	MR_AUTO(sender_table) table = NULL;
	g_autoptr(GError) error = NULL;
	int fd = g_mkstemp(path);

	g_assert_true(fd >= 0 && g_close(fd, NULL));
	g_assert_true(g_file_set_contents(path, "joe example.com\n", -1, NULL));
	g_assert_true(sender_table_load(path, &table, NULL));
	g_assert_true(sender_authorized(table, "joe", "a", "example.com"));
	g_assert_true(g_file_set_contents(path, "joe\n", -1, NULL));
	g_assert_false(sender_table_load(path, &table, &error));
	g_assert_true(g_str_has_prefix(error->message, path));
	g_unlink(path);
	g_assert_false(sender_table_load(path, &table, NULL));
	g_assert_false(sender_table_load("/", &table, NULL));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dkim-sign/authorization/authorized", test_authorized);
	g_test_add_func("/dkim-sign/authorization/refused", test_refused);
	g_test_add_func("/dkim-sign/authorization/nul-and-long-lines", test_nul_and_long_lines);
	g_test_add_func("/dkim-sign/authorization/file", test_file);
	return g_test_run();
}
