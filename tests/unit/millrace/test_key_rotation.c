/* SPDX-License-Identifier: BSD-2-Clause */

#include <glib.h>
#include <string.h>

#include "tools/millrace/key_rotation.h"

#define NOW 1795428000
#define DAY 86400

/* Keys as "selector stage since seen ttl" with times before NOW in seconds; -1: never. */
struct key {
	const char *selector;
	enum dkim_key_stage stage;
	int64_t age, seen_age, ttl;
};

static GPtrArray *make_lives(const struct key *keys, size_t n)
{
	GPtrArray *lives = dkim_key_state_new();

	for (size_t i = 0; i < n && keys[i].selector != NULL; i++) {
		struct dkim_key_life *life = dkim_key_state_add(lives, keys[i].selector,
								keys[i].stage, NOW - keys[i].age);

		life->seen = keys[i].seen_age < 0 ? 0 : NOW - keys[i].seen_age;
		life->ttl = keys[i].ttl;
	}
	return lives;
}

static void test_next(void)
{
	static const struct {
		const char *name;
		struct key keys[4];
		bool now, finish;
		enum key_rotation_step step;
		int64_t due; /* after NOW; -1: none */
	} cases[] = {
		{ "no keys at all", { { 0 } }, false, false, KEY_ROTATION_GENERATE, -1 },
		{ "no keys, only finishing", { { 0 } }, false, true, KEY_ROTATION_DONE, -1 },
		{ "only retired keys",
		  { { "r1", DKIM_KEY_RETIRED, DAY, DAY, 60 } },
		  false,
		  false,
		  KEY_ROTATION_GENERATE,
		  -1 },
		{ "young active key",
		  { { "r1", DKIM_KEY_ACTIVE, DAY, DAY, 60 } },
		  false,
		  false,
		  KEY_ROTATION_DONE,
		  89 * DAY },
		{ "old active key",
		  { { "r1", DKIM_KEY_ACTIVE, 90 * DAY, DAY, 60 } },
		  false,
		  false,
		  KEY_ROTATION_GENERATE,
		  -1 },
		{ "old active key, only finishing",
		  { { "r1", DKIM_KEY_ACTIVE, 90 * DAY, DAY, 60 } },
		  false,
		  true,
		  KEY_ROTATION_DONE,
		  -1 },
		{ "one of two active keys is young",
		  { { "r1", DKIM_KEY_ACTIVE, 90 * DAY, DAY, 60 },
		    { "e1", DKIM_KEY_ACTIVE, DAY, DAY, 60 } },
		  false,
		  false,
		  KEY_ROTATION_DONE,
		  89 * DAY },
		{ "young active key, but now",
		  { { "r1", DKIM_KEY_ACTIVE, DAY, DAY, 60 } },
		  true,
		  false,
		  KEY_ROTATION_GENERATE,
		  -1 },
		{ "first key, not seen",
		  { { "r1", DKIM_KEY_PUBLISHED, DAY, -1, 0 } },
		  false,
		  false,
		  KEY_ROTATION_WAIT_RECORD,
		  -1 },
		{ "not seen, even now",
		  { { "r1", DKIM_KEY_PUBLISHED, DAY, -1, 0 } },
		  true,
		  false,
		  KEY_ROTATION_WAIT_RECORD,
		  -1 },
		{ "one of two not seen",
		  { { "r1", DKIM_KEY_PUBLISHED, DAY, 3600, 60 },
		    { "e1", DKIM_KEY_PUBLISHED, DAY, -1, 0 } },
		  false,
		  false,
		  KEY_ROTATION_WAIT_RECORD,
		  -1 },
		{ "first key, just seen: nothing to wait for",
		  { { "r1", DKIM_KEY_PUBLISHED, DAY, 0, 3600 } },
		  false,
		  false,
		  KEY_ROTATION_ACTIVATE,
		  -1 },
		{ "next key, just seen",
		  { { "r1", DKIM_KEY_ACTIVE, 90 * DAY, DAY, 60 },
		    { "r2", DKIM_KEY_PUBLISHED, DAY, 0, 3600 } },
		  false,
		  false,
		  KEY_ROTATION_WAIT_CACHES,
		  3600 },
		{ "next key, just seen, finishing",
		  { { "r1", DKIM_KEY_ACTIVE, 90 * DAY, DAY, 60 },
		    { "r2", DKIM_KEY_PUBLISHED, DAY, 0, 3600 } },
		  false,
		  true,
		  KEY_ROTATION_WAIT_CACHES,
		  3600 },
		{ "next key, just seen, but now",
		  { { "r1", DKIM_KEY_ACTIVE, 90 * DAY, DAY, 60 },
		    { "r2", DKIM_KEY_PUBLISHED, DAY, 0, 3600 } },
		  true,
		  false,
		  KEY_ROTATION_ACTIVATE,
		  -1 },
		{ "the longest wait counts",
		  { { "r1", DKIM_KEY_ACTIVE, 90 * DAY, DAY, 60 },
		    { "r2", DKIM_KEY_PUBLISHED, DAY, 3599, 3600 },
		    { "e2", DKIM_KEY_PUBLISHED, DAY, 10, 300 } },
		  false,
		  false,
		  KEY_ROTATION_WAIT_CACHES,
		  290 },
		{ "caches have let go",
		  { { "r1", DKIM_KEY_ACTIVE, 90 * DAY, DAY, 60 },
		    { "r2", DKIM_KEY_PUBLISHED, DAY, 3600, 3600 } },
		  false,
		  false,
		  KEY_ROTATION_ACTIVATE,
		  -1 },
		{ "a retired key is in nobody's way",
		  { { "r0", DKIM_KEY_RETIRED, DAY, -1, 60 },
		    { "r1", DKIM_KEY_PUBLISHED, DAY, 3600, 3600 } },
		  false,
		  false,
		  KEY_ROTATION_ACTIVATE,
		  -1 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GPtrArray) lives = make_lives(cases[i].keys, 4);
		struct key_rotation_rules rules = { .now = cases[i].now,
						    .finish = cases[i].finish,
						    .every = 90 * DAY };
		int64_t due;

		g_test_message("%s", cases[i].name);
		g_assert_cmpint(key_rotation_next(lives, &rules, NOW, &due), ==, cases[i].step);
		g_assert_cmpint(due, ==, cases[i].due < 0 ? 0 : NOW + cases[i].due);
	}
}

static void test_observe(void)
{
	static const struct {
		const char *name;
		enum sign_published_status status;
		int64_t ttl, seen_before, seen_after, ttl_after; /* ttl before: 100 */
	} cases[] = {
		{ "seen for the first time", SIGN_PUBLISHED_OK, 300, 0, NOW, 300 },
		{ "seen again, counted down", SIGN_PUBLISHED_OK, 20, NOW - 50, NOW - 50, 100 },
		{ "gone again", SIGN_PUBLISHED_MISSING, 600, NOW - 50, 0, 600 },
		{ "another key", SIGN_PUBLISHED_DIFFERS, 600, NOW - 50, 0, 600 },
		{ "DNS could not say", SIGN_PUBLISHED_UNKNOWN, 600, NOW - 50, NOW - 50, 100 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct sign_published_key published = { .status = cases[i].status,
							.ttl = cases[i].ttl };
		struct dkim_key_life life = { .seen = cases[i].seen_before, .ttl = 100 };

		g_test_message("%s", cases[i].name);
		key_rotation_observe(&life, &published, NOW);
		g_assert_cmpint(life.seen, ==, cases[i].seen_after);
		g_assert_cmpint(life.ttl, ==, cases[i].ttl_after);
	}
}

static void test_activate(void)
{
	static const struct key keys[] = {
		{ "r0", DKIM_KEY_RETIRED, 20 * DAY, DAY, 60 },
		{ "r1", DKIM_KEY_ACTIVE, 10 * DAY, DAY, 60 },
		{ "r2", DKIM_KEY_PUBLISHED, DAY, DAY, 60 },
	};
	g_autoptr(GPtrArray) lives = make_lives(keys, G_N_ELEMENTS(keys));
	const struct key_rotation_rules rules = { .hold = 7 * DAY };
	const struct dkim_key_life *life;

	key_rotation_activate(lives, NOW);
	life = dkim_key_state_find(lives, "r0");
	g_assert_cmpint(life->stage, ==, DKIM_KEY_RETIRED);
	g_assert_cmpint(life->since, ==, NOW - 20 * DAY);
	g_assert_true(key_rotation_is_removable(life, &rules, NOW));
	life = dkim_key_state_find(lives, "r1");
	g_assert_cmpint(life->stage, ==, DKIM_KEY_RETIRED);
	g_assert_false(key_rotation_is_removable(life, &rules, NOW + 7 * DAY - 1));
	g_assert_true(key_rotation_is_removable(life, &rules, NOW + 7 * DAY));
	life = dkim_key_state_find(lives, "r2");
	g_assert_cmpint(life->stage, ==, DKIM_KEY_ACTIVE);
	g_assert_cmpint(life->since, ==, NOW);
	g_assert_false(key_rotation_is_removable(life, &rules, NOW + 70 * DAY));
	g_assert_cmpuint(key_rotation_count(lives, DKIM_KEY_RETIRED), ==, 2);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/millrace/key_rotation/next", test_next);
	g_test_add_func("/millrace/key_rotation/observe", test_observe);
	g_test_add_func("/millrace/key_rotation/activate", test_activate);
	return g_test_run();
}
