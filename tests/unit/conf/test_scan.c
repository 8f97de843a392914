/* SPDX-License-Identifier: BSD-2-Clause */

#include <string.h>

#include "shared/conf/internal.h"

static void test_flaws(void)
{
	static const struct {
		const char *text;
		bool found;
		enum conf_flaw flaw;
		unsigned line;
		const char *words;
	} cases[] = {
		{ "a = 2147483647;", .found = false },
		{ "a = 2147483648;", true, CONF_FLAW_NUMBER, 1, "2147483648" },
		{ "a = -2147483648;", .found = false },
		{ "\na = -2147483649;", true, CONF_FLAW_NUMBER, 2, "2147483649" },
		{ "a = 2147483648L;", .found = false },
		{ "a = 9223372036854775808L;", true, CONF_FLAW_NUMBER, 1, "9223372036854775808L" },
		{ "a = 0x7fffffff;", .found = false },
		{ "a = 0xFFFFFFFF;", true, CONF_FLAW_NUMBER, 1, "0xFFFFFFFF" },
		{ "a = 0xFFFFFFFFL;", .found = false },
		{ "a = 99999999999.5;", .found = false },
		{ "a = .99999999999;", .found = false },
		{ "a = 99999999999e1;", .found = false },
		{ "name_99999999999 = 1;", .found = false },
		{ "# 99999999999\n// 99999999999\n/* 99999999999\n**/", .found = false },
		{ "/* \n */ 99999999999", true, CONF_FLAW_NUMBER, 2, "99999999999" },
		{ "/* 99999999999", .found = false },
		{ "\"99999999999\\\" 99999999999\"", .found = false },
		{ "\"\n\\\n\"\n@include \"x\"", true, CONF_FLAW_INCLUDE, 4, "@" },
		{ "\"\n@include\"", .found = false },
		{ "\"a\\x00b\"", true, CONF_FLAW_NUL, 1, "\"a\\x00" },
		{ "\"a\\\\x00b\"", .found = false },
		{ "\"", .found = false },
		{ "", .found = false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct conf_scan scan;
		struct slice words;
		enum conf_flaw flaw;

		g_test_message("%s", cases[i].text);
		conf_scan_init(&scan, cases[i].text, strlen(cases[i].text));
		g_assert_cmpint(conf_scan_next(&scan, &flaw, &words), ==, cases[i].found);
		if (!cases[i].found)
			continue;
		g_assert_cmpint(flaw, ==, cases[i].flaw);
		g_assert_cmpuint(scan.line, ==, cases[i].line);
		g_assert_true(slice_equal_nocase(words, cases[i].words));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/conf/scan/flaws", test_flaws);
	return g_test_run();
}
