/* SPDX-License-Identifier: BSD-2-Clause */
/* What is expected of matching was seen of OpenDKIM 2.11 on the same tables and addresses. */

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "milters/dkim-sign/opendkim_tables.h"
#include "milters/dkim-sign/table_file.h"
#include "shared/base/error.h"

struct fixture {
	struct dkim_private_key *key;
	char *folder;
};

/* Every file is a key here, but for those called "missing". */
static bool load_any(const char *location, bool group_may_read, struct dkim_private_key **ret_key,
		     GError **ret_error)
{
	g_assert_false(group_may_read);
	if (strstr(location, "missing") == NULL)
		return dkim_private_key_generate(DKIM_KEY_ED25519, 0, ret_key, ret_error);
	g_set_error(ret_error, MR_ERROR, MR_ERROR_CONFIG, "%s: no such key", location);
	return false;
}

static void init(struct table_file *file, const char *name, const char *text)
{
	table_file_init(file, name, (struct slice){ text, strlen(text) });
}

static struct opendkim_tables *parse(const char *keys, const char *signing, bool is_refile,
				     GError **ret_error)
{
	static const struct opendkim_key_loading loading = { false, load_any };
	struct table_file key_table, signing_table;
	struct opendkim_tables *tables = NULL;

	init(&key_table, "/etc/opendkim/KT", keys);
	init(&signing_table, "ST", signing);
	opendkim_tables_parse(&key_table, &signing_table, is_refile, &loading, &tables, ret_error);
	table_file_clear(&key_table);
	table_file_clear(&signing_table);
	return tables;
}

/* "selector/domain" of each key, in their order; "-" without a match. */
static char *ask(struct opendkim_tables *tables, const char *local_part, const char *domain)
{
	MR_AUTO(dkim_key_set) set = NULL;
	const char *pattern = NULL;
	GString *text = g_string_new(NULL);

	g_assert_true(opendkim_tables_find(tables, local_part, domain, &set, &pattern, NULL));
	g_assert_true((set == NULL) == (pattern == NULL));
	if (set == NULL)
		g_string_append(text, "-");
	for (guint i = 0; set != NULL && i < set->keys->len; i++) {
		const struct dkim_signing_key *key = g_ptr_array_index(set->keys, i);

		g_string_append_printf(text, "%s%s/%s", i == 0 ? "" : " ", key->selector,
				       set->domain);
	}
	return g_string_free(text, FALSE);
}

static const char key_table[] = "# keys\n"
				"k1 one.example:s1:/k/1.pem\n"
				"\n"
				"k2 %:s2:/k/2.pem   # for whoever asks\r\n"
				"  k3\tthree.example:s3:./3.pem\n"
				"k4 one.example:S4.Sub:/k/4.pem\n"
				"k1 late.example:sl:/k/late.pem\n"
				"k5 %:s5:/k/%.pem\n"
				"ex.org b\xc3\xbc"
				"cher.example:s6:/k/6.pem\n"
				"k7 one.example:s1:/k/7.pem\n";

/*
 * From the first place OpenDKIM looks to the last: each is found when those before are not there.
 */
static void test_file_order(void)
{
	static const char *const patterns[] = { "a@h.ex.org", "h.ex.org", "a@.ex.org", ".ex.org",
						"a@.org",     ".org",	  "a@*",       "*" };
	static const char dead[] = "a@.h.ex.org k2\n.h.ex.org k2\nex.org k2\n*@h.ex.org k2\n"
				   "% k2\nh.ex k2\n";

	for (size_t first = 0; first <= G_N_ELEMENTS(patterns); first++) {
		g_autoptr(GString) signing = g_string_new(dead);
		MR_AUTO(opendkim_tables) tables = NULL;
		MR_AUTO(dkim_key_set) set = NULL;
		const char *pattern = NULL;

		for (size_t i = G_N_ELEMENTS(patterns); i > first; i--)
			g_string_append_printf(signing, "%s k1\n", patterns[i - 1]);
		tables = parse(key_table, signing->str, false, NULL);
		g_assert_true(opendkim_tables_find(tables, "A", "h.ex.org", &set, &pattern, NULL));
		g_assert_cmpstr(pattern, ==,
				first < G_N_ELEMENTS(patterns) ? patterns[first] : NULL);
	}
}

struct match_case {
	const char *what, *signing, *local_part, *domain, *found;
};

static void check_matches(const struct match_case *cases, size_t count, bool is_refile)
{
	for (size_t i = 0; i < count; i++) {
		g_autoptr(GError) error = NULL;
		MR_AUTO(opendkim_tables)
		tables = parse(key_table, cases[i].signing, is_refile, &error);
		g_autofree char *found = NULL;

		g_test_message("%s", cases[i].what);
		g_assert_no_error(error);
		found = ask(tables, cases[i].local_part, cases[i].domain);
		g_assert_cmpstr(found, ==, cases[i].found);
	}
}

static void test_file(void)
{
	static const struct match_case cases[] = {
		{ "domain", "ex.org k1\n", "a", "ex.org", "s1/one.example" },
		{ "address before domain", "ex.org k1\na@ex.org k3\n", "a", "ex.org",
		  "s3/three.example" },
		{ "another address", "ex.org k1\na@ex.org k3\n", "b", "ex.org", "s1/one.example" },
		{ "case", "EX.org k1\nA@EX.org k3", "a", "ex.org", "s3/three.example" },
		{ "case of the author", "a@ex.org k3", "A", "ex.org", "s3/three.example" },
		{ "case of the author's name in d=%", "ex.org k2", "A", "ex.org", "s2/ex.org" },
		{ "no local part", "ex.org k1\n@ex.org k3", NULL, "ex.org", "s3/three.example" },
		{ "comment in the line", "ex.org k1#x", "a", "ex.org", "s1/one.example" },
		{ "blanks", "  \tex.org \t k1 \t\r\n", "a", "ex.org", "s1/one.example" },
		{ "signer is read over", "ex.org k2:boss@%\n", "a", "ex.org", "s2/ex.org" },
		{ "empty signer", "ex.org k2:\n", "a", "ex.org", "s2/ex.org" },
		{ "first of two keys of one name", "* k1", "a", "b", "s1/one.example" },
		{ "selector with a dot", "* k4", "a", "b", "s4.sub/one.example" },
		{ "name %", "* %\n", "a", "ex.org", "s6/xn--bcher-kva.example" },
		{ "name % without a key", "* %\n", "a", "ex.net", "-" },
		{ "file of the domain", "* k5\n", "a", "ex.org", "s5/ex.org" },
		{ "U-label",
		  "b\xc3\xbc"
		  "cher.example k1",
		  "a", "xn--bcher-kva.example", "s1/one.example" },
		{ "U-label below",
		  ".b\xc3\xbc"
		  "cher.example k1",
		  "a", "x.xn--bcher-kva.example", "s1/one.example" },
		{ "one pattern, two keys", "ex.org k1\nex.org k4\nex.org k1\n", "a", "ex.org",
		  "s1/one.example s4.sub/one.example" },
		{ "one pattern, one selector twice", "ex.org k1\nex.org k7\n", "a", "ex.org",
		  "s1/one.example" },
		{ "one pattern, two keys of %", "ex.org k2\nex.org k5\n", "a", "ex.org",
		  "s2/ex.org s5/ex.org" },
		{ "'*' in a name is a letter here", "*@ex.org k1", "a", "ex.org", "-" },
		{ "operators are letters here", "a[b]?@ex.org k1", "a[b]?", "ex.org",
		  "s1/one.example" },
		{ "empty", "", "a", "ex.org", "-" },
	};

	check_matches(cases, G_N_ELEMENTS(cases), false);
}

static void test_refile(void)
{
	static const struct match_case cases[] = {
		{ "first line", "*@ex.org k1\n*@ex.org k4\na@ex.org k3", "a", "ex.org",
		  "s1/one.example s4.sub/one.example" },
		{ "first line, exact", "a@ex.org k3\n*@ex.org k1", "a", "ex.org",
		  "s3/three.example" },
		{ "first line, all", "* k3\n*@ex.org k1", "a", "ex.org", "s3/three.example" },
		{ "first line, odd", "*@e*.org k3\n*@ex.org k1", "a", "ex.org",
		  "s3/three.example" },
		{ "last line", "b@ex.org k1\n*@b.ex.org k1\n*@*.ex.org k1\n*x@* k1\n* k3", "a",
		  "ex.org", "s3/three.example" },
		{ "case", "*@EX.org k1", "A", "ex.org", "s1/one.example" },
		{ "not below", "*@ex.org k1", "a", "h.ex.org", "-" },
		{ "not beyond", "*@ex.org k1", "a", "ex.org.net", "-" },
		{ "not in the middle", "a@ex.org k1", "ba", "ex.org", "-" },
		{ "a dot is a dot", "*@ex.org k1", "a", "exxorg", "-" },
		{ "plus", "a+*@ex.org k1", "a+b", "ex.org", "s1/one.example" },
		{ "a domain is no address", "ex.org k1", "a", "ex.org", "-" },
		{ "*domain", "*ex.org k1", "a", "xex.org", "s1/one.example" },
		{ "*.domain", "*.ex.org k1", "a", "h.ex.org", "s1/one.example" },
		{ "*@*.domain", "*@*.ex.org k1", "a", "g.h.ex.org", "s1/one.example" },
		{ "*@*.domain is not for itself", "*@*.ex.org k1", "a", "ex.org", "-" },
		{ "earlier of two above", "*@*.org k3\n*@*.ex.org k1", "a", "h.ex.org",
		  "s3/three.example" },
		{ "any domain, own d=", "*@*.org k2", "a", "ex.org", "s2/ex.org" },
		{ "name %", "*@* %", "a", "ex.org", "s6/xn--bcher-kva.example" },
		{ "U-label",
		  "*@*.b\xc3\xbc"
		  "cher.example k1",
		  "a", "x.xn--bcher-kva.example", "s1/one.example" },
		{ "no local part", "*@ex.org k1", NULL, "ex.org", "s1/one.example" },
	};

	check_matches(cases, G_N_ELEMENTS(cases), true);
}

static void test_refused(void)
{
	static const char good[] = "k1 a.example:s:/k\nk2 b.example:s:/k\nk3 %:s:/k\n";
	static const struct {
		const char *what, *keys, *signing, *error;
	} cases[] = {
		{ "key without a value", "k1\n", "", "KT:1: not \"name domain:selector:key\"" },
		{ "key of two fields", "\nk1 a:s\n", "", "KT:2: not \"name" },
		{ "key without a key", "k1 a:s:\n", "", "KT:1: not \"name" },
		{ "bad domain", "k1 mail.%:s:/k\n", "", "KT:1: \"mail.%\" is no domain" },
		{ "empty domain", "k1 :s:/k\n", "", "KT:1: \"\" is no domain" },
		{ "blank around a domain", "k1 a.example : s:/k\n", "",
		  "KT:1: \"a.example \" is no domain" },
		{ "bad selector", "k1 a.example:%:/k\n", "", "KT:1: \"%\" is no selector" },
		{ "empty selector", "k1 a.example::/k\n", "", "KT:1: \"\" is no selector" },
		{ "selector that leaves its name", "k1 a.example:../s:/k\n", "",
		  "KT:1: \"../s\" is no selector" },
		{ "missing key", "k1 a.example:s:/missing\n", "", "KT:1: /missing: no such key" },
		{ "missing key beside the table", "k1 a.example:s:../missing\n", "",
		  "KT:1: /etc/opendkim/../missing: no such key" },
		{ "file without a slash", "k1 a.example:s:r1.private\n", "",
		  "KT:1: key is neither a file" },
		{ "base64 that is no key", "k1 a.example:s:AAAA\n", "", "KT:1: " },
		{ "key table is not text", "k1 a.example:s:/\xff\n", "", "KT:1: not UTF-8" },
		{ "signing without a name", good, "ex.org\n", "ST:1: not \"pattern key-name\"" },
		{ "signing with only a signer", good, "ex.org :a@b\n", "ST:1: not \"pattern" },
		{ "unknown key", good, "\n\nex.org K1\n",
		  "ST:3: the KeyTable has no key named \"K1\"" },
		{ "two names", good, "ex.org k1 k2\n", "ST:1: the KeyTable has no key" },
		{ "keys of two domains", good, "ex.org k1\nex.org k2\n",
		  "ST:2: pattern \"ex.org\"" },
		{ "keys of a domain and of %", good, "ex.org k1\nex.org k3\n", "ST:2: pattern" },
		{ "key by name and by domain", good, "ex.org k1\nex.org %\n", "ST:2: pattern" },
		{ "key by domain and by name", good, "ex.org %\nex.org k1\n", "ST:2: pattern" },
		{ "label without an A-label", good, "b\xc3\xbc*.example k1\n",
		  "ST:1: not a domain" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;

		g_test_message("%s", cases[i].what);
		g_assert_null(parse(cases[i].keys, cases[i].signing, false, &error));
		g_assert_true(g_error_matches(error, MR_ERROR, MR_ERROR_CONFIG));
		g_assert_nonnull(strstr(error->message, cases[i].error));
	}
}

static void test_refused_in_refile(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(parse(key_table, "*@ex.org k1\n[ab]@ex.org k1\n", true, &error));
	g_assert_cmpstr(error->message, ==,
			"ST:2: pattern \"[ab]@ex.org\": only '*' has a meaning here");
}

static void test_too_many_keys(void)
{
	g_autoptr(GString) keys = g_string_new(NULL), signing = g_string_new(NULL);

	for (unsigned i = 0; i <= DKIM_KEYS_PER_DOMAIN_MAX; i++) {
		g_string_append_printf(keys, "k%u a.example:s%u:/k%u\n", i, i, i);
		g_string_append_printf(signing, "ex.org k%u\n", i);
	}
	g_assert_null(parse(keys->str, signing->str, false, NULL));
}

/* A file named by the author's domain is missing: an error when it is asked for, not silence. */
static void test_missing_file_of_the_domain(void)
{
	MR_AUTO(opendkim_tables) tables = parse("k %:s:/%.pem\n", "* k\n", false, NULL);
	g_autoptr(GError) error = NULL;
	struct dkim_key_set *set = NULL;
	const char *pattern = NULL;

	g_assert_false(
		opendkim_tables_find(tables, "a", "missing.example", &set, &pattern, &error));
	g_assert_true(g_error_matches(error, MR_ERROR, MR_ERROR_CONFIG));
	g_assert_true(set == NULL && pattern == NULL);
}

/* What one file gave is shared, whatever names and domains lead to it. */
static void test_keys_are_loaded_once(void)
{
	MR_AUTO(opendkim_tables)
	tables = parse("k1 a:s:/k\nk2 b:t:/k\nk3 %:u:/%\n", "a k1\nb k2\nk k3\n", false, NULL);
	MR_AUTO(dkim_key_set) one = NULL;
	MR_AUTO(dkim_key_set) two = NULL;
	MR_AUTO(dkim_key_set) three = NULL;
	const char *pattern;

	g_assert_true(opendkim_tables_find(tables, "x", "a", &one, &pattern, NULL));
	g_assert_true(opendkim_tables_find(tables, "x", "b", &two, &pattern, NULL));
	g_assert_true(opendkim_tables_find(tables, "x", "k", &three, &pattern, NULL));
	for (int i = 0; i < 2; i++) {
		const struct dkim_signing_key *first = g_ptr_array_index(one->keys, 0);
		const struct dkim_signing_key *other =
			g_ptr_array_index((i == 0 ? two : three)->keys, 0);

		g_assert_true(first->key == other->key);
	}
}

/* A hundred thousand lines of either kind take no time to search. */
static void test_many_lines(void)
{
	g_autoptr(GString) exact = g_string_new(NULL), wild = g_string_new(NULL);

	for (int i = 0; i < 100000; i++) {
		g_string_append_printf(exact, "d%d.example k1\n", i);
		g_string_append_printf(wild, "*@d%d.example k1\n", i);
	}
	for (int is_refile = 0; is_refile < 2; is_refile++) {
		MR_AUTO(opendkim_tables)
		tables = parse(key_table, is_refile ? wild->str : exact->str, is_refile, NULL);

		for (int i = 0; i < 1000; i++) {
			g_autofree char *found = ask(tables, "a", "d99999.example");

			g_assert_cmpstr(found, ==, "s1/one.example");
		}
	}
}

static char *write_file(const struct fixture *fixture, const char *name, const char *text, int mode)
{
	char *path = g_build_filename(fixture->folder, name, NULL);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	g_assert_cmpint(chmod(path, (mode_t)mode), ==, 0);
	return path;
}

static void set_up(struct fixture *fixture, const void *data)
{
	(void)data;
	fixture->folder = g_dir_make_tmp("opendkim-XXXXXX", NULL);
	g_assert_true(dkim_private_key_generate(DKIM_KEY_RSA, 2048, &fixture->key, NULL));
}

static void tear_down(struct fixture *fixture, const void *data)
{
	static const char *const names[] = { "KT", "ST", "key.pem" };

	(void)data;
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_build_filename(fixture->folder, names[i], NULL);

		g_unlink(path);
	}
	g_rmdir(fixture->folder);
	g_free(fixture->folder);
	dkim_private_key_unref(fixture->key);
}

static void test_files(struct fixture *fixture, const void *data)
{
	g_autofree char *pem = NULL, *keys = NULL, *signing = NULL, *key_path = NULL;
	g_autofree char *refile = NULL, *file = NULL, *found = NULL;
	MR_AUTO(opendkim_tables) tables = NULL;
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_true(dkim_private_key_to_pem(fixture->key, &pem, NULL));
	key_path = write_file(fixture, "key.pem", pem, 0600);
	keys = write_file(fixture, "KT", "k %:s:./key.pem\n", 0644);
	signing = write_file(fixture, "ST", "*@ex.org k\n", 0644);
	refile = g_strconcat("refile:", signing, NULL);
	file = g_strconcat("file:", keys, NULL);
	g_assert_true(opendkim_tables_load(file, refile, false, &tables, &error));
	found = ask(tables, "a", "ex.org");
	g_assert_cmpstr(found, ==, "s/ex.org");

	g_clear_pointer(&tables, opendkim_tables_free);
	g_assert_cmpint(chmod(key_path, 0644), ==, 0);
	g_assert_false(opendkim_tables_load(keys, refile, false, &tables, &error));
	g_assert_nonnull(strstr(error->message, "KT:1: "));
	g_assert_true(g_error_matches(error, MR_ERROR, MR_ERROR_CONFIG));
}

static void test_data_sets(void)
{
	static const char *const refused[] = {
		"csl:a=b", "dsn:mysql://u@h/db", "refile:",	   "file:",
		"",	   "a.example=s:k,b",	 "/does/not/exist"
	};

	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		struct opendkim_tables *tables = NULL;

		g_test_message("%s", refused[i]);
		g_assert_false(opendkim_tables_load(refused[i], "/dev/null", false, &tables, NULL));
	}
}

static char *key_as_base64(const struct dkim_private_key *key)
{
	g_auto(GStrv) lines = NULL;
	char *pem = NULL;
	GString *text = g_string_new(NULL);

	g_assert_true(dkim_private_key_to_pem(key, &pem, NULL));
	lines = g_strsplit(pem, "\n", -1);
	for (size_t i = 0; lines[i] != NULL; i++)
		if (lines[i][0] != '-')
			g_string_append(text, lines[i]);
	dkim_secret_free(pem);
	return g_string_free(text, FALSE);
}

/* The key in the table itself: the table has to be as private as a key file. */
static void test_inline_key(struct fixture *fixture, const void *data)
{
	g_autofree char *base64 = key_as_base64(fixture->key), *table = NULL;
	g_autofree char *keys = NULL, *signing = NULL, *found = NULL;
	MR_AUTO(opendkim_tables) tables = NULL;
	g_autoptr(GError) error = NULL;

	(void)data;
	table = g_strdup_printf("k one.example:s:%s\n", base64);
	signing = write_file(fixture, "ST", "* k\n", 0644);
	keys = write_file(fixture, "KT", table, 0640);
	g_assert_false(opendkim_tables_load(keys, signing, false, &tables, &error));
	g_assert_nonnull(strstr(error->message, "KT:1: the table holds a key"));
	g_assert_true(opendkim_tables_load(keys, signing, true, &tables, NULL));
	found = ask(tables, "a", "b");
	g_assert_cmpstr(found, ==, "s/one.example");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dkim-sign/opendkim-tables/file-order", test_file_order);
	g_test_add_func("/dkim-sign/opendkim-tables/file", test_file);
	g_test_add_func("/dkim-sign/opendkim-tables/refile", test_refile);
	g_test_add_func("/dkim-sign/opendkim-tables/refused", test_refused);
	g_test_add_func("/dkim-sign/opendkim-tables/refused-in-refile", test_refused_in_refile);
	g_test_add_func("/dkim-sign/opendkim-tables/too-many-keys", test_too_many_keys);
	g_test_add_func("/dkim-sign/opendkim-tables/missing-file-of-the-domain",
			test_missing_file_of_the_domain);
	g_test_add_func("/dkim-sign/opendkim-tables/keys-are-loaded-once",
			test_keys_are_loaded_once);
	g_test_add_func("/dkim-sign/opendkim-tables/many-lines", test_many_lines);
	g_test_add_func("/dkim-sign/opendkim-tables/data-sets", test_data_sets);
	g_test_add("/dkim-sign/opendkim-tables/files", struct fixture, NULL, set_up, test_files,
		   tear_down);
	g_test_add("/dkim-sign/opendkim-tables/inline-key", struct fixture, NULL, set_up,
		   test_inline_key, tear_down);
	return g_test_run();
}
