/* SPDX-License-Identifier: BSD-2-Clause */

#include "shared/conf/internal.h"

struct quantity_case {
	const char *text;
	bool ok;
	int64_t value;
};

static void test_durations(void)
{
	static const struct quantity_case cases[] = {
		{ "0", true, 0 },
		{ "17", true, 17 },
		{ "90s", true, 90 },
		{ "10m", true, 600 },
		{ "4h", true, 14400 },
		{ "5d", true, 432000 },
		{ "2w", true, 1209600 },
		{ "5D", true, 432000 },
		{ "9223372036854775807", true, G_MAXINT64 },
		{ "9223372036854775808", false, 0 },
		{ "153722867280912931m", false, 0 },
		{ "", false, 0 },
		{ "d", false, 0 },
		{ "-5", false, 0 },
		{ "5x", false, 0 },
		{ "5 d", false, 0 },
		{ "5dd", false, 0 },
		{ "5d ", false, 0 },
		{ "1.5h", false, 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		int64_t value = 0;

		g_test_message("\"%s\"", cases[i].text);
		g_assert_cmpint(conf_parse_duration(cases[i].text, &value), ==, cases[i].ok);
		g_assert_cmpint(value, ==, cases[i].value);
	}
}

static void test_sizes(void)
{
	static const struct quantity_case cases[] = {
		{ "512", true, 512 },
		{ "64k", true, 65536 },
		{ "10M", true, 10485760 },
		{ "3g", true, 3221225472 },
		{ "9223372036854775807k", false, 0 },
		{ "1t", false, 0 },
		{ "k", false, 0 },
		{ "1kb", false, 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		int64_t value = 0;

		g_test_message("\"%s\"", cases[i].text);
		g_assert_cmpint(conf_parse_size(cases[i].text, &value), ==, cases[i].ok);
		g_assert_cmpint(value, ==, cases[i].value);
	}
}

static void test_modes(void)
{
	static const struct quantity_case cases[] = {
		{ "0660", true, 0660 }, { "600", true, 0600 }, { "7777", true, 07777 },
		{ "10000", false, 0 },	{ "0680", false, 0 },  { "", false, 0 },
		{ "u=rw", false, 0 },	{ "-660", false, 0 },  { "0x1ff", false, 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		int64_t value = 0;

		g_test_message("\"%s\"", cases[i].text);
		g_assert_cmpint(conf_parse_mode(cases[i].text, &value), ==, cases[i].ok);
		g_assert_cmpint(value, ==, cases[i].value);
	}
}

static void test_formats(void)
{
	static const struct {
		enum conf_type type;
		int64_t value;
		const char *text;
	} cases[] = {
		{ CONF_DURATION, 0, "0" },    { CONF_DURATION, 432000, "5d" },
		{ CONF_DURATION, 90, "90s" }, { CONF_SIZE, 65536, "64k" },
		{ CONF_SIZE, 1000, "1000" },  { CONF_MODE, 0660, "0660" },
		{ CONF_INT, -3, "-3" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = conf_format_quantity(cases[i].type, cases[i].value);

		g_assert_cmpstr(text, ==, cases[i].text);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/conf/quantity/durations", test_durations);
	g_test_add_func("/conf/quantity/sizes", test_sizes);
	g_test_add_func("/conf/quantity/modes", test_modes);
	g_test_add_func("/conf/quantity/formats", test_formats);
	return g_test_run();
}
