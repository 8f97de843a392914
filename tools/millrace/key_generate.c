/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `key generate`: makes keys, and says what to publish. Refuses to know when they begin to sign.
 * One thread.
 */

#include "shared/base/error.h"
#include "shared/dkim/key_record.h"
#include "shared/dkim/key_set.h"
#include "tools/millrace/key_rotation.h"
#include "tools/millrace/key_verbs.h"

bool key_make(const struct key_session *session, struct key_store *store,
	      const struct key_generate_options *options, GPtrArray *ret_lives, GError **ret_error)
{
	static const enum dkim_key_type types[] = { DKIM_KEY_RSA, DKIM_KEY_ED25519 };

	for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
		bool wanted = types[i] == DKIM_KEY_RSA ? options->rsa : options->ed25519;
		struct dkim_key_life *life;

		if (!wanted)
			continue;
		if (!key_store_generate(store, options->prefix, types[i], options->bits,
					session->now, &life, ret_error))
			return false;
		g_ptr_array_add(ret_lives, life);
	}
	return true;
}

bool key_append_record(const struct key_store *store, const char *selector,
		       enum key_record_format format, int64_t ttl, GString *text,
		       GError **ret_error)
{
	MR_AUTO(dkim_private_key) key = NULL;
	g_autofree char *value = NULL;

	if (!key_store_load(store, selector, &key, ret_error))
		return false;
	value = dkim_key_record_format(key);
	key_record_append(text, format, selector, store->domain, ttl, value);
	return true;
}

static bool check_room(const struct key_store *store, const struct key_generate_options *options,
		       GError **ret_error)
{
	guint active = key_rotation_count(store->lives, DKIM_KEY_ACTIVE);

	if (!options->activate ||
	    active + options->rsa + options->ed25519 <= DKIM_KEYS_PER_DOMAIN_MAX)
		return true;
	g_set_error(ret_error, MR_ERROR, MR_ERROR_PERMANENT,
		    "%s has %u active keys already: retire some first", store->domain, active);
	return false;
}

static void say_made(const struct key_store *store, const GPtrArray *made, GString *text)
{
	for (guint i = 0; i < made->len; i++) {
		const struct dkim_key_life *life = g_ptr_array_index(made, i);
		g_autofree char *path = key_store_path_of(store, life->selector);

		g_string_append_printf(text, "%s: made %s, %s: %s\n", store->domain, life->selector,
				       dkim_key_stage_to_string(life->stage), path);
	}
}

static void say_next(const struct key_store *store, bool activated, GString *text)
{
	g_string_append_printf(text,
			       "next: publish what this prints\n"
			       "          millrace key record %s\n"
			       "      and when DNS shows it, run\n"
			       "          millrace key %s %s\n",
			       store->domain, activated ? "check" : "rotate", store->domain);
	g_string_append(text, activated ? "      The keys sign already.\n"
					: "      which makes the keys sign.\n");
}

bool key_generate(const struct key_session *session, const char *domain,
		  const struct key_generate_options *options, GString *text, GError **ret_error)
{
	MR_AUTO(key_store) store = NULL;
	g_autoptr(GPtrArray) made = g_ptr_array_new();

	if (!key_session_open_store(session, domain, KEY_STORE_CREATE, &store, ret_error) ||
	    !check_room(store, options, ret_error) ||
	    !key_make(session, store, options, made, ret_error))
		return false;
	for (guint i = 0; options->activate && i < made->len; i++)
		((struct dkim_key_life *)g_ptr_array_index(made, i))->stage = DKIM_KEY_ACTIVE;
	if (!key_store_save(store, ret_error))
		return false;
	say_made(store, made, text);
	say_next(store, options->activate, text);
	return true;
}
