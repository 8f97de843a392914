/* SPDX-License-Identifier: BSD-2-Clause */

#include <malloc.h>
#include <string.h>

#include "shared/dkim/body_hash.h"

#define MEGABYTE (1024 * 1024)

static void assert_digest(const struct dkim_body_hashes *hashes, unsigned index,
			  const char *expected)
{
	g_autofree char *base64 =
		g_base64_encode(dkim_body_hashes_digest(hashes, index), DKIM_HASH_LENGTH);

	g_assert_cmpstr(base64, ==, expected);
}

static void update(struct dkim_body_hashes *hashes, const char *text)
{
	dkim_body_hashes_update(hashes, (const unsigned char *)text, strlen(text));
}

static void test_empty(void)
{
	struct dkim_body_hashes *hashes = dkim_body_hashes_new();
	unsigned simple, relaxed;

	g_assert_true(
		dkim_body_hashes_want(hashes, DKIM_CANON_SIMPLE, DKIM_BODY_UNLIMITED, &simple));
	g_assert_true(
		dkim_body_hashes_want(hashes, DKIM_CANON_RELAXED, DKIM_BODY_UNLIMITED, &relaxed));
	dkim_body_hashes_finish(hashes);
	/* RFC 6376 3.4.3 and 3.4.4 state these two. */
	assert_digest(hashes, simple, "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=");
	assert_digest(hashes, relaxed, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
	dkim_body_hashes_free(hashes);
}

/* The body of RFC 6376 appendix A.2, for a few messages one after the other. */
static void test_reuse(void)
{
	struct dkim_body_hashes *hashes = dkim_body_hashes_new();

	for (int message = 0; message < 3; message++) {
		enum dkim_canon canon = message == 1 ? DKIM_CANON_RELAXED : DKIM_CANON_SIMPLE;
		unsigned first, again;

		dkim_body_hashes_reset(hashes);
		g_assert_true(dkim_body_hashes_want(hashes, canon, DKIM_BODY_UNLIMITED, &first));
		g_assert_true(dkim_body_hashes_want(hashes, canon, DKIM_BODY_UNLIMITED, &again));
		g_assert_cmpuint(first, ==, again);
		update(hashes, "Hi.\r\n\r\nWe lost the game. Are you hungry yet?\r\n\r\nJoe.\r\n");
		dkim_body_hashes_finish(hashes);
		assert_digest(hashes, first, "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=");
		g_assert_cmpint(dkim_body_hashes_uncovered(hashes, first), ==, 0);
	}
	dkim_body_hashes_free(hashes);
}

static void test_limit(void)
{
	struct dkim_body_hashes *hashes = dkim_body_hashes_new();
	unsigned none, some, more;

	g_assert_true(dkim_body_hashes_want(hashes, DKIM_CANON_RELAXED, 0, &none));
	g_assert_true(dkim_body_hashes_want(hashes, DKIM_CANON_RELAXED, 3, &some));
	g_assert_true(dkim_body_hashes_want(hashes, DKIM_CANON_SIMPLE, 10, &more));
	update(hashes, "abc");
	update(hashes, "def\r\n\r\n");
	dkim_body_hashes_finish(hashes);
	assert_digest(hashes, none, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
	/* SHA-256 of "abc": FIPS 180-2 B.1. */
	assert_digest(hashes, some, "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
	g_assert_cmpint(dkim_body_hashes_uncovered(hashes, none), ==, 8);
	g_assert_cmpint(dkim_body_hashes_uncovered(hashes, some), ==, 5);
	g_assert_cmpint(dkim_body_hashes_uncovered(hashes, more), ==, -2);
	dkim_body_hashes_free(hashes);
}

static void test_too_many(void)
{
	struct dkim_body_hashes *hashes = dkim_body_hashes_new();
	unsigned index;

	for (unsigned i = 0; i < DKIM_BODY_HASHES_MAX; i++) {
		g_assert_true(dkim_body_hashes_want(hashes, DKIM_CANON_SIMPLE, i, &index));
		g_assert_cmpuint(index, ==, i);
	}
	g_assert_false(dkim_body_hashes_want(hashes, DKIM_CANON_RELAXED, 0, &index));
	g_assert_true(dkim_body_hashes_want(hashes, DKIM_CANON_SIMPLE, 3, &index));
	dkim_body_hashes_finish(hashes);
	dkim_body_hashes_free(hashes);
}

/* 64 MB of each kind that could be stored while it is held back; the heap must not grow with it. */
static void test_constant_memory(void)
{
	static const char *const pieces[] = { "\r\n", "  ", "\t\r\n", "ab  cd\r\n" };
	struct dkim_body_hashes *hashes = dkim_body_hashes_new();
	unsigned index;

	for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++) {
		g_autoptr(GString) chunk = g_string_new(NULL);
		size_t before;

		while (chunk->len < MEGABYTE)
			g_string_append(chunk, pieces[i]);
		dkim_body_hashes_reset(hashes);
		dkim_body_hashes_want(hashes, DKIM_CANON_SIMPLE, DKIM_BODY_UNLIMITED, &index);
		dkim_body_hashes_want(hashes, DKIM_CANON_RELAXED, DKIM_BODY_UNLIMITED, &index);
		before = mallinfo2().uordblks;
		for (int n = 0; n < 64; n++)
			update(hashes, chunk->str);
		g_assert_cmpuint(mallinfo2().uordblks, <=, before + 4096);
		dkim_body_hashes_finish(hashes);
	}
	dkim_body_hashes_free(hashes);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dkim/body-hash/empty", test_empty);
	g_test_add_func("/dkim/body-hash/reuse", test_reuse);
	g_test_add_func("/dkim/body-hash/limit", test_limit);
	g_test_add_func("/dkim/body-hash/too-many", test_too_many);
	g_test_add_func("/dkim/body-hash/constant-memory", test_constant_memory);
	return g_test_run();
}
