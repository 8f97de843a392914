/* SPDX-License-Identifier: BSD-2-Clause */

#include <glib.h>
#include <string.h>

#include "shared/dns/zone.h"
#include "tools/millrace/key_text.h"

static void test_formats(void)
{
	static const struct {
		enum key_record_format format;
		const char *value, *text;
	} cases[] = {
		{ KEY_RECORD_ZONE, "v=DKIM1; p=x",
		  "s1._domainkey.example.com.\t300\tIN\tTXT\t\"v=DKIM1; p=x\"\n" },
		{ KEY_RECORD_NSUPDATE, "v=DKIM1; p=x",
		  "update add s1._domainkey.example.com. 300 IN TXT \"v=DKIM1; p=x\"\n" },
		{ KEY_RECORD_PLAIN, "v=DKIM1; p=x",
		  "s1._domainkey.example.com TXT v=DKIM1; p=x\n" },
		{ KEY_RECORD_ZONE, "a\"b\\c",
		  "s1._domainkey.example.com.\t300\tIN\tTXT\t\"a\\\"b\\\\c\"\n" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) text = g_string_new(NULL);

		key_record_append(text, cases[i].format, "s1", "example.com", 300, cases[i].value);
		g_assert_cmpstr(text->str, ==, cases[i].text);
	}
}

/*
 * RFC 1035 3.3: what is split at 255 octets comes together again, at every length near the edges.
 */
static void test_split(void)
{
	static const unsigned lengths[] = { 1, 254, 255, 256, 400, 510, 511, 1024 };

	for (size_t i = 0; i < G_N_ELEMENTS(lengths); i++) {
		g_autoptr(GString) text = g_string_new(NULL);
		g_autofree char *value = g_strnfill(lengths[i], 'p'), *joined = NULL;
		MR_AUTO(dns_resolver) resolver = NULL;
		MR_AUTO(dns_answer) answer = NULL;
		g_autoptr(GError) error = NULL;
		size_t length;

		value[lengths[i] / 2] = '"';
		key_record_append(text, KEY_RECORD_ZONE, "s1", "example.com", 300, value);
		dns_zone_new_from_text("z", text->str, text->len, &resolver, &error);
		g_assert_no_error(error);
		answer = dns_resolve(resolver, "s1._domainkey.example.com", DNS_TXT, 1000);
		g_assert_cmpuint(answer->n_records, ==, 1);
		g_assert_true(dns_record_text(&answer->records[0], &joined, &length));
		g_assert_cmpstr(joined, ==, value);
		g_assert_cmpuint(answer->records[0].length, ==,
				 lengths[i] + (lengths[i] + 254) / 255);
	}
}

static void test_names(void)
{
	enum key_record_format format = KEY_RECORD_ZONE;

	g_assert_true(key_record_format_from_string("plain", &format));
	g_assert_cmpint(format, ==, KEY_RECORD_PLAIN);
	g_assert_false(key_record_format_from_string("Plain", &format));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/millrace/key_text/formats", test_formats);
	g_test_add_func("/millrace/key_text/split", test_split);
	g_test_add_func("/millrace/key_text/names", test_names);
	return g_test_run();
}
