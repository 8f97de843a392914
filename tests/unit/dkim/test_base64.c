/* SPDX-License-Identifier: BSD-2-Clause */

#include <string.h>

#include "shared/dkim/base64.h"

static void test_decode(void)
{
	static const struct {
		const char *text;
		const char *bytes; /* NULL: refused */
	} cases[] = {
		{ "", "" },
		{ " \r\n\t", "" },
		{ "Zg==", "f" },
		{ "Zm8=", "fo" },
		{ "Zm9v", "foo" },
		{ "Zm9vYmFy", "foobar" },
		{ "Z m\r\n\t9v\nYmFy ", "foobar" },
		{ "Zg = = ", "f" },
		{ "Zg", "f" },
		{ "Zm8", "fo" },
		{ "Zm9vYg=", "foob" },
		{ "+/+/", "\xfb\xff\xbf" },
		{ "Z", NULL },
		{ "Zm9vY", NULL },
		{ "Zh==", NULL }, /* bits left over */
		{ "Zm9=", NULL },
		{ "Zg===", NULL },
		{ "Zg==Zg==", NULL },
		{ "Zm9v.", NULL },
		{ "Zm9v-_", NULL },
		{ "Zm9v;", NULL },
		{ "Zm9v\x80", NULL },
		{ "Zm9vYmFyZm9vYmFy", NULL }, /* over the maximum */
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GByteArray) bytes = g_byte_array_new();
		g_autofree char *escaped = g_strescape(cases[i].text, NULL);
		struct slice text = { cases[i].text, strlen(cases[i].text) };
		size_t expected = cases[i].bytes == NULL ? 0 : strlen(cases[i].bytes);

		g_test_message("RFC 4648 \"%s\"", escaped);
		g_byte_array_append(bytes, (const guint8 *)"=", 1);
		g_assert_cmpint(dkim_base64_decode(text, 8, bytes), ==, cases[i].bytes != NULL);
		g_assert_cmpuint(bytes->len, ==, 1 + expected);
		if (expected > 0)
			g_assert_true(memcmp(bytes->data + 1, cases[i].bytes, expected) == 0);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dkim/base64/decode", test_decode);
	return g_test_run();
}
