/* SPDX-License-Identifier: BSD-2-Clause */

#include <glib.h>
#include <string.h>

#include "shared/milter/packet.h"

#define BYTES(text) (const unsigned char *)(text), sizeof(text) - 1

static const struct {
	const char *name;
	const unsigned char *bytes;
	size_t length;
	bool good;
} cases[] = {
	{ "no macros", BYTES("\0\0\0\2DM"), true },
	{ "a pair", BYTES("\0\0\0\6DMi\0v\0"), true },
	{ "two pairs",
	  BYTES("\0\0\0\x0a"
		"DMi\0v\0j\0w\0"),
	  true },
	{ "empty name and value", BYTES("\0\0\0\4DM\0\0"), true },
	{ "no string that ends", BYTES("\0\0\0\4DMii"), true },
	{ "name alone", BYTES("\0\0\0\4DMi\0"), false },
	{ "value without end", BYTES("\0\0\0\6DMi\0vv"), false },
	{ "three strings", BYTES("\0\0\0\5DM\0\0\0"), false },
	{ "another command", BYTES("\0\0\0\3Hx\0"), true },
	{ "after another command",
	  BYTES("\0\0\0\3Hx\0"
		"\0\0\0\4DMi\0"),
	  false },
	{ "after pairs",
	  BYTES("\0\0\0\6DMi\0v\0"
		"\0\0\0\4DMi\0"),
	  false },
	{ "another command after pairs",
	  BYTES("\0\0\0\6DMi\0v\0"
		"\0\0\0\3Hx\0"),
	  true },
	{ "command in data",
	  BYTES("\0\0\0\x0a"
		"B\0\0\0\4DMi\0D"),
	  true },
	{ "without data",
	  BYTES("\0\0\0\1D"
		"\0\0\0\1E"),
	  true },
	{ "length 0",
	  BYTES("\0\0\0\0D"
		"\0\0\0\4DMi\0"),
	  false },
	{ "not complete", BYTES("\0\0\1\0DMi\0v"), true },
};

/* In pieces of `step` bytes. */
static bool take_all(const unsigned char *bytes, size_t length, size_t step)
{
	struct packet packet = { .have = 0 };

	for (size_t at = 0; at < length; at += step) {
		if (!packet_take(&packet, bytes + at, MIN(step, length - at)))
			return false;
	}
	return true;
}

static void test_cases(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		for (size_t step = 1; step <= cases[i].length; step++) {
			g_test_message("%s, by %zu", cases[i].name, step);
			g_assert_cmpint(take_all(cases[i].bytes, cases[i].length, step), ==,
					cases[i].good);
		}
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/milter/packet/cases", test_cases);
	return g_test_run();
}
