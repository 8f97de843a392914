/* SPDX-License-Identifier: BSD-2-Clause */

#include <string.h>

#include "shared/base/error.h"
#include "shared/conf/conf.h"

struct key {
	char *selector;
	char *file;
};

struct domain {
	char *name;
	GArray *keys; /* of struct key */
};

struct common {
	char *listen;
	int64_t mode;
};

struct sign {
	bool authenticated;
	char *table;
};

struct settings {
	struct common common;
	bool local;
	int64_t count, expire, size;
	int choice;
	char **networks;
	struct sign sign;
	GArray *domains; /* of struct domain */
};

static const char *const choices[] = { "tempfail", "accept", NULL };

static const struct conf_row common_rows[] = {
	{ "listen", CONF_STRING, offsetof(struct common, listen), NULL, "Where.",
	  .required = true },
	{ "socket_mode", CONF_MODE, offsetof(struct common, mode), "\"0660\"", "Mode." },
	{ NULL },
};
static const struct conf_row key_rows[] = {
	{ "selector", CONF_STRING, offsetof(struct key, selector), NULL, "Selector.",
	  .required = true },
	{ "file", CONF_STRING, offsetof(struct key, file), "\"none\"", "File." },
	{ NULL },
};
static const struct conf_row domain_rows[] = {
	{ "name", CONF_STRING, offsetof(struct domain, name), NULL, "Name.", .required = true },
	{ "keys", CONF_GROUP_LIST, offsetof(struct domain, keys), NULL, "Keys.", .rows = key_rows,
	  .element_size = sizeof(struct key) },
	{ NULL },
};
static const struct conf_row sign_rows[] = {
	{ "authenticated", CONF_BOOL, offsetof(struct sign, authenticated), "true",
	  "Authenticated." },
	{ "table", CONF_STRING, offsetof(struct sign, table), NULL, "Table.", .required = true },
	{ NULL },
};
static const struct conf_row rows[] = {
	{ .type = CONF_ROWS, .offset = offsetof(struct settings, common), .rows = common_rows },
	{ "local", CONF_BOOL, offsetof(struct settings, local), "true", "Local." },
	{ "count", CONF_INT, offsetof(struct settings, count), "3", "Count.", 1, 10 },
	{ "expire", CONF_DURATION, offsetof(struct settings, expire), "\"5d\"", "Expire.", 60,
	  G_MAXINT64 },
	{ "size", CONF_SIZE, offsetof(struct settings, size), "\"64k\"", "Size." },
	{ "on_failure", CONF_CHOICE, offsetof(struct settings, choice), "\"accept\"", "Failure.",
	  .choices = choices },
	{ "networks", CONF_STRING_LIST, offsetof(struct settings, networks), "[\"127.0.0.0/8\"]",
	  "Networks." },
	{ "sign", CONF_GROUP, offsetof(struct settings, sign), NULL, "Sign.", .rows = sign_rows },
	{ "domains", CONF_GROUP_LIST, offsetof(struct settings, domains), NULL, "Domains.",
	  .rows = domain_rows, .element_size = sizeof(struct domain) },
	{ NULL },
};

static struct conf_file *read_text(const char *text)
{
	struct conf_file *file = NULL;
	GError *error = NULL;

	conf_file_read_text("f", text, &file, &error);
	g_assert_no_error(error);
	return file;
}

static void assert_problems(struct conf_file *file, const char *expected)
{
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(conf_file_check(file, &error), ==, *expected == '\0');
	g_assert_cmpstr(error == NULL ? "" : error->message, ==, expected);
	if (error != NULL)
		g_assert_error(error, MR_ERROR, MR_ERROR_CONFIG);
}

static void test_defaults(void)
{
	MR_AUTO(conf_file) file = read_text("listen = \"unix:/s\";");
	struct settings settings;

	memset(&settings, 0x5a, sizeof(settings));
	conf_file_load(file, rows, &settings, sizeof(settings));
	assert_problems(file, "");
	g_assert_cmpstr(settings.common.listen, ==, "unix:/s");
	g_assert_cmpint(settings.common.mode, ==, 0660);
	g_assert_true(settings.local);
	g_assert_cmpint(settings.count, ==, 3);
	g_assert_cmpint(settings.expire, ==, 432000);
	g_assert_cmpint(settings.size, ==, 65536);
	g_assert_cmpint(settings.choice, ==, 1);
	g_assert_cmpuint(g_strv_length(settings.networks), ==, 1);
	g_assert_cmpstr(settings.networks[0], ==, "127.0.0.0/8");
	g_assert_true(settings.sign.authenticated);
	g_assert_null(settings.sign.table);
	g_assert_cmpuint(settings.domains->len, ==, 0);
	g_assert_true(conf_file_given(file, &settings.common.listen));
	g_assert_false(conf_file_given(file, &settings.count));
	conf_settings_clear(rows, &settings, sizeof(settings));
	g_assert_null(settings.networks);
	conf_settings_clear(rows, &settings, sizeof(settings));
}

static void test_values(void)
{
	MR_AUTO(conf_file)
	file = read_text(
		"listen = \"inet:1@::1\"; socket_mode = \"0600\"; local = false; count = 10;\n"
		"expire = 61; size = 5000000000L; on_failure = \"tempfail\";\n"
		"networks = (\"a\", \"b\"); sign = { authenticated = false; table = \"t\"; };\n"
		"domains = ( { name = \"one\"; keys = ( { selector = \"s1\"; },\n"
		"  { selector = \"s2\"; file = \"p\"; } ); }, { name = \"two\"; } );\n");
	struct settings settings;
	const struct domain *domain;

	conf_file_load(file, rows, &settings, sizeof(settings));
	assert_problems(file, "");
	g_assert_cmpint(settings.common.mode, ==, 0600);
	g_assert_false(settings.local);
	g_assert_cmpint(settings.count, ==, 10);
	g_assert_cmpint(settings.expire, ==, 61);
	g_assert_cmpint(settings.size, ==, 5000000000);
	g_assert_cmpint(settings.choice, ==, 0);
	g_assert_cmpuint(g_strv_length(settings.networks), ==, 2);
	g_assert_cmpstr(settings.networks[1], ==, "b");
	g_assert_false(settings.sign.authenticated);
	g_assert_cmpstr(settings.sign.table, ==, "t");
	g_assert_cmpuint(settings.domains->len, ==, 2);
	domain = &g_array_index(settings.domains, struct domain, 0);
	g_assert_cmpstr(domain->name, ==, "one");
	g_assert_cmpuint(domain->keys->len, ==, 2);
	g_assert_cmpstr(g_array_index(domain->keys, struct key, 0).file, ==, "none");
	g_assert_cmpstr(g_array_index(domain->keys, struct key, 1).file, ==, "p");
	domain = &g_array_index(settings.domains, struct domain, 1);
	g_assert_cmpuint(domain->keys->len, ==, 0);
	conf_settings_clear(rows, &settings, sizeof(settings));
}

/* Each text follows `listen = "x";` on the first line; each leaves the default in place. */
static void test_mistakes(void)
{
	static const struct {
		const char *text, *problems;
	} cases[] = {
		{ "local = 1;", "f:1: \"local\" expects true or false, found an integer" },
		{ "count = true;", "f:1: \"count\" expects an integer, found a boolean" },
		{ "count = 0;", "f:1: \"count\" must be between 1 and 10, found 0" },
		{ "count = 11;", "f:1: \"count\" must be between 1 and 10, found 11" },
		{ "expire = \"59s\";", "f:1: \"expire\" must be at least 1m, found 59s" },
		{ "expire = -1;", "f:1: \"expire\" expects a duration such as \"90s\", \"10m\", "
				  "\"4h\" or \"5d\", found an integer" },
		{ "expire = \"5x\";", "f:1: \"expire\" expects a duration such as \"90s\", "
				      "\"10m\", \"4h\" or \"5d\", found \"5x\"" },
		{ "size = 1.5;", "f:1: \"size\" expects a size such as \"512\", \"64k\" or "
				 "\"10m\", found a fraction" },
		{ "socket_mode = 660;", "f:1: \"socket_mode\" expects a file mode such as "
					"\"0660\", in quotes, found an integer" },
		{ "on_failure = \"acept\";",
		  "f:1: \"on_failure\" must be one of \"tempfail\", \"accept\", found \"acept\"; "
		  "did you mean \"accept\"?" },
		{ "on_failure = 1;", "f:1: \"on_failure\" must be one of \"tempfail\", \"accept\", "
				     "found an integer" },
		{ "networks = 5;",
		  "f:1: \"networks\" expects a list of strings, found an integer" },
		{ "networks = (\"a\",\n5);",
		  "f:2: \"networks\" expects a string, found an integer" },
		{ "sign = 5;", "f:1: \"sign\" expects a group { ... }, found an integer" },
		{ "\nsign = { };", "f:2: the option \"sign.table\" is required" },
		{ "\nsign = { table = \"t\";\nautenticated = true; };",
		  "f:3: unknown option \"sign.autenticated\"; did you mean \"authenticated\"?" },
		{ "domains = \"x\";",
		  "f:1: \"domains\" expects a list ( { ... }, ... ), found a string" },
		{ "domains = (\n\"x\");",
		  "f:2: \"domains\" expects groups { ... }, found a string" },
		{ "\ndomains = (\n{ name = \"n\";\nkeys = (\n{ selecter = \"s\"; } ); } );",
		  "f:5: unknown option \"domains.keys.selecter\"; did you mean \"selector\"?\n"
		  "f:5: the option \"domains.keys.selector\" is required" },
		{ "frobnicate = 1;", "f:1: unknown option \"frobnicate\"" },
		{ "on_failure = \"a\tb\\nc\";", "f:1: \"on_failure\" must be one of \"tempfail\", "
						"\"accept\", found \"a b c\"" },
		{ "\n\nlocal = 1;\ncount = 0;\nlisten2 = 1;",
		  "f:3: \"local\" expects true or false, found an integer\n"
		  "f:4: \"count\" must be between 1 and 10, found 0\n"
		  "f:5: unknown option \"listen2\"; did you mean \"listen\"?" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = g_strconcat("listen = \"x\"; ", cases[i].text, NULL);
		MR_AUTO(conf_file) file = read_text(text);
		g_autoptr(GError) error = NULL;
		struct settings settings;

		conf_file_load(file, rows, &settings, sizeof(settings));
		g_assert_false(conf_file_check(file, &error));
		g_test_message("%s", error->message);
		g_assert_cmpstr(error->message, ==, cases[i].problems);
		g_assert_true(settings.local);
		g_assert_cmpint(settings.count, ==, 3);
		g_assert_cmpint(settings.expire, ==, 432000);
		g_assert_cmpint(settings.size, ==, 65536);
		g_assert_cmpint(settings.common.mode, ==, 0660);
		g_assert_cmpint(settings.choice, ==, 1);
		g_assert_cmpuint(g_strv_length(settings.networks), ==, 1);
		conf_settings_clear(rows, &settings, sizeof(settings));
	}
}

static void test_required(void)
{
	MR_AUTO(conf_file) file = read_text("count = 4;\ndomains = ( { name = 5; },\n { } );");
	struct settings settings;

	conf_file_load(file, rows, &settings, sizeof(settings));
	assert_problems(file, "f: the option \"listen\" is required\n"
			      "f:2: \"domains.name\" expects a string, found an integer\n"
			      "f:3: the option \"domains.name\" is required");
	conf_settings_clear(rows, &settings, sizeof(settings));
}

/* A problem is placed by the address of what it is about. */
static void test_places(void)
{
	MR_AUTO(conf_file)
	file = read_text("listen = \"x\";\n"
			 "networks = (\"a\",\n"
			 "\"b\");\n"
			 "sign = {\n"
			 "table = \"t\"; };\n"
			 "domains = (\n"
			 "{ name = \"one\"; },\n"
			 "{\n"
			 "keys = (\n"
			 "{ file = \"f\";\n"
			 "selector = \"s\"; } );\n"
			 "name = \"two\"; } );\n");
	struct settings settings;
	struct domain *domain;
	struct key *key;

	conf_file_load(file, rows, &settings, sizeof(settings));
	domain = &g_array_index(settings.domains, struct domain, 1);
	key = &g_array_index(domain->keys, struct key, 0);
	conf_file_problem(file, &domain->name, "name %d", 12);
	conf_file_problem(file, &domain->keys, "keys");
	conf_file_problem(file, &key->selector, "selector");
	conf_file_problem(file, &key->file, "file");
	conf_file_problem(file, &settings.domains, "domains");
	conf_file_problem(file, &settings.sign.table, "table");
	conf_file_problem(file, &settings.networks[1], "b");
	conf_file_problem(file, &settings.networks[0], "a");
	conf_file_problem(file, &settings.count, "count");
	conf_file_problem(file, NULL, "no line");
	conf_file_warning(file, &settings.common.listen, "listen %s", "warns\nme");
	conf_file_warning(file, NULL, "no line");
	assert_problems(file, "f: count\nf: no line\nf:2: a\nf:3: b\nf:5: table\nf:6: domains\n"
			      "f:9: keys\nf:10: file\nf:11: selector\nf:12: name 12");
	g_assert_cmpuint(conf_file_warnings(file)->len, ==, 2);
	g_assert_cmpstr(g_ptr_array_index(conf_file_warnings(file), 0), ==, "f:1: listen warns me");
	g_assert_cmpstr(g_ptr_array_index(conf_file_warnings(file), 1), ==, "f: no line");
	conf_settings_clear(rows, &settings, sizeof(settings));
}

/* A group has its first member's address; the line is its own when that member is not given. */
static void test_group_places(void)
{
	MR_AUTO(conf_file)
	file = read_text("listen = \"x\";\n"
			 "domains = ( { name = \"one\"; },\n"
			 "{ keys = (); } );\n");
	struct settings settings;

	conf_file_load(file, rows, &settings, sizeof(settings));
	conf_file_problem(file, &g_array_index(settings.domains, struct domain, 0), "first");
	conf_file_problem(file, &g_array_index(settings.domains, struct domain, 1), "second");
	assert_problems(file, "f:2: first\nf:3: the option \"domains.name\" is required\n"
			      "f:3: second");
	g_assert_false(
		conf_file_given(file, &g_array_index(settings.domains, struct domain, 1).name));
	conf_settings_clear(rows, &settings, sizeof(settings));
}

static void test_single_string_is_a_list(void)
{
	MR_AUTO(conf_file) file = read_text("listen = \"x\";\nnetworks = \"a\";");
	struct settings settings;

	conf_file_load(file, rows, &settings, sizeof(settings));
	g_assert_cmpuint(g_strv_length(settings.networks), ==, 1);
	conf_file_problem(file, &settings.networks[0], "a");
	assert_problems(file, "f:2: a");
	conf_settings_clear(rows, &settings, sizeof(settings));
}

static void test_describe(void)
{
	g_autoptr(GString) text = g_string_new(NULL);

	conf_rows_describe(rows, text);
	g_assert_cmpstr(text->str, ==,
			"listen\tstring\trequired\t-\tWhere.\n"
			"socket_mode\tmode\t\"0660\"\t-\tMode.\n"
			"local\tboolean\ttrue\t-\tLocal.\n"
			"count\tinteger\t3\t1..10\tCount.\n"
			"expire\tduration\t\"5d\"\t1m..\tExpire.\n"
			"size\tsize\t\"64k\"\t-\tSize.\n"
			"on_failure\tchoice\t\"accept\"\ttempfail|accept\tFailure.\n"
			"networks\tlist of strings\t[\"127.0.0.0/8\"]\t-\tNetworks.\n"
			"sign\tgroup\t-\t-\tSign.\n"
			"sign.authenticated\tboolean\ttrue\t-\tAuthenticated.\n"
			"sign.table\tstring\trequired\t-\tTable.\n"
			"domains\tlist of groups\t-\t-\tDomains.\n"
			"domains.name\tstring\trequired\t-\tName.\n"
			"domains.keys\tlist of groups\t-\t-\tKeys.\n"
			"domains.keys.selector\tstring\trequired\t-\tSelector.\n"
			"domains.keys.file\tstring\t\"none\"\t-\tFile.\n");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/conf/load/defaults", test_defaults);
	g_test_add_func("/conf/load/values", test_values);
	g_test_add_func("/conf/load/mistakes", test_mistakes);
	g_test_add_func("/conf/load/required", test_required);
	g_test_add_func("/conf/load/places", test_places);
	g_test_add_func("/conf/load/group-places", test_group_places);
	g_test_add_func("/conf/load/single-string", test_single_string_is_a_list);
	g_test_add_func("/conf/load/describe", test_describe);
	return g_test_run();
}
