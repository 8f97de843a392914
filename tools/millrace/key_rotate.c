/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `millrace key rotate` and `millrace key retire`: takes the step that key_rotation.c decides on,
 * and says what comes after. One thread.
 */

#include "milters/dkim-sign/published_key.h"
#include "shared/base/error.h"
#include "tools/millrace/key_rotation.h"
#include "tools/millrace/key_verbs.h"

#define HOLD_SECONDS (7 * 86400) /* mail waits in queues for five days, and is read later */

int64_t key_hold_seconds(const struct key_session *session)
{
	return MAX(HOLD_SECONDS, session->settings.expire);
}

static struct dkim_key_life *life_at(const struct key_store *store, guint i)
{
	return g_ptr_array_index(store->lives, i);
}

/* Asks DNS about one published key and notes the answer. */
static bool observe(struct key_session *session, const struct key_store *store,
		    struct dkim_key_life *life, GString *text, GError **ret_error)
{
	MR_AUTO(dkim_private_key) key = NULL;
	struct sign_published_key published;
	struct dns_resolver *resolver;
	struct dns_query *query;

	if (!key_session_resolver(session, &resolver, ret_error) ||
	    !key_store_load(store, life->selector, &key, ret_error))
		return false;
	query = sign_published_key_start(resolver, life->selector, store->domain);
	sign_published_key_finish(query, key, key_session_deadline(session), &published);
	key_rotation_observe(life, &published, session->now);
	if (published.status != SIGN_PUBLISHED_OK)
		g_string_append_printf(
			text, "%s: %s: record %s (%s)\n", store->domain, life->selector,
			sign_published_status_to_string(published.status), published.detail);
	sign_published_key_clear(&published);
	return true;
}

static bool observe_published(struct key_session *session, struct key_store *store, GString *text,
			      GError **ret_error)
{
	if (key_rotation_count(store->lives, DKIM_KEY_PUBLISHED) == 0)
		return true;
	for (guint i = 0; i < store->lives->len; i++) {
		if (life_at(store, i)->stage == DKIM_KEY_PUBLISHED &&
		    !observe(session, store, life_at(store, i), text, ret_error))
			return false;
	}
	return key_store_save(store, ret_error);
}

/* The next keys are of the types that sign now; both, when none does. */
static bool types_in_use(const struct key_store *store, struct key_generate_options *options,
			 GError **ret_error)
{
	for (guint i = 0; i < store->lives->len; i++) {
		MR_AUTO(dkim_private_key) key = NULL;

		if (life_at(store, i)->stage != DKIM_KEY_ACTIVE)
			continue;
		if (!key_store_load(store, life_at(store, i)->selector, &key, ret_error))
			return false;
		if (dkim_private_key_type(key) == DKIM_KEY_RSA)
			options->rsa = true;
		else
			options->ed25519 = true;
	}
	if (!options->rsa && !options->ed25519)
		options->rsa = options->ed25519 = true;
	return true;
}

static bool step_generate(const struct key_session *session, struct key_store *store, GString *text,
			  GError **ret_error)
{
	struct key_generate_options options = { .bits = KEY_RSA_BITS_DEFAULT, .prefix = "" };
	g_autoptr(GPtrArray) made = g_ptr_array_new();

	if (!types_in_use(store, &options, ret_error) ||
	    !key_make(session, store, &options, made, ret_error) ||
	    !key_store_save(store, ret_error))
		return false;
	g_string_append_printf(text, "%s: new keys; publish these records, then rotate again:\n",
			       store->domain);
	for (guint i = 0; i < made->len; i++) {
		const struct dkim_key_life *life = g_ptr_array_index(made, i);

		if (!key_append_record(store, life->selector, KEY_RECORD_ZONE,
				       KEY_RECORD_TTL_DEFAULT, text, ret_error))
			return false;
	}
	return true;
}

static bool step_activate(const struct key_session *session, struct key_store *store, GString *text,
			  GError **ret_error)
{
	g_autofree char *until = dkim_key_time_to_string(session->now + key_hold_seconds(session));

	key_rotation_activate(store->lives, session->now);
	if (!key_store_save(store, ret_error))
		return false;
	for (guint i = 0; i < store->lives->len; i++) {
		const struct dkim_key_life *life = life_at(store, i);

		if (life->since != session->now)
			continue;
		if (life->stage == DKIM_KEY_ACTIVE)
			g_string_append_printf(text, "%s: %s signs now\n", store->domain,
					       life->selector);
		else
			g_string_append_printf(
				text, "%s: %s is retired; leave its record in DNS until %s\n",
				store->domain, life->selector, until);
	}
	return true;
}

static void say_done(const struct key_store *store, int64_t due, GString *text)
{
	g_autofree char *when = dkim_key_time_to_string(due);

	if (due != 0)
		g_string_append_printf(text, "%s: nothing to do; the next keys are due on %s\n",
				       store->domain, when);
	else
		g_string_append_printf(text, "%s: nothing to do\n", store->domain);
}

static void say_caches(const struct key_store *store, int64_t due, GString *text)
{
	g_autofree char *when = dkim_key_time_to_string(due);

	g_string_append_printf(text,
			       "%s: the records are in DNS; caches may hold older answers until "
			       "%s, rotate again then\n",
			       store->domain, when);
}

static void say_removable(const struct key_store *store, const struct key_rotation_rules *rules,
			  int64_t now, GString *text)
{
	for (guint i = 0; i < store->lives->len; i++) {
		const struct dkim_key_life *life = life_at(store, i);

		if (key_rotation_is_removable(life, rules, now))
			g_string_append_printf(text,
					       "%s: the record of %s may be removed, then: "
					       "millrace key retire --remove %s %s\n",
					       store->domain, life->selector, store->domain,
					       life->selector);
	}
}

static bool take_step(const struct key_session *session, struct key_store *store,
		      const struct key_rotation_rules *rules, GString *text, bool *ret_waiting,
		      GError **ret_error)
{
	int64_t due;
	enum key_rotation_step step = key_rotation_next(store->lives, rules, session->now, &due);

	*ret_waiting = step == KEY_ROTATION_WAIT_RECORD || step == KEY_ROTATION_WAIT_CACHES;
	switch (step) {
	case KEY_ROTATION_GENERATE:
		return step_generate(session, store, text, ret_error);
	case KEY_ROTATION_ACTIVATE:
		return step_activate(session, store, text, ret_error);
	case KEY_ROTATION_WAIT_CACHES:
		say_caches(store, due, text);
		return true;
	case KEY_ROTATION_WAIT_RECORD:
		g_string_append_printf(text,
				       "%s: waiting for the records that "
				       "`millrace key record %s` prints; rotate again then\n",
				       store->domain, store->domain);
		return true;
	case KEY_ROTATION_DONE:
		say_done(store, due, text);
		return true;
	}
	g_assert_not_reached();
}

bool key_rotate(struct key_session *session, const char *domain,
		const struct key_rotate_options *options, GString *text, bool *ret_waiting,
		GError **ret_error)
{
	const struct key_rotation_rules rules = {
		.now = options->now,
		.finish = options->finish,
		.every = options->every,
		.hold = key_hold_seconds(session),
	};
	MR_AUTO(key_store) store = NULL;

	*ret_waiting = false;
	if (!key_session_open_store(session, domain, KEY_STORE_CHANGE, &store, ret_error))
		return false;
	if (options->skip_empty && store->lives->len == 0)
		return true;
	if (!observe_published(session, store, text, ret_error) ||
	    !take_step(session, store, &rules, text, ret_waiting, ret_error))
		return false;
	say_removable(store, &rules, session->now, text);
	return true;
}

static bool refuse(GError **ret_error, const struct key_store *store, const char *selector,
		   const char *why)
{
	g_set_error(ret_error, MR_ERROR, MR_ERROR_PERMANENT, "%s: %s %s", store->domain, selector,
		    why);
	return false;
}

static bool retire(const struct key_session *session, struct key_store *store,
		   struct dkim_key_life *life, bool force, GString *text, GError **ret_error)
{
	bool last = life->stage == DKIM_KEY_ACTIVE &&
		    key_rotation_count(store->lives, DKIM_KEY_ACTIVE) == 1;

	if (last && !force)
		return refuse(
			ret_error, store, life->selector,
			"is the only active key: mail would leave unsigned (--force does it)");
	if (life->stage != DKIM_KEY_RETIRED) {
		life->stage = DKIM_KEY_RETIRED;
		life->since = session->now;
		if (!key_store_save(store, ret_error))
			return false;
	}
	g_string_append_printf(text, "%s: %s is retired\n", store->domain, life->selector);
	return true;
}

static bool remove_retired(const struct key_session *session, struct key_store *store,
			   const struct dkim_key_life *life, bool force, GString *text,
			   GError **ret_error)
{
	const struct key_rotation_rules rules = { .hold = key_hold_seconds(session) };
	g_autofree char *until = dkim_key_time_to_string(life->since + rules.hold);
	g_autofree char *selector = g_strdup(life->selector);
	g_autofree char *needed = g_strdup_printf(
		"signed mail that may be under way until %s (--force removes it)", until);

	if (life->stage != DKIM_KEY_RETIRED)
		return refuse(ret_error, store, selector, "is not retired");
	if (!force && !key_rotation_is_removable(life, &rules, session->now))
		return refuse(ret_error, store, selector, needed);
	if (!key_store_remove(store, selector, ret_error))
		return false;
	g_string_append_printf(text, "%s: %s is deleted; remove %s._domainkey.%s from DNS\n",
			       store->domain, selector, selector, store->domain);
	return true;
}

bool key_retire(const struct key_session *session, const char *domain, const char *selector,
		const struct key_retire_options *options, GString *text, GError **ret_error)
{
	MR_AUTO(key_store) store = NULL;
	struct dkim_key_life *life;

	if (!key_session_open_store(session, domain, KEY_STORE_CHANGE, &store, ret_error))
		return false;
	life = dkim_key_state_find(store->lives, selector);
	if (life == NULL)
		return refuse(ret_error, store, selector, "is not a key of this domain");
	if (options->remove)
		return remove_retired(session, store, life, options->force, text, ret_error);
	return retire(session, store, life, options->force, text, ret_error);
}
