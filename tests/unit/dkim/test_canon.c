/* SPDX-License-Identifier: BSD-2-Clause */

#include <string.h>

#include "shared/dkim/canon.h"

static struct slice slice_of(const char *text)
{
	return (struct slice){ text, strlen(text) };
}

static void test_header(void)
{
	static const struct {
		const char *what;
		enum dkim_canon canon;
		const char *name, *value, *expected;
	} cases[] = {
		{ "RFC 6376 3.4.5 relaxed A", DKIM_CANON_RELAXED, "A", " X", "a:X\r\n" },
		{ "RFC 6376 3.4.5 relaxed B", DKIM_CANON_RELAXED, "B ", " Y\t\r\n\tZ  ",
		  "b:Y Z\r\n" },
		{ "RFC 6376 3.4.5 simple A", DKIM_CANON_SIMPLE, "A", " X", "A: X\r\n" },
		{ "RFC 6376 3.4.5 simple B", DKIM_CANON_SIMPLE, "B ", " Y\t\r\n\tZ  ",
		  "B : Y\t\r\n\tZ  \r\n" },
		{ "3.4.1 a milter's fold is CRLF", DKIM_CANON_SIMPLE, "To", " a\n\tb",
		  "To: a\r\n\tb\r\n" },
		{ "3.4.1 value without blank", DKIM_CANON_SIMPLE, "To", "a", "To:a\r\n" },
		{ "3.4.1 value begins with a fold", DKIM_CANON_SIMPLE, "To", "\n a",
		  "To:\r\n a\r\n" },
		{ "3.4.2 a milter's fold", DKIM_CANON_RELAXED, "To", " a \n\t b", "to:a b\r\n" },
		{ "3.4.2 value begins with a fold", DKIM_CANON_RELAXED, "To", "\n\t a",
		  "to:a\r\n" },
		{ "3.4.2 empty value", DKIM_CANON_RELAXED, "To", "", "to:\r\n" },
		{ "3.4.2 blanks only", DKIM_CANON_RELAXED, "To", " \t \r\n ", "to:\r\n" },
		{ "3.4.2 line end without blank vanishes", DKIM_CANON_RELAXED, "To", "a\r\nb",
		  "to:ab\r\n" },
		{ "3.4.2 a bare CR is a byte", DKIM_CANON_RELAXED, "To", " a\rb \r",
		  "to:a\rb \r\r\n" },
		{ "3.4.2 tabs after the name", DKIM_CANON_RELAXED, "SubJect \t", "  AbC\t",
		  "subject:AbC\r\n" },
		{ "3.4.2 no break space is no blank", DKIM_CANON_RELAXED, "To", " \xc2\xa0 a",
		  "to:\xc2\xa0 a\r\n" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) out = g_string_new("before");

		g_test_message("%s", cases[i].what);
		dkim_canon_header(cases[i].canon, slice_of(cases[i].name), slice_of(cases[i].value),
				  out);
		g_assert_true(g_str_has_prefix(out->str, "before"));
		g_assert_cmpstr(out->str + 6, ==, cases[i].expected);
		g_assert_cmpuint(out->len, ==, 6 + strlen(cases[i].expected));
	}
}

static void test_pair(void)
{
	static const struct {
		const char *text;
		bool ok;
		enum dkim_canon header, body;
	} cases[] = {
		{ "relaxed/simple", true, DKIM_CANON_RELAXED, DKIM_CANON_SIMPLE },
		{ "relaxed", true, DKIM_CANON_RELAXED, DKIM_CANON_SIMPLE },
		{ "simple/relaxed", true, DKIM_CANON_SIMPLE, DKIM_CANON_RELAXED },
		{ "RELAXED/Relaxed", true, DKIM_CANON_RELAXED, DKIM_CANON_RELAXED },
		{ "", false },
		{ "/", false },
		{ "relaxed/", false },
		{ "/simple", false },
		{ "relaxed/simple/simple", false },
		{ "relax", false },
		{ "relaxed /simple", false },
		{ "nowsp", false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		enum dkim_canon header, body;
		bool ok = dkim_canon_pair_from_string(slice_of(cases[i].text), &header, &body);

		g_test_message("RFC 6376 3.5 c=%s", cases[i].text);
		g_assert_cmpint(ok, ==, cases[i].ok);
		if (ok) {
			g_assert_cmpint(header, ==, cases[i].header);
			g_assert_cmpint(body, ==, cases[i].body);
		}
	}
	g_assert_cmpstr(dkim_canon_to_string(DKIM_CANON_RELAXED), ==, "relaxed");
	g_assert_cmpstr(dkim_canon_to_string(DKIM_CANON_SIMPLE), ==, "simple");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dkim/canon/header", test_header);
	g_test_add_func("/dkim/canon/pair", test_pair);
	return g_test_run();
}
