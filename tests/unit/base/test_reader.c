/* SPDX-License-Identifier: BSD-2-Clause */

#include <glib.h>

#include "shared/base/reader.h"

static bool is_letter(unsigned char byte)
{
	return g_ascii_isalpha(byte);
}

static void test_ends(void)
{
	struct reader reader;

	reader_init(&reader, "", 0);
	g_assert_true(reader_at_end(&reader));
	g_assert_cmpint(reader_peek(&reader), ==, -1);
	g_assert_cmpint(reader_next(&reader), ==, -1);
	g_assert_false(reader_skip_text_nocase(&reader, "a"));
	g_assert_cmpuint(reader_take_until(&reader, ';').length, ==, 0);
}

static void test_takes(void)
{
	struct reader reader;
	g_autofree char *word = NULL;

	reader_init(&reader, "Abc=12;rest", 11);
	word = slice_dup(reader_take_while(&reader, is_letter));
	g_assert_cmpstr(word, ==, "Abc");
	g_assert_true(reader_skip_byte(&reader, '='));
	g_assert_cmpuint(reader_take_until(&reader, ';').length, ==, 2);
	g_assert_true(reader_skip_byte(&reader, ';'));
	g_assert_true(reader_skip_text_nocase(&reader, "RE"));
	g_assert_cmpuint(reader_take_until(&reader, ';').length, ==, 2);
	g_assert_true(reader_at_end(&reader));
}

static void test_numbers(void)
{
	static const struct {
		const char *text;
		unsigned long long maximum, number;
		bool ok;
	} cases[] = {
		{ "0", 10, 0, true },
		{ "10", 10, 10, true },
		{ "11", 10, 0, false },
		{ "", 10, 0, false },
		{ "x", 10, 0, false },
		{ "18446744073709551615", G_MAXUINT64, G_MAXUINT64, true },
		{ "18446744073709551616", G_MAXUINT64, 0, false },
		{ "99999999999999999999", G_MAXUINT64, 0, false },
		{ "5", 3, 0, false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		unsigned long long number = 0;
		struct reader reader;

		reader_init(&reader, cases[i].text, strlen(cases[i].text));
		g_assert_cmpint(reader_take_number(&reader, cases[i].maximum, &number), ==,
				cases[i].ok);
		g_assert_cmpuint(number, ==, cases[i].number);
		if (!cases[i].ok)
			g_assert_cmpuint(reader.position, ==, 0);
	}
}

static void test_trim(void)
{
	g_autofree char *text = slice_dup(slice_trim((struct slice){ " \r\n\ta b\n ", 9 }));

	g_assert_cmpstr(text, ==, "a b");
	g_assert_cmpuint(slice_trim((struct slice){ " \t", 2 }).length, ==, 0);
	g_assert_true(slice_equal_nocase((struct slice){ "From", 4 }, "from"));
	g_assert_false(slice_equal_nocase((struct slice){ "Fro", 3 }, "from"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/base/reader/ends", test_ends);
	g_test_add_func("/base/reader/takes", test_takes);
	g_test_add_func("/base/reader/numbers", test_numbers);
	g_test_add_func("/base/reader/trim", test_trim);
	return g_test_run();
}
