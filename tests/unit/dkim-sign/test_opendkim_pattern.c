/* SPDX-License-Identifier: BSD-2-Clause */

#include <glib.h>
#include <string.h>

#include "milters/dkim-sign/opendkim_pattern.h"

static void test_normalise(void)
{
	static const struct {
		const char *written, *pattern; /* NULL: refused */
	} cases[] = {
		{ "Ann@Example.COM", "ann@example.com" },
		{ "*@*.Example.com", "*@*.example.com" },
		{ ".Example.com", ".example.com" },
		{ "*", "*" },
		{ "a@.", "a@." },
		{ "b\xc3\xbc"
		  "cher.example",
		  "xn--bcher-kva.example" },
		{ "\xc3\x84@*.b\xc3\xbc"
		  "cher.example.",
		  "\xc3\x84@*.xn--bcher-kva.example." },
		{ "a@b.c@B\xc3\x9c"
		  "CHER.example",
		  "a@b.c@xn--bcher-kva.example" },
		{ "b\xc3\xbc*.example", NULL },
		{ "a@\xe2\x80\xae.example", NULL },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct slice written = { cases[i].written, strlen(cases[i].written) };
		g_autofree char *pattern = NULL;
		bool ok = opendkim_pattern_normalise(written, &pattern, NULL);

		g_test_message("%s", cases[i].written);
		g_assert_cmpstr(pattern, ==, cases[i].pattern);
		g_assert_cmpint(ok, ==, cases[i].pattern != NULL);
	}
}

static void test_matches(void)
{
	static const struct {
		const char *pattern, *address;
		bool matches;
	} cases[] = {
		{ "*", "a@b", true },
		{ "*", "", true },
		{ "", "", true },
		{ "", "a", false },
		{ "*@b.c", "a@b.c", true },
		{ "*@b.c", "a@xb.c", false },
		{ "*@b.c", "a@b.c.d", false },
		{ "*@b.c", "a@bxc", false },
		{ "*@*.c", "a@b.c", true },
		{ "*@*.c", "a@c", false },
		{ "a*@*c", "ab@bc", true },
		{ "a*@*c", "b@bc", false },
		{ "a**b", "ab", true },
		{ "*a*a*", "xaxa", true },
		{ "*a*a*a", "xaxa", false },
		{ "*aab", "aaab", true },
		{ "a+b", "a+b", true },
		{ "a+b", "aab", false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_test_message("%s on %s", cases[i].pattern, cases[i].address);
		g_assert_cmpint(opendkim_pattern_matches(cases[i].pattern, cases[i].address), ==,
				cases[i].matches);
	}
}

static void test_is_regex(void)
{
	g_assert_true(opendkim_pattern_is_regex("[ab]@c"));
	g_assert_true(opendkim_pattern_is_regex("a|b"));
	g_assert_true(opendkim_pattern_is_regex("^a"));
	g_assert_true(opendkim_pattern_is_regex("a?"));
	g_assert_false(opendkim_pattern_is_regex("*+a.b_c-d=%@e"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dkim-sign/opendkim-pattern/normalise", test_normalise);
	g_test_add_func("/dkim-sign/opendkim-pattern/matches", test_matches);
	g_test_add_func("/dkim-sign/opendkim-pattern/is-regex", test_is_regex);
	return g_test_run();
}
