/* SPDX-License-Identifier: BSD-2-Clause */

#include <string.h>

#include "milters/dkim-sign/survivability.h"

#define ALL(action)                                                                                \
	{                                                                                          \
		.long_line = action, .eight_bit = action, .bare_newline = action,                  \
		.bad_from = action, .name_space = action, .large_header = action,                  \
		.next_hop_7bit = true, .header_limit = 3000,                                       \
	}

static const struct sign_survivability_settings log_all = ALL(SIGN_SURVIVAL_LOG);
static const struct sign_survivability_settings ignore_all = ALL(SIGN_SURVIVAL_IGNORE);
static const struct sign_survivability_settings strip_all = ALL(SIGN_SURVIVAL_STRIP);
static const struct sign_survivability_settings tempfail_all = ALL(SIGN_SURVIVAL_TEMPFAIL);

static void feed(struct sign_survivability *survivability, const GString *body, size_t chunk)
{
	for (size_t at = 0; at < body->len; at += chunk)
		sign_survivability_body(survivability, (const unsigned char *)body->str + at,
					MIN(chunk, body->len - at));
	sign_survivability_finish(survivability);
}

static char *hazards_of(const struct sign_survivability *survivability)
{
	GString *text = g_string_new(NULL);

	sign_hazards_format(sign_survivability_found(survivability), text);
	return g_string_free(text, FALSE);
}

/* "@N" in a case's body stands for N times 'x', "@@" for NUL. */
static GString *expand(const char *pattern)
{
	GString *body = g_string_new(NULL);

	while (*pattern) {
		char *end;

		if (*pattern != '@') {
			g_string_append_c(body, *pattern++);
		} else if (pattern[1] == '@') {
			g_string_append_c(body, '\0');
			pattern += 2;
		} else {
			guint64 n = g_ascii_strtoull(pattern + 1, &end, 10);

			while (n-- > 0)
				g_string_append_c(body, 'x');
			pattern = end;
		}
	}
	return body;
}

static void test_bodies(void)
{
	static const struct {
		const char *name, *body, *hazards;
	} cases[] = {
		{ "empty", "", "" },
		{ "plain", "a\r\nb\r\n\r\n", "" },
		{ "no final line end", "a\r\nb", "" },
		{ "many lines", "@900\r\n@70\r\n@998\r\n\r\n@500\r\n@998\r\n@3\r\n", "" },
		{ "rfc5322-2.1.1 998 octets", "@998\r\n", "" },
		{ "rfc5322-2.1.1 999 octets", "@999\r\n", "long_line" },
		{ "998 octets at the end", "a\r\n@998", "" },
		{ "999 octets at the end", "a\r\n@999", "long_line" },
		{ "a long line after short ones", "a\r\n@70\r\n@1500\r\nb\r\n", "long_line" },
		{ "rfc6376-5.3 8-bit", "gr\xc3\xbc\xc3\x9f\r\n", "eight_bit" },
		{ "8-bit first", "\xff\r\n", "eight_bit" },
		{ "8-bit last", "@200\r\n\x80", "eight_bit" },
		{ "bare LF", "a\nb\r\n", "bare_newline" },
		{ "LF first", "\na\r\n", "bare_newline" },
		{ "bare CR", "a\rb\r\n", "bare_newline" },
		{ "CR last", "a\r\nb\r", "bare_newline" },
		{ "CR CR LF", "a\r\r\nb", "bare_newline" },
		{ "LF CR", "a\n\rb", "bare_newline" },
		{ "bare LF far in", "@300\r\n@150\n@300\r\n", "bare_newline" },
		{ "bare CR far in", "@300\r\n@150\r@300\r\n", "bare_newline" },
		{ "NUL", "a@@b\r\n", "bare_newline" },
		{ "all of them", "@1200\xe4\n", "long_line,eight_bit,bare_newline" },
	};
	MR_AUTO(sign_survivability) survivability = sign_survivability_new();

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		GString *body = expand(cases[i].body);

		g_test_message("%s", cases[i].name);
		for (size_t chunk = 1; chunk <= body->len + 1; chunk++) {
			g_autofree char *hazards = NULL;

			sign_survivability_reset(survivability, &log_all);
			feed(survivability, body, chunk);
			hazards = hazards_of(survivability);
			g_assert_cmpstr(hazards, ==, cases[i].hazards);
		}
		sign_survivability_reset(survivability, &ignore_all);
		feed(survivability, body, 64);
		g_assert_cmpuint(sign_survivability_found(survivability), ==, 0);
		g_string_free(body, TRUE);
	}
}

static void see_field(struct sign_survivability *survivability, const char *name, const char *value)
{
	g_autofree char *text = g_strdup(value);
	const struct mail_field field = { { name, strlen(name) }, { text, strlen(text) } };

	sign_survivability_field(survivability, &field);
}

static void test_fields(void)
{
	static const struct {
		const char *name, *field, *value, *hazards;
	} cases[] = {
		{ "plain", "Subject", " hello", "" },
		{ "empty", "X-Empty", "", "" },
		{ "rfc5322-4.5 blank before colon", "Subject ", " hello", "name_space" },
		{ "tab before colon", "Subject\t", " hello", "name_space" },
		{ "998 octets with name and colon", "X", "@996", "" },
		{ "999 octets with name and colon", "X", "@997", "long_line" },
		{ "folded", "X", "@900\n @900", "" },
		{ "folded CRLF", "X", "@996\r\n @997\r\n x", "" },
		{ "folded, long second line", "X", " a\n @998", "long_line" },
		{ "folded, long first line", "X", "@997\n a", "long_line" },
		{ "over the limit", "X", "@900\n @900\n @900\n @293", "large_header" },
		{ "at the limit", "X", "@900\n @900\n @900\n @292", "" },
		{ "bare CR", "X", " a\rb", "bare_newline" },
		{ "CR last", "X", " a\r", "bare_newline" },
		{ "CR of a fold", "X", " a\r\n b", "" },
	};
	MR_AUTO(sign_survivability) survivability = sign_survivability_new();

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		GString *value = expand(cases[i].value);
		g_autofree char *hazards = NULL;

		g_test_message("%s", cases[i].name);
		sign_survivability_reset(survivability, &log_all);
		see_field(survivability, cases[i].field, value->str);
		hazards = hazards_of(survivability);
		g_assert_cmpstr(hazards, ==, cases[i].hazards);
		g_assert_null(sign_survivability_stripped(survivability)[0]);
		sign_survivability_reset(survivability, &ignore_all);
		see_field(survivability, cases[i].field, value->str);
		g_assert_cmpuint(sign_survivability_found(survivability), ==, 0);
		g_string_free(value, TRUE);
	}
}

static void test_stripped(void)
{
	MR_AUTO(sign_survivability) survivability = sign_survivability_new();
	const char *const *names;

	sign_survivability_reset(survivability, &strip_all);
	see_field(survivability, "Subject ", " a");
	see_field(survivability, "To", " a");
	see_field(survivability, "SUBJECT\t", " b");
	see_field(survivability, "Reply-To ", " a");
	see_field(survivability, "From ", " a");
	names = sign_survivability_stripped(survivability);
	g_assert_cmpstr(names[0], ==, "subject");
	g_assert_cmpstr(names[1], ==, "reply-to");
	g_assert_null(names[2]);
	g_assert_cmpuint(sign_survivability_fatal(survivability), ==, 0);
	sign_survivability_reset(survivability, &strip_all);
	g_assert_null(sign_survivability_stripped(survivability)[0]);
}

static void test_fatal(void)
{
	struct sign_survivability_settings mixed = log_all;
	MR_AUTO(sign_survivability) survivability = sign_survivability_new();

	sign_survivability_reset(survivability, &tempfail_all);
	sign_survivability_bad_from(survivability);
	see_field(survivability, "Subject ", " a");
	g_assert_cmpuint(sign_survivability_fatal(survivability), ==,
			 1u << SIGN_HAZARD_BAD_FROM | 1u << SIGN_HAZARD_NAME_SPACE);
	mixed.name_space = SIGN_SURVIVAL_TEMPFAIL;
	sign_survivability_reset(survivability, &mixed);
	sign_survivability_bad_from(survivability);
	g_assert_cmpuint(sign_survivability_fatal(survivability), ==, 0);
	see_field(survivability, "Subject ", " a");
	g_assert_cmpuint(sign_survivability_fatal(survivability), ==, 1u << SIGN_HAZARD_NAME_SPACE);
}

static void test_declared_eight_bit(void)
{
	static const struct {
		const char *name, *header;
		bool found;
	} cases[] = {
		{ "rfc2045-6.2 declared", "MIME-Version: 1.0\nContent-Transfer-Encoding: 8BIT\n\n",
		  false },
		{ "binary", "MIME-Version: 1.0\nContent-Transfer-Encoding: binary\n\n", false },
		{ "7bit", "MIME-Version: 1.0\nContent-Transfer-Encoding: 7bit\n\n", true },
		{ "no encoding", "MIME-Version: 1.0\n\n", true },
		{ "rfc2045-4 no MIME-Version", "Content-Transfer-Encoding: 8bit\n\n", true },
	};
	struct sign_survivability_settings settings = log_all;
	struct mail_header *header = mail_header_new();
	MR_AUTO(sign_survivability) survivability = sign_survivability_new();

	settings.next_hop_7bit = false;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct slice text = { cases[i].header, strlen(cases[i].header) }, body;

		g_test_message("%s", cases[i].name);
		mail_header_reset(header);
		g_assert_true(mail_header_parse_message(header, text, &body));
		sign_survivability_reset(survivability, &settings);
		sign_survivability_end_of_header(survivability, header);
		sign_survivability_body(survivability, (const unsigned char *)"\xc3\xbc\r\n", 4);
		g_assert_cmpint(sign_survivability_found(survivability) != 0, ==, cases[i].found);
	}
	mail_header_free(header);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dkim-sign/survivability/bodies", test_bodies);
	g_test_add_func("/dkim-sign/survivability/fields", test_fields);
	g_test_add_func("/dkim-sign/survivability/stripped", test_stripped);
	g_test_add_func("/dkim-sign/survivability/fatal", test_fatal);
	g_test_add_func("/dkim-sign/survivability/declared-eight-bit", test_declared_eight_bit);
	return g_test_run();
}
