/* SPDX-License-Identifier: BSD-2-Clause */

#include <glib.h>
#include <string.h>

#include "shared/mail/header.h"

static struct slice slice_of(const char *text)
{
	return (struct slice){ text, strlen(text) };
}

static void assert_slice(struct slice slice, const char *expected)
{
	g_autofree char *text = slice_dup(slice);

	g_assert_cmpstr(text, ==, expected);
}

static void test_fields(void)
{
	MR_AUTO(mail_header) header = mail_header_new();

	g_assert_cmpuint(mail_header_count(header), ==, 0);
	g_assert_null(mail_header_find(header, "From"));
	g_assert_true(mail_header_add(header, slice_of("Received"), slice_of(" one")));
	g_assert_true(mail_header_add(header, slice_of("FROM \t"), slice_of("\ta@b\n\t(c)")));
	g_assert_true(mail_header_add(header, slice_of("received"), slice_of("")));
	g_assert_true(mail_header_add(header, slice_of(""), slice_of("")));
	g_assert_cmpuint(mail_header_count(header), ==, 4);
	g_assert_cmpuint(mail_header_count_named(header, "RECEIVED"), ==, 2);
	g_assert_cmpuint(mail_header_count_named(header, "Receive"), ==, 0);
	g_assert_cmpuint(mail_header_count_named(header, "Receivedd"), ==, 0);
	g_assert_true(mail_header_find(header, "Received") == mail_header_get(header, 0));
	assert_slice(mail_header_get(header, 1)->name, "FROM \t");
	assert_slice(mail_header_get(header, 1)->value, "\ta@b\n\t(c)");
	assert_slice(mail_field_bare_name(mail_header_get(header, 1)), "FROM");
	g_assert_true(mail_field_named(mail_header_get(header, 1), "From"));
	assert_slice(mail_header_get(header, 2)->value, "");
}

static void test_bytes_are_kept(void)
{
	static const char value[] = " a\0b\xff\r\n \x01";
	MR_AUTO(mail_header) header = mail_header_new();
	struct slice kept, bytes = { value, sizeof(value) - 1 };

	g_assert_true(mail_header_add(header, slice_of("X"), bytes));
	kept = mail_header_get(header, 0)->value;
	g_assert_cmpuint(kept.length, ==, bytes.length);
	g_assert_true(memcmp(kept.data, bytes.data, bytes.length) == 0);
}

/* Large and small fields mixed, over several resets: no slice moves or changes before the reset. */
static void test_slices_stay(void)
{
	MR_AUTO(mail_header) header = mail_header_new();
	g_autofree char *large = g_strnfill(40000, 'l');

	for (int round = 0; round < 3; round++) {
		struct slice first;

		mail_header_reset(header);
		g_assert_cmpuint(mail_header_count(header), ==, 0);
		g_assert_true(mail_header_add(header, slice_of("First"), slice_of(" value")));
		first = mail_header_get(header, 0)->value;
		for (int i = 0; i < 600; i++)
			g_assert_true(mail_header_add(
				header, slice_of("Name"),
				i % 100 == 50 ? slice_of(large)
					      : slice_of(" a value of some length")));
		assert_slice(first, " value");
		g_assert_true(mail_header_get(header, 0)->value.data == first.data);
		assert_slice(mail_header_get(header, 51)->value, large);
		assert_slice(mail_header_get(header, 600)->value, " a value of some length");
	}
}

/* The second message of a connection finds its buffers in place. */
static void test_buffers_are_reused(void)
{
	MR_AUTO(mail_header) header = mail_header_new();
	const char *place;

	g_assert_true(mail_header_add(header, slice_of("A"), slice_of(" first")));
	place = mail_header_get(header, 0)->name.data;
	mail_header_reset(header);
	g_assert_true(mail_header_add(header, slice_of("B"), slice_of(" second")));
	g_assert_true(mail_header_get(header, 0)->name.data == place);
}

static void test_count_ceiling(void)
{
	MR_AUTO(mail_header) header = mail_header_new();

	for (unsigned i = 0; i < MAIL_HEADER_FIELDS_MAX; i++)
		g_assert_true(mail_header_add(header, slice_of("A"), slice_of("")));
	g_assert_false(mail_header_overflowed(header));
	g_assert_false(mail_header_add(header, slice_of("A"), slice_of("")));
	g_assert_true(mail_header_overflowed(header));
	g_assert_cmpuint(mail_header_count(header), ==, MAIL_HEADER_FIELDS_MAX);
	mail_header_reset(header);
	g_assert_false(mail_header_overflowed(header));
	g_assert_true(mail_header_add(header, slice_of("A"), slice_of("")));
}

static void test_byte_ceiling(void)
{
	MR_AUTO(mail_header) header = mail_header_new();
	g_autofree char *bytes = g_strnfill(MAIL_HEADER_BYTES_MAX, 'v');
	struct slice most = { bytes, MAIL_HEADER_BYTES_MAX - 1 };

	g_assert_true(mail_header_add(header, slice_of("A"), most));
	g_assert_false(mail_header_add(header, slice_of("B"), slice_of("")));
	g_assert_false(mail_header_add(header, slice_of(""), slice_of("")));
	g_assert_cmpuint(mail_header_count(header), ==, 1);
	mail_header_reset(header);
	g_assert_false(mail_header_add(header, slice_of("AB"), most));
	g_assert_cmpuint(mail_header_count(header), ==, 0);
}

static void test_message(void)
{
	static const struct {
		const char *what, *message, *fields, *body;
	} cases[] = {
		{ "RFC 5322 A.1.1 shape", "From: a@b\r\nTo: c@d\r\n\r\nHi\r\n",
		  "From| a@b;To| c@d;", "Hi\r\n" },
		{ "LF lines", "From: a@b\nTo: c@d\n\nHi\n", "From| a@b;To| c@d;", "Hi\n" },
		{ "2.2.3 folds", "A: b\r\n\tc\r\n d\r\nE: f\n  g\n\nx",
		  "A| b\r\n\tc\r\n d;E| f\n  g;", "x" },
		{ "4.2 a fold of blanks only", "A: b\r\n \r\n c\r\n\r\nx", "A| b\r\n \r\n c;",
		  "x" },
		{ "4.5 blanks before the colon", "A \t: b\n\nx", "A \t| b;", "x" },
		{ "no blank after the colon", "A:b\nC:\n\nx", "A|b;C|;", "x" },
		{ "value begins with a fold", "A:\r\n b\r\n\r\n", "A|\r\n b;", "" },
		{ "colons in the value", "A: b:c\n\n", "A| b:c;", "" },
		{ "no body", "A: b\r\n", "A| b;", "" },
		{ "no body, no line end", "A: b", "A| b;", "" },
		{ "bare CR at the end", "A: b\r", "A| b\r;", "" },
		{ "only a body", "\r\nbody", "", "body" },
		{ "empty", "", "", "" },
		{ "mbox line", "From a@b Thu Jan  1 00:00:00 1970\nA: b\n\nx", "A| b;", "x" },
		{ "mbox line with CRLF", "From me\r\nA: b\r\n\r\nx", "A| b;", "x" },
		{ "only an mbox line", "From me", "", "" },
		{ "From with a blank is no mbox line", "From : a@b\n\n", "From | a@b;", "" },
		{ "from_ in lower case is no mbox line", "from me\nA: b\n", "", "from me\nA: b\n" },
		{ "a line that is no field", "A: b\nno field\nC: d\n\nx", "A| b;",
		  "no field\nC: d\n\nx" },
		{ "a blank line within", "A: b\n\t\n\nx", "A| b\n\t;", "x" },
		{ "begins with a continuation", " b\nA: c\n\nx", "", " b\nA: c\n\nx" },
		{ "no name", ": b\nA: c\n", "", ": b\nA: c\n" },
		{ "3.6.8 8-bit name", "\xc3\xa4: b\nA: c\n", "", "\xc3\xa4: b\nA: c\n" },
		{ "RFC 6532 8-bit value", "A: \xc3\xa4\n\n", "A| \xc3\xa4;", "" },
		{ "blank lines kept in the body", "A: b\n\n\n\nx\n\n", "A| b;", "\n\nx\n\n" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		MR_AUTO(mail_header) header = mail_header_new();
		g_autoptr(GString) fields = g_string_new(NULL);
		struct slice body;

		g_test_message("%s", cases[i].what);
		g_assert_true(mail_header_parse_message(header, slice_of(cases[i].message), &body));
		for (size_t j = 0; j < mail_header_count(header); j++) {
			const struct mail_field *field = mail_header_get(header, j);

			g_string_append_len(fields, field->name.data, (gssize)field->name.length);
			g_string_append_c(fields, '|');
			g_string_append_len(fields, field->value.data, (gssize)field->value.length);
			g_string_append_c(fields, ';');
		}
		g_assert_cmpstr(fields->str, ==, cases[i].fields);
		assert_slice(body, cases[i].body);
	}
}

static void test_message_too_large(void)
{
	MR_AUTO(mail_header) header = mail_header_new();
	g_autoptr(GString) message = g_string_new(NULL);
	struct slice body;

	for (unsigned i = 0; i <= MAIL_HEADER_FIELDS_MAX; i++)
		g_string_append(message, "A: b\n");
	g_assert_false(mail_header_parse_message(header, slice_of(message->str), &body));
	g_assert_true(mail_header_overflowed(header));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mail/header/fields", test_fields);
	g_test_add_func("/mail/header/bytes-are-kept", test_bytes_are_kept);
	g_test_add_func("/mail/header/slices-stay", test_slices_stay);
	g_test_add_func("/mail/header/buffers-are-reused", test_buffers_are_reused);
	g_test_add_func("/mail/header/count-ceiling", test_count_ceiling);
	g_test_add_func("/mail/header/byte-ceiling", test_byte_ceiling);
	g_test_add_func("/mail/header/message", test_message);
	g_test_add_func("/mail/header/message-too-large", test_message_too_large);
	return g_test_run();
}
