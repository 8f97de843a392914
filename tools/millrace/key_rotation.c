/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knows the steps of a key's life and what each waits for. Refuses to know files, DNS and the
 * clock: all come in as values. One thread.
 */

#include "tools/millrace/key_rotation.h"

static const struct dkim_key_life *life_at(const GPtrArray *lives, guint i)
{
	return g_ptr_array_index(lives, i);
}

guint key_rotation_count(const GPtrArray *lives, enum dkim_key_stage stage)
{
	guint count = 0;

	for (guint i = 0; i < lives->len; i++)
		count += life_at(lives, i)->stage == stage;
	return count;
}

void key_rotation_observe(struct dkim_key_life *life, const struct sign_published_key *published,
			  int64_t now)
{
	switch (published->status) {
	case SIGN_PUBLISHED_UNKNOWN:
		return;
	case SIGN_PUBLISHED_OK:
		life->seen = life->seen != 0 ? life->seen : now;
		break;
	default:
		life->seen = 0;
		break;
	}
	/* A cache that counts down shows less than the whole: the longest seen is nearest to it. */
	life->ttl = MAX(life->ttl, published->ttl);
}

/* When the last cache has let go of what it held before the records were seen; -1: not all seen. */
static int64_t caches_due(const GPtrArray *lives)
{
	int64_t due = 0;

	for (guint i = 0; i < lives->len; i++) {
		const struct dkim_key_life *life = life_at(lives, i);

		if (life->stage != DKIM_KEY_PUBLISHED)
			continue;
		if (life->seen == 0)
			return -1;
		due = MAX(due, life->seen + life->ttl);
	}
	return due;
}

static int64_t youngest_active(const GPtrArray *lives)
{
	int64_t since = 0;

	for (guint i = 0; i < lives->len; i++) {
		const struct dkim_key_life *life = life_at(lives, i);

		if (life->stage == DKIM_KEY_ACTIVE)
			since = MAX(since, life->since);
	}
	return since;
}

static enum key_rotation_step next_without_published(const GPtrArray *lives,
						     const struct key_rotation_rules *rules,
						     int64_t now, int64_t *ret_due)
{
	int64_t due = youngest_active(lives) + rules->every;

	if (rules->finish)
		return KEY_ROTATION_DONE;
	if (rules->now || now >= due || key_rotation_count(lives, DKIM_KEY_ACTIVE) == 0)
		return KEY_ROTATION_GENERATE;
	*ret_due = due;
	return KEY_ROTATION_DONE;
}

enum key_rotation_step key_rotation_next(const GPtrArray *lives,
					 const struct key_rotation_rules *rules, int64_t now,
					 int64_t *ret_due)
{
	int64_t due;

	*ret_due = 0;
	if (key_rotation_count(lives, DKIM_KEY_PUBLISHED) == 0)
		return next_without_published(lives, rules, now, ret_due);
	due = caches_due(lives);
	if (due < 0)
		return KEY_ROTATION_WAIT_RECORD;
	if (now >= due || rules->now || key_rotation_count(lives, DKIM_KEY_ACTIVE) == 0)
		return KEY_ROTATION_ACTIVATE;
	*ret_due = due;
	return KEY_ROTATION_WAIT_CACHES;
}

void key_rotation_activate(GPtrArray *lives, int64_t now)
{
	for (guint i = 0; i < lives->len; i++) {
		struct dkim_key_life *life = g_ptr_array_index(lives, i);

		if (life->stage == DKIM_KEY_RETIRED)
			continue;
		life->stage = life->stage == DKIM_KEY_ACTIVE ? DKIM_KEY_RETIRED : DKIM_KEY_ACTIVE;
		life->since = now;
	}
}

bool key_rotation_is_removable(const struct dkim_key_life *life,
			       const struct key_rotation_rules *rules, int64_t now)
{
	return life->stage == DKIM_KEY_RETIRED && now - life->since >= rules->hold;
}
