/* SPDX-License-Identifier: BSD-2-Clause */

#include <string.h>

#include "shared/dkim/canon.h"

/* Everything that hangs on what comes next, so that a chunk border hurts anywhere. */
static const char tricky[] = "\r\n \r\n\t\r\n a  b\t\tc \t d\re\nf\r\r\ng \rh \nh\t\ri\r\n"
			     "line  \r\n\r\n \t\r\n  end \t \r \r\n\r\n\r \r\n\t \r\n\r\n";

static void take(void *state, const unsigned char *bytes, size_t length)
{
	g_string_append_len(state, (const char *)bytes, (gssize)length);
}

static void assert_bytes(const GString *found, const char *expected, size_t length)
{
	g_assert_cmpuint(found->len, ==, length);
	g_assert_true(memcmp(found->str, expected, length) == 0);
}

static void test_cases(void)
{
	static const struct {
		const char *what;
		const char *body, *simple, *relaxed;
	} cases[] = {
		{ "RFC 6376 3.4.5", " C \r\nD \t E\r\n\r\n\r\n", " C \r\nD \t E\r\n",
		  " C\r\nD E\r\n" },
		{ "3.4.3, 3.4.4 empty", "", "\r\n", "" },
		{ "3.4.3, 3.4.4 one line end", "\r\n", "\r\n", "" },
		{ "3.4.3, 3.4.4 line ends", "\r\n\r\n\r\n", "\r\n", "" },
		{ "3.4.4 blanks only", " \t", " \t\r\n", "" },
		{ "3.4.4 blank lines of blanks", "a\r\n \r\n\t\r\n", "a\r\n \r\n\t\r\n", "a\r\n" },
		{ "no line end", "a", "a\r\n", "a\r\n" },
		{ "no line end, blank", "a ", "a \r\n", "a\r\n" },
		{ "blank lines inside stay", "a\r\n\r\n\r\nb\r\n", "a\r\n\r\n\r\nb\r\n",
		  "a\r\n\r\n\r\nb\r\n" },
		{ "blank lines first stay", "\r\n\r\nb\r\n", "\r\n\r\nb\r\n", "\r\n\r\nb\r\n" },
		{ "bare LF is a byte", "a \nb\n", "a \nb\n\r\n", "a \nb\n\r\n" },
		{ "bare CR is a byte", "a \rb\r", "a \rb\r\r\n", "a \rb\r\r\n" },
		{ "bare CR before CRLF", "a\r\r\n", "a\r\r\n", "a\r\r\n" },
		{ "bare CR after a blank", "a \r", "a \r\r\n", "a \r\r\n" },
		{ "CR blank CRLF", "a\r \r\n", "a\r \r\n", "a\r\r\n" },
		{ "tab alone", "a\tb\r\n", "a\tb\r\n", "a b\r\n" },
		{ "blanks first in a line", "  a\r\n\tb", "  a\r\n\tb\r\n", " a\r\n b\r\n" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		for (int relaxed = 0; relaxed < 2; relaxed++) {
			g_autoptr(GString) out = g_string_new(NULL);
			struct dkim_body_canon *body = dkim_body_canon_new(
				(enum dkim_canon)relaxed, (struct dkim_canon_sink){ take, out });

			g_test_message("%s, %s", cases[i].what, relaxed ? "relaxed" : "simple");
			dkim_body_canon_update(body, (const unsigned char *)cases[i].body,
					       strlen(cases[i].body));
			dkim_body_canon_finish(body);
			g_assert_cmpstr(out->str, ==, relaxed ? cases[i].relaxed : cases[i].simple);
			dkim_body_canon_free(body);
		}
	}
}

static void canon_split(struct dkim_body_canon *body, size_t first, size_t second)
{
	const unsigned char *bytes = (const unsigned char *)tricky;

	dkim_body_canon_update(body, bytes, first);
	dkim_body_canon_update(body, bytes + first, 0);
	dkim_body_canon_update(body, bytes + first, second - first);
	dkim_body_canon_update(body, bytes + second, sizeof(tricky) - 1 - second);
	dkim_body_canon_finish(body);
}

/* Every pair of chunk borders gives the same, one canonicaliser reused. */
static void test_borders(void)
{
	for (int relaxed = 0; relaxed < 2; relaxed++) {
		g_autoptr(GString) whole = g_string_new(NULL);
		g_autoptr(GString) out = g_string_new(NULL);
		struct dkim_canon_sink sink = { take, out };
		struct dkim_body_canon *body = dkim_body_canon_new((enum dkim_canon)relaxed, sink);

		canon_split(body, 0, 0);
		g_string_append_len(whole, out->str, (gssize)out->len);
		for (size_t first = 0; first < sizeof(tricky); first++) {
			for (size_t second = first; second < sizeof(tricky); second++) {
				g_string_truncate(out, 0);
				canon_split(body, first, second);
				assert_bytes(out, whole->str, whole->len);
			}
		}
		dkim_body_canon_free(body);
	}
}

static void test_byte_by_byte(void)
{
	static const char relaxed[] = "\r\n\r\n\r\n a b c d\re\nf\r\r\ng \rh \nh \ri\r\n"
				      "line\r\n\r\n\r\n end \r\r\n\r\n\r\r\n";
	g_autoptr(GString) out = g_string_new(NULL);
	struct dkim_body_canon *body =
		dkim_body_canon_new(DKIM_CANON_RELAXED, (struct dkim_canon_sink){ take, out });

	for (size_t i = 0; i < sizeof(tricky) - 1; i++)
		dkim_body_canon_update(body, (const unsigned char *)tricky + i, 1);
	dkim_body_canon_finish(body);
	assert_bytes(out, relaxed, sizeof(relaxed) - 1);
	dkim_body_canon_free(body);
}

static void test_reset(void)
{
	g_autoptr(GString) out = g_string_new(NULL);
	struct dkim_body_canon *body =
		dkim_body_canon_new(DKIM_CANON_RELAXED, (struct dkim_canon_sink){ take, out });

	dkim_body_canon_update(body, (const unsigned char *)"old\r\n \r", 7);
	dkim_body_canon_reset(body);
	dkim_body_canon_update(body, (const unsigned char *)"\nnew", 4);
	dkim_body_canon_finish(body);
	g_assert_cmpstr(out->str, ==, "\nnew\r\n");
	dkim_body_canon_free(body);
}

/* A plain rendering of 3.4.4 over a whole body, to hold the fast one against. */
static void relax_plainly(const GString *body, GString *out)
{
	gsize end = 0;

	for (gsize i = 0; i < body->len; i++) {
		gsize next = i;

		while (next < body->len && (body->str[next] == ' ' || body->str[next] == '\t'))
			next++;
		if (next == i) {
			g_string_append_c(out, body->str[i]);
			continue;
		}
		if (next < body->len &&
		    !(next + 1 < body->len && memcmp(body->str + next, "\r\n", 2) == 0))
			g_string_append_c(out, ' ');
		i = next - 1;
	}
	for (end = out->len; end >= 2 && memcmp(out->str + end - 2, "\r\n", 2) == 0; end -= 2)
		;
	g_string_truncate(out, end);
	if (end > 0)
		g_string_append(out, "\r\n");
}

static void append_random_piece(GRand *rand, GString *body)
{
	static const char *const pieces[] = { "word",	  " ",	"  ", "\t",    "\r\n",
					      "\r\n\r\n", "\r", "\n", " \r\n", "x" };
	int run = g_rand_int_range(rand, 0, 30) == 0 ? 3000 : 1;
	const char *piece = pieces[g_rand_int_range(rand, 0, G_N_ELEMENTS(pieces))];

	for (int i = 0; i < run; i++)
		g_string_append(body, piece);
}

static void test_random(void)
{
	GRand *rand = g_rand_new_with_seed(6376);

	for (int round = 0; round < 300; round++) {
		g_autoptr(GString) body = g_string_new(NULL);
		g_autoptr(GString) expected = g_string_new(NULL);
		g_autoptr(GString) out = g_string_new(NULL);
		struct dkim_canon_sink sink = { take, out };
		struct dkim_body_canon *canon = dkim_body_canon_new(DKIM_CANON_RELAXED, sink);
		gsize at = 0;

		for (int n = g_rand_int_range(rand, 0, 200); n > 0; n--)
			append_random_piece(rand, body);
		relax_plainly(body, expected);
		while (at < body->len) {
			gsize chunk = (gsize)g_rand_int_range(rand, 1, 9000);

			chunk = MIN(chunk, body->len - at);
			dkim_body_canon_update(canon, (const unsigned char *)body->str + at, chunk);
			at += chunk;
		}
		dkim_body_canon_finish(canon);
		assert_bytes(out, expected->str, expected->len);
		dkim_body_canon_free(canon);
	}
	g_rand_free(rand);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dkim/canon-body/cases", test_cases);
	g_test_add_func("/dkim/canon-body/borders", test_borders);
	g_test_add_func("/dkim/canon-body/byte-by-byte", test_byte_by_byte);
	g_test_add_func("/dkim/canon-body/reset", test_reset);
	g_test_add_func("/dkim/canon-body/random", test_random);
	return g_test_run();
}
