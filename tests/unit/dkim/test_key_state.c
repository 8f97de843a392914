/* SPDX-License-Identifier: BSD-2-Clause */

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "shared/base/error.h"
#include "shared/dkim/key_state.h"

static const char whole[] =
	"# selector               stage      since                ttl    seen\n"
	"r20261101                retired    2026-11-23T10:00:00Z 3600   2026-11-01T09:30:00Z\n"
	"r20261123                active     2026-11-23T10:00:00Z 300    2026-11-23T08:50:00Z\n"
	"a.b_c-d                  published  2026-11-23T08:00:00Z 0      -\n";

static void test_parse(void)
{
	g_autoptr(GPtrArray) lives = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *again = NULL;
	const struct dkim_key_life *life;

	dkim_key_state_parse("s", whole, strlen(whole), &lives, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(lives->len, ==, 3);
	life = dkim_key_state_find(lives, "r20261101");
	g_assert_cmpint(life->stage, ==, DKIM_KEY_RETIRED);
	g_assert_cmpint(life->since, ==, 1795428000);
	g_assert_cmpint(life->ttl, ==, 3600);
	g_assert_cmpint(life->seen, ==, 1793525400);
	life = dkim_key_state_find(lives, "a.b_c-d");
	g_assert_cmpint(life->stage, ==, DKIM_KEY_PUBLISHED);
	g_assert_cmpint(life->ttl, ==, 0);
	g_assert_cmpint(life->seen, ==, 0);
	g_assert_null(dkim_key_state_find(lives, "r2026112"));

	again = dkim_key_state_format(lives);
	g_assert_cmpstr(again, ==, whole);
}

static void test_lenient(void)
{
	static const struct {
		const char *name, *text;
		guint n;
	} cases[] = {
		{ "empty", "", 0 },
		{ "comments and blank lines", "\n # x\n\t\n#", 0 },
		{ "no fifth column", "a active 2026-11-23T10:00:00Z 60\n", 1 },
		{ "no last newline", "a active 2026-11-23T10:00:00Z 60 -", 1 },
		{ "tabs and CR", "\ta\tactive  2026-11-23T10:00:00Z\t60\t-\r\n", 1 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GPtrArray) lives = NULL;
		g_autoptr(GError) error = NULL;

		g_test_message("%s", cases[i].name);
		dkim_key_state_parse("s", cases[i].text, strlen(cases[i].text), &lives, &error);
		g_assert_no_error(error);
		g_assert_cmpuint(lives->len, ==, cases[i].n);
	}
}

static void test_errors(void)
{
	static const struct {
		const char *name, *text, *message;
	} cases[] = {
		{ "too few columns", "a active 2026-11-23T10:00:00Z\n", "s:1: needs *" },
		{ "too many columns", "\na active 2026-11-23T10:00:00Z 1 - x\n", "s:2: needs *" },
		{ "far too many columns", "a b c d e f g h i j\n", "s:1: needs *" },
		{ "path as selector", "../a active 2026-11-23T10:00:00Z 1\n", "s:1: *selector" },
		{ "twice", "a active 2026-11-23T10:00:00Z 1\na retired 2026-11-23T10:00:00Z 1\n",
		  "s:2: *above*" },
		{ "stage", "a Active 2026-11-23T10:00:00Z 1\n", "s:1: a stage *" },
		{ "time of another zone", "a active 2026-11-23T10:00:00+1 1\n",
		  "s:1: not a time *" },
		{ "no such day", "a active 2026-02-30T10:00:00Z 1\n", "s:1: not a time *" },
		{ "the epoch", "a active 1970-01-01T00:00:00Z 1\n", "s:1: not a time *" },
		{ "since never", "a active - 1\n", "s:1: not a time *" },
		{ "TTL", "a active 2026-11-23T10:00:00Z 1h\n", "s:1: not a TTL" },
		{ "RFC 2181 8: TTL", "a active 2026-11-23T10:00:00Z 2147483648\n",
		  "s:1: not a TTL" },
		{ "seen", "a active 2026-11-23T10:00:00Z 1 yes\n", "s:1: neither *" },
		{ "control byte", "a active\x01 2026-11-23T10:00:00Z 1\n", "s:1: a byte *" },
		{ "not ASCII", "a\xc3\xa4 active 2026-11-23T10:00:00Z 1\n", "s:1: a byte *" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		GPtrArray *lives = NULL;
		g_autoptr(GError) error = NULL;

		g_test_message("%s", cases[i].name);
		g_assert_false(dkim_key_state_parse("s", cases[i].text, strlen(cases[i].text),
						    &lives, &error));
		g_assert_error(error, MR_ERROR, MR_ERROR_CONFIG);
		g_test_message("%s", error->message);
		g_assert_true(g_pattern_match_simple(cases[i].message, error->message));
		g_assert_null(lives);
	}
	/* NUL is a byte like any other */
	g_assert_false(dkim_key_state_parse("s", "a\0b", 3, &(GPtrArray *){ NULL }, NULL));
}

static void test_file(void)
{
	g_autofree char *folder = g_dir_make_tmp("millrace-state-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, DKIM_STATE_FILE, NULL);
	g_autoptr(GPtrArray) lives = dkim_key_state_new(), read = NULL;
	g_autoptr(GError) error = NULL;
	GPtrArray *none = lives;

	g_assert_true(dkim_key_state_read(path, &none, NULL));
	g_assert_null(none);

	dkim_key_state_add(lives, "r1", DKIM_KEY_ACTIVE, 1795428000)->ttl = 300;
	g_assert_true(dkim_key_state_write(path, lives, NULL));
	g_assert_true(dkim_key_state_read(path, &read, NULL));
	g_assert_cmpuint(read->len, ==, 1);
	g_assert_cmpint(dkim_key_state_find(read, "r1")->ttl, ==, 300);

	g_assert_true(g_file_set_contents(path, "damaged\n", -1, NULL));
	g_assert_false(dkim_key_state_read(path, &none, &error));
	g_assert_true(g_str_has_prefix(error->message, path));
	g_assert_cmpint(g_unlink(path), ==, 0);
	g_assert_cmpint(g_rmdir(folder), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dkim/key_state/parse", test_parse);
	g_test_add_func("/dkim/key_state/lenient", test_lenient);
	g_test_add_func("/dkim/key_state/errors", test_errors);
	g_test_add_func("/dkim/key_state/file", test_file);
	return g_test_run();
}
