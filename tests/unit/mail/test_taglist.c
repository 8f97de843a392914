/* SPDX-License-Identifier: BSD-2-Clause */

#include <glib.h>
#include <string.h>

#include "shared/mail/taglist.h"

static const struct {
	const char *what, *list;
	const char *tags; /* "name=value;" for each; a final '!' stands for malformed */
} cases[] = {
	{ "RFC 6376 3.5 shape", "v=1; a=rsa-sha256; d=example.net;",
	  "v=1;a=rsa-sha256;d=example.net;" },
	{ "3.2 no final semicolon", "a=b;c=d", "a=b;c=d;" },
	{ "3.2 white space after the final semicolon", "a=b; \t\r\n ", "a=b;" },
	{ "3.2 FWS in every place", " a\r\n\t= \r\n b \r\n ; c\t=\td", "a=b;c=d;" },
	{ "3.2 FWS inside a value stays", "b=ab\r\n\tcd ef", "b=ab\r\n\tcd ef;" },
	{ "3.2 a milter's folds", "a=b;\n\tc=d\n e", "a=b;c=d\n e;" },
	{ "3.2 empty value", "p=; n= \t;q=", "p=;n=;q=;" },
	{ "3.2 '=' in a value", "b=ab==; c==", "b=ab==;c==;" },
	{ "3.2 names keep their case", "A=b;a=c", "A=b;a=c;" },
	{ "3.2 duplicates are given", "a=b;a=c", "a=b;a=c;" },
	{ "3.2 digits and '_' in a name", "a_1=b", "a_1=b;" },
	{ "RFC 8616 3 UTF-8", "i=@b\xc3\xbc.example", "i=@b\xc3\xbc.example;" },
	{ "line end at the very end", "a=b\r\n", "a=b;" },
	{ "carriage return at the very end", "a=b\r", "a=b;" },
	{ "empty", "", "" },
	{ "blanks only", " \t\n ", "" },
	{ "semicolon only", ";", "!" },
	{ "empty tag", "a=b;;c=d", "a=b;!" },
	{ "two final semicolons", "a=b; ;", "a=b;!" },
	{ "no '='", "a", "!" },
	{ "no '=' later", "a=b; c; d=e", "a=b;!" },
	{ "no name", "=b", "!" },
	{ "a name of two words", "a b=c", "!" },
	{ "a name that begins with a digit", "1a=b", "!" },
	{ "a name that begins with '_'", "_a=b", "!" },
	{ "a name with '-'", "a-b=c", "!" },
	{ "control in a value", "a=b\x01", "!" },
	{ "DEL in a value", "a=\x7f", "!" },
	{ "Latin-1 in a value", "a=\xfc;", "!" },
	{ "line end that is no fold", "a=b\r\nc=d", "!" },
	{ "line end before the semicolon", "a=b\n;c=d", "!" },
	{ "line end before a name", "a=b;\nc=d", "a=b;!" },
	{ "bare CR", "a=b\rc", "!" },
	{ "CR CR LF", "a=b\r\r\n c", "!" },
};

static void append_tag(GString *text, const struct mail_tag *tag)
{
	g_string_append_len(text, tag->name.data, (gssize)tag->name.length);
	g_string_append_c(text, '=');
	g_string_append_len(text, tag->value.data, (gssize)tag->value.length);
	g_string_append_c(text, ';');
}

static void test_next(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) tags = g_string_new(NULL);
		struct slice bytes = { cases[i].list, strlen(cases[i].list) };
		enum mail_taglist_step step;
		struct mail_taglist list;
		struct mail_tag tag;

		g_test_message("%s", cases[i].what);
		mail_taglist_init(&list, bytes);
		while ((step = mail_taglist_next(&list, &tag)) == MAIL_TAGLIST_TAG)
			append_tag(tags, &tag);
		if (step == MAIL_TAGLIST_MALFORMED)
			g_string_append_c(tags, '!');
		g_assert_cmpstr(tags->str, ==, cases[i].tags);
	}
}

static void assert_slice(struct slice slice, const char *expected)
{
	g_autofree char *text = slice_dup(slice);

	g_assert_cmpstr(text, ==, expected);
}

/* What a verifier cuts out of b= (RFC 6376 3.7) is found by raw and value together. */
static void test_raw(void)
{
	static const char text[] = "a=x;  b = 12\r\n 34 ; c=y";
	struct mail_taglist list;
	struct mail_tag tag;

	mail_taglist_init(&list, (struct slice){ text, strlen(text) });
	g_assert_cmpint(mail_taglist_next(&list, &tag), ==, MAIL_TAGLIST_TAG);
	assert_slice(tag.raw, "a=x");
	g_assert_true(tag.raw.data == text);
	g_assert_cmpint(mail_taglist_next(&list, &tag), ==, MAIL_TAGLIST_TAG);
	assert_slice(tag.raw, "b = 12\r\n 34 ");
	g_assert_true(tag.raw.data == text + 6 && tag.value.data == text + 10);
	g_assert_cmpint(mail_taglist_next(&list, &tag), ==, MAIL_TAGLIST_TAG);
	g_assert_cmpint(mail_taglist_next(&list, &tag), ==, MAIL_TAGLIST_END);
	g_assert_cmpint(mail_taglist_next(&list, &tag), ==, MAIL_TAGLIST_END);
}

static void test_nul(void)
{
	struct mail_taglist list;
	struct mail_tag tag;

	mail_taglist_init(&list, (struct slice){ "a=b\0c", 5 });
	g_assert_cmpint(mail_taglist_next(&list, &tag), ==, MAIL_TAGLIST_MALFORMED);
}

static void test_ceiling(void)
{
	g_autoptr(GString) text = g_string_new(NULL);
	struct mail_taglist list;
	struct mail_tag tag;

	for (unsigned i = 0; i <= MAIL_TAGLIST_TAGS_MAX; i++)
		g_string_append_printf(text, "t%u=v;", i);
	mail_taglist_init(&list, (struct slice){ text->str, text->len });
	for (unsigned i = 0; i < MAIL_TAGLIST_TAGS_MAX; i++)
		g_assert_cmpint(mail_taglist_next(&list, &tag), ==, MAIL_TAGLIST_TAG);
	g_assert_cmpint(mail_taglist_next(&list, &tag), ==, MAIL_TAGLIST_MALFORMED);
}

static bool has_duplicate(const char *text)
{
	return mail_taglist_has_duplicate((struct slice){ text, strlen(text) });
}

static void test_duplicate(void)
{
	g_assert_true(has_duplicate("a=b; c=d; a=b"));
	g_assert_true(has_duplicate("a=b; c=d; c =e"));
	g_assert_true(has_duplicate("a=b;;"));
	g_assert_false(has_duplicate("a=b; A=b; aa=b"));
	g_assert_false(has_duplicate("a=b"));
	g_assert_false(has_duplicate(""));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mail/taglist/next", test_next);
	g_test_add_func("/mail/taglist/raw", test_raw);
	g_test_add_func("/mail/taglist/nul", test_nul);
	g_test_add_func("/mail/taglist/ceiling", test_ceiling);
	g_test_add_func("/mail/taglist/duplicate", test_duplicate);
	return g_test_run();
}
